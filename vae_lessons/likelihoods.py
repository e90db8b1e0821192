"""log p(x given z): what the decoder's numbers say about the pixels, summed over one image."""

import math

import torch.nn.functional as F
from torch import Tensor


def bernoulli_log_likelihood(x_logits: Tensor, x: Tensor) -> Tensor:
    """Log-probability of each image when pixel d is 1 with probability sigmoid(x_logits[d]).

    x_logits, x: (B, C, H, W), x in [0, 1]. Returns (B,) in nats, at most 0.
    A true log-probability for binary x only; for grey x it is the negative cross-entropy.
    """
    per_pixel = -F.binary_cross_entropy_with_logits(x_logits, x, reduction="none")  # (B, C, H, W)
    return per_pixel.flatten(1).sum(1)  # (B,)


def gaussian_log_likelihood(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """Log-density of each image when pixel d is N(x_hat[d], std**2), one std for all pixels.

    x_hat, x: (B, C, H, W). Returns (B,) in nats; a density, so it may be positive.
    Equal to -(squared error) / (2 std**2) plus a constant: mean-squared error is this with std fixed unsaid.
    """
    assert x_hat.shape == x.shape, f"x_hat {tuple(x_hat.shape)} and x {tuple(x.shape)} would broadcast"
    squared_error = ((x - x_hat) ** 2).flatten(1)  # (B, D)
    return -0.5 * (squared_error / std**2 + math.log(2 * math.pi * std**2)).sum(1)  # (B,)
