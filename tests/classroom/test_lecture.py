"""What the presenter's window reads is what the editions write; how it behaves is tested in a browser."""

import re

import nbformat
import pytest

from vae_lessons import editions, notebooks
from vae_lessons.classroom.lecture import Lecture

SCRIPT = str(Lecture._esm)


@pytest.mark.parametrize("path", notebooks.lessons(), ids=lambda path: path.stem)
def test_the_plan_in_the_window_adds_up_to_the_lessons_minutes(path):
    (pattern,) = re.findall(r"textContent\.match\(/(\^.+minutes.+)/\)", SCRIPT)
    notebook = nbformat.read(path, as_version=4)
    told = int(re.search(r"\((\d+) minutes", notebook.cells[0].source)[1])
    first_bold = [re.search(r"\*\*(.+?)\*\*", c.source) for c in editions.with_notes(notebook, path.stem).cells
                  if "notes" in c.metadata.get("tags", [])]  # fmt: skip
    planned = [re.search(pattern, bold[1]) for bold in first_bold if bold]
    assert sum(int(section[2]) for section in planned if section) == told


def test_notes_are_found_by_the_tag_that_editions_write():
    path = notebooks.lesson("04")
    cells = editions.with_notes(nbformat.read(path, as_version=4), path.stem).cells
    (pattern,) = re.findall(r"jpfCellTags\?\.match\(/(.+?)/\)", SCRIPT)
    ids = {cell.id for cell in cells}
    tags = [f",{','.join(sorted(cell.metadata.tags))}," for cell in cells if cell.id.endswith("-notes")]
    assert len(tags) > 20
    assert {re.search(pattern, tag)[1] for tag in tags} <= ids
