"""Exercise 7.2: derive what a fitted Gaussian gains over the prior."""

import torch
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def gaussian_gain(mean: Tensor, covariance: Tensor) -> Tensor:
    """Nats per code by which N(mean, covariance) beats N(0, I) on codes with this mean (J,) and covariance (J, J)."""
    return 0.5 * (covariance.diagonal().sum() + mean @ mean - len(mean) - torch.logdet(covariance))


MEAN = torch.tensor([0.4, -0.7, 1.1])
ROOT = torch.tensor([[0.9, 0.0, 0.0], [0.5, 1.3, 0.0], [-0.3, 0.2, 0.6]])

EXERCISE = Exercise(
    number="7.2",
    title="Derive: what a Gaussian gains",
    task="""Codes have the mean m (J,) and the covariance S (J, J). How much higher is their average log-density under
    N(m, S) than under the prior N(0, I)? Write gaussian_gain(mean, covariance), one number in nats per code, without
    drawing anything. (The average of a quadratic form depends on mean and covariance alone.)""",
    minutes=10,
    difficulty=2,
    reference=gaussian_gain,
    probe=each(
        {"mean": torch.tensor([0.6]), "covariance": torch.tensor([[0.5]])},
        {"mean": torch.zeros(2), "covariance": torch.tensor([[1.0, 0.7], [0.7, 1.0]])},
        {"mean": MEAN, "covariance": ROOT @ ROOT.T},
    ),
    hints=(
        "Write both log-densities down. Which parts cancel, and which averages are left?",
        "The average of |z|^2 over the codes is trace(S) + |m|^2. What is the average of (z - m)' S^-1 (z - m)?",
        "Check the case J = 1 against the KL of lesson 02, and S = I with m = 0, where nothing is gained.",
    ),
)


EXERCISE.recognise(
    """The sign is inverted: on its own codes a fitted Gaussian cannot be worse than the prior.""",
    lambda mean, covariance: -gaussian_gain(mean, covariance),
)


EXERCISE.recognise(
    """The one half in front is missing.""",
    lambda mean, covariance: 2 * gaussian_gain(mean, covariance),
)


EXERCISE.recognise(
    """The average of (z - m)' S^-1 (z - m), which is J, is missing.""",
    lambda mean, covariance: gaussian_gain(mean, covariance) + len(mean) / 2,
)


EXERCISE.recognise(
    """The logarithm of the determinant is missing: a narrow density is higher.""",
    lambda mean, covariance: 0.5 * (covariance.trace() + mean @ mean - len(mean)),
)


EXERCISE.recognise(
    """The sign of the logarithm of the determinant is inverted: a narrower Gaussian has a higher density.""",
    lambda mean, covariance: 0.5 * (covariance.trace() + mean @ mean - len(mean) + torch.logdet(covariance)),
)


EXERCISE.recognise(
    """The mean is missing: the prior is centred on 0, and codes around m lie farther from it.""",
    lambda mean, covariance: 0.5 * (covariance.trace() - len(mean) - torch.logdet(covariance)),
)


EXERCISE.recognise(
    """You use the variances alone. What the latents have to do with each other stands beside the diagonal, and changes
    the determinant.""",
    lambda mean, covariance: (
        0.5 * (covariance.trace() + mean @ mean - len(mean) - covariance.diagonal().log().sum())
    ),
)


EXERCISE.recognise(
    """You use the determinant itself; the density contains its logarithm.""",
    lambda mean, covariance: 0.5 * (covariance.trace() + mean @ mean - len(mean) - torch.det(covariance)),
)


EXERCISE.recognise(
    """You add up the mean; what counts is its squared length.""",
    lambda mean, covariance: 0.5 * (covariance.trace() + mean.sum() - len(mean) - torch.logdet(covariance)),
)


EXERCISE.recognise(
    """This is the log-density under N(m, S) alone: that under the prior is not subtracted.""",
    lambda mean, covariance: (
        -0.5 * (len(mean) * (1 + torch.log(torch.tensor(2 * torch.pi))) + torch.logdet(covariance))
    ),
)


EXERCISE.recognise(
    """Your result is in bits: use the natural logarithm throughout.""",
    lambda mean, covariance: gaussian_gain(mean, covariance) / torch.log(torch.tensor(2.0)),
)


def _gain(
    mean: Tensor, trace: Tensor | float, square: Tensor | float, logdet: Tensor, count: float
) -> Tensor:
    return 0.5 * (trace + square - count - logdet)


EXERCISE.recognise(
    """You add up all entries of the covariance; the average squared distance has those on the diagonal alone, the
    trace.""",
    lambda mean, covariance: _gain(mean, covariance.sum(), mean @ mean, covariance.logdet(), len(mean)),
)


EXERCISE.recognise(
    """This is the KL of the prior from N(m, S). The codes are distributed like N(m, S), so it is the KL the other way
    round.""",
    lambda mean, covariance: _gain(
        mean,
        torch.linalg.inv(covariance).trace(),
        mean @ torch.linalg.inv(covariance) @ mean,
        -covariance.logdet(),
        len(mean),
    ),
)


EXERCISE.recognise(
    """You use the length of the mean where its square belongs.""",
    lambda mean, covariance: _gain(mean, covariance.trace(), mean.norm(), covariance.logdet(), len(mean)),
)


EXERCISE.recognise(
    """You divide by the number of latents; asked is the gain of a whole code.""",
    lambda mean, covariance: gaussian_gain(mean, covariance) / len(mean),
)


for _count in (1, 2, 8, 16, 20):
    EXERCISE.recognise(
        f"""The number of latents, {_count}, is written into your formula; codes may have any.""",
        lambda mean, covariance, count=_count: _gain(
            mean, covariance.trace(), mean @ mean, covariance.logdet(), count
        ),
    )


EXERCISE.recognise(
    """You treat S as if it were a root of itself, as a Cholesky factor is: its squares are added, and the logarithms of
    its diagonal counted in full. S is the covariance already.""",
    lambda mean, covariance: (
        0.5 * ((covariance**2).sum() + mean @ mean - len(mean)) - covariance.diagonal().log().sum()
    ),
)
