"""How good is a model, and what do its latents hold? Bounds in nats per image, active units, regressions, the judge."""

import math
from collections.abc import Iterator
from functools import cache

import torch
from torch import Tensor, nn

from vae_lessons.data import check_conditions, check_images, to_condition, to_unit
from vae_lessons.elbo import elbo, elbo_terms, elbo_terms_per_latent
from vae_lessons.gaussians import log_density, reparameterize
from vae_lessons.judge import NO_DIGIT, DigitJudge, load_judge


@torch.no_grad()
def test_elbo(
    model: nn.Module, images: Tensor, conditions: Tensor | None = None, seed: int = 0, batch_size: int = 1000
) -> float:
    """Average ELBO over images, one sample of z each, in nats per image.

    images: (N, 1, 28, 28) uint8 or float in [0, 1], taken as they are; conditions (N, ...) as for training.fit.
    With Bernoulli pixels give binary images (data.binarize), or the number is no log-probability.
    Raises for images that do not fit.
    """
    total = 0.0
    for x, told in _batches(model, images, conditions, seed, batch_size):
        total += elbo(*elbo_terms(model, x, *told)).double().sum().item()
    return total / len(images)


test_elbo.__test__ = False  # a name the course fixed; pytest would take it for a test


@torch.no_grad()
def importance_weighted_bound(
    model: nn.Module,
    images: Tensor,
    conditions: Tensor | None = None,
    k: int = 100,
    seed: int = 0,
    batch_size: int = 100,
) -> float:
    """Average of log (1/K) sum_k p(x, z_k) / q(z_k|x) over images, in nats per image.

    A lower bound on log p(x) that rises with k and equals the ELBO at k = 1 (Burda et al. 2016, eq. 8).
    images and conditions as in test_elbo; k >= 1.
    """
    if k < 1:
        raise ValueError(f"k={k}: give the number of samples per image, 1 or more.")
    total = 0.0
    for x, told in _batches(model, images, conditions, seed, batch_size):
        mu, logvar = model.encode(x, *told)  # (B, J)
        log_px_z, log_pz, log_qz_x = torch.empty(3, k, len(x), device=x.device)  # (K, B) each
        for sample in range(k):
            z = reparameterize(mu, logvar)  # (B, J)
            log_px_z[sample] = model.log_likelihood(model.decode(z, *told), x)  # (B,)
            log_pz[sample] = log_density(z, torch.zeros_like(z), torch.zeros_like(z))  # (B,)
            log_qz_x[sample] = log_density(z, mu, logvar)  # (B,)
        total += importance_weighted(log_px_z, log_pz, log_qz_x).double().sum().item()
    return total / len(images)


def importance_weighted(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """The bound of each image from K draws of z from q(z|x): their weights averaged, all in logarithms.

    log_px_z, log_pz, log_qz_x: (K, B). Returns (B,) in nats. Source: Burda et al. 2016, eq. 8.
    """
    log_weights = log_px_z + log_pz - log_qz_x  # (K, B)
    return log_weights.logsumexp(0) - math.log(len(log_weights))  # (B,)


@torch.no_grad()
def average_kl_per_latent(model: nn.Module, images: Tensor, conditions: Tensor | None = None) -> Tensor:
    """What each latent knows about an image, on average: KL (J,) in nats. Near 0 means collapsed."""
    total = torch.zeros(())
    for x, told in _batches(model, images, conditions):
        total = total + elbo_terms_per_latent(model, x, *told)[1].sum(0).cpu()
    return total / len(images)


@torch.no_grad()
def active_units(
    model: nn.Module, images: Tensor, conditions: Tensor | None = None, threshold: float = 0.01
) -> Tensor:
    """Which latents move with the image: True (J,) where mu's variance over images exceeds the threshold.

    The threshold of 0.01 is that of Burda et al. 2016, section 5.2.
    """
    mu = [model.encode(x, *told)[0] for x, told in _batches(model, images, conditions)]
    return torch.cat(mu).var(0).cpu() > threshold


def factor_regression(z: Tensor, factors: Tensor) -> tuple[Tensor, Tensor]:
    """How well straight lines read factors from codes: the held-out R^2 of all latents, and of each alone.

    z (N, J), factors (N, F). Lines are fitted by least squares to the first half of the rows and judged
    on the second. Returns (F,) and (F, J); 1 is perfect, 0 no better than the mean, below 0 worse.
    Raises ValueError for factors of another shape, or for one that never changes.
    """
    if factors.ndim != 2 or len(factors) != len(z):
        raise ValueError(
            f"factors must be ({len(z)}, F) like z {tuple(z.shape)}, but are {tuple(factors.shape)}.\n"
            "For a single factor give factor[:, None]."
        )
    if (factors == factors[0]).all(0).any():
        raise ValueError(
            "one of the factors has the same value in every row, so there is nothing to explain."
        )
    half = len(z) // 2
    alone = [_r_squared(z[:, [latent]], factors, half) for latent in range(z.shape[1])]
    return _r_squared(z, factors, half), torch.stack(alone, 1)


def _r_squared(z: Tensor, factors: Tensor, half: int) -> Tensor:
    rows = torch.cat([z, torch.ones(len(z), 1)], 1).double()  # (N, J + 1)
    # not the default driver, whose rank is wrong for idle latents before torch 2.15 (pytorch issue 187411)
    solved = torch.linalg.lstsq(rows[:half], factors[:half].double(), driver="gelsd")
    lines = solved.solution  # (J + 1, F)
    truth = factors[half:].double()
    squared_error = ((rows[half:] @ lines - truth) ** 2).mean(0)  # (F,)
    return (1 - squared_error / truth.var(0, correction=0)).float()


def linear_probe(z: Tensor, labels: Tensor) -> float:
    """Share of labels that a linear classifier reads from codes: fitted to the first half, judged on the second.

    z (N, J), labels (N,) int64. Softmax regression; codes are standardised first.
    """
    half, z = len(z) // 2, z.detach()
    z = (z - z[:half].mean(0)) / z[:half].std(0).clamp(min=1e-6)
    probe = nn.utils.skip_init(nn.Linear, z.shape[1], int(labels.max()) + 1)
    nn.init.zeros_(probe.weight), nn.init.zeros_(probe.bias)
    optimizer = torch.optim.LBFGS(probe.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = nn.functional.cross_entropy(probe(z[:half]), labels[:half]) + 1e-4 * (probe.weight**2).sum()
        value.backward()
        return value

    optimizer.step(loss)
    with torch.no_grad():
        return (probe(z[half:]).argmax(1) == labels[half:]).float().mean().item()


def measured_slant(images: Tensor) -> Tensor:
    """How far each picture's ink leans to the right, in degrees (N,), from its second moments.

    images: (N, 1, H, W) uint8 or float in [0, 1], with some ink. It reads lean, whether the pen slanted or the
    paper turned, plus an offset of the digit's own: compare pictures of one digit.
    """
    ink, down, right = _moments(images)
    covariance = (ink * down * right).sum((1, 2))  # (N,)
    return -torch.rad2deg(torch.atan2(covariance, (ink * down**2).sum((1, 2))))


def measured_thickness(images: Tensor) -> Tensor:
    """Width of the pen in pixels (N,): a stroke of length l and width w has an area of l w and an edge of 2 l.

    images: (N, 1, H, W) uint8 or float in [0, 1], with some ink.
    """
    check_images(images)
    x = to_unit(images)
    edge = _steps(x).flatten(1).sum(1)  # (N,)
    return 2 * x.flatten(1).sum(1) / edge


def sharpness(images: Tensor) -> Tensor:
    """The average height of a step at an edge (N,), each place counting as much as its step: hard edges have about 1.

    Softer edges have less, however many there are. images: (N, 1, H, W) uint8 or float in [0, 1], with some ink.
    """
    check_images(images)
    steps = _steps(to_unit(images)).flatten(1)  # (N, places)
    return (steps**2).sum(1) / steps.sum(1)


def _steps(x: Tensor) -> Tensor:
    """The length of the brightness gradient at each place, (N, H - 1, W - 1)."""
    down = x[:, 0, 1:, :-1] - x[:, 0, :-1, :-1]
    right = x[:, 0, :-1, 1:] - x[:, 0, :-1, :-1]
    return (down**2 + right**2).sqrt()


def _moments(images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The ink (N, H, W), and how far each row (N, H, 1) and column (N, 1, W) lies from its centre."""
    check_images(images)
    ink = to_unit(images)[:, 0]  # (N, H, W)
    rows, columns = (torch.arange(size, dtype=ink.dtype, device=ink.device) for size in ink.shape[1:])
    total = ink.sum((1, 2), keepdim=True)  # (N, 1, 1)
    down, right = rows[:, None], columns[None, :]
    return (
        ink,
        down - (ink * down).sum((1, 2), keepdim=True) / total,
        right - (ink * right).sum((1, 2), keepdim=True) / total,
    )


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


def _batches(
    model: nn.Module, images: Tensor, conditions: Tensor | None, seed: int = 0, batch_size: int = 1000
) -> Iterator[tuple[Tensor, tuple[Tensor, ...]]]:
    """Batches of images in [0, 1] on the model's device, each with what the model is told besides: (condition,) or ().

    The seed alone decides the noise drawn between them.
    """
    check_images(images)
    if conditions is not None:
        check_conditions(images, conditions)
    device = next(model.parameters()).device
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for batch in torch.arange(len(images)).split(batch_size):
            told = () if conditions is None else (to_condition(conditions[batch]).to(device),)
            yield to_unit(images[batch].to(device)), told


@cache
def _judge() -> DigitJudge:
    return load_judge()
