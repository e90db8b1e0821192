"""Cartoon faces, drawn: a second image set with known factors, all in one pose, and an instrument for the smile.

Eyes and mouth are in the same place in every picture, so that two faces differ by their factors and nothing else.
A face is a stack of simple shapes, each given by its signed distance: how far a pixel is outside, in px.
"""

import numpy as np
import torch
from torch import Tensor

RANGES = {  # factor: lowest and highest value
    "smile": (-1, 1),
    "mouth_opening": (0, 1),
    "glasses": (0, 1),
    "hair_length": (0, 1),
    "face_width": (16.5, 21.5),
    "skin": (0.05, 0.55),
    "brow": (-1, 1),
}
_CHUNK = 64  # faces drawn at once: few enough for the processor's cache
_HAIR = 0.7  # grey level
_OUTLINE = 0.9  # grey level, and also the width in px
_MOUTH = 20.8  # px from the top to the middle of the mouth


def draw(n: int, seed: int = 0) -> tuple[Tensor, dict[str, Tensor]]:
    """Draw n faces: images (n, 1, 28, 28) uint8, 0 paper to 255 ink, and factors, a dict of (n,) float32 tensors.

    Every factor is uniform over its range and independent of the others. smile: how far the corners of the mouth
    are above its middle, -1 (sad, 4 px below) to 1 (laughing, 4 px above). mouth_opening: 0 (closed) to 1 (4.4 px).
    glasses: 0 (none) to 1 (black frames 1.8 px thick). hair_length: 0 (cropped) to 1 (down to the chin).
    face_width: 16.5 to 21.5 px. skin: grey level of the face, 0.05 to 0.55. brow: tilt, -1 (worried) to 1 (cross).
    The first m of n faces do not depend on n. Raises ValueError unless n and seed are whole numbers >= 0.

    >>> images, factors = draw(60, seed=1)
    >>> images.shape, factors["smile"].shape
    (torch.Size([60, 1, 28, 28]), torch.Size([60]))
    """
    for name, value in (("n", n), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
            raise ValueError(
                f"faces.draw: {name} must be a whole number >= 0, but is {value!r}.\n"
                "For example, draw(60, seed=0) draws sixty faces."
            )
    factors = _chance(int(n), int(seed))
    images = np.empty((n, 28, 28), np.uint8)
    for start in range(0, n, _CHUNK):
        some = slice(start, start + _CHUNK)
        left = _left_half({name: values[some] for name, values in factors.items()})
        images[some, :, :14] = np.rint(255 * left).transpose(2, 0, 1)
    images[:, :, 14:] = images[:, :, 13::-1]
    factors = {name: torch.from_numpy(values) for name, values in factors.items()}
    return torch.from_numpy(images)[:, None], factors


def measured_smile(images: Tensor) -> Tensor:
    """Read the smile off pictures (N, 1, 28, 28), uint8 or float in [0, 1], drawn or decoded: (N,) float32.

    The mean height of the mouth's ink at its two ends, less that in its middle. Ink is what is darker than the
    forehead. Made to read about the factor smile; smooth, and never beyond 2.7 in size. Raises ValueError for
    another shape.

    >>> images, factors = draw(4_000)
    >>> (measured_smile(images) - factors["smile"]).abs().mean() < 0.05
    tensor(True)
    """
    if images.ndim != 4 or images.shape[1:] != (1, 28, 28):
        raise ValueError(
            f"measured_smile reads images (N, 1, 28, 28), but these have the shape {tuple(images.shape)}.\n"
            "For one image, try images.view(1, 1, 28, 28)."
        )
    x = images[:, 0] / 255 if images.dtype == torch.uint8 else images[:, 0].float()  # (N, 28, 28)
    forehead = x[:, 5:10, 13:15].mean((1, 2))  # (N,) between the brows, where nothing covers the skin
    ink = (x - forehead[:, None, None]).clamp(min=0)  # (N, 28, 28)
    ends = ink[:, 18:24, [8, 9, 18, 19]]  # (N, 6, 4) below the glasses, above the chin
    middle = ink[:, 16:26, 13:15]  # (N, 10, 2) below the bridge of the glasses, above the chin
    # The slope is that of the factor on this difference, by least squares on 20,000 drawn faces; the offset was 0.
    return 0.376 * (_mean_row(middle) - _mean_row(ends))


def _mean_row(ink):
    """(N, H, W) -> (N,): px that the ink lies below the middle of H rows; towards 0 where there is hardly any."""
    mass = ink.sum(2)  # (N, H)
    rows = torch.arange(mass.shape[1], device=ink.device) - (mass.shape[1] - 1) / 2
    return (mass * rows).sum(1) / (mass.sum(1) + 0.1)


def _chance(n, seed):
    """All factors: one stream of random numbers each, so that more images never change the first ones."""
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(len(RANGES))]
    return {
        name: np.float32(low) + np.float32(high - low) * stream.random(n, np.float32)
        for (name, (low, high)), stream in zip(RANGES.items(), streams, strict=True)
    }


def _left_half(f):
    """Columns 0 to 13 of B faces, (28, 14, B) in [0, 1]: images last, for long inner loops."""
    x = np.arange(14, dtype=np.float32)[:, None] - np.float32(13.5)  # (14, 1) px from the middle
    y = np.arange(28, dtype=np.float32)[:, None, None] + np.float32(0.5)  # (28, 1, 1) px from the top
    picture = np.zeros((28, 14, len(f["smile"])), np.float32)

    volume, half_width = 0.6 + 2.1 * f["hair_length"], f["face_width"] / 2
    head = _box(x, y - 15.2, half_width, 12, corner=7.5)
    hair = _box(x, y - 15.2, half_width + volume, 12.2 + volume, corner=9.5)
    _lay(picture, np.maximum(hair, y - (6 + 19.5 * f["hair_length"])), _HAIR)
    skull = np.minimum(head, _disc(x + half_width + 0.3, y - 14, 1.9))  # with ears
    _lay(picture, skull, _OUTLINE)
    _lay(picture, skull + _OUTLINE, f["skin"])
    hairline = 3.6 + 0.7 * f["hair_length"] + 0.01 * x * x
    _lay(picture, np.maximum(head, y - hairline), _HAIR)

    _lay(picture, _disc(x + 4.7, y - 13.2, 2.4), 0)
    _lay(picture, _disc(x + 4.5, y - 13.4, 1.5), 1)
    along = np.clip(x + 5.1, -2.6, 2.6)  # the brow's nearest point, outer to inner end
    tilt = 0.55 * f["brow"]
    _lay(picture, _length(x + 5.1 - along, (y - 7.2 - tilt * along) / _length(1, tilt)) - 1, 1)

    thin = 0.3 + 0.6 * f["glasses"]  # half the frame's width
    rim = np.abs(_disc(x + 4.7, y - 13.2, 3.8)) - thin
    bridge = np.maximum(np.abs(y - 12.6) - thin, -1 - x)
    _lay(picture, np.minimum(rim, bridge), 1, opacity=np.minimum(1.5 * f["glasses"], 1))

    along = np.clip(x, -6, 6)
    lips = _MOUTH + f["smile"] * (2 - along**2 / 9)  # a parabola, 4 px from its ends to its middle
    steep = f["smile"] * along * (2 / 9)
    above = np.abs(y - lips) / _length(1, steep) - 2.2 * f["mouth_opening"] * (1 - along**2 / 36)
    _lay(picture, _length(x - along, np.maximum(above, 0)) + np.minimum(above, 0) - 0.8, 1)
    return picture


def _lay(picture, distance, grey, opacity=1):
    """Lay a shape of one grey level over the pictures, its edge one pixel soft."""
    picture += opacity * np.clip(0.5 - distance, 0, 1) * (grey - picture)


def _box(x, y, half_width, half_height, corner):
    """Distance from a box with round corners."""
    right, down = np.abs(x) - (half_width - corner), np.abs(y) - (half_height - corner)
    inside = np.minimum(np.maximum(right, down), 0)
    return _length(np.maximum(right, 0), np.maximum(down, 0)) + inside - corner


def _disc(x, y, radius):
    return _length(x, y) - radius


def _length(x, y):
    return np.sqrt(x * x + y * y)  # np.hypot is slower
