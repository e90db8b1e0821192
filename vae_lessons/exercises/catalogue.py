"""Every exercise and prediction of the course, found in the folders of the lessons."""

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from vae_lessons.exercises.engine.exercise import Exercise, Prediction


@cache
def lessons() -> tuple[str, ...]:
    """The lessons that have exercises or predictions, in two digits each, in order."""
    folders = Path(__file__).parent.glob("lesson_*/__init__.py")
    return tuple(sorted((folder.parent.name.removeprefix("lesson_") for folder in folders), key=int))


@cache
def exercises() -> dict[str, Exercise]:
    """All exercises in order, by number: the EXERCISE of each module in a lesson's folder."""
    found = [module.EXERCISE for module in _modules() if hasattr(module, "EXERCISE")]
    return {exercise.number: exercise for exercise in sorted(found, key=lambda exercise: exercise.place)}


@cache
def predictions() -> dict[str, Prediction]:
    """All predictions in order, by key: the PREDICTIONS of each lesson's folder."""
    found = [module.PREDICTIONS for module in _modules() if hasattr(module, "PREDICTIONS")]
    return {prediction.key: prediction for of_lesson in found for prediction in of_lesson}


def _modules() -> Iterator[ModuleType]:
    for lesson in lessons():
        package = import_module(f"vae_lessons.exercises.lesson_{lesson}")
        for module in iter_modules(package.__path__):
            yield import_module(f"{package.__name__}.{module.name}")
