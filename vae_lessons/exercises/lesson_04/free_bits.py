"""Exercise 4.4: free bits."""

import math

import torch
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import cut_off
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.exercises.lesson_04.inputs import KL
from vae_lessons.free_bits import free_bits

EXERCISE = Exercise(
    number="4.4",
    title="Free bits",
    task="""Give every latent an allowance: write free_bits(kl, free), with kl (B, J) and a number free, in nats.
    Average the KL of each latent over the batch; an average below free is replaced by free. Return the sum over
    latents, one number. A latent below its allowance must get no gradient.""",
    minutes=8,
    difficulty=2,
    reference=free_bits,
    probe=each(
        {"kl": torch.tensor([[0.2]]), "free": 0.5},
        {"kl": torch.tensor([[0.7]]), "free": 0.5},
        {"kl": torch.tensor([[0.2, 0.7]]), "free": 0.5},
        {"kl": KL, "free": 0.5},
        {"kl": KL, "free": 0.25},
        {"kl": KL, "free": 2.0},
        {"kl": KL, "free": 0.0},
        gradients=["kl"],
    ),
    hints=(
        "Three steps in this order: average, compare, add up. Which axis does the first run over, and which the last?",
        "kl.mean(0) is the KL of each latent, (J,). Raise to free those that are below it.",
        "Look for the torch function that sets a lower limit; it has no gradient where the limit applies. Test "
        "yourself: kl = [[0.2, 0.7]] with free = 0.5 gives 1.2.",
    ),
)


EXERCISE.recognise(
    """You compare the sum over all latents with free, so one busy latent uses up the allowance of all. Each latent has
    its own.""",
    lambda kl, free: kl.mean(0).sum().clamp(min=free),
)


EXERCISE.recognise(
    """You give all latents one common allowance of J times free, so one busy latent uses up the share of the
    others.""",
    lambda kl, free: kl.mean(0).sum().clamp(min=free * kl.shape[1]),
)


EXERCISE.recognise(
    """You compare every image with free before averaging, so a latent that is used for some images only is charged too
    much.""",
    lambda kl, free: kl.clamp(min=free).mean(0).sum(),
)


EXERCISE.recognise(
    """You overwrite numbers in kl itself, which the caller still needs; and you compare each image with free, not the
    average over the batch.""",
    lambda kl, free: kl.clamp_(min=free).mean(0).sum(),
)


EXERCISE.recognise(
    """You sum the latents of each image and compare that with free; the allowance belongs to one latent, averaged over
    the batch.""",
    lambda kl, free: kl.sum(1).clamp(min=free).mean(),
)


EXERCISE.recognise(
    """You cut the KL off above free, so any further nat costs nothing, and a latent below its allowance is still pushed
    down: your limit is on the wrong side.""",
    lambda kl, free: kl.mean(0).clamp(max=free).sum(),
)


EXERCISE.recognise(
    """You subtract free from every latent. A constant changes no gradient, so latents below the allowance are still
    pushed down.""",
    lambda kl, free: (kl.mean(0) - free).sum(),
)


EXERCISE.recognise(
    """You count only what exceeds free. The gradients are right, but the number is J times free too small.""",
    lambda kl, free: (kl.mean(0) - free).clamp(min=0).sum(),
)


EXERCISE.recognise(
    """You count what exceeds free in each image, before averaging; and a latent below its allowance counts as 0 instead
    of free.""",
    lambda kl, free: (kl - free).clamp(min=0).mean(0).sum(),
)


EXERCISE.recognise(
    """You average over the latents at the end, so the effective beta is J times smaller than the one you set.""",
    lambda kl, free: kl.mean(0).clamp(min=free).mean(),
)


EXERCISE.recognise(
    """You sum over the images, so in a large batch every latent is above its allowance, which is meant for the
    average.""",
    lambda kl, free: kl.sum(0).clamp(min=free).sum(),
)


EXERCISE.recognise(
    """You compare the sum over the batch with free and divide by B afterwards; free is meant for the average.""",
    lambda kl, free: kl.sum(0).clamp(min=free).sum() / len(kl),
)


EXERCISE.recognise(
    """You return one number per latent, (J,); the task asks for their sum.""",
    lambda kl, free: kl.mean(0).clamp(min=free),
)


EXERCISE.recognise(
    """You average over the latents, axis 1, and compare one number per image with free: the batch is axis 0.""",
    lambda kl, free: kl.mean(1).clamp(min=free).sum(),
)


EXERCISE.recognise(
    """You average twice, first over the latents, axis 1. An allowance belongs to one latent, averaged over axis 0, and
    the latents add up.""",
    lambda kl, free: kl.mean(1).clamp(min=free).mean(),
)


EXERCISE.recognise(
    """You average over images and latents at once and compare that single number; each latent has an average and an
    allowance of its own.""",
    lambda kl, free: kl.mean().clamp(min=free),
)


@EXERCISE.mistake
def free_zeroed(kl: Tensor, free: float) -> Tensor:
    """You count a latent below its allowance as 0, so the loss jumps by free as soon as the latent exceeds it."""
    average = kl.mean(0)
    return torch.where(average > free, average, torch.zeros_like(average)).sum()


EXERCISE.recognise(
    """You set single numbers of kl below free to 0. The average over the batch is what is compared, and below free it
    counts as free.""",
    lambda kl, free: torch.where(kl > free, kl, torch.zeros_like(kl)).mean(0).sum(),
)


EXERCISE.recognise(
    """You divide free among the latents; it is the allowance of each one.""",
    lambda kl, free: kl.mean(0).clamp(min=free / kl.shape[1]).sum(),
)


EXERCISE.recognise(
    """You read free as bits and multiply by log 2. Despite the name, this course gives it in nats, like everything
    else.""",
    lambda kl, free: kl.mean(0).clamp(min=free * math.log(2)).sum(),
)


@EXERCISE.mistake
def free_leaks(kl: Tensor, free: float) -> Tensor:
    """The number is right, but latents below the allowance still get a gradient, and shrink: look at what you
    detach."""
    average = kl.mean(0)
    return (average + (average.clamp(min=free) - average).detach()).sum()


EXERCISE.recognise(
    """This is the plain KL, averaged over the batch: free is not used (or its result is dropped, since clamp returns a
    new tensor).""",
    lambda kl, free: kl.mean(0).sum(),
)


EXERCISE.recognise(
    """You add free to every latent. A constant changes no gradient, so even a latent below its allowance is pushed
    down.""",
    lambda kl, free: (kl.mean(0) + free).sum(),
)


EXERCISE.recognise(
    """You give the allowance to every image separately and sum over the whole batch; it is meant for a latent's
    average.""",
    lambda kl, free: kl.clamp(min=free).sum(),
)


EXERCISE.mistake(cut_off(free_bits))
