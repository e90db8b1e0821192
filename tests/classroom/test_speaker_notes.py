"""Speaker notes stand for every slide and fill the lesson's minutes; notes that do not fit are refused."""

import re

import pytest

from tests.committed import committed, slides
from vae_lessons.classroom import lessons, speaker_notes
from vae_lessons.classroom.cleaning import slide_type
from vae_lessons.classroom.solutions import calls

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def test_notes_stand_for_every_slide_in_order_and_fill_the_lessons_minutes(lesson):
    notebook, sections = committed(lesson), speaker_notes.speaker_notes(lesson)
    (minutes,) = re.findall(r"\((\d+) minutes", notebook.cells[0].source)
    assert sum(section.minutes for section in sections) == int(minutes)
    *lecture, answers = sections
    assert (answers.title, answers.minutes) == (speaker_notes.ANSWERS, 0)
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
    begins = [next(iter(section.notes)) for section in speaker_notes.speaker_notes(lesson)[:-1]]
    assert begins == [name for name, cell in cells.items() if slide_type(cell) == "slide"]


def test_experiments_have_their_expected_answer(lesson):
    notebook = committed(lesson)
    expected = {
        name
        for s in speaker_notes.speaker_notes(lesson)
        for name, note in s.notes.items()
        if "**Expected.**" in note
    }
    places = [place for place, cell in enumerate(notebook.cells) if cell.source.startswith("## Your turn")]
    for cell in notebook.cells[places[0] :]:
        if cell.cell_type == "code" and not list(calls(cell.source)) and cell.source != "progress()":
            assert cell.id in expected, f"{cell.id} has no expected answer"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("# Notes\n\n## One (2 minutes)\n\nSay this.\n", "begin each note"),
        ("# Notes\n\n## One (2 minutes)\n\n### lesson-99-99\n**Say.** Hm.\n", "cells that are not there"),
    ],
)
def test_notes_that_do_not_fit_are_refused_by_name(tmp_path, monkeypatch, text, problem):
    monkeypatch.setattr(speaker_notes, "NOTES", tmp_path)
    lesson = lessons.paths()[0].stem
    (tmp_path / f"{lesson}.md").write_text(text)
    with pytest.raises(ValueError, match=problem) as caught:
        speaker_notes.with_notes(committed(lesson), lesson)
    assert lesson in str(caught.value)
