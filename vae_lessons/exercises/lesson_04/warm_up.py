"""Exercises of lesson 04: the dial between rate and distortion, what a weight really is, and collapse."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from vae_lessons.beta_schedules import effective_beta, free_bits, implied_pixel_std
from vae_lessons.elbo import beta_loss
from vae_lessons.exercises.exercise import Answer, Exercise, Prediction, Seen
from vae_lessons.exercises.probes import cut_off, each, writes_into

LOG_PX_Z = torch.tensor([-7.3, -2.6, 1.8])  # (B,), the last a density, as Gaussian pixels may give
DENSITIES = torch.tensor([-1.3, 2.6, 4.8])  # (B,), positive even on average
KL = torch.tensor(  # (B, J): averages over the batch 0.2, 0.7, 1.5, 0.3, 0.6, of which each hides large and small ones
    [[0.05, 1.3, 2.4, 0.75, 0.17], [0.38, 0.22, 1.9, 0.06, 1.15], [0.17, 0.58, 0.2, 0.09, 0.48]]
)


# 4.1

DIAL = Exercise(
    number="4.1",
    title="The dial",
    task="""Write the loss that training minimises: beta_loss(log_px_z, kl, beta). log_px_z and kl are (B,), in nats
    per image; beta is the price of a nat of rate. Return one number, in nats per image; gradients must reach both
    terms.""",
    minutes=4,
    difficulty=1,
    reference=beta_loss,
    probe=each(
        {"log_px_z": torch.tensor([-2.3]), "kl": torch.tensor([0.7]), "beta": 3.0},
        {"log_px_z": LOG_PX_Z, "kl": KL.sum(1), "beta": 0.4},
        {"log_px_z": LOG_PX_Z, "kl": KL.sum(1), "beta": 0.0},
        {"log_px_z": DENSITIES, "kl": KL.sum(1), "beta": 0.4},
        gradients=["log_px_z", "kl"],
    ),
    hints=(
        "Which of the two is a cost as it stands, and which is a gain? And which of them does beta price?",
        "The distortion of an image is -log_px_z, its rate is kl; only the rate is multiplied by beta.",
        "beta * kl - log_px_z is one number per image, (B,). Average it over the batch, last of all.",
    ),
)
DIAL.recognise(
    """You multiply log_px_z by beta: turning the dial up would buy a better picture. beta is the price of the
    rate, so it stands before kl.""",
    lambda log_px_z, kl, beta: (kl - beta * log_px_z).mean(),
)
DIAL.recognise(
    """beta multiplies the whole loss, so the balance between the terms never changes, only the size of the steps: it
    belongs to kl alone. Look at your brackets.""",
    lambda log_px_z, kl, beta: -beta * (log_px_z - kl).mean(),
)
DIAL.recognise(
    """This is the negative ELBO whatever beta is: your function never uses its third argument.""",
    lambda log_px_z, kl, beta: (kl - log_px_z).mean(),
)
DIAL.recognise(
    """A larger KL lowers your loss, so training would let it grow without end: in the loss, the rate is a cost and is
    added.""",
    lambda log_px_z, kl, beta: -(log_px_z + beta * kl).mean(),
)
DIAL.recognise(
    """A better rebuilt image, a higher log_px_z, raises your loss: the distortion is minus log_px_z.""",
    lambda log_px_z, kl, beta: (log_px_z + beta * kl).mean(),
)
DIAL.recognise(
    """This is what should become large; an optimizer goes downhill and would make everything worse. The loss is minus
    this.""",
    lambda log_px_z, kl, beta: (log_px_z - beta * kl).mean(),
)
DIAL.recognise(
    """You add up the images, so the loss and every gradient grow with the batch: average over the batch, to stay in
    nats per image.""",
    lambda log_px_z, kl, beta: (beta * kl - log_px_z).sum(),
)
DIAL.recognise(
    """You return one number per image, (B,); backward() needs a single one. Average over the batch as the last
    step.""",
    lambda log_px_z, kl, beta: beta * kl - log_px_z,
)
DIAL.recognise(
    """You average log_px_z over the batch but add up kl, so the real beta is B times the one you set: treat both
    terms alike.""",
    lambda log_px_z, kl, beta: beta * kl.sum() - log_px_z.mean(),
)
DIAL.recognise(
    """You add up log_px_z over the batch but average kl, so the real beta is the one you set divided by B: treat both
    terms alike.""",
    lambda log_px_z, kl, beta: beta * kl.mean() - log_px_z.sum(),
)
DIAL.recognise(
    """You divide kl by the size of the batch and then average it as well, so the real beta is the one you set divided
    by B: average once.""",
    lambda log_px_z, kl, beta: (beta * kl / len(kl) - log_px_z).mean(),
)
DIAL.recognise(
    """You divide by the size of the batch twice, once inside mean() and once more: one average is enough.""",
    lambda log_px_z, kl, beta: (beta * kl - log_px_z).mean() / len(kl),
)
DIAL.recognise(
    """You add beta to the loss. A constant has no gradient, so the dial turns nothing: a price multiplies.""",
    lambda log_px_z, kl, beta: (beta + kl - log_px_z).mean(),
)
DIAL.recognise(
    """You divide kl by beta, so a dear wire becomes a cheap one (and at beta = 0 nothing is a number any more):
    multiply.""",
    lambda log_px_z, kl, beta: (kl / beta - log_px_z).mean(),
)
DIAL.recognise(
    """You divide log_px_z by beta. The balance is right, but the loss is no longer in nats per image, and beta = 0
    breaks it: leave log_px_z as it is and multiply kl.""",
    lambda log_px_z, kl, beta: (kl - log_px_z / beta).mean(),
)
DIAL.recognise(
    """You weigh the terms by 1 - beta and beta, as shares of a whole. beta is a price: the distortion always
    counts in full, and beta may be above 1.""",
    lambda log_px_z, kl, beta: (beta * kl - (1 - beta) * log_px_z).mean(),
)
DIAL.recognise(
    """beta is multiplied in twice, so 3 acts as 9 and 0.4 as 0.16: look for a second place that uses it.""",
    lambda log_px_z, kl, beta: (beta**2 * kl - log_px_z).mean(),
)
DIAL.recognise(
    """You add beta * kl to a loss that holds the KL already, so it counts 1 + beta times: at beta = 0 the rate must
    cost nothing.""",
    lambda log_px_z, kl, beta: (kl - log_px_z + beta * kl).mean(),
)
DIAL.recognise(
    """The KL is missing, which is beta = 0 for ever: the autoencoder of lesson 01, with its holes.""",
    lambda log_px_z, kl, beta: -log_px_z.mean(),
)
DIAL.recognise(
    """log_px_z is missing, so only the KL is minimised: a perfect match with the prior, and a decoder that learns
    nothing.""",
    lambda log_px_z, kl, beta: beta * kl.mean(),
)
DIAL.recognise(
    """You take exp of log_px_z, which for a real image is 0 in floating point: the loss is made of the logarithms
    themselves, in nats.""",
    lambda log_px_z, kl, beta: (beta * kl - log_px_z.exp()).mean(),
)
DIAL.recognise(
    """You drop the sign of log_px_z. With Gaussian pixels it is a density and may be positive, and then a better
    picture would raise your loss: the distortion is minus log_px_z.""",
    lambda log_px_z, kl, beta: (beta * kl + log_px_z.abs()).mean(),
    lambda log_px_z, kl, beta: log_px_z.mean().abs() + beta * kl.mean(),
)
DIAL.recognise(
    """The number is right, but no gradient reaches kl, so the encoder never hears of its price: look for .item(),
    float() or .detach() on the KL.""",
    lambda log_px_z, kl, beta: beta * kl.mean().item() - log_px_z.mean(),
)
DIAL.recognise(
    """The number is right, but no gradient reaches log_px_z, so training follows the KL alone: look for .item(),
    float() or .detach() on it.""",
    lambda log_px_z, kl, beta: beta * kl.mean() - log_px_z.mean().item(),
)
DIAL.mistake(cut_off(beta_loss))
DIAL.mistake(writes_into(beta_loss, 1))


# 4.2

WEIGHT = Exercise(
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
WEIGHT.recognise(
    """Your fraction stands on its head: beta is what a nat of KL costs, measured in nats of error, so kl_weight goes
    above and pixel_weight below.""",
    lambda pixel_weight, kl_weight, pixel_std=None: 1 / effective_beta(pixel_weight, kl_weight, pixel_std),
)
WEIGHT.recognise(
    """Your fraction stands on its head, kl_weight goes above and pixel_weight below; and pixel_std has to have its
    say: one unit of squared error is 1 / (2 pixel_std^2) nats.""",
    lambda pixel_weight, kl_weight, pixel_std=None: pixel_weight / kl_weight,
)
WEIGHT.recognise(
    """pixel_weight and kl_weight changed places: the larger the weight on the KL, the larger beta. (What you do with
    pixel_std is right.)""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(kl_weight, pixel_weight, pixel_std),
)
WEIGHT.recognise(
    """You multiply by pixel_weight, but a heavier error makes the KL count less: divide.""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(1 / pixel_weight, kl_weight, pixel_std),
)
WEIGHT.recognise(
    """You multiply by pixel_weight and by 2 pixel_std^2 where both divide: what makes the error heavier makes beta
    smaller.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight * pixel_weight * (2 * pixel_std**2 if pixel_std else 1)
    ),
)
WEIGHT.recognise(
    """You take kl_weight for beta, as its author may have. It says nothing before you ask how much the error
    beside it weighs.""",
    lambda pixel_weight, kl_weight, pixel_std=None: kl_weight,
)
WEIGHT.recognise(
    """pixel_weight is not used: an error averaged over 784 pixels would count like one that is summed. Divide by it
    too.""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(1.0, kl_weight, pixel_std),
)


@WEIGHT.mistake
def weight_share(pixel_weight: float, kl_weight: float, pixel_std: float | None = None) -> float:
    """You compute the share of the KL in all weights, which never exceeds 1; beta compares the KL with the error
    alone."""
    nats_weight = pixel_weight * (2 * pixel_std**2 if pixel_std else 1)
    return kl_weight / (kl_weight + nats_weight)


WEIGHT.recognise(
    """A factor of 2 is missing wherever pixel_std is given: the exponent of a bell curve is half the squared
    distance, so one unit of squared error is 1 / (2 pixel_std^2) nats.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / (pixel_weight * (pixel_std**2 if pixel_std else 1))
    ),
)
WEIGHT.recognise(
    """You use pixel_std where the variance belongs: a squared error is measured against pixel_std squared.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / (pixel_weight * (2 * pixel_std if pixel_std else 1))
    ),
)
WEIGHT.recognise(
    """You divide by pixel_std alone; one unit of squared error is 1 / (2 pixel_std^2) nats: both the 2 and the square
    are missing.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / (pixel_weight * (pixel_std if pixel_std else 1))
    ),
)
WEIGHT.recognise(
    """The 2 is squared together with pixel_std, so it became 4: square only pixel_std. Look at your brackets.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / (pixel_weight * ((2 * pixel_std) ** 2 if pixel_std else 1))
    ),
)
WEIGHT.recognise(
    """Your answer does not depend on pixel_std, but a squared error becomes nats only with it: 1 / (2 pixel_std^2)
    for one unit.""",
    lambda pixel_weight, kl_weight, pixel_std=None: kl_weight / pixel_weight,
)
WEIGHT.recognise(
    """You multiply by 2 pixel_std^2 where it divides. Ask which way it must go: the smaller pixel_std, the more nats
    an error is, the less a weight on it says. (Written on one line, it needs brackets below the fraction.)""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / pixel_weight * (2 * pixel_std**2 if pixel_std else 1)
    ),
)
WEIGHT.recognise(
    """pixel_std^2 ended up above the fraction and the 2 below: 1 / 2 * pixel_std**2 is half of pixel_std^2. Put
    brackets around what is to be divided by.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / pixel_weight / 2 * pixel_std**2 if pixel_std else kl_weight / pixel_weight
    ),
)
WEIGHT.recognise(
    """The 2 works the wrong way: you multiply by 2 where it divides, as pixel_std^2 does. Look at your brackets,
    or for a half too many.""",
    lambda pixel_weight, kl_weight, pixel_std=None: (
        kl_weight / pixel_weight * 2 / pixel_std**2 if pixel_std else kl_weight / pixel_weight
    ),
)
WEIGHT.recognise(
    """You multiply by 784 pixels, but the average over pixels is in pixel_weight already: it is 1/784 then.""",
    lambda pixel_weight, kl_weight, pixel_std=None: 784 * effective_beta(pixel_weight, kl_weight, pixel_std),
)
WEIGHT.recognise(
    """You divide by 784 pixels; any sum or average is in pixel_weight already, and nobody said that images have 784
    pixels.""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(pixel_weight, kl_weight, pixel_std) / 784,
)
WEIGHT.recognise(
    """This is the pixel_std for which beta would be 1, implied_pixel_std; asked is beta at the pixel_std handed
    in.""",
    lambda pixel_weight, kl_weight, pixel_std=None: implied_pixel_std(pixel_weight, kl_weight),
)
WEIGHT.recognise(
    """You treat a missing pixel_std like a std of 1, which halves beta; None means a cross-entropy, in nats already:
    no 2, no square.""",
    lambda pixel_weight, kl_weight, pixel_std=None: effective_beta(
        pixel_weight, kl_weight, 1.0 if pixel_std is None else pixel_std
    ),
)
WEIGHT.recognise(
    """Right for squared errors, but None cannot be squared: when pixel_std is None the error is a cross-entropy, and
    the ratio of the weights is all.""",
    lambda pixel_weight, kl_weight, pixel_std=None: kl_weight / (pixel_weight * 2 * pixel_std**2),
)


@WEIGHT.mistake
def weight_constant_counted(pixel_weight: float, kl_weight: float, pixel_std: float | None = None) -> float:
    """You count the normalising term of the bell curve, log(2 pi pixel_std^2). It is added to the loss, not
    multiplied, so it moves no weight: only 2 pixel_std^2 matters."""
    if pixel_std is None:
        return kl_weight / pixel_weight
    nats = 1 / (2 * pixel_std**2) + 0.5 * math.log(2 * math.pi * pixel_std**2)
    return kl_weight / pixel_weight * nats


# 4.3


def beta_at_step(step: int, steps_per_epoch: int, warm_up_epochs: int) -> float:
    """The share of beta in [0, 1] at a step of training: straight up from 0 while the warm-up lasts, then 1."""
    warm_up_steps = steps_per_epoch * warm_up_epochs
    return min(1.0, step / warm_up_steps)


WARM_UP = Exercise(
    number="4.3",
    title="Warm-up",
    task="""Write beta_at_step(step, steps_per_epoch, warm_up_epochs): the share of beta, a number from 0 to 1. step
    counts all steps of training from 0 on. The share is 0 at step 0, rises in a straight line with every step, reaches
    1 when warm_up_epochs epochs (at least 1) are over, and stays there.""",
    minutes=5,
    difficulty=1,
    reference=beta_at_step,
    probe=each(
        *(
            {"step": step, "steps_per_epoch": per_epoch, "warm_up_epochs": epochs}
            for step, per_epoch, epochs in [
                (0, 7, 3),
                (2, 7, 3),
                (5, 7, 3),
                (11, 7, 3),
                (20, 7, 3),
                (21, 7, 3),
                (22, 7, 3),
                (50, 7, 3),
                (13, 5, 4),
                (130, 40, 5),
                (1000, 40, 5),
            ]
        )
    ),
    hints=(
        "steps and epochs are different units: how many steps does the whole warm-up last?",
        "The warm-up lasts steps_per_epoch * warm_up_epochs steps; what share of them is done at this step?",
        "step divided by the steps of the warm-up, and min(1.0, ...) so that it never goes above 1.",
    ),
)
WARM_UP.recognise(
    """You compare a number of steps with a number of epochs, so the warm-up is over after 3 steps: bring both to the
    same unit.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step / warm_up_epochs),
)
WARM_UP.recognise(
    """Your warm-up is over after one epoch, because warm_up_epochs is not used: divide by the steps of all its
    epochs.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step / steps_per_epoch),
)
WARM_UP.recognise(
    """step / steps_per_epoch * warm_up_epochs multiplies by the epochs, so a longer warm-up rises faster: put
    brackets around what is to be divided by.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step / steps_per_epoch * warm_up_epochs),
)
WARM_UP.recognise(
    """You add steps_per_epoch and warm_up_epochs; so many epochs of so many steps each is a product.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step / (steps_per_epoch + warm_up_epochs)),
)
WARM_UP.recognise(
    """Your share goes on rising above 1, so the KL gets dearer until the last step: stop it at 1 with min.""",
    lambda step, steps_per_epoch, warm_up_epochs: step / (steps_per_epoch * warm_up_epochs),
)
WARM_UP.recognise(
    """max keeps the share at 1 or above, so there is no warm-up at all: to keep a number from rising above 1 takes
    min.""",
    lambda step, steps_per_epoch, warm_up_epochs: max(1.0, step / (steps_per_epoch * warm_up_epochs)),
)
WARM_UP.recognise(
    """You count steps from 1: your first step is not free, and the warm-up ends one step early. step is 0 at the
    first one.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, (step + 1) / (steps_per_epoch * warm_up_epochs)),
)
WARM_UP.recognise(
    """You reach 1 at the last step of the warm-up, as torch.linspace would; it should be reached at the step after,
    when all its epochs are over. Divide by the number of steps, without the - 1.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step / (steps_per_epoch * warm_up_epochs - 1)),
)
WARM_UP.recognise(
    """You reach 1 one step late: divide by the number of steps of the warm-up, without a + 1.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step / (steps_per_epoch * warm_up_epochs + 1)),
)


@WARM_UP.mistake
def warm_up_below_one(step: int, steps_per_epoch: int, warm_up_epochs: int) -> float:
    """Your share stops just below 1, at the last step of the warm-up, and stays there: afterwards the KL must
    count in full."""
    steps = steps_per_epoch * warm_up_epochs
    return min(step, steps - 1) / steps


WARM_UP.recognise(
    """Your share changes only from epoch to epoch, a staircase: // drops the part of the epoch that is done. It
    should rise with every step.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step // steps_per_epoch / warm_up_epochs),
)
WARM_UP.recognise(
    """Your share is a staircase, one stair per epoch, and its first stair is above 0: count in steps, from 0.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, (step // steps_per_epoch + 1) / warm_up_epochs),
)
WARM_UP.recognise(
    """You switch from 0 to 1 at the end of the warm-up, with nothing in between: // keeps only whole numbers. Divide
    with /.""",
    lambda step, steps_per_epoch, warm_up_epochs: float(step >= steps_per_epoch * warm_up_epochs),
)
WARM_UP.recognise(
    """Your share starts at 1 and falls to 0: the KL would be dear at first, when the decoder does not listen yet.
    Turn it round.""",
    lambda step, steps_per_epoch, warm_up_epochs: max(0.0, 1 - step / (steps_per_epoch * warm_up_epochs)),
)
WARM_UP.recognise(
    """Your share rises along a cosine, slowly at both ends; a fine schedule, but a straight line is asked for.""",
    lambda step, steps_per_epoch, warm_up_epochs: (
        (1 - math.cos(math.pi * beta_at_step(step, steps_per_epoch, warm_up_epochs))) / 2
    ),
)
WARM_UP.recognise(
    """Your share rises with the square of the step, slowly at first; a straight line is asked for.""",
    lambda step, steps_per_epoch, warm_up_epochs: beta_at_step(step, steps_per_epoch, warm_up_epochs) ** 2,
)
WARM_UP.recognise(
    """Your share rises with the root of the step, steeply at first; a straight line is asked for.""",
    lambda step, steps_per_epoch, warm_up_epochs: beta_at_step(step, steps_per_epoch, warm_up_epochs) ** 0.5,
)


@WARM_UP.mistake
def warm_up_cyclical(step: int, steps_per_epoch: int, warm_up_epochs: int) -> float:
    """Your share falls back to 0 at the end of the warm-up and rises again: that is cyclical annealing without its
    pauses. Here it stays at 1; look at your %."""
    steps = steps_per_epoch * warm_up_epochs
    return step % steps / steps


WARM_UP.recognise(
    """Your share begins anew in every epoch: step counts all steps of training, so no % is needed.""",
    lambda step, steps_per_epoch, warm_up_epochs: step % steps_per_epoch / steps_per_epoch,
)


@WARM_UP.mistake
def warm_up_forgotten_after(step: int, steps_per_epoch: int, warm_up_epochs: int) -> float:
    """After the warm-up your share is 0, and the KL is free for the rest of training: return 1 there."""
    steps = steps_per_epoch * warm_up_epochs
    return step / steps if step < steps else 0.0


WARM_UP.recognise(
    """Your share reaches 1 after half the warm-up: the lesson's warm_up rises over half of what you give it, unless
    told share=1.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, 2 * step / (steps_per_epoch * warm_up_epochs)),
)
WARM_UP.recognise(
    """Your fraction stands on its head, and step 0 divides by zero: the steps done go above, the steps of the warm-up
    below.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, steps_per_epoch * warm_up_epochs / step),
)


# 4.4

FREE = Exercise(
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
FREE.recognise(
    """You compare the sum over all latents with free, so one busy latent uses up the allowance of all: compare each
    latent on its own, then add up.""",
    lambda kl, free: kl.mean(0).sum().clamp(min=free),
)
FREE.recognise(
    """You gave all latents one common purse of J times free, and one busy latent empties it: compare each latent on
    its own, then add up.""",
    lambda kl, free: kl.mean(0).sum().clamp(min=free * kl.shape[1]),
)
FREE.recognise(
    """You compare every image with free before averaging, so a latent that speaks about some images only is counted
    too high: average over the batch first.""",
    lambda kl, free: kl.clamp(min=free).mean(0).sum(),
)
FREE.recognise(
    """You overwrite numbers of kl itself, which whoever called you still needs; and you compare each image with free,
    where the average over the batch is asked. Average first, into a new tensor.""",
    lambda kl, free: kl.clamp_(min=free).mean(0).sum(),
)
FREE.recognise(
    """You add up the latents of each image and compare that with free; the allowance belongs to a latent, averaged
    over the batch.""",
    lambda kl, free: kl.sum(1).clamp(min=free).mean(),
)
FREE.recognise(
    """You cut the KL off above free, so a latent may say as much as it likes at no further price, and a silent one is
    pulled down: raise what is below instead, min= where you have max=.""",
    lambda kl, free: kl.mean(0).clamp(max=free).sum(),
)
FREE.recognise(
    """You subtract free from every latent. A constant changes no gradient, so silent latents are still pulled down:
    the KL below free has to count as free.""",
    lambda kl, free: (kl.mean(0) - free).sum(),
)
FREE.recognise(
    """You count only what exceeds free. Gradients are the same, but the number is J times free too small: a latent
    below counts as free, not as 0, and one above counts in full.""",
    lambda kl, free: (kl.mean(0) - free).clamp(min=0).sum(),
)
FREE.recognise(
    """You count for each image what exceeds free: average over the batch first, and let a latent below count as free,
    one above in full.""",
    lambda kl, free: (kl - free).clamp(min=0).mean(0).sum(),
)
FREE.recognise(
    """You average over the latents at the end, so beta is J times smaller than it says: independent latents add
    up.""",
    lambda kl, free: kl.mean(0).clamp(min=free).mean(),
)
FREE.recognise(
    """You add up the images, so in a large batch every latent is above its allowance: average over the batch, axis 0,
    before comparing.""",
    lambda kl, free: kl.sum(0).clamp(min=free).sum(),
)
FREE.recognise(
    """You compare the sum over the batch with free and divide by B afterwards: the allowance is meant for the
    average, so divide first.""",
    lambda kl, free: kl.sum(0).clamp(min=free).sum() / len(kl),
)
FREE.recognise(
    """You return one number per latent, (J,): add them up.""",
    lambda kl, free: kl.mean(0).clamp(min=free),
)
FREE.recognise(
    """You average over the latents, axis 1, and compare one number per image: the batch is axis 0.""",
    lambda kl, free: kl.mean(1).clamp(min=free).sum(),
)
FREE.recognise(
    """Both averages are taken, but over the latents first, axis 1: an allowance belongs to a latent, so average over
    the batch, axis 0, then add up the latents.""",
    lambda kl, free: kl.mean(1).clamp(min=free).mean(),
)
FREE.recognise(
    """You average over images and latents at once and compare that single number: average over axis 0 only, and
    compare each latent.""",
    lambda kl, free: kl.mean().clamp(min=free),
)


@FREE.mistake
def free_zeroed(kl: Tensor, free: float) -> Tensor:
    """A latent below its allowance counts as 0 with you, so waking one up costs free at a single stroke: it counts as
    free."""
    average = kl.mean(0)
    return torch.where(average > free, average, torch.zeros_like(average)).sum()


FREE.recognise(
    """Every number of kl below free counts as 0 with you: average over the batch first, and let a latent below its
    allowance count as free.""",
    lambda kl, free: torch.where(kl > free, kl, torch.zeros_like(kl)).mean(0).sum(),
)
FREE.recognise(
    """You share free among the latents; here it is the allowance of each single one.""",
    lambda kl, free: kl.mean(0).clamp(min=free / kl.shape[1]).sum(),
)
FREE.recognise(
    """You take free for bits and multiply by log 2; despite the name, this course gives it in nats, like everything
    else.""",
    lambda kl, free: kl.mean(0).clamp(min=free * math.log(2)).sum(),
)


@FREE.mistake
def free_leaks(kl: Tensor, free: float) -> Tensor:
    """Your number is right, but latents below the allowance still feel a gradient, and shrink: the raised value must
    not hang on kl. Look for what you detach."""
    average = kl.mean(0)
    return (average + (average.clamp(min=free) - average).detach()).sum()


FREE.recognise(
    """This is the plain KL, averaged over the batch: free is not used (or its result is dropped: clamp returns a new
    tensor).""",
    lambda kl, free: kl.mean(0).sum(),
)
FREE.recognise(
    """You add free to every latent. A constant changes no gradient, so silent latents are still pulled down: take the
    larger of the two, the KL or free.""",
    lambda kl, free: (kl.mean(0) + free).sum(),
)
FREE.recognise(
    """You give the allowance to every image apart and add up the whole batch: average each latent over the batch
    first, then compare with free.""",
    lambda kl, free: kl.clamp(min=free).sum(),
)
FREE.mistake(cut_off(free_bits))


# 4.5

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


AWAKE = Exercise(
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
AWAKE.recognise(
    """You compare the standard deviation; the threshold is meant for the variance, its square. A std of 0.05 is a
    variance of 0.0025: asleep.""",
    lambda mu, threshold: mu.std(0) > threshold,
)
AWAKE.recognise(
    """You take the variance over the latents of each image, axis 1, and get one answer per image: images are axis
    0.""",
    lambda mu, threshold: mu.var(1, correction=0) > threshold,
)
AWAKE.recognise(
    """You average mu squared, so a latent that says 3 about every image seems wide awake: subtract its mean first.""",
    lambda mu, threshold: (mu**2).mean(0) > threshold,
)
AWAKE.recognise(
    """You look at where a latent lies on average, its mean; it is awake if it changes from image to image: the
    variance.""",
    lambda mu, threshold: mu.mean(0).abs() > threshold,
)
AWAKE.recognise(
    """You compare the mean of each latent; it is awake if it changes from image to image, wherever its mean is: the
    variance.""",
    lambda mu, threshold: mu.mean(0) > threshold,
)
AWAKE.recognise(
    """You average the size of mu without its sign; a latent that says 3 about every image is large and asleep.
    Measure how it changes: the variance.""",
    lambda mu, threshold: mu.abs().mean(0) > threshold,
)
AWAKE.recognise(
    """You ask whether mu is above threshold for some image; a latent that says 3 about every image passes, and is
    asleep. Measure how it changes: the variance.""",
    lambda mu, threshold: (mu.abs() > threshold).any(0),
)
AWAKE.recognise(
    """You mark the latents that sleep: those above the threshold are awake.""",
    lambda mu, threshold: mu.var(0) < threshold,
)
AWAKE.recognise(
    """You return how many are awake; asked is which, J times True or False. (Their sum is the count.)""",
    lambda mu, threshold: (mu.var(0) > threshold).sum(),
)
AWAKE.recognise(
    """You return the share that is awake; asked is which, J times True or False.""",
    lambda mu, threshold: (mu.var(0) > threshold).float().mean(),
)
AWAKE.recognise(
    """You return the numbers of the latents that are awake; asked is True or False for each, (J,).""",
    lambda mu, threshold: (mu.var(0) > threshold).nonzero().flatten(),
)
AWAKE.recognise(
    """These are the variances themselves (divided by N - 1); compare them with threshold.""",
    lambda mu, threshold: mu.var(0),
)
AWAKE.recognise(
    """These are the variances themselves; compare them with threshold.""",
    lambda mu, threshold: mu.var(0, correction=0),
)
AWAKE.recognise(
    """You drop the sign of mu before taking the variance, so a latent that jumps between -0.8 and 0.8 seems to stand
    still: take mu as it is.""",
    lambda mu, threshold: mu.abs().var(0) > threshold,
)
AWAKE.recognise(
    """You compare the distance between the largest and the smallest mu, which is not squared and which one odd image
    decides: take the variance.""",
    lambda mu, threshold: mu.max(0).values - mu.min(0).values > threshold,
)
AWAKE.recognise(
    """You average the distance from the mean without squaring it, so the threshold means something else: the variance
    is the average of the squares.""",
    lambda mu, threshold: (mu - mu.mean(0)).abs().mean(0) > threshold,
)
AWAKE.recognise(
    """You add up the squared distances from the mean, so every latent wakes up if only there are enough images: a
    variance averages them.""",
    lambda mu, threshold: ((mu - mu.mean(0)) ** 2).sum(0) > threshold,
)
AWAKE.recognise(
    """This is the part of the KL that mu causes, half its average square. A constant mu has a KL too and tells
    nothing: the variance is asked.""",
    lambda mu, threshold: 0.5 * (mu**2).mean(0) > threshold,
)
AWAKE.recognise(
    """You take one variance of the whole tensor and return a single answer: one for each latent, over axis 0.""",
    lambda mu, threshold: mu.var() > threshold,
)
AWAKE.recognise(
    """You subtract one mean of the whole tensor from all latents; each latent has its own, mu.mean(0).""",
    lambda mu, threshold: ((mu - mu.mean()) ** 2).mean(0) > threshold,
)
AWAKE.recognise(
    """You always compare with 0.01: use the threshold that is handed in.""",
    lambda mu, threshold: mu.var(0) > 0.01,
)
AWAKE.mistake(writes_into(active, 0))


# 4.6


def sweep_row(log_px_z: Tensor, kl: Tensor) -> tuple[Tensor, Tensor]:
    """Rate and distortion of a batch, in nats per image, from log_px_z (B,) and kl (B, J)."""
    rate = kl.sum(1).mean()  # latents add up, images are averaged
    distortion = -log_px_z.mean()
    return rate, distortion


def sweep_row_given(log_px_z, kl):
    rate = kl.mean()
    distortion = -log_px_z.mean()
    return rate, distortion


SWEEP = Exercise(
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
SWEEP.recognise(
    """The rate is right now, but your distortion is negative and grows when pictures get better: it is minus
    log_px_z.""",
    lambda log_px_z, kl: (kl.sum(1).mean(), log_px_z.mean()),
)
SWEEP.recognise(
    """The rate is right now, but you drop the sign of log_px_z. With Gaussian pixels it is a density and may be
    positive: the distortion is minus log_px_z, as it was.""",
    lambda log_px_z, kl: (kl.sum(1).mean(), log_px_z.abs().mean()),
    lambda log_px_z, kl: (kl.sum(1).mean(), log_px_z.mean().abs()),
)
SWEEP.recognise(
    """Your rate is negative, which no KL can be: it is the KL as it comes.""",
    lambda log_px_z, kl: (-kl.sum(1).mean(), -log_px_z.mean()),
)
SWEEP.recognise(
    """Your rate adds up the images too, so it grows with the batch: add up the latents, axis 1, and average over
    images.""",
    lambda log_px_z, kl: (kl.sum(), -log_px_z.mean()),
)
SWEEP.recognise(
    """Both numbers are sums over the batch; asked is nats per image, so average over the images.""",
    lambda log_px_z, kl: (kl.sum(), -log_px_z.sum()),
)
SWEEP.recognise(
    """The rate is right now, but your distortion adds up the images: average it, as it was.""",
    lambda log_px_z, kl: (kl.sum(1).mean(), -log_px_z.sum()),
)
SWEEP.recognise(
    """You return a single tensor; asked are two numbers: return rate, distortion.""",
    lambda log_px_z, kl: kl.sum(1).mean(),
)
SWEEP.recognise(
    """Your two numbers are right and in the wrong order: the rate first, then the distortion.""",
    lambda log_px_z, kl: (-log_px_z.mean(), kl.sum(1).mean()),
)
SWEEP.recognise(
    """Your rate is a list, the KL of each latent: useful for a diagnosis, but the rate of the model is their sum.""",
    lambda log_px_z, kl: (kl.mean(0), -log_px_z.mean()),
)
SWEEP.recognise(
    """Your rate is one number per image, (B,): average over the batch.""",
    lambda log_px_z, kl: (kl.sum(1), -log_px_z.mean()),
)
SWEEP.recognise(
    """Your rate is a list, each latent's KL added up over the images: add up axis 1 instead, then average.""",
    lambda log_px_z, kl: (kl.sum(0), -log_px_z.mean()),
)
SWEEP.recognise(
    """Both are one number per image, (B,): average over the batch, one row for the whole model.""",
    lambda log_px_z, kl: (kl.sum(1), -log_px_z),
)
SWEEP.recognise(
    """You add up axis 0, the images, and average over the latents: the other way round, latents are axis 1.""",
    lambda log_px_z, kl: (kl.sum(0).mean(), -log_px_z.mean()),
)


@SWEEP.mistake
def sweep_distortion_is_loss(log_px_z: Tensor, kl: Tensor) -> tuple[Tensor, Tensor]:
    """Your distortion is minus the ELBO, with the rate in it: the distortion is what rebuilding gets wrong, alone."""
    rate = kl.sum(1).mean()
    return rate, rate - log_px_z.mean()


@SWEEP.mistake
def sweep_rate_taken_off(log_px_z: Tensor, kl: Tensor) -> tuple[Tensor, Tensor]:
    """You take the rate off the distortion, as the lesson does with an ELBO; log_px_z is not an ELBO, there is no KL
    in it."""
    rate = kl.sum(1).mean()
    return rate, -(log_px_z.mean() + rate)


SWEEP.recognise(
    """Now both are divided by the number of latents. They fit together again, but neither is in nats per image:
    add up the latents, divide by none.""",
    lambda log_px_z, kl: (kl.mean(), -log_px_z.mean() / kl.shape[1]),
)
SWEEP.recognise(
    """Your rate is divided by the number of images twice: add up the latents, axis 1, and average over images
    once.""",
    lambda log_px_z, kl: (kl.sum(1).mean() / len(kl), -log_px_z.mean()),
)
SWEEP.recognise(
    """Your rate is in bits, divided by log 2; this course counts nats, and two units in one row cannot be added.""",
    lambda log_px_z, kl: (kl.sum(1).mean() / math.log(2), -log_px_z.mean()),
)
SWEEP.recognise(
    """Your rate counts only the busiest latent of each image: all of them go through the wire, so add them up.""",
    lambda log_px_z, kl: (kl.max(1).values.mean(), -log_px_z.mean()),
)


EXERCISES = (DIAL, WEIGHT, WARM_UP, FREE, AWAKE, SWEEP)

PREDICTIONS = (
    Prediction(
        key="4-curve",
        question="Without a cure the KL is low in the first epoch and still low in the last. Why does it stay there?",
        right=0,
        because="""At first z is nearly all noise, so the decoder learns to copy from the rows above. A decoder that
        ignores z gives the encoder no gradient worth a nat, and a silent encoder gives the decoder no reason to listen.
        A code would pay, as the cures show; long training may find it, but nothing pushes.""",
    ),
    Prediction(
        key="4-collapse",
        question="Which treatment wakes the most latents, and is it the one with the best ELBO?",
        right=2,
        because="""An allowance is there to be spent, so with free bits every latent speaks, needed or not. Warm-up
        wakes fewer and lets them carry what helps. Awake latents are a symptom; the ELBO is the aim.""",
    ),
    Prediction(
        key="4-blur",
        question="Four VAEs with a pixel std, from 1 down to 0.1. What does the std decide about sharpness?",
        right=1,
        because="""A pixel std of 1 says that pixels are nearly noise, so detail is not worth its nats and edges are
        averages. A small std buys detail for rebuilt images and pays with holes where we sample, so a sample is not the
        crisper for it.""",
    ),
)
