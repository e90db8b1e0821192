"""Exercises with feedback: check names the mistake, hint and solution help, predict asks first."""

from vae_lessons.exercises.board import progress
from vae_lessons.exercises.check import check, hint, require, solution
from vae_lessons.exercises.missing_names import watch
from vae_lessons.exercises.predictions import predict

__all__ = ["check", "hint", "predict", "progress", "require", "solution"]

watch()
