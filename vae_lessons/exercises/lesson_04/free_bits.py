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
    task="""Give every latent an allowance: free_bits(kl, free) with kl (B, J) and a number free, in nats. A latent
    whose KL, averaged over the batch, is below free counts as free, any other counts as its average. Return the sum
    over latents, one number. Below its allowance a latent must feel no gradient.""",
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
        "Three steps in this order: average, compare, add up. Over which axis goes the first, over which the last?",
        "kl.mean(0) is the KL of each latent, (J,). Raise those that are below free up to free.",
        "clamp(min=free) raises them, and has no gradient where it did. Then add up the J numbers.",
    ),
)


EXERCISE.recognise(
    """You compare the sum over all latents with free, so one busy latent uses up the allowance of all: compare each
    latent on its own, then add up.""",
    lambda kl, free: kl.mean(0).sum().clamp(min=free),
)


EXERCISE.recognise(
    """You gave all latents one common purse of J times free, and one busy latent empties it: compare each latent on
    its own, then add up.""",
    lambda kl, free: kl.mean(0).sum().clamp(min=free * kl.shape[1]),
)


EXERCISE.recognise(
    """You compare every image with free before averaging, so a latent that speaks about some images only is counted
    too high: average over the batch first.""",
    lambda kl, free: kl.clamp(min=free).mean(0).sum(),
)


EXERCISE.recognise(
    """You overwrite numbers of kl itself, which whoever called you still needs; and you compare each image with free,
    where the average over the batch is asked. Average first, into a new tensor.""",
    lambda kl, free: kl.clamp_(min=free).mean(0).sum(),
)


EXERCISE.recognise(
    """You add up the latents of each image and compare that with free; the allowance belongs to a latent, averaged
    over the batch.""",
    lambda kl, free: kl.sum(1).clamp(min=free).mean(),
)


EXERCISE.recognise(
    """You cut the KL off above free, so a latent may say as much as it likes at no further price, and a silent one is
    pulled down: raise what is below instead, min= where you have max=.""",
    lambda kl, free: kl.mean(0).clamp(max=free).sum(),
)


EXERCISE.recognise(
    """You subtract free from every latent. A constant changes no gradient, so silent latents are still pulled down:
    the KL below free has to count as free.""",
    lambda kl, free: (kl.mean(0) - free).sum(),
)


EXERCISE.recognise(
    """You count only what exceeds free. Gradients are the same, but the number is J times free too small: a latent
    below counts as free, not as 0, and one above counts in full.""",
    lambda kl, free: (kl.mean(0) - free).clamp(min=0).sum(),
)


EXERCISE.recognise(
    """You count for each image what exceeds free: average over the batch first, and let a latent below count as free,
    one above in full.""",
    lambda kl, free: (kl - free).clamp(min=0).mean(0).sum(),
)


EXERCISE.recognise(
    """You average over the latents at the end, so beta is J times smaller than it says: independent latents add
    up.""",
    lambda kl, free: kl.mean(0).clamp(min=free).mean(),
)


EXERCISE.recognise(
    """You add up the images, so in a large batch every latent is above its allowance: average over the batch, axis 0,
    before comparing.""",
    lambda kl, free: kl.sum(0).clamp(min=free).sum(),
)


EXERCISE.recognise(
    """You compare the sum over the batch with free and divide by B afterwards: the allowance is meant for the
    average, so divide first.""",
    lambda kl, free: kl.sum(0).clamp(min=free).sum() / len(kl),
)


EXERCISE.recognise(
    """You return one number per latent, (J,): add them up.""",
    lambda kl, free: kl.mean(0).clamp(min=free),
)


EXERCISE.recognise(
    """You average over the latents, axis 1, and compare one number per image: the batch is axis 0.""",
    lambda kl, free: kl.mean(1).clamp(min=free).sum(),
)


EXERCISE.recognise(
    """Both averages are taken, but over the latents first, axis 1: an allowance belongs to a latent, so average over
    the batch, axis 0, then add up the latents.""",
    lambda kl, free: kl.mean(1).clamp(min=free).mean(),
)


EXERCISE.recognise(
    """You average over images and latents at once and compare that single number: average over axis 0 only, and
    compare each latent.""",
    lambda kl, free: kl.mean().clamp(min=free),
)


@EXERCISE.mistake
def free_zeroed(kl: Tensor, free: float) -> Tensor:
    """A latent below its allowance counts as 0 with you, so waking one up costs free at a single stroke: it counts as
    free."""
    average = kl.mean(0)
    return torch.where(average > free, average, torch.zeros_like(average)).sum()


EXERCISE.recognise(
    """Every number of kl below free counts as 0 with you: average over the batch first, and let a latent below its
    allowance count as free.""",
    lambda kl, free: torch.where(kl > free, kl, torch.zeros_like(kl)).mean(0).sum(),
)


EXERCISE.recognise(
    """You share free among the latents; here it is the allowance of each single one.""",
    lambda kl, free: kl.mean(0).clamp(min=free / kl.shape[1]).sum(),
)


EXERCISE.recognise(
    """You take free for bits and multiply by log 2; despite the name, this course gives it in nats, like everything
    else.""",
    lambda kl, free: kl.mean(0).clamp(min=free * math.log(2)).sum(),
)


@EXERCISE.mistake
def free_leaks(kl: Tensor, free: float) -> Tensor:
    """Your number is right, but latents below the allowance still feel a gradient, and shrink: the raised value must
    not hang on kl. Look for what you detach."""
    average = kl.mean(0)
    return (average + (average.clamp(min=free) - average).detach()).sum()


EXERCISE.recognise(
    """This is the plain KL, averaged over the batch: free is not used (or its result is dropped: clamp returns a new
    tensor).""",
    lambda kl, free: kl.mean(0).sum(),
)


EXERCISE.recognise(
    """You add free to every latent. A constant changes no gradient, so silent latents are still pulled down: take the
    larger of the two, the KL or free.""",
    lambda kl, free: (kl.mean(0) + free).sum(),
)


EXERCISE.recognise(
    """You give the allowance to every image apart and add up the whole batch: average each latent over the batch
    first, then compare with free.""",
    lambda kl, free: kl.clamp(min=free).sum(),
)


EXERCISE.mistake(cut_off(free_bits))
