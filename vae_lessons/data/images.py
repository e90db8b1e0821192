"""Images and conditions as tensors: checks that say how to fix the input, conversion to [0, 1], binarisation."""

import math
import warnings

import torch
from torch import Tensor

_ROUNDING = 1e-3  # how far floats may be outside of [0, 1]
_FULL_SCALES = (1, 255, 1023, 4095, 16383, 65535)  # what stands for white in common formats of 1 to 16 bits


def binarize(images: Tensor, seed: int = 0) -> Tensor:
    """Draw each pixel as 0 or 255 with its grey value as the probability of 255; uint8, same shape.

    images: (N, C, H, W) uint8 or float in [0, 1]. With Bernoulli pixels a test ELBO in nats is a bound on a
    real log-probability only on binary images: binarize the test images, with the same seed for all models.
    """
    check_images(images)
    generator = torch.Generator().manual_seed(seed)
    threshold = torch.rand(images.shape, generator=generator).to(images.device)  # (N, C, H, W) in [0, 1)
    return (threshold < to_unit(images)).to(torch.uint8) * 255


def to_unit(images: Tensor) -> Tensor:
    """Images as models take them: float, 0 paper to 1 ink, same shape; floats are clipped to [0, 1]."""
    return images / 255 if images.dtype == torch.uint8 else images.float().clamp(0, 1)


def to_condition(conditions: Tensor) -> Tensor:
    """Conditions as models take them: uint8 images as floats in [0, 1], floats as float32, whole numbers as int64."""
    if conditions.is_floating_point():
        return conditions.float()
    return to_unit(conditions) if conditions.ndim == 4 else conditions.long()


def check_conditions(images: Tensor, conditions: Tensor) -> None:
    """Raise TypeError or ValueError unless conditions are a tensor with one finite entry (N, ...) per image."""
    if not isinstance(conditions, Tensor):
        raise TypeError(
            f"conditions must be a torch tensor (N, ...), but are of type {type(conditions).__name__}.\n"
            "Try torch.as_tensor(conditions)."
        )
    if conditions.ndim == 0 or len(conditions) != len(images):
        raise ValueError(
            f"there are {len(images)} images, but conditions have the shape {tuple(conditions.shape)}.\n"
            "Give one condition for each image, in the same order."
        )
    if conditions.is_floating_point() and not torch.isfinite(conditions).all():
        raise ValueError("some conditions are NaN or infinite; leave those images out, or repair them.")


def check_images(images: Tensor, grey: bool = False) -> None:
    """Raise TypeError or ValueError with the fix unless images are (N, C, H, W), uint8 or float in [0, 1].

    C is 1 or 3, with grey=True only 1. Floats that rounding has put outside by less than a thousandth pass with a
    warning, and to_unit clips them.
    """
    if not isinstance(images, Tensor):
        fix = {"ndarray": "torch.from_numpy(images)", "Dataset": "images.train_images"}
        raise TypeError(
            f"images must be a torch tensor (N, C, H, W), but are of type {type(images).__name__}.\n"
            f"Try {fix.get(type(images).__name__, 'torch.as_tensor(images)')}."
        )
    shape = tuple(images.shape)
    if images.dtype != torch.uint8 and not images.is_floating_point():
        raise TypeError(
            f"images {shape} must be uint8 or float, but are {images.dtype}.\n{_from_whole_numbers(images)}"
        )
    if images.ndim != 4 or shape[1] not in (1, 3):
        raise ValueError(
            f"images must have the shape (N, 1, H, W), or (N, 3, H, W) in colour, but have {shape}.\n"
            f"Try {_reshape(shape)}."
        )
    if grey and shape[1] != 1:
        raise ValueError(f"here images must be grey, (N, 1, H, W), but have {shape}.\nTry {_TO_GREY}.")
    if images.numel() == 0:
        raise ValueError(
            f"there is no image in images of shape {shape}.\nLook where they were selected or cut."
        )
    if images.is_floating_point():
        _check_values(images)


_TO_GREY = "images.float().mean(1, keepdim=True), and / 255 if images are uint8"


def _reshape(shape: tuple[int, ...]) -> str:
    """The expression that turns images of this shape into (N, C, H, W)."""
    if len(shape) == 3:
        return "images.unsqueeze(1)"
    if len(shape) == 4 and shape[3] in (1, 3):
        return "images.permute(0, 3, 1, 2)"
    if len(shape) == 4 and shape[3] == 4:
        return "images[..., :3].permute(0, 3, 1, 2), which drops the fourth channel"
    if len(shape) == 4:
        return _TO_GREY
    if len(shape) > 4:
        channels = shape[-3] if shape[-3] == 3 else 1
        return f"images.view(-1, {channels}, {shape[-2]}, {shape[-1]})"
    pixels = shape[-1] if shape else 0
    for channels in (1, 3):
        side = math.isqrt(pixels // channels)
        if side > 1 and channels * side**2 == pixels:
            return f"images.view(-1, {channels}, {side}, {side})"
    return "images[None, None] for one image" if len(shape) == 2 else "images.view(-1, 1, height, width)"


def warn_of_images_without_content(images: Tensor) -> None:
    """Warn where no image shows anything: each of one value only, or all of them nearly black.

    images: (N, C, H, W) that check_images lets pass.
    """
    unit = (1 if images.dtype == torch.uint8 else 255) * images.flatten(1)  # (N, D) in 0 to 255
    low, high = unit.amin(1), unit.amax(1)
    contrast = (high.float() - low.float()).max()
    if contrast == 0 or (contrast < 1 and high.max() > 2):
        first = _in_full(images.flatten()[0])
        said = f"no image shows anything: each has one value only, {first} in the first"
    elif high.max() <= 2:
        said = f"all images are nearly black: their largest value is {_in_full(images.max())}"
        said += ", and uint8 ones count from 0 to 255" * (images.dtype == torch.uint8)
    else:
        return
    warnings.warn(f"{said}. Look at how they were loaded.", stacklevel=3)


def _check_values(images: Tensor) -> None:
    wrong = ~((images >= 0) & (images <= 1))  # NaN is wrong too
    if not wrong.any():
        return
    low, high = images.min(), images.max()  # NaN when there is one
    if low.item() >= -_ROUNDING and high.item() <= 1 + _ROUNDING:
        outside = _in_full(high if high > 1 else low)
        warnings.warn(
            f"images reach {outside}, outside of [0, 1] by rounding: they are clipped.", stacklevel=3
        )
        return
    first = torch.unravel_index(wrong.flatten().to(torch.uint8).argmax(), images.shape)
    index = [int(i) for i in first]
    if torch.isfinite(low) and torch.isfinite(high):
        fix = f"All values lie from {_in_full(low)} to {_in_full(high)}. Try {_into_unit(low.item(), high.item())}."
    else:
        fix = "Look where it comes from: load() returns no such value."
    raise ValueError(
        f"float images must lie in [0, 1], but images{index} is {_in_full(images[first])}.\n{fix}"
    )


def _from_whole_numbers(images: Tensor) -> str:
    """What to do with images of whole numbers, or of True and False, that are not uint8."""
    if images.dtype == torch.bool:
        return "Try images.float(), which makes 0 and 1 of False and True."
    if images.is_complex() or images.numel() == 0:
        return "Look where they come from."
    whole = images.to(torch.int64)
    low, high = whole.min().item(), whole.max().item()
    if low == high:
        return f"All of them are {low} everywhere: look where they come from."
    if low >= 0 and 127 < high <= 255:
        return f"Their values lie from {low} to {high}. Try images.to(torch.uint8)."
    return f"Their values lie from {low} to {high}. Try {_into_unit(low, high, 'images.float()')}."


def _into_unit(low: float, high: float, images: str = "images") -> str:
    """The expression that brings values from low to high into [0, 1] without losing any."""
    if low >= -0.25 and high <= 1.25 and images == "images":
        return "images.clamp(0, 1), if an interpolation went beyond the values that it was given"
    if low >= -_ROUNDING:
        full = next((scale for scale in _FULL_SCALES if scale / 2 < high <= scale), high)
        return images if full == 1 else f"{images} / {full:.9g}"
    if low >= -1 - _ROUNDING and high <= 1 + _ROUNDING:
        return f"({images} + 1) / 2"
    if low >= -128 and high <= 127 and images != "images":
        return f"({images} + 128) / 255"
    return (
        f"({images} + {-low:.9g}) / {high - low:.9g}, which takes the lowest value to 0 and the highest to 1"
    )


def _in_full(value: Tensor) -> str:
    """A number with as many digits as tell it from its neighbours."""
    rounded = value.float() if value.dtype in (torch.float16, torch.bfloat16) else value
    return str(rounded.cpu().numpy())
