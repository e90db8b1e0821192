"""Exercise 2.8: derive the KL between two Gaussians."""

import math

import torch
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def kl_between(mu_q: Tensor, logvar_q: Tensor, mu_p: Tensor, logvar_p: Tensor) -> Tensor:
    """KL(q || p) of diagonal Gaussians, all four (B, J): (B,) in nats."""
    squared_distance = (mu_q - mu_p) ** 2 / logvar_p.exp()  # (B, J), in standard deviations of p
    ratio = (logvar_q - logvar_p).exp()  # (B, J)
    return 0.5 * (squared_distance + ratio - 1 - (logvar_q - logvar_p)).sum(1)


def _inputs(mu_q: list, logvar_q: list, mu_p: list, logvar_p: list) -> dict[str, Tensor]:
    values = (torch.tensor(numbers) for numbers in (mu_q, logvar_q, mu_p, logvar_p))
    return dict(zip(("mu_q", "logvar_q", "mu_p", "logvar_p"), values, strict=True))


EXERCISE = Exercise(
    number="2.8",
    title="Derive: the KL of two Gaussians",
    task="""This lesson derives the KL of N(mu, sigma**2) from N(0, 1). Derive it for any second Gaussian: write
    kl_between(mu_q, logvar_q, mu_p, logvar_p), the KL of q = N(mu_q, diag(exp(logvar_q))) from p = N(mu_p,
    diag(exp(logvar_p))), all (B, J). Return one number per image, (B,), in nats.""",
    minutes=12,
    difficulty=3,
    reference=kl_between,
    probe=each(
        _inputs([[0.7]], [[-0.4]], [[0.0]], [[0.0]]),
        _inputs([[0.7]], [[-0.4]], [[-0.5]], [[0.6]]),
        _inputs([[0.3]], [[0.8]], [[0.3]], [[-0.7]]),
        _inputs([[0.7, -1.3, 0.1]], [[-0.4, 0.9, 0.2]], [[0.2, -1.0, 1.1]], [[0.5, -0.8, 0.3]]),
        _inputs(
            [[0.4, -0.2], [1.5, 0.6], [-0.3, 0.9]],
            [[0.1, -1.2], [0.7, 0.4], [-0.6, 0.2]],
            [[-0.4, 0.3], [0.5, 0.1], [0.8, -0.7]],
            [[0.9, 0.2], [-0.5, 1.1], [0.3, -0.2]],
        ),
        gradients=["mu_q", "logvar_q", "mu_p", "logvar_p"],
    ),
    hints=(
        "Write both log-densities of one latent and subtract. Which terms depend on z?",
        "You need the averages, over z from q, of (z - mu_q)**2 and of (z - mu_p)**2. For the second one, write "
        "z - mu_p as (z - mu_q) + (mu_q - mu_p).",
        "Test your result on two cases that you know: it is 0 when both Gaussians are equal, and the formula of the "
        "lesson when the second one is the prior.",
    ),
)


def _kl(squared_distance: object, ratio: object, log_ratio: object, constant: float = 1.0) -> Tensor:
    return (0.5 * (squared_distance + ratio - constant - log_ratio)).sum(1)


EXERCISE.recognise(
    """You do not divide the squared distance of the means by a variance. Which of the two variances does log p(z)
    divide by?""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(
        (mu_q - mu_p) ** 2, (logvar_q - logvar_p).exp(), logvar_q - logvar_p
    ),
)


EXERCISE.recognise(
    """You divide the squared distance of the means by the variance of q. Which variance does log p(z) divide by?""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(
        (mu_q - mu_p) ** 2 / logvar_q.exp(), (logvar_q - logvar_p).exp(), logvar_q - logvar_p
    ),
)


EXERCISE.recognise(
    """You divide the squared distance by the standard deviation of p, not by its variance.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(
        (mu_q - mu_p) ** 2 / (0.5 * logvar_p).exp(), (logvar_q - logvar_p).exp(), logvar_q - logvar_p
    ),
)


EXERCISE.recognise(
    """This is the KL of p from q. A KL has a direction: the average is over z from q.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: kl_between(mu_p, logvar_p, mu_q, logvar_q),
)


EXERCISE.recognise(
    """The ratio of the two variances is inverted.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(
        (mu_q - mu_p) ** 2 / logvar_p.exp(), (logvar_p - logvar_q).exp(), logvar_q - logvar_p
    ),
)


EXERCISE.recognise(
    """The logarithm of the ratio has the wrong sign: the KL must grow as q becomes narrower than p.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(
        (mu_q - mu_p) ** 2 / logvar_p.exp(), (logvar_q - logvar_p).exp(), logvar_p - logvar_q
    ),
)


EXERCISE.recognise(
    """The variance of p does not appear: this is the KL from a Gaussian around mu_p with variance 1.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl((mu_q - mu_p) ** 2, logvar_q.exp(), logvar_q),
)


EXERCISE.recognise(
    """p does not appear at all: this is the KL from the prior N(0, I), the formula of the lesson.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(mu_q**2, logvar_q.exp(), logvar_q),
)


EXERCISE.recognise(
    """The mean of p does not appear: what counts is the distance between the two means.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(
        mu_q**2 / logvar_p.exp(), (logvar_q - logvar_p).exp(), logvar_q - logvar_p
    ),
)


EXERCISE.recognise(
    """You subtract the squares of the means instead of squaring their difference.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(
        (mu_q**2 - mu_p**2) / logvar_p.exp(), (logvar_q - logvar_p).exp(), logvar_q - logvar_p
    ),
)


EXERCISE.recognise(
    """The distance of the means is not squared.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(
        (mu_q - mu_p).abs() / logvar_p.exp(), (logvar_q - logvar_p).exp(), logvar_q - logvar_p
    ),
)


EXERCISE.recognise(
    """The -1 is missing, so two equal Gaussians have a KL of half a nat per latent instead of 0.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(
        (mu_q - mu_p) ** 2 / logvar_p.exp(), (logvar_q - logvar_p).exp(), logvar_q - logvar_p, constant=0.0
    ),
)


EXERCISE.recognise(
    """The factor of one half is missing.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: 2 * kl_between(mu_q, logvar_q, mu_p, logvar_p),
)


EXERCISE.recognise(
    """Your KL is negative, which no KL can be: the two log-densities are subtracted in the wrong order.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: -kl_between(mu_q, logvar_q, mu_p, logvar_p),
)


EXERCISE.recognise(
    """You use exp(logvar) as the standard deviation; it is the variance already.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: kl_between(mu_q, 2 * logvar_q, mu_p, 2 * logvar_p),
)


EXERCISE.recognise(
    """You use logvar where the variance belongs, but logvar may be negative.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(
        (mu_q - mu_p) ** 2 / logvar_p, logvar_q / logvar_p, logvar_q - logvar_p
    ),
)


EXERCISE.recognise(
    """The term with the ratio of the variances is missing: the average of (z - mu_q)**2 over q is not 0.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl((mu_q - mu_p) ** 2 / logvar_p.exp(), 0.0, logvar_q - logvar_p),
)


EXERCISE.recognise(
    """The logarithm of the ratio is missing: the two Gaussians have different normalising constants.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(
        (mu_q - mu_p) ** 2 / logvar_p.exp(), (logvar_q - logvar_p).exp(), 0.0
    ),
)


EXERCISE.recognise(
    """The distance between the means is missing: two Gaussians of equal width in different places are different.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: _kl(0.0, (logvar_q - logvar_p).exp(), logvar_q - logvar_p),
)


EXERCISE.recognise(
    """You average over the latents; the KLs of independent latents add up.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: kl_between(mu_q, logvar_q, mu_p, logvar_p) / mu_q.shape[1],
)


EXERCISE.recognise(
    """You return one number per latent; the task asks for one number per image, (B,).""",
    lambda mu_q, logvar_q, mu_p, logvar_p: (
        0.5 * ((mu_q - mu_p) ** 2 / logvar_p.exp() + (logvar_q - logvar_p).exp() - 1 - (logvar_q - logvar_p))
    ),
)


EXERCISE.recognise(
    """You average over the batch; the task asks for one number per image, (B,).""",
    lambda mu_q, logvar_q, mu_p, logvar_p: kl_between(mu_q, logvar_q, mu_p, logvar_p).mean(),
)


EXERCISE.recognise(
    """You add up all images; the task asks for one number per image, (B,).""",
    lambda mu_q, logvar_q, mu_p, logvar_p: kl_between(mu_q, logvar_q, mu_p, logvar_p).sum(),
)


EXERCISE.recognise(
    """Your result is in bits, with the logarithm to base 2; this course uses nats, with the natural logarithm.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: kl_between(mu_q, logvar_q, mu_p, logvar_p) / math.log(2),
)


EXERCISE.recognise(
    """You divide by the standard deviation of p, exp(logvar_p / 2), where its variance belongs.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: (
        0.5
        * (logvar_p - logvar_q + (logvar_q.exp() + (mu_q - mu_p) ** 2) / (0.5 * logvar_p).exp() - 1).sum(1)
    ),
)


EXERCISE.recognise(
    """This is a difference of two KLs from N(0, I). It is right where p is N(0, I) and where p equals q, but not in
    between: the distance of the two means, in units of p's width, is missing.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: (
        0.5 * (mu_q**2 + logvar_q.exp() - logvar_q - mu_p**2 - logvar_p.exp() + logvar_p).sum(1)
    ),
)


EXERCISE.recognise(
    """You add the two means; what counts is their distance, mu_q - mu_p.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: kl_between(mu_q, logvar_q, -mu_p, logvar_p),
)


EXERCISE.recognise(
    """You average the KL of q from p and that of p from q; the task asks for the first alone.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: (
        0.5 * (kl_between(mu_q, logvar_q, mu_p, logvar_p) + kl_between(mu_p, logvar_p, mu_q, logvar_q))
    ),
)


EXERCISE.recognise(
    """You add the KL of q from p and that of p from q; the task asks for the first alone.""",
    lambda mu_q, logvar_q, mu_p, logvar_p: (
        kl_between(mu_q, logvar_q, mu_p, logvar_p) + kl_between(mu_p, logvar_p, mu_q, logvar_q)
    ),
)
