"""Every exercise and prediction of the course, found by its number or key."""

from functools import cache
from importlib import import_module

from vae_lessons.exercises.exercise import Exercise, Prediction

LESSONS = ("01", "02", "03", "04", "05", "06")


@cache
def exercises() -> dict[str, Exercise]:
    """All exercises in order, by number."""
    return {exercise.number: exercise for lesson in LESSONS for exercise in _module(lesson).EXERCISES}


@cache
def predictions() -> dict[str, Prediction]:
    """All predictions in order, by key."""
    return {prediction.key: prediction for lesson in LESSONS for prediction in _module(lesson).PREDICTIONS}


def _module(lesson: str):
    return import_module(f"vae_lessons.exercises.lesson_{lesson}")
