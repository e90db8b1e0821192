"""Exercises that know the mistake: check, hint, solution; predict before you run; a board of what is done."""

from vae_lessons.exercises.board import progress
from vae_lessons.exercises.check import check, hint, solution
from vae_lessons.exercises.predictions import predict

__all__ = ["check", "hint", "predict", "progress", "solution"]
