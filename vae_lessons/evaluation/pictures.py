"""Measurements of single pictures: slant, thickness, sharpness, and the nearest training image."""

import torch
from torch import Tensor

from vae_lessons.data.images import check_images, to_unit


def measured_slant(images: Tensor) -> Tensor:
    """How far each picture's ink leans to the right, in degrees (N,), from its second moments.

    images: (N, 1, H, W) uint8 or float in [0, 1], with some ink. It reads lean, whether the pen slanted or the
    paper turned, plus an offset of the digit's own: compare pictures of one digit.
    """
    ink, down, right = _moments(images)
    covariance = (ink * down * right).sum((1, 2))  # (N,)
    return -torch.rad2deg(torch.atan2(covariance, (ink * down**2).sum((1, 2))))


def measured_thickness(images: Tensor) -> Tensor:
    """Width of the pen in pixels (N,): a stroke of length l and width w has an area of l w and an edge of 2 l.

    images: (N, 1, H, W) uint8 or float in [0, 1], with some ink.
    """
    check_images(images, grey=True)
    x = to_unit(images)
    edge = _steps(x).flatten(1).sum(1)  # (N,)
    return 2 * x.flatten(1).sum(1) / edge


def sharpness(images: Tensor) -> Tensor:
    """Average height of the brightness steps at edges (N,), weighted by that height: about 1 for hard edges.

    Softer edges have less, however many there are. images: (N, 1, H, W) uint8 or float in [0, 1], with some ink.
    """
    check_images(images, grey=True)
    steps = _steps(to_unit(images)).flatten(1)  # (N, places)
    return (steps**2).sum(1) / steps.sum(1)


def _steps(x: Tensor) -> Tensor:
    """The length of the brightness gradient at each place, (N, H - 1, W - 1)."""
    down = x[:, 0, 1:, :-1] - x[:, 0, :-1, :-1]
    right = x[:, 0, :-1, 1:] - x[:, 0, :-1, :-1]
    return (down**2 + right**2).sqrt()


def _moments(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The ink (N, H, W), and how far each row (N, H, 1) and column (N, 1, W) lies from its centre."""
    check_images(images, grey=True)
    ink = to_unit(images)[:, 0]  # (N, H, W)
    rows, columns = (torch.arange(size, dtype=ink.dtype, device=ink.device) for size in ink.shape[1:])
    total = ink.sum((1, 2), keepdim=True)  # (N, 1, 1)
    down, right = rows[:, None], columns[None, :]
    return (
        ink,
        down - (ink * down).sum((1, 2), keepdim=True) / total,
        right - (ink * right).sum((1, 2), keepdim=True) / total,
    )


@torch.no_grad()
def nearest_distance(images: Tensor, training_images: Tensor, batch_size: int = 500) -> tuple[Tensor, Tensor]:
    """Euclidean distance in pixel space from each image to the nearest training image, and that one's index.

    images: (N, C, H, W), training_images: (M, C, H, W), uint8 or float in [0, 1].
    Returns distance (N,) and index (N,). A black pixel turned white is a distance of 1.
    """
    check_images(images)
    check_images(training_images)
    known = to_unit(training_images).flatten(1)  # (M, D)
    distances = [torch.cdist(to_unit(batch).flatten(1), known).min(1) for batch in images.split(batch_size)]
    return torch.cat([d.values for d in distances]), torch.cat([d.indices for d in distances])
