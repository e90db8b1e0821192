"""Exercises of lesson 02: what the decoder says about pixels, the KL, and the ELBO they make."""

import math
from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_lessons.evaluation import importance_weighted
from vae_lessons.exercises.exercise import Answer, Exercise, Prediction, Seen, as_tensor
from vae_lessons.exercises.probes import (
    LOGVAR,
    MU,
    attempt,
    column,
    cut_off,
    each,
    in_short,
    listed,
    writes_into,
)
from vae_lessons.gaussians import kl_closed_form, kl_monte_carlo, kl_per_latent, log_density, reparameterize
from vae_lessons.likelihoods import bernoulli_log_likelihood, gaussian_log_likelihood

LOGITS = torch.tensor(
    [[2.3, -0.6, 0.4, -3.1, 1.7, -0.2], [-1.4, 0.8, 2.6, -0.5, 0.3, -2.2], [0.7, -1.9, 3.2, 1.1, -0.9, 0.6]]
)
PIXELS = torch.tensor(
    [[0.9, 0.2, 0.7, 0.1, 0.6, 0.3], [0.15, 0.8, 0.95, 0.35, 0.55, 0.05], [0.65, 0.25, 0.85, 0.45, 0.1, 0.75]]
)
LOGITS, PIXELS = LOGITS.view(3, 1, 2, 3), PIXELS.view(3, 1, 2, 3)  # (B, C, H, W)


# 2.1

BERNOULLI = Exercise(
    number="2.1",
    title="Black and white pixels",
    task="""Write log p(x|z) of Bernoulli pixels: x_logits and x are (B, 1, H, W), pixel d is ink with
    probability sigmoid(x_logits[d]), and x may be grey, in [0, 1]. Return one number per image, (B,), in
    nats. It must survive logits of 200.""",
    minutes=8,
    difficulty=2,
    reference=bernoulli_log_likelihood,
    probe=each(
        {"x_logits": torch.tensor([[[[-0.8]]]]), "x": torch.tensor([[[[0.7]]]])},
        {"x_logits": LOGITS, "x": PIXELS},
        {"x_logits": torch.tensor([[[[-190.0, 150.0]]]]), "x": torch.tensor([[[[0.9, 0.2]]]])},
        gradients=["x_logits"],
    ),
    hints=(
        "A pixel that is ink contributes log sigmoid(logit), one that is paper log(1 - sigmoid(logit)); x says which.",
        "PyTorch has this in one stable function, F.binary_cross_entropy_with_logits, as a loss: mind its sign.",
        "Ask it for reduction='none', flip the sign, then flatten(1).sum(1) to add up the pixels of each image.",
    ),
)
BERNOULLI.recognise(
    """You apply sigmoid and then a function that applies it again, so no pixel can be surer than 0.73: give
    with_logits the raw x_logits.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits.sigmoid(), x),
)
BERNOULLI.recognise(
    """You take the logarithm of the raw x_logits, which is not a number where they are negative: a logit
    becomes a probability by sigmoid first.""",
    lambda x_logits, x: (x * x_logits.log() + (1 - x) * (1 - x_logits).log()).flatten(1).sum(1),
)
BERNOULLI.recognise(
    """You return the loss, which is positive; log p(x|z) is the logarithm of a probability and never above 0:
    flip the sign.""",
    lambda x_logits, x: -bernoulli_log_likelihood(x_logits, x),
)
BERNOULLI.recognise(
    """You average over the pixels, so an image counts as one pixel and the KL beside it weighs D times too
    much: the log-probability of an image is the sum over its pixels.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x) / x[0].numel(),
)
BERNOULLI.recognise(
    """You add up all images of the batch; return one number per image, (B,), and let the last step average
    them.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x).sum(),
)
BERNOULLI.recognise(
    """You average over the batch already; return one number per image, (B,), so that single images can be
    compared.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x).mean(),
)
BERNOULLI.recognise(
    """You average over pixels and images at once, as F.binary_cross_entropy_with_logits does unless told
    otherwise: ask for reduction='none' and add up the pixels of each image.""",
    lambda x_logits, x: -F.binary_cross_entropy_with_logits(x_logits, x),
)
BERNOULLI.recognise(
    """This is PyTorch's loss as it comes: positive, and averaged over pixels and images. Flip the sign, ask
    for reduction='none', and add up the pixels of each image.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x),
)
BERNOULLI.recognise(
    """You swapped the arguments: the image is taken for logits, and the logits for the image. The prediction
    comes first, the target second.""",
    lambda x_logits, x: bernoulli_log_likelihood(x, x_logits),
)
BERNOULLI.recognise(
    """You rescale x to [-1, 1]; as the target of a probability it has to stay in [0, 1], or the loss has no
    lowest point.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, 2 * x - 1),
)
BERNOULLI.recognise(
    """You round x to black and white inside; take the grey values as they come, binarising is done
    beforehand.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, (x > 0.5).float()),
)


def _from_logarithms(x: Tensor, log_p: Tensor, log_paper: Tensor) -> Tensor:
    return (x * log_p + (1 - x) * log_paper).flatten(1).sum(1)


def _from_probability(x: Tensor, p: Tensor) -> Tensor:
    return _from_logarithms(x, p.log(), (1 - p).log())


BERNOULLI.recognise(
    """Right for common logits, but F.binary_cross_entropy cuts every logarithm at -100: the pixel at logit
    -190 costs 100 nats instead of 190, and its gradient is 0. Hand the raw x_logits to
    F.binary_cross_entropy_with_logits.""",
    lambda x_logits, x: -F.binary_cross_entropy(x_logits.sigmoid(), x, reduction="none").flatten(1).sum(1),
)
BERNOULLI.recognise(
    """Right for small logits, but sigmoid(-190) is 0 in floating point and exp(150) is infinite, and then so
    is the logarithm, or it is NaN: let F.logsigmoid or binary_cross_entropy_with_logits do both steps
    in one.""",
    lambda x_logits, x: _from_probability(x, x_logits.sigmoid()),
    lambda x_logits, x: _from_probability(x.double(), x_logits.double().sigmoid()),
    lambda x_logits, x: _from_probability(x, 1 / (1 + (-x_logits).exp())),
    lambda x_logits, x: _from_probability(x, x_logits.exp() / (1 + x_logits.exp())),
    lambda x_logits, x: (x * x_logits - (1 + x_logits.exp()).log()).flatten(1).sum(1),
    lambda x_logits, x: (
        (x_logits.sigmoid() ** x * (1 - x_logits.sigmoid()) ** (1 - x)).flatten(1).prod(1).log()
    ),
)
TINY = (1e-4, 1e-5, 1e-6, 1e-7, torch.finfo(torch.float32).eps, 1e-8, 1e-9, 1e-10, 1e-12)
BERNOULLI.recognise(
    """You keep the logarithm finite by a clamp, or by a small number beside p, so a wrong pixel at logit -190
    costs 10 to 30 nats instead of 190, and its gradient is 0 or NaN: F.logsigmoid and with_logits need
    neither.""",
    *(
        lambda x_logits, x, tiny=tiny: _from_probability(x, x_logits.sigmoid().clamp(tiny, 1 - tiny))
        for tiny in TINY
    ),
    *(
        lambda x_logits, x, tiny=tiny: _from_logarithms(
            x, (x_logits.sigmoid() + tiny).log(), (1 - x_logits.sigmoid() + tiny).log()
        )
        for tiny in TINY
    ),
)
BERNOULLI.recognise(
    """You clamp x_logits, so beyond the clamp a wrong pixel costs no more however sure the decoder is, and
    its gradient is 0: with_logits needs no clamp.""",
    *(
        lambda x_logits, x, most=most: bernoulli_log_likelihood(x_logits.clamp(-most, most), x)
        for most in (10, 15, 20, 30, 50, 80, 88)
    ),
)
BERNOULLI.recognise(
    """You hand raw logits to binary_cross_entropy, which wants probabilities from 0 to 1: take the function
    whose name ends in with_logits.""",
    lambda x_logits, x: F.binary_cross_entropy(x_logits, x),
)
BERNOULLI.recognise(
    """torch.distributions.Bernoulli refuses grey pixels: it takes 0 and 1 only, unless told
    validate_args=False. The formula takes grey as it is: x log p + (1 - x) log(1 - p).""",
    lambda x_logits, x: torch.distributions.Bernoulli(logits=x_logits).log_prob(x).flatten(1).sum(1),
)
BERNOULLI.recognise(
    """You return the loss of the batch, positive and added up over all images, or divided by their number:
    one number per image is asked for, (B,), and with the other sign.""",
    lambda x_logits, x: -bernoulli_log_likelihood(x_logits, x).sum(),
    lambda x_logits, x: -bernoulli_log_likelihood(x_logits, x).mean(),
)
BERNOULLI.recognise(
    """You average over the pixels and return the loss, which is positive: add up each image's pixels, and
    flip the sign.""",
    lambda x_logits, x: -bernoulli_log_likelihood(x_logits, x) / x[0].numel(),
)
BERNOULLI.recognise(
    """Each pixel's share is right; now add them up for each image: flatten(1).sum(1) makes (B, C, H, W) into
    (B,).""",
    lambda x_logits, x: -F.binary_cross_entropy_with_logits(x_logits, x, reduction="none"),
)
BERNOULLI.recognise(
    """Each pixel has its loss, which is positive: flip the sign, and add up the pixels of each image with
    flatten(1).sum(1).""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none"),
)
BERNOULLI.recognise(
    """You add up along one axis and keep the others; the pixels of an image lie along three, C, H and W:
    flatten(1).sum(1) takes all of them.""",
    *(
        lambda x_logits, x, axis=axis: (
            -F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").sum(axis)
        )
        for axis in range(4)
    ),
)
BERNOULLI.recognise(
    """You count the ink and forget the paper, so painting everything black would be best: add
    (1 - x) log(1 - sigmoid(x_logits)).""",
    lambda x_logits, x: (x * F.logsigmoid(x_logits)).flatten(1).sum(1),
)
BERNOULLI.recognise(
    """You count the paper and forget the ink, so an empty page would be best: add x log
    sigmoid(x_logits).""",
    lambda x_logits, x: ((1 - x) * F.logsigmoid(-x_logits)).flatten(1).sum(1),
)
BERNOULLI.recognise(
    """The paper's term has the wrong sign: x log p and (1 - x) log(1 - p) are both logarithms of
    probabilities, both negative, and add up.""",
    lambda x_logits, x: _from_logarithms(x, F.logsigmoid(x_logits), -F.logsigmoid(-x_logits)),
)
BERNOULLI.recognise(
    """Ink and paper changed places: x goes with log sigmoid(x_logits), and 1 - x with the logarithm of what
    is left.""",
    lambda x_logits, x: bernoulli_log_likelihood(-x_logits, x),
)
BERNOULLI.recognise(
    """For the paper you take 1 - log p where log(1 - p) belongs: first what is left of the probability, then
    its logarithm, which is F.logsigmoid(-x_logits).""",
    lambda x_logits, x: _from_logarithms(x, F.logsigmoid(x_logits), 1 - F.logsigmoid(x_logits)),
)
BERNOULLI.recognise(
    """You take one logarithm of the mixture x p + (1 - x)(1 - p): the same for black and white, another
    number for grey. Take both logarithms first, then weigh them by x and 1 - x.""",
    lambda x_logits, x: (x * x_logits.sigmoid() + (1 - x) * (1 - x_logits.sigmoid())).log().flatten(1).sum(1),
)
BERNOULLI.recognise(
    """This is the probability itself, which for a real image is 0 in floating point: return its logarithm,
    the sum of the pixels' logarithms.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x).exp(),
    lambda x_logits, x: (x_logits.sigmoid() ** x * (1 - x_logits.sigmoid()) ** (1 - x)).flatten(1).prod(1),
)
BERNOULLI.recognise(
    """You measure a squared error: that is what Gaussian pixels ask for. A Bernoulli pixel contributes
    x log p + (1 - x) log(1 - p).""",
    lambda x_logits, x: -((x_logits.sigmoid() - x) ** 2).flatten(1).sum(1),
    lambda x_logits, x: -((x_logits - x) ** 2).flatten(1).sum(1),
)
BERNOULLI.recognise(
    """Your numbers are in bits, with the logarithm to base 2; this course counts nats, with the natural
    logarithm.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x) / math.log(2),
)
BERNOULLI.recognise(
    """squeeze() drops every axis of length 1, and of a single image that is the batch as well: its (1,) becomes ().
    flatten(1).sum(1) always gives (B,).""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x).squeeze(),
)
BERNOULLI.mistake(column(bernoulli_log_likelihood))
BERNOULLI.mistake(listed(bernoulli_log_likelihood))
BERNOULLI.mistake(writes_into(bernoulli_log_likelihood, 0))
BERNOULLI.mistake(writes_into(bernoulli_log_likelihood, 1))
BERNOULLI.mistake(cut_off(bernoulli_log_likelihood))


# 2.2

GAUSSIAN = Exercise(
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
GAUSSIAN.recognise(
    """This is minus the squared error: without 1 / (2 std^2) it is not in nats, so no KL can be weighed
    against it.""",
    lambda x_hat, x, std: -((x - x_hat) ** 2).flatten(1).sum(1),
)


@GAUSSIAN.mistake
def no_half(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The squared error lost its 1/2: the exponent of a bell curve is -(x - x_hat)^2 / (2 std^2)."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return (-squared_error / std**2 - 0.5 * math.log(2 * math.pi * std**2)).sum(1)


@GAUSSIAN.mistake
def std_for_variance(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You divide the squared error by std; it is measured against the variance, std squared."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std + math.log(2 * math.pi * std**2)).sum(1)


@GAUSSIAN.mistake
def std_for_variance_twice(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """You use std in both places where the variance, std squared, belongs: below the squared error and in the
    logarithm."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std + math.log(2 * math.pi * std)).sum(1)


@GAUSSIAN.mistake
def no_variance(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The squared error is not divided by the variance, so std changes only the constant: it says how much an
    error of one grey level weighs."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error + math.log(2 * math.pi * std**2)).sum(1)


GAUSSIAN.recognise(
    """The normalising term is missing: without -log(std) - log(2 pi) / 2 per pixel no two values of std can
    be compared, and the smallest error would always want the smallest weight.""",
    lambda x_hat, x, std: -0.5 * (((x - x_hat) / std) ** 2).flatten(1).sum(1),
)


@GAUSSIAN.mistake
def no_log_std(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The 2 pi is there but -log(std) is missing: a narrow bell curve is a high one."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std**2 + math.log(2 * math.pi)).sum(1)


@GAUSSIAN.mistake
def no_two_pi(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The std is all there, but log(2 pi) / 2 per pixel is missing, 0.92 nats each: harmless for gradients,
    and it moves every number you report."""
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std**2 + math.log(std**2)).sum(1)


GAUSSIAN.recognise(
    """You return minus the log-density: a loss. A better x_hat must give a larger number.""",
    lambda x_hat, x, std: -gaussian_log_likelihood(x_hat, x, std),
)
GAUSSIAN.recognise(
    """You average over the pixels; the log-density of an image is the sum over its pixels, or the KL beside
    it weighs D times too much.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std) / x[0].numel(),
)
GAUSSIAN.recognise(
    """You average over the batch already; return one number per image, (B,).""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std).mean(),
)


@GAUSSIAN.mistake
def gaussian_broadcast(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """A (B, 1) met a (B,) and became (B, B), every image with every other: print both shapes, and drop the
    keepdim."""
    squared_error = ((x - x_hat) ** 2).flatten(1).sum(1, keepdim=True)  # (B, 1)
    constant = torch.full((len(x),), x[0].numel() * math.log(2 * math.pi * std**2))  # (B,)
    return -0.5 * (squared_error / std**2 + constant)


def _bell_curves(x_hat: Tensor, x: Tensor, std: float) -> Tensor:
    """The logarithm of each pixel's density without its constant."""
    return -((x - x_hat) ** 2) / (2 * std**2)


GAUSSIAN.recognise(
    """You add the constant once per image; every pixel has a density of its own, so it counts D times.""",
    lambda x_hat, x, std: (
        _bell_curves(x_hat, x, std).flatten(1).sum(1) - 0.5 * math.log(2 * math.pi * std**2)
    ),
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) - math.log(std)).flatten(1).sum(1) - 0.5 * math.log(2 * math.pi)
    ),
)
GAUSSIAN.recognise(
    """You take the distance, or its absolute value, where a bell curve has its square.""",
    lambda x_hat, x, std: (
        -0.5 * ((x - x_hat).abs() / std**2 + math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
    lambda x_hat, x, std: -0.5 * ((x - x_hat) / std**2 + math.log(2 * math.pi * std**2)).flatten(1).sum(1),
)
GAUSSIAN.recognise(
    """You add up the distances of all pixels and square their sum, so too dark and too bright cancel: square
    each pixel's distance, then add.""",
    lambda x_hat, x, std: (
        -((x - x_hat).flatten(1).sum(1) ** 2) / (2 * std**2)
        - x[0].numel() * 0.5 * math.log(2 * math.pi * std**2)
    ),
)
GAUSSIAN.recognise(
    """You hand std squared to something that squares it again: torch.distributions.Normal takes std as it
    comes.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std**2),
)
GAUSSIAN.recognise(
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
GAUSSIAN.recognise(
    """In the logarithm stands std where the variance belongs: the constant is half of log(2 pi std^2), in
    which log(std) comes whole and log(2 pi) half.""",
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) - 0.5 * math.log(2 * math.pi * std)).flatten(1).sum(1),
)
GAUSSIAN.recognise(
    """The 2 of 2 pi is missing in the constant, 0.35 nats per pixel: the area under exp(-x^2 / 2) is sqrt(2
    pi).""",
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) - 0.5 * math.log(math.pi * std**2)).flatten(1).sum(1),
)
GAUSSIAN.recognise(
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
GAUSSIAN.recognise(
    """The squared error has the wrong sign: the farther x_hat is from x, the smaller the density has to be.
    (-a)**2 is positive, -(a**2) negative.""",
    lambda x_hat, x, std: (
        (-_bell_curves(x_hat, x, std) - 0.5 * math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
)
GAUSSIAN.recognise(
    """a / 2 * std**2 divides by 2 and then multiplies by std^2: put the brackets around what stands below, (2
    * std**2).""",
    lambda x_hat, x, std: (
        (-((x - x_hat) ** 2) / 2 * std**2 - 0.5 * math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
)
GAUSSIAN.recognise(
    """You square the 2 as well: below the squared error stands 2 std^2, not (2 std)^2.""",
    lambda x_hat, x, std: (
        (_bell_curves(x_hat, x, std) / 2 - 0.5 * math.log(2 * math.pi * std**2)).flatten(1).sum(1)
    ),
)
GAUSSIAN.recognise(
    """std is a Python number, and torch.log and torch.sqrt want a tensor: use math.log.""",
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) - torch.log(std)).flatten(1).sum(1),
    lambda x_hat, x, std: (_bell_curves(x_hat, x, std) / torch.sqrt(std)).flatten(1).sum(1),
)
GAUSSIAN.recognise(
    """You add up all images of the batch; return one number per image, (B,).""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std).sum(),
)
GAUSSIAN.recognise(
    """You average over pixels and images at once: add up the pixels of each image, and leave the images
    apart.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std).mean() / x[0].numel(),
)
GAUSSIAN.recognise(
    """Each pixel's log-density is right; now add them up for each image: flatten(1).sum(1) makes (B, C, H, W)
    into (B,).""",
    lambda x_hat, x, std: torch.distributions.Normal(x_hat, std).log_prob(x),
)
GAUSSIAN.recognise(
    """You add up along one axis and keep the others; the pixels of an image lie along three, C, H and W:
    flatten(1).sum(1) takes all of them.""",
    *(
        lambda x_hat, x, std, axis=axis: torch.distributions.Normal(x_hat, std).log_prob(x).sum(axis)
        for axis in range(4)
    ),
)
GAUSSIAN.recognise(
    """This is PyTorch's squared error, one number for the whole batch, and std does not occur in it. Per
    pixel, divide the squared distance by 2 std^2, flip the sign and add the constant; then sum over each
    image.""",
    *(
        lambda x_hat, x, std, how=how, sign=sign: sign * F.mse_loss(x_hat, x, reduction=how)
        for how in ("mean", "sum")
        for sign in (1, -1)
    ),
)
GAUSSIAN.recognise(
    """These are squared errors without std and with a plus: in nats they are divided by 2 std^2, a better
    x_hat gives a larger number, and each pixel has its constant.""",
    lambda x_hat, x, std: ((x - x_hat) ** 2).flatten(1).sum(1),
)
GAUSSIAN.recognise(
    """You return densities, or their sum; asked for is the logarithm, which is added up where densities are
    multiplied.""",
    lambda x_hat, x, std: gaussian_log_likelihood(x_hat, x, std).exp(),
    lambda x_hat, x, std: torch.distributions.Normal(x_hat, std).log_prob(x).exp().flatten(1).sum(1),
)
GAUSSIAN.mistake(column(gaussian_log_likelihood))
GAUSSIAN.mistake(listed(gaussian_log_likelihood))
GAUSSIAN.mistake(writes_into(gaussian_log_likelihood, 0))
GAUSSIAN.mistake(writes_into(gaussian_log_likelihood, 1))
GAUSSIAN.mistake(cut_off(gaussian_log_likelihood))


# 2.3

KL = Exercise(
    number="2.3",
    title="The KL in closed form",
    task="""Write the KL of q(z|x) = N(mu, diag(exp(logvar))) from the prior N(0, I): mu and logvar are (B,
    J). Return one number per image, (B,), in nats. It must be right for logvar from -40 to 40; no clamp is
    needed.""",
    minutes=8,
    difficulty=2,
    reference=kl_closed_form,
    probe=each(
        {"mu": torch.tensor([[0.7]]), "logvar": torch.tensor([[-0.4]])},
        {"mu": torch.tensor([[0.7, -1.3, 0.05]]), "logvar": torch.tensor([[-0.4, 0.9, -0.1]])},
        {"mu": MU, "logvar": LOGVAR},
        {"mu": torch.tensor([[0.5, -0.3]]), "logvar": torch.tensor([[40.0, -40.0]])},
        gradients=["mu", "logvar"],
    ),
    hints=(
        "Four terms per latent: where the region lies, how wide it is, a constant, and a reward for width.",
        "Per latent: half of (mu squared + the variance - 1 - the logarithm of the variance). Which of them is logvar?",
        "0.5 * (mu**2 + logvar.exp() - 1 - logvar) is (B, J); independent latents add up, so sum over the last axis.",
    ),
    shown=(kl_per_latent, kl_closed_form),
)
KL.recognise(
    """Your KL is negative, which no KL can be: the half stands before mu^2 + sigma^2 - 1 - log sigma^2, or
    the minus half before its opposite.""",
    lambda mu, logvar: -kl_closed_form(mu, logvar),
)
KL.recognise(
    """You average over the latents; independent latents add up. Divided by J, the KL loses its unit and its
    strength against log p(x|z).""",
    lambda mu, logvar: kl_per_latent(mu, logvar).mean(-1),
)
KL.recognise(
    """You average over the batch too; return one number per image, (B,), and average last, together with log
    p(x|z).""",
    lambda mu, logvar: kl_closed_form(mu, logvar).mean(),
)
KL.recognise(
    """You add up all images as well as all latents, so the KL grows with the batch: sum over the last axis
    only.""",
    lambda mu, logvar: kl_per_latent(mu, logvar).sum(),
)
KL.recognise(
    """You average over everything, latents and images: sum over the latents, and leave the images apart.""",
    lambda mu, logvar: kl_per_latent(mu, logvar).mean(),
)
KL.recognise(
    """You sum over the images and keep the latents; the axis to sum over is the last one, with J latents.""",
    lambda mu, logvar: kl_per_latent(mu, logvar).sum(0),
)
KL.recognise(
    """Each latent's share is right; now add them up for each image: .sum(-1) makes (B, J) into (B,).""",
    lambda mu, logvar: kl_per_latent(mu, logvar),
)
KL.recognise(
    """Everything is twice too large: the 1/2 in front of the sum is missing, so the loss has an unstated beta of 2.""",
    lambda mu, logvar: 2 * kl_closed_form(mu, logvar),
)
KL.recognise(
    """The 1/2 reaches mu^2 only; it stands before all four terms, so put them into one bracket.""",
    lambda mu, logvar: (0.5 * mu**2 + logvar.exp() - 1 - logvar).sum(-1),
)
KL.recognise(
    """You take logvar for the logarithm of the standard deviation, and so square it once too often: the
    variance is exp(logvar), its logarithm is logvar itself.""",
    lambda mu, logvar: (0.5 * (mu**2 + (2 * logvar).exp() - 1) - logvar).sum(-1),
)
KL.recognise(
    """You square exp(logvar), but exp(logvar) is sigma^2 already: nothing is left to square.""",
    lambda mu, logvar: 0.5 * (mu**2 + (2 * logvar).exp() - 1 - logvar).sum(-1),
)
KL.recognise(
    """You take logvar for the variance itself; it is the variance's logarithm, and may be negative. The
    variance is exp(logvar).""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar - 1 - logvar.log()).sum(-1),
)
KL.recognise(
    """You take the logarithm of logvar, which is one already: where it is negative, the result is not a
    number. The last term is logvar as it comes.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - 1 - logvar.log()).sum(-1),
)
KL.recognise(
    """You use exp(logvar / 2), the standard deviation, where sigma^2 belongs: the second term is
    exp(logvar).""",
    lambda mu, logvar: 0.5 * (mu**2 + (0.5 * logvar).exp() - 1 - logvar).sum(-1),
)
KL.recognise(
    """The -1 is missing, half a nat per latent: at mu = 0 and logvar = 0 the region is the prior, and the KL
    must be 0.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - logvar).sum(-1),
)
KL.recognise(
    """You add 1 where it is subtracted: at mu = 0 and logvar = 0 the region is the prior, and the KL must be
    0.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() + 1 - logvar).sum(-1),
)
KL.recognise(
    """The log-term has the wrong sign: + logvar rewards regions for shrinking to points, and the KL falls
    below 0. It is - logvar.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - 1 + logvar).sum(-1),
)
KL.recognise(
    """The log-term is missing, so nothing keeps regions from shrinking to points: subtract logvar.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - 1).sum(-1),
)
KL.recognise(
    """The variance itself is missing, so nothing keeps regions from growing for ever: add exp(logvar).""",
    lambda mu, logvar: 0.5 * (mu**2 - 1 - logvar).sum(-1),
)
KL.recognise(
    """mu does not count: regions may lie anywhere, as far from the prior as they like. Add mu^2.""",
    lambda mu, logvar: 0.5 * (logvar.exp() - 1 - logvar).sum(-1),
)
KL.recognise(
    """You use the absolute value of mu where its square belongs: far regions would be too cheap.""",
    lambda mu, logvar: 0.5 * (mu.abs() + logvar.exp() - 1 - logvar).sum(-1),
)
KL.recognise(
    """You add mu without squaring it, so a region far on the negative side would earn something: it is
    mu^2.""",
    lambda mu, logvar: 0.5 * (mu + logvar.exp() - 1 - logvar).sum(-1),
)
KL.recognise(
    """mu^2 has the wrong sign: regions would be paid for running away from the prior.""",
    lambda mu, logvar: 0.5 * (-(mu**2) + logvar.exp() - 1 - logvar).sum(-1),
)
KL.recognise(
    """You sum the mus and square the sum, so +1 and -1 cancel: square each, then add.""",
    lambda mu, logvar: 0.5 * (mu.sum(-1) ** 2 + (logvar.exp() - 1 - logvar).sum(-1)),
)
KL.recognise(
    """This is the KL the other way round, of the prior from q(z|x): it divides by sigma^2. The ELBO averages
    over q, so q comes first.""",
    lambda mu, logvar: 0.5 * ((mu**2 + 1) * (-logvar).exp() - 1 + logvar).sum(-1),
)
KL.recognise(
    """Your KL is in bits, with the logarithm to base 2; this course counts nats: the natural logarithm,
    logvar as it comes.""",
    lambda mu, logvar: kl_closed_form(mu, logvar) / math.log(2),
)


def _half_of(mu_term: Tensor, variance: Tensor, log_variance: Tensor) -> Tensor:
    return 0.5 * (mu_term + variance - 1 - log_variance).sum(-1)


KL.recognise(
    """You subtract 1 once per image, after the sum; every latent has a -1 of its own.""",
    lambda mu, logvar: 0.5 * ((mu**2 + logvar.exp() - logvar).sum(-1) - 1),
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - logvar).sum(-1) - 1,
)
KL.recognise(
    """Right for common regions, but at logvar = -40 the gradient is lost, in a clamp or in a small number
    that is larger than the variance: do not go through log(exp(logvar)); logvar is that logarithm, and needs
    no help.""",
    lambda mu, logvar: _half_of(mu**2, logvar.exp(), (logvar.exp() + 1e-8).log()),
    lambda mu, logvar: kl_closed_form(mu, logvar.clamp(min=-20)),
    *(
        lambda mu, logvar, tiny=tiny: _half_of(mu**2, logvar.exp(), 2 * ((0.5 * logvar).exp() + tiny).log())
        for tiny in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
    ),
)
KL.recognise(
    """You clamp logvar, so beyond the clamp the KL stops counting and its gradient is 0: in this range
    nothing overflows, and no clamp is needed.""",
    *(
        lambda mu, logvar, low=low, high=high: kl_closed_form(mu, logvar.clamp(low, high))
        for low in (None, -20)
        for high in (2, 4, 5, 6, 8, 10, 15, 20, 30)
    ),
)
KL.recognise(
    """You add up latents and images, and the sign is wrong: a KL is never negative, and one number per image
    is asked for, (B,).""",
    lambda mu, logvar: -kl_per_latent(mu, logvar).sum(),
)
KL.recognise(
    """The log-term is halved twice: the 1/2 in front stands before log sigma^2, which is logvar, whole; log
    sigma would be half of it.""",
    lambda mu, logvar: _half_of(mu**2, logvar.exp(), 0.5 * logvar),
)
KL.recognise(
    """The 1/2 stands before all four terms, and here 1 or logvar goes without it: put them into one
    bracket.""",
    lambda mu, logvar: (0.5 * mu**2 + 0.5 * logvar.exp() - 0.5 - logvar).sum(-1),
    lambda mu, logvar: (0.5 * mu**2 + 0.5 * logvar.exp() - 1 - 0.5 * logvar).sum(-1),
)
KL.recognise(
    """You use 1 / sigma^2 where sigma^2 belongs: it is exp(logvar), without a minus.""",
    lambda mu, logvar: _half_of(mu**2, (-logvar).exp(), logvar),
)
KL.recognise(
    """mu and logvar changed places: the second is squared and the first put into exp. Look at the order of
    the arguments.""",
    lambda mu, logvar: kl_closed_form(logvar, mu),
)
KL.recognise(
    """torch.distributions.Normal wants a standard deviation, which is positive, and you hand it logvar or its
    root: the standard deviation is exp(logvar / 2).""",
    lambda mu, logvar: torch.distributions.Normal(mu, logvar).entropy().sum(-1),
)
KL.mistake(column(kl_closed_form))
KL.mistake(listed(kl_closed_form))
KL.mistake(writes_into(kl_closed_form, 0))
KL.mistake(writes_into(kl_closed_form, 1))
KL.mistake(cut_off(kl_closed_form))


# 2.4


SMALL_KL = (
    torch.tensor([[0.1]]),
    torch.tensor([[-0.2]]),
)  # mu, logvar: many draws of log q - log p are negative


def monte_carlo_probe(answer: Answer) -> Iterator[Seen]:
    few, many, names = 100, 3000, ("the estimate", "the standard error")
    taken = []
    for (mu, logvar), samples in (
        ((MU, LOGVAR), many),
        ((MU, LOGVAR), few),
        ((MU, LOGVAR), few),
        (SMALL_KL, 1000),
    ):
        given = in_short({"mu": mu, "logvar": logvar, "samples": samples})
        returned, failed = attempt(lambda: answer(mu.clone(), logvar.clone(), samples), given)  # noqa: B023
        if failed or returned is None:
            yield failed or Seen("the result", "None", given)
            return
        if type(returned) not in (tuple, list) or len(returned) != 2:
            told = as_tensor(returned)
            told = told if isinstance(told, str) else f"one tensor {tuple(told.shape)}"
            yield Seen("the result", told, given)
            return
        pair = [as_tensor(part) for part in returned]
        shapes = [part if isinstance(part, str) else str(tuple(part.shape)) for part in pair]
        for name, shape in zip(names, shapes, strict=True):
            yield Seen(f"the shape of {name}", shape, given)
        if shapes != [str((len(mu),))] * 2:
            return  # numbers that chance alone decides would hide which mistake it is
        taken.append((given, *pair))
    (given, estimate, error), (_, first, error_of_few), (_, second, _), at_small = taken
    exact = torch.allclose(estimate, kl_closed_form(MU, LOGVAR).double(), 1e-5)
    grows = bool((estimate / first).min() > 15)  # from 100 to 3000 draws
    told = "the formula's number" if exact else "grows with the number of samples" if grows else "strays"
    yield Seen("the estimate", told, given)
    if exact or grows:
        return
    yield Seen("two calls", "give the same" if torch.equal(first, second) else "differ by chance", given)
    of_one_draw = kl_monte_carlo(MU, LOGVAR, many)[1].double() * math.sqrt(many)
    shrinks, swapped = (
        bool((early / late).log().mean() > 0.9) for early, late in ((error_of_few, error), (first, estimate))
    )
    told = "shrinks" if shrinks else "stays, and the estimate shrinks" if swapped else "stays"
    yield Seen("the standard error for more samples", told, given)  # by the root of 30
    if swapped and not shrinks:
        return
    if not shrinks and 0.01 < (error / of_one_draw).mean() < 0.35:
        yield Seen("the number of samples", "counts for nothing", given)
        return
    numbers = (*at_small, 0.03, 0.06), (given, estimate, error, 0.08, 0.04)
    for told, mean, strays, least, within_log in numbers:
        within = 7 * float(strays.max() / (1 + mean.abs().mean()))  # 5 sigma of a difference of two
        yield Seen("the estimate, within chance", mean, told, max(least, min(0.3, within)))
        log_error = strays.clamp(min=1e-6).log()
        yield Seen("the logarithm of the standard error, within chance", log_error, told, within_log)


MONTE_CARLO = Exercise(
    number="2.4",
    title="The KL by drawing",
    task="""Estimate the same KL without its formula: draw samples of z from q(z|x), average log q(z|x) - log
    p(z). mu and logvar are (B, J), samples is their number. Return the estimate and its standard error, each
    (B,). reparameterize and log_density are at hand.""",
    minutes=12,
    difficulty=3,
    reference=kl_monte_carlo,
    probe=monte_carlo_probe,
    hints=(
        "A KL is an average over q of a difference of two log-densities: draw, take the difference, average.",
        "Give mu and logvar a new first axis: mu.expand(samples, *mu.shape) is (K, B, J), one draw each.",
        "log_density sums over latents: the difference is (K, B). Return its mean(0), and its std(0) / sqrt(samples).",
    ),
)


def _log_ratios(
    mu: Tensor, logvar: Tensor, samples: int, draw=reparameterize
) -> tuple[Tensor, Tensor, Tensor]:
    """z, log q(z|x) and log p(z) for `samples` draws: (K, B, J), (K, B), (K, B)."""
    mu, logvar = mu.expand(samples, *mu.shape), logvar.expand(samples, *logvar.shape)
    z = draw(mu, logvar)
    zero = torch.zeros_like(z)
    return z, log_density(z, mu, logvar), log_density(z, zero, zero)


def _mean_and_error(values: Tensor) -> tuple[Tensor, Tensor]:
    return values.mean(0), values.std(0) / math.sqrt(len(values))


@MONTE_CARLO.mistake
def monte_carlo_reversed(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """Your estimate is minus the KL: the difference is log q(z|x) - log p(z), in this order."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return _mean_and_error(log_pz - log_qz_x)


@MONTE_CARLO.mistake
def monte_carlo_no_prior(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average log q(z|x) alone, so where mu lies makes no difference: subtract log p(z), which says how
    far from the prior the draws are."""
    _, log_qz_x, _ = _log_ratios(mu, logvar, samples)
    return _mean_and_error(log_qz_x)


@MONTE_CARLO.mistake
def monte_carlo_no_posterior(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average -log p(z) alone, so a narrow region costs no more than a wide one: add log q(z|x)."""
    _, _, log_pz = _log_ratios(mu, logvar, samples)
    return _mean_and_error(-log_pz)


@MONTE_CARLO.mistake
def monte_carlo_from_prior(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You draw z from the prior; the average is over q(z|x), so draw there. From the prior this estimates
    minus the reversed KL."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, logvar: torch.randn_like(mu))
    return _mean_and_error(log_qz_x - log_pz)


@MONTE_CARLO.mistake
def monte_carlo_at_the_mean(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You compare the densities at mu, where nothing is drawn: every sample is the same and the standard
    error 0. Draw z around mu first."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, logvar: mu)
    return _mean_and_error(log_qz_x - log_pz)


@MONTE_CARLO.mistake
def monte_carlo_spread_not_error(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The estimate is right; the second number is how far a single draw strays. The error of their mean is
    that, divided by the square root of their number."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(0), (log_qz_x - log_pz).std(0)


@MONTE_CARLO.mistake
def monte_carlo_no_root(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The estimate is right; its error shrinks with the square root of the number of draws, and you divide by
    the number itself."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(0), (log_qz_x - log_pz).std(0) / samples


@MONTE_CARLO.mistake
def monte_carlo_variance(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """The estimate is right; for its error you divide the variance where the standard deviation belongs."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return (log_qz_x - log_pz).mean(0), (log_qz_x - log_pz).var(0) / math.sqrt(samples)


@MONTE_CARLO.mistake
def monte_carlo_mean_over_latents(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """You average over the latents; log-densities of independent latents add up."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return _mean_and_error((log_qz_x - log_pz) / mu.shape[-1])


@MONTE_CARLO.mistake
def monte_carlo_seeded(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
    """Two calls give the very same number: a seed is set inside, or draws are kept. An estimate you cannot
    repeat with new draws tells nothing about its error."""
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(samples, *mu.shape, generator=generator)
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, lv: mu + (0.5 * lv).exp() * noise)
    return _mean_and_error(log_qz_x - log_pz)


def _ratios(mu: Tensor, logvar: Tensor, samples: int) -> Tensor:
    """log q(z|x) - log p(z) of right draws, (K, B)."""
    _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples)
    return log_qz_x - log_pz


def _drawn_otherwise(draw) -> Answer:
    """An estimate whose z = mu + draw(logvar) instead of mu + std * eps."""

    def answer(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
        _, log_qz_x, log_pz = _log_ratios(mu, logvar, samples, draw=lambda mu, logvar: mu + draw(logvar))
        return _mean_and_error(log_qz_x - log_pz)

    return answer


def _measured_otherwise(q_logvar, p_logvar: float = 0.0) -> Answer:
    """An estimate whose log q is taken with q_logvar(logvar), and log p with this log-variance."""

    def answer(mu: Tensor, logvar: Tensor, samples: int) -> tuple[Tensor, Tensor]:
        z, _, _ = _log_ratios(mu, logvar, samples)
        log_pz = log_density(z, torch.zeros_like(z), torch.full_like(z, p_logvar))
        return _mean_and_error(log_density(z, mu, q_logvar(logvar)) - log_pz)

    return answer


def _returned_otherwise(returned) -> Answer:
    """returned(ratios) of right draws, (K, B)."""
    return lambda mu, logvar, samples: returned(_ratios(mu, logvar, samples))


MONTE_CARLO.recognise(
    """This is the formula of the last exercise, not an estimate: draw samples of z, and average log q(z|x) -
    log p(z) over them, so that the formula has something to agree with.""",
    lambda mu, logvar, samples: (kl_closed_form(mu, logvar), kl_monte_carlo(mu, logvar, samples)[1]),
)
MONTE_CARLO.recognise(
    """You draw with exp(logvar), the variance, as the standard deviation: the draws are not those of q(z|x).
    Use reparameterize, or exp(logvar / 2).""",
    _drawn_otherwise(lambda logvar: logvar.exp() * torch.randn_like(logvar)),
)
MONTE_CARLO.recognise(
    """Your eps is uniform, from torch.rand; a Gaussian is drawn with torch.randn, or with reparameterize.""",
    _drawn_otherwise(lambda logvar: (0.5 * logvar).exp() * torch.rand_like(logvar)),
)
MONTE_CARLO.recognise(
    """You use one eps for all latents of a draw, so they rise and fall together: the mean survives that, its
    error does not. Every latent draws for itself.""",
    _drawn_otherwise(lambda logvar: (0.5 * logvar).exp() * torch.randn(*logvar.shape[:-1], 1)),
)
MONTE_CARLO.recognise(
    """You hand log_density the standard deviation or the variance of q(z|x); it takes the logarithm of the variance,
    logvar as it comes.""",
    _measured_otherwise(lambda logvar: (0.5 * logvar).exp()),
    _measured_otherwise(torch.exp),
)
MONTE_CARLO.recognise(
    """Your prior has a log-variance of 1: the prior's variance is 1, and the logarithm of that is 0. Hand
    log_density zeros twice.""",
    _measured_otherwise(lambda logvar: logvar, p_logvar=1.0),
)
MONTE_CARLO.recognise(
    """You take the absolute value of log q(z|x) - log p(z): single draws may be negative, only their average
    is a KL.""",
    _returned_otherwise(lambda ratios: _mean_and_error(ratios.abs())),
)
MONTE_CARLO.recognise(
    """You draw a fixed number of samples, whatever samples says: let it set the length of the first axis.""",
    lambda mu, logvar, samples: kl_monte_carlo(mu, logvar, 1000),
)
MONTE_CARLO.recognise(
    """You return the estimate alone; its standard error belongs to it: return both, estimate, error.""",
    _returned_otherwise(lambda ratios: ratios.mean(0)),
)
MONTE_CARLO.recognise(
    """The two results changed places: the estimate comes first, then its standard error.""",
    _returned_otherwise(lambda ratios: _mean_and_error(ratios)[::-1]),
)
MONTE_CARLO.recognise(
    """You pack both results into one tensor; return the two side by side: estimate, error.""",
    _returned_otherwise(lambda ratios: torch.stack(_mean_and_error(ratios))),
    _returned_otherwise(lambda ratios: torch.stack(_mean_and_error(ratios), -1)),
)
MONTE_CARLO.recognise(
    """You add the draws up where they are averaged: mean(0), not sum(0).""",
    _returned_otherwise(lambda ratios: (ratios.sum(0), ratios.std(0) / math.sqrt(len(ratios)))),
)
MONTE_CARLO.recognise(
    """You return the single draws, (K, B); average them over axis 0.""",
    _returned_otherwise(lambda ratios: (ratios, ratios.std(0) / math.sqrt(len(ratios)))),
    _returned_otherwise(lambda ratios: (ratios, ratios.std(0))),
)
MONTE_CARLO.recognise(
    """Your results keep an axis of length 1: drop the keepdim, (B,) is asked for.""",
    _returned_otherwise(lambda ratios: [one[None] for one in _mean_and_error(ratios)]),
    _returned_otherwise(lambda ratios: [one[:, None] for one in _mean_and_error(ratios)]),
)
MONTE_CARLO.recognise(
    """Your estimate is one number for all images: draw `samples` times for each image, along a new first axis, average
    over that axis, and keep one estimate per image.""",
    _returned_otherwise(lambda ratios: _mean_and_error(ratios.flatten())),
)
MONTE_CARLO.recognise(
    """You average over the images and keep the draws: the draws are axis 0.""",
    _returned_otherwise(lambda ratios: _mean_and_error(ratios.T)),
)
MONTE_CARLO.recognise(
    """The estimate has the right shape; for its error you take the spread over the images, axis 1, where the
    draws, axis 0, are to be compared.""",
    _returned_otherwise(lambda ratios: (ratios.mean(0), ratios.std(1))),
)
MONTE_CARLO.recognise(
    """The estimate is right; the variance divided by the number of draws is the square of its error: the root is
    missing.""",
    _returned_otherwise(lambda ratios: (ratios.mean(0), ratios.var(0) / len(ratios))),
)
MONTE_CARLO.recognise(
    """You return one error for all images; each has its own: std(0), over the draws alone.""",
    _returned_otherwise(lambda ratios: (ratios.mean(0), ratios.std() / math.sqrt(len(ratios)))),
)


# 2.5


def negative_elbo(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """What a VAE minimises: minus the ELBO, averaged over the batch, a scalar in nats per image."""
    log_px_z = bernoulli_log_likelihood(x_logits, x)  # (B,)
    kl = kl_closed_form(mu, logvar)  # (B,)
    return -(log_px_z - kl).mean()


ELBO = Exercise(
    number="2.5",
    title="The loss of a VAE",
    task="""From images x and x_logits, both (B, 1, H, W), and mu and logvar, (B, J), make the number that
    training minimises: minus the ELBO, averaged over the images, in nats per image. bernoulli_log_likelihood
    and kl_closed_form are at hand.""",
    minutes=5,
    difficulty=1,
    reference=negative_elbo,
    probe=each(
        {
            "x": PIXELS[:1, :, :1, 1:2],
            "x_logits": LOGITS[:1, :, :1, 1:2],  # negative: no probability
            "mu": MU[:1, :1],
            "logvar": LOGVAR[:1, :1],
        },
        {"x": PIXELS, "x_logits": LOGITS, "mu": MU, "logvar": LOGVAR},
        gradients=["x_logits", "mu", "logvar"],
    ),
    hints=(
        "The ELBO of an image is how well z explains it, minus what z costs.",
        "elbo = log_px_z - kl, each (B,). A bound is to be pushed up; an optimizer goes down.",
        "Take minus the mean of bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar).",
    ),
)
ELBO.recognise(
    """You return the ELBO itself, so an optimizer would make the model as bad as it can: minimise minus the
    ELBO.""",
    lambda x, x_logits, mu, logvar: -negative_elbo(x, x_logits, mu, logvar),
)
ELBO.recognise(
    """The KL has the wrong sign in your loss: regions would be paid for leaving the prior. The loss is
    -log p(x|z) + KL.""",
    lambda x, x_logits, mu, logvar: (
        -(bernoulli_log_likelihood(x_logits, x) + kl_closed_form(mu, logvar)).mean()
    ),
)
ELBO.recognise(
    """log p(x|z) enters your loss with a plus: the worse an image is rebuilt, the smaller the loss. Only the
    KL is added.""",
    lambda x, x_logits, mu, logvar: (
        bernoulli_log_likelihood(x_logits, x) + kl_closed_form(mu, logvar)
    ).mean(),
)
ELBO.recognise(
    """You average the pixels and sum the latents: one pixel against a whole code, which for 784 pixels is a
    beta of 784 unsaid. Sum over the pixels.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x) / x[0].numel() + kl_closed_form(mu, logvar)
    ).mean(),
)
ELBO.recognise(
    """You average the KL over the latents, so it counts J times too little: sum over the latents.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x) + kl_per_latent(mu, logvar).mean(-1)
    ).mean(),
)
ELBO.recognise(
    """Pixels and latents are both averaged, so neither term is in nats per image, an unstated beta of D / J:
    sum over pixels and latents, average over images last.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x) / x[0].numel() + kl_per_latent(mu, logvar).mean(-1)
    ).mean(),
)
ELBO.recognise(
    """You add up the images, so the loss and every step grow with the batch: average over the images.""",
    lambda x, x_logits, mu, logvar: (
        -(bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)).sum()
    ),
)
ELBO.recognise(
    """You average log p(x|z) over the images but add up their KLs: an unstated beta of B, which changes with the
    batch size. Average both.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x).mean() + kl_closed_form(mu, logvar).sum()
    ),
)
ELBO.recognise(
    """You add up log p(x|z) over the images but average their KLs, which makes the KL B times too weak.
    Average both.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x).sum() + kl_closed_form(mu, logvar).mean()
    ),
)
ELBO.recognise(
    """Each image has its loss, and they are right; backward needs one number: average over the images.""",
    lambda x, x_logits, mu, logvar: -(bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)),
)
ELBO.recognise(
    """The KL is missing: this trains an autoencoder with a detour, whose random points decode to trash. Add
    the KL.""",
    lambda x, x_logits, mu, logvar: -bernoulli_log_likelihood(x_logits, x).mean(),
)
ELBO.recognise(
    """Only the KL is there: the best answer to it is to say nothing about any image. Subtract log p(x|z).""",
    lambda x, x_logits, mu, logvar: kl_closed_form(mu, logvar).mean(),
)
ELBO.recognise(
    """You hand sigmoid(x_logits) to a likelihood that applies sigmoid itself: no pixel can be surer than
    0.73. Hand it x_logits.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits.sigmoid(), mu, logvar),
)
ELBO.recognise(
    """You swapped image and logits in bernoulli_log_likelihood: the prediction comes first, then the
    image.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x_logits, x, mu, logvar),
)
ELBO.recognise(
    """You use a squared error as it comes; it is in nats only when divided by 2 std^2. For these logits take
    bernoulli_log_likelihood.""",
    lambda x, x_logits, mu, logvar: (
        ((x_logits.sigmoid() - x) ** 2).flatten(1).sum(1) + kl_closed_form(mu, logvar)
    ).mean(),
    lambda x, x_logits, mu, logvar: F.mse_loss(x_logits.sigmoid(), x) + kl_closed_form(mu, logvar).mean(),
    lambda x, x_logits, mu, logvar: (
        F.mse_loss(x_logits.sigmoid(), x, reduction="sum") + kl_closed_form(mu, logvar).sum()
    ),
    lambda x, x_logits, mu, logvar: (
        ((x_logits - x) ** 2).flatten(1).sum(1) + kl_closed_form(mu, logvar)
    ).mean(),
    lambda x, x_logits, mu, logvar: F.mse_loss(x_logits, x) + kl_closed_form(mu, logvar).mean(),
    lambda x, x_logits, mu, logvar: (
        F.mse_loss(x_logits, x, reduction="sum") + kl_closed_form(mu, logvar).sum()
    ),
)
ELBO.recognise(
    """You average the likelihood over pixels and images and add up all KLs: one pixel against every code of
    the batch. Sum over pixels and over latents, then average both over the images.""",
    lambda x, x_logits, mu, logvar: (
        F.binary_cross_entropy_with_logits(x_logits, x) + kl_closed_form(mu, logvar).sum()
    ),
)
ELBO.recognise(
    """You add up the likelihood of the whole batch and average the KL over latents and images, so the KL
    hardly counts. Sum over pixels and over latents, then average both over the images.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x).sum() + kl_per_latent(mu, logvar).mean()
    ),
)
ELBO.recognise(
    """You average only one of the two terms, so the other makes a (B,) of the sum: average both, or first
    subtract and then average.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x).mean() + kl_closed_form(mu, logvar)
    ),
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x) + kl_closed_form(mu, logvar).mean()
    ),
)
ELBO.recognise(
    """You divide the whole loss by the number of pixels: the balance of its terms is right, but it is no
    longer in nats per image, and cannot be compared with other ELBOs.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits, mu, logvar) / x[0].numel(),
)
ELBO.recognise(
    """You swapped mu and logvar in kl_closed_form: mu comes first.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits, logvar, mu),
)
ELBO.recognise(
    """You return the parts along with the loss; training minimises one number: return that alone.""",
    *(
        lambda x, x_logits, mu, logvar, places=places: tuple(
            negative_elbo(x, x_logits, mu, logvar) for _ in range(places)
        )
        for places in (2, 3)
    ),
)
ELBO.recognise(
    """The loss is right, but it stands in a tensor of shape (1,); asked for is a scalar, shape (), as mean()
    without an axis makes it.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits, mu, logvar)[None],
)
ELBO.recognise(
    """You hand raw logits to binary_cross_entropy, which wants probabilities from 0 to 1:
    bernoulli_log_likelihood takes logits.""",
    lambda x, x_logits, mu, logvar: F.binary_cross_entropy(x_logits, x) + kl_closed_form(mu, logvar).mean(),
)
ELBO.recognise(
    """The number is right, but no gradient passes through the KL, so nothing would pull the regions towards
    the prior: look for .detach(), .item() or no_grad around it.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits, mu.detach(), logvar.detach()),
)
ELBO.recognise(
    """The number is right, but no gradient passes through log p(x|z), so the decoder would never learn: look
    for .detach(), .item() or no_grad around it.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits.detach(), mu, logvar),
)


@ELBO.mistake
def backward_inside(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """You call backward inside, and the training loop that gets your loss cannot do it again: return the loss and leave
    backward to the loop."""
    loss = negative_elbo(x, x_logits, mu, logvar)
    loss.backward()
    return loss


ELBO.mistake(writes_into(negative_elbo, 2))
ELBO.mistake(writes_into(negative_elbo, 3))
ELBO.mistake(cut_off(negative_elbo))


# 2.6


class GaussianHeads(nn.Module):
    """From features (B, hidden_dim) to mu and logvar, (B, latent_dim) each: two linear layers, nothing after
    them."""

    def __init__(self, hidden_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.to_mu = nn.Linear(hidden_dim, latent_dim)
        self.to_logvar = nn.Linear(hidden_dim, latent_dim)

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        return self.to_mu(h), self.to_logvar(h)


def heads_probe(answer: Answer) -> Iterator[Seen]:
    hidden_dim, latent_dim = 17, 3
    generator = torch.Generator().manual_seed(0)
    h = 2 * torch.randn(200, hidden_dim, generator=generator)
    given = f"hidden_dim = {hidden_dim}, latent_dim = {latent_dim}, h of shape {tuple(h.shape)}"
    heads, failed = attempt(lambda: answer(hidden_dim, latent_dim), given)
    if failed or heads is None:
        yield failed or Seen("the result", "None", given)
        return
    if not isinstance(heads, nn.Module):
        yield Seen("what GaussianHeads(hidden_dim, latent_dim) makes", "no nn.Module", given)
        return

    def parts(features: Tensor) -> tuple[list[object], Seen | None]:
        """mu and logvar as they are returned, or what is seen in their place."""
        returned, failed = attempt(lambda: heads(features), given)
        if failed or returned is None:
            return [], failed or Seen("the result", "None", given)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            told = as_tensor(returned)
            told = told if isinstance(told, str) else f"one tensor {tuple(told.shape)}"
            return [], Seen("what forward returns", told, given)
        odd = next((value for value in map(as_tensor, returned) if isinstance(value, str)), None)
        return list(returned), odd and Seen("what forward returns", f"a pair with {odd}", given)

    def set_weights(size: float) -> None:
        with torch.no_grad():
            for weights in heads.parameters():
                weights.copy_(size * torch.randn(weights.shape, generator=generator))

    _, stopped = parts(h.clone())  # lazy layers get their shapes here
    _, failed = attempt(lambda: set_weights(0.3), given)
    if stopped or failed:
        yield stopped or failed
        return
    handed = h.clone()
    (returned, stopped), (again, stopped_again), (alone, stopped_alone) = (
        parts(handed),
        parts(h.clone()),
        parts(h[:2]),
    )
    weights = list(heads.parameters())
    # Before the weights change: a gradient belongs to the weights of its call.
    reach = [] if stopped else [_reach_of_gradient(value, weights) for value in returned]
    _, failed = attempt(lambda: set_weights(1e4), given)
    extremes, stopped_at_extremes = parts(h.clone())
    stopped = stopped or stopped_again or stopped_alone or failed or stopped_at_extremes
    if stopped:
        yield stopped
        return
    values, again, alone, extremes = (
        [as_tensor(one) for one in pair] for pair in (returned, again, alone, extremes)
    )
    for name, value in zip(("mu", "logvar"), values, strict=True):
        yield Seen(f"the shape of {name}", str(tuple(value.shape)), given)
    if any(value.shape != (len(h), latent_dim) for value in values):
        return
    facts = {
        "parameters for an optimizer": "some" if weights else "none",
        "two calls with the same h": "agree" if all(map(_alike, values, again)) else "differ",
        **{f"the gradient of {name}": told for name, told in zip(("mu", "logvar"), reach, strict=True)},
    }
    for what, told in facts.items():
        yield Seen(what, told, given)
    if set(facts.values()) != {"some", "agree", "reaches parameters"}:
        return  # what follows would depend on weights that nobody set
    yield Seen("h after the call", "as it was" if torch.equal(handed, h) else "changed", given)
    for name, value, first_two, extreme in zip(("mu", "logvar"), values, alone, extremes, strict=True):
        yield Seen(f"{name} is a number", str(bool(value.isfinite().all())), given)
        yield Seen(f"{name} differs from image to image", str(bool((value.std(0) > 1e-3).all())), given)
        yield Seen(f"{name} can be negative", str(bool((value < -0.01).any())), given)
        yield Seen(f"{name} is cut off at 0", str(bool((value == 0).double().mean() > 0.1)), given)
        yield Seen(f"{name} can be below -60, at large weights", str(bool((extreme < -60).any())), given)
        yield Seen(f"{name} can be above 60, at large weights", str(bool((extreme > 60).any())), given)
        yield Seen(
            f"{name} of an image",
            "its own" if _alike(value[:2], first_two) else "depends on the others in the batch",
            given,
        )
    yield Seen("mu and logvar", _relation(*values), given)


def _alike(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.allclose(one, other, 1e-3, 1e-3, equal_nan=True)


def _reach_of_gradient(value: object, weights: list[nn.Parameter]) -> str:
    if not isinstance(value, Tensor) or not value.requires_grad:
        return "is cut off"
    learning = [one for one in weights if one.requires_grad]
    slopes, failed = attempt(
        lambda: torch.autograd.grad(value.sum(), learning, retain_graph=True, allow_unused=True), ""
    )
    found = not failed and any(slope is not None for slope in slopes)
    return "reaches parameters" if found else "reaches no parameter"


def _relation(mu: Tensor, logvar: Tensor) -> str:
    """Whether the latents of logvar are a linear function of mu: all, some or none."""
    if torch.equal(mu, logvar):
        return "the same numbers"
    if not (mu.isfinite().all() and logvar.isfinite().all()):
        return "no numbers"
    known = torch.cat([mu, torch.ones(len(mu), 1, dtype=mu.dtype)], 1)  # (B, J + 1)
    left = logvar - known @ (torch.linalg.pinv(known) @ logvar)
    copied = left.abs().amax(0) < 1e-3 * logvar.std(0)  # (J,)
    if copied.all():
        return "one follows from the other"
    return "share some numbers" if copied.any() else "two things"


HEADS = Exercise(
    number="2.6",
    title="Two heads",
    task="""Write a module that turns features h (B, hidden_dim) into the distribution q(z|x):
    GaussianHeads(hidden_dim, latent_dim)(h) returns mu and logvar, (B, latent_dim) each. Both may be any real
    number.""",
    minutes=6,
    difficulty=1,
    reference=GaussianHeads,
    probe=heads_probe,
    hints=(
        "mu and logvar say different things, and both may be negative. Which last layer gives any real number?",
        "Two nn.Linear(hidden_dim, latent_dim), or one of twice the width that is cut in two with chunk(2, -1).",
        "Make the layers in __init__ as attributes of self, and return both in forward, with nothing after them.",
    ),
)


def _heads_mistake(sentence: str, *forwards, **layers) -> None:
    """Wrong modules: each forward(self, h), and layers name -> (hidden_dim, latent_dim) -> layer, both by
    default."""

    def module_with(forward) -> Answer:
        def answer(hidden_dim: int, latent_dim: int) -> nn.Module:
            module = GaussianHeads(hidden_dim, latent_dim)
            for name, make in layers.items():
                setattr(module, name, make(hidden_dim, latent_dim))
            module.forward = lambda h: forward(module, h)
            return module

        return answer

    HEADS.recognise(sentence, *map(module_with, forwards))


def _no_layer(hidden_dim: int, latent_dim: int) -> nn.Module:
    return nn.Identity()


def _new(h: Tensor) -> Tensor:
    return nn.Linear(h.shape[1], 3)(h)


def _without_super(hidden_dim: int, latent_dim: int) -> nn.Module:
    class Heads(nn.Module):
        def __init__(self) -> None:
            self.to_mu = nn.Linear(hidden_dim, latent_dim)

    return Heads()


HEADS.recognise(
    """Your __init__ has no super().__init__(): nn.Module prepares there the place where it keeps its layers.
    Call it before you make the first one.""",
    _without_super,
)
HEADS.recognise(
    """What you make is no nn.Module, so it has no parameters() for an optimizer and cannot be moved or saved:
    write class GaussianHeads(nn.Module).""",
    lambda hidden_dim, latent_dim: lambda h: (h, h),
)
_heads_mistake(
    """forward returns one tensor with mu and logvar in it: return the two side by side, mu, logvar, each (B,
    latent_dim).""",
    lambda module, h: torch.cat([module.to_mu(h), module.to_logvar(h)], -1),
    lambda module, h: torch.stack([module.to_mu(h), module.to_logvar(h)]),
)
_heads_mistake(
    """forward returns one tensor (B, latent_dim), a draw z or mu alone: return the distribution, mu and
    logvar, and leave drawing to reparameterize.""",
    lambda module, h: reparameterize(module.to_mu(h), module.to_logvar(h)),
)
_heads_mistake(
    """You cut the batch in two, not the latents: chunk(2) takes axis 0 unless told; ask for the last axis,
    chunk(2, -1).""",
    lambda module, h: torch.cat([module.to_mu(h), module.to_logvar(h)], -1).chunk(2),
)
_heads_mistake(
    """One layer of latent_dim numbers is cut in two, so too few are left for each: make it twice as wide.""",
    lambda module, h: module.to_mu(h).chunk(2, -1),
)
HEADS.recognise(
    """The sizes of your layers are swapped: nn.Linear(in, out) takes the features, hidden_dim, first.""",
    lambda hidden_dim, latent_dim: GaussianHeads(latent_dim, hidden_dim),
)
_heads_mistake(
    """mu and logvar come out of one layer, the same numbers twice: where a region lies would decide how wide
    it is. Give each its own layer.""",
    lambda module, h: (module.to_mu(h), module.to_mu(h)),
)
_heads_mistake(
    """logvar is computed from mu, so where a region lies would decide how wide it is: compute both from h,
    each by its own layer.""",
    lambda module, h: (module.to_mu(h), -module.to_mu(h)),
)
_heads_mistake(
    """mu and logvar share some of their numbers: the slices overlap. With one layer of 2 latent_dim, the
    first latent_dim columns are mu, the others logvar.""",
    lambda module, h: (module.to_mu(h), torch.cat([module.to_mu(h)[:, 1:], module.to_logvar(h)[:, :1]], -1)),
    lambda module, h: (module.to_mu(h), torch.cat([module.to_mu(h)[:, 2:], module.to_logvar(h)[:, :2]], -1)),
)
_heads_mistake(
    """logvar does not look at h, so every image would get a region of the same width: it needs a layer of its
    own, as mu has one.""",
    lambda module, h: (module.to_mu(h), module.to_logvar.expand(len(h), -1)),
    lambda module, h: (module.to_mu(h), module.to_logvar),
    to_logvar=lambda hidden_dim, latent_dim: nn.Parameter(torch.zeros(latent_dim)),
)
_heads_mistake(
    """mu passes a ReLU, so no region can lie on the negative side, half the prior in each latent: nothing
    comes after the layer.""",
    lambda module, h: (module.to_mu(h).relu(), module.to_logvar(h)),
)
_heads_mistake(
    """logvar passes a ReLU, so no region can be narrower than the prior: a log-variance may be negative, and
    mostly is.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).relu()),
)
_heads_mistake(
    """Both heads pass a ReLU: no region on the negative side, none narrower than the prior. Nothing comes
    after the layers.""",
    lambda module, h: (module.to_mu(h).relu(), module.to_logvar(h).relu()),
)
_heads_mistake(
    """Your second number is never negative, as if it were a variance; what is asked for is its logarithm,
    straight from the layer, with no exp or softplus.""",
    lambda module, h: (module.to_mu(h), F.softplus(module.to_logvar(h))),
)
_heads_mistake(
    """You take the logarithm of what a layer gives, which is not a number where that is negative: call the
    layer's output logvar, and it is one.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).log()),
)
_heads_mistake(
    """mu is held between two bounds, by a tanh, a clamp or a normalisation, so no region can lie beyond them:
    nothing comes after the layer.""",
    lambda module, h: (module.to_mu(h).tanh(), module.to_logvar(h)),
)
_heads_mistake(
    """logvar is held between two bounds, by a tanh or a clamp, so no region can be narrower or wider than
    they say, and beyond them nothing learns: nothing comes after the layer.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).tanh()),
)
_heads_mistake(
    """mu and logvar are both held between two bounds, by a tanh or a clamp: both may be any real number, and
    nothing comes after the layers.""",
    lambda module, h: (module.to_mu(h).tanh(), module.to_logvar(h).tanh()),
)
_heads_mistake(
    """mu passes a sigmoid or softmax, so it stays between 0 and 1: regions may lie anywhere, and nothing
    comes after the layer.""",
    lambda module, h: (module.to_mu(h).sigmoid(), module.to_logvar(h)),
)
_heads_mistake(
    """logvar passes a sigmoid, so a region is never narrower than the prior: a log-variance may be any real
    number, and nothing comes after the layer.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).sigmoid()),
)
_heads_mistake(
    """mu and logvar both pass a sigmoid and stay between 0 and 1: both may be any real number, and nothing
    comes after the layers.""",
    lambda module, h: (module.to_mu(h).sigmoid(), module.to_logvar(h).sigmoid()),
)
_heads_mistake(
    """mu has a floor, as ELU, GELU, SiLU or clamp(min=...) make one: regions may lie anywhere, and nothing
    comes after the layer.""",
    lambda module, h: (F.elu(module.to_mu(h)), module.to_logvar(h)),
)
_heads_mistake(
    """logvar has a floor, as ELU, GELU, SiLU or clamp(min=...) make one: regions may be as narrow as they
    like, and nothing comes after the layer.""",
    lambda module, h: (module.to_mu(h), F.elu(module.to_logvar(h))),
)
_heads_mistake(
    """mu and logvar both have a floor, as ELU, GELU or SiLU make one: both may be any real number, and
    nothing comes after the layers.""",
    lambda module, h: (F.elu(module.to_mu(h)), F.elu(module.to_logvar(h))),
)
_heads_mistake(
    """logvar has a ceiling, as log(softplus()), logsigmoid or clamp(max=...) make one: the layer's output is a
    log-variance already, and nothing comes after it.""",
    lambda module, h: (module.to_mu(h), F.softplus(module.to_logvar(h)).log()),
)
_heads_mistake(
    """You average over the batch, so all images get one region: mu and logvar are (B, latent_dim), a row for each.""",
    lambda module, h: (module.to_mu(h).mean(0), module.to_logvar(h).mean(0)),
)
_heads_mistake(
    """mu of an image depends on the others in its batch, as a BatchNorm makes it: an image must get its
    region whoever stands beside it.""",
    lambda module, h: (
        (module.to_mu(h) - module.to_mu(h).mean(0)) / module.to_mu(h).std(0) * 100,
        module.to_logvar(h),
    ),
)
_heads_mistake(
    """Two calls with the same h differ: something random stands in forward, a dropout or a draw. mu and
    logvar are the distribution; drawing comes after them.""",
    lambda module, h: (module.to_mu(F.dropout(h)), module.to_logvar(F.dropout(h))),
    lambda module, h: (reparameterize(module.to_mu(h), module.to_logvar(h)), module.to_logvar(h)),
)
for without in (
    {"to_mu": _no_layer, "to_logvar": _no_layer},
    {"to_mu": _no_layer},
    {"to_logvar": _no_layer},
):
    _heads_mistake(
        """Layers are made anew in every call, so they never learn and the same h gets other answers: make
        them once, in __init__.""",
        lambda module, h, without=without: (
            _new(h) if "to_mu" in without else module.to_mu(h),
            _new(h) if "to_logvar" in without else module.to_logvar(h),
        ),
        **without,
    )
    _heads_mistake(
        """Weights stand where PyTorch does not look, in a list, a dict or a plain tensor: no optimizer would
        find them. Make layers attributes of self or use nn.ModuleList, and tensors nn.Parameter.""",
        lambda module, h, without=without: (
            module.hidden[0](h) if "to_mu" in without else module.to_mu(h),
            module.hidden[1](h) if "to_logvar" in without else module.to_logvar(h),
        ),
        **without,
        hidden=lambda hidden_dim, latent_dim: [nn.Linear(hidden_dim, latent_dim) for _ in range(2)],
    )
_heads_mistake(
    """Weights stand in plain tensors, where no optimizer finds them and no gradient reaches them: use layers,
    or nn.Parameter.""",
    lambda module, h: (h @ module.fixed, -h @ module.fixed),
    to_mu=_no_layer,
    to_logvar=_no_layer,
    fixed=torch.randn,
)
_heads_mistake(
    """No gradient leaves mu and logvar, so nothing in front of them could learn: look for .detach(), .data,
    .numpy(), no_grad or requires_grad_(False).""",
    lambda module, h: (module.to_mu(h).detach(), module.to_logvar(h).detach()),
)
_heads_mistake(
    """No gradient leaves mu: look for .detach(), .data, no_grad or requires_grad_(False), or for a mu that is
    a constant.""",
    lambda module, h: (module.to_mu(h).detach(), module.to_logvar(h)),
)
_heads_mistake(
    """No gradient leaves logvar: look for .detach(), .data, no_grad or requires_grad_(False), or for a logvar
    that is a constant.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).detach()),
)
_heads_mistake(
    """forward changes the h that it is given, in place, as mul_ and *= do: whoever uses h after you gets
    another one. Use the forms without the underscore.""",
    lambda module, h: (module.to_mu(h.mul_(2)), module.to_logvar(h)),
)
_heads_mistake(
    """The features themselves come out as mu, (B, hidden_dim): mu needs a layer down to latent_dim.""",
    lambda module, h: (h, module.to_logvar(h)),
    to_mu=_no_layer,
)


# 2.7

LOG_PX_Z = torch.tensor(
    [[-802.3, -888.1, -910.4], [-799.7, -891.6, -907.2], [-804.9, -886.2, -912.8], [-801.1, -889.9, -905.5]]
)
LOG_PZ = torch.tensor([[-3.1, -2.4, -4.2], [-2.2, -3.7, -1.9], [-5.3, -2.8, -3.3], [-2.6, -4.5, -2.1]])
LOG_QZ_X = torch.tensor([[1.2, 0.4, 2.3], [-0.7, 1.9, 0.6], [2.1, -1.3, 0.2], [0.9, 1.4, -0.8]])

IMPORTANCE = Exercise(
    number="2.7",
    title="A sharper bound",
    task="""For K draws of z per image you have log_px_z, log_pz and log_qz_x, each (K, B). Return the
    importance-weighted bound of each image, log of the average of p(x, z_k) / q(z_k|x) over the K draws,
    (B,), in nats.""",
    minutes=8,
    difficulty=2,
    reference=importance_weighted,
    probe=each(
        {
            "log_px_z": torch.tensor([[-2.3], [-1.6]]),
            "log_pz": torch.tensor([[-1.2], [-2.7]]),
            "log_qz_x": torch.tensor([[0.4], [-0.9]]),
        },
        {"log_px_z": LOG_PX_Z, "log_pz": LOG_PZ, "log_qz_x": LOG_QZ_X},
        gradients=["log_px_z", "log_pz", "log_qz_x"],
    ),
    hints=(
        "What is averaged: the weights, or their logarithms? And what is exp(-900) in floating point?",
        "log w = log p(x|z) + log p(z) - log q(z|x); torch.logsumexp takes exp, sum and log in one step.",
        "An average is a sum divided by K; in logarithms, log_w.logsumexp(0) minus log K.",
    ),
)
IMPORTANCE.recognise(
    """You average the logarithms, which gives the ELBO again, only less noisy: average the weights, then take
    the logarithm: logsumexp - log K.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z + log_pz - log_qz_x).mean(0),
)
IMPORTANCE.recognise(
    """You add the weights without dividing by K, so the bound rises by log K for nothing and is no bound at
    all: subtract log K.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z + log_pz - log_qz_x).logsumexp(0),
)
IMPORTANCE.recognise(
    """You divide the logarithm by K; the weights are to be divided, and in logarithms that subtracts log
    K.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z + log_pz - log_qz_x).logsumexp(0) / len(log_px_z),
)
IMPORTANCE.recognise(
    """log p(z) is missing from the weights: a z far out would count as if the prior drew it often.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, torch.zeros_like(log_pz), log_qz_x),
)
IMPORTANCE.recognise(
    """log q(z|x) is missing: the draws come from q, and dividing by it undoes that choice.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, log_pz, torch.zeros_like(log_qz_x)),
)
IMPORTANCE.recognise(
    """You average p(x|z) alone, as if z had been drawn from the prior; it came from q, so each draw needs the
    weight p(z) / q(z|x).""",
    lambda log_px_z, log_pz, log_qz_x: log_px_z.logsumexp(0) - math.log(len(log_px_z)),
)
IMPORTANCE.recognise(
    """You multiply by q(z|x) where the weight divides by it: log q has a minus.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, log_pz, -log_qz_x),
)
IMPORTANCE.recognise(
    """p(z) and q(z|x) changed places: what the draws were made by goes below the fraction, so log q has the
    minus.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, log_qz_x, log_pz),
)
IMPORTANCE.recognise(
    """You keep only the best of the K draws; they are averaged, so that more draws cannot win by luck.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z + log_pz - log_qz_x).max(0).values,
)
IMPORTANCE.recognise(
    """You average over the images as well; keep one bound per image, (B,).""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, log_pz, log_qz_x).mean(),
)
IMPORTANCE.recognise(
    """You take one logsumexp over draws and images together, where one easy image drowns all others: over
    axis 0 only.""",
    lambda log_px_z, log_pz, log_qz_x: (
        (log_px_z + log_pz - log_qz_x).flatten().logsumexp(0) - math.log(log_px_z.numel())
    ),
)
IMPORTANCE.recognise(
    """This is minus the bound, a loss; asked for is the bound on log p(x) itself.""",
    lambda log_px_z, log_pz, log_qz_x: -importance_weighted(log_px_z, log_pz, log_qz_x),
)


def _from_weights(bound) -> Answer:
    """An answer made of the log-weights, (K, B)."""
    return lambda log_px_z, log_pz, log_qz_x: bound(log_px_z + log_pz - log_qz_x)


IMPORTANCE.recognise(
    """Right in principle, but exp(-900) is 0 in floating point and its logarithm minus infinity: let
    torch.logsumexp do exp, sum and log in one step.""",
    _from_weights(lambda log_w: log_w.exp().mean(0).log()),
    _from_weights(lambda log_w: log_w.double().exp().mean(0).log()),
    _from_weights(lambda log_w: log_w.exp().sum(0).log() - math.log(len(log_w))),
    lambda log_px_z, log_pz, log_qz_x: (log_px_z.exp() * log_pz.exp() / log_qz_x.exp()).mean(0).log(),
)
IMPORTANCE.recognise(
    """You keep the logarithm finite by a small number or a clamp, so every image as unlikely as exp(-900)
    gets the bound of that number, and no gradient: let torch.logsumexp do exp, sum and log in one step.""",
    *(
        _from_weights(lambda log_w, tiny=tiny: (log_w.exp().mean(0) + tiny).log())
        for tiny in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-16, 1e-20, 1e-30)
    ),
)
IMPORTANCE.recognise(
    """You subtract one maximum for all images, and beside the likeliest image the others underflow again:
    each image needs its own maximum, over axis 0, as torch.logsumexp takes it.""",
    _from_weights(lambda log_w: (log_w - log_w.max()).exp().mean(0).log() + log_w.max()),
)
IMPORTANCE.recognise(
    """You subtract the maximum before exp and never add it back: after the logarithm it returns as a
    plus.""",
    _from_weights(lambda log_w: (log_w - log_w.max(0).values).exp().mean(0).log()),
    _from_weights(lambda log_w: (log_w - log_w.max(0).values).exp().sum(0).log()),
)
IMPORTANCE.recognise(
    """You return averaged weights, which for images are 0 in floating point: asked for is the logarithm of
    the average.""",
    _from_weights(lambda log_w: log_w.exp().mean(0)),
)
IMPORTANCE.recognise(
    """You subtract the logarithm of another number than K: K is how many draws an image has, the length of
    axis 0.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) - math.log(log_w.shape[1])),
    _from_weights(lambda log_w: log_w.logsumexp(0) - math.log(log_w.numel())),
)
IMPORTANCE.recognise(
    """You add log K where it is subtracted: dividing by K lowers the logarithm.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) + math.log(len(log_w))),
)
IMPORTANCE.recognise(
    """You divide by log K; to divide weights by K, subtract log K from their logarithm.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) / math.log(len(log_w))),
)
IMPORTANCE.recognise(
    """You subtract K itself; in logarithms, dividing by K subtracts log K.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) - len(log_w)),
)
IMPORTANCE.recognise(
    """K is a Python number, and torch.log wants a tensor: use math.log.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) - torch.log(len(log_w))),
)
IMPORTANCE.recognise(
    """You average the logarithms with the weights' softmax, which is neither the ELBO nor the bound: average
    the weights themselves, and take one logarithm at the end.""",
    _from_weights(lambda log_w: (log_w.softmax(0) * log_w).sum(0)),
    _from_weights(lambda log_w: (log_w.softmax(0).detach() * log_w).sum(0)),
)
IMPORTANCE.recognise(
    """You average each density by itself; the three belong to the same draw and make one weight: add and
    subtract them first, then one logsumexp.""",
    lambda log_px_z, log_pz, log_qz_x: log_px_z.logsumexp(0) + log_pz.logsumexp(0) - log_qz_x.logsumexp(0),
    lambda log_px_z, log_pz, log_qz_x: (
        log_px_z.logsumexp(0) + log_pz.logsumexp(0) - log_qz_x.logsumexp(0) - math.log(len(log_pz))
    ),
)
IMPORTANCE.recognise(
    """You add up the logarithms of the K draws, which multiplies the weights: average the weights, then take
    the logarithm: logsumexp - log K.""",
    _from_weights(lambda log_w: log_w.sum(0)),
)
IMPORTANCE.recognise(
    """log p(z) has the wrong sign: the prior's density stands above the fraction, so it is added.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, -log_pz, log_qz_x),
)
IMPORTANCE.recognise(
    """You average over the images, axis 1, and keep the draws: the draws are axis 0.""",
    _from_weights(lambda log_w: log_w.logsumexp(1) - math.log(log_w.shape[1])),
    _from_weights(lambda log_w: log_w.logsumexp(1) - math.log(log_w.shape[0])),
    _from_weights(lambda log_w: log_w.logsumexp(1)),
)
IMPORTANCE.recognise(
    """You add up the bounds of all images; keep one per image, (B,).""",
    _from_weights(lambda log_w: (log_w.logsumexp(0) - math.log(len(log_w))).sum()),
)
IMPORTANCE.recognise(
    """Your numbers are right, but they keep an axis of length 1, (1, B): drop the keepdim.""",
    _from_weights(lambda log_w: log_w.logsumexp(0, keepdim=True) - math.log(len(log_w))),
)
IMPORTANCE.recognise(
    """You multiply and divide what are logarithms already: in logarithms a product is a sum, so the weight is
    log_px_z + log_pz - log_qz_x.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z * log_pz / log_qz_x).mean(0).log(),
    lambda log_px_z, log_pz, log_qz_x: (log_px_z * log_pz / log_qz_x).mean(0),
    lambda log_px_z, log_pz, log_qz_x: (log_px_z * log_pz / log_qz_x).logsumexp(0) - math.log(len(log_px_z)),
)
IMPORTANCE.mistake(column(importance_weighted))
IMPORTANCE.mistake(listed(importance_weighted))
IMPORTANCE.mistake(writes_into(importance_weighted, 0))
IMPORTANCE.mistake(cut_off(importance_weighted))

EXERCISES = (BERNOULLI, GAUSSIAN, KL, MONTE_CARLO, ELBO, HEADS, IMPORTANCE)

PREDICTIONS = (
    Prediction(
        key="2-error",
        question="The Monte Carlo KL gets 100 times as many samples. Its error bar becomes",
        right=1,
        because="""Errors of independent draws partly cancel: a mean of n strays by the spread of one draw over the
        square root of n. Another digit of a result costs a hundredfold of samples.""",
    ),
)
