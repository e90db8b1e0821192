"""The log-density of a diagonal Gaussian."""

import math

from torch import Tensor


def log_density(z: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """Log-density of N(z; mu, diag(exp(logvar))), summed over the last axis.

    z, mu, logvar: broadcastable to (..., J). Returns (...) in nats.

    >>> log_density(torch.zeros(1, 2), torch.zeros(1, 2), torch.zeros(1, 2))  # -log(2 pi)
    tensor([-1.8379])
    """
    squared_distance = (z - mu) ** 2 / logvar.exp()  # (..., J)
    return -0.5 * (math.log(2 * math.pi) + logvar + squared_distance).sum(-1)  # (...)
