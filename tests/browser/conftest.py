"""Notebooks in a real browser: in JupyterLab, and as exported pages that have no server and no network.

Needs Chromium or Chrome, and npm for two of the fixtures. Without them the tests are skipped, or fail where
VAE_LESSONS_CI is set.
"""

import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from playwright.sync_api import Browser, Page, Playwright, Route, sync_playwright

from tests.browser.offline import to_offline_html
from tests.servers import Server, running

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
USUAL_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT, LONG = 60_000, 300_000  # ms, to open a notebook and to run it

READY = """() => {  // the notebook, its kernel and its commands; data-status="idle" is there before them
    const { commands, shell } = window.jupyterapp ?? {};
    const context = shell?.currentWidget?.context;
    return context?.isReady && context.sessionContext.isReady
        && context.sessionContext.session?.kernel?.status === "idle"
        && commands.hasCommand("notebook:run-all-cells");
}"""
RUN_ALL = """() => {
    window.allCellsRan = false;
    const ran = window.jupyterapp.commands.execute("notebook:run-all-cells");
    ran.finally(() => { window.allCellsRan = true; });
}"""
TRACEBACKS = """() => window.jupyterapp.shell.currentWidget.context.model.toJSON().cells
    .flatMap(cell => cell.outputs ?? []).filter(output => output.output_type === "error")
    .map(output => output.traceback.join("\\n"))"""
VIOLATIONS = """async selector => (await axe.run(selector)).violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(node => node.html).join(" ")}`)"""


def missing(what: str, fix: str) -> None:
    """Skip the test that needs it; fail it where CI has promised it."""
    (pytest.fail if os.environ.get("VAE_LESSONS_CI") else pytest.skip)(f"{what}: {fix}")


def browser_path(playwright: Playwright) -> str:
    """Where an installed Chromium or Chrome is."""
    places = [*map(shutil.which, BROWSERS), *USUAL_PLACES, playwright.chromium.executable_path]
    found = [place for place in places if place and Path(place).is_file()]
    return found[0] if found else missing("no Chromium or Chrome here", "uv run playwright install chromium")


@pytest.fixture(scope="package")  # no longer: while Playwright runs, asyncio.run refuses to
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(playwright), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A JupyterLab with settings of its own, which asks no one for news or updates."""
    with running(tmp_path_factory.mktemp("lab"), "jupyterlab", "--expose-app-in-browser") as server:
        yield server


def watched(page: Page) -> Page:
    """The page, which from now on collects uncaught errors and its console's in page.problems."""
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("console", lambda said: page.problems.append(said.text) if said.type == "error" else None)
    return page


@contextmanager
def opener(chromium: Browser, lab: Server) -> Iterator[Callable[..., Page]]:
    """A function that opens notebooks in JupyterLab; at the end their pages and kernels are closed."""
    contexts, names = [], []

    def open_and_run(
        notebook: NotebookNode,
        theme: str = "light",
        width: int = 1280,
        height: int = 900,
        run: bool = True,
        wait: bool = True,
    ) -> Page:
        """Open the notebook, run all cells unless told not to, and wait until they ran.

        A cell that raises fails the test with its traceback.
        """
        names.append(f"notebook-{len(list(lab.root.glob('*.ipynb')))}.ipynb")
        kernel = {
            "kernelspec": {"name": "python3", "display_name": "Python 3"}
        }  # else JupyterLab asks for one
        notebook = NotebookNode({**notebook, "metadata": kernel | notebook.metadata})
        nbformat.write(notebook, lab.root / names[-1])
        setting = {"raw": f'{{"theme": "JupyterLab {theme.title()}"}}'}
        lab.request("PUT", "lab/api/settings/@jupyterlab/apputils-extension:themes", setting)
        contexts.append(chromium.new_context(viewport={"width": width, "height": height}))
        page = watched(contexts[-1].new_page())
        page.goto(f"{lab.url}doc/tree/{names[-1]}?token={lab.token}&reset")
        page.wait_for_function(READY, timeout=TIMEOUT)
        if run:
            page.evaluate(RUN_ALL)
        if run and wait:
            page.wait_for_function("window.allCellsRan", timeout=LONG)
            tracebacks = page.evaluate(TRACEBACKS)
            assert not tracebacks, re.sub(r"\x1b\[[0-9;]*m", "", tracebacks[0])
        return page

    yield open_and_run
    for context in contexts:
        context.close()
    for session in lab.request("GET", "api/sessions"):
        if session["path"] in names:
            lab.request("DELETE", f"api/sessions/{session['id']}")


@pytest.fixture
def open_notebook(chromium: Browser, lab: Server) -> Iterator[Callable[..., Page]]:
    with opener(chromium, lab) as open_and_run:
        yield open_and_run


@pytest.fixture(scope="module")
def open_for_module(chromium: Browser, lab: Server) -> Iterator[Callable[..., Page]]:
    """As open_notebook, for a page that all tests of a module share."""
    with opener(chromium, lab) as open_and_run:
        yield open_and_run


@pytest.fixture(scope="session")
def npm_package(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str], Path]:
    """The folder of a package at a version, downloaded by npm once a session."""
    folder, npm = tmp_path_factory.mktemp("npm"), shutil.which("npm")

    def unpacked(name: str, version: str) -> Path:
        target = folder / f"{name.replace('/', '-')}-{version}"
        if not target.exists():
            if npm is None:
                missing("no npm on this machine", "https://nodejs.org")
            command = [npm, "pack", "--silent", f"{name}@{version}"]
            run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
            if run.returncode:
                missing(f"npm could not download {name}@{version}", run.stderr)
            with tarfile.open(folder / run.stdout.split()[-1]) as archive:
                archive.extractall(target, filter="data")
        return target / "package"

    return unpacked


@pytest.fixture
def axe(npm_package: Callable[[str, str], Path]) -> Callable[[Page, str], list[str]]:
    """What axe-core calls serious or critical below a selector: a line for each rule."""
    source = (npm_package("axe-core", "4.11.0") / "axe.min.js").read_text(encoding="utf-8")

    def violations(page: Page, selector: str) -> list[str]:
        page.evaluate(source)
        return page.evaluate(VIOLATIONS, selector)

    return violations


@pytest.fixture
def exported_page(chromium: Browser, npm_package: Callable[[str, str], Path], tmp_path: Path) -> Iterator:
    """Open an executed notebook exported as a file; page.requests lists what it asked of the network."""
    scripts = [
        npm_package("requirejs", "2.3.7") / "require.js",
        npm_package("@jupyter-widgets/html-manager", "1.0.15") / "dist" / "embed-amd.js",
    ]
    context = chromium.new_context(offline=True)

    def export_and_open(notebook: NotebookNode) -> Page:
        page = watched(context.new_page())
        page.requests = []

        def refuse(route: Route) -> None:
            page.requests.append(route.request.url)
            route.abort()

        page.route(re.compile("^https?:"), refuse)
        page.goto(to_offline_html(notebook, tmp_path, scripts).as_uri())
        return page

    yield export_and_open
    context.close()


@pytest.fixture
def visit(chromium: Browser, written: Path) -> Iterator[Callable[..., Page]]:
    """A function that opens a file of the folder `written`, which the module has to make, as a page without a network.

    Afterwards nothing may have failed, no error been reported, and nothing been asked of a network.
    """
    contexts, failures = [], []

    def refuse(route: Route) -> None:
        failures.append(route.request.url)
        route.abort()

    def follow(page: Page) -> None:
        watched(page)
        page.on("requestfailed", lambda request: failures.append(request.url))
        page.route(re.compile("^(https?|wss?):"), refuse)

    def opened(name: str, theme: str = "light", width: int = 1280, height: int = 720) -> Page:
        contexts.append(
            chromium.new_context(
                offline=True, viewport={"width": width, "height": height}, color_scheme=theme
            )
        )
        contexts[-1].on("page", follow)
        page = contexts[-1].new_page()
        page.goto((written / name).as_uri())
        page.wait_for_function("window.MathJax?.startup?.promise")
        page.evaluate("MathJax.startup.promise.then(() => null)")
        return page

    yield opened
    problems = [problem for context in contexts for page in context.pages for problem in page.problems]
    for context in contexts:
        context.close()
    assert failures == []
    assert problems == []
