"""Slides and jupyter-collaboration in one JupyterLab: notebooks open, present, and are seen by two people."""

import re
import shutil
import subprocess

import nbformat
import pytest

from tests.browser.conftest import READY, TIMEOUT, missing, watched
from tests.conftest import REPOSITORY
from tests.environments import empty_environment
from tests.servers import running
from vae_lessons.classroom import lessons

PACKAGES = ["jupyterlab", "ipykernel", "jupyter-collaboration", "jupyterlab-slideshow>=0.3.4,<0.4"]
CELLS = "window.jupyterapp.shell.currentWidget.context.model.cells.length"
FIRST = "window.jupyterapp.shell.currentWidget.context.model.sharedModel.cells[0].getSource()"
WRITE = """text => window.jupyterapp.shell.currentWidget.context.model.sharedModel.cells[0].setSource(text)"""


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """The Python of an environment with both extensions and the course's own, and without PyTorch."""
    uv = shutil.which("uv") or missing("uv is not on this machine", "pip install uv")
    python, _ = empty_environment(tmp_path_factory.mktemp("together"))
    for packages in (PACKAGES, ["--no-deps", REPOSITORY]):
        install = [uv, "pip", "install", "--quiet", "--python", python, *packages]
        run = subprocess.run(install, capture_output=True, text=True, timeout=300)
        if run.returncode:
            missing("jupyter-collaboration could not be installed", run.stderr)
    return python


def test_a_lesson_opens_presents_and_is_shared(python, chromium, tmp_path):
    with running(tmp_path / "lab", "jupyterlab", "--expose-app-in-browser", python=python) as lab:
        lesson = lessons.find("03")
        shutil.copy(lesson, lab.root / "lesson.ipynb")
        pages = []
        for _ in range(2):
            page = watched(chromium.new_context(viewport={"width": 1280, "height": 720}).new_page())
            page.goto(f"{lab.url}lab/tree/lesson.ipynb?token={lab.token}&reset")
            page.wait_for_function(READY, timeout=TIMEOUT)
            pages.append(page)
        first, second = pages
        count = len(nbformat.read(lesson, as_version=4).cells)
        for page in pages:
            page.wait_for_function(f"{CELLS} === {count}", timeout=TIMEOUT)
        first.evaluate(WRITE, "# Seen by both")
        second.wait_for_function(f"{FIRST} === '# Seen by both'", timeout=TIMEOUT)
        first.locator(".jp-NotebookPanel-toolbar [data-command='deck:toggle']").click()
        first.wait_for_selector(".jp-deck-mod-visible", timeout=TIMEOUT)
        assert [problem for page in pages for problem in page.problems if "TypeError" in problem] == []
        for page in pages:
            page.context.close()


def test_both_extensions_were_there(python):
    command = [python, "-m", "jupyterlab.labextensions", "list"]
    run = subprocess.run(command, capture_output=True, text=True, timeout=60)
    for name in (
        "@jupyter/collaboration-extension",
        "jupyterlab-slideshow",
        "jupyterlab-fonts",
        "vae-lessons",
    ):
        assert re.search(rf"{name} v\S+ \S*enabled", run.stdout + run.stderr), name
