"""An exercise in small, for tests of what assesses it."""

import pytest
import torch

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def twice(x):
    return 2 * x


@pytest.fixture
def doubling():
    """Twice a tensor, with one mistake that is known: three times."""
    made = Exercise(
        number="9.1",
        title="Doubling",
        task="Return twice x.",
        minutes=3,
        difficulty=1,
        reference=twice,
        probe=each({"x": torch.tensor([0.7])}, {"x": torch.tensor([0.7, -1.3, 0.4])}, gradients=["x"]),
        hints=("Add.", "Add x.", "x + x."),
    )

    @made.mistake
    def thrice(x):
        """You took it three
        times."""
        return 3 * x

    return made
