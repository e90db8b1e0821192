"""Exercise 8.2: derive what a wrong standard deviation of the encoder costs in the file."""

import math
from collections.abc import Callable

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def extra_bits(scale: float, latents: int) -> float:
    """Bits per image by which a file grows if the encoder's std is scale times that of the true posterior."""
    return latents * (scale**2 - 1 - 2 * math.log(scale)) / (2 * math.log(2))


EXERCISE = Exercise(
    number="8.2",
    title="Derive: what a wrong std costs",
    task="""Let the true posterior of every image be a Gaussian with independent latents. The encoder has its means
    right, but each of its standard deviations is scale times the true one. By how many bits per image is the file
    longer than with the true posterior? Write extra_bits(scale, latents).""",
    minutes=10,
    difficulty=2,
    reference=extra_bits,
    probe=each({"scale": 2.0, "latents": 1}, {"scale": 0.6, "latents": 3}, {"scale": 1.0, "latents": 16}),
    hints=(
        "The file is as long as minus the ELBO says. By what does the ELBO fall short of log p(x)?",
        "It is the KL of q(z|x) from the true posterior. Lesson 02 has the KL of two Gaussians with one latent.",
        "Each latent adds (scale^2 - 1) / 2 - log(scale) nats. How many bits is a nat?",
    ),
)


def _wrong(sentence: str, wrong: Callable[[float, int], float]) -> None:
    """A mistake in bits, and the same one in nats as well."""
    EXERCISE.recognise(sentence, wrong)
    EXERCISE.recognise(
        f"{sentence} And it is in nats: divide by log(2).", lambda s, n: wrong(s, n) * math.log(2)
    )


EXERCISE.recognise(
    """This is in nats: a nat is 1 / log(2) bits.""",
    lambda scale, latents: extra_bits(scale, latents) * math.log(2),
)


EXERCISE.recognise(
    """You multiply by log(2); to go from nats to bits, divide by it.""",
    lambda scale, latents: extra_bits(scale, latents) * math.log(2) ** 2,
)


EXERCISE.recognise(
    """You have converted to bits twice.""",
    lambda scale, latents: extra_bits(scale, latents) / math.log(2),
    lambda scale, latents: latents * (scale**2 - 1 - 2 * math.log2(scale)) / (2 * math.log(2)),
)


EXERCISE.recognise(
    """These are bytes; the question asks for bits.""",
    lambda scale, latents: extra_bits(scale, latents) / 8,
)


_wrong(
    "This is the KL the other way round, of the true posterior from q. What the ELBO lacks is KL(q || posterior).",
    lambda scale, latents: latents * (scale**-2 - 1 + 2 * math.log(scale)) / (2 * math.log(2)),
)


_wrong(
    "The latents are independent, so their KLs add up: the number of latents is missing.",
    lambda scale, latents: extra_bits(scale, 1),
)


_wrong(
    "The factor 1/2 is missing.",
    lambda scale, latents: 2 * extra_bits(scale, latents),
)


_wrong(
    "The sign is inverted: a wrong q never makes a file shorter.",
    lambda scale, latents: -extra_bits(scale, latents),
)


_wrong(
    "You take scale for the ratio of the variances; it is that of the standard deviations.",
    lambda scale, latents: latents * (scale - 1 - math.log(scale)) / (2 * math.log(2)),
)


_wrong(
    "The logarithm of the variance is 2 log(scale); the 2 is missing.",
    lambda scale, latents: latents * (scale**2 - 1 - math.log(scale)) / (2 * math.log(2)),
)


_wrong(
    "With scale = 1 nothing may remain: the -1 is missing. It comes from the entropy of q.",
    lambda scale, latents: latents * (scale**2 - 2 * math.log(scale)) / (2 * math.log(2)),
)


_wrong(
    "The number of latents multiplies both terms.",
    lambda scale, latents: (latents * (scale**2 - 1) / 2 - math.log(scale)) / math.log(2),
)


_wrong(
    "The logarithm is missing: a wider q also gives more bits back.",
    lambda scale, latents: latents * (scale**2 - 1) / (2 * math.log(2)),
)


EXERCISE.recognise(
    """You count the bits that q gives back, which change by log2(scale) per latent. A wider z also makes x more
    expensive.""",
    lambda scale, latents: latents * math.log2(scale),
    lambda scale, latents: -latents * math.log2(scale),
    lambda scale, latents: latents * abs(math.log2(scale)),
    lambda scale, latents: latents * math.log(scale),
    lambda scale, latents: -latents * math.log(scale),
)


EXERCISE.recognise(
    """Two terms, two units: the logarithm is in bits already, (scale^2 - 1) / 2 still in nats.""",
    lambda scale, latents: latents * ((scale**2 - 1) / 2 - math.log2(scale)),
)


_wrong(
    "The sign of the logarithm is inverted: q wider than the posterior gives more bits back, not fewer.",
    lambda scale, latents: latents * (scale**2 - 1 + 2 * math.log(scale)) / (2 * math.log(2)),
)


for _count in (2, 8, 16, 20):
    EXERCISE.recognise(
        f"""The number of latents, {_count}, is written into your formula; latents says how many there are.""",
        lambda scale, latents, count=_count: extra_bits(scale, count),
    )


EXERCISE.recognise(
    """This is the first term of a series around scale = 1: right for a scale of 1.01, and wrong for 2. Keep the
    logarithm.""",
    lambda scale, latents: latents * (scale - 1) ** 2 / math.log(2),
)


EXERCISE.recognise(
    """You treat half the std like twice the std. They do not cost the same: too wide a Gaussian pays for its squares,
    too narrow a one for its logarithm.""",
    lambda scale, latents: extra_bits(max(scale, 1 / scale), latents),
    lambda scale, latents: extra_bits(min(scale, 1 / scale), latents),
)


EXERCISE.recognise(
    """Your two arguments have changed places: scale comes first, then the number of latents.""",
    lambda scale, latents: extra_bits(latents, scale),
)


EXERCISE.recognise(
    """You round to whole bits; a file of many images shares its bits, so each image costs fractions of them.""",
    lambda scale, latents: math.ceil(extra_bits(scale, latents)),
    lambda scale, latents: round(extra_bits(scale, latents)),
)
