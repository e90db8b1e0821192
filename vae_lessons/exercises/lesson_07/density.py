"""Exercise 7.5: build a density from codes."""

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, equal
from torch.distributions import Normal

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt
from vae_lessons.mixture import fit_mixture

CODES, NEW, SHARE = 3_000, 4_000, 0.7  # codes to fit, codes to measure with, share of the possible gain


def density_of(codes: Tensor) -> tuple[Callable[[Tensor], Tensor], Callable[[int], Tensor]]:
    """A density fitted to codes (N, J): its log_prob, (B, J) -> (B,), and its sample, n -> (n, J)."""
    mixture = fit_mixture(codes, 12)
    return mixture.log_prob, lambda n: mixture.sample((n,))


def _draw(n: int, generator: torch.Generator) -> Tensor:
    """Codes (n, 3): a cross in the first two latents, and a wave in the third."""
    first, noise = torch.randn(n, generator=generator), torch.randn(n, 2, generator=generator)
    sign = 2.0 * torch.randint(2, (n,), generator=generator) - 1
    return torch.stack(
        [first, 0.98 * sign * first + 0.2 * noise[:, 0], torch.sin(2 * first) + 0.3 * noise[:, 1]], 1
    )


def _true_log_density(z: Tensor) -> Tensor:
    first, second, third = z.unbind(1)
    bars = torch.stack([Normal(s * 0.98 * first, 0.2).log_prob(second) for s in (-1, 1)])
    return (
        Normal(0.0, 1.0).log_prob(first)
        + bars.logsumexp(0)
        - math.log(2)
        + Normal(torch.sin(2 * first), 0.3).log_prob(third)
    )


def _probe(answer: Answer) -> Iterator[Seen]:
    given = f"{CODES} codes with 3 latents"
    generator = torch.Generator().manual_seed(7)
    codes, new = _draw(CODES, generator), _draw(NEW, generator)
    made, failed = attempt(lambda: answer(codes.clone()), given)
    if failed or made is None:
        yield failed or Seen("the result", "None", given)
        return
    if not (isinstance(made, tuple | list) and len(made) == 2 and all(map(callable, made))):
        yield Seen("the result", "no pair of functions", given, words=f"a {type(made).__name__}")
        return
    yield Seen("the result", "two functions", given)
    log_prob, sample = made
    wide = 2.5 * torch.randn(60_000, 3, generator=generator)
    found, failed = attempt(
        lambda: (_in_parts(log_prob, new), _in_parts(log_prob, wide), as_tensor(sample(2_000))), given
    )
    if failed:
        yield failed
        return
    at_new, at_wide, drawn = found
    shapes = [tuple(one.shape) if isinstance(one, Tensor) else one for one in found]
    right = shapes == [(NEW,), (len(wide),), (2_000, 3)]
    yield Seen(
        "shapes of log_prob(z) and sample(2000)",
        "right" if right else "wrong",
        given,
        words=f"{shapes[0]}, {shapes[2]}",
    )
    if not right:
        return
    total = (at_wide - Normal(0.0, 2.5).log_prob(wide).sum(1)).exp().mean().item()
    size = "one" if 0.9 < total < 1.1 else "more" if total >= 1.1 else "less" if total <= 0.9 else "no number"
    yield Seen(
        "the integral of the density", size, given, words=f"{total:.2f}" if size != "one" else "about 1"
    )
    if size != "one":
        return
    prior = Normal(0.0, 1.0).log_prob(new).sum(1)
    gain, possible = (at_new - prior).mean().item(), (_true_log_density(new) - prior).mean().item()
    part = gain / possible
    yield Seen(
        "the gain on new codes",
        "enough" if part >= SHARE else "some" if part > 0.02 else "none" if part > -0.5 else "loss",
        given,
        words=f"at least {SHARE * possible:.1f} nats" if part >= SHARE else f"{gain:.2f} nats",
    )
    drawn = drawn.float()
    copies = (torch.cdist(drawn, codes).min(1).values < 1e-4).float().mean().item()
    yield Seen(
        "draws that are copies of codes", "few" if copies < 0.05 else "many", given, words=f"{copies:.0%}"
    )
    alike = len(drawn.unique(dim=0)) < 0.9 * len(drawn)
    yield Seen("draws that are alike", "many" if alike else "few", given)
    if alike:
        return
    again, failed = attempt(lambda: as_tensor(sample(2_000)), given)
    repeats = not failed and isinstance(again, Tensor) and equal(again.float(), drawn)
    yield failed or Seen("two calls of sample", "give the same codes" if repeats else "draw anew", given)
    typical = _true_log_density(drawn).clamp(min=-30).mean().item() - _true_log_density(new).mean().item()
    spread = (drawn.std(0) / new.std(0)).min().item()
    fits = typical > -4 and spread > 0.7
    yield Seen("draws where codes are", "yes" if fits else "no", given)


def _in_parts(log_prob: Callable[[Tensor], object], z: Tensor) -> Tensor | str:
    """log_prob of z (B, 3), in parts small enough for a density that compares each z with each code."""
    parts = [as_tensor(log_prob(part.clone())) for part in z.split(2_000)]
    odd = [part for part in parts if isinstance(part, str) or part.ndim != 1]
    return odd[0] if odd else torch.cat(parts)


EXERCISE = Exercise(
    number="7.5",
    title="Build: a density for codes",
    task="""You are given codes (N, 3) whose latents depend on each other, by no straight line. Build a density for
    them: density_of(codes) returns a pair of functions, log_prob and sample. log_prob(z) takes (B, 3) and returns
    (B,), in nats; sample(n) returns n new codes, (n, 3). It must be a density (its integral is 1), gain at least 70 %
    of what is possible on new codes, over N(0, I), and its samples must be new and lie where codes lie. Any method
    will do.""",
    minutes=20,
    difficulty=3,
    reference=density_of,
    probe=_probe,
    hints=(
        "Draw the codes first, two latents at a time. What would one Gaussian miss?",
        "Many small Gaussians can follow any shape. How many, and how wide, is what a few held-out codes can tell you.",
        "fit_mixture of this lesson will do with the right number of components. A Gaussian around every code, all of "
        "one width, will do as well.",
    ),
    seconds=60,
)


@EXERCISE.mistake
def one_gaussian(codes):
    """One Gaussian: on new codes it gains a little, what means, variances and correlations tell. The shape is
    missing."""
    gaussian = torch.distributions.MultivariateNormal(codes.mean(0), torch.cov(codes.T))
    return gaussian.log_prob, lambda n: gaussian.sample((n,))


@EXERCISE.mistake
def the_prior(codes):
    """This is the prior, whatever the codes are: nothing is gained."""
    prior = Normal(0.0, 1.0)
    return lambda z: prior.log_prob(z).sum(1), lambda n: torch.randn(n, codes.shape[1])


@EXERCISE.mistake
def no_density(codes):
    """Your function integrates to more than 1, so it is no density: a constant added to log_prob would raise any
    gain."""
    log_prob, sample = density_of(codes)
    return lambda z: log_prob(z) + 1, sample


@EXERCISE.mistake
def too_small(codes):
    """Your function integrates to less than 1: a part of the normalising constant is counted twice, or a weight is
    missing."""
    log_prob, sample = density_of(codes)
    return lambda z: log_prob(z) - 1, sample


@EXERCISE.mistake
def redraws(codes):
    """Your samples are the codes that you were given. A density must be able to draw new ones."""
    log_prob, _ = density_of(codes)
    return log_prob, lambda n: codes[torch.randint(len(codes), (n,))]


@EXERCISE.mistake
def samples_of_another(codes):
    """log_prob is good, but sample draws from something else: its codes lie where no codes are."""
    log_prob, _ = density_of(codes)
    return log_prob, lambda n: torch.randn(n, codes.shape[1])


@EXERCISE.mistake
def one_function(codes):
    """You return one thing; two functions are asked, log_prob and sample, in this order."""
    return fit_mixture(codes, 12)


@EXERCISE.mistake
def one_number(codes):
    """The shapes do not fit: log_prob gives one number per code, (B,), and sample gives (n, 3)."""
    log_prob, sample = density_of(codes)
    return lambda z: log_prob(z).mean(), sample


@EXERCISE.mistake
def without_noise(codes):
    """The density is right, but sample returns the means of the components themselves, a few points over and over: a
    draw of a mixture is a component's mean and its noise."""
    mixture = fit_mixture(codes, 12)
    means = mixture.component_distribution.mean
    return mixture.log_prob, lambda n: means[mixture.mixture_distribution.sample((n,))]


@EXERCISE.mistake
def same_draws(codes):
    """A seed is set in sample, so every call returns the same codes."""
    log_prob, sample = density_of(codes)

    def frozen(n):
        torch.manual_seed(0)
        return sample(n)

    return log_prob, frozen
