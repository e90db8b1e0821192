"""Both editions come from one source: the student's solves nothing, the instructor's everything."""

import sys
import types

import nbformat
import pytest

from tests.committed import code_cells, committed
from vae_lessons.__main__ import main
from vae_lessons.classroom import editions, lessons
from vae_lessons.classroom.cleaning import slide_type
from vae_lessons.classroom.solutions import calls
from vae_lessons.exercises.catalogue import exercises, predictions

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
LESSONS = lessons.paths()


def test_the_students_edition_is_the_committed_one_without_outputs(lesson):
    notebook = committed(lesson)
    edition = editions.student(notebook, lesson)
    assert [cell.source for cell in edition.cells] == [cell.source for cell in notebook.cells]
    assert not any(cell.outputs for cell in code_cells(edition))
    assert any(cell.outputs for cell in code_cells(notebook)), "the original stays as it was"


def test_the_instructors_edition_solves_every_exercise_and_answers_every_prediction(lesson):
    notebook = committed(lesson)
    edition = editions.instructor(notebook, lesson)
    text = "\n".join(cell.source for cell in edition.cells)
    numbers = [n for n in exercises() if f'check("{n}"' in "\n".join(cell.source for cell in notebook.cells)]
    for cell in code_cells(edition):
        for function, (key, *_) in calls(cell.source):
            if function == "check":
                assert "# your l" not in cell.source and "return None" not in cell.source, key
    assert [n for n in exercises() if f'check("{n}"' in text] == numbers
    quoted = " ".join(text.replace(">", " ").split())
    for key in (key for key in predictions() if f'"{key}"' in text):
        assert " ".join(predictions()[key].because.split()) in quoted
    assert len([cell for cell in edition.cells if slide_type(cell) == "notes"]) >= 15
    start, title = edition.cells[:2]
    assert "Lecture()" in start.source and slide_type(start) == "skip" and title.source.startswith("# ")


def test_an_edition_is_written_once_and_never_over_a_students_work(tmp_path, capsys):
    out = tmp_path / "class"
    out.mkdir()
    (out / "my own.txt").write_text("kept")
    assert main(["edition", "student", "--out", str(out)]) == 0
    assert {path.name for path in out.iterdir()} == {
        "my own.txt",
        "glossary.md",
        *(path.name for path in LESSONS),
    }
    mine = out / LESSONS[2].name
    mine.write_text("a week of work")
    (out / LESSONS[0].name).unlink()
    capsys.readouterr()
    assert main(["edition", "instructor", "--out", str(out)]) == 1
    assert len(capsys.readouterr().err.splitlines()) <= 5
    assert mine.read_text() == "a week of work"
    assert not (out / LESSONS[0].name).exists(), "nothing is written where something is in the way"


def test_badges_lead_to_the_file_and_its_first_cell_installs_on_colab_only(tmp_path, capsys, monkeypatch):
    from IPython.core.inputtransformer2 import TransformerManager

    folder = "https://github.com/you/vae-lessons/tree/main/lessons/colab"
    assert main(["edition", "student", "--out", str(tmp_path / "colab"), "--colab", folder]) == 0
    for path in LESSONS:
        title, badge, setup = nbformat.read(tmp_path / "colab" / path.name, as_version=4).cells[:3]
        assert title.source.startswith("# ")
        assert (
            f"(https://colab.research.google.com/github/you/vae-lessons/blob/main/lessons/colab/{path.name})"
            in badge.source
        )
    ran, module = [], types.ModuleType("google.colab")
    module.output = types.SimpleNamespace(enable_custom_widget_manager=lambda: ran.append("widgets"))
    shell = types.SimpleNamespace(run_line_magic=lambda name, line: ran.append(f"{name} {line}"))
    code = TransformerManager().transform_cell(setup.source)
    exec(code, {"get_ipython": lambda: shell})
    assert ran == []
    monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    monkeypatch.setitem(sys.modules, "google.colab", module)
    exec(code, {"get_ipython": lambda: shell})
    assert ran[0] == "pip install --quiet --no-deps git+https://github.com/you/vae-lessons@main"
    assert "torch" not in " ".join(ran[1:]) and ran[-1] == "widgets"
    capsys.readouterr()
    for wrong in (
        "you/vae-lessons",
        "https://github.com/you/vae-lessons",
        "https://git.example.org/a/b/tree/main/c",
    ):
        assert main(["edition", "student", "--out", str(tmp_path / "wrong"), "--colab", wrong]) == 1
        assert "like https://github.com/you" in capsys.readouterr().err
    assert not (tmp_path / "wrong").exists()


def test_an_edition_may_have_some_lessons_only(tmp_path, capsys):
    assert main(["edition", "student", "--out", str(tmp_path / "two"), "--lessons", "02", "4"]) == 0
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == [
        LESSONS[2].name,
        LESSONS[4].name,
        "glossary.md",
    ]
    assert main(["edition", "student", "--out", str(tmp_path / "none"), "--lessons", "77"]) == 1
    assert "There is no lesson 77." in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
