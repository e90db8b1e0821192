"""Exercise 5.1: linear interpolation."""

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.exercises.lesson_05.inputs import _errors_by_type
from vae_lessons.interpolation import lerp, slerp

EXERCISE = Exercise(
    number="5.1",
    title="Warm-up: linear interpolation",
    task="""Write the straight line between two codes: start and end are (J,), t is (T,). Return the points (T, J),
    start at t = 0 and end at t = 1. A t below 0 or above 1 continues the line beyond the ends.""",
    minutes=2,
    difficulty=1,
    reference=lerp,
    probe=_errors_by_type(
        each(
            {"start": torch.tensor([0.5]), "end": torch.tensor([2.3]), "t": torch.tensor([0.3])},
            {
                "start": torch.tensor([0.7, -1.2, 1.9]),
                "end": torch.tensor([-0.4, 2.6, 0.9]),
                "t": torch.tensor([0.85, 0.2, 0.45]),
            },
            {
                "start": torch.tensor([0.6, -1.4]),
                "end": torch.tensor([-0.8, 2.7]),
                "t": torch.tensor([0.3, 0.55, 0.9]),
            },
            {
                "start": torch.tensor([0.5, 1.6]),
                "end": torch.tensor([2.3, 0.4]),
                "t": torch.tensor([-0.5, 1.75]),
            },
        )
    ),
    hints=(
        "A quarter of the way is three quarters of start and one quarter of end: two weights that add up to 1.",
        "The weights are 1 - t and t. Each t weights a whole code, so t needs a second axis.",
        "t[:, None] is (T, 1); times a code (J,) it becomes (T, J), one row for each t.",
    ),
)


EXERCISE.recognise(
    """You go backwards: at t = 0 you are at end, at t = 1 at start.""",
    lambda start, end, t: lerp(end, start, t),
)


EXERCISE.recognise(
    """start keeps its full weight while end is added, so at t = 1 you are at start + end.""",
    lambda start, end, t: start + t[:, None] * end,
)


EXERCISE.recognise(
    """end has its full weight from the beginning, so at t = 0 you are at start + end.""",
    lambda start, end, t: (1 - t[:, None]) * start + end,
)


EXERCISE.recognise(
    """You leave start in the opposite direction: your step is start - end.""",
    lambda start, end, t: start + t[:, None] * (start - end),
)


EXERCISE.recognise(
    """Your step end - start is right, but you take it from end, so at t = 0 you are already there.""",
    lambda start, end, t: end + t[:, None] * (end - start),
)


EXERCISE.recognise(
    """This is the displacement t (end - start): your line begins at 0, not at start.""",
    lambda start, end, t: t[:, None] * (end - start),
)


EXERCISE.recognise(
    """You scale end by t, which is the line from 0 to end: start is not used.""",
    lambda start, end, t: t[:, None] * end,
)


EXERCISE.recognise(
    """You subtract the two parts, so at t = 1 you are at minus end.""",
    lambda start, end, t: (1 - t[:, None]) * start - t[:, None] * end,
)


EXERCISE.recognise(
    """t has no second axis, so its numbers pair with the latents: that runs where T = J or one of them is 1, and raises
    elsewhere. Make t (T, 1).""",
    lambda start, end, t: (1 - t) * start + t * end,
)


EXERCISE.recognise(
    """Your new axis comes first, (1, T), so t still pairs with the latents: make t (T, 1).""",
    lambda start, end, t: (1 - t[None]) * start + t[None] * end,
)


EXERCISE.recognise(
    """The numbers are right, but in columns, (J, T): a point is a row, so return (T, J).""",
    lambda start, end, t: lerp(start, end, t).T,
)


EXERCISE.recognise(
    """The points are right, but in a list: torch.stack makes them one tensor, (T, J).""",
    lambda start, end, t: list(lerp(start, end, t)),
)


EXERCISE.recognise(
    """The numbers are right, but in one long row: torch.cat joins the points end to end, torch.stack puts each in its
    own row.""",
    lambda start, end, t: lerp(start, end, t).flatten(),
)


EXERCISE.recognise(
    """This is one point, half way, whatever t is.""",
    lambda start, end, t: (start + end) / 2,
)


EXERCISE.recognise(
    """You return the half-way point for every t.""",
    lambda start, end, t: ((start + end) / 2).repeat(len(t), 1),
)


EXERCISE.recognise(
    """You use only the length of t, not its values, and make even steps of your own.""",
    lambda start, end, t: lerp(start, end, torch.linspace(0, 1, len(t))),
)


EXERCISE.recognise(
    """Right between the ends, but you clamp t to [0, 1], so the line stops there.""",
    lambda start, end, t: lerp(start, end, t.clamp(0, 1)),
)


EXERCISE.recognise(
    """This is spherical interpolation, slerp; the task asks for the straight line.""",
    lambda start, end, t: slerp(start, end, t),
)


EXERCISE.recognise(
    """Your weights are square roots, so their squares add up to 1: that keeps the length of noise. On a straight line
    the weights themselves add up to 1.""",
    lambda start, end, t: (1 - t[:, None]).sqrt() * start + t[:, None].sqrt() * end,
)


@EXERCISE.mistake
def t_reshaped_in_place(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """The points are right, but unsqueeze_ changed the shape of the caller's t; unsqueeze, without the underscore,
    leaves it alone."""
    t.unsqueeze_(-1)
    return (1 - t) * start + t * end


EXERCISE.recognise(
    """Your points are in the order of t from small to large, whatever the order it comes in. Each point belongs to the
    t at its place.""",
    lambda start, end, t: lerp(start, end, t.sort().values),
)


EXERCISE.recognise(
    """You normalise the points to one length; on a straight line between two codes the lengths differ.""",
    lambda start, end, t: F.normalize(lerp(start, end, t), dim=1),
)


EXERCISE.recognise(
    """Your steps are slow at both ends, as in a smoothstep; on the straight line equal steps of t are equal steps.""",
    lambda start, end, t: lerp(start, end, 3 * t**2 - 2 * t**3),
    lambda start, end, t: lerp(start, end, (1 - torch.cos(torch.pi * t)) / 2),
)
