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
    title="Mend this cell: a sweep that does not add up",
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
        {"log_px_z": LOG_PX_Z, "kl": torch.tensor([[0.9, -0.4], [1.3, 0.2], [-0.6, 0.5]])},  # estimates
        results=("the rate", "the distortion"),
    ),
    hints=(
        "What is the unit of each number, nats per what? Check every average and every sum against it.",
        "The rate of one image is the KL of all its latents together. Which axis of kl are the latents?",
        "Latents and images need different reductions, one after the other. Test yourself: one image with kl = [[0.7, "
        "0.4]] has a rate of 1.1.",
    ),
    given=sweep_row_given,
)


EXERCISE.recognise(
    """The rate is right now, but your distortion is negative and grows as the reconstructions improve.""",
    lambda log_px_z, kl: (kl.sum(1).mean(), log_px_z.mean()),
)


EXERCISE.recognise(
    """The rate is right now, but you drop the sign of log_px_z. With Gaussian pixels it is a density and may be
    positive, and then the distortion is negative.""",
    lambda log_px_z, kl: (kl.sum(1).mean(), log_px_z.abs().mean()),
    lambda log_px_z, kl: (kl.sum(1).mean(), log_px_z.mean().abs()),
)


EXERCISE.recognise(
    """Your rate is negative, which no KL can be.""",
    lambda log_px_z, kl: (-kl.sum(1).mean(), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Your rate sums over the images too, so it grows with the batch size.""",
    lambda log_px_z, kl: (kl.sum(), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Both numbers are sums over the batch; the task asks for nats per image.""",
    lambda log_px_z, kl: (kl.sum(), -log_px_z.sum()),
)


EXERCISE.recognise(
    """The rate is right now, but your distortion is a sum over the images.""",
    lambda log_px_z, kl: (kl.sum(1).mean(), -log_px_z.sum()),
)


EXERCISE.recognise(
    """You return a single tensor; the task asks for two numbers: return rate, distortion.""",
    lambda log_px_z, kl: kl.sum(1).mean(),
)


EXERCISE.recognise(
    """Your two numbers are right but in the wrong order: the rate first, then the distortion.""",
    lambda log_px_z, kl: (-log_px_z.mean(), kl.sum(1).mean()),
)


EXERCISE.recognise(
    """Your rate is the KL of each latent, (J,): useful for a diagnosis, but the model has one rate, their sum.""",
    lambda log_px_z, kl: (kl.mean(0), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Your rate is one number per image, (B,); a row has one for the whole model.""",
    lambda log_px_z, kl: (kl.sum(1), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Your rate is one number per latent, summed over the images: latents are axis 1.""",
    lambda log_px_z, kl: (kl.sum(0), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Both results are one number per image, (B,); a row describes the whole model.""",
    lambda log_px_z, kl: (kl.sum(1), -log_px_z),
)


EXERCISE.recognise(
    """You sum over axis 0, the images, and average over the latents; latents are axis 1.""",
    lambda log_px_z, kl: (kl.sum(0).mean(), -log_px_z.mean()),
)


@EXERCISE.mistake
def sweep_distortion_is_loss(log_px_z: Tensor, kl: Tensor) -> tuple[Tensor, Tensor]:
    """Your distortion contains the rate, so it is minus the ELBO: the distortion is what the reconstruction gets wrong,
    alone."""
    rate = kl.sum(1).mean()
    return rate, rate - log_px_z.mean()


@EXERCISE.mistake
def sweep_rate_taken_off(log_px_z: Tensor, kl: Tensor) -> tuple[Tensor, Tensor]:
    """You subtract the rate from the distortion, as the lesson does with an ELBO; log_px_z is not an ELBO and contains
    no KL."""
    rate = kl.sum(1).mean()
    return rate, -(log_px_z.mean() + rate)


EXERCISE.recognise(
    """Now both are divided by the number of latents. They match again, but neither is in nats per image.""",
    lambda log_px_z, kl: (kl.mean(), -log_px_z.mean() / kl.shape[1]),
)


EXERCISE.recognise(
    """Your rate is divided by the number of images twice.""",
    lambda log_px_z, kl: (kl.sum(1).mean() / len(kl), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Your rate is in bits, divided by log 2; this course counts nats, and the two units cannot be added.""",
    lambda log_px_z, kl: (kl.sum(1).mean() / math.log(2), -log_px_z.mean()),
)


EXERCISE.recognise(
    """Your rate counts only the latent with the largest KL in each image; the code is all of them together.""",
    lambda log_px_z, kl: (kl.max(1).values.mean(), -log_px_z.mean()),
)


EXERCISE.recognise(
    """You set negative values of kl to 0. Single estimates of a KL may be negative, and count as they are.""",
    lambda log_px_z, kl: (kl.clamp(min=0).sum(1).mean(), -log_px_z.mean()),
)


for _latents in (2, 4, 8, 10, 16, 20):
    EXERCISE.recognise(
        f"""A number of latents, {_latents}, is written into your rate; sum over axis 1 instead, which has any
        length.""",
        lambda log_px_z, kl, latents=_latents: (latents * kl.mean(), -log_px_z.mean()),
    )
