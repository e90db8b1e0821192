"""Paths between two points of latent space: the straight line and the arc."""

import torch
from torch import Tensor


def lerp(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """The straight line: start, end (J,), t (T,) in [0, 1] -> points (T, J)."""
    t = t[:, None]  # (T, 1)
    return (1 - t) * start + t * end


def slerp(start: Tensor, end: Tensor, t: Tensor) -> Tensor:
    """The arc around 0, along which the length changes evenly from that of start to that of end.

    start, end (J,), t (T,) in [0, 1] -> points (T, J). For ends in one direction (or opposite ones, between
    which no arc is shortest) this is the straight line. Source: Shoemake 1985; White 2016.
    """
    lengths = start.norm(), end.norm()
    cosine = (start @ end / (lengths[0] * lengths[1])).clamp(-1, 1)
    angle = torch.arccos(cosine)
    if not torch.sin(angle) > 1e-2:  # also when an end is 0 and has no direction
        return lerp(start, end, t)
    t = t[:, None]  # (T, 1)
    direction = torch.sin((1 - t) * angle) * start / lengths[0] + torch.sin(t * angle) * end / lengths[1]
    return ((1 - t) * lengths[0] + t * lengths[1]) * direction / torch.sin(angle)  # (T, J)
