"""Exercise 2.4: the KL by Monte Carlo."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, allclose, equal

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
        if not isinstance(returned, tuple | list) or len(returned) != 2:
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
    exact = allclose(estimate, kl_closed_form(MU, LOGVAR).double(), 1e-5)
    grows = bool((estimate / first).min() > 15)  # from 100 to 3000 draws
    finding = "the formula's number" if exact else "grows with the number of samples" if grows else "varies"
    yield Seen("the estimate", finding, given)
    if exact or grows:
        return
    yield Seen("two calls", "give the same" if equal(first, second) else "differ by chance", given)
    alike = bool((error < 1e-6).all())
    yield Seen("the standard error is", "0" if alike else "above 0", given)
    if alike:
        return
    of_one_draw = kl_monte_carlo(MU, LOGVAR, many)[1].double() * math.sqrt(many)
    shrinks, swapped = (
        bool((early / late).log().mean() > 0.9) for early, late in ((error_of_few, error), (first, estimate))
    )
    finding = "shrinks" if shrinks else "stays, and the estimate shrinks" if swapped else "stays"
    yield Seen("the standard error for more samples", finding, given)  # by the root of 30
    if swapped and not shrinks:
        return
    if not shrinks and 0.01 < (error / of_one_draw).mean() < 0.35:
        yield Seen("the number of samples", "has no effect", given)
        return
    numbers = (*at_small, 0.03, 0.06), (given, estimate, error, 0.08, 0.04)
    for finding, mean, strays, least, within_log in numbers:
        within = 7 * float(strays.max() / (1 + mean.abs().mean()))  # 5 sigma of a difference of two
        yield Seen("the estimate", mean, finding, max(least, min(0.3, within)))
        log_error = strays.clamp(min=1e-6).log()
        yield Seen("the logarithm of the standard error", log_error, finding, within_log)
    yield from _calibrated(answer)


WIDE = (
    torch.zeros(40, 5),
    torch.full((40, 5), 2.0),
)  # mu, logvar of 40 images, where log q - log p grows with eps**2


def _calibrated(answer: Answer, samples: int = 200, calls: int = 8) -> Iterator[Seen]:
    """Whether estimates of one KL differ as their standard errors say, and are as large as they should be."""
    given = f"40 images with mu = 0 and logvar = 2, samples = {samples}, {calls} times"
    pairs, failed = attempt(
        lambda: [
            tuple(map(as_tensor, answer(*(one.clone() for one in WIDE), samples))) for _ in range(calls)
        ],
        given,
    )
    if failed:
        yield failed
        return
    estimates, errors = (torch.stack(list(one)) for one in zip(*pairs, strict=True))  # (calls, 40)
    shared = bool((estimates.std(1) < 1e-6 * estimates.mean().abs()).all())
    yield Seen(
        "images with the same q(z|x)", "share their draws" if shared else "have draws of their own", given
    )
    true = kl_closed_form(*(one[:1] for one in WIDE)).item()
    yield Seen("the estimate over the true KL", (estimates.mean() / true).reshape(()), given, tolerance=0.04)
    yield Seen(
        "the logarithm of the standard error on average",
        errors.clamp(min=1e-6).log().mean(),
        given,
        tolerance=0.06,
    )
    spread = (estimates.std() / errors.mean().clamp(min=1e-6)).clamp(min=1e-6).log()
    if not shared:
        yield Seen(
            "the logarithm of how estimates spread over what their errors say", spread, given, tolerance=0.2
        )


EXERCISE = Exercise(
    number="2.4",
    title="The KL by Monte Carlo",
    task="""Estimate the same KL without its formula: draw z from q(z|x) and average log q(z|x) - log p(z). mu and
    logvar are (B, J); samples is the number of draws per image. Return the estimate and its standard error, each
    (B,). You can use reparameterize and log_density.""",
    minutes=12,
    difficulty=3,
    reference=kl_monte_carlo,
    probe=monte_carlo_probe,
    hints=(
        "A KL is an average over q of a difference of two log-densities: draw, take the difference, average.",
        "Give mu and logvar a new first axis: mu.expand(samples, *mu.shape) is (K, B, J), for K draws of each "
        "image.",
        "log_density sums over the latents, so the difference is (K, B). Which axis are the draws, and how does the "
        "error of their mean shrink with their number?",
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
    """Your estimate is minus the KL: the two log-densities are subtracted in the wrong order."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return _mean_and_error(log_pz - log_qz_x)


@EXERCISE.mistake
def monte_carlo_no_prior(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average log q(z|x) alone, so it makes no difference where mu lies: log p(z) is missing."""
    _, log_qz_x, _ = _log_ratios(mu, logvar, samples)
    return _mean_and_error(log_qz_x)


@EXERCISE.mistake
def monte_carlo_no_posterior(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average -log p(z) alone, so a narrow q(z|x) costs no more than a wide one: log q(z|x) is missing."""
    _, _, log_pz = _log_ratios(mu, logvar, samples)
    return _mean_and_error(-log_pz)


@EXERCISE.mistake
def monte_carlo_from_prior(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You draw z from the prior, but the KL is an average over q(z|x). From the prior, this estimates minus the
    reversed KL."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, logvar: torch.randn_like(mu))
    return _mean_and_error(log_qz_x - log_pz)


@EXERCISE.mistake
def monte_carlo_at_the_mean(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You evaluate the densities at mu without drawing, so every sample is the same and the standard error is 0."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, logvar: mu)
    return _mean_and_error(log_qz_x - log_pz)


@EXERCISE.mistake
def monte_carlo_spread_not_error(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The estimate is right; the second number is the standard deviation of a single draw, not the error of the
    mean."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(0), (log_qz_x - log_pz).std(0)


@EXERCISE.mistake
def monte_carlo_no_root(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The estimate is right; its error shrinks with the square root of the number of draws, but you divide by the
    number itself."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(0), (log_qz_x - log_pz).std(0) / samples


@EXERCISE.mistake
def monte_carlo_variance(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The estimate is right; for its error you use the variance where the standard deviation belongs."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(0), (log_qz_x - log_pz).var(0) / math.sqrt(samples)


@EXERCISE.mistake
def monte_carlo_mean_over_latents(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average over the latents; log-densities of independent latents add up."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return _mean_and_error((log_qz_x - log_pz) / mu.shape[-1])


@EXERCISE.mistake
def monte_carlo_seeded(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """Two calls give exactly the same number: a seed is set inside, or draws are kept. Without new draws nothing can
    be said about the error."""
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
    """This is the formula of the last exercise, not an estimate; the estimate is there to check it.""",
    lambda mu, logvar, samples: (kl_closed_form(mu, logvar), kl_monte_carlo(mu, logvar, samples)[1]),
)


EXERCISE.recognise(
    """You draw with exp(logvar), the variance, as the standard deviation, so the draws are not from q(z|x).""",
    _drawn_otherwise(lambda logvar: logvar.exp() * torch.randn_like(logvar)),
)


EXERCISE.recognise(
    """Your eps is uniform, from torch.rand; Gaussian noise comes from torch.randn.""",
    _drawn_otherwise(lambda logvar: (0.5 * logvar).exp() * torch.rand_like(logvar)),
)


EXERCISE.recognise(
    """All latents of a draw share one eps. The mean is right all the same, but its standard error is not.""",
    _drawn_otherwise(lambda logvar: (0.5 * logvar).exp() * torch.randn(*logvar.shape[:-1], 1)),
)


EXERCISE.recognise(
    """You pass log_density the standard deviation or the variance of q(z|x); it expects the logarithm of the
    variance, logvar.""",
    _measured_otherwise(lambda logvar: (0.5 * logvar).exp()),
    _measured_otherwise(torch.exp),
)


EXERCISE.recognise(
    """Your prior has a log-variance of 1; the prior's variance is 1, and the logarithm of 1 is 0.""",
    _measured_otherwise(lambda logvar: logvar, p_logvar=1.0),
)


EXERCISE.recognise(
    """You take the absolute value of log q(z|x) - log p(z). Single draws may be negative; only their average is the
    KL.""",
    _returned_otherwise(lambda ratios: _mean_and_error(ratios.abs())),
)


EXERCISE.recognise(
    """The number of draws is fixed; the argument samples has no effect.""",
    lambda mu, logvar, samples: kl_monte_carlo(mu, logvar, 1000),
)


EXERCISE.recognise(
    """You return the estimate alone; the task asks for its standard error too.""",
    _returned_otherwise(lambda ratios: ratios.mean(0)),
)


EXERCISE.recognise(
    """The two results are swapped: the estimate comes first, then its standard error.""",
    _returned_otherwise(lambda ratios: _mean_and_error(ratios)[::-1]),
)


EXERCISE.recognise(
    """You return both results in one tensor; return a pair: estimate, error.""",
    _returned_otherwise(lambda ratios: torch.stack(_mean_and_error(ratios))),
    _returned_otherwise(lambda ratios: torch.stack(_mean_and_error(ratios), -1)),
)


EXERCISE.recognise(
    """You add up the draws instead of averaging them.""",
    _returned_otherwise(lambda ratios: (ratios.sum(0), ratios.std(0) / math.sqrt(len(ratios)))),
)


EXERCISE.recognise(
    """You return one number per draw, (K, B), instead of the average over axis 0.""",
    _returned_otherwise(lambda ratios: (ratios, ratios.std(0) / math.sqrt(len(ratios)))),
    _returned_otherwise(lambda ratios: (ratios, ratios.std(0))),
)


EXERCISE.recognise(
    """Your results keep an axis of length 1, as with keepdim; the task asks for (B,).""",
    _returned_otherwise(lambda ratios: [one[None] for one in _mean_and_error(ratios)]),
    _returned_otherwise(lambda ratios: [one[:, None] for one in _mean_and_error(ratios)]),
)


EXERCISE.recognise(
    """Your estimate is one number for all images; the task asks for one per image, the average of its own draws.""",
    _returned_otherwise(lambda ratios: _mean_and_error(ratios.flatten())),
)


EXERCISE.recognise(
    """You average over axis 1, the images; the draws are axis 0.""",
    _returned_otherwise(lambda ratios: _mean_and_error(ratios.T)),
)


EXERCISE.recognise(
    """The estimate has the right shape; for its error you take the standard deviation over axis 1, the images,
    instead of axis 0, the draws.""",
    _returned_otherwise(lambda ratios: (ratios.mean(0), ratios.std(1))),
)


EXERCISE.recognise(
    """The estimate is right; the second number is the square of its standard error.""",
    _returned_otherwise(lambda ratios: (ratios.mean(0), ratios.var(0) / len(ratios))),
)


EXERCISE.recognise(
    """You return one error for all images; each image has its own, from its own draws.""",
    _returned_otherwise(lambda ratios: (ratios.mean(0), ratios.std() / math.sqrt(len(ratios)))),
)


EXERCISE.recognise(
    """All images share one eps, so their estimates go up and down together, and an average over them is less exact
    than it looks. Draw for each image: eps needs the shape (K, B, J).""",
    _drawn_otherwise(lambda logvar: (0.5 * logvar).exp() * torch.randn_like(logvar[:, :1])),
)


EXERCISE.recognise(
    """Your noise is too narrow: its std should be 1 before it is scaled. z then covers less than q(z|x).""",
    _drawn_otherwise(lambda logvar: 0.9 * (0.5 * logvar).exp() * torch.randn_like(logvar)),
    _drawn_otherwise(lambda logvar: 0.8 * (0.5 * logvar).exp() * torch.randn_like(logvar)),
    _drawn_otherwise(lambda logvar: 0.5 * (0.5 * logvar).exp() * torch.randn_like(logvar)),
)


EXERCISE.recognise(
    """Your eps is uniform with the variance 1: the estimate is nearly right, but its draws are not from q(z|x), and
    the error is not that of such draws. torch.randn is Gaussian.""",
    _drawn_otherwise(lambda logvar: (0.5 * logvar).exp() * math.sqrt(12) * (torch.rand_like(logvar) - 0.5)),
)


def _twice(logvar: Tensor, sign: float) -> Tensor:
    """Noise (K, B, J) whose second half repeats the first, with this sign."""
    eps = torch.randn_like(logvar[: (len(logvar) + 1) // 2])
    return (0.5 * logvar).exp() * torch.cat([eps, sign * eps])[: len(logvar)]


EXERCISE.recognise(
    """Your draws are not independent: each eps is used twice, as it is or with the other sign, so std / sqrt(K) is not
    the error of their average. Draw each one anew.""",
    _drawn_otherwise(lambda logvar: _twice(logvar, -1.0)),
    _drawn_otherwise(lambda logvar: _twice(logvar, 1.0)),
)


EXERCISE.recognise(
    """You draw once for each image and repeat that draw, so all samples are the same, and the standard error is 0.
    Expand mu and logvar first, then draw.""",
    _drawn_otherwise(lambda logvar: (0.5 * logvar).exp() * torch.randn_like(logvar[:1])),
)
