"""Moving about in latent space: single latents, grids, random walks, and directions that mean something."""

import math

import torch
from torch import Tensor


def traverse(z: Tensor, latent: int, values: Tensor) -> Tensor:
    """Copies of one point z (J,) that differ in one latent only: values (T,) -> points (T, J)."""
    points = z.repeat(len(values), 1)  # (T, J)
    points[:, latent] = values
    return points


def prior_grid(side: int, margin: float = 0.02) -> Tensor:
    """A side x side sheet of points in two latents, evenly spaced in the prior's probability, read row by row.

    The first latent grows to the right, the second upwards; margin is the probability left out at each end.
    Returns (side * side, 2).
    """
    line = torch.distributions.Normal(0, 1).icdf(torch.linspace(margin, 1 - margin, side))  # (side,)
    across, up = torch.meshgrid(line, -line, indexing="xy")  # (side, side) each
    return torch.stack([across, up], -1).view(-1, 2)


def random_walk(start: Tensor, steps: int, stride: float = 0.3) -> Tensor:
    """A walk that never leaves the prior: if start is a draw from N(0, I), so is every point.

    start (J,), stride in [0, 1]: 0 stands still, 1 forgets everything at once. Returns (steps, J), start first.
    """
    points = [start]
    for _ in range(steps - 1):
        points.append(math.sqrt(1 - stride**2) * points[-1] + stride * torch.randn_like(start))
    return torch.stack(points)


def attribute_direction(z: Tensor, attribute: Tensor) -> Tensor:
    """The direction (J,) in which codes move on average when the attribute grows by one unit.

    z (N, J) codes and attribute (N,), a number known for each: one least-squares line per latent. For an
    attribute that is 0 or 1 this is the mean of the ones minus the mean of the zeros; one that never changes
    gives NaN.
    """
    attribute = attribute.to(z.dtype)
    z, attribute = z - z.mean(0), attribute - attribute.mean()  # centred
    return z.T @ attribute / (attribute @ attribute)  # (J,)


def analogy(minus: Tensor, plus: Tensor, to: Tensor) -> Tensor:
    """plus - minus + to, all (J,) or (N, J): what made `minus` into `plus`, done to another point."""
    return plus - minus + to
