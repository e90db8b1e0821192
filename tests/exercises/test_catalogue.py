"""Exercises and predictions are found in the folders of the lessons, each once, in the order of their numbers."""

import sys
from pathlib import Path

import pytest

from vae_lessons.exercises import board, catalogue, record
from vae_lessons.exercises.check import check

EXERCISE = '''"""Exercise {number}: a number that is given back."""

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def same(x):
    return x


EXERCISE = Exercise(
    number="{number}", title="Same", task="Return x.", minutes=3, difficulty=1, reference=same,
    probe=each({{"x": 0.7}}), hints=("one", "two", "three"),
)
'''


@pytest.fixture
def far_lesson(tmp_path, monkeypatch):
    """A course with one lesson more: lesson 90, whose exercises are 90.1, 90.2 and 90.10."""
    package = tmp_path / "lesson_90"
    package.mkdir()
    (package / "__init__.py").write_text('"""The exercises of lesson 90."""\n')
    for name, number in (("a_last", "90.10"), ("second", "90.2"), ("z_first", "90.1")):
        (package / f"{name}.py").write_text(EXERCISE.format(number=number))
    import vae_lessons.exercises as exercises

    monkeypatch.setattr(exercises, "__path__", [*exercises.__path__, str(tmp_path)])
    known = catalogue.lessons()
    monkeypatch.setattr(catalogue, "lessons", lambda: (*known, "90"))
    monkeypatch.setattr(board, "lessons", catalogue.lessons)
    catalogue.exercises.cache_clear(), catalogue.predictions.cache_clear()
    yield
    catalogue.exercises.cache_clear(), catalogue.predictions.cache_clear()
    for module in [name for name in sys.modules if name.startswith("vae_lessons.exercises.lesson_90")]:
        del sys.modules[module]


def test_every_folder_of_a_lesson_is_found():
    folders = Path(catalogue.__file__).parent.glob("lesson_*")
    assert list(catalogue.lessons()) == sorted(folder.name[-2:] for folder in folders if folder.is_dir())


def test_every_exercise_is_declared_once_in_the_folder_of_its_lesson():
    seen = {}
    for module in catalogue._modules():
        lesson = module.__name__.split(".")[-2].removeprefix("lesson_")
        for one in [module.EXERCISE] if hasattr(module, "EXERCISE") else getattr(module, "PREDICTIONS", ()):
            key = getattr(one, "number", None) or one.key
            assert key not in seen, f"{key} stands in {seen[key]} and {module.__name__}"
            assert one.lesson == lesson
            seen[key] = module.__name__
    assert set(seen) == {*catalogue.exercises(), *catalogue.predictions()}


def test_the_tenth_exercise_of_the_far_lesson_comes_last(far_lesson):
    assert list(catalogue.exercises())[-3:] == ["90.1", "90.2", "90.10"]
    assert catalogue.exercises()["90.1"].lesson == "90"


def test_lesson_90_has_a_row_of_its_own_on_the_board_and_none_of_lesson_01(far_lesson):
    check("90.1", lambda x: x)
    rows = {
        line.split()[1]: line
        for line in board.as_text(record.current()).splitlines()
        if line.startswith("lesson")
    }
    assert rows["90"].split()[2:] == ["90.1", "✓", "90.2", "○", "90.10", "○"]
    assert "90." not in rows["01"]
    assert [number for number, _, _ in board.exercise_signs(record.current(), "01")] == [
        "1.1",
        "1.2",
        "1.3",
        "1.4",
        "1.5",
    ]


def test_an_unknown_number_of_lesson_90_is_answered_by_those_there_are(far_lesson, notes):
    check("90.7", lambda x: x)
    assert "There are 90.1, 90.2, 90.10." in notes[-1]
