"""Exercise 4.6: mend a table of rate and distortion over beta."""

import math

import torch
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.exercises.lesson_04.inputs import DENSITIES, KL, LOG_PX_Z


def sweep_row(log_px_z: Tensor, kl: Tensor) -> tuple[Tensor, Tensor]:
    """Rate and distortion of a batch, in nats per image, from log_px_z (B,) and kl (B, J)."""
    rate = kl.sum(1).mean()  # latents add up, images are averaged
    distortion = -log_px_z.mean()
    return rate, distortion


def sweep_row_given(log_px_z, kl):
    rate = kl.mean()
    distortion = -log_px_z.mean()
    return rate, distortion


EXERCISE = Exercise(
    number="4.6",
    title="Mend this cell: a sweep that tells nothing",
    task="""Every model of a sweep gets a row: sweep_row(log_px_z, kl) returns its rate and its distortion, two numbers
    in nats per image, from log_px_z (B,) and kl (B, J). With the cell below every rate is too small, and rate
    plus distortion is not minus the ELBO. It has one bug: mend it.""",
    minutes=5,
    difficulty=1,
    reference=sweep_row,
    probe=each(
        {"log_px_z": torch.tensor([-2.3]), "kl": torch.tensor([[0.7, 0.4]])},
        {"log_px_z": LOG_PX_Z, "kl": KL},
        {"log_px_z": DENSITIES, "kl": KL},
        results=("the rate", "the distortion"),
    ),
    hints=(
        "Say the unit of each number aloud: nats per what? Then ask of every average and sum whether it fits.",
        "The rate of one image is what all its latents tell together. Which axis of kl are the latents?",
        "Add up axis 1 first, then average over the images that are left.",
    ),
    given=sweep_row_given,
)


EXERCISE.recognise(
    """The rate is right now, but your distortion is negative and grows when pictures get better: it is minus
    log_px_z.""",
    lambda log_px_z, kl: (kl.sum(1).mean(), log_px_z.mean()),
)


EXERCISE.recognise(
    """The rate is right now, but you drop the sign of log_px_z. With Gaussian pixels it is a density and may be
    positive: the distortion is minus log_px_z, as it was.""",
    lambda log_px_z, kl: (kl.sum(1).mean(), log_px_z.abs().mean()),
    lambda log_px_z, kl: (kl.sum(1).mean(), log_px_z.mean().abs()),
)


EXERCISE.recognise(
    """Your rate is negative, which no KL can be: it is the KL as it comes.""",
    lambda log_px_z, kl: (-kl.sum(1).mean(), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Your rate adds up the images too, so it grows with the batch: add up the latents, axis 1, and average over
    images.""",
    lambda log_px_z, kl: (kl.sum(), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Both numbers are sums over the batch; asked is nats per image, so average over the images.""",
    lambda log_px_z, kl: (kl.sum(), -log_px_z.sum()),
)


EXERCISE.recognise(
    """The rate is right now, but your distortion adds up the images: average it, as it was.""",
    lambda log_px_z, kl: (kl.sum(1).mean(), -log_px_z.sum()),
)


EXERCISE.recognise(
    """You return a single tensor; asked are two numbers: return rate, distortion.""",
    lambda log_px_z, kl: kl.sum(1).mean(),
)


EXERCISE.recognise(
    """Your two numbers are right and in the wrong order: the rate first, then the distortion.""",
    lambda log_px_z, kl: (-log_px_z.mean(), kl.sum(1).mean()),
)


EXERCISE.recognise(
    """Your rate is a list, the KL of each latent: useful for a diagnosis, but the rate of the model is their sum.""",
    lambda log_px_z, kl: (kl.mean(0), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Your rate is one number per image, (B,): average over the batch.""",
    lambda log_px_z, kl: (kl.sum(1), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Your rate is a list, each latent's KL added up over the images: add up axis 1 instead, then average.""",
    lambda log_px_z, kl: (kl.sum(0), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Both are one number per image, (B,): average over the batch, one row for the whole model.""",
    lambda log_px_z, kl: (kl.sum(1), -log_px_z),
)


EXERCISE.recognise(
    """You add up axis 0, the images, and average over the latents: the other way round, latents are axis 1.""",
    lambda log_px_z, kl: (kl.sum(0).mean(), -log_px_z.mean()),
)


@EXERCISE.mistake
def sweep_distortion_is_loss(log_px_z: Tensor, kl: Tensor) -> tuple[Tensor, Tensor]:
    """Your distortion is minus the ELBO, with the rate in it: the distortion is what rebuilding gets wrong, alone."""
    rate = kl.sum(1).mean()
    return rate, rate - log_px_z.mean()


@EXERCISE.mistake
def sweep_rate_taken_off(log_px_z: Tensor, kl: Tensor) -> tuple[Tensor, Tensor]:
    """You take the rate off the distortion, as the lesson does with an ELBO; log_px_z is not an ELBO, there is no KL
    in it."""
    rate = kl.sum(1).mean()
    return rate, -(log_px_z.mean() + rate)


EXERCISE.recognise(
    """Now both are divided by the number of latents. They fit together again, but neither is in nats per image:
    add up the latents, divide by none.""",
    lambda log_px_z, kl: (kl.mean(), -log_px_z.mean() / kl.shape[1]),
)


EXERCISE.recognise(
    """Your rate is divided by the number of images twice: add up the latents, axis 1, and average over images
    once.""",
    lambda log_px_z, kl: (kl.sum(1).mean() / len(kl), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Your rate is in bits, divided by log 2; this course counts nats, and two units in one row cannot be added.""",
    lambda log_px_z, kl: (kl.sum(1).mean() / math.log(2), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Your rate counts only the busiest latent of each image: all of them go through the wire, so add them up.""",
    lambda log_px_z, kl: (kl.max(1).values.mean(), -log_px_z.mean()),
)
