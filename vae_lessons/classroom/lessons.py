"""The lessons: which there are, and how their notebooks are executed."""

import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from tqdm.auto import tqdm

from vae_lessons.classroom.cleaning import MACHINE_PATH, clean, dump, text_of_outputs
from vae_lessons.notebook_cells import read

FOLDER = Path(__file__).parents[2] / "notebooks"
COMMITTED = {"VAE_LESSONS_DATASET": "digits", "VAE_LESSONS_DEVICE": "cpu", "VAE_LESSONS_FRESH": "1"}


def refresh(notebooks: list[Path] | None = None) -> None:
    """Run every lesson top to bottom on drawn digits and rewrite it in place, cleaned.

    A notebook that raises, or prints a path of this machine, is left as it was and the error says where.
    """
    for path in tqdm(notebooks or paths(), unit="lesson"):
        notebook = clean(executed(path, COMMITTED))
        for number, cell in enumerate(notebook.cells):
            if found := MACHINE_PATH.search(text_of_outputs(cell)):
                raise ValueError(f"{path.name}, cell {number} prints a path of this machine: {found[0]}")
        partial = path.with_suffix(".partial")
        partial.write_text(dump(notebook), encoding="utf-8")
        os.replace(partial, path)


def prepare(fresh: bool = False) -> None:
    """Run every lesson once, so that all models it trains are kept and a lecture waits for none of them.

    With the data set and the device of this environment; fresh=True trains anew what is kept already.
    """
    all_paths = paths()
    cells = [cell for path in all_paths for cell in read(path).cells]
    with tqdm(total=sum(cell.cell_type == "code" for cell in cells), unit="cell") as bar:
        for path in all_paths:
            bar.set_description(path.stem)
            executed(path, {"VAE_LESSONS_FRESH": str(int(fresh))}, after_cell=bar.update)


def paths() -> list[Path]:
    """The notebooks of all lessons, in order. Raises FileNotFoundError where the course was installed without them."""
    if not FOLDER.is_dir():
        raise FileNotFoundError(
            f"there are no lessons in {FOLDER}: the installed package comes without its notebooks.\n"
            "Run this command in a clone of the course."
        )
    return sorted(FOLDER.glob("*.ipynb"))


def number_of(path: Path) -> str:
    """The number of a lesson, in two digits, from its notebook's name."""
    return path.stem.partition("_")[0]


def find(number: str) -> Path:
    """The notebook of a lesson by its number, like "04"; raises ValueError for one that is not there."""
    found = {number_of(path): path for path in paths()}
    number = str(number).zfill(2)
    if number not in found:
        raise ValueError(f"There is no lesson {number}.\nGive one of {', '.join(found)}.")
    return found[number]


def executed(
    path: Path,
    settings: Mapping[str, str] | None = None,
    after_cell: Callable[[], object] = lambda: None,
) -> NotebookNode:
    """The notebook of a file, run as by `execute`."""
    notebook = read(path)
    execute(notebook, settings, after_cell=after_cell)
    return notebook


def execute(
    notebook: NotebookNode,
    settings: Mapping[str, str] | None = None,
    widgets: bool = False,
    after_cell: Callable[[], object] = lambda: None,
) -> None:
    """Run the cells in order in a fresh kernel, in place, as someone who solved no exercise yet.

    settings: environment variables of the kernel, beside those here. widgets: keep the widgets' state in the
    notebook's metadata. after_cell: called after each code cell. Raises ValueError where a cell stops.
    """
    environment = {**os.environ, **(settings or {})}
    environment.pop("VAE_LESSONS_STRICT", None)
    client = NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        extra_arguments=["--log-level=ERROR"],  # else each kernel warns that it is not encrypted
        record_timing=False,
        store_widget_state=widgets,
        resources={"metadata": {"path": str(FOLDER)}},
        on_cell_executed=lambda **_: after_cell(),
    )
    ran = []  # the cells so far
    client.on_cell_execute = lambda cell, **_: ran.append(cell)
    try:
        with tempfile.TemporaryDirectory() as nobody:
            client.execute(env={**environment, "VAE_LESSONS_STATE": nobody})
    except CellExecutionError as error:
        why = f"stopped at {error.ename}: {error.evalue[:300]}"
    except CellTimeoutError:
        why = f"took longer than {client.timeout} seconds. Is the machine busy?"
    except DeadKernelError:
        why = "ended its kernel, perhaps for want of memory."
    else:
        return
    raise ValueError(
        f"The cell {ran[-1].id} {why}\n"
        "Run it in JupyterLab to see more; `python -m vae_lessons doctor` looks at the machine."
    )
