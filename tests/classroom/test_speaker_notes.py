"""Both editions come from one source: the student's solves nothing, the instructor's everything."""

import ast
import re
import sys
import types

import nbformat
import pytest

from vae_lessons import editions, notebooks
from vae_lessons.__main__ import main
from vae_lessons.exercises.catalogue import exercises, predictions
from vae_lessons.notebooks import slide_type

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
LESSONS = notebooks.lessons()
ON_SLIDES = ("slide", "subslide", "fragment")


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def lesson(request):
    return request.param.stem


def committed(lesson):
    return nbformat.read(notebooks.FOLDER / f"{lesson}.ipynb", as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def slides(notebook):
    """The cells of each slide, without those that are left out."""
    found = []
    for cell in notebook.cells:
        if slide_type(cell) in ("slide", "subslide"):
            found.append([])
        if slide_type(cell) != "skip":
            found[-1].append(cell)
    return found


def test_every_lesson_is_a_deck_of_20_to_40_slides(lesson):
    deck = slides(committed(lesson))
    assert 20 <= len(deck) <= 40
    assert slide_type(deck[0][0]) == "slide" and deck[0][0].source.startswith("# ")
    for cell in committed(lesson).cells:
        assert slide_type(cell) in (*ON_SLIDES, "skip", None)
        if "import" in cell.source and cell.id.endswith("02") and cell.cell_type == "code":
            assert slide_type(cell) == "skip"
    shown = [cell for slide in deck for cell in slide]
    assert any("plotting.show(" in cell.source for cell in shown if cell.cell_type == "code")
    assert any("from vae_lessons.widgets import" in cell.source for cell in shown), "something to touch"


def test_a_slide_holds_what_can_be_read_from_the_last_row(lesson):
    for slide in slides(committed(lesson)):
        texts = [cell.source for cell in slide if cell.cell_type == "markdown"]
        read = re.sub(r"<details>.*?</details>|[|]|---", " ", "\n".join(texts), flags=re.DOTALL)
        words = len(read.split())
        lines = sum(
            len(cell.source.splitlines())
            for cell in slide
            if cell.cell_type == "code" and "deck-output" not in cell.metadata.get("tags", [])
        )
        assert words <= 120 and lines <= 20 and words / 120 + lines / 20 <= 1.5, (slide[0].id, words, lines)


def test_notes_stand_for_every_slide_in_order_and_fill_the_lessons_minutes(lesson):
    notebook, sections = committed(lesson), editions.speaker_notes(lesson)
    (minutes,) = re.findall(r"\((\d+) minutes", notebook.cells[0].source)
    assert sum(section.minutes for section in sections) == int(minutes)
    *lecture, answers = sections
    assert (answers.title, answers.minutes) == (editions.ANSWERS, 0)
    noted = [name for section in lecture for name in section.notes]
    order = [cell.id for cell in notebook.cells]
    assert noted == sorted(set(noted), key=order.index)
    assert not set(noted) & set(answers.notes)
    for slide in slides(notebook):
        assert any(cell.id in noted for cell in slide), f"no notes for {slide[0].id}"
    notes = [note for section in sections for note in section.notes.values()]
    assert sum("**Say.**" in note for note in notes) >= len(slides(notebook)) - 2
    assert sum("**Ask.**" in note for note in notes) >= len(slides(notebook)) // 4
    assert all(len(note.split()) >= 8 for note in notes)


def test_sections_of_the_notes_are_those_of_the_slides(lesson):
    cells = {cell.id: cell for cell in committed(lesson).cells}
    begins = [next(iter(section.notes)) for section in editions.speaker_notes(lesson)[:-1]]
    assert begins == [name for name, cell in cells.items() if slide_type(cell) == "slide"]


def test_experiments_have_their_expected_answer(lesson):
    notebook = committed(lesson)
    expected = {
        name
        for s in editions.speaker_notes(lesson)
        for name, note in s.notes.items()
        if "**Expected.**" in note
    }
    places = [place for place, cell in enumerate(notebook.cells) if cell.source.startswith("## Your turn")]
    for cell in notebook.cells[places[0] :]:
        if (
            cell.cell_type == "code"
            and not list(editions._calls(cell.source))
            and cell.source != "progress()"
        ):
            assert cell.id in expected, f"{cell.id} has no expected answer"


def test_the_students_edition_is_the_committed_one_without_outputs(lesson):
    notebook = committed(lesson)
    edition = editions.student(notebook, lesson)
    assert [cell.source for cell in edition.cells] == [cell.source for cell in notebook.cells]
    assert not any(cell.outputs for cell in code(edition))
    assert any(cell.outputs for cell in code(notebook)), "the original stays as it was"


def test_the_instructors_edition_solves_every_exercise_and_answers_every_prediction(lesson):
    notebook = committed(lesson)
    edition = editions.instructor(notebook, lesson)
    text = "\n".join(cell.source for cell in edition.cells)
    numbers = [n for n in exercises() if f'check("{n}"' in "\n".join(cell.source for cell in notebook.cells)]
    for cell in code(edition):
        for function, (key, *_) in editions._calls(cell.source):
            if function == "check":
                assert "# your l" not in cell.source and "return None" not in cell.source, key
    assert [n for n in exercises() if f'check("{n}"' in text] == numbers
    quoted = " ".join(text.replace(">", " ").split())
    for key in (key for key in predictions() if f'"{key}"' in text):
        assert " ".join(predictions()[key].because.split()) in quoted
    assert len([cell for cell in edition.cells if slide_type(cell) == "notes"]) >= 15
    start, title = edition.cells[:2]
    assert "Lecture()" in start.source and slide_type(start) == "skip" and title.source.startswith("# ")


def test_a_solution_takes_the_place_of_the_stub_and_of_nothing_else():
    source = """import math

before = 1


def kl(mu, logvar):
    # your lines
    return None


kl = check("2.3", kl)
print(kl)"""
    tree = ast.parse(editions.solved(source, "2.3", "kl", {"math"}))
    assert [type(node).__name__ for node in tree.body] == [
        *("Import", "Assign", "FunctionDef", "FunctionDef", "Assign", "Expr")
    ]
    assert ast.unparse(tree.body[3]).startswith("def kl(mu, logvar):")
    assert "->" not in ast.unparse(tree)


def test_what_a_solution_uses_is_imported_unless_the_notebook_knows_it():
    source = "def draw(mu, logvar):\n    return None\n\n\ndraw = check('3.1', draw)"
    assert editions.solved(source, "3.1", "draw", set()).startswith("import torch\n\n\ndef draw(mu, logvar):")
    assert editions.solved(source, "3.1", "draw", {"torch"}).startswith("def draw(mu, logvar):")


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


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# Notes\n\n## One (2 minutes)\n\nSay this.\n", "begin each note"),
        ("# Notes\n\n## One (2 minutes)\n\n### lesson-99-99\n**Say.** Hm.\n", "cells that are not there"),
    ],
)
def test_notes_that_do_not_fit_are_refused_by_name(tmp_path, monkeypatch, text, problem):
    monkeypatch.setattr(editions, "NOTES", tmp_path)
    lesson = LESSONS[0].stem
    (tmp_path / f"{lesson}.md").write_text(text)
    with pytest.raises(ValueError, match=problem) as caught:
        editions.with_notes(committed(lesson), lesson)
    assert lesson in str(caught.value)
