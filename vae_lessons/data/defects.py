"""Defects drawn onto faces, with masks that say where: a factory line whose faults are known."""

import math

import torch
from torch import Tensor

from vae_lessons.data.images import check_images

KINDS = ("missing eye", "mole", "third eye", "scratch")
_Y, _X = torch.meshgrid(
    torch.arange(28) + 0.5, torch.arange(28) + 0.5, indexing="ij"
)  # px, of each pixel's middle
_SEEN = 0.02  # a pixel belongs to the mask if its grey level changes by more


def damage(faces: Tensor, kind: str, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Drawn faces with one defect each: images (N, 1, 28, 28) uint8, and masks (N, 1, 28, 28) of the changed pixels.

    kind: "missing eye" (left or right, painted over with skin), "mole" (a black dot anywhere on the face), "third eye"
    (on the forehead), "scratch" (a thin black line of 8 px across the face). Place and direction come from the seed;
    the first m of n do not depend on n. Raises ValueError for another kind or other images.

    >>> faces, _ = draw(60)
    >>> damaged, mask = damage(faces, "mole")
    """
    if kind not in KINDS:
        raise ValueError(f"there is no defect {kind!r}: choose one of {', '.join(KINDS)}.")
    check_images(faces, grey=True)
    if faces.shape[2:] != (28, 28):
        raise ValueError(
            f"defects are drawn on faces (N, 1, 28, 28), but these have the shape {tuple(faces.shape)}."
        )
    x = faces[:, 0] / 255 if faces.dtype == torch.uint8 else faces[:, 0].float()  # (N, 28, 28)
    chance = torch.rand(len(x), 4, generator=torch.Generator().manual_seed(seed))[
        :, :, None, None
    ]  # (N, 4, 1, 1)
    skin = x[:, 5:9, 13:15].mean((1, 2))[:, None, None]  # (N, 1, 1) the forehead between the brows
    distance, grey = _shape(kind, *chance.unbind(1)), skin if kind == "missing eye" else 1.0
    cover = (0.5 - distance).clamp(0, 1)  # (N, 28, 28) edges one pixel soft
    damaged = x + cover * (grey - x)
    mask = (damaged - x).abs() > _SEEN
    return (255 * damaged).round().to(torch.uint8)[:, None], mask[:, None]


def _shape(kind: str, *chance: Tensor) -> Tensor:
    """How far each pixel is outside the defect, in px: (N, 28, 28)."""
    a, b, c, _ = chance  # (N, 1, 1) each, from 0 to 1
    if kind == "missing eye":
        return _disc(14 + 4.7 * torch.sign(a - 0.5), 13.2, 2.6)
    if kind == "mole":
        return _disc(10 + 8 * a, 9 + 14 * b, 1.2)
    if kind == "third eye":
        return _disc(14 + 0 * a, 8.5, 1.5)
    across, down = torch.cos(math.pi * c), torch.sin(math.pi * c)
    right, below = _X - (8 + 12 * a), _Y - (8 + 14 * b)
    along = (right * across + below * down).clamp(-4, 4)
    return ((right - along * across) ** 2 + (below - along * down) ** 2).sqrt() - 0.4


def _disc(x: Tensor, y: Tensor | float, radius: float) -> Tensor:
    return ((_X - x) ** 2 + (_Y - y) ** 2).sqrt() - radius
