"""Slides of a lesson, its page to read, and the website of all lessons."""

import json
import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

from bs4 import BeautifulSoup
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook
from tqdm.auto import tqdm

from vae_lessons.classroom import lessons
from vae_lessons.classroom.cleaning import slide_type
from vae_lessons.classroom.pages.render import MARK, TEMPLATES, redirect, render, sections, shown, write
from vae_lessons.classroom.pages.scripts import lay_beside
from vae_lessons.classroom.speaker_notes import with_notes
from vae_lessons.notebook_cells import read

Runner = Callable[..., object]
ON_PAGES = ("requirejs", "@jupyter-widgets/html-manager", "mathjax", "minisearch")
WELCOME = """# VAE Lessons

A course on variational autoencoders: every idea built by hand, shown in a picture and measured. Sliders, maps and
drawing pads work on these pages; to change code and run it, open the notebooks. The [glossary](glossary.md) has every
term.

## Lessons
"""


def slides(number: str, out: Path | str, execute: Runner = lessons.execute) -> Path:
    """Write one lesson as a reveal.js deck, its speaker notes under the key S; return its path.

    execute: like lessons.execute; runs the notebook in place.
    """
    path, out = lessons.find(number), Path(out)
    notebook = with_notes(read(path), path.stem)
    kinds = [slide_type(cell) for cell in notebook.cells]
    if "slide" not in kinds:
        raise ValueError(f"Lesson {number} has no slides: no cell of {path.name} begins one.")
    notebook = _executed(path, notebook, execute)
    notebook.cells = [c for c, kind in zip(notebook.cells, kinds, strict=True) if kind != "skip"]
    for cell in notebook.cells:
        if "deck-output" in cell.metadata.get("tags", []):
            cell.metadata["transient"] = {"remove_source": True}  # as nbconvert marks it
    urls = lay_beside(("reveal.js", *ON_PAGES[:3]), out)
    soup = render(notebook, "deck", title=_title(notebook), urls=urls)
    for stack in soup.select(".slides > section"):
        title = stack.find("h2")
        for slide in stack.find_all("section", recursive=False):
            if title and not slide.select_one("h1, h2"):
                slide["data-part"] = title.get_text()
    for notes in soup.select(".fragment aside.notes"):  # there the speaker would not see them from the start
        notes.find_parent("section").append(notes.extract())
    redirect(soup, out, set())
    _write_own(out, "deck.css", "deck.js", "code.css")
    return write(out / f"{path.stem}.slides.html", str(soup))


def page(number: str, out: Path | str, execute: Runner = lessons.execute) -> Path:
    """Write one lesson as a page to read, with the glossary beside it; return its path."""
    path, out = lessons.find(number), Path(out)
    return _write_pages({path.stem: _executed(path, read(path), execute), "glossary": _glossary()}, out)


def site(out: Path | str, execute: Runner = lessons.execute) -> Path:
    """Write all lessons and the glossary as a website with search; return the path of its first page."""
    executed = {path.stem: _executed(path, read(path), execute) for path in lessons.paths()}
    entries = "\n".join(_entry(stem, notebook) for stem, notebook in executed.items())
    index = new_notebook(cells=[new_markdown_cell(f"{WELCOME}\n{entries}\n")])
    return _write_pages({"index": index, **executed, "glossary": _glossary()}, Path(out), searchable=True)


def _executed(path: Path, notebook: NotebookNode, execute: Runner) -> NotebookNode:
    """Run a lesson with a progress bar, and keep what a reader is shown."""
    count = sum(cell.cell_type == "code" for cell in notebook.cells)
    with tqdm(total=count, desc=path.stem, unit="cell") as bar:
        execute(notebook, widgets=True, after_cell=bar.update)
    return shown(notebook)


def _write_pages(course: Mapping[str, NotebookNode], out: Path, searchable: bool = False) -> Path:
    """Write pages, by their stems in reading order, and return the path of the first."""
    urls, found = lay_beside(ON_PAGES, out), []
    titles = {stem: _title(notebook) for stem, notebook in course.items()}
    before, after = {b: a for a, b in pairwise(course)}, dict(pairwise(course))
    for stem, notebook in course.items():
        around = {"before": before.get(stem), "after": after.get(stem), "titles": titles}
        soup = render(notebook, "page", stem=stem, urls=urls, searchable=searchable, **around)
        redirect(soup, out, set(course))
        for heading in soup.select("article h2"):
            entry = f'<li><a href="#{heading["id"]}">{heading.decode_contents()}</a></li>'
            soup.select_one("nav.contents ul").append(BeautifulSoup(entry, "html.parser"))
        for heading, text in sections(soup):
            entry = {"page": titles[stem], "title": heading.get_text(), "text": text}
            anchor = f"#{heading['id']}" if heading.name != "h1" else ""
            found.append({"id": len(found), "url": f"{stem}.html{anchor}", **entry})
        write(out / f"{stem}.html", str(soup))
    if searchable:
        write(out / "assets" / "search-index.js", f"// {MARK}\nwindow.searchIndex = {json.dumps(found)};\n")
    _write_own(out, "page.css", "page.js", "code.css")
    return out / f"{next(iter(course))}.html"


def _write_own(out: Path, *names: str) -> None:
    for name in names:
        write(out / "assets" / name, (TEMPLATES / name).read_text("utf-8"))


def _glossary() -> NotebookNode:
    text = (lessons.FOLDER / "glossary.md").read_text("utf-8")
    return new_notebook(cells=[new_markdown_cell(text)])


def _title(notebook: NotebookNode) -> str:
    found = re.search(r"^# (.+)$", notebook.cells[0].source, re.MULTILINE)
    return found[1] if found else ""


def _entry(stem: str, notebook: NotebookNode) -> str:
    """A lesson's line on the first page: its title, its question and its minutes."""
    opening = notebook.cells[0].source
    question = re.search(r"\*\*Question\.\*\*\s*(.+?)(?:\n\n|$)", opening, re.DOTALL)
    minutes = re.search(r"\((\d+ minutes)", opening)
    asked, time = (found[1] if found else "" for found in (question, minutes))
    return f"1. [{_title(notebook)}]({stem}.ipynb)<br>{asked.replace(chr(10), ' ')} <small>{time}</small>"
