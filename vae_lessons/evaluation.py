"""How good is a model? Bounds on log p(x) in nats per image, and how much its samples look like digits."""

import math
from functools import cache

import torch
from torch import Tensor, nn

from vae_lessons.data import check_images, to_unit
from vae_lessons.elbo import elbo, elbo_terms
from vae_lessons.gaussians import log_density, reparameterize
from vae_lessons.judge import NO_DIGIT, DigitJudge, load_judge


@torch.no_grad()
def test_elbo(model: nn.Module, images: Tensor, seed: int = 0, batch_size: int = 1000) -> float:
    """Average ELBO over images, one sample of z each, in nats per image.

    images: (N, 1, 28, 28) uint8 or float in [0, 1], taken as they are. With Bernoulli pixels give
    binary ones (data.binarize), or the number is no log-probability. Raises for images that do not fit.
    """
    total = 0.0
    for x in _batches(model, images, seed, batch_size):
        total += elbo(*elbo_terms(model, x)).double().sum().item()
    return total / len(images)


test_elbo.__test__ = False  # a name the course fixed; pytest would take it for a test


@torch.no_grad()
def importance_weighted_bound(
    model: nn.Module, images: Tensor, k: int = 100, seed: int = 0, batch_size: int = 100
) -> float:
    """Average of log (1/K) sum_k p(x, z_k) / q(z_k|x) over images, in nats per image.

    A lower bound on log p(x) that rises with k and equals the ELBO at k = 1 (Burda et al. 2016, eq. 8).
    images as in test_elbo; k >= 1.
    """
    if k < 1:
        raise ValueError(f"k={k}: give the number of samples per image, 1 or more.")
    total = 0.0
    for x in _batches(model, images, seed, batch_size):
        mu, logvar = model.encode(x)  # (B, J)
        log_weights = torch.empty(k, len(x), device=x.device)  # (K, B)
        for sample in range(k):
            z = reparameterize(mu, logvar)  # (B, J)
            log_px_z = model.log_likelihood(model.decode(z), x)  # (B,)
            log_pz = log_density(z, torch.zeros_like(z), torch.zeros_like(z))  # (B,)
            log_qz_x = log_density(z, mu, logvar)  # (B,)
            log_weights[sample] = log_px_z + log_pz - log_qz_x
        total += (log_weights.logsumexp(0) - math.log(k)).double().sum().item()
    return total / len(images)


@torch.no_grad()
def judge_confidence(images: Tensor, batch_size: int = 1000) -> tuple[Tensor, Tensor]:
    """The judge's confidence, in [0, 1], that each picture is the digit it looks most like, and that digit.

    images: (N, 1, 28, 28) uint8 or float in [0, 1]. Returns confidence (N,) and digit (N,) on the CPU.
    The judge may also answer "no digit", so a confidence near 0 means a picture of nothing.
    """
    check_images(images)
    judge = _judge()
    probabilities = torch.cat([judge(to_unit(batch).cpu()).softmax(1) for batch in images.split(batch_size)])
    return probabilities[:, :NO_DIGIT].max(1)


@torch.no_grad()
def nearest_distance(images: Tensor, training_images: Tensor, batch_size: int = 500) -> tuple[Tensor, Tensor]:
    """Euclidean distance in pixel space from each image to the nearest training image, and that one's index.

    images: (N, 1, 28, 28), training_images: (M, 1, 28, 28), uint8 or float in [0, 1].
    Returns distance (N,) and index (N,). A black pixel turned white is a distance of 1.
    """
    check_images(images)
    check_images(training_images)
    known = to_unit(training_images).flatten(1)  # (M, D)
    distances = [torch.cdist(to_unit(batch).flatten(1), known).min(1) for batch in images.split(batch_size)]
    return torch.cat([d.values for d in distances]), torch.cat([d.indices for d in distances])


def _batches(model: nn.Module, images: Tensor, seed: int, batch_size: int):
    """Batches of images in [0, 1] on the model's device, with noise that the seed alone decides."""
    check_images(images)
    device = next(model.parameters()).device
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for batch in images.split(batch_size):
            yield to_unit(batch.to(device))


@cache
def _judge() -> DigitJudge:
    return load_judge()
