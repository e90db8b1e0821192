"""Exercise 2.4: the KL by Monte Carlo."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import LOGVAR, MU, attempt, in_short
from vae_lessons.gaussians import log_density
from vae_lessons.kl import kl_closed_form, kl_monte_carlo
from vae_lessons.reparameterization import reparameterize

SMALL_KL = (
    torch.tensor([[0.1]]),
    torch.tensor([[-0.2]]),
)  # mu, logvar: many draws of log q - log p are negative


def monte_carlo_probe(answer: Answer) -> Iterator[Seen]:
    few, many, names = 100, 3000, ("the estimate", "the standard error")
    taken = []
    for (mu, logvar), samples in (
        ((MU, LOGVAR), many),
        ((MU, LOGVAR), few),
        ((MU, LOGVAR), few),
        (SMALL_KL, 1000),
    ):
        given = in_short({"mu": mu, "logvar": logvar, "samples": samples})
        returned, failed = attempt(lambda: answer(mu.clone(), logvar.clone(), samples), given)  # noqa: B023
        if failed or returned is None:
            yield failed or Seen("the result", "None", given)
            return
        if type(returned) not in (tuple, list) or len(returned) != 2:
            finding = as_tensor(returned)
            finding = finding if isinstance(finding, str) else f"one tensor {tuple(finding.shape)}"
            yield Seen("the result", finding, given)
            return
        pair = [as_tensor(part) for part in returned]
        shapes = [part if isinstance(part, str) else str(tuple(part.shape)) for part in pair]
        for name, shape in zip(names, shapes, strict=True):
            yield Seen(f"the shape of {name}", shape, given)
        if shapes != [str((len(mu),))] * 2:
            return  # numbers that chance alone decides would hide which mistake it is
        taken.append((given, *pair))
    (given, estimate, error), (_, first, error_of_few), (_, second, _), at_small = taken
    exact = torch.allclose(estimate, kl_closed_form(MU, LOGVAR).double(), 1e-5)
    grows = bool((estimate / first).min() > 15)  # from 100 to 3000 draws
    finding = "the formula's number" if exact else "grows with the number of samples" if grows else "strays"
    yield Seen("the estimate", finding, given)
    if exact or grows:
        return
    yield Seen("two calls", "give the same" if torch.equal(first, second) else "differ by chance", given)
    of_one_draw = kl_monte_carlo(MU, LOGVAR, many)[1].double() * math.sqrt(many)
    shrinks, swapped = (
        bool((early / late).log().mean() > 0.9) for early, late in ((error_of_few, error), (first, estimate))
    )
    finding = "shrinks" if shrinks else "stays, and the estimate shrinks" if swapped else "stays"
    yield Seen("the standard error for more samples", finding, given)  # by the root of 30
    if swapped and not shrinks:
        return
    if not shrinks and 0.01 < (error / of_one_draw).mean() < 0.35:
        yield Seen("the number of samples", "counts for nothing", given)
        return
    numbers = (*at_small, 0.03, 0.06), (given, estimate, error, 0.08, 0.04)
    for finding, mean, strays, least, within_log in numbers:
        within = 7 * float(strays.max() / (1 + mean.abs().mean()))  # 5 sigma of a difference of two
        yield Seen("the estimate, within chance", mean, finding, max(least, min(0.3, within)))
        log_error = strays.clamp(min=1e-6).log()
        yield Seen("the logarithm of the standard error, within chance", log_error, finding, within_log)


EXERCISE = Exercise(
    number="2.4",
    title="The KL by drawing",
    task="""Estimate the same KL without its formula: draw samples of z from q(z|x), average log q(z|x) - log
    p(z). mu and logvar are (B, J), samples is their number. Return the estimate and its standard error, each
    (B,). reparameterize and log_density are at hand.""",
    minutes=12,
    difficulty=3,
    reference=kl_monte_carlo,
    probe=monte_carlo_probe,
    hints=(
        "A KL is an average over q of a difference of two log-densities: draw, take the difference, average.",
        "Give mu and logvar a new first axis: mu.expand(samples, *mu.shape) is (K, B, J), one draw each.",
        "log_density sums over latents: the difference is (K, B). Return its mean(0), and its std(0) / sqrt(samples).",
    ),
)


def _log_ratios(
    mu: Tensor, logvar: Tensor, samples: int, draw=reparameterize
) -> tuple[Tensor, Tensor, Tensor]:
    """z, log q(z|x) and log p(z) for `samples` draws: (K, B, J), (K, B), (K, B)."""
    mu, logvar = mu.expand(samples, *mu.shape), logvar.expand(samples, *logvar.shape)
    z = draw(mu, logvar)
    zero = torch.zeros_like(z)
    return z, log_density(z, mu, logvar), log_density(z, zero, zero)


def _mean_and_error(values: Tensor) -> tuple[Tensor, Tensor]:
    return values.mean(0), values.std(0) / math.sqrt(len(values))


@EXERCISE.mistake
def monte_carlo_reversed(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """Your estimate is minus the KL: the difference is log q(z|x) - log p(z), in this order."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return _mean_and_error(log_pz - log_qz_x)


@EXERCISE.mistake
def monte_carlo_no_prior(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average log q(z|x) alone, so where mu lies makes no difference: subtract log p(z), which says how
    far from the prior the draws are."""
    _, log_qz_x, _ = _log_ratios(mu, logvar, samples)
    return _mean_and_error(log_qz_x)


@EXERCISE.mistake
def monte_carlo_no_posterior(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average -log p(z) alone, so a narrow region costs no more than a wide one: add log q(z|x)."""
    _, _, log_pz = _log_ratios(mu, logvar, samples)
    return _mean_and_error(-log_pz)


@EXERCISE.mistake
def monte_carlo_from_prior(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You draw z from the prior; the average is over q(z|x), so draw there. From the prior this estimates
    minus the reversed KL."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, logvar: torch.randn_like(mu))
    return _mean_and_error(log_qz_x - log_pz)


@EXERCISE.mistake
def monte_carlo_at_the_mean(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You compare the densities at mu, where nothing is drawn: every sample is the same and the standard
    error 0. Draw z around mu first."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, logvar: mu)
    return _mean_and_error(log_qz_x - log_pz)


@EXERCISE.mistake
def monte_carlo_spread_not_error(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The estimate is right; the second number is how far a single draw strays. The error of their mean is
    that, divided by the square root of their number."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(0), (log_qz_x - log_pz).std(0)


@EXERCISE.mistake
def monte_carlo_no_root(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The estimate is right; its error shrinks with the square root of the number of draws, and you divide by
    the number itself."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(0), (log_qz_x - log_pz).std(0) / samples


@EXERCISE.mistake
def monte_carlo_variance(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The estimate is right; for its error you divide the variance where the standard deviation belongs."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(0), (log_qz_x - log_pz).var(0) / math.sqrt(samples)


@EXERCISE.mistake
def monte_carlo_mean_over_latents(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average over the latents; log-densities of independent latents add up."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return _mean_and_error((log_qz_x - log_pz) / mu.shape[-1])


@EXERCISE.mistake
def monte_carlo_seeded(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """Two calls give the very same number: a seed is set inside, or draws are kept. An estimate you cannot
    repeat with new draws tells nothing about its error."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(samples, *mu.shape, generator=generator)
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, lv: mu + (0.5 * lv).exp() * noise)
    return _mean_and_error(log_qz_x - log_pz)


def _ratios(mu: Tensor, logvar: Tensor, samples: int) -> Tensor:
    """log q(z|x) - log p(z) of right draws, (K, B)."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return log_qz_x - log_pz


def _drawn_otherwise(draw) -> Answer:
    """An estimate whose z = mu + draw(logvar) instead of mu + std * eps."""

    def answer(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
        _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, logvar: mu + draw(logvar))
        return _mean_and_error(log_qz_x - log_pz)

    return answer


def _measured_otherwise(q_logvar, p_logvar: float = 0.0) -> Answer:
    """An estimate whose log q is taken with q_logvar(logvar), and log p with this log-variance."""

    def answer(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
        z, _, _ = _log_ratios(mu, logvar, samples)
        log_pz = log_density(z, torch.zeros_like(z), torch.full_like(z, p_logvar))
        return _mean_and_error(log_density(z, mu, q_logvar(logvar)) - log_pz)

    return answer


def _returned_otherwise(returned) -> Answer:
    """returned(ratios) of right draws, (K, B)."""
    return lambda mu, logvar, samples: returned(_ratios(mu, logvar, samples))


EXERCISE.recognise(
    """This is the formula of the last exercise, not an estimate: draw samples of z, and average log q(z|x) -
    log p(z) over them, so that the formula has something to agree with.""",
    lambda mu, logvar, samples: (kl_closed_form(mu, logvar), kl_monte_carlo(mu, logvar, samples)[1]),
)


EXERCISE.recognise(
    """You draw with exp(logvar), the variance, as the standard deviation: the draws are not those of q(z|x).
    Use reparameterize, or exp(logvar / 2).""",
    _drawn_otherwise(lambda logvar: logvar.exp() * torch.randn_like(logvar)),
)


EXERCISE.recognise(
    """Your eps is uniform, from torch.rand; a Gaussian is drawn with torch.randn, or with reparameterize.""",
    _drawn_otherwise(lambda logvar: (0.5 * logvar).exp() * torch.rand_like(logvar)),
)


EXERCISE.recognise(
    """You use one eps for all latents of a draw, so they rise and fall together: the mean survives that, its
    error does not. Every latent draws for itself.""",
    _drawn_otherwise(lambda logvar: (0.5 * logvar).exp() * torch.randn(*logvar.shape[:-1], 1)),
)


EXERCISE.recognise(
    """You hand log_density the standard deviation or the variance of q(z|x); it takes the logarithm of the variance,
    logvar as it comes.""",
    _measured_otherwise(lambda logvar: (0.5 * logvar).exp()),
    _measured_otherwise(torch.exp),
)


EXERCISE.recognise(
    """Your prior has a log-variance of 1: the prior's variance is 1, and the logarithm of that is 0. Hand
    log_density zeros twice.""",
    _measured_otherwise(lambda logvar: logvar, p_logvar=1.0),
)


EXERCISE.recognise(
    """You take the absolute value of log q(z|x) - log p(z): single draws may be negative, only their average
    is a KL.""",
    _returned_otherwise(lambda ratios: _mean_and_error(ratios.abs())),
)


EXERCISE.recognise(
    """You draw a fixed number of samples, whatever samples says: let it set the length of the first axis.""",
    lambda mu, logvar, samples: kl_monte_carlo(mu, logvar, 1000),
)


EXERCISE.recognise(
    """You return the estimate alone; its standard error belongs to it: return both, estimate, error.""",
    _returned_otherwise(lambda ratios: ratios.mean(0)),
)


EXERCISE.recognise(
    """The two results changed places: the estimate comes first, then its standard error.""",
    _returned_otherwise(lambda ratios: _mean_and_error(ratios)[::-1]),
)


EXERCISE.recognise(
    """You pack both results into one tensor; return the two side by side: estimate, error.""",
    _returned_otherwise(lambda ratios: torch.stack(_mean_and_error(ratios))),
    _returned_otherwise(lambda ratios: torch.stack(_mean_and_error(ratios), -1)),
)


EXERCISE.recognise(
    """You add the draws up where they are averaged: mean(0), not sum(0).""",
    _returned_otherwise(lambda ratios: (ratios.sum(0), ratios.std(0) / math.sqrt(len(ratios)))),
)


EXERCISE.recognise(
    """You return the single draws, (K, B); average them over axis 0.""",
    _returned_otherwise(lambda ratios: (ratios, ratios.std(0) / math.sqrt(len(ratios)))),
    _returned_otherwise(lambda ratios: (ratios, ratios.std(0))),
)


EXERCISE.recognise(
    """Your results keep an axis of length 1: drop the keepdim, (B,) is asked for.""",
    _returned_otherwise(lambda ratios: [one[None] for one in _mean_and_error(ratios)]),
    _returned_otherwise(lambda ratios: [one[:, None] for one in _mean_and_error(ratios)]),
)


EXERCISE.recognise(
    """Your estimate is one number for all images: draw `samples` times for each image, along a new first axis, average
    over that axis, and keep one estimate per image.""",
    _returned_otherwise(lambda ratios: _mean_and_error(ratios.flatten())),
)


EXERCISE.recognise(
    """You average over the images and keep the draws: the draws are axis 0.""",
    _returned_otherwise(lambda ratios: _mean_and_error(ratios.T)),
)


EXERCISE.recognise(
    """The estimate has the right shape; for its error you take the spread over the images, axis 1, where the
    draws, axis 0, are to be compared.""",
    _returned_otherwise(lambda ratios: (ratios.mean(0), ratios.std(1))),
)


EXERCISE.recognise(
    """The estimate is right; the variance divided by the number of draws is the square of its error: the root is
    missing.""",
    _returned_otherwise(lambda ratios: (ratios.mean(0), ratios.var(0) / len(ratios))),
)


EXERCISE.recognise(
    """You return one error for all images; each has its own: std(0), over the draws alone.""",
    _returned_otherwise(lambda ratios: (ratios.mean(0), ratios.std() / math.sqrt(len(ratios)))),
)
