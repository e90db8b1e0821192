"""The lessons for students and for instructors, both made from the committed notebooks."""

import os
import re
import tempfile
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from vae_lessons.classroom import lessons
from vae_lessons.classroom.cleaning import dump
from vae_lessons.classroom.nbgrader import source_version
from vae_lessons.classroom.solutions import calls, imported_or_defined, solved
from vae_lessons.classroom.speaker_notes import note_cell, with_notes
from vae_lessons.exercises.catalogue import predictions
from vae_lessons.notebook_cells import read

_START = """from vae_lessons.classroom.lecture import Lecture

Lecture()  # run all cells, then press Start"""
ON_COLAB = """import sys

if "google.colab" in sys.modules:  # keeps Colab's PyTorch, and installs the course and what Colab lacks
    %pip install --quiet --no-deps git+https://github.com/{repository}@{branch}
    %pip install --quiet "anywidget>=0.9.18" "safetensors>=0.5" "filelock>=3.16" "platformdirs>=4.3"
    from google.colab import output

    output.enable_custom_widget_manager()
print("ready")"""


def student(notebook: NotebookNode, lesson: str) -> NotebookNode:
    """A copy without outputs, so that nothing is given away before it is run."""
    notebook = deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def instructor(notebook: NotebookNode, lesson: str) -> NotebookNode:
    """A copy with the solutions filled in, the answers to predictions, speaker notes, and a button to start."""
    notebook, cells, known = with_notes(notebook, lesson), [], set()
    for cell in notebook.cells:
        cells.append(cell)
        if cell.cell_type != "code":
            continue
        known |= imported_or_defined(cell.source)
        for function, arguments in calls(cell.source):
            if function == "check":
                cell.source = solved(cell.source, *arguments, known)
                cell.outputs, cell.execution_count = [], None
            elif function == "predict":
                asked = predictions()[arguments[0]]
                expected = f"**Expected.** {asked.truth}\n\n{asked.explanation}"
                cells.append(note_cell(cell.id, expected))
    start = new_code_cell(_START, id="lecture-start", metadata={"slideshow": {"slide_type": "skip"}})
    notebook.cells = [start, *cells]
    return notebook


def for_colab(notebook: NotebookNode, name: str, folder: str) -> NotebookNode:
    """A copy that opens in Colab by its badge, and installs there what is missing.

    folder: the address on GitHub at which the file will lie, like https://github.com/you/vae-lessons/tree/main/colab,
    in a copy of this repository. Raises ValueError for another kind of address.
    """
    found = re.fullmatch(
        r"https://github\.com/([\w.-]+/[\w.-]+)/(?:tree|blob)/([\w.-]+)/([\w./-]+?)/?", folder
    )
    if found is None:
        raise ValueError(
            f"{folder} is no folder on GitHub.\nGive its address, like https://github.com/you/vae-lessons/tree/main/colab."
        )
    repository, branch, inner = found.groups()
    address = f"https://colab.research.google.com/github/{repository}/blob/{branch}/{inner}/{name}"
    badge = f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({address})"
    skip = {"slideshow": {"slide_type": "skip"}}
    notebook = deepcopy(notebook)
    place = int(notebook.cells[0].cell_type == "markdown")  # below the title, before the first code
    notebook.cells[place:place] = [
        new_markdown_cell(badge, id="colab-badge", metadata=skip),
        new_code_cell(ON_COLAB.format(repository=repository, branch=branch), id="colab-setup", metadata=skip),
    ]
    return notebook


def write(
    kind: str, out: str | Path, colab: str | None = None, grader: str | None = None, only: Iterable[str] = ()
) -> list[Path]:
    """Write lessons of an edition and what they link to into a folder, all or none; returns the files.

    kind: "student" or "instructor". colab: see for_colab. grader: "nbgrader", for students. only: the numbers of the
    lessons, or all. Raises FileExistsError before anything is written if one is there already.
    """
    make = {"student": student, "instructor": instructor}[kind]
    if grader is not None and kind != "student":
        raise ValueError(
            "an edition for nbgrader is one for students; it carries the solutions in its regions."
        )
    files = {"glossary.md": (lessons.FOLDER / "glossary.md").read_text(encoding="utf-8")}
    for path in [lessons.find(number) for number in only] or lessons.paths():
        notebook = make(read(path), path.stem)
        notebook = source_version(notebook) if grader else notebook
        files[path.name] = dump(for_colab(notebook, path.name, colab) if colab else notebook)
    out = Path(out).expanduser()
    there = [name for name in files if (out / name).exists()]
    if there:
        raise FileExistsError(
            f"{out / there[0]} is there already; nothing was written.\nGive another folder."
        )
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=out) as partial:
        for name, text in files.items():
            Path(partial, name).write_text(text, encoding="utf-8")
        for name in files:
            os.rename(Path(partial, name), out / name)
    return [out / name for name in files]
