"""What the presenter's window reads is what the editions write; how it behaves is tested in a browser."""

import re

import nbformat
import pytest

from vae_lessons.classroom import lessons, speaker_notes
from vae_lessons.classroom.lecture import Lecture

SCRIPT = str(Lecture._esm)


@pytest.mark.parametrize("path", lessons.paths(), ids=lambda path: path.stem)
def test_the_plan_in_the_window_adds_up_to_the_lessons_minutes(path):
    (pattern,) = re.findall(r"textContent\.match\(/(\^.+minutes.+)/\)", SCRIPT)
    notebook = nbformat.read(path, as_version=4)
    minutes = int(re.search(r"\((\d+) minutes", notebook.cells[0].source)[1])
    first_bold = [re.search(r"\*\*(.+?)\*\*", c.source) for c in speaker_notes.with_notes(notebook, path.stem).cells
                  if "notes" in c.metadata.get("tags", [])]  # fmt: skip
    planned = [re.search(pattern, bold[1]) for bold in first_bold if bold]
    assert sum(int(section[2]) for section in planned if section) == minutes


def test_notes_are_found_by_the_tag_that_editions_write():
    path = lessons.find("04")
    cells = speaker_notes.with_notes(nbformat.read(path, as_version=4), path.stem).cells
    (pattern,) = re.findall(r"jpfCellTags\?\.match\(/(.+?)/\)", SCRIPT)
    ids = {cell.id for cell in cells}
    tags = [f",{','.join(sorted(cell.metadata.tags))}," for cell in cells if cell.id.endswith("-notes")]
    assert len(tags) > 20
    assert {re.search(pattern, tag)[1] for tag in tags} <= ids
