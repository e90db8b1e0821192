"""A NameError after a restart says which cell of the notebook gives the name its value, and how to run it."""

import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from IPython import get_ipython

from vae_lessons.notebook_cells import CodeCell, code_cells, names_made, parsed

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
    for cells in map(_cells, notebooks):
        shared = len({cell.source.strip() for cell in cells}.intersection(map(str.strip, cells_run)) - {""})
        if cells and shared > most:
            best, most = cells, shared
    for cell in best:
        if name in names_made(parsed(cell.source)):
            first = next((line for line in cell.source.splitlines() if line.strip()), "")
            return (
                f"{name} is made by a cell that has not run in this session: under the heading {cell.heading!r}, "
                f"it begins with\n    {first}\nRun all cells above this one: Run > Run All Above Selected Cell."
            )
    return ""


def _notebooks() -> list[Path]:
    """The notebook of this kernel where a server names it; else those beside it and those of the course."""
    named = Path(os.environ.get("JPY_SESSION_NAME", ""))
    if named.suffix == ".ipynb" and named.is_file():
        return [named]
    return [*sorted(Path.cwd().glob("*.ipynb")), *sorted(_LESSONS.glob("*.ipynb"))]


def _cells(path: Path) -> list[CodeCell]:
    with suppress(OSError, ValueError):
        return code_cells(path)
    return []
