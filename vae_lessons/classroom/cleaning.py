"""Notebooks as they are committed and shown: outputs small, and free of this machine."""

import hashlib
import json
import re
from collections.abc import Container
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from vae_lessons.stills import WIDGET_VIEW

# For jupyterlab-slideshow, which reads it in each notebook.
DECK_STYLE = Path(__file__).parent / "deck_style.json"
LANGUAGE_INFO = {  # what a kernel says of itself, but for its version
    "name": "python",
    "mimetype": "text/x-python",
    "codemirror_mode": {"name": "ipython", "version": 3},
    "pygments_lexer": "ipython3",
    "nbconvert_exporter": "python",
    "file_extension": ".py",
}
MACHINE_PATH = re.compile(r"(/home/|/Users/|/root/|/tmp/|[A-Z]:\\)[^\s\"'<>]+")
_KEPT_CELL_METADATA = ("tags", "slideshow", "jupyter", "nbgrader", "editable", "deletable")


def clean(notebook: NotebookNode) -> NotebookNode:
    """Drop, in place, what differs from run to run or machine to machine; note which code the outputs are of."""
    notebook.metadata = NotebookNode(
        kernelspec={"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
        language_info=LANGUAGE_INFO,
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
    """Outputs as a reader sees them: no progress bars, consecutive prints merged. The outputs are changed in place.

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
    view = output.get("data", {}).get(WIDGET_VIEW)
    if view is not None and view["model_id"] not in alive:
        del output.data[WIDGET_VIEW]
        return not set(output.data) <= {"text/plain"}
    return not (output.output_type == "stream" and output.name == "stderr")
