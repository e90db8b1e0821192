"""Posterior collapse: which latents a model uses, measured by KL and by active units."""

import torch
from torch import Tensor, nn

from vae_lessons.elbo import elbo_terms_per_latent
from vae_lessons.evaluation.batches import batches


@torch.no_grad()
def average_kl_per_latent(model: nn.Module, images: Tensor, conditions: Tensor | None = None) -> Tensor:
    """KL of each latent, (J,) in nats, averaged over images: how much it encodes. Near 0 means collapsed."""
    total = torch.zeros(())
    for x, condition in batches(model, images, conditions):
        total = total + elbo_terms_per_latent(model, x, *condition)[1].sum(0).cpu()
    return total / len(images)


@torch.no_grad()
def active_units(
    model: nn.Module, images: Tensor, conditions: Tensor | None = None, threshold: float = 0.01
) -> Tensor:
    """Whether each latent is active, (J,): whether the variance of mu over images exceeds the threshold.

    The threshold of 0.01 is that of Burda et al. 2016, section 5.2.
    """
    mu = [model.encode(x, *condition)[0] for x, condition in batches(model, images, conditions)]
    return torch.cat(mu).var(0).cpu() > threshold
