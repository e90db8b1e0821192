"""Exercise 5.4: a grid of quantiles of the prior."""

import math

import torch
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.exercises.lesson_05.inputs import _errors_by_type
from vae_lessons.latent_space import prior_grid

EXERCISE = Exercise(
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


@EXERCISE.mistake
def second_downwards(side: int, margin: float = 0.02) -> Tensor:
    """Your second latent grows downwards: the first row of a page is its top, so it needs the largest second
    latent."""
    line = _line(side, margin)
    return torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).view(-1, 2)


@EXERCISE.mistake
def latents_swapped(side: int, margin: float = 0.02) -> Tensor:
    """The two latents changed places: along a row the first one has to grow, and yours stays. Stack across, then
    up."""
    across, up = _page(side, margin)
    return torch.stack([up, across], -1).view(-1, 2)


EXERCISE.recognise(
    """Your first latent grows downwards and your second to the right, the order of nested loops and of
    cartesian_prod: along a row the first latent has to grow, and the top row has the largest second.""",
    lambda side, margin=0.02: torch.cartesian_prod(_line(side, margin), _line(side, margin)),
)


@EXERCISE.mistake
def columns_first(side: int, margin: float = 0.02) -> Tensor:
    """These are the right points, read column by column: meshgrid with indexing="ij", or nested loops with the first
    latent outside. Read row by row."""
    line = _line(side, margin)
    return torch.cartesian_prod(line, -line)


EXERCISE.recognise(
    """Your first latent grows to the left: only the second one is turned around.""",
    lambda side, margin=0.02: prior_grid(side, margin) * torch.tensor([-1.0, 1.0]),
)


EXERCISE.recognise(
    """Both your latents run the wrong way: the first grows to the right, the second upwards, so the page begins with
    the smallest first and the largest second.""",
    lambda side, margin=0.02: -prior_grid(side, margin),
)


EXERCISE.recognise(
    """Your shares go from 0 to 1, and 0 and 1 are only reached at infinity: go from margin to 1 - margin.""",
    lambda side, margin=0.02: _sheet(_line(side, 0.0)),
)


EXERCISE.recognise(
    """You leave the margin at the lower end only: the share 1 is reached at infinity, so stop at 1 - margin.""",
    lambda side, margin=0.02: _sheet(torch.distributions.Normal(0, 1).icdf(torch.linspace(margin, 1, side))),
)


EXERCISE.recognise(
    """You leave the margin at the upper end only: the share 0 is reached at minus infinity, so begin at margin.""",
    lambda side, margin=0.02: _sheet(
        torch.distributions.Normal(0, 1).icdf(torch.linspace(0, 1 - margin, side))
    ),
)


EXERCISE.recognise(
    """Your margin is 0.02 whatever is asked: use the argument.""",
    lambda side, margin=0.02: prior_grid(side),
)


EXERCISE.recognise(
    """You split the margin between both ends; it is left out at each of them: from margin to 1 - margin.""",
    lambda side, margin=0.02: prior_grid(side, margin / 2),
)


EXERCISE.recognise(
    """You take the middle of each of `side` equal shares, which is evenly spaced but ignores the margin: the first
    point lies at the share margin, the last at 1 - margin.""",
    lambda side, margin=0.02: prior_grid(side, 0.5 / side),
)


@EXERCISE.mistake
def no_last_point(side: int, margin: float = 0.02) -> Tensor:
    """Your last share falls one step short of 1 - margin: the step is (1 - 2 margin) / (side - 1), and linspace
    includes both ends."""
    shares = margin + (1 - 2 * margin) / side * torch.arange(side)
    return _sheet(torch.distributions.Normal(0, 1).icdf(shares))


@EXERCISE.mistake
def even_places(side: int, margin: float = 0.02) -> Tensor:
    """The ends are right, but between them your points are evenly spaced in z, so most lie where the prior seldom
    draws: space the shares evenly, then take icdf of each."""
    ends = _line(2, margin).tolist()
    return _sheet(torch.linspace(*ends, side))


EXERCISE.recognise(
    """You go from -2 to 2 in even steps of z: make even steps of probability from margin to 1 - margin, and take icdf
    of each.""",
    lambda side, margin=0.02: _sheet(torch.linspace(-2, 2, side)),
)


EXERCISE.recognise(
    """You go from -3 to 3 in even steps of z: make even steps of probability from margin to 1 - margin, and take icdf
    of each.""",
    lambda side, margin=0.02: _sheet(torch.linspace(-3, 3, side)),
)


EXERCISE.recognise(
    """These are shares of probability, between 0 and 1, not places: icdf turns each share into the z below which it
    lies.""",
    lambda side, margin=0.02: _sheet(torch.linspace(margin, 1 - margin, side)),
)


EXERCISE.recognise(
    """You take cdf, which turns places into shares; you have shares and need places: that is its inverse, icdf.""",
    lambda side, margin=0.02: _sheet(
        torch.distributions.Normal(0, 1).cdf(torch.linspace(margin, 1 - margin, side))
    ),
)


EXERCISE.recognise(
    """You turn shares into places by logit, the inverse of sigmoid, whose bell curve is wider than the prior's: take
    icdf of Normal(0, 1).""",
    lambda side, margin=0.02: _sheet(torch.linspace(margin, 1 - margin, side).logit()),
)


EXERCISE.recognise(
    """Your places are too close to 0 by a factor of sqrt(2): icdf(p) is sqrt(2) erfinv(2 p - 1).""",
    lambda side, margin=0.02: prior_grid(side, margin) / math.sqrt(2),
)


EXERCISE.recognise(
    """The points are right, but still a square, (side, side, 2): flatten it to (side * side, 2), row by row.""",
    lambda side, margin=0.02: prior_grid(side, margin).view(side, side, 2),
)


EXERCISE.recognise(
    """The points are right, but as columns, (2, side * side): a point is a row.""",
    lambda side, margin=0.02: prior_grid(side, margin).T,
)


EXERCISE.recognise(
    """You stack the two sheets in front and then view as pairs, so neighbours of one sheet become a point: stack them
    along a last axis, -1, before you flatten.""",
    lambda side, margin=0.02: torch.stack(_page(side, margin)).view(-1, 2),
)


@EXERCISE.mistake
def diagonal_only(side: int, margin: float = 0.02) -> Tensor:
    """You pair each quantile with itself, which is a diagonal of `side` points: a grid has every pair."""
    line = _line(side, margin)
    return torch.stack([line, line], -1)


EXERCISE.recognise(
    """You return two tensors, one for each latent: stack them along a last axis, and flatten to (side * side, 2).""",
    lambda side, margin=0.02: _page(side, margin),
)
