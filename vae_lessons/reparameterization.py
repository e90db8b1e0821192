"""A sample of a diagonal Gaussian through which gradients flow."""

import torch
from torch import Tensor


def reparameterize(mu: Tensor, logvar: Tensor) -> Tensor:
    """One sample z = mu + std * eps per row; gradients reach mu and logvar, the noise eps has none.

    mu, logvar: (B, J). Returns z (B, J). Source: Kingma & Welling 2014, section 2.4.
    """
    std = (0.5 * logvar).exp()  # (B, J)
    eps = torch.randn_like(std)  # (B, J)
    return mu + std * eps  # (B, J)
