"""The lessons for students and for instructors, both made from the committed notebooks."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable
from copy import deepcopy
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from vae_lessons.classroom import lessons
from vae_lessons.classroom.cleaning import dump
from vae_lessons.classroom.speaker_notes import note_cell, with_notes
from vae_lessons.exercises.catalogue import exercises, predictions

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
        known |= _imported_or_defined(cell.source)
        for function, arguments in _calls(cell.source):
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


def solved(source: str, number: str, name: str, known: set[str]) -> str:
    """The source of a cell with the course's own lines for an exercise in place of the definition of `name`.

    What they use is imported first, but for the names that the notebook knows already.
    """
    exercise, lines = exercises()[number], source.splitlines()
    (stub,) = (node for node in ast.parse(source).body if getattr(node, "name", None) == name)
    shown, own = exercise.shown or (exercise.reference,), exercise.reference.__name__
    texts = [_without_annotations(textwrap.dedent(inspect.getsource(part)).rstrip()) for part in shown]
    known = known.union(*map(_imported_or_defined, texts))
    imports = dict.fromkeys(
        line for part, text in zip(shown, texts, strict=True) for line in _imports(part, text, known)
    )
    texts = [re.sub(rf"^(def|class) {own}\b", rf"\1 {name}", text, flags=re.MULTILINE) for text in texts]
    filled = "\n\n\n".join(["\n".join(imports), *texts] if imports else texts)
    return "\n".join([*lines[: stub.lineno - 1], filled, *lines[stub.end_lineno :]])


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


def write(kind: str, out: str | Path, colab: str | None = None) -> list[Path]:
    """Write all lessons of an edition and what they link to into a folder; returns the files.

    kind: "student" or "instructor". colab: see for_colab. Raises FileExistsError before anything is written if one is
    there already.
    """
    make = {"student": student, "instructor": instructor}[kind]
    files = {"glossary.md": (lessons.FOLDER / "glossary.md").read_text(encoding="utf-8")}
    for path in lessons.paths():
        notebook = make(nbformat.read(path, as_version=4), path.stem)
        files[path.name] = dump(for_colab(notebook, path.name, colab) if colab else notebook)
    out = Path(out).expanduser()
    there = [name for name in files if (out / name).exists()]
    if there:
        raise FileExistsError(
            f"{out / there[0]} is there already; nothing was written.\nGive another folder."
        )
    out.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        with (out / name).open("x", encoding="utf-8") as file:
            file.write(text)
    return [out / name for name in files]


def _calls(source: str) -> Iterable[tuple[str, list]]:
    """(function, its first arguments) of every check and predict of a cell; a name among them is its text."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name("check" | "predict" as function), args=[_, *_]):
                yield (
                    function,
                    [one.id if isinstance(one, ast.Name) else ast.literal_eval(one) for one in node.args[:2]],
                )


def _imports(part: object, text: str, known: set[str]) -> Iterable[str]:
    """The lines by which a module got the unknown names that the text of its part uses, or that give them from it."""
    module = inspect.getmodule(part)
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)} - known
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [alias for alias in node.names if (alias.asname or alias.name) in used]
            if node.names:
                yield ast.unparse(node)
        elif getattr(node, "name", None) in used:
            yield f"from {module.__name__} import {node.name}"


def _imported_or_defined(source: str) -> set[str]:
    names = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        names |= {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else set()
    return names


def _without_annotations(source: str) -> str:
    """The same code without the types of what functions take and return, as lessons are written."""
    starts = [0, *(found.end() for found in re.finditer("\n", source))]
    cuts = []  # (from, to) in the text
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg) and node.annotation is not None:
            end = starts[node.end_lineno - 1] + node.end_col_offset
            cuts.append((starts[node.lineno - 1] + node.col_offset + len(node.arg), end))
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            end = starts[node.returns.end_lineno - 1] + node.returns.end_col_offset
            cuts.append((source.rindex(" ->", 0, end), end))
    for begin, end in sorted(cuts, reverse=True):
        source = source[:begin] + re.sub("^ = ", "=", source[end:])
    one_line = re.compile(r"^( *def \w+)\(\n\s*(.*)\n\s*\):", re.MULTILINE)
    return one_line.sub(r"\1(\2):", source)
