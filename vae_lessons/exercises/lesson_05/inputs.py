"""Exercises of lesson 05: lines and arcs, directions that mean something, grids, and walks between images."""

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_lessons.exercises.exercise import Answer, Exercise, Prediction, Probe, Seen, as_tensor
from vae_lessons.exercises.probes import attempt, each, in_short, look
from vae_lessons.gaussians import reparameterize
from vae_lessons.latent_space import attribute_direction, lerp, prior_grid, slerp


def _errors_by_type(probe: Probe) -> Probe:
    """The same probe with errors compared by their type: their words depend on the order of a sum's terms."""

    def shorter(answer: Answer) -> Iterator[Seen]:
        for one in probe(answer):
            yield replace(one, value=type(one.error).__name__) if one.error else one
            if one.value == "None":
                return

    return shorter


# 5.1

LERP = Exercise(
    number="5.1",
    title="The straight way",
    task="""Write the straight line between two codes: start and end are (J,), t is (T,). Return the points (T, J),
    start at t = 0 and end at t = 1. A t below 0 or above 1 goes straight on, beyond the ends.""",
    minutes=4,
    difficulty=1,
    reference=lerp,
    probe=_errors_by_type(
        each(
            {"start": torch.tensor([0.5]), "end": torch.tensor([2.3]), "t": torch.tensor([0.3])},
            {
                "start": torch.tensor([0.7, -1.2, 1.9]),
                "end": torch.tensor([-0.4, 2.6, 0.9]),
                "t": torch.tensor([0.2, 0.45, 0.85]),
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
        "The weights are 1 - t and t. Each t weighs a whole code, so t needs a second axis.",
        "t[:, None] is (T, 1); times a code (J,) it becomes (T, J), one row for each t.",
    ),
)
LERP.recognise(
    """You walk backwards: at t = 0 you are at end, at t = 1 at start. The weight of end is t.""",
    lambda start, end, t: lerp(end, start, t),
)
LERP.recognise(
    """start keeps its full weight while end is added, so at t = 1 you stand at start + end: start fades with 1 -
    t.""",
    lambda start, end, t: start + t[:, None] * end,
)
LERP.recognise(
    """end has its full weight from the beginning, so at t = 0 you stand at start + end: end grows with t.""",
    lambda start, end, t: (1 - t[:, None]) * start + end,
)
LERP.recognise(
    """You leave start in the opposite direction: the step is end - start, and you take start - end.""",
    lambda start, end, t: start + t[:, None] * (start - end),
)
LERP.recognise(
    """Your step end - start is right, but you take it from end, so at t = 0 you are at the goal already: begin at
    start.""",
    lambda start, end, t: end + t[:, None] * (end - start),
)
LERP.recognise(
    """This is how far you have come, t (end - start), counted from 0: add start, from where you set out.""",
    lambda start, end, t: t[:, None] * (end - start),
)
LERP.recognise(
    """You scale end by t, which is the line from 0 to end: start does not count. Add (1 - t) start.""",
    lambda start, end, t: t[:, None] * end,
)
LERP.recognise(
    """You subtract the two parts, so at t = 1 you are at minus end: the parts are added.""",
    lambda start, end, t: (1 - t[:, None]) * start - t[:, None] * end,
)
LERP.recognise(
    """t has no second axis: its numbers pair with the latents, one each, which happens to run where T = J or one of
    them is 1, and raises elsewhere. Make t (T, 1).""",
    lambda start, end, t: (1 - t) * start + t * end,
)
LERP.recognise(
    """Your new axis stands in front, (1, T), so t still pairs with the latents: it belongs behind, (T, 1).""",
    lambda start, end, t: (1 - t[None]) * start + t[None] * end,
)
LERP.recognise(
    """The numbers are right, but in columns, (J, T): a point is a row, so return (T, J).""",
    lambda start, end, t: lerp(start, end, t).T,
)
LERP.recognise(
    """The points are right, but they come in a list: torch.stack makes them one tensor, (T, J).""",
    lambda start, end, t: list(lerp(start, end, t)),
)
LERP.recognise(
    """The numbers are right, but in one long row: torch.cat joins the points end to end, torch.stack puts each in a
    row of its own.""",
    lambda start, end, t: lerp(start, end, t).flatten(),
)
LERP.recognise(
    """This is the point half way, once, whatever t says: weigh the ends by 1 - t and t instead of by halves.""",
    lambda start, end, t: (start + end) / 2,
)
LERP.recognise(
    """You return the point half way for every t: weigh the ends by 1 - t and t instead of by halves.""",
    lambda start, end, t: ((start + end) / 2).repeat(len(t), 1),
)
LERP.recognise(
    """You use only the length of t and make even steps of your own: take the t you were given.""",
    lambda start, end, t: lerp(start, end, torch.linspace(0, 1, len(t))),
)
LERP.recognise(
    """Right between the ends, but you cut t off at 0 and 1, so the way stops there: it should go straight on.""",
    lambda start, end, t: lerp(start, end, t.clamp(0, 1)),
)
LERP.recognise(
    """This is the arc around 0, slerp; here the straight line is asked for, without any angle.""",
    lambda start, end, t: slerp(start, end, t),
)
LERP.recognise(
    """Your weights are square roots, so their squares add up to 1: that keeps the length of noise. On a straight line
    the weights themselves, 1 - t and t, add up to 1.""",
    lambda start, end, t: (1 - t[:, None]).sqrt() * start + t[:, None].sqrt() * end,
)


@LERP.mistake
def t_reshaped_in_place(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """The points are right, but unsqueeze_ gave the caller's t a new shape: without the underscore, unsqueeze leaves
    it alone."""
    t.unsqueeze_(-1)
    return (1 - t) * start + t * end


# 5.2

_EQUAL_ENDS = 0.3 * torch.randn(40, 5, generator=torch.Generator().manual_seed(0))  # (pairs, J)


def slerp_probe(answer: Answer) -> Iterator[Seen]:
    yield from _arcs(answer)
    opposite = {"start": torch.tensor([1.5]), "end": torch.tensor([-0.4]), "t": torch.tensor([0.3])}
    given = in_short(opposite)
    point, failed = attempt(lambda: answer(*(value.clone() for value in opposite.values())), given)
    # In words: an arc between opposite ends divides rounding errors by rounding errors.
    yield failed or Seen("the point between opposite ends", _told(point, slerp(**opposite)), given)
    given, told = "forty times equal ends, start = end, and t = [0.3]", "the ends themselves"
    for end in _EQUAL_ENDS:
        point, failed = attempt(lambda end=end: answer(end.clone(), end.clone(), torch.tensor([0.3])), given)
        if failed:
            yield failed
            return
        found = _told(point, end[None])
        told = told if found == "on the straight line" else f"at least once {found}"
        if found == "not a number":
            break
    yield Seen("the points between", told, given)


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


def _told(point: object, straight: Tensor) -> str:
    point = as_tensor(point)
    if isinstance(point, str) or point.shape != straight.shape:
        return "of another shape"
    if point.isnan().any():
        return "not a number"
    return (
        "on the straight line" if torch.allclose(point, straight.double(), 1e-3, 1e-3) else "somewhere else"
    )


SLERP = Exercise(
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
        SLERP.recognise(
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


SLERP.recognise(
    """This is the straight line: between the ends it comes nearer to 0 than they are. Weigh the unit directions by
    sines of the angle.""",
    lambda start, end, t: lerp(start, end, t),
)


@SLERP.mistake
def line_made_longer(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """Your points lie on the arc with the right length, but not evenly: a straight line made longer turns slowly near
    the ends and fast in the middle. Weigh the directions by sin((1 - t) angle) and sin(t angle)."""
    if start.norm() * end.norm() == 0 or F.cosine_similarity(start, end, dim=0).abs() > 0.9999:
        return lerp(start, end, t)
    lengths = (1 - t) * start.norm() + t * end.norm()
    return lengths[:, None] * F.normalize(lerp(start, end, t))


@SLERP.mistake
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
SLERP.recognise(
    """The numbers are right, but in columns, (J, T): a point is a row, so return (T, J).""",
    lambda start, end, t: slerp(start, end, t).T,
)
SLERP.recognise(
    """You use only the length of t and make even steps of your own: take the t you were given.""",
    lambda start, end, t: slerp(start, end, torch.linspace(0, 1, len(t))),
)


# 5.3

DIRECTION = Exercise(
    number="5.3",
    title="The direction of a smile",
    task="""How do codes move when an attribute grows by one unit? z is (N, J), attribute is (N,), a number for each
    code, both floats. Return the direction (J,): for each latent the slope of the least-squares line of z_j over the
    attribute, cov(z_j, a) / var(a). For an attribute that is 0 or 1 it is the mean of the ones minus the mean of the
    zeros.""",
    minutes=8,
    difficulty=2,
    reference=attribute_direction,
    probe=_errors_by_type(
        each(
            {"z": torch.tensor([[0.4], [1.9], [2.6]]), "attribute": torch.tensor([0.0, 1.0, 1.0])},
            {
                "z": torch.tensor([[0.4, -1.3], [1.9, 0.7], [2.6, -0.2], [-0.9, 1.5], [0.3, 2.2]]),
                "attribute": torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0]),
            },
            {
                "z": torch.tensor(
                    [
                        [0.4, -1.3, 0.8],
                        [1.9, 0.7, -0.6],
                        [2.6, -0.2, 1.4],
                        [-0.9, 1.5, 0.3],
                        [0.35, 2.2, -1.1],
                    ]
                ),
                "attribute": torch.tensor([-0.7, 0.2, 0.6, 2.7, 0.45]),
            },
        )
    ),
    hints=(
        "For a 0/1 attribute: where are the ones on average, where the zeros? The formula says the same for any "
        "attribute.",
        "Centre both, z - z.mean(0) and attribute - attribute.mean(): a covariance is the mean of their products.",
        "z.T @ attribute, both centred, is N times the covariance; attribute @ attribute is N times the variance: "
        "divide.",
    ),
)


def _centred(z: Tensor, attribute: Tensor) -> tuple[Tensor, Tensor]:
    return z - z.mean(0), attribute - attribute.mean()


def _by_groups(sentence: str, combine) -> None:
    """Mistakes that take two groups for granted, however these are told apart; combine(ones, zeros, all)."""
    for name, ones in {
        "is 1": lambda a: a == 1,
        "above a half": lambda a: a > 0.5,
        "above 0": lambda a: a > 0,
        "not 0": lambda a: a != 0,
        "above the mean": lambda a: a > a.mean(),
    }.items():
        zeros = (lambda a: a == 0) if name == "is 1" else (lambda a, ones=ones: ~ones(a))

        def answer(z: Tensor, attribute: Tensor, ones=ones, zeros=zeros) -> Tensor:
            return combine(z[ones(attribute)], z[zeros(attribute)], z)

        DIRECTION.recognise(sentence, answer)


_by_groups(
    """Right for an attribute that is 0 or 1, but others have no two groups: a smile of 0.3 counts for more than one
    of 0.2. Use the covariance over the variance, which gives the same for 0 and 1.""",
    lambda ones, zeros, all_of_them: ones.mean(0) - zeros.mean(0),
)
_by_groups(
    """This is where the ones are on average, not how they differ from the zeros: what all codes share is still in it.
    Subtract the mean of the zeros, or centre z and the attribute.""",
    lambda ones, zeros, all_of_them: ones.mean(0),
)
_by_groups(
    """Your direction points the other way, from the ones to the zeros: take the mean of the ones minus that of the
    zeros.""",
    lambda ones, zeros, all_of_them: zeros.mean(0) - ones.mean(0),
)
_by_groups(
    """You compare the ones with all codes, the ones among them, which makes the direction too short: compare them
    with the zeros, or divide a covariance by the attribute's variance.""",
    lambda ones, zeros, all_of_them: ones.mean(0) - all_of_them.mean(0),
)
_by_groups(
    """You add up the groups, so the larger group wins whatever it does: compare their means.""",
    lambda ones, zeros, all_of_them: ones.sum(0) - zeros.sum(0),
)
DIRECTION.recognise(
    """This is a mean of the codes weighted by the attribute: what all codes share is still in it. Centre z and the
    attribute first.""",
    lambda z, attribute: attribute @ z / attribute.sum(),
)
DIRECTION.recognise(
    """You compare a single code with the largest attribute and one with the smallest, which brings along whatever
    else these two differ in: average over all codes.""",
    lambda z, attribute: z[attribute.argmax()] - z[attribute.argmin()],
)
DIRECTION.recognise(
    """Everything but the sign is right: your direction makes the attribute smaller.""",
    lambda z, attribute: -attribute_direction(z, attribute),
)


@DIRECTION.mistake
def covariance_only(z: Tensor, attribute: Tensor) -> Tensor:
    """This is the covariance: it depends on how much the attribute varies. Divide by the attribute's variance to get
    the move for one unit."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / len(z)


@DIRECTION.mistake
def covariance_only_unbiased(z: Tensor, attribute: Tensor) -> Tensor:
    """This is the covariance (over N - 1): it depends on how much the attribute varies. Divide by the attribute's
    variance to get the move for one unit."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / (len(z) - 1)


@DIRECTION.mistake
def products_summed(z: Tensor, attribute: Tensor) -> Tensor:
    """You add up the products of z and attribute and divide by nothing, so the direction grows with N: divide by the
    sum of the attribute's squares, centred."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute


@DIRECTION.mistake
def correlation(z: Tensor, attribute: Tensor) -> Tensor:
    """These are correlations, divided by both spreads: a latent that moves far looks like one that moves little.
    Divide the covariance by the attribute's variance alone."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / (z.norm(dim=0) * attribute.norm())


@DIRECTION.mistake
def by_the_spread(z: Tensor, attribute: Tensor) -> Tensor:
    """You divide the covariance by the attribute's standard deviation, which gives the move for one standard
    deviation, not for one unit: divide by the variance."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / len(z) / attribute.std(correction=0)


@DIRECTION.mistake
def by_the_spread_unbiased(z: Tensor, attribute: Tensor) -> Tensor:
    """You divide the covariance by the attribute's standard deviation, which gives the move for one standard
    deviation, not for one unit: divide by the variance (and both by N, or both by N - 1)."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / (len(z) - 1) / attribute.std()


DIRECTION.recognise(
    """You normalised the direction to length 1, so it no longer says how far one unit of the attribute moves a code:
    leave its length.""",
    lambda z, attribute: F.normalize(attribute_direction(z, attribute), dim=0),
)


@DIRECTION.mistake
def slope_upside_down(z: Tensor, attribute: Tensor) -> Tensor:
    """You divide by the variance of z, which is the slope of the attribute over each latent: asked for is that of the
    latent over the attribute, so divide by the attribute's variance."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / (z**2).sum(0)


@DIRECTION.mistake
def attribute_from_codes(z: Tensor, attribute: Tensor) -> Tensor:
    """You predict the attribute from all latents at once. That answers how to read it from a code; asked for is how
    codes move with it, one line for each latent."""
    z, attribute = _centred(z, attribute)
    return torch.linalg.lstsq(z, attribute[:, None]).solution[:, 0]


DIRECTION.recognise(
    """You predict the attribute from all latents at once, and without a constant. Asked for is how codes move with
    the attribute: one line for each latent, both centred.""",
    lambda z, attribute: torch.linalg.lstsq(z, attribute[:, None]).solution[:, 0],
)
DIRECTION.recognise(
    """Neither z nor the attribute is centred, so your lines are forced through 0: subtract the mean of both first.""",
    lambda z, attribute: z.T @ attribute / (attribute @ attribute),
)


@DIRECTION.mistake
def variance_not_centred(z: Tensor, attribute: Tensor) -> Tensor:
    """You divide by the mean square of the attribute, not by its variance: subtract its mean below the fraction
    too."""
    z, _ = _centred(z, attribute)
    return z.T @ attribute / (attribute @ attribute)


@DIRECTION.mistake
def covariance_not_centred(z: Tensor, attribute: Tensor) -> Tensor:
    """Your variance is centred, but not the products above it, so what all codes share is counted as movement:
    subtract the means there too."""
    _, attribute_ = _centred(z, attribute)
    return z.T @ attribute / (attribute_ @ attribute_)


@DIRECTION.mistake
def mixed_counts(z: Tensor, attribute: Tensor) -> Tensor:
    """Your direction is too short by (N - 1) / N: a covariance over N was divided by a variance over N - 1, as
    torch.var gives it. Use the same count for both."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / len(z) / attribute.var()


@DIRECTION.mistake
def mixed_counts_the_other_way(z: Tensor, attribute: Tensor) -> Tensor:
    """Your direction is too long by N / (N - 1): a covariance over N - 1, as torch.cov gives it, was divided by a
    variance over N. Use the same count for both."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / (len(z) - 1) / attribute.var(correction=0)


DIRECTION.recognise(
    """The numbers are right, but the shape is (1, J), as keepdim leaves it: return (J,).""",
    lambda z, attribute: attribute_direction(z, attribute)[None],
)
DIRECTION.recognise(
    """The numbers are right, but the shape is (J, 1): return (J,).""",
    lambda z, attribute: attribute_direction(z, attribute)[:, None],
)
DIRECTION.recognise(
    """You average over the latents as well: a direction has one number for each latent, (J,).""",
    lambda z, attribute: attribute_direction(z, attribute).mean(),
)


@DIRECTION.mistake
def codes_centred_in_place(z: Tensor, attribute: Tensor) -> Tensor:
    """The direction is right, but z -= ... moved the codes of the caller: write z = z - z.mean(0)."""
    z -= z.mean(0)
    return attribute_direction(z, attribute)


@DIRECTION.mistake
def attribute_centred_in_place(z: Tensor, attribute: Tensor) -> Tensor:
    """The direction is right, but attribute -= ... changed the numbers of the caller: write attribute = attribute -
    ..."""
    attribute -= attribute.mean()
    return attribute_direction(z, attribute)


@DIRECTION.mistake
def both_centred_in_place(z: Tensor, attribute: Tensor) -> Tensor:
    """The direction is right, but -= moved the codes and the attribute of the caller: write z = z - z.mean(0)."""
    z -= z.mean(0)
    attribute -= attribute.mean()
    return attribute_direction(z, attribute)


# 5.4

GRID = Exercise(
    number="5.4",
    title="A grid of quantiles",
    task="""Lay a grid of side x side points over the prior of two latents, for a sheet of pictures: grid(side,
    margin=0.02) returns (side * side, 2), read like a page, from the upper left, row by row. The first latent grows
    to the right, the second upwards. Along each axis the points are evenly spaced in probability, from margin to 1 -
    margin.""",
    minutes=8,
    difficulty=2,
    reference=prior_grid,
    probe=_errors_by_type(
        each({"side": 2, "margin": 0.2}, {"side": 4, "margin": 0.1}, {"side": 3}),
    ),
    hints=(
        "One axis first: side shares of probability from margin to 1 - margin, and for each the place below which "
        "that share of N(0, 1) lies.",
        "torch.distributions.Normal(0, 1).icdf turns shares into places. torch.meshgrid makes the pairs: mind its "
        "indexing.",
        "Upwards means that the first row has the largest second latent: across, up = torch.meshgrid(line, -line, "
        "indexing='xy'). Stack them along a last axis, then .view(-1, 2).",
    ),
)


def _line(side: int, margin: float) -> Tensor:
    return torch.distributions.Normal(0, 1).icdf(torch.linspace(margin, 1 - margin, side))


def _sheet(line: Tensor) -> Tensor:
    """The page of points from one axis: what comes after the quantiles."""
    across, up = torch.meshgrid(line, line.flip(0), indexing="xy")
    return torch.stack([across, up], -1).view(-1, 2)


def _page(side: int, margin: float) -> tuple[Tensor, Tensor]:
    return torch.meshgrid(_line(side, margin), -_line(side, margin), indexing="xy")


@GRID.mistake
def second_downwards(side: int, margin: float = 0.02) -> Tensor:
    """Your second latent grows downwards: the first row of a page is its top, so it needs the largest second
    latent."""
    line = _line(side, margin)
    return torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).view(-1, 2)


@GRID.mistake
def latents_swapped(side: int, margin: float = 0.02) -> Tensor:
    """The two latents changed places: along a row the first one has to grow, and yours stays. Stack across, then
    up."""
    across, up = _page(side, margin)
    return torch.stack([up, across], -1).view(-1, 2)


GRID.recognise(
    """Your first latent grows downwards and your second to the right, the order of nested loops and of
    cartesian_prod: along a row the first latent has to grow, and the top row has the largest second.""",
    lambda side, margin=0.02: torch.cartesian_prod(_line(side, margin), _line(side, margin)),
)


@GRID.mistake
def columns_first(side: int, margin: float = 0.02) -> Tensor:
    """These are the right points, read column by column: meshgrid with indexing="ij", or nested loops with the first
    latent outside. Read row by row."""
    line = _line(side, margin)
    return torch.cartesian_prod(line, -line)


GRID.recognise(
    """Your first latent grows to the left: only the second one is turned around.""",
    lambda side, margin=0.02: prior_grid(side, margin) * torch.tensor([-1.0, 1.0]),
)
GRID.recognise(
    """Both your latents run the wrong way: the first grows to the right, the second upwards, so the page begins with
    the smallest first and the largest second.""",
    lambda side, margin=0.02: -prior_grid(side, margin),
)
GRID.recognise(
    """Your shares go from 0 to 1, and 0 and 1 are only reached at infinity: go from margin to 1 - margin.""",
    lambda side, margin=0.02: _sheet(_line(side, 0.0)),
)
GRID.recognise(
    """You leave the margin at the lower end only: the share 1 is reached at infinity, so stop at 1 - margin.""",
    lambda side, margin=0.02: _sheet(torch.distributions.Normal(0, 1).icdf(torch.linspace(margin, 1, side))),
)
GRID.recognise(
    """You leave the margin at the upper end only: the share 0 is reached at minus infinity, so begin at margin.""",
    lambda side, margin=0.02: _sheet(
        torch.distributions.Normal(0, 1).icdf(torch.linspace(0, 1 - margin, side))
    ),
)
GRID.recognise(
    """Your margin is 0.02 whatever is asked: use the argument.""",
    lambda side, margin=0.02: prior_grid(side),
)
GRID.recognise(
    """You split the margin between both ends; it is left out at each of them: from margin to 1 - margin.""",
    lambda side, margin=0.02: prior_grid(side, margin / 2),
)
GRID.recognise(
    """You take the middle of each of `side` equal shares, which is evenly spaced but ignores the margin: the first
    point lies at the share margin, the last at 1 - margin.""",
    lambda side, margin=0.02: prior_grid(side, 0.5 / side),
)


@GRID.mistake
def no_last_point(side: int, margin: float = 0.02) -> Tensor:
    """Your last share falls one step short of 1 - margin: the step is (1 - 2 margin) / (side - 1), and linspace
    includes both ends."""
    shares = margin + (1 - 2 * margin) / side * torch.arange(side)
    return _sheet(torch.distributions.Normal(0, 1).icdf(shares))


@GRID.mistake
def even_places(side: int, margin: float = 0.02) -> Tensor:
    """The ends are right, but between them your points are evenly spaced in z, so most lie where the prior seldom
    draws: space the shares evenly, then take icdf of each."""
    ends = _line(2, margin).tolist()
    return _sheet(torch.linspace(*ends, side))


GRID.recognise(
    """You go from -2 to 2 in even steps of z: make even steps of probability from margin to 1 - margin, and take icdf
    of each.""",
    lambda side, margin=0.02: _sheet(torch.linspace(-2, 2, side)),
)
GRID.recognise(
    """You go from -3 to 3 in even steps of z: make even steps of probability from margin to 1 - margin, and take icdf
    of each.""",
    lambda side, margin=0.02: _sheet(torch.linspace(-3, 3, side)),
)
GRID.recognise(
    """These are shares of probability, between 0 and 1, not places: icdf turns each share into the z below which it
    lies.""",
    lambda side, margin=0.02: _sheet(torch.linspace(margin, 1 - margin, side)),
)
GRID.recognise(
    """You take cdf, which turns places into shares; you have shares and need places: that is its inverse, icdf.""",
    lambda side, margin=0.02: _sheet(
        torch.distributions.Normal(0, 1).cdf(torch.linspace(margin, 1 - margin, side))
    ),
)
GRID.recognise(
    """You turn shares into places by logit, the inverse of sigmoid, whose bell curve is wider than the prior's: take
    icdf of Normal(0, 1).""",
    lambda side, margin=0.02: _sheet(torch.linspace(margin, 1 - margin, side).logit()),
)
GRID.recognise(
    """Your places are too close to 0 by a factor of sqrt(2): icdf(p) is sqrt(2) erfinv(2 p - 1).""",
    lambda side, margin=0.02: prior_grid(side, margin) / math.sqrt(2),
)
GRID.recognise(
    """The points are right, but still a square, (side, side, 2): flatten it to (side * side, 2), row by row.""",
    lambda side, margin=0.02: prior_grid(side, margin).view(side, side, 2),
)
GRID.recognise(
    """The points are right, but as columns, (2, side * side): a point is a row.""",
    lambda side, margin=0.02: prior_grid(side, margin).T,
)
GRID.recognise(
    """You stack the two sheets in front and then view as pairs, so neighbours of one sheet become a point: stack them
    along a last axis, -1, before you flatten.""",
    lambda side, margin=0.02: torch.stack(_page(side, margin)).view(-1, 2),
)


@GRID.mistake
def diagonal_only(side: int, margin: float = 0.02) -> Tensor:
    """You pair each quantile with itself, which is a diagonal of `side` points: a grid has every pair."""
    line = _line(side, margin)
    return torch.stack([line, line], -1)


GRID.recognise(
    """You return two tensors, one for each latent: stack them along a last axis, and flatten to (side * side, 2).""",
    lambda side, margin=0.02: _page(side, margin),
)


# 5.5


class SmallVAE(nn.Module):
    """A VAE of 2 x 3 pixels and two latents with fixed weights; bent, so that pixels and codes go different ways."""

    told = "a small VAE"

    def __init__(self) -> None:
        super().__init__()
        numbers = torch.Generator().manual_seed(5)
        to_mu, to_logvar, out = (torch.randn(shape, generator=numbers) for shape in ((2, 6), (2, 6), (6, 2)))
        self.to_mu, self.to_logvar, self.out = (nn.Parameter(weight) for weight in (to_mu, to_logvar, out))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if x.shape[1:] != (1, 2, 3):
            raise ValueError(f"encode takes images (B, 1, 2, 3) and was given {tuple(x.shape)}")
        h = x.flatten(1)
        return 1.5 * (h @ self.to_mu.T).tanh() + 0.4, (h @ self.to_logvar.T).tanh() - 0.7

    def decode(self, z: Tensor) -> Tensor:
        if z.ndim != 2 or z.shape[1] != 2:
            raise ValueError(f"decode takes codes (B, 2) and was given {tuple(z.shape)}")
        return 3 * (z @ self.out.T).sin().view(-1, 1, 2, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mu, logvar = self.encode(x)
        return self.decode(reparameterize(mu, logvar)), mu, logvar


_IMAGES = torch.tensor(
    [[0.9, 0.2, 0.7, 0.1, 0.6, 0.3], [0.15, 0.8, 0.35, 0.95, 0.05, 0.55], [0.4, 0.65, 0.25, 0.5, 0.85, 0.45]]
)
_IMAGES = _IMAGES.view(3, 1, 2, 3)  # (B, C, H, W)


def _repeatable(*inputs: Mapping[str, object]) -> Probe:
    """What an answer does with each input, after asking whether it does the same twice."""

    def probe(answer: Answer) -> Iterator[Seen]:
        given = in_short(inputs[0])
        calls = [attempt(lambda: answer(*_copies(inputs[0])), given) for _ in range(2)]
        for returned, failed in calls:
            if failed or returned is None:
                yield failed or Seen("the result", "None", given)
                return
        (one, _), (two, _) = calls
        one, two = as_tensor(one), as_tensor(two)
        alike = (
            isinstance(one, str) or isinstance(two, str) or torch.equal(one.nan_to_num(), two.nan_to_num())
        )
        yield Seen("two calls", "give the same" if alike else "differ by chance", given)
        if alike:
            for arguments in inputs:
                yield from look(answer, arguments)

    return _errors_by_type(probe)


def _copies(inputs: Mapping[str, object]) -> list[object]:
    """Each input anew: what an answer does to a model stays without consequence."""
    return [copy.deepcopy(one) if isinstance(one, Tensor | nn.Module) else one for one in inputs.values()]


def walk(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """Images x_hat (T, 1, H, W) along the straight line between the codes of two images (1, H, W)."""
    mu, _ = model.encode(torch.stack([x_start, x_end]))  # (2, J)
    return model.decode(lerp(mu[0], mu[1], t)).sigmoid()


WALK = Exercise(
    number="5.5",
    title="A walk between two images",
    task="""Walk from one image to another through latent space. x_start and x_end are (1, H, W) in [0, 1], t is (T,).
    model.encode takes images (B, 1, H, W) and returns mu and logvar, (B, J); model.decode takes codes (B, J) and
    returns x_logits. Go straight from one mu to the other and return the images x_hat (T, 1, H, W), in [0, 1]. lerp
    is at hand.""",
    minutes=8,
    difficulty=2,
    reference=walk,
    probe=_repeatable(
        {"model": SmallVAE(), "x_start": _IMAGES[0], "x_end": _IMAGES[1], "t": torch.tensor([0.3])},
        {
            "model": SmallVAE(),
            "x_start": _IMAGES[1],
            "x_end": _IMAGES[2],
            "t": torch.tensor([0.2, 0.45, 0.85]),
        },
    ),
    hints=(
        "Three stations: two images become two codes, two codes become T codes, T codes become T images.",
        "encode wants a batch: x_start[None] is (1, 1, H, W), and torch.stack([x_start, x_end]) is (2, 1, H, W). Keep "
        "mu.",
        "lerp(mu[0], mu[1], t) is (T, J): a batch of codes. Decode it, and remember what x_logits lack to be in [0, "
        "1].",
    ),
    shown=(lerp, walk),
)


def _ends(model: nn.Module, x_start: Tensor, x_end: Tensor) -> tuple[Tensor, Tensor]:
    return model.encode(torch.stack([x_start, x_end]))


WALK.recognise(
    """You mix the pixels of the two images, and the model has no say: one fades while the other appears. Encode both,
    mix the codes, decode.""",
    lambda model, x_start, x_end, t: lerp(x_start.flatten(), x_end.flatten(), t).view(-1, *x_start.shape),
)


@WALK.mistake
def pixels_mixed_and_encoded(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You mix the pixels and send each blend through the model: it rebuilds double exposures. Encode the two images
    alone, and mix their codes."""
    blends = lerp(x_start.flatten(), x_end.flatten(), t).view(-1, *x_start.shape)
    return model.decode(model.encode(blends)[0]).sigmoid()


@WALK.mistake
def rebuilt_images_mixed(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You decode the two ends and mix their pixels, so between them both images show at once: mix the codes, then
    decode each mixture."""
    x_hat = model.decode(_ends(model, x_start, x_end)[0]).sigmoid()
    return lerp(x_hat[0].flatten(), x_hat[1].flatten(), t).view(-1, *x_start.shape)


@WALK.mistake
def logits_mixed(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You decode the two ends and mix their x_logits, which is mixing pixels in other units: mix the codes, then
    decode each mixture."""
    x_logits = model.decode(_ends(model, x_start, x_end)[0])
    return lerp(x_logits[0].flatten(), x_logits[1].flatten(), t).view(-1, *x_start.shape).sigmoid()


WALK.recognise(
    """You return x_logits, which may be any number: x_hat is their sigmoid, between 0 and 1.""",
    lambda model, x_start, x_end, t: model.decode(lerp(*_ends(model, x_start, x_end)[0], t)),
)
WALK.recognise(
    """You apply sigmoid twice, so no pixel is below a half: once turns x_logits into x_hat.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, t).sigmoid(),
)
WALK.recognise(
    """You apply sigmoid to the codes before decoding: codes may be any number. It belongs behind the decoder.""",
    lambda model, x_start, x_end, t: model.decode(lerp(*_ends(model, x_start, x_end)[0], t).sigmoid()),
)
WALK.recognise(
    """The sigmoid behind the decoder is right, but you apply one to the codes as well, and these may be any
    number.""",
    lambda model, x_start, x_end, t: model.decode(
        lerp(*_ends(model, x_start, x_end)[0], t).sigmoid()
    ).sigmoid(),
)
WALK.recognise(
    """Two calls give different walks: something in yours is drawn, as reparameterize or model(x) do. Walk between the
    centres, mu.""",
    lambda model, x_start, x_end, t: model.decode(
        lerp(*reparameterize(*_ends(model, x_start, x_end)), t)
    ).sigmoid(),
)
WALK.recognise(
    """You walk from one logvar to the other: they say how wide the regions are, mu says where. encode returns mu
    first.""",
    lambda model, x_start, x_end, t: model.decode(lerp(*_ends(model, x_start, x_end)[1], t)).sigmoid(),
)


@WALK.mistake
def walk_of_std(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You add one std to each mu, which is a corner of the region and not its centre: walk between the mu
    themselves."""
    mu, logvar = _ends(model, x_start, x_end)
    return model.decode(lerp(*(mu + (0.5 * logvar).exp()), t)).sigmoid()


WALK.recognise(
    """You walk from x_end to x_start: at t = 0 the picture should be x_start, rebuilt.""",
    lambda model, x_start, x_end, t: walk(model, x_end, x_start, t),
)
WALK.recognise(
    """You rebuild the two ends and return them: between them one image is wanted for each t.""",
    lambda model, x_start, x_end, t: model.decode(_ends(model, x_start, x_end)[0]).sigmoid(),
)
WALK.recognise(
    """You return x_start, rebuilt, for each t: the walk never leaves. Have you encoded x_end, too?""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_start, t),
)
WALK.recognise(
    """You use only the length of t and make even steps of your own: take the t you were given.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, torch.linspace(0, 1, len(t))),
)
WALK.recognise(
    """This walk takes the arc; here the straight line between the two mu is asked for, lerp.""",
    lambda model, x_start, x_end, t: model.decode(slerp(*_ends(model, x_start, x_end)[0], t)).sigmoid(),
)
WALK.recognise(
    """You round x_hat to black and white, which hides how sure the model is: return the probabilities as they are.""",
    lambda model, x_start, x_end, t: (walk(model, x_start, x_end, t) > 0.5).float(),
)
WALK.recognise(
    """The numbers are right, but the images are flat rows: return (T, 1, H, W), as decode gives them.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, t).flatten(1),
)
WALK.recognise(
    """The numbers are right, but the channel axis is gone, (T, H, W): return (T, 1, H, W), as decode gives them.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, t)[:, 0],
)
WALK.recognise(
    """The images are right, but they come in a list: join them into one tensor, (T, 1, H, W).""",
    lambda model, x_start, x_end, t: list(walk(model, x_start, x_end, t)),
)
WALK.recognise(
    """The numbers are right, but there is one axis too many, as when batches of one image are stacked: join them with
    torch.cat, or decode all codes at once.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, t)[:, None],
)


# 5.6


def add_smile(model: nn.Module, x: Tensor, direction: Tensor, amount: float) -> Tensor:
    """Images x_hat (B, 1, H, W) of x, moved by amount along a direction (J,) in latent space."""
    mu, _ = model.encode(x)  # (B, J)
    return model.decode(mu + amount * direction).sigmoid()


def add_smile_as_given(model, x, direction, amount):
    mu, logvar = model.encode(x)
    step = direction / direction.norm()
    x_logits = model.decode(mu + amount * step)
    return x_logits.sigmoid()


ADD_SMILE = Exercise(
    number="5.6",
    title="Mend this cell: adding a smile",
    task="""The cell should add a smile to images x (B, 1, H, W): take their codes mu, move them so that the smile
    grows by `amount` units, and return x_hat (B, 1, H, W). direction (J,) comes from attribute_direction: how far
    codes move for one unit of smile. It runs, but asked for one unit it gives more or less than that. Find the one
    bug and mend it.""",
    minutes=5,
    difficulty=1,
    reference=add_smile,
    probe=_repeatable(
        {"model": SmallVAE(), "x": _IMAGES[:1], "direction": torch.tensor([0.6, -1.1]), "amount": 0.7},
        {"model": SmallVAE(), "x": _IMAGES, "direction": torch.tensor([0.3, 0.4]), "amount": -1.6},
    ),
    hints=(
        "Read the cell line by line and ask what each line does to a direction of length 3.",
        "The length of the direction is the size of one unit. Which line throws it away?",
        "Move by amount * direction, with the direction as it came.",
    ),
    given=add_smile_as_given,
)
ADD_SMILE.recognise(
    """You decode the direction by itself and add it to the picture, so the smile is laid over the pixels: add it to
    the codes, and decode once.""",
    lambda model, x, direction, amount: (
        model.decode(model.encode(x)[0]).sigmoid() + amount * model.decode(direction[None]).sigmoid()
    ),
)
ADD_SMILE.recognise(
    """You decode the direction by itself and add its x_logits, so the smile is laid over the pixels: add it to the
    codes, and decode once.""",
    lambda model, x, direction, amount: (
        model.decode(model.encode(x)[0]) + amount * model.decode(direction[None])
    ).sigmoid(),
)
ADD_SMILE.recognise(
    """Two calls give different faces: something is drawn, so more than the smile changes. Move the centre, mu.""",
    lambda model, x, direction, amount: model.decode(
        reparameterize(*model.encode(x)) + amount * direction
    ).sigmoid(),
)
ADD_SMILE.recognise(
    """amount multiplies mu as well, so at an amount of 0 every face is the same: only the direction is multiplied.""",
    lambda model, x, direction, amount: model.decode(amount * (model.encode(x)[0] + direction)).sigmoid(),
)
ADD_SMILE.recognise(
    """amount multiplies mu instead of the direction: the faces are exaggerated, and the smile added is always one
    unit.""",
    lambda model, x, direction, amount: model.decode(amount * model.encode(x)[0] + direction).sigmoid(),
)
ADD_SMILE.recognise(
    """You always add one unit, whatever amount says: multiply the direction by it.""",
    lambda model, x, direction, amount: model.decode(model.encode(x)[0] + direction).sigmoid(),
)
ADD_SMILE.recognise(
    """You subtract the direction, so an amount of 1 takes a smile away: add it.""",
    lambda model, x, direction, amount: add_smile(model, x, direction, -amount),
)
ADD_SMILE.recognise(
    """You divide by the squared length now, which turns long directions into short ones: divide by nothing.""",
    lambda model, x, direction, amount: add_smile(model, x, direction / (direction @ direction), amount),
)
ADD_SMILE.recognise(
    """You multiply by the direction's length now, so it counts twice: it is in the direction already.""",
    lambda model, x, direction, amount: add_smile(model, x, direction * direction.norm(), amount),
)
ADD_SMILE.recognise(
    """You divide by amount where it multiplies: twice the amount is twice the step.""",
    lambda model, x, direction, amount: add_smile(model, x, direction, 1 / amount),
)
ADD_SMILE.recognise(
    """You add amount to every latent instead of multiplying the direction by it: the step is amount * direction.""",
    lambda model, x, direction, amount: model.decode(model.encode(x)[0] + direction + amount).sigmoid(),
)
ADD_SMILE.recognise(
    """mu is gone, so all faces become one and the same: move from mu by amount * direction.""",
    lambda model, x, direction, amount: model.decode((amount * direction).expand(len(x), -1)).sigmoid(),
)
ADD_SMILE.recognise(
    """You move logvar, which says how wide a region is: mu says where, and encode returns it first.""",
    lambda model, x, direction, amount: model.decode(model.encode(x)[1] + amount * direction).sigmoid(),
)


@ADD_SMILE.mistake
def moved_by_std(model: nn.Module, x: Tensor, direction: Tensor, amount: float) -> Tensor:
    """You scale the direction by each image's std, so a sure code moves less: one unit of smile is the same step for
    all."""
    mu, logvar = model.encode(x)
    return model.decode(mu + amount * direction * (0.5 * logvar).exp()).sigmoid()


ADD_SMILE.recognise(
    """The codes are right, but you return x_logits: x_hat is their sigmoid.""",
    lambda model, x, direction, amount: model.decode(model.encode(x)[0] + amount * direction),
)
ADD_SMILE.recognise(
    """You rebuild the images and add nothing: move mu by amount * direction before decoding.""",
    lambda model, x, direction, amount: add_smile(model, x, direction, 0.0),
)


@ADD_SMILE.mistake
def mean_face(model: nn.Module, x: Tensor, direction: Tensor, amount: float) -> Tensor:
    """You average the codes over the batch, so one face comes out for all: every image keeps its own mu."""
    mu = model.encode(x)[0]
    return model.decode(mu.mean(0).expand_as(mu) + amount * direction).sigmoid()


ADD_SMILE.recognise(
    """You move only the first image of the batch: return one picture for each, (B, 1, H, W).""",
    lambda model, x, direction, amount: add_smile(model, x[:1], direction, amount),
)


@ADD_SMILE.mistake
def direction_scaled_in_place(model: nn.Module, x: Tensor, direction: Tensor, amount: float) -> Tensor:
    """The pictures of this call are right, but direction *= amount changed the direction of the caller, and the next
    call starts from there: write amount * direction."""
    direction *= amount
    return add_smile(model, x, direction, 1.0)


EXERCISES = (LERP, SLERP, DIRECTION, GRID, WALK, ADD_SMILE)

PREDICTIONS = (
    Prediction(
        key="5-slerp",
        question="At the middle of the way, whose pictures will the judge take for digits more often?",
        right=1,
        because="""Codes of many latents lie on a shell around 0, and the straight line cuts through its inside; the
        arc stays on it. Yet the straight line's middles lie nearer to real images: a distance in pixels
        favours soft pictures.""",
    ),
    Prediction(
        key="5-gain",
        question="You ask for 20 degrees more slant along the attribute direction. What will be measured?",
        right=0,
        because="""The decoder sees only the code, and digits of other slants share that code. It draws the best guess,
        and the best guess of the slant moves by R^2 degrees per degree asked; the instrument loses a little
        more.""",
    ),
)
