"""The speaker notes of a lecture: which belong to which cell, and a notebook that carries them."""

import re
from copy import deepcopy
from dataclasses import dataclass

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell

from vae_lessons.classroom import lessons
from vae_lessons.classroom.cleaning import slide_type

NOTES = lessons.FOLDER / "teaching"
ANSWERS = "Answers"  # the section with what comes out of experiments, which is not on slides
_SECTION = re.compile(r"^## (.+) \((\d+) minutes?\)$", re.MULTILINE)
_ENTRY = re.compile(r"^### (\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Section:
    """A part of a lecture: its title, its minutes, and what to say at each of its cells, by their id."""

    title: str
    minutes: int
    notes: dict[str, str]


def speaker_notes(lesson: str) -> list[Section]:
    """The speaker notes of a lesson, by the name of its notebook; raises ValueError for a text that does not fit.

    ## Title (5 minutes) begins a section, ### lesson-04-03 the notes of the cell with this id.
    """
    path = NOTES / f"{lesson}.md"
    _, *parts = _SECTION.split(path.read_text(encoding="utf-8"))
    sections = []
    for title, minutes, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        before, *entries = _ENTRY.split(text)
        if before.strip():
            raise ValueError(
                f"{path}, section {title}: begin each note with a line ### and the id of its cell."
            )
        notes = {name: note.strip() for name, note in zip(entries[::2], entries[1::2], strict=True)}
        sections.append(Section(title, int(minutes), notes))
    return sections


def with_notes(notebook: NotebookNode, lesson: str) -> NotebookNode:
    """A copy with a cell of speaker notes at the end of each slide that has some."""
    notebook, waiting, cells = deepcopy(notebook), [], []
    sections = speaker_notes(lesson)
    found = {name: note for section in sections for name, note in section.notes.items()}
    begins = {next(iter(section.notes)): section for section in sections if section.title != ANSWERS}
    missing = found.keys() - {cell.id for cell in notebook.cells}
    if missing:
        raise ValueError(f"{NOTES / lesson}.md has notes for cells that are not there: {sorted(missing)}")
    for cell in notebook.cells:
        if slide_type(cell) is not None:
            cells, waiting = cells + waiting, []
        cells.append(cell)
        if cell.id in found:
            section = begins.get(cell.id)
            heading = f"**{section.title} · {_minutes(section.minutes)}**\n\n" if section else ""
            waiting.append(note_cell(cell.id, heading + found[cell.id]))
    notebook.cells = cells + waiting
    return notebook


def note_cell(cell: str, text: str) -> NotebookNode:
    """A cell of speaker notes for the cell with this id."""
    metadata = {"slideshow": {"slide_type": "notes"}, "tags": ["notes", f"notes-for-{cell}"]}
    quoted = "\n".join(f"> {line}".rstrip() for line in text.splitlines())
    return new_markdown_cell(quoted, id=f"{cell}-notes", metadata=metadata)


def _minutes(count: int) -> str:
    return f"{count} minute" + "s" * (count > 1)
