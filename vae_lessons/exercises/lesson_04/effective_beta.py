"""Exercise 4.2: the beta that a loss found elsewhere really has."""

import math

from vae_lessons.beta import effective_beta, implied_pixel_std
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each

EXERCISE = Exercise(
    number="4.2",
    title="Warm-up: what a weight really is",
    task="""A loss reads pixel_weight * (error summed over pixels) + kl_weight * (KL summed over latents). Write
    effective_beta(pixel_weight, kl_weight, pixel_std=None), its beta once both terms are in nats per image. With
    pixel_std None the error is a cross-entropy; otherwise it is the squared error of Gaussian pixels with that
    standard deviation. All numbers handed in are positive.""",
    minutes=2,
    difficulty=1,
    reference=effective_beta,
    probe=each(
        {"pixel_weight": 0.5, "kl_weight": 3.0, "pixel_std": None},
        {"pixel_weight": 0.5, "kl_weight": 3.0, "pixel_std": 0.4},
        {"pixel_weight": 2.5, "kl_weight": 0.7, "pixel_std": 1.7},
        {"pixel_weight": 1.5, "kl_weight": 0.8},
        {"pixel_weight": 500 / 1024, "kl_weight": 1.0, "pixel_std": None},
        {"pixel_weight": 1 / 784, "kl_weight": 1.0, "pixel_std": 0.3},
    ),
    hints=(
        "Only the ratio of the weights matters: divide the whole loss by whatever puts its first term in nats.",
        "A cross-entropy is in nats already. One unit of squared error is 1 / (2 pixel_std^2) nats.",
        "How many nats is one unit of error, and how many times that is pixel_weight? Divide kl_weight by this ratio. "
        "Test yourself: pixel_weight = 2, kl_weight = 1 and pixel_std = 0.5 give beta = 1.",
    ),
)


EXERCISE.recognise(
    """Your fraction is upside down: beta is the price of a nat of KL in nats of error, so a larger kl_weight makes it
    larger.""",
    lambda pixel_weight, kl_weight, pixel_std=None: 1 / effective_beta(pixel_weight, kl_weight, pixel_std),
)


EXERCISE.recognise(
    """Your fraction is upside down, and pixel_std is not used: one unit of squared error is 1 / (2 pixel_std^2)
    nats.""",
    lambda pixel_weight, kl_weight, pixel_std=None: pixel_weight / kl_weight,
)


EXERCISE.recognise(
    """pixel_weight and kl_weight are swapped: the larger the weight on the KL, the larger beta. (Your use of pixel_std
    is right.)""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(kl_weight, pixel_weight, pixel_std),
)


EXERCISE.recognise(
    """You multiply by pixel_weight, but a larger weight on the error makes the KL count less.""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(1 / pixel_weight, kl_weight, pixel_std),
)


EXERCISE.recognise(
    """You multiply by pixel_weight and by 2 pixel_std^2: the larger either of them is, the smaller beta should be.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight * pixel_weight * (2 * pixel_std**2 if pixel_std else 1)
    ),
)


EXERCISE.recognise(
    """You return kl_weight, as the author of the loss may have done. It says nothing without the weight of the error
    beside it.""",
    lambda pixel_weight, kl_weight, pixel_std=None: kl_weight,
)


EXERCISE.recognise(
    """pixel_weight is not used, so an error averaged over 784 pixels counts as much as one that is summed.""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(1.0, kl_weight, pixel_std),
)


@EXERCISE.mistake
def weight_share(pixel_weight: float, kl_weight: float, pixel_std: float | None = None) -> float:
    """You compute the KL's share of all weights, which never exceeds 1; beta compares the KL with the error alone."""
    nats_weight = pixel_weight * (2 * pixel_std**2 if pixel_std else 1)
    return kl_weight / (kl_weight + nats_weight)


EXERCISE.recognise(
    """A factor of 2 is missing wherever pixel_std is given: the exponent of a Gaussian is half the squared distance
    over the variance.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / (pixel_weight * (pixel_std**2 if pixel_std else 1))
    ),
)


EXERCISE.recognise(
    """You use pixel_std where the variance belongs: in a Gaussian, the squared error is divided by the variance.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / (pixel_weight * (2 * pixel_std if pixel_std else 1))
    ),
)


EXERCISE.recognise(
    """You divide by pixel_std alone: the 2 and the square are both missing.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / (pixel_weight * (pixel_std if pixel_std else 1))
    ),
)


EXERCISE.recognise(
    """The 2 is squared together with pixel_std and becomes 4. Look at your brackets.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / (pixel_weight * ((2 * pixel_std) ** 2 if pixel_std else 1))
    ),
)


EXERCISE.recognise(
    """Your answer does not depend on pixel_std, but the number of nats in a squared error does.""",
    lambda pixel_weight, kl_weight, pixel_std=None: kl_weight / pixel_weight,
)


EXERCISE.recognise(
    """You multiply by 2 pixel_std^2 where it divides: the smaller pixel_std, the more nats an error is, and the larger
    beta. (Written on one line, the denominator needs brackets.)""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / pixel_weight * (2 * pixel_std**2 if pixel_std else 1)
    ),
)


EXERCISE.recognise(
    """pixel_std^2 multiplies and only the 2 divides: 1 / 2 * pixel_std**2 is half of pixel_std^2. Look at your
    brackets.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / pixel_weight / 2 * pixel_std**2 if pixel_std else kl_weight / pixel_weight
    ),
)


EXERCISE.recognise(
    """pixel_std^2 divides, as it should, but the 2 multiplies. Look at your brackets, or for one factor of a half too
    many.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / pixel_weight * 2 / pixel_std**2 if pixel_std else kl_weight / pixel_weight
    ),
)


EXERCISE.recognise(
    """You multiply by 784, the number of pixels, but an average over pixels is already in pixel_weight, as 1/784.""",
    lambda pixel_weight, kl_weight, pixel_std=None: 784 * effective_beta(pixel_weight, kl_weight, pixel_std),
)


EXERCISE.recognise(
    """You divide by 784, the number of pixels, but any sum or average is already in pixel_weight, and images need not
    have 784 pixels.""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(pixel_weight, kl_weight, pixel_std) / 784,
)


EXERCISE.recognise(
    """This is implied_pixel_std, the pixel_std for which beta would be 1. The task asks for beta at the pixel_std that
    is given.""",
    lambda pixel_weight, kl_weight, pixel_std=None: implied_pixel_std(pixel_weight, kl_weight),
)


EXERCISE.recognise(
    """You treat a missing pixel_std as a std of 1, which halves beta; None means a cross-entropy, which is in nats
    already.""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(
        pixel_weight, kl_weight, 1.0 if pixel_std is None else pixel_std
    ),
)


EXERCISE.recognise(
    """Right for squared errors, but None cannot be squared: without pixel_std the error is a cross-entropy, already in
    nats.""",
    lambda pixel_weight, kl_weight, pixel_std=None: kl_weight / (pixel_weight * 2 * pixel_std**2),
)


@EXERCISE.mistake
def weight_constant_counted(pixel_weight: float, kl_weight: float, pixel_std: float | None = None) -> float:
    """You count the normalising constant of the Gaussian, log(2 pi pixel_std^2) / 2. It is added to the loss and
    multiplies no term, so it changes no weight."""
    if pixel_std is None:
        return kl_weight / pixel_weight
    nats = 1 / (2 * pixel_std**2) + 0.5 * math.log(2 * math.pi * pixel_std**2)
    return kl_weight / pixel_weight * nats


EXERCISE.recognise(
    """Right where pixel_std is handed in, but left out it should mean a cross-entropy: its default is None.""",
    lambda pixel_weight, kl_weight, pixel_std=1.0: effective_beta(pixel_weight, kl_weight, pixel_std),
    lambda pixel_weight, kl_weight, pixel_std=0.1: effective_beta(pixel_weight, kl_weight, pixel_std),
    lambda pixel_weight, kl_weight, pixel_std=0.5: effective_beta(pixel_weight, kl_weight, pixel_std),
)


EXERCISE.recognise(
    """You add the normalising constant of the Gaussian to beta. It is added to the loss, and multiplies no term.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        effective_beta(pixel_weight, kl_weight, pixel_std)
        + (math.log(pixel_std * math.sqrt(2 * math.pi)) if pixel_std else 0)
    ),
)
