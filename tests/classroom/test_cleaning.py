"""Cleaning drops from a notebook what differs from run to run, and keeps what readers see."""

import json

import pytest
from nbconvert import ScriptExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output

from vae_lessons.classroom import cleaning

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_cleaning_forgets_the_run_and_keeps_what_readers_see():
    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "HBox()"}
    cell = new_code_cell("1 + 1", execution_count=7, metadata={"execution": {"iopub": "1"}, "tags": ["kept"]})
    cell.outputs = [
        new_output("stream", name="stderr", text="100%|####| 3/3 [00:01<00:00]"),
        new_output("stream", name="stdout", text="one "),
        new_output("stream", name="stderr", text="100%|####| 3/3 [00:01<00:00]"),
        new_output("stream", name="stdout", text="two\n"),
        new_output("display_data", data=dict(widget)),
        new_output("display_data", data={**widget, "text/html": "<figure></figure>"}),
        new_output("execute_result", data={"text/plain": "2"}, execution_count=7),
    ]
    notebook = new_notebook(cells=[cell], metadata={"widgets": {"state": {}}, "name": "mine"})
    cleaning.clean(notebook)
    assert [output.get("text") or dict(output.data) for output in cell.outputs] == [
        "one two\n",
        {"text/html": "<figure></figure>", "text/plain": "HBox()"},
        {"text/plain": "2"},
    ]
    assert cell.execution_count == cell.outputs[-1].execution_count == 1
    assert cell.metadata == {"tags": ["kept"]}
    assert "widgets" not in notebook.metadata
    fonts = notebook.metadata.pop("@deathbeds/jupyterlab-fonts")
    assert fonts == {"styles": json.loads(cleaning.DECK_STYLE.read_text(encoding="utf-8"))}
    assert sorted(notebook.metadata) == ["kernelspec", "language_info", "vae_lessons"]


def test_what_nbgrader_and_authors_set_at_a_cell_stays():
    metadata = {"nbgrader": {"grade_id": "kl", "solution": True}, "editable": False, "deletable": False}
    notebook = new_notebook(cells=[new_code_cell("1", metadata={**metadata, "trusted": True})])
    assert cleaning.clean(notebook).cells[0].metadata == metadata


def test_a_lesson_becomes_a_python_script():
    notebook = cleaning.clean(new_notebook(cells=[new_code_cell("x = 1")]))
    script, resources = ScriptExporter().from_notebook_node(notebook)
    assert resources["output_extension"] == ".py" and "x = 1" in script
