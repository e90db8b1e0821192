"""Answers to exercise 2.1: right ones in many styles, and some with two mistakes at once."""

import torch
import torch.nn.functional as F
from torch import nn


def bernoulli_by_loss(x_logits, x):
    return -F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").sum(dim=(1, 2, 3))


def bernoulli_by_logsigmoid(logits, images):
    each_pixel = images * F.logsigmoid(logits) + (1 - images) * F.logsigmoid(-logits)
    return each_pixel.view(len(images), -1).sum(-1)


def bernoulli_by_softplus(x_logits, x):
    return torch.einsum("bchw->b", x * x_logits - F.softplus(x_logits))


def bernoulli_by_torch(x_logits, x):
    pixels = torch.distributions.Bernoulli(logits=x_logits, validate_args=False)
    return torch.distributions.Independent(pixels, 3, validate_args=False).log_prob(x)


def bernoulli_by_loops(x_logits, x):
    sums = []
    for logits, image in zip(x_logits.double(), x.double(), strict=True):
        total = 0.0
        for logit, ink in zip(logits.flatten(), image.flatten(), strict=True):
            total = total + ink * F.logsigmoid(logit) + (1 - ink) * F.logsigmoid(-logit)
        sums.append(total)
    return torch.stack(sums)


def bernoulli_by_logaddexp(x_logits, x):
    zero = torch.zeros(())
    paper = -torch.logaddexp(x_logits, zero)
    ink = -torch.logaddexp(-x_logits, zero)
    return torch.lerp(paper, ink, x).flatten(1).sum(1)


def bernoulli_image_by_image(x_logits, x):
    loss = nn.BCEWithLogitsLoss(reduction="sum")
    return torch.stack([-loss(logits, image) for logits, image in zip(x_logits, x, strict=True)])


def bernoulli_by_where(x_logits, x):
    small = torch.where(x_logits > 0, -x_logits, x_logits)  # minus the size of the logit
    log_p = x_logits.clamp(max=0) - torch.log1p(torch.exp(small))
    log_1_minus_p = -x_logits.clamp(min=0) - torch.log1p(torch.exp(small))
    return (x * log_p).sum((1, 2, 3)) + ((1 - x) * log_1_minus_p).sum((1, 2, 3))


def bernoulli_ink_only_and_mean_over_pixels(x_logits, x):
    return (x * F.logsigmoid(x_logits)).flatten(1).mean(1)


def bernoulli_ink_only_and_batch_mean(x_logits, x):
    return (x * F.logsigmoid(x_logits)).flatten(1).sum(1).mean()


def bernoulli_swapped_and_sign(x_logits, x):
    return F.binary_cross_entropy_with_logits(x, x_logits, reduction="none").flatten(1).sum(1)


RIGHT = [
    bernoulli_by_loss,
    bernoulli_by_logsigmoid,
    bernoulli_by_softplus,
    bernoulli_by_torch,
    bernoulli_by_loops,
    bernoulli_by_logaddexp,
    bernoulli_image_by_image,
    bernoulli_by_where,
]
COMBINED = [
    bernoulli_ink_only_and_mean_over_pixels,
    bernoulli_ink_only_and_batch_mean,
    bernoulli_swapped_and_sign,
]
