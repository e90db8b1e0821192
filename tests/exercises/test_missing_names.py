"""After a restart a cell that needs another one says which, and how to run it; the error stays what it is."""

import json

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient

from tests.conftest import REPOSITORY
from vae_lessons.exercises import missing_names
from vae_lessons.exercises.missing_names import where_made

LESSONS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))


def notebook(path, *cells):
    markdown = [{"cell_type": "markdown", "source": "# A lesson\n\n## The model\n\nText."}]
    code = [{"cell_type": "code", "source": source} for source in cells]
    path.write_text(json.dumps({"cells": markdown + code}), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "cell",
    [
        "vae = 3",
        "import numpy as vae",
        "def vae(): pass",
        "for vae in range(3): pass",
        "%time 1\n\nvae, other = 1, 2",
        "with open('x') as vae: pass",
    ],
)
def test_the_heading_and_the_first_line_of_the_cell_are_named(tmp_path, cell):
    path = notebook(tmp_path / "a.ipynb", "x = 1", cell)
    said = where_made("vae", [path], [])
    assert "under the heading 'The model'" in said
    assert f"begins with\n    {cell.splitlines()[0]}\n" in said
    assert "Run > Run All Above Selected Cell" in said


def test_a_name_that_no_cell_makes_is_not_explained(tmp_path):
    path = notebook(tmp_path / "a.ipynb", "def f():\n    inner = 3", "print(vae)", "this is no python")
    assert where_made("inner", [path], []) == where_made("vae", [path], []) == ""
    assert where_made("vae", [tmp_path / "none.ipynb", LESSONS[0].with_name("TEACHING.md")], []) == ""


def test_among_several_notebooks_the_one_counts_whose_cells_were_run(tmp_path):
    first = notebook(tmp_path / "a.ipynb", "a = 1", "vae = 1")
    second = notebook(tmp_path / "b.ipynb", "b = 1", "vae = 2")
    assert "vae = 2" in where_made("vae", [first, second], ["", "b = 1\n"])
    assert "vae = 1" in where_made("vae", [first, second], ["", "a = 1"])


@pytest.mark.parametrize("where", ["named by the server", "beside the kernel"])
def test_a_name_error_carries_the_explanation(tmp_path, monkeypatch, capsys, where):
    path = notebook(tmp_path / "a.ipynb", "vae = 1")
    monkeypatch.chdir(tmp_path)
    if where == "named by the server":
        monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    shell = InteractiveShell()
    monkeypatch.setattr(missing_names, "get_ipython", lambda: shell)
    missing_names.watch()
    missing_names.watch()
    result = shell.run_cell("print(vae)")
    assert isinstance(result.error_in_exec, NameError)
    said = capsys.readouterr().out
    assert "name 'vae' is not defined" in said and "Run All Above Selected Cell" in said
    shell.run_cell("print(nowhere)")
    assert "Run All Above" not in capsys.readouterr().out
    shell.run_cell("1 / 0")
    assert "ZeroDivisionError" in capsys.readouterr().out
    shell.history_manager.end_session()


def test_a_cell_of_a_lesson_that_needs_others_says_so_after_a_restart():
    """Lesson 05's setup, then its exercise 5.5, which needs the faces' model."""
    lesson = nbformat.read(REPOSITORY / "notebooks" / "05_interpolation.ipynb", as_version=4)
    cells = {cell.id: cell for cell in lesson.cells}
    setup = next(cell for cell in lesson.cells if cell.cell_type == "code")
    lesson.cells = [setup, cells["lesson-05-turn-5"]]
    client = NotebookClient(lesson, allow_errors=True, resources={"metadata": {"path": "/"}})
    client.execute()
    (error,) = [one for one in lesson.cells[1].outputs if one.output_type == "error"]
    assert error.ename == "NameError"
    assert "face_vae is made by a cell" in "\n".join(error.traceback)
