"""Exercise 4.5: which latents are active."""

from collections.abc import Iterator

import torch
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import writes_into
from vae_lessons.exercises.engine.comparing import Answer, Seen
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
    )(in_one_piece)


EXERCISE = Exercise(
    number="4.5",
    title="Who is awake?",
    task="""Write active(mu, threshold=0.01): mu (N, J) holds the codes of N images. Return J times True or False: True
    where the variance of mu over images is above threshold (the active units of Burda et al. 2016).""",
    minutes=5,
    difficulty=1,
    reference=active,
    probe=active_probe,
    hints=(
        "A sleeping latent says the same about every image, whatever that is: what measures how much a column changes?",
        "The variance over images: mean squared distance from the column's own mean. Images are axis 0.",
        "mu.var(0) is (J,); comparing it with threshold gives True or False for each latent.",
    ),
)


EXERCISE.recognise(
    """You compare the standard deviation; the threshold is meant for the variance, its square. A std of 0.05 is a
    variance of 0.0025: asleep.""",
    lambda mu, threshold: mu.std(0) > threshold,
)


EXERCISE.recognise(
    """You take the variance over the latents of each image, axis 1, and get one answer per image: images are axis
    0.""",
    lambda mu, threshold: mu.var(1, correction=0) > threshold,
)


EXERCISE.recognise(
    """You average mu squared, so a latent that says 3 about every image seems wide awake: subtract its mean first.""",
    lambda mu, threshold: (mu**2).mean(0) > threshold,
)


EXERCISE.recognise(
    """You look at where a latent lies on average, its mean; it is awake if it changes from image to image: the
    variance.""",
    lambda mu, threshold: mu.mean(0).abs() > threshold,
)


EXERCISE.recognise(
    """You compare the mean of each latent; it is awake if it changes from image to image, wherever its mean is: the
    variance.""",
    lambda mu, threshold: mu.mean(0) > threshold,
)


EXERCISE.recognise(
    """You average the size of mu without its sign; a latent that says 3 about every image is large and asleep.
    Measure how it changes: the variance.""",
    lambda mu, threshold: mu.abs().mean(0) > threshold,
)


EXERCISE.recognise(
    """You ask whether mu is above threshold for some image; a latent that says 3 about every image passes, and is
    asleep. Measure how it changes: the variance.""",
    lambda mu, threshold: (mu.abs() > threshold).any(0),
)


EXERCISE.recognise(
    """You mark the latents that sleep: those above the threshold are awake.""",
    lambda mu, threshold: mu.var(0) < threshold,
)


EXERCISE.recognise(
    """You return how many are awake; asked is which, J times True or False. (Their sum is the count.)""",
    lambda mu, threshold: (mu.var(0) > threshold).sum(),
)


EXERCISE.recognise(
    """You return the share that is awake; asked is which, J times True or False.""",
    lambda mu, threshold: (mu.var(0) > threshold).float().mean(),
)


EXERCISE.recognise(
    """You return the numbers of the latents that are awake; asked is True or False for each, (J,).""",
    lambda mu, threshold: (mu.var(0) > threshold).nonzero().flatten(),
)


EXERCISE.recognise(
    """These are the variances themselves (divided by N - 1); compare them with threshold.""",
    lambda mu, threshold: mu.var(0),
)


EXERCISE.recognise(
    """These are the variances themselves; compare them with threshold.""",
    lambda mu, threshold: mu.var(0, correction=0),
)


EXERCISE.recognise(
    """You drop the sign of mu before taking the variance, so a latent that jumps between -0.8 and 0.8 seems to stand
    still: take mu as it is.""",
    lambda mu, threshold: mu.abs().var(0) > threshold,
)


EXERCISE.recognise(
    """You compare the distance between the largest and the smallest mu, which is not squared and which one odd image
    decides: take the variance.""",
    lambda mu, threshold: mu.max(0).values - mu.min(0).values > threshold,
)


EXERCISE.recognise(
    """You average the distance from the mean without squaring it, so the threshold means something else: the variance
    is the average of the squares.""",
    lambda mu, threshold: (mu - mu.mean(0)).abs().mean(0) > threshold,
)


EXERCISE.recognise(
    """You add up the squared distances from the mean, so every latent wakes up if only there are enough images: a
    variance averages them.""",
    lambda mu, threshold: ((mu - mu.mean(0)) ** 2).sum(0) > threshold,
)


EXERCISE.recognise(
    """This is the part of the KL that mu causes, half its average square. A constant mu has a KL too and tells
    nothing: the variance is asked.""",
    lambda mu, threshold: 0.5 * (mu**2).mean(0) > threshold,
)


EXERCISE.recognise(
    """You take one variance of the whole tensor and return a single answer: one for each latent, over axis 0.""",
    lambda mu, threshold: mu.var() > threshold,
)


EXERCISE.recognise(
    """You subtract one mean of the whole tensor from all latents; each latent has its own, mu.mean(0).""",
    lambda mu, threshold: ((mu - mu.mean()) ** 2).mean(0) > threshold,
)


EXERCISE.recognise(
    """You always compare with 0.01: use the threshold that is handed in.""",
    lambda mu, threshold: mu.var(0) > 0.01,
)


EXERCISE.mistake(writes_into(active, 0))
