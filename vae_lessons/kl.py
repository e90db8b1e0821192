"""The KL divergence of a diagonal Gaussian from the standard normal: in closed form, and by sampling."""

import math

import torch
from torch import Tensor

from vae_lessons.gaussians import log_density
from vae_lessons.reparameterization import reparameterize


def kl_per_latent(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL( N(mu, exp(logvar)) || N(0, 1) ) of each latent by itself; but for rounding never negative.

    mu, logvar: any shape. Returns the same shape in nats. Source: Kingma & Welling 2014, appendix B.
    """
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar)


def kl_closed_form(mu: Tensor, logvar: Tensor) -> Tensor:
    """KL( N(mu, diag(exp(logvar))) || N(0, I) ) per image: the sum over independent latents.

    mu, logvar: (B, J). Returns (B,) in nats.

    >>> kl_closed_form(torch.ones(1, 3), torch.zeros(1, 3))
    tensor([1.5000])
    """
    return kl_per_latent(mu, logvar).sum(-1)  # (B,)


def kl_monte_carlo(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The same KL as an average of log q(z) - log p(z) over samples z ~ q, with its standard error.

    mu, logvar: (B, J); samples >= 2. Returns estimate (B,) and standard error (B,), both in nats.
    """
    mu, logvar = mu.expand(samples, *mu.shape), logvar.expand(samples, *logvar.shape)  # (K, B, J)
    z = reparameterize(mu, logvar)  # (K, B, J)
    zero = torch.zeros_like(z)
    log_ratio = log_density(z, mu, logvar) - log_density(z, zero, zero)  # (K, B)
    return log_ratio.mean(0), log_ratio.std(0) / math.sqrt(samples)
