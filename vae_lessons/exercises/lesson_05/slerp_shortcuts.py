"""Mistakes of exercise 5.2 that give up the arc too early, or find an easier one."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.interpolation import lerp, slerp


def add_shortcuts(exercise: Exercise, arc_mistake: Callable[..., None], arc: Callable[..., Tensor]) -> None:
    """Let the exercise recognise them; arc is slerp in steps that can be replaced, arc_mistake replaces some."""
    arc_mistake(
        """Your points are in the order of t from small to large, whatever the order it comes in. Each point belongs to
        the t at its place.""",
        axis=lambda t: t.sort().values[:, None],
    )
    for degrees in (15, 20, 25, 40, 45, 50):
        for beyond in (0.1, degrees):  # from opposite directions
            arc_mistake(
                """You take the straight line too early: ends some degrees apart still have an arc between them, and so
                have ends that are nearly opposite. Only in the same, or in opposite directions is there none.""",
                no_arc=lambda cosine, angle, low=degrees, high=180 - beyond: not low < angle * 57.2958 < high,
            )
    exercise.recognise(
        """You take the straight line where an end is short. An end has no direction only at 0 itself.""",
        lambda start, end, t: (lerp if min(start.norm(), end.norm()) < 0.1 else slerp)(start, end, t),
    )
    arc_mistake(
        """You turn one end round when the angle is beyond 90 degrees, as is done for rotations, where both mean the
        same. A code and its opposite are different codes.""",
        cosine=lambda a, b: (a @ b / (a.norm() * b.norm())).abs().clamp(-1, 1),
        directions=lambda a, b: (a / a.norm(), b / b.norm() * torch.sign(a @ b)),
    )
    exercise.recognise(
        """You find the angle from its sine, which is the same for 60 and 120 degrees: beyond 90 degrees the arc is
        wrong. The cosine tells them apart.""",
        lambda start, end, t: arc(
            start, end, t, to_angle=lambda cosine: (1 - cosine**2).clamp(min=0).sqrt().asin()
        ),
    )
    exercise.recognise(
        """The arc is right, but ends without one are asked for with == 0, and rounding leaves a sine of about 1e-7 or a
        cosine beyond 1. Ask whether sin(angle) is small, and whether an end is 0, before you divide.""",
        lambda start, end, t: arc(
            *(start, end, t, lambda a, b: a @ b / (a.norm() * b.norm())),
            no_arc=lambda cosine, angle: bool(angle.sin() == 0),
        ),
    )
    exercise.recognise(
        """You normalise the points of the straight line. They lie on an arc, but the turn is not even, and the lengths
        are not those between the two ends.""",
        lambda start, end, t: F.normalize(lerp(start, end, t), dim=1),
        lambda start, end, t: (
            F.normalize(lerp(start, end, t), dim=1) * start.norm().lerp(end.norm(), t)[:, None]
        ),
    )
