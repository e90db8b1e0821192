"""Execute the lessons and leave them as they are committed: outputs fresh, small, and free of this machine."""

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Callable, Container, Mapping
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from tqdm.auto import tqdm

# For jupyterlab-slideshow, which reads it in each notebook.
DECK_STYLE = Path(__file__).parent / "deck_style.json"
FOLDER = Path(__file__).parents[1] / "notebooks"
MACHINE_PATH = re.compile(r"(/home/|/Users/|/root/|/tmp/|[A-Z]:\\)[^\s\"'<>]+")
COMMITTED = {"VAE_LESSONS_DATASET": "digits", "VAE_LESSONS_DEVICE": "cpu", "VAE_LESSONS_FRESH": "1"}
_KEPT_CELL_METADATA = ("tags", "slideshow", "jupyter")
_WIDGET = "application/vnd.jupyter.widget-view+json"


def refresh(paths: list[Path] | None = None) -> None:
    """Run every lesson top to bottom on drawn digits and rewrite it in place, cleaned.

    A notebook that raises, or prints a path of this machine, is left as it was and the error says where.
    """
    for path in tqdm(paths or lessons(), unit="lesson"):
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
    paths = lessons()
    cells = [cell for path in paths for cell in nbformat.read(path, as_version=4).cells]
    with tqdm(total=sum(cell.cell_type == "code" for cell in cells), unit="cell") as bar:
        for path in paths:
            bar.set_description(path.stem)
            executed(path, {"VAE_LESSONS_FRESH": str(int(fresh))}, after_cell=bar.update)


def lessons() -> list[Path]:
    """The notebooks of all lessons, in order."""
    return sorted(FOLDER.glob("*.ipynb"))


def lesson(number: str) -> Path:
    """The notebook of a lesson by its number, like "04"; raises ValueError for one that is not there."""
    found = {path.stem[:2]: path for path in lessons()}
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
    notebook = nbformat.read(path, as_version=4)
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


def clean(notebook: NotebookNode) -> NotebookNode:
    """Drop, in place, what differs from run to run or machine to machine; note which code the outputs are of."""
    notebook.metadata = NotebookNode(
        kernelspec={"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        language_info={"name": "python"},
        vae_lessons={"outputs_of": digest(notebook)},
    )
    notebook.metadata["@deathbeds/jupyterlab-fonts"] = {"styles": json.loads(DECK_STYLE.read_text("utf-8"))}
    count = 0
    for cell in notebook.cells:
        cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k in _KEPT_CELL_METADATA})
        if cell.cell_type == "code":
            count += 1  # as after Run All in a fresh kernel; nbval takes a cell without a number for not run
            cell.execution_count = count
            cell.outputs = readable(cell.outputs)
            for output in cell.outputs:
                if "execution_count" in output:
                    output.execution_count = count
    return notebook


def slide_type(cell: NotebookNode) -> str | None:
    """How a cell presents: slide, subslide, fragment, skip or notes; None stands on the slide of the cell before."""
    return cell.metadata.get("slideshow", {}).get("slide_type")


def digest(notebook: NotebookNode) -> str:
    """A fingerprint of the code: outputs committed under another fingerprint are stale."""
    code = "\0".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def dump(notebook: NotebookNode) -> str:
    """The text of the file, ending in a newline."""
    return nbformat.writes(notebook) + "\n"


def text_of_outputs(cell: NotebookNode) -> str:
    """Everything a cell printed or displayed as text, without the bytes of its pictures."""
    texts = []
    for output in cell.get("outputs", []):
        texts.append(output.get("text", ""))
        texts.extend(str(value) for value in output.get("data", {}).values())
    return re.sub(r"base64,[A-Za-z0-9+/=]+", "", "\n".join(texts))


def readable(outputs: list[NotebookNode], alive: Container[str] = ()) -> list[NotebookNode]:
    """What a reader is shown of outputs, which are changed in place: no progress bars, what was printed in one piece.

    Of live widgets those stay whose model's id is in alive; a picture stands in for the others, where there is one.
    """
    merged: list[NotebookNode] = []
    for output in outputs:
        if not _keep(output, alive):
            continue
        if merged and output.output_type == merged[-1].output_type == "stream":
            merged[-1].text += output.text
        else:
            merged.append(output)
    return merged


def _keep(output: NotebookNode, alive: Container[str]) -> bool:
    """Forget widgets that are not alive, in place; False for progress bars and for widgets without a picture."""
    view = output.get("data", {}).get(_WIDGET)
    if view is not None and view["model_id"] not in alive:
        del output.data[_WIDGET]
        return not set(output.data) <= {"text/plain"}
    return not (output.output_type == "stream" and output.name == "stderr")
