"""Lessons for nbgrader: each exercise as a cell with the solution, which nbgrader clears, and a cell that grades it."""

import ast
import re
import textwrap
from copy import deepcopy

from nbformat import NotebookNode

from vae_lessons.classroom.solutions import calls, imported_or_defined, own_lines
from vae_lessons.exercises.catalogue import exercises

# nbgrader puts its stub in place of what is between them.
BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"


def source_version(notebook: NotebookNode) -> NotebookNode:
    """A copy of a student's lesson as nbgrader's `source` version, from which it makes the students' release.

    Each exercise's points are its minutes. A grading cell that fails does not end Run All.
    """
    notebook, cells, known = deepcopy(notebook), [], set()
    for cell in notebook.cells:
        asked = []
        if cell.cell_type == "code":
            asked = [arguments for function, arguments in calls(cell.source) if function == "check"]
            known |= imported_or_defined(cell.source)
        cells += _exercise(cell, *asked[0], known) if asked else [cell]
    notebook.cells = cells
    return notebook


def _exercise(cell: NotebookNode, number: str, name: str, known: set[str]) -> list[NotebookNode]:
    """The cell of an exercise in parts: the answer, what stands before its check, the check, and what follows."""
    lines, body = cell.source.splitlines(), ast.parse(cell.source).body
    (stub,) = (node for node in body if getattr(node, "name", None) == name)
    (check,) = (node for node in body if any(function == "check" for function, _ in calls(ast.unparse(node))))
    above = lines[: stub.lineno - 1]
    answer = [*above, *_with_region(lines, stub, number, name, known)]
    test = [
        "from vae_lessons.exercises import require",
        "",
        *lines[check.lineno - 1 : check.end_lineno],
        f'require("{number}")',
    ]
    key = number.replace(".", "-")
    settings = {"schema_version": 3, "task": False}
    parts = {
        "": (answer, {"grade_id": f"exercise-{key}", "grade": False, "solution": True, "locked": False}),
        "-before": (lines[stub.end_lineno : check.lineno - 1], None),
        "-test": (
            test,
            {
                "grade_id": f"test-{key}",
                "grade": True,
                "solution": False,
                "locked": True,
                "points": exercises()[number].minutes,
            },
        ),
        "-after": (lines[check.end_lineno :], None),
    }
    found = []
    for suffix, (text, graded) in parts.items():
        source = "\n".join(text).strip("\n")
        if source:
            part = deepcopy(cell)
            part.id, part.source = cell.id + suffix, source
            if graded:
                part.metadata["nbgrader"] = settings | graded
            if suffix == "-test":
                part.metadata["tags"] = [*part.metadata.get("tags", []), "raises-exception"]
            found.append(part)
    return found


def _with_region(lines: list[str], stub: ast.stmt, number: str, name: str, known: set[str]) -> list[str]:
    """The lines of a stub with the course's own lines in a region within each of its functions.

    Lines that were given to be mended stay, below the region.
    """
    imports, texts = own_lines(number, name, known)
    own = texts.pop(name)
    helpers = [text for helper, text in texts.items() if re.search(rf"\b{helper}\b", own)]
    reference = next(node for node in ast.parse(own).body if getattr(node, "name", None) == name)
    inner = {node.name: node for node in ast.walk(reference) if isinstance(node, ast.FunctionDef)}
    shown, last = [], stub.lineno - 1
    for function in (node for node in ast.walk(stub) if isinstance(node, ast.FunctionDef)):
        first, given = _given(lines, function)
        if reference.decorator_list:
            answer = f"{own}\n\nreturn {name}({', '.join(one.arg for one in function.args.args)})"
        else:
            answer = _rest(own, inner[function.name], function)
        region = [BEGIN, *(f"{part}\n" for part in ["\n".join(imports), *helpers] if part), answer, END]
        filled = textwrap.indent("\n".join(region), " " * (function.col_offset + 4)).splitlines()
        shown += [*lines[last:first], *filled, *given]
        last, imports, helpers = max(first, function.end_lineno), [], []
    return shown


def _given(lines: list[str], function: ast.FunctionDef) -> tuple[int, list[str]]:
    """Where a region goes in a function, counted in lines, and the lines below it: those that are to be mended."""
    first, end = function.body[0].lineno - 1, function.end_lineno
    if len(function.body) == 1 and ast.unparse(function.body[0]) == "return None":
        return first, []
    if any(isinstance(node, ast.Return) for node in ast.walk(function)):
        return first, lines[first:end]
    # An __init__, whose lines go on where it ends.
    while end < len(lines) and lines[end].lstrip().startswith("#"):
        end += 1
    return end, []


def _rest(own: str, function: ast.FunctionDef, stub: ast.FunctionDef) -> str:
    """The text of a function's body, without its documentation and without what its stub begins with."""
    there = {ast.unparse(node) for node in stub.body if not isinstance(node, ast.Return)}
    documented = ast.get_docstring(function) is not None
    body = [
        node
        for node in function.body[documented:]
        if function.name != "__init__" or ast.unparse(node) not in there
    ]
    return textwrap.dedent("\n".join(own.splitlines()[body[0].lineno - 1 : function.end_lineno]))
