"""Log-likelihoods log p(x|z) of Bernoulli and of Gaussian pixels, summed over each image."""

import math

from torch import Tensor


def bernoulli_log_likelihood(x_logits: Tensor, x: Tensor) -> Tensor:
    """Log-probability of each image when pixel d is 1 with probability sigmoid(x_logits[d]).

    x_logits, x: (B, C, H, W), x in [0, 1]. Returns (B,) in nats, at most 0.
    A true log-probability for binary x only; for grey x it is the negative cross-entropy. Equal to
    -F.binary_cross_entropy_with_logits summed over pixels, whose log1p makes training on a CPU slower.
    """
    assert x_logits.shape == x.shape, (
        f"x_logits {tuple(x_logits.shape)} and x {tuple(x.shape)} would broadcast"
    )
    size = x_logits.abs()
    log_1_plus_exp = (x_logits + size) / 2 + (1 + (-size).exp()).log()  # log(1 + e^logit), never overflows
    return (x * x_logits - log_1_plus_exp).flatten(1).sum(1)  # (B,)


def gaussian_log_likelihood(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """Log-density of each image when pixel d is N(x_hat[d], std**2), one std for all pixels.

    x_hat, x: (B, C, H, W). Returns (B,) in nats; a density, so it may be positive.
    Equal to -(squared error) / (2 std**2) plus a constant: mean-squared error is this with std fixed unsaid.
    """
    assert x_hat.shape == x.shape, f"x_hat {tuple(x_hat.shape)} and x {tuple(x.shape)} would broadcast"
    squared_error = ((x - x_hat) ** 2).flatten(1)  # (B, D)
    return -0.5 * (squared_error / std**2 + math.log(2 * math.pi * std**2)).sum(1)  # (B,)
