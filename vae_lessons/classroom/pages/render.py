"""Render an executed notebook as one HTML page, with links that lead somewhere; never overwrite a file of the user."""

import re
from copy import deepcopy
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from nbconvert import HTMLExporter
from nbformat import NotebookNode

from vae_lessons.classroom.cleaning import readable

MARK = "Written by vae_lessons"  # in all files that may be replaced
TEMPLATES = Path(__file__).parent / "templates"
_STATE = "application/vnd.jupyter.widget-state+json"
_DETAILS = re.compile(r"<details><summary>(.*?)</summary>(.*?)</details>", re.DOTALL)


def render(notebook: NotebookNode, template: str, **values: object) -> BeautifulSoup:
    """The notebook in a template of this package; values are the template's `page`."""
    exporter = HTMLExporter(
        template_name={"page": "lab", "deck": "reveal"}[template],  # which ours extends
        template_file=f"{template}.html.j2",
        extra_template_paths=[str(TEMPLATES)],
        exclude_anchor_links=True,
        exclude_input_prompt=True,
        exclude_output_prompt=True,
    )
    html, _ = exporter.from_notebook_node(notebook, resources={"page": {"mark": MARK, **values}})
    soup = BeautifulSoup(html, "html.parser")
    seen: dict[str, int] = {}
    for heading in soup.main.select("h1, h2, h3, h4"):
        name = slug(heading.get_text())
        seen[name] = seen.get(name, -1) + 1
        heading["id"] = f"{name}-{seen[name]}" if seen[name] else name
    return soup


def slug(heading: str) -> str:
    """The anchor of a heading, as GitHub makes it, so that links work there and here."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def shown(notebook: NotebookNode) -> NotebookNode:
    """A copy as a reader sees it: no progress bars, no warnings, only widgets that work without a kernel."""
    notebook = deepcopy(notebook)
    state = notebook.metadata.get("widgets", {}).get(_STATE, {}).get("state", {})
    alive = {key for key, model in state.items() if model["model_module"] == "anywidget"}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = readable(cell.outputs, alive)
        elif cell.cell_type == "markdown":  # inside an HTML block, Markdown needs a blank line around it
            cell.source = _DETAILS.sub(r"<details><summary>\1</summary>\n\n\2\n\n</details>", cell.source)
    needed = alive | {key for key, model in state.items() if model["model_module"] == "@jupyter-widgets/base"}
    for key in set(state) - needed:
        del state[key]
    if not alive:
        notebook.metadata.pop("widgets", None)
    return notebook


def redirect(soup: BeautifulSoup, folder: Path, names: set[str]) -> None:
    """Let links to lessons and the glossary lead to their pages, and unlink those that would lead nowhere.

    names: the stems of the pages that stand, or will stand, in the folder.
    """
    for link in soup.select("a[href]"):
        if "$" in link.get_text():  # a drawn formula has no text for who hears the page
            link["aria-label"] = link.get_text().replace("$", "")
        target, _, anchor = link["href"].partition("#")
        stem, _, kind = target.rpartition(".")
        if kind in ("ipynb", "md"):
            if stem in names or (folder / f"{stem}.html").is_file():
                link["href"] = f"{stem}.html" + (f"#{anchor}" if anchor else "")
            else:
                link.unwrap()


def sections(soup: BeautifulSoup) -> list[tuple[Tag, str]]:
    """Each heading with the prose and captions below it."""
    found: list[tuple[Tag, list[str]]] = []
    for block in soup.select("article .jp-RenderedMarkdown > *, article figcaption"):
        if block.name in ("h1", "h2", "h3"):
            found.append((block, []))
        elif found:
            found[-1][1].append(" ".join(block.get_text().replace("$", "").split()))
    return [(heading, " ".join(texts)) for heading, texts in found]


def write(path: Path, text: str) -> Path:
    """Write a file; raises FileExistsError rather than replace one that this package did not write."""
    if path.exists() and MARK not in path.read_text("utf-8", errors="replace")[:1000]:
        raise FileExistsError(
            f"{path} is there already, and this command did not write it.\n"
            "Nothing was changed in it. Move it away, or choose another folder by --out."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
