"""The evidence lower bound: its two terms per image, their sum, and the loss with its weight beta."""

import torch
from torch import Tensor, nn

from vae_lessons.gaussians import kl_closed_form


def elbo_terms(model: nn.Module, x: Tensor) -> tuple[Tensor, Tensor]:
    """One-sample estimate of log p(x|z), and the KL of q(z|x) from the prior, for each image.

    x: (B, 1, 28, 28) in [0, 1]. Returns log_px_z (B,) and kl (B,) in nats.
    A model that returns a point z instead of mu and logvar (an autoencoder) has no region, so its kl is 0.
    """
    x_logits, *posterior = model(x)  # (B, 1, 28, 28) and mu, logvar (B, J) each
    log_px_z = model.log_likelihood(x_logits, x)  # (B,)
    kl = kl_closed_form(*posterior) if len(posterior) == 2 else torch.zeros_like(log_px_z)  # (B,)
    return log_px_z, kl


def elbo(log_px_z: Tensor, kl: Tensor) -> Tensor:
    """Evidence lower bound per image, (B,) in nats: log p(x) is never below its expectation."""
    return log_px_z - kl


def beta_loss(log_px_z: Tensor, kl: Tensor, beta: float = 1.0) -> Tensor:
    """What training minimises, a scalar in nats per image; at beta = 1 it is the negative ELBO."""
    return -(log_px_z - beta * kl).mean()
