"""Exercise 5.2: spherical interpolation."""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, allclose

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt, each, in_short
from vae_lessons.exercises.lesson_05.inputs import _errors_by_type
from vae_lessons.exercises.lesson_05.slerp_shortcuts import add_shortcuts
from vae_lessons.interpolation import lerp, slerp

_EQUAL_ENDS = 0.3 * torch.randn(40, 5, generator=torch.Generator().manual_seed(0))  # (pairs, J)


def slerp_probe(answer: Answer) -> Iterator[Seen]:
    yield from _arcs(answer)
    opposite = {"start": torch.tensor([1.5]), "end": torch.tensor([-0.4]), "t": torch.tensor([0.3])}
    given = in_short(opposite)
    point, failed = attempt(lambda: answer(*(value.clone() for value in opposite.values())), given)
    # In words: an arc between opposite ends divides rounding errors by rounding errors.
    yield failed or Seen("the point between opposite ends", _in_words(point, slerp(**opposite)), given)
    given, finding = "forty times equal ends, start = end, and t = [0.3]", "the ends themselves"
    for end in _EQUAL_ENDS:
        point, failed = attempt(lambda end=end: answer(end.clone(), end.clone(), torch.tensor([0.3])), given)
        if failed:
            yield failed
            return
        found = _in_words(point, end[None])
        finding = finding if found == "on the straight line" else f"at least once {found}"
        if found == "not a number":
            break
    yield Seen("the points between", finding, given)


def _arcs(answer: Answer) -> Iterator[Seen]:
    """Ends between which an arc, or the straight line, is well defined."""
    quarter = torch.tensor([0.3])
    yield from each(
        {"start": torch.tensor([0.6, 0.3]), "end": torch.tensor([0.2, 0.7]), "t": quarter},
        {
            "start": torch.tensor([0.9, -1.1, 0.4, 1.7, -0.3]),
            "end": torch.tensor([-0.7, 0.2, -0.8, 0.6, 1.9]),
            "t": torch.tensor([0.85, 0.2, 0.45]),
        },
        *(  # ends a small angle apart, where an arc still differs from a straight line
            {
                "start": torch.tensor([2.0, 0.0]),
                "end": 3 * torch.tensor([math.cos(degrees / 57.2958), math.sin(degrees / 57.2958)]),
                "t": torch.tensor([0.6]),
            }
            for degrees in (12, 30, 60, 165)
        ),
        {"start": torch.tensor([0.03, -0.02]), "end": torch.tensor([0.01, 0.04]), "t": quarter},  # short ones
        {"start": torch.tensor([0.5]), "end": torch.tensor([1.2]), "t": quarter},
        {"start": torch.tensor([0.0, 0.0]), "end": torch.tensor([0.7, -0.4]), "t": quarter},
        {"start": torch.tensor([0.7, -0.4]), "end": torch.tensor([0.0, 0.0]), "t": quarter},
    )(answer)


def _in_words(point: object, straight: Tensor) -> str:
    point = as_tensor(point)
    if isinstance(point, str) or point.shape != straight.shape:
        return "of another shape"
    if point.isnan().any():
        return "not a number"
    return "on the straight line" if allclose(point, straight.double(), 1e-3, 1e-3) else "somewhere else"


EXERCISE = Exercise(
    number="5.2",
    title="Spherical interpolation",
    task="""Write the arc around 0 between two codes: start and end are (J,), t is (T,) in [0, 1]. Turn evenly from one
    direction to the other, while the length changes evenly from that of start to that of end. Return the points (T, J).
    Ends in the same direction, in opposite directions, or at 0 have no arc: return lerp(start, end, t), which is
    available.""",
    minutes=12,
    difficulty=3,
    reference=slerp,
    probe=_errors_by_type(slerp_probe),
    hints=(
        "Treat two things separately: the unit directions start / |start| and end / |end|, and the lengths.",
        "The angle is arccos of the product of the unit directions. The weight of each direction is the sine of the "
        "part of the angle that separates you from the other, divided by sin(angle). The length changes linearly.",
        "Rounding can push a cosine beyond 1, so clamp it. Where sin(angle) is tiny or not a number (0 / 0, an end at "
        "0), return lerp before dividing. Test yourself: half way between (1, 0) and (0, 3) lies (1.41, 1.41).",
    ),
    shown=(lerp, slerp),
)


def _arc(
    start: Tensor,
    end: Tensor,
    t: Tensor,
    cosine=lambda a, b: (a @ b / (a.norm() * b.norm())).clamp(-1, 1),
    to_angle=torch.arccos,
    no_arc=lambda cosine, angle: not torch.sin(angle) > 1e-2,
    otherwise=lerp,
    weights=lambda t, angle: (((1 - t) * angle).sin() / angle.sin(), (t * angle).sin() / angle.sin()),
    directions=lambda start, end: (start / start.norm(), end / end.norm()),
    length=lambda t, a, b: (1 - t) * a + t * b,
    axis=lambda t: t[:, None],
) -> Tensor:
    """slerp in steps that can be replaced one by one."""
    found = cosine(start, end)
    angle = to_angle(found)
    if no_arc(found, angle):
        return otherwise(start, end, t)
    t = axis(t)
    (first, second), (u_0, u_1) = weights(t, angle), directions(start, end)
    return length(t, start.norm(), end.norm()) * (first * u_0 + second * u_1)


def _arc_mistake(sentence: str, **steps) -> None:
    """A wrong slerp: the steps of _arc that differ; also with a guard for missing arcs that is missing or too
    narrow."""
    unfinished = " (Ends without an arc are not all caught either; that can wait.)"
    guards: list[dict] = [{}]
    if not {"no_arc", "otherwise", "cosine"} & set(steps):
        guards += [{"no_arc": _never}, {"no_arc": lambda cosine, angle: bool(torch.sin(angle) < 1e-2)}]
    for guard in guards:
        EXERCISE.recognise(
            sentence + (unfinished if guard else ""),
            lambda start, end, t, all_steps={**steps, **guard}: _arc(start, end, t, **all_steps),
        )


def _never(cosine: Tensor, angle: Tensor) -> bool:
    return False


def _as_they_are(start: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
    return start, end


def _one(t: Tensor, a: Tensor, b: Tensor) -> float:
    return 1.0


def _eps_cosine(a: Tensor, b: Tensor) -> Tensor:
    return (a @ b / (a.norm() * b.norm() + 1e-8)).clamp(-1, 1)


def _eps_directions(start: Tensor, end: Tensor) -> tuple[Tensor, Tensor]:
    return start / (start.norm() + 1e-8), end / (end.norm() + 1e-8)


def _eps_weights(t: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    return ((1 - t) * angle).sin() / (angle.sin() + 1e-8), (t * angle).sin() / (angle.sin() + 1e-8)


EXERCISE.recognise(
    """This is the straight line: between the ends its points are closer to 0 than those of the arc.""",
    lambda start, end, t: lerp(start, end, t),
)


@EXERCISE.mistake
def line_made_longer(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """Your points lie on the arc with the right length, but not evenly: a straight line made longer turns slowly near
    the ends and fast in the middle. Weight the directions by sines of the angle."""
    if start.norm() * end.norm() == 0 or F.cosine_similarity(start, end, dim=0).abs() > 0.9999:
        return lerp(start, end, t)
    lengths = (1 - t) * start.norm() + t * end.norm()
    return lengths[:, None] * F.normalize(lerp(start, end, t))


@EXERCISE.mistake
def line_of_directions_made_longer(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """Your points have the right length, but turn unevenly: they are a straight line between the unit directions, made
    longer. Weight these by sines of the angle."""
    if start.norm() * end.norm() == 0 or F.cosine_similarity(start, end, dim=0).abs() > 0.9999:
        return lerp(start, end, t)
    lengths = (1 - t) * start.norm() + t * end.norm()
    return lengths[:, None] * F.normalize(lerp(F.normalize(start, dim=0), F.normalize(end, dim=0), t))


_arc_mistake(
    """All your points have length 1; it should go from |start| to |end|.""",
    length=_one,
)


_arc_mistake(
    """All your points on the arc have length 1, and where there is no arc you interpolate between the unit directions
    instead of the ends.""",
    length=_one,
    otherwise=lambda start, end, t: lerp(F.normalize(start, dim=0), F.normalize(end, dim=0), t),
)


_arc_mistake(
    """The angle is right, but you turn start and end with their lengths, so the length does not change evenly unless
    both are equally long. Direction and length are two separate things.""",
    length=_one,
    directions=_as_they_are,
)


_arc_mistake(
    """The length counts twice: you turn start and end with their lengths, and multiply by a length again.""",
    directions=_as_they_are,
)


_arc_mistake(
    """The angle comes from start @ end without dividing by their lengths, so longer codes seem to lie closer
    together.""",
    cosine=lambda a, b: (a @ b).clamp(-1, 1),
)


_arc_mistake(
    """Two things: the angle comes from start @ end without dividing by their lengths, and you turn start and end with
    their lengths instead of the unit directions.""",
    cosine=lambda a, b: (a @ b).clamp(-1, 1),
    length=_one,
    directions=_as_they_are,
)


_arc_mistake(
    """Two things: the angle comes from start @ end without dividing by their lengths, and all your points have length
    1.""",
    cosine=lambda a, b: (a @ b).clamp(-1, 1),
    length=_one,
)


_arc_mistake(
    """You divide start @ end by the length of one end only.""",
    cosine=lambda a, b: (a @ b / a.norm()).clamp(-1, 1),
)


_arc_mistake(
    """Your length goes from one to the other by equal factors, |start|^(1 - t) |end|^t; the task asks for equal
    steps.""",
    length=lambda t, a, b: a ** (1 - t) * b**t,
)


_arc_mistake(
    """All your points are as long as start, so at t = 1 you miss end.""",
    length=lambda t, a, b: a,
)


_arc_mistake(
    """All your points have the mean length of the ends, so you miss both of them.""",
    length=lambda t, a, b: (a + b) / 2,
)


_arc_mistake(
    """The directions are right, but the lengths run backwards: at t = 0 yours is that of end.""",
    length=lambda t, a, b: t * a + (1 - t) * b,
)


_arc_mistake(
    """The lengths are right, but the directions run backwards: at t = 0 you point towards end.""",
    weights=lambda t, angle: ((t * angle).sin() / angle.sin(), ((1 - t) * angle).sin() / angle.sin()),
)


_arc_mistake(
    """You go backwards, from end to start, in direction and in length.""",
    weights=lambda t, angle: ((t * angle).sin() / angle.sin(), ((1 - t) * angle).sin() / angle.sin()),
    length=lambda t, a, b: t * a + (1 - t) * b,
    otherwise=lambda start, end, t: lerp(end, start, t),
)


_arc_mistake(
    """You do not divide by sin(angle), so your points are too short, and at t = 0 you are not at start.""",
    weights=lambda t, angle: (((1 - t) * angle).sin(), (t * angle).sin()),
)


_arc_mistake(
    """You weight by cosines where sines belong, so at t = 0 end already has a weight of 1 / sin(angle).""",
    weights=lambda t, angle: (((1 - t) * angle).cos() / angle.sin(), (t * angle).cos() / angle.sin()),
)


_arc_mistake(
    """Your weights, the cosine and sine of t times a right angle, are right only where the ends are at a right
    angle.""",
    weights=lambda t, angle: ((t * math.pi / 2).cos(), (t * math.pi / 2).sin()),
)


_arc_mistake(
    """You use the cosine as the angle: arccos is missing.""",
    to_angle=lambda cosine: cosine,
    no_arc=lambda cosine, angle: not torch.sin(torch.arccos(cosine)) > 1e-2,
)


_arc_mistake(
    """You take arcsin of the product of the unit directions, but that product is a cosine.""",
    to_angle=torch.arcsin,
    no_arc=lambda cosine, angle: not torch.sin(torch.arccos(cosine)) > 1e-2,
)


_arc_mistake(
    """Your angle is in degrees, but torch.sin takes radians, which torch.arccos already gives.""",
    to_angle=lambda cosine: torch.rad2deg(torch.arccos(cosine)),
    no_arc=lambda cosine, angle: not torch.sin(torch.deg2rad(angle)) > 1e-2,
)


_arc_mistake(
    """Right on proper arcs, but ends without an arc are not caught: there sin(angle) is 0, or a length is, and 0 / 0 is
    NaN.""",
    no_arc=_never,
)


_arc_mistake(
    """You caught ends in the same direction, but not opposite ones: their angle is pi, whose sine is 0 as well.""",
    no_arc=lambda cosine, angle: not angle > 1e-2,
)


_arc_mistake(
    """Ends in the same direction are caught, but neither opposite ones, whose angle is pi with a sine of 0, nor an end
    at 0, which gives 0 / 0.""",
    no_arc=lambda cosine, angle: bool(angle < 1e-2),
)


_arc_mistake(
    """Equal and opposite directions are caught, but an end at 0 is not: it has no direction, and 0 / 0 is NaN. Any
    comparison with NaN is False, so ask `if not sin(angle) > ...`, or look at the lengths first.""",
    no_arc=lambda cosine, angle: bool(torch.sin(angle) < 1e-2),
)


_arc_mistake(
    """An end at 0 is treated as at a right angle to everything (normalising with a small eps makes its direction 0), so
    the path to it is not the straight line at even steps.""",
    cosine=_eps_cosine,
    directions=_eps_directions,
)


_arc_mistake(
    """A small eps in the denominators hides that there is no arc: ends in the same direction come out as 0, and an end
    at 0 is treated as at a right angle to everything.""",
    cosine=_eps_cosine,
    directions=_eps_directions,
    weights=_eps_weights,
    no_arc=_never,
)


_arc_mistake(
    """A small eps beside sin(angle) avoids dividing by 0, but ends in the same direction come out as 0, and an end at 0
    still gives 0 / 0.""",
    weights=_eps_weights,
    no_arc=_never,
)


_arc_mistake(
    """Right until rounding pushes the cosine of equal ends just beyond 1: arccos is then NaN, and so, now and then, are
    your points. Clamp it to [-1, 1]. An end at 0 gives 0 / 0, which your comparison does not catch either.""",
    cosine=lambda a, b: a @ b / (a.norm() * b.norm()),
    no_arc=lambda cosine, angle: bool(torch.sin(angle) < 1e-2),
)


_arc_mistake(
    """Right until rounding pushes the cosine of equal ends just beyond 1: arccos is then NaN, and so, now and then, are
    your points. Clamp it to [-1, 1].""",
    cosine=lambda a, b: a @ b / (a.norm() * b.norm()),
    no_arc=lambda cosine, angle: bool(cosine.isnan() or torch.sin(angle) < 1e-2),
)


_arc_mistake(
    """Where there is no arc you stay at start, but the straight line still leads to end.""",
    otherwise=lambda start, end, t: start.repeat(len(t), 1),
)


_arc_mistake(
    """t has no second axis, so its numbers pair with the latents: make it (T, 1), and each row becomes a point.""",
    axis=lambda t: t,
)


EXERCISE.recognise(
    """The numbers are right, but in columns, (J, T): a point is a row, so return (T, J).""",
    lambda start, end, t: slerp(start, end, t).T,
)


EXERCISE.recognise(
    """You use only the length of t, not its values, and make even steps of your own.""",
    lambda start, end, t: slerp(start, end, torch.linspace(0, 1, len(t))),
)


add_shortcuts(EXERCISE, _arc_mistake, _arc)
