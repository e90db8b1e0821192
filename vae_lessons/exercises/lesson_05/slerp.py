"""Exercise 5.2: spherical interpolation."""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt, each, in_short
from vae_lessons.exercises.lesson_05.inputs import _errors_by_type
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
            "t": torch.tensor([0.2, 0.45, 0.85]),
        },
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
    return (
        "on the straight line" if torch.allclose(point, straight.double(), 1e-3, 1e-3) else "somewhere else"
    )


EXERCISE = Exercise(
    number="5.2",
    title="The arc",
    task="""Write the arc around 0 between two codes: start and end are (J,), t is (T,) in [0, 1]. Turn evenly from
    one direction to the other, and let the length change evenly from that of start to that of end. Return the points
    (T, J). Ends in one direction, in opposite directions, or at 0 have no arc: take lerp(start, end, t), which is at
    hand.""",
    minutes=12,
    difficulty=3,
    reference=slerp,
    probe=_errors_by_type(slerp_probe),
    hints=(
        "Take the two things apart: the unit directions start / |start| and end / |end|, and the lengths. Each has "
        "its own way.",
        "The angle is arccos of the product of the unit directions. Their weights are sin((1 - t) angle) and "
        "sin(t angle), both divided by sin(angle); the length is (1 - t) |start| + t |end|.",
        "Rounding can push a cosine beyond 1, so clamp it to [-1, 1]. Where sin(angle) is tiny or not a number "
        "(0 / 0, an end at 0), return lerp before dividing.",
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
    unfinished = " (And ends without an arc are not all caught yet: mend this first.)"
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
    """This is the straight line: between the ends it comes nearer to 0 than they are. Weigh the unit directions by
    sines of the angle.""",
    lambda start, end, t: lerp(start, end, t),
)


@EXERCISE.mistake
def line_made_longer(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """Your points lie on the arc with the right length, but not evenly: a straight line made longer turns slowly near
    the ends and fast in the middle. Weigh the directions by sin((1 - t) angle) and sin(t angle)."""
    if start.norm() * end.norm() == 0 or F.cosine_similarity(start, end, dim=0).abs() > 0.9999:
        return lerp(start, end, t)
    lengths = (1 - t) * start.norm() + t * end.norm()
    return lengths[:, None] * F.normalize(lerp(start, end, t))


@EXERCISE.mistake
def line_of_directions_made_longer(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """Your points have the right length, but turn unevenly: they are a straight line between the unit directions,
    made longer. Weigh these by sin((1 - t) angle) and sin(t angle) over sin(angle)."""
    if start.norm() * end.norm() == 0 or F.cosine_similarity(start, end, dim=0).abs() > 0.9999:
        return lerp(start, end, t)
    lengths = (1 - t) * start.norm() + t * end.norm()
    return lengths[:, None] * F.normalize(lerp(F.normalize(start, dim=0), F.normalize(end, dim=0), t))


_arc_mistake(
    """You forgot the length: all your points have length 1. Multiply by (1 - t) |start| + t |end|.""",
    length=_one,
)


_arc_mistake(
    """You forgot the length on the arc, and where there is no arc you join the unit directions instead of the ends:
    lengths count everywhere.""",
    length=_one,
    otherwise=lambda start, end, t: lerp(F.normalize(start, dim=0), F.normalize(end, dim=0), t),
)


_arc_mistake(
    """The angle is right, but you turn start and end as they are, with their lengths, so the length does not change
    evenly unless both are equally long: turn the unit directions, and give the length a line of its own.""",
    length=_one,
    directions=_as_they_are,
)


_arc_mistake(
    """The length counts twice: you turn start and end with their lengths, and multiply by a length again. Turn the
    unit directions.""",
    directions=_as_they_are,
)


_arc_mistake(
    """The angle comes from start @ end without dividing by their lengths, so longer codes seem to lie closer
    together: its cosine is the product of the unit directions.""",
    cosine=lambda a, b: (a @ b).clamp(-1, 1),
)


_arc_mistake(
    """Two things: the angle comes from start @ end without dividing by their lengths, and you turn start and end with
    their lengths. Use the unit directions for both, and give the length a line of its own.""",
    cosine=lambda a, b: (a @ b).clamp(-1, 1),
    length=_one,
    directions=_as_they_are,
)


_arc_mistake(
    """Two things: the angle comes from start @ end without dividing by their lengths, and the result has length 1.
    Divide by both lengths there, and multiply by the evenly changing length at the end.""",
    cosine=lambda a, b: (a @ b).clamp(-1, 1),
    length=_one,
)


_arc_mistake(
    """You divide start @ end by the length of one end only: a cosine is divided by both.""",
    cosine=lambda a, b: (a @ b / a.norm()).clamp(-1, 1),
)


_arc_mistake(
    """Your length goes from one to the other by equal factors, |start|^(1 - t) |end|^t; asked for are equal steps,
    (1 - t) |start| + t |end|.""",
    length=lambda t, a, b: a ** (1 - t) * b**t,
)


_arc_mistake(
    """All your points are as long as start, so at t = 1 you miss end: the length goes evenly to that of end.""",
    length=lambda t, a, b: a,
)


_arc_mistake(
    """All your points have the mean length of the ends, so you miss both of them: the length goes evenly from one to
    the other.""",
    length=lambda t, a, b: (a + b) / 2,
)


_arc_mistake(
    """The directions are right, but the lengths run backwards: at t = 0 it is that of start.""",
    length=lambda t, a, b: t * a + (1 - t) * b,
)


_arc_mistake(
    """The lengths are right, but the directions run backwards: sin((1 - t) angle) weighs start, sin(t angle) weighs
    end.""",
    weights=lambda t, angle: ((t * angle).sin() / angle.sin(), ((1 - t) * angle).sin() / angle.sin()),
)


_arc_mistake(
    """You walk backwards, from end to start: 1 - t belongs to start, in the direction and in the length.""",
    weights=lambda t, angle: ((t * angle).sin() / angle.sin(), ((1 - t) * angle).sin() / angle.sin()),
    length=lambda t, a, b: t * a + (1 - t) * b,
    otherwise=lambda start, end, t: lerp(end, start, t),
)


_arc_mistake(
    """You do not divide by sin(angle), so your points are too short, and at t = 0 you are not at start.""",
    weights=lambda t, angle: (((1 - t) * angle).sin(), (t * angle).sin()),
)


_arc_mistake(
    """You weigh by cosines where sines belong: at t = 0 start has to have all the weight, sin(angle) / sin(angle),
    and end sin(0).""",
    weights=lambda t, angle: (((1 - t) * angle).cos() / angle.sin(), (t * angle).cos() / angle.sin()),
)


_arc_mistake(
    """Your weights are right on a quarter of a circle only: cos and sin of t times a right angle. For another angle
    they are sin((1 - t) angle) / sin(angle) and sin(t angle) / sin(angle).""",
    weights=lambda t, angle: ((t * math.pi / 2).cos(), (t * math.pi / 2).sin()),
)


_arc_mistake(
    """You use the cosine as if it were the angle: take arccos of it first.""",
    to_angle=lambda cosine: cosine,
    no_arc=lambda cosine, angle: not torch.sin(torch.arccos(cosine)) > 1e-2,
)


_arc_mistake(
    """You take arcsin of the product of the directions; a product of unit directions is a cosine, so take arccos.""",
    to_angle=torch.arcsin,
    no_arc=lambda cosine, angle: not torch.sin(torch.arccos(cosine)) > 1e-2,
)


_arc_mistake(
    """Your angle is in degrees, but torch.sin takes radians, and torch.arccos gives them: convert nothing.""",
    to_angle=lambda cosine: torch.rad2deg(torch.arccos(cosine)),
    no_arc=lambda cosine, angle: not torch.sin(torch.deg2rad(angle)) > 1e-2,
)


_arc_mistake(
    """Right on proper arcs, but ends without an arc are not caught: there sin(angle) is 0, or a length is, and 0 / 0
    is not a number. Clamp the cosine to [-1, 1], and where sin(angle) is tiny or an end is 0, return lerp.""",
    no_arc=_never,
)


_arc_mistake(
    """You caught ends in one direction, but not opposite ones: their angle is pi, and its sine is 0 as well. Ask
    whether sin(angle) is tiny, not the angle.""",
    no_arc=lambda cosine, angle: not angle > 1e-2,
)


_arc_mistake(
    """Ends in one direction are caught, but neither opposite ones, whose angle is pi with a sine of 0, nor an end at
    0, which gives 0 / 0: ask whether sin(angle) is tiny, and whether an end has no length.""",
    no_arc=lambda cosine, angle: bool(angle < 1e-2),
)


_arc_mistake(
    """Equal and opposite directions are caught, but an end at 0 is not: it has no direction, and 0 / 0 is not a
    number. Any comparison with that is False, so ask `if not sin(angle) > ...`, or look at the lengths first.""",
    no_arc=lambda cosine, angle: bool(torch.sin(angle) < 1e-2),
)


_arc_mistake(
    """An end at 0 is given a right angle to everything (normalising with a small eps makes its direction 0), so the
    way to it does not go evenly: where a length is 0, return lerp.""",
    cosine=_eps_cosine,
    directions=_eps_directions,
)


_arc_mistake(
    """A small eps in the denominators hides that there is no arc: ends in one direction come out as 0, and an end at
    0 gets a right angle to everything. Return lerp in these cases, and divide without eps.""",
    cosine=_eps_cosine,
    directions=_eps_directions,
    weights=_eps_weights,
    no_arc=_never,
)


_arc_mistake(
    """A small eps beside sin(angle) keeps you from dividing by 0, but ends in one direction come out as 0, and an end
    at 0 still gives 0 / 0: return lerp in these cases.""",
    weights=_eps_weights,
    no_arc=_never,
)


_arc_mistake(
    """Right, until rounding pushes the cosine of equal ends just beyond 1: arccos is then not a number, and so are
    your points, now and then. Clamp it to [-1, 1]. An end at 0 gives 0 / 0, which your comparison does not catch
    either.""",
    cosine=lambda a, b: a @ b / (a.norm() * b.norm()),
    no_arc=lambda cosine, angle: bool(torch.sin(angle) < 1e-2),
)


_arc_mistake(
    """Right, until rounding pushes the cosine of equal ends just beyond 1: arccos is then not a number, and so are
    your points, now and then. Clamp it to [-1, 1].""",
    cosine=lambda a, b: a @ b / (a.norm() * b.norm()),
    no_arc=lambda cosine, angle: bool(cosine.isnan() or torch.sin(angle) < 1e-2),
)


_arc_mistake(
    """Where there is no arc you stay at start: the straight line leads to end all the same. Return lerp there.""",
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
    """You use only the length of t and make even steps of your own: take the t you were given.""",
    lambda start, end, t: slerp(start, end, torch.linspace(0, 1, len(t))),
)
