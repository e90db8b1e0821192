"""The board: by lesson, from the record."""

import pytest

from vae_lessons.exercises import board, check, hint, progress, record
from vae_lessons.exercises.catalogue import exercises, predictions
from vae_lessons.kl import kl_closed_form
from vae_lessons.reparameterization import reparameterize


@pytest.fixture
def shown(monkeypatch):
    bundles = []
    monkeypatch.setattr(board, "show_as", bundles.append)
    return bundles


def test_solved_helped_tried_and_open_are_told_apart(shown, notes):
    check("2.3", kl_closed_form)
    hint("3.1")
    check("3.1", reparameterize)
    check("3.3", lambda mu, log_std: mu + log_std)
    record.update(lambda kept: kept["predictions"].update({"2-error": {"choice": 0, "right": False}}))
    progress()
    text = shown[0]["text/plain"]
    assert "2.3 ✓" in text
    assert "3.1 ◑" in text
    assert "3.3 →" in text
    assert "3.2 ○" in text
    assert "error →" in text
    count = len(exercises())
    assert (
        f"2 of {count} exercises solved, 1 of them with help; 1 of {len(predictions())} predictions made, 0 came"
        in text
    )


def test_every_exercise_stands_on_the_board_with_its_title(shown):
    progress()
    for number, exercise in exercises().items():
        assert f"{number} ○" in shown[0]["text/plain"]
        assert exercise.title in shown[0]["text/html"]
