"""Exercise 4.5: which latents are active."""

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import writes_into
from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each

SPREADS = torch.tensor([-1.2, 0.9, -0.3, 1.5, -0.8, 0.4, -0.5])  # (N,) average 0


ONE_STANDS_OUT = torch.tensor([-0.1, -0.1, -0.1, 0.6, -0.1, -0.1, -0.1])  # (N,) average 0


UP_AND_DOWN = torch.tensor([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0, -1.0])  # (N,) the same size everywhere


MUS = torch.stack(  # (N, J) = (7, 10)
    [
        0.115 * SPREADS,  # variance 0.011 or 0.012, just above 0.01
        0.1 * SPREADS + 0.5,  # 0.008 or 0.009, just below
        0.002 * SPREADS + 3.0,  # a large constant
        0.03 * SPREADS - 0.004,  # 0.001: its std is above 0.01, its mean is not
        0.9 * SPREADS - 0.4,  # 0.7
        0.8 * UP_AND_DOWN,  # 0.7, but its absolute value never changes
        0.03 * ONE_STANDS_OUT,  # a std of 0.008
        0.045 * ONE_STANDS_OUT,  # a std of 0.012, a mean distance of 0.008
        0.008 * SPREADS + 0.002,  # a std of 0.008, a mean distance of 0.006
        0.3 * ONE_STANDS_OUT + 0.02,  # 0.006
    ],
    1,
)


def active(mu: Tensor, threshold: float = 0.01) -> Tensor:
    """Which latents move with the image: True (J,) where mu (N, J) varies over images by more than threshold."""
    return mu.var(0) > threshold


def _flags(result: object, _inputs: Mapping[str, object]) -> tuple[Tensor | str, str]:
    """What is returned, where zeros and ones are no flags: as an index they would pick latents 0 and 1."""
    value = as_tensor(result)
    if isinstance(value, Tensor) and value.numel() and ((value == 0) | (value == 1)).all():
        kind = result.dtype if isinstance(result, Tensor | np.ndarray) else torch.as_tensor(result).dtype
        if "bool" not in str(kind):
            return f"zeros and ones of type {str(kind).removeprefix('torch.')}", ""
    return value, ""


def active_probe(answer: Answer) -> Iterator[Seen]:
    """As each, but a list of 0-dim tensors passes for a tensor."""

    def in_one_piece(mu: Tensor, threshold: float) -> object:
        flags = answer(mu, threshold)
        if isinstance(flags, list | tuple) and flags and all(isinstance(flag, Tensor) for flag in flags):
            return torch.stack(list(flags))
        return flags

    yield from each(
        {"mu": torch.tensor([[2.4], [2.1], [2.7]]), "threshold": 0.01},
        {"mu": torch.tensor([[2.4], [2.43], [2.37]]), "threshold": 0.01},
        {"mu": torch.tensor([[2.4, 0.3], [2.43, -0.2], [2.37, 0.5]]), "threshold": 0.01},
        {"mu": MUS, "threshold": 0.01},
        {"mu": MUS, "threshold": 0.3},
        reading=_flags,
    )(in_one_piece)


EXERCISE = Exercise(
    number="4.5",
    title="Warm-up: active units",
    task="""Write active(mu, threshold=0.01): mu (N, J) holds the codes of N images. Return True or False for each
    latent, (J,): True where the variance of its mu over the images is above threshold (Burda et al. 2016).""",
    minutes=2,
    difficulty=1,
    reference=active,
    probe=active_probe,
    hints=(
        "An inactive latent has the same mu for every image, whatever that value is. What measures how much a column "
        "changes?",
        "The variance over the images: the mean squared distance from the column's own mean. Images are axis 0.",
        "One variance per column, each compared with threshold. Test yourself: a column that is 3 for every image "
        "must give False.",
    ),
)


EXERCISE.recognise(
    """You compare the standard deviation, but the threshold is for the variance, its square: a latent with a std of
    0.05, a variance of 0.0025, comes out active.""",
    lambda mu, threshold: mu.std(0) > threshold,
)


EXERCISE.recognise(
    """You take the variance along axis 1, over the latents of one image, so you return one answer per image: images are
    axis 0.""",
    lambda mu, threshold: mu.var(1, correction=0) > threshold,
)


EXERCISE.recognise(
    """You average mu squared, so a latent whose mu is 3 for every image counts as active: its mean is part of what you
    measure.""",
    lambda mu, threshold: (mu**2).mean(0) > threshold,
)


EXERCISE.recognise(
    """You compare the absolute value of each latent's mean, which does not show whether mu changes from image to
    image.""",
    lambda mu, threshold: mu.mean(0).abs() > threshold,
)


EXERCISE.recognise(
    """You compare each latent's mean with threshold; a mean says where mu is, not whether it changes.""",
    lambda mu, threshold: mu.mean(0) > threshold,
)


EXERCISE.recognise(
    """You average the absolute value of mu, so a latent whose mu is 3 for every image counts as active although it
    never changes.""",
    lambda mu, threshold: mu.abs().mean(0) > threshold,
)


EXERCISE.recognise(
    """You ask whether mu exceeds threshold for some image, up or down; a latent whose mu is 3 for every image passes
    and never changes.""",
    lambda mu, threshold: (mu.abs() > threshold).any(0),
)


EXERCISE.recognise(
    """Your answer is inverted: True marks the inactive latents.""",
    lambda mu, threshold: mu.var(0) < threshold,
)


EXERCISE.recognise(
    """You return the number of active latents; the task asks which ones they are.""",
    lambda mu, threshold: (mu.var(0) > threshold).sum(),
)


EXERCISE.recognise(
    """You return the share of active latents; the task asks for True or False for each one.""",
    lambda mu, threshold: (mu.var(0) > threshold).float().mean(),
)


EXERCISE.recognise(
    """You return the indices of the active latents; the task asks for True or False for each latent, (J,).""",
    lambda mu, threshold: (mu.var(0) > threshold).nonzero().flatten(),
)


EXERCISE.recognise(
    """These are the variances themselves (with N - 1 in the denominator), not yet compared with threshold.""",
    lambda mu, threshold: mu.var(0),
)


EXERCISE.recognise(
    """These are the variances themselves, not yet compared with threshold.""",
    lambda mu, threshold: mu.var(0, correction=0),
)


EXERCISE.recognise(
    """You drop the sign of mu before taking the variance, so a latent that jumps between -0.8 and 0.8 seems
    constant.""",
    lambda mu, threshold: mu.abs().var(0) > threshold,
)


EXERCISE.recognise(
    """You compare the range of mu, its maximum minus its minimum: it is not squared, and a single unusual image decides
    it.""",
    lambda mu, threshold: mu.max(0).values - mu.min(0).values > threshold,
)


EXERCISE.recognise(
    """You average the distance from the mean without squaring it, so threshold is compared with a different
    quantity.""",
    lambda mu, threshold: (mu - mu.mean(0)).abs().mean(0) > threshold,
)


EXERCISE.recognise(
    """You add up the squared distances from the mean, so with enough images every latent is active.""",
    lambda mu, threshold: ((mu - mu.mean(0)) ** 2).sum(0) > threshold,
)


EXERCISE.recognise(
    """This is the part of the KL that comes from mu, half its mean square. A constant mu has such a KL too, and carries
    nothing.""",
    lambda mu, threshold: 0.5 * (mu**2).mean(0) > threshold,
)


EXERCISE.recognise(
    """You take one variance of the whole tensor, so you return a single answer instead of one per latent.""",
    lambda mu, threshold: mu.var() > threshold,
)


EXERCISE.recognise(
    """You subtract the mean of the whole tensor from every latent, so a latent that is constant at another value seems
    to vary.""",
    lambda mu, threshold: ((mu - mu.mean()) ** 2).mean(0) > threshold,
)


EXERCISE.recognise(
    """You always compare with 0.01, whatever threshold is.""",
    lambda mu, threshold: mu.var(0) > 0.01,
)


EXERCISE.mistake(writes_into(active, 0))


EXERCISE.recognise(
    """Right, but these are the numbers 0 and 1: used as an index, like kl[:, active], they would pick latents 0 and 1
    over and over. A comparison gives True and False; leave .int() and .float() out.""",
    lambda mu, threshold: (mu.var(0) > threshold).float(),
    lambda mu, threshold: (mu.var(0) > threshold).long(),
    lambda mu, threshold: (mu.var(0) > threshold).int(),
)


EXERCISE.recognise(
    """You compare each variance with a share of the largest one; threshold is the variance itself.""",
    lambda mu, threshold: mu.var(0) / mu.var(0).max() > threshold,
    lambda mu, threshold: mu.var(0) / mu.var(0).sum() > threshold,
)
