"""Scores of how anomalous an image is, and measures of how well a score tells anomalies from normal images.

Every score is higher for what is more anomalous, one number an image.
"""

import math
import zlib

import torch
from torch import Tensor, nn

from vae_lessons.elbo import elbo_terms
from vae_lessons.kl import kl_per_latent
from vae_lessons.reparameterization import reparameterize


def auroc(normal: Tensor, anomalous: Tensor) -> float:
    """The chance that an anomaly scores higher than a normal image, ties counted half: 0.5 for a blind score.

    Scores (N,) and (M,). It is the area under the curve of detections against false alarms.

    >>> auroc(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([2.0, 9.0]))
    0.75
    """
    ordered = normal.sort().values
    lower = torch.searchsorted(ordered, anomalous)  # (M,) normal images below each anomaly
    not_higher = torch.searchsorted(ordered, anomalous, right=True)  # (M,)
    return ((lower + not_higher).double().mean() / (2 * len(normal))).item()


def average_precision(normal: Tensor, anomalous: Tensor) -> float:
    """Of all images that score as high as an anomaly, the share of anomalies; averaged over the anomalies.

    Scores (N,) and (M,). A blind score gets M / (N + M), so the number depends on how many anomalies there are.
    """
    anomalies = len(anomalous) - torch.searchsorted(
        anomalous.sort().values, anomalous
    )  # (M,) that score as high
    false_alarms = len(normal) - torch.searchsorted(normal.sort().values, anomalous)  # (M,)
    return (anomalies / (anomalies + false_alarms)).mean().item()


def alarm_threshold(normal: Tensor, false_alarms: float = 0.01) -> float:
    """The score above which this share of normal images lies; take images that the model was not trained on."""
    return normal.quantile(1 - false_alarms).item()


def intersection_over_union(found: Tensor, mask: Tensor) -> Tensor:
    """Pixels in both over pixels in either, for boolean images (N, 1, H, W): (N,), 1 where the two are the same."""
    both, either = (found & mask).flatten(1).sum(1), (found | mask).flatten(1).sum(1)  # (N,)
    return torch.where(either == 0, 1.0, both / either.clamp(min=1))


@torch.no_grad()
def negative_elbo(model: nn.Module, x: Tensor, draws: int = 10) -> Tensor:
    """Minus the ELBO of each image (B,) in nats, averaged over draws of z."""
    scores = [kl - log_px_z for log_px_z, kl in (elbo_terms(model, x) for _ in range(draws))]  # (B,) each
    return torch.stack(scores).mean(0)


def complexity(x: Tensor) -> Tensor:
    """How many nats zlib needs for each black-and-white image (B, 1, H, W): (B,) (Serrà et al. 2020)."""
    sizes = [len(zlib.compress(image.tobytes(), 9)) for image in x.to(torch.uint8).cpu().numpy()]
    return 8 * math.log(2) * torch.tensor(sizes, device=x.device)  # bytes to nats


def likelihood_regret(model: nn.Module, x: Tensor, steps: int = 100) -> Tensor:
    """How many nats of ELBO each image gains by a search for its own mu and logvar: (B,).

    After Xiao et al. 2020, who retrain the encoder for each image.
    """
    with torch.no_grad():
        mu, logvar = model.encode(x)  # (B, J) each
    before = _elbo(model, x, mu, logvar, draws=20)
    mu, logvar = mu.requires_grad_(), logvar.requires_grad_()
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(steps):
        loss = -_elbo(model, x, mu, logvar, draws=1).sum()
        mu.grad, logvar.grad = torch.autograd.grad(loss, (mu, logvar))  # none for the model
        optimizer.step()
    return (_elbo(model, x, mu, logvar, draws=20) - before).detach()


def _elbo(model: nn.Module, x: Tensor, mu: Tensor, logvar: Tensor, draws: int) -> Tensor:
    """The ELBO of each image under q(z|x) = N(mu, exp(logvar)), (B,) in nats."""
    log_px_z = [model.log_likelihood(model.decode(reparameterize(mu, logvar)), x) for _ in range(draws)]
    return torch.stack(log_px_z).mean(0) - kl_per_latent(mu, logvar).sum(1)
