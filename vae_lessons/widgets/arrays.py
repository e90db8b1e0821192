"""Helpers between models and widgets: encode images, decode points, pack pixels into bytes."""

import torch
from torch import Tensor, nn

from vae_lessons.data.images import check_images, to_condition, to_unit


def check_grey(model: nn.Module) -> None:
    """Raise ValueError for a model whose image_shape has more than one channel."""
    shape = getattr(model, "image_shape", (1,))
    if shape[0] != 1:
        raise ValueError(
            f"widgets show grey images, and this {type(model).__name__} has image_shape={tuple(shape)}.\n"
            "Train and sample it by code; a widget needs a model with one channel."
        )


@torch.no_grad()
def encode(model: nn.Module, x: Tensor, conditions: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """mu (N, J) and std (N, J) of images (N, C, H, W); std is None for a model that encodes points."""
    check_grey(model)
    device = next(model.parameters()).device
    condition = () if conditions is None else (to_condition(conditions).to(device),)
    code = model.encode(to_unit(x).to(device), *condition)
    if isinstance(code, Tensor):
        return code.cpu(), None
    mu, logvar = code
    return mu.cpu(), (0.5 * logvar).exp().cpu()


@torch.no_grad()
def decode_logits(model: nn.Module, z: Tensor, *conditions: Tensor) -> Tensor:
    """x_logits (N, C, H, W) of points z (N, J), for a conditional model with one condition each."""
    check_grey(model)
    device = next(model.parameters()).device
    return model.decode(z.to(device), *(condition.to(device) for condition in conditions)).cpu()


def decode(model: nn.Module, z: Tensor, *conditions: Tensor) -> Tensor:
    """Images x_hat (N, C, H, W) in [0, 1] of points z (N, J), for a conditional model with one condition each."""
    return decode_logits(model, z, *conditions).sigmoid()


def as_bytes(images: Tensor) -> bytes:
    """Grey images (N, 1, H, W), uint8 or float in [0, 1], as one byte a pixel."""
    check_images(images, grey=True)
    return (to_unit(images) * 255).round().to(torch.uint8).cpu().numpy().tobytes()


def prior_points(n: int, latent_dim: int) -> Tensor:
    """n points of the prior (n, J), the same each time; the caller's random numbers stay as they are."""
    return torch.randn(n, latent_dim, generator=torch.Generator().manual_seed(0))
