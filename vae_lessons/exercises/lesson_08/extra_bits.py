"""Exercise 8.2: derive what a wrong standard deviation of the encoder costs in the file."""

import math

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


EXERCISE.recognise(
    """This is in nats: a nat is 1 / log(2) bits.""",
    lambda scale, latents: extra_bits(scale, latents) * math.log(2),
)


EXERCISE.recognise(
    """You multiply by log(2); from nats to bits one divides by it.""",
    lambda scale, latents: extra_bits(scale, latents) * math.log(2) ** 2,
)


EXERCISE.recognise(
    """This is the KL the other way round, of the true posterior from q. What the ELBO lacks is KL(q || posterior).""",
    lambda scale, latents: latents * (scale**-2 - 1 + 2 * math.log(scale)) / (2 * math.log(2)),
)


EXERCISE.recognise(
    """The latents are independent, so their KLs add up: the number of latents is missing.""",
    lambda scale, latents: extra_bits(scale, 1),
)


EXERCISE.recognise(
    """The one half is missing.""",
    lambda scale, latents: 2 * extra_bits(scale, latents),
)


EXERCISE.recognise(
    """The sign is inverted: a wrong q never makes a file shorter.""",
    lambda scale, latents: -extra_bits(scale, latents),
)


EXERCISE.recognise(
    """You take scale for the ratio of the variances; it is that of the standard deviations.""",
    lambda scale, latents: latents * (scale - 1 - math.log(scale)) / (2 * math.log(2)),
)


EXERCISE.recognise(
    """With scale = 1 nothing may be left: the -1 is missing, from the entropy of the true one.""",
    lambda scale, latents: latents * (scale**2 - 2 * math.log(scale)) / (2 * math.log(2)),
)


EXERCISE.recognise(
    """You count the bits that q gives back, which change by log2(scale) per latent. A wider z also makes x dearer to
    push.""",
    lambda scale, latents: latents * math.log2(scale),
    lambda scale, latents: -latents * math.log2(scale),
    lambda scale, latents: latents * abs(math.log2(scale)),
)


EXERCISE.recognise(
    """Two terms, two units: the logarithm is in bits already, (scale^2 - 1) / 2 still in nats.""",
    lambda scale, latents: latents * ((scale**2 - 1) / 2 - math.log2(scale)),
)


EXERCISE.recognise(
    """The sign of the logarithm is inverted: q wider than the posterior gives more bits back, not fewer.""",
    lambda scale, latents: latents * (scale**2 - 1 + 2 * math.log(scale)) / (2 * math.log(2)),
)
