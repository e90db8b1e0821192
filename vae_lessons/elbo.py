"""The evidence lower bound: its two terms per image, their sum, and the loss with its weight beta."""

import torch
from torch import Tensor, nn

from vae_lessons.kl import kl_per_latent


def elbo_terms_per_latent(
    model: nn.Module, x: Tensor, condition: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """One-sample estimate of log p(x|z) for each image, and the KL of each latent of q(z|x) from the prior.

    x: (B, C, H, W) in [0, 1]; condition: (B, ...) for a model that takes one.
    Returns log_px_z (B,) and kl (B, J) in nats. A model that says deterministic = True (an autoencoder) encodes an
    image as a point z, so its kl is 0.
    """
    x_logits, *code = model(x) if condition is None else model(x, condition)
    log_px_z = model.log_likelihood(x_logits, x)  # (B,)
    if getattr(model, "deterministic", False):  # an autoencoder: its code is a point z
        (z,) = code
        return log_px_z, torch.zeros_like(z)  # (B,), (B, J)
    mu, logvar = code
    return log_px_z, kl_per_latent(mu, logvar)  # (B,), (B, J)


def elbo_terms(model: nn.Module, x: Tensor, condition: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """The same two terms with the KL summed over latents: log_px_z (B,) and kl (B,) in nats."""
    log_px_z, kl = elbo_terms_per_latent(model, x, condition)
    return log_px_z, kl.sum(1)


def elbo(log_px_z: Tensor, kl: Tensor) -> Tensor:
    """Evidence lower bound per image, (B,) in nats; on average over q(z|x) it never exceeds log p(x)."""
    return log_px_z - kl


def beta_loss(log_px_z: Tensor, kl: Tensor, beta: float = 1.0) -> Tensor:
    """The loss that training minimises, a scalar in nats per image; at beta = 1 it is the negative ELBO."""
    return -(log_px_z - beta * kl).mean()
