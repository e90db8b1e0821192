"""Mistakes of exercise 9.4 that keep logarithms finite by a clamp, or by a number that is added."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise


def add_limits(exercise: Exercise, surprise_map: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Let the exercise recognise them."""
    for limit in (0.1, 0.05, 0.01, 1e-3, 1e-4):
        exercise.recognise(
            """You keep grey levels away from 0 and 1 by a clamp, so pixels that are surely wrong cost too little, and
            those that are exactly right may cost something. x_hat needs no clamp, and 0 log 0 is 0.""",
            lambda x, x_hat, low=limit: surprise_map(x.clamp(low, 1 - low), x_hat.clamp(low, 1 - low)),
            lambda x, x_hat, low=limit: surprise_map(x, x_hat.clamp(low, 1 - low)),
        )
    exercise.recognise(
        """You clamp the logarithms, so a pixel that is surely wrong costs less than it should; x_hat lies strictly
        between 0 and 1, and its logarithm is finite.""",
        *(
            lambda x, x_hat, low=low: (
                torch.xlogy(x, x)
                + torch.xlogy(1 - x, 1 - x)
                - x * x_hat.log().clamp(min=low)
                - (1 - x) * (1 - x_hat).log().clamp(min=low)
            )
            for low in (-10.0, -5.0)
        ),
    )
    for added in (1e-2, 1e-3, 1e-4):
        exercise.recognise(
            """A number is added within the logarithms, which moves all costs a little, and those of surely wrong pixels
            a lot. x_hat lies strictly between 0 and 1, and 0 log 0 is 0 by xlogy.""",
            lambda x, x_hat, eps=added: (
                x * ((x + eps) / (x_hat + eps)).log() + (1 - x) * ((1 - x + eps) / (1 - x_hat + eps)).log()
            ),
            lambda x, x_hat, eps=added: (
                torch.xlogy(x, x)
                + torch.xlogy(1 - x, 1 - x)
                - x * (x_hat + eps).log()
                - (1 - x) * (1 - x_hat + eps).log()
            ),
        )
