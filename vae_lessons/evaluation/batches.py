"""Batches of images as a model takes them, with noise that a seed decides."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from vae_lessons.data.images import check_conditions, check_images, to_condition, to_unit


def batches(
    model: nn.Module, images: Tensor, conditions: Tensor | None, seed: int = 0, batch_size: int = 1000
) -> Iterator[tuple[Tensor, tuple[Tensor, ...]]]:
    """Batches of images in [0, 1] on the model's device, each with its further arguments: (condition,) or ().

    The seed alone decides the noise drawn between them.
    """
    check_images(images)
    if conditions is not None:
        check_conditions(images, conditions)
    device = next(model.parameters()).device
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for batch in torch.arange(len(images)).split(batch_size):
            condition = () if conditions is None else (to_condition(conditions[batch]).to(device),)
            yield to_unit(images[batch].to(device)), condition
