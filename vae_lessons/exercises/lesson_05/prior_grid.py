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
        "One axis first: take `side` evenly spaced probabilities from margin to 1 - margin, and for each the quantile "
        "of N(0, 1).",
        "torch.distributions.Normal(0, 1).icdf turns probabilities into quantiles. torch.meshgrid makes the pairs: "
        "mind its indexing.",
        "The top row needs the largest second latent, and the pairs belong on a last axis before you flatten. Test "
        "yourself: the first point has the smallest first and the largest second latent, and the next one differs "
        "only in its first.",
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
    """Your second latent grows downwards, but the first row of a page is its top."""
    line = _line(side, margin)
    return torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).view(-1, 2)


@EXERCISE.mistake
def latents_swapped(side: int, margin: float = 0.02) -> Tensor:
    """The two latents are swapped: along a row the first one should grow, and yours stays constant."""
    across, up = _page(side, margin)
    return torch.stack([up, across], -1).view(-1, 2)


EXERCISE.recognise(
    """Your first latent grows downwards and your second to the right, the order of nested loops and of cartesian_prod;
    along a row the first latent should grow.""",
    lambda side, margin=0.02: torch.cartesian_prod(_line(side, margin), _line(side, margin)),
)


@EXERCISE.mistake
def columns_first(side: int, margin: float = 0.02) -> Tensor:
    """These are the right points, but column by column: meshgrid with indexing="ij", or nested loops with the first
    latent outside."""
    line = _line(side, margin)
    return torch.cartesian_prod(line, -line)


EXERCISE.recognise(
    """Your first latent grows to the left.""",
    lambda side, margin=0.02: prior_grid(side, margin) * torch.tensor([-1.0, 1.0]),
)


EXERCISE.recognise(
    """Both latents run the wrong way: the page should begin with the smallest first and the largest second latent.""",
    lambda side, margin=0.02: -prior_grid(side, margin),
)


EXERCISE.recognise(
    """Your probabilities go from 0 to 1, whose quantiles are infinite.""",
    lambda side, margin=0.02: _sheet(_line(side, 0.0)),
)


EXERCISE.recognise(
    """You leave the margin at the lower end only, and the quantile of 1 is infinite.""",
    lambda side, margin=0.02: _sheet(torch.distributions.Normal(0, 1).icdf(torch.linspace(margin, 1, side))),
)


EXERCISE.recognise(
    """You leave the margin at the upper end only, and the quantile of 0 is minus infinity.""",
    lambda side, margin=0.02: _sheet(
        torch.distributions.Normal(0, 1).icdf(torch.linspace(0, 1 - margin, side))
    ),
)


EXERCISE.recognise(
    """Your margin is 0.02, whatever the argument is.""",
    lambda side, margin=0.02: prior_grid(side),
)


EXERCISE.recognise(
    """You split the margin between the two ends, but each end has the whole margin.""",
    lambda side, margin=0.02: prior_grid(side, margin / 2),
)


EXERCISE.recognise(
    """You take the middle of each of `side` equal intervals, which are evenly spaced but ignore the margin.""",
    lambda side, margin=0.02: prior_grid(side, 0.5 / side),
)


@EXERCISE.mistake
def no_last_point(side: int, margin: float = 0.02) -> Tensor:
    """Your last probability is one step short of 1 - margin: between `side` points there are side - 1 steps."""
    shares = margin + (1 - 2 * margin) / side * torch.arange(side)
    return _sheet(torch.distributions.Normal(0, 1).icdf(shares))


@EXERCISE.mistake
def even_places(side: int, margin: float = 0.02) -> Tensor:
    """The ends are right, but between them your points are evenly spaced in z instead of in probability, so most lie
    where the prior has little mass."""
    ends = _line(2, margin).tolist()
    return _sheet(torch.linspace(*ends, side))


EXERCISE.recognise(
    """You go from -2 to 2 in even steps of z: the margin is not used, and the steps are not even in probability.""",
    lambda side, margin=0.02: _sheet(torch.linspace(-2, 2, side)),
)


EXERCISE.recognise(
    """You go from -3 to 3 in even steps of z: the margin is not used, and the steps are not even in probability.""",
    lambda side, margin=0.02: _sheet(torch.linspace(-3, 3, side)),
)


EXERCISE.recognise(
    """These are probabilities, between 0 and 1, not yet quantiles: icdf turns one into the other.""",
    lambda side, margin=0.02: _sheet(torch.linspace(margin, 1 - margin, side)),
)


EXERCISE.recognise(
    """You take cdf, which turns quantiles into probabilities; you need its inverse, icdf.""",
    lambda side, margin=0.02: _sheet(
        torch.distributions.Normal(0, 1).cdf(torch.linspace(margin, 1 - margin, side))
    ),
)


EXERCISE.recognise(
    """You turn probabilities into quantiles by logit, the inverse of sigmoid. Its distribution, the logistic one, is
    wider than the prior's Gaussian.""",
    lambda side, margin=0.02: _sheet(torch.linspace(margin, 1 - margin, side).logit()),
)


EXERCISE.recognise(
    """Your points are too close to 0 by a factor of sqrt(2): icdf(p) is sqrt(2) erfinv(2 p - 1).""",
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
    """You stack the two grids along the first axis and then view them as pairs, so neighbours in one grid become a
    point: stack them along a last axis, -1, before you flatten.""",
    lambda side, margin=0.02: torch.stack(_page(side, margin)).view(-1, 2),
)


@EXERCISE.mistake
def diagonal_only(side: int, margin: float = 0.02) -> Tensor:
    """You pair each quantile with itself, which gives a diagonal of `side` points; a grid has every pair."""
    line = _line(side, margin)
    return torch.stack([line, line], -1)


EXERCISE.recognise(
    """You return two tensors, one for each latent: stack them along a last axis, and flatten to (side * side, 2).""",
    lambda side, margin=0.02: _page(side, margin),
)


EXERCISE.recognise(
    """Your points are close to the quantiles of N(0, 1), but those of a logistic distribution that was scaled to look
    like it. torch.special.ndtri, or icdf of torch's Normal, gives them exactly.""",
    *(
        lambda side, margin=0.02, scale=scale: _sheet(
            torch.linspace(margin, 1 - margin, side).logit() / scale
        )
        for scale in (1.702, 1.7, 1.6, 1.5976, math.pi / math.sqrt(3))
    ),
)
