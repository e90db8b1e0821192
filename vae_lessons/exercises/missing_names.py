"""A NameError after a restart says which cell of the notebook gives the name its value, and how to run it."""

import ast
import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from IPython import get_ipython

_LESSONS = Path(__file__).parents[2] / "notebooks"


def watch() -> None:
    """In a notebook, add to each NameError where the name comes from, if a cell of the notebook makes it."""
    shell = get_ipython()
    if shell is not None and NameError not in shell.custom_exceptions:
        shell.set_custom_exc((*shell.custom_exceptions, NameError), _show)


def _show(
    shell: object, kind: type, error: BaseException, trace: TracebackType, tb_offset: int | None = None
) -> None:
    with suppress(Exception):  # the error itself is shown whatever goes wrong here
        made_in = where_made(error.name or "", _notebooks(), shell.user_ns.get("In", []))
        if made_in:
            error.add_note(made_in)
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)


def where_made(name: str, notebooks: list[Path], cells_run: list[str]) -> str:
    """Where the notebook that these cells belong to gives this name its value, and how to run it; "" if nowhere.

    Of several notebooks the one counts that holds most of the cells that were run.
    """
    best, most = [], -1
    for path in notebooks:
        cells = _cells(path)
        shared = len({source.strip() for _, source in cells}.intersection(map(str.strip, cells_run)) - {""})
        if cells and shared > most:
            best, most = cells, shared
    for heading, source in best:
        if name in _made(source):
            first = next((line for line in source.splitlines() if line.strip()), "")
            return (
                f"{name} is made by a cell that has not run in this session: under the heading {heading!r}, "
                f"it begins with\n    {first}\nRun all cells above this one: Run > Run All Above Selected Cell."
            )
    return ""


def _notebooks() -> list[Path]:
    """The notebook of this kernel where a server names it; else those beside it and those of the course."""
    named = Path(os.environ.get("JPY_SESSION_NAME", ""))
    if named.suffix == ".ipynb" and named.is_file():
        return [named]
    return [*sorted(Path.cwd().glob("*.ipynb")), *sorted(_LESSONS.glob("*.ipynb"))]


def _cells(path: Path) -> list[tuple[str, str]]:
    """The code cells of a notebook, each with the heading it stands under; none of a file that is no notebook."""
    found, heading = [], "the top"
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        for cell in json.loads(path.read_text(encoding="utf-8-sig"))["cells"]:
            source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
            headings = [line.lstrip("# ") for line in source.splitlines() if line.startswith("#")]
            if cell["cell_type"] == "code":
                found.append((heading, source))
            elif headings:
                heading = headings[-1]
    return found


def _made(source: str) -> set[str]:
    """The names that a cell gives a value outside of its functions."""
    lines = ["" if line.lstrip().startswith(("%", "!")) else line for line in source.splitlines()]
    with suppress(SyntaxError, ValueError):
        return set(_stored(ast.parse("\n".join(lines))))
    return set()


def _stored(node: ast.AST) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                yield name
                continue
            case ast.Name(name, ast.Store()):
                yield name
            case ast.alias():
                yield (child.asname or child.name).split(".")[0]
        yield from _stored(child)
