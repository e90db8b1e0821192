"""Exercise 4.2: the beta that a loss found elsewhere really has."""

import math

from vae_lessons.beta import effective_beta, implied_pixel_std
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each

EXERCISE = Exercise(
    number="4.2",
    title="What a weight really is",
    task="""A loss reads pixel_weight * (error summed over pixels) + kl_weight * (KL summed over latents). Write
    effective_beta(pixel_weight, kl_weight, pixel_std=None), its beta once both terms are in nats per image. With
    pixel_std None the error is a cross-entropy; otherwise it is the squared error of Gaussian pixels with that
    standard deviation. All numbers handed in are positive.""",
    minutes=8,
    difficulty=2,
    reference=effective_beta,
    probe=each(
        {"pixel_weight": 0.5, "kl_weight": 3.0, "pixel_std": None},
        {"pixel_weight": 0.5, "kl_weight": 3.0, "pixel_std": 0.4},
        {"pixel_weight": 2.5, "kl_weight": 0.7, "pixel_std": 1.7},
        {"pixel_weight": 500 / 1024, "kl_weight": 1.0, "pixel_std": None},
        {"pixel_weight": 1 / 784, "kl_weight": 1.0, "pixel_std": 0.3},
    ),
    hints=(
        "Only the ratio of the weights matters: divide the whole loss by whatever makes its first term count in nats.",
        "A cross-entropy is in nats already. One unit of squared error is 1 / (2 pixel_std^2) nats.",
        "Without a std, kl_weight / pixel_weight. With one, divide that by 2 pixel_std^2 as well.",
    ),
)


EXERCISE.recognise(
    """Your fraction stands on its head: beta is what a nat of KL costs, measured in nats of error, so kl_weight goes
    above and pixel_weight below.""",
    lambda pixel_weight, kl_weight, pixel_std=None: 1 / effective_beta(pixel_weight, kl_weight, pixel_std),
)


EXERCISE.recognise(
    """Your fraction stands on its head, kl_weight goes above and pixel_weight below; and pixel_std has to have its
    say: one unit of squared error is 1 / (2 pixel_std^2) nats.""",
    lambda pixel_weight, kl_weight, pixel_std=None: pixel_weight / kl_weight,
)


EXERCISE.recognise(
    """pixel_weight and kl_weight changed places: the larger the weight on the KL, the larger beta. (What you do with
    pixel_std is right.)""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(kl_weight, pixel_weight, pixel_std),
)


EXERCISE.recognise(
    """You multiply by pixel_weight, but a heavier error makes the KL count less: divide.""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(1 / pixel_weight, kl_weight, pixel_std),
)


EXERCISE.recognise(
    """You multiply by pixel_weight and by 2 pixel_std^2 where both divide: what makes the error heavier makes beta
    smaller.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight * pixel_weight * (2 * pixel_std**2 if pixel_std else 1)
    ),
)


EXERCISE.recognise(
    """You take kl_weight for beta, as its author may have. It says nothing before you ask how much the error
    beside it weighs.""",
    lambda pixel_weight, kl_weight, pixel_std=None: kl_weight,
)


EXERCISE.recognise(
    """pixel_weight is not used: an error averaged over 784 pixels would count like one that is summed. Divide by it
    too.""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(1.0, kl_weight, pixel_std),
)


@EXERCISE.mistake
def weight_share(pixel_weight: float, kl_weight: float, pixel_std: float | None = None) -> float:
    """You compute the share of the KL in all weights, which never exceeds 1; beta compares the KL with the error
    alone."""
    nats_weight = pixel_weight * (2 * pixel_std**2 if pixel_std else 1)
    return kl_weight / (kl_weight + nats_weight)


EXERCISE.recognise(
    """A factor of 2 is missing wherever pixel_std is given: the exponent of a bell curve is half the squared
    distance, so one unit of squared error is 1 / (2 pixel_std^2) nats.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / (pixel_weight * (pixel_std**2 if pixel_std else 1))
    ),
)


EXERCISE.recognise(
    """You use pixel_std where the variance belongs: a squared error is measured against pixel_std squared.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / (pixel_weight * (2 * pixel_std if pixel_std else 1))
    ),
)


EXERCISE.recognise(
    """You divide by pixel_std alone; one unit of squared error is 1 / (2 pixel_std^2) nats: both the 2 and the square
    are missing.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / (pixel_weight * (pixel_std if pixel_std else 1))
    ),
)


EXERCISE.recognise(
    """The 2 is squared together with pixel_std, so it became 4: square only pixel_std. Look at your brackets.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / (pixel_weight * ((2 * pixel_std) ** 2 if pixel_std else 1))
    ),
)


EXERCISE.recognise(
    """Your answer does not depend on pixel_std, but a squared error becomes nats only with it: 1 / (2 pixel_std^2)
    for one unit.""",
    lambda pixel_weight, kl_weight, pixel_std=None: kl_weight / pixel_weight,
)


EXERCISE.recognise(
    """You multiply by 2 pixel_std^2 where it divides. Ask which way it must go: the smaller pixel_std, the more nats
    an error is, the less a weight on it says. (Written on one line, it needs brackets below the fraction.)""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / pixel_weight * (2 * pixel_std**2 if pixel_std else 1)
    ),
)


EXERCISE.recognise(
    """pixel_std^2 ended up above the fraction and the 2 below: 1 / 2 * pixel_std**2 is half of pixel_std^2. Put
    brackets around what is to be divided by.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / pixel_weight / 2 * pixel_std**2 if pixel_std else kl_weight / pixel_weight
    ),
)


EXERCISE.recognise(
    """The 2 works the wrong way: you multiply by 2 where it divides, as pixel_std^2 does. Look at your brackets,
    or for a half too many.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / pixel_weight * 2 / pixel_std**2 if pixel_std else kl_weight / pixel_weight
    ),
)


EXERCISE.recognise(
    """You multiply by 784 pixels, but the average over pixels is in pixel_weight already: it is 1/784 then.""",
    lambda pixel_weight, kl_weight, pixel_std=None: 784 * effective_beta(pixel_weight, kl_weight, pixel_std),
)


EXERCISE.recognise(
    """You divide by 784 pixels; any sum or average is in pixel_weight already, and nobody said that images have 784
    pixels.""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(pixel_weight, kl_weight, pixel_std) / 784,
)


EXERCISE.recognise(
    """This is the pixel_std for which beta would be 1, implied_pixel_std; asked is beta at the pixel_std handed
    in.""",
    lambda pixel_weight, kl_weight, pixel_std=None: implied_pixel_std(pixel_weight, kl_weight),
)


EXERCISE.recognise(
    """You treat a missing pixel_std like a std of 1, which halves beta; None means a cross-entropy, in nats already:
    no 2, no square.""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(
        pixel_weight, kl_weight, 1.0 if pixel_std is None else pixel_std
    ),
)


EXERCISE.recognise(
    """Right for squared errors, but None cannot be squared: when pixel_std is None the error is a cross-entropy, and
    the ratio of the weights is all.""",
    lambda pixel_weight, kl_weight, pixel_std=None: kl_weight / (pixel_weight * 2 * pixel_std**2),
)


@EXERCISE.mistake
def weight_constant_counted(pixel_weight: float, kl_weight: float, pixel_std: float | None = None) -> float:
    """You count the normalising term of the bell curve, log(2 pi pixel_std^2). It is added to the loss, not
    multiplied, so it moves no weight: only 2 pixel_std^2 matters."""
    if pixel_std is None:
        return kl_weight / pixel_weight
    nats = 1 / (2 * pixel_std**2) + 0.5 * math.log(2 * math.pi * pixel_std**2)
    return kl_weight / pixel_weight * nats
