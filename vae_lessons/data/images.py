"""Images and conditions as tensors: checks that say how to fix the input, conversion to [0, 1], binarisation."""

import math

import torch
from torch import Tensor


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
    """Images as models take them: float, 0 paper to 1 ink, same shape; floats are taken to be so already."""
    return images / 255 if images.dtype == torch.uint8 else images.float()


def to_condition(conditions: Tensor) -> Tensor:
    """Conditions as models take them: uint8 images as floats in [0, 1], floats as float32, whole numbers as int64."""
    return (
        to_unit(conditions) if conditions.is_floating_point() or conditions.ndim == 4 else conditions.long()
    )


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

    C is 1 or 3, with grey=True only 1.
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
            f"images {shape} must be uint8 or float, but are {images.dtype}.\n"
            "Try images.to(torch.uint8) for values 0 to 255, or images.float() for values 0 to 1."
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


def _check_values(images: Tensor) -> None:
    wrong = ~((images >= 0) & (images <= 1))  # NaN is wrong too
    if not wrong.any():
        return
    first = torch.unravel_index(wrong.flatten().to(torch.uint8).argmax(), images.shape)
    index, value = [int(i) for i in first], images[first].item()
    low, high = images.min().item(), images.max().item()  # NaN when there is one
    if 0 <= low <= high <= 255:
        fix = "Try images / 255 for values 0 to 255."
    elif -1 <= low <= high <= 1:
        fix = "Try (images + 1) / 2 for values -1 to 1, or images.clamp(0, 1)."
    else:
        fix = "Look where it comes from: load() returns no such value."
    raise ValueError(f"float images must lie in [0, 1], but images{index} is {value:.6g}.\n{fix}")
