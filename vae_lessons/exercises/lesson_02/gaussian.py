"""Exercise 2.2: the log-likelihood of Gaussian pixels."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import column, cut_off, listed, writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.exercises.lesson_02.inputs import PIXELS
from vae_lessons.likelihoods import gaussian_log_likelihood

EXERCISE = Exercise(
    number="2.2",
    title="Warm-up: grey pixels",
    task="""Write log p(x|z) for Gaussian pixels, each N(x_hat[d], std**2) with one std for all: x_hat and x are (B,
    1, H, W), std is a number. Return one number per image, (B,), in nats, including the normalising constant.""",
    minutes=2,
    difficulty=1,
    reference=gaussian_log_likelihood,
    probe=each(
        {"x_hat": torch.tensor([[[[0.2]]]]), "x": torch.tensor([[[[0.7]]]]), "std": 0.25},
        {"x_hat": PIXELS.flip(0), "x": PIXELS, "std": 0.3},
        {"x_hat": PIXELS.flip(0), "x": PIXELS, "std": 1.7},
        {
            "x_hat": PIXELS.flip(0),
            "x": PIXELS,
            "std": 0.02,
        },  # where the density itself is 0 in floating point
        gradients=["x_hat"],
    ),
    hints=(
        "Write down the density of one pixel and take its logarithm: it has a squared distance and a normalising "
        "constant.",
        "The density is exp(-(x - x_hat)^2 / (2 std^2)) / sqrt(2 pi std^2). What is the logarithm of each factor?",
        "Every pixel of an image has the constant. Check: at x_hat = x and std = 1, an image of D pixels has -0.92 "
        "D nats.",
    ),
)


EXERCISE.recognise(
    """This is minus the squared error. Without 1 / (2 std^2) and the constant it is not in nats, so it cannot be
    compared with a KL.""",
    lambda x_hat, x, std: -((x - x_hat) ** 2).flatten(1).sum(1),
)


@EXERCISE.mistake
def no_half(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The factor 1/2 of the squared error is missing."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return (-squared_error / std**2 - 0.5 * math.log(2 * math.pi * std**2)).sum(1)


@EXERCISE.mistake
def std_for_variance(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You divide the squared error by std, not by the variance, std^2."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std + math.log(2 * math.pi * std**2)).sum(1)


@EXERCISE.mistake
def std_for_variance_twice(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You use std where the variance, std^2, belongs, both under the squared error and in the logarithm."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std + math.log(2 * math.pi * std)).sum(1)


@EXERCISE.mistake
def no_variance(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The squared error is not divided by the variance, so std affects only the constant."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error + math.log(2 * math.pi * std**2)).sum(1)


EXERCISE.recognise(
    """The normalising constant is missing, so different std cannot be compared: the largest would always seem
    best.""",
    lambda x_hat, x, std: -0.5 * (((x - x_hat) / std) ** 2).flatten(1).sum(1),
)


@EXERCISE.mistake
def no_log_std(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The 2 pi is there, but -log(std) is missing: a narrower Gaussian is also higher."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std**2 + math.log(2 * math.pi)).sum(1)


@EXERCISE.mistake
def no_two_pi(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """Only log(2 pi) / 2 per pixel is missing, 0.92 nats each. That does not affect the gradient, but it shifts every
    number you report."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std**2 + math.log(std**2)).sum(1)


EXERCISE.recognise(
    """You return minus the log-density, a loss; a better x_hat must give a larger number.""",
    lambda x_hat, x, std: -gaussian_log_likelihood(x_hat, x, std),
)


EXERCISE.recognise(
    """You average over the pixels, so an image counts as one pixel, and in the loss the KL weighs D times too
    much.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std) / x[0].numel(),
)


EXERCISE.recognise(
    """You average over the batch; the task asks for one number per image, (B,).""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std).mean(),
)


@EXERCISE.mistake
def gaussian_broadcast(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """A (B, 1) and a (B,) were broadcast to (B, B), every image with every other. Look for a keepdim."""
    squared_error = ((x - x_hat) ** 2).flatten(1).sum(1, keepdim=True)  # (B, 1)
    constant = torch.full((len(x),), x[0].numel() * math.log(2 * math.pi * std**2))  # (B,)
    return -0.5 * (squared_error / std**2 + constant)


def _bell_curves(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The logarithm of each pixel's density without its constant."""
    return -((x - x_hat) ** 2) / (2 * std**2)


EXERCISE.recognise(
    """You add the constant, or a part of it, once per image; every pixel has it, so it counts D times.""",
    lambda x_hat, x, std: (
        _bell_curves(x_hat, x, std).flatten(1).sum(1) - 0.5 * math.log(2 * math.pi * std**2)
    ),
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) - math.log(std)).flatten(1).sum(1) - 0.5 * math.log(2 * math.pi)
    ),
)


EXERCISE.recognise(
    """You use the difference, or its absolute value, where the Gaussian has its square.""",
    lambda x_hat, x, std: (
        -0.5 * ((x - x_hat).abs() / std**2 + math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
    lambda x_hat, x, std: -0.5 * ((x - x_hat) / std**2 + math.log(2 * math.pi * std**2)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You add up the differences of all pixels before squaring, so too dark and too bright pixels cancel.""",
    lambda x_hat, x, std: (
        -((x - x_hat).flatten(1).sum(1) ** 2) / (2 * std**2)
        - x[0].numel() * 0.5 * math.log(2 * math.pi * std**2)
    ),
)


EXERCISE.recognise(
    """You pass std squared to something that squares it again: torch.distributions.Normal expects std itself.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std**2),
)


EXERCISE.recognise(
    """The constant, or a part of it, counts twice: it is the logarithm of sqrt(2 pi std^2), subtracted once.""",
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) - math.log(2 * math.pi * std**2)).flatten(1).sum(1),
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) - math.log(std) - math.log(2 * math.pi)).flatten(1).sum(1)
    ),
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) - math.log(std**2) - 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)
    ),
)


EXERCISE.recognise(
    """The logarithm contains std where the variance belongs.""",
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) - 0.5 * math.log(2 * math.pi * std)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """The factor 2 of 2 pi is missing from the constant, 0.35 nats per pixel.""",
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) - 0.5 * math.log(math.pi * std**2)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """The constant, or a part of it, has the wrong sign: the density is divided by sqrt(2 pi std^2).""",
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) + 0.5 * math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) + math.log(std) - 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)
    ),
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) - math.log(std) + 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)
    ),
)


EXERCISE.recognise(
    """The squared error has the wrong sign: the density falls as x_hat moves away from x. (-a)**2 is positive,
    -(a**2) negative.""",
    lambda x_hat, x, std: (
        (-_bell_curves(x_hat, x, std) - 0.5 * math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
)


EXERCISE.recognise(
    """a / 2 * std**2 divides by 2 and then multiplies by std^2.""",
    lambda x_hat, x, std: (
        (-((x - x_hat) ** 2) / 2 * std**2 - 0.5 * math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
)


EXERCISE.recognise(
    """You square the 2 as well: the denominator is 2 std^2, not (2 std)^2.""",
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) / 2 - 0.5 * math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
)


EXERCISE.recognise(
    """std is a Python number, and torch.log and torch.sqrt expect a tensor: use math.log.""",
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) - torch.log(std)).flatten(1).sum(1),
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) / torch.sqrt(std)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You add up all images of the batch; the task asks for one number per image, (B,).""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std).sum(),
)


EXERCISE.recognise(
    """You average over pixels and images at once; the task asks for one number per image, (B,).""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std).mean() / x[0].numel(),
)


EXERCISE.recognise(
    """Each pixel's log-density is right, but the pixels of an image are not added up; the task asks for one number
    per image, (B,).""",
    lambda x_hat, x, std: torch.distributions.Normal(x_hat, std).log_prob(x),
)


EXERCISE.recognise(
    """You sum over one axis and keep the others; the pixels of an image lie along three, C, H and W.""",
    *(
        lambda x_hat, x, std, axis=axis: torch.distributions.Normal(x_hat, std).log_prob(x).sum(axis)
        for axis in range(4)
    ),
)


EXERCISE.recognise(
    """This is PyTorch's squared error, one number for the whole batch, in which std does not occur.""",
    *(
        lambda x_hat, x, std, how=how, sign=sign: sign * F.mse_loss(x_hat, x, reduction=how)
        for how in ("mean", "sum")
        for sign in (1, -1)
    ),
)


EXERCISE.recognise(
    """These are squared errors, positive and without std; a log-density is larger the better x_hat is, and depends on
    std.""",
    lambda x_hat, x, std: ((x - x_hat) ** 2).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You return densities, or their sum; the task asks for the logarithm of the density of an image.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std).exp(),
    lambda x_hat, x, std: torch.distributions.Normal(x_hat, std).log_prob(x).exp().flatten(1).sum(1),
)


EXERCISE.mistake(column(gaussian_log_likelihood))


EXERCISE.mistake(listed(gaussian_log_likelihood))


EXERCISE.mistake(writes_into(gaussian_log_likelihood, 0))


EXERCISE.mistake(writes_into(gaussian_log_likelihood, 1))


EXERCISE.mistake(cut_off(gaussian_log_likelihood))


for _count in (784, 28):
    EXERCISE.recognise(
        f"""The number of pixels, {_count}, is written into your normalising constant; images may have any size.""",
        lambda x_hat, x, std, count=_count: (
            -((x - x_hat) ** 2).flatten(1).sum(1) / (2 * std**2)
            - count * (math.log(std) + 0.5 * math.log(2 * math.pi))
        ),
    )


EXERCISE.recognise(
    """You apply a sigmoid to x_hat, but x_hat is the mean of the pixels already; only x_logits need one.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat.sigmoid(), x, std),
)


EXERCISE.recognise(
    """You add up the sizes of all differences and square the sum; it is the squares of the pixels that add up.""",
    lambda x_hat, x, std: (
        -0.5 * (x - x_hat).abs().flatten(1).sum(1).square() / std**2
        - x[0].numel() * (math.log(std) + 0.5 * math.log(2 * math.pi))
    ),
)


EXERCISE.recognise(
    """Right near the mean, but far from it the density is 0 in floating point, and its logarithm -inf: write the
    logarithm of the density down, and no exp is left.""",
    lambda x_hat, x, std: (
        (torch.exp(-0.5 * ((x - x_hat) / std) ** 2) / (std * math.sqrt(2 * math.pi))).log().flatten(1).sum(1)
    ),
)


EXERCISE.recognise(
    """Your std has a lower limit, 0.1: a smaller one gives the same number.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, max(std, 0.1)),
)
