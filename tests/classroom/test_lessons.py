"""Lessons are found by their number and run in a fresh kernel; one that stops is named, and left as it was."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from vae_lessons.__main__ import main
from vae_lessons.classroom import lessons

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_refreshing_executes_in_place_and_leaves_a_notebook_that_raises_untouched(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_LESSONS_DATASET", "mnist")  # must not reach the committed outputs
    monkeypatch.setenv("VAE_LESSONS_STATE", "mine")
    monkeypatch.setenv("VAE_LESSONS_STRICT", "1")
    good, bad, telling = (tmp_path / f"{name}.ipynb" for name in ("good", "bad", "telling"))
    asked = "import os; print(*[os.environ.get(f'VAE_LESSONS_{name}') for name in ('DATASET', 'STRICT')])"
    not_mine = "os.environ['VAE_LESSONS_STATE'] == 'mine'"
    nbformat.write(new_notebook(cells=[new_code_cell(asked), new_code_cell(not_mine)]), good)
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), bad)
    nbformat.write(new_notebook(cells=[new_code_cell("print('/home/' + 'someone/data')")]), telling)
    lessons.refresh([good])
    refreshed = nbformat.read(good, as_version=4)
    assert refreshed.cells[0].outputs[0].text == "digits None\n"
    assert refreshed.cells[1].outputs[0].data["text/plain"] == "False"
    before = bad.read_bytes()
    with pytest.raises(ValueError, match="stopped at ZeroDivisionError: division by zero"):
        lessons.refresh([bad])
    with pytest.raises(ValueError, match="cell 0 prints a path"):
        lessons.refresh([telling])
    assert bad.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == sorted([good, bad, telling])


def test_preparing_runs_every_lesson_and_says_where_one_stops(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(lessons, "FOLDER", tmp_path)
    ran = "open('ran.txt', 'a').write(__import__('os').environ['VAE_LESSONS_FRESH'])"
    for name in ("01_a", "02_b"):
        nbformat.write(new_notebook(cells=[new_code_cell(ran)]), tmp_path / f"{name}.ipynb")
    before = (tmp_path / "01_a.ipynb").read_bytes()
    assert main(["prepare"]) == main(["prepare", "--fresh"]) == 0
    assert (tmp_path / "ran.txt").read_text() == "0011"
    assert (tmp_path / "01_a.ipynb").read_bytes() == before, "outputs of one machine are not written"
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0", id="broken")]), tmp_path / "03_c.ipynb")
    capsys.readouterr()
    assert main(["prepare"]) == 1
    said = capsys.readouterr().err
    assert "The cell broken stopped at ZeroDivisionError" in said


def test_a_lesson_is_found_by_its_number():
    assert lessons.find("04").stem == lessons.find("4").stem == "04_kl_balance"
    with pytest.raises(ValueError, match="There is no lesson 99.\nGive one of 00, 01"):
        lessons.find("99")


def test_a_cell_that_stops_is_named_with_what_to_do(monkeypatch):
    for code, said in (
        ("1 / 0", "The cell culprit stopped at ZeroDivisionError: division by zero"),
        ("import os; os._exit(1)", "The cell culprit ended its kernel"),
    ):
        notebook = new_notebook(
            cells=[new_code_cell("1"), new_code_cell(code, id="culprit"), new_code_cell("2")]
        )
        with pytest.raises(ValueError, match=said) as caught:
            lessons.execute(notebook)
        assert len(str(caught.value).splitlines()) <= 5
