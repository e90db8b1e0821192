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
    title="Grey pixels",
    task="""Write log p(x|z) of Gaussian pixels, each N(x_hat[d], std**2) with one std for all: x_hat and x
    are (B, 1, H, W), std is a number. Return (B,) in nats, with the constant.""",
    minutes=6,
    difficulty=1,
    reference=gaussian_log_likelihood,
    probe=each(
        {"x_hat": torch.tensor([[[[0.2]]]]), "x": torch.tensor([[[[0.7]]]]), "std": 0.25},
        {"x_hat": PIXELS.flip(0), "x": PIXELS, "std": 0.3},
        {"x_hat": PIXELS.flip(0), "x": PIXELS, "std": 1.7},
        gradients=["x_hat"],
    ),
    hints=(
        "Write the density of one pixel and take its logarithm: a squared distance, and what makes the area 1.",
        "One pixel gives -(x - x_hat)^2 / (2 std^2) - log(std) - log(2 pi) / 2.",
        "Compute that for all pixels at once, then flatten(1).sum(1). The constant counts once for every pixel.",
    ),
)


EXERCISE.recognise(
    """This is minus the squared error: without 1 / (2 std^2) it is not in nats, so no KL can be weighed
    against it.""",
    lambda x_hat, x, std: -((x - x_hat) ** 2).flatten(1).sum(1),
)


@EXERCISE.mistake
def no_half(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The squared error lost its 1/2: the exponent of a bell curve is -(x - x_hat)^2 / (2 std^2)."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return (-squared_error / std**2 - 0.5 * math.log(2 * math.pi * std**2)).sum(1)


@EXERCISE.mistake
def std_for_variance(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You divide the squared error by std; it is measured against the variance, std squared."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std + math.log(2 * math.pi * std**2)).sum(1)


@EXERCISE.mistake
def std_for_variance_twice(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You use std in both places where the variance, std squared, belongs: below the squared error and in the
    logarithm."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std + math.log(2 * math.pi * std)).sum(1)


@EXERCISE.mistake
def no_variance(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The squared error is not divided by the variance, so std changes only the constant: it says how much an
    error of one grey level weighs."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error + math.log(2 * math.pi * std**2)).sum(1)


EXERCISE.recognise(
    """The normalising term is missing: without -log(std) - log(2 pi) / 2 per pixel no two values of std can
    be compared, and the smallest error would always want the smallest weight.""",
    lambda x_hat, x, std: -0.5 * (((x - x_hat) / std) ** 2).flatten(1).sum(1),
)


@EXERCISE.mistake
def no_log_std(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The 2 pi is there but -log(std) is missing: a narrow bell curve is a high one."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std**2 + math.log(2 * math.pi)).sum(1)


@EXERCISE.mistake
def no_two_pi(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The std is all there, but log(2 pi) / 2 per pixel is missing, 0.92 nats each: harmless for gradients,
    and it moves every number you report."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std**2 + math.log(std**2)).sum(1)


EXERCISE.recognise(
    """You return minus the log-density: a loss. A better x_hat must give a larger number.""",
    lambda x_hat, x, std: -gaussian_log_likelihood(x_hat, x, std),
)


EXERCISE.recognise(
    """You average over the pixels; the log-density of an image is the sum over its pixels, or the KL beside
    it weighs D times too much.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std) / x[0].numel(),
)


EXERCISE.recognise(
    """You average over the batch already; return one number per image, (B,).""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std).mean(),
)


@EXERCISE.mistake
def gaussian_broadcast(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """A (B, 1) met a (B,) and became (B, B), every image with every other: print both shapes, and drop the
    keepdim."""
    squared_error = ((x - x_hat) ** 2).flatten(1).sum(1, keepdim=True)  # (B, 1)
    constant = torch.full((len(x),), x[0].numel() * math.log(2 * math.pi * std**2))  # (B,)
    return -0.5 * (squared_error / std**2 + constant)


def _bell_curves(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The logarithm of each pixel's density without its constant."""
    return -((x - x_hat) ** 2) / (2 * std**2)


EXERCISE.recognise(
    """You add the constant once per image; every pixel has a density of its own, so it counts D times.""",
    lambda x_hat, x, std: (
        _bell_curves(x_hat, x, std).flatten(1).sum(1) - 0.5 * math.log(2 * math.pi * std**2)
    ),
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) - math.log(std)).flatten(1).sum(1) - 0.5 * math.log(2 * math.pi)
    ),
)


EXERCISE.recognise(
    """You take the distance, or its absolute value, where a bell curve has its square.""",
    lambda x_hat, x, std: (
        -0.5 * ((x - x_hat).abs() / std**2 + math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
    lambda x_hat, x, std: -0.5 * ((x - x_hat) / std**2 + math.log(2 * math.pi * std**2)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You add up the distances of all pixels and square their sum, so too dark and too bright cancel: square
    each pixel's distance, then add.""",
    lambda x_hat, x, std: (
        -((x - x_hat).flatten(1).sum(1) ** 2) / (2 * std**2)
        - x[0].numel() * 0.5 * math.log(2 * math.pi * std**2)
    ),
)


EXERCISE.recognise(
    """You hand std squared to something that squares it again: torch.distributions.Normal takes std as it
    comes.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std**2),
)


EXERCISE.recognise(
    """Something in the constant counts twice: it is half of log(2 pi std^2), that is log(std) + log(2 pi) /
    2.""",
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) - math.log(2 * math.pi * std**2)).flatten(1).sum(1),
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) - math.log(std) - math.log(2 * math.pi)).flatten(1).sum(1)
    ),
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) - math.log(std**2) - 0.5 * math.log(2 * math.pi)).flatten(1).sum(1)
    ),
)


EXERCISE.recognise(
    """In the logarithm stands std where the variance belongs: the constant is half of log(2 pi std^2), in
    which log(std) comes whole and log(2 pi) half.""",
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) - 0.5 * math.log(2 * math.pi * std)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """The 2 of 2 pi is missing in the constant, 0.35 nats per pixel: the area under exp(-x^2 / 2) is sqrt(2
    pi).""",
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) - 0.5 * math.log(math.pi * std**2)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """The constant has the wrong sign, or a part of it: the wider the bell curve, the lower it is, so
    log(std) and log(2 pi) / 2 are both subtracted.""",
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
    """The squared error has the wrong sign: the farther x_hat is from x, the smaller the density has to be.
    (-a)**2 is positive, -(a**2) negative.""",
    lambda x_hat, x, std: (
        (-_bell_curves(x_hat, x, std) - 0.5 * math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
)


EXERCISE.recognise(
    """a / 2 * std**2 divides by 2 and then multiplies by std^2: put the brackets around what stands below, (2
    * std**2).""",
    lambda x_hat, x, std: (
        (-((x - x_hat) ** 2) / 2 * std**2 - 0.5 * math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
)


EXERCISE.recognise(
    """You square the 2 as well: below the squared error stands 2 std^2, not (2 std)^2.""",
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) / 2 - 0.5 * math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
)


EXERCISE.recognise(
    """std is a Python number, and torch.log and torch.sqrt want a tensor: use math.log.""",
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) - torch.log(std)).flatten(1).sum(1),
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) / torch.sqrt(std)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You add up all images of the batch; return one number per image, (B,).""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std).sum(),
)


EXERCISE.recognise(
    """You average over pixels and images at once: add up the pixels of each image, and leave the images
    apart.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std).mean() / x[0].numel(),
)


EXERCISE.recognise(
    """Each pixel's log-density is right; now add them up for each image: flatten(1).sum(1) makes (B, C, H, W)
    into (B,).""",
    lambda x_hat, x, std: torch.distributions.Normal(x_hat, std).log_prob(x),
)


EXERCISE.recognise(
    """You add up along one axis and keep the others; the pixels of an image lie along three, C, H and W:
    flatten(1).sum(1) takes all of them.""",
    *(
        lambda x_hat, x, std, axis=axis: torch.distributions.Normal(x_hat, std).log_prob(x).sum(axis)
        for axis in range(4)
    ),
)


EXERCISE.recognise(
    """This is PyTorch's squared error, one number for the whole batch, and std does not occur in it. Per
    pixel, divide the squared distance by 2 std^2, flip the sign and add the constant; then sum over each
    image.""",
    *(
        lambda x_hat, x, std, how=how, sign=sign: sign * F.mse_loss(x_hat, x, reduction=how)
        for how in ("mean", "sum")
        for sign in (1, -1)
    ),
)


EXERCISE.recognise(
    """These are squared errors without std and with a plus: in nats they are divided by 2 std^2, a better
    x_hat gives a larger number, and each pixel has its constant.""",
    lambda x_hat, x, std: ((x - x_hat) ** 2).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You return densities, or their sum; asked for is the logarithm, which is added up where densities are
    multiplied.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std).exp(),
    lambda x_hat, x, std: torch.distributions.Normal(x_hat, std).log_prob(x).exp().flatten(1).sum(1),
)


EXERCISE.mistake(column(gaussian_log_likelihood))


EXERCISE.mistake(listed(gaussian_log_likelihood))


EXERCISE.mistake(writes_into(gaussian_log_likelihood, 0))


EXERCISE.mistake(writes_into(gaussian_log_likelihood, 1))


EXERCISE.mistake(cut_off(gaussian_log_likelihood))
