"""Exercise 2.1: the log-likelihood of Bernoulli pixels."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import column, cut_off, listed, writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.exercises.lesson_02.inputs import LOGITS, PIXELS
from vae_lessons.likelihoods import bernoulli_log_likelihood

EXERCISE = Exercise(
    number="2.1",
    title="Black and white pixels",
    task="""Write log p(x|z) for Bernoulli pixels: x_logits and x are (B, 1, H, W), pixel d is ink with probability
    sigmoid(x_logits[d]), and x may be grey, in [0, 1]. Return one number per image, (B,), in nats. It must also be
    right for logits of 200.""",
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
        "An ink pixel contributes log sigmoid(logit), a paper pixel log(1 - sigmoid(logit)); x says which, or how "
        "much of each.",
        "PyTorch has this as one numerically stable function, F.binary_cross_entropy_with_logits. It is a loss: "
        "mind its sign.",
        "With reduction='none' it keeps one number per pixel. Check: with all logits 0, an image of D pixels has "
        "log p(x|z) = -D log 2.",
    ),
)


EXERCISE.recognise(
    """You apply the sigmoid before a function that applies it again, so every probability lies between 0.5 and
    0.73.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits.sigmoid(), x),
)


EXERCISE.recognise(
    """You take the logarithm of the raw x_logits, which is NaN where they are negative; a logit is not a
    probability.""",
    lambda x_logits, x: (x * x_logits.log() + (1 - x) * (1 - x_logits).log()).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You return the loss, which is positive; log p(x|z) is the logarithm of a probability and never above 0.""",
    lambda x_logits, x: -bernoulli_log_likelihood(x_logits, x),
)


EXERCISE.recognise(
    """You average over the pixels, so an image counts as one pixel, and in the loss the KL weighs D times too
    much.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x) / x[0].numel(),
)


EXERCISE.recognise(
    """You add up all images of the batch; the task asks for one number per image, (B,).""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x).sum(),
)


EXERCISE.recognise(
    """You average over the batch; the task asks for one number per image, (B,).""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x).mean(),
)


EXERCISE.recognise(
    """You average over pixels and images at once, the default of F.binary_cross_entropy_with_logits; reduction='none'
    keeps them apart.""",
    lambda x_logits, x: -F.binary_cross_entropy_with_logits(x_logits, x),
)


EXERCISE.recognise(
    """This is PyTorch's loss with its defaults: positive, and averaged over pixels and images.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x),
)


EXERCISE.recognise(
    """You swapped the arguments: the image is used as logits, and the logits as the image. The prediction comes
    first, the target second.""",
    lambda x_logits, x: bernoulli_log_likelihood(x, x_logits),
)


EXERCISE.recognise(
    """You rescale x to [-1, 1]; as the target of a probability it has to stay in [0, 1], or the loss has no
    minimum.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, 2 * x - 1),
)


EXERCISE.recognise(
    """You round x to black and white; use the grey values as they are.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, (x > 0.5).float()),
)


def _from_logarithms(x: Tensor, log_p: Tensor, log_paper: Tensor) -> Tensor:
    return (x * log_p + (1 - x) * log_paper).flatten(1).sum(1)


def _from_probability(x: Tensor, p: Tensor) -> Tensor:
    return _from_logarithms(x, p.log(), (1 - p).log())


EXERCISE.recognise(
    """Right for moderate logits, but F.binary_cross_entropy cuts every logarithm off at -100: the pixel at logit -190
    costs 100 nats instead of 190, and its gradient is 0. The function whose name ends in with_logits has no such
    limit.""",
    lambda x_logits, x: -F.binary_cross_entropy(x_logits.sigmoid(), x, reduction="none").flatten(1).sum(1),
)


EXERCISE.recognise(
    """Right for small logits, but sigmoid(-190) is 0 in floating point and exp(150) is infinite, so the logarithm is
    infinite or NaN. F.logsigmoid and binary_cross_entropy_with_logits compute both steps in one.""",
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


EXERCISE.recognise(
    """You keep the logarithm finite with a clamp or a small number added to p, so a wrong pixel at logit -190 costs
    10 to 30 nats instead of 190, and its gradient is 0 or NaN. F.logsigmoid and with_logits need neither.""",
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


EXERCISE.recognise(
    """You clamp x_logits: beyond the clamp a wrong pixel costs no more, however certain the decoder is, and its
    gradient is 0.""",
    *(
        lambda x_logits, x, most=most: bernoulli_log_likelihood(x_logits.clamp(-most, most), x)
        for most in (10, 15, 20, 30, 50, 80, 88)
    ),
)


EXERCISE.recognise(
    """You pass raw logits to binary_cross_entropy, which expects probabilities between 0 and 1.""",
    lambda x_logits, x: F.binary_cross_entropy(x_logits, x),
)


EXERCISE.recognise(
    """torch.distributions.Bernoulli accepts only 0 and 1, not grey, unless you pass validate_args=False. The formula
    holds for grey as well.""",
    lambda x_logits, x: torch.distributions.Bernoulli(logits=x_logits).log_prob(x).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You return the loss of the batch, positive and summed or averaged over all images; the task asks for log p(x|z)
    of each image, (B,).""",
    lambda x_logits, x: -bernoulli_log_likelihood(x_logits, x).sum(),
    lambda x_logits, x: -bernoulli_log_likelihood(x_logits, x).mean(),
)


EXERCISE.recognise(
    """You average over the pixels and return the loss, which is positive.""",
    lambda x_logits, x: -bernoulli_log_likelihood(x_logits, x) / x[0].numel(),
)


EXERCISE.recognise(
    """Each pixel's term is right, but the pixels of an image are not added up; the task asks for one number per
    image, (B,).""",
    lambda x_logits, x: -F.binary_cross_entropy_with_logits(x_logits, x, reduction="none"),
)


EXERCISE.recognise(
    """You return the loss of each pixel, which is positive and not yet summed over the image.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none"),
)


EXERCISE.recognise(
    """You sum over one axis and keep the others; the pixels of an image lie along three, C, H and W.""",
    *(
        lambda x_logits, x, axis=axis: (
            -F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").sum(axis)
        )
        for axis in range(4)
    ),
)


EXERCISE.recognise(
    """You count only the ink, so an all-black image would be best: the term with 1 - x is missing.""",
    lambda x_logits, x: (x * F.logsigmoid(x_logits)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You count only the paper, so an empty image would be best: the term with x is missing.""",
    lambda x_logits, x: ((1 - x) * F.logsigmoid(-x_logits)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """The term for paper has the wrong sign: x log p and (1 - x) log(1 - p) both contain the logarithm of a
    probability, so neither is positive.""",
    lambda x_logits, x: _from_logarithms(x, F.logsigmoid(x_logits), -F.logsigmoid(-x_logits)),
)


EXERCISE.recognise(
    """Ink and paper are swapped: x weights the logarithm of the probability of paper.""",
    lambda x_logits, x: bernoulli_log_likelihood(-x_logits, x),
)


EXERCISE.recognise(
    """For paper you use 1 - log p instead of log(1 - p).""",
    lambda x_logits, x: _from_logarithms(x, F.logsigmoid(x_logits), 1 - F.logsigmoid(x_logits)),
)


EXERCISE.recognise(
    """You take one logarithm of the mixture x p + (1 - x)(1 - p). For black and white that is the same, but for grey
    x and 1 - x have to weight two logarithms.""",
    lambda x_logits, x: (x * x_logits.sigmoid() + (1 - x) * (1 - x_logits.sigmoid())).log().flatten(1).sum(1),
)


EXERCISE.recognise(
    """This is the probability itself, which for a real image is 0 in floating point; the task asks for its
    logarithm.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x).exp(),
    lambda x_logits, x: (x_logits.sigmoid() ** x * (1 - x_logits.sigmoid()) ** (1 - x)).flatten(1).prod(1),
)


EXERCISE.recognise(
    """This is a squared error, which belongs to Gaussian pixels; these pixels are Bernoulli.""",
    lambda x_logits, x: -((x_logits.sigmoid() - x) ** 2).flatten(1).sum(1),
    lambda x_logits, x: -((x_logits - x) ** 2).flatten(1).sum(1),
)


EXERCISE.recognise(
    """Your result is in bits, with the logarithm to base 2; this course uses nats, with the natural logarithm.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x) / math.log(2),
)


EXERCISE.recognise(
    """squeeze() drops every axis of length 1, so for a single image (1,) becomes (). flatten(1).sum(1) always gives
    (B,).""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x).squeeze(),
)


EXERCISE.mistake(column(bernoulli_log_likelihood))


EXERCISE.mistake(listed(bernoulli_log_likelihood))


EXERCISE.mistake(writes_into(bernoulli_log_likelihood, 0))


EXERCISE.mistake(writes_into(bernoulli_log_likelihood, 1))


EXERCISE.mistake(cut_off(bernoulli_log_likelihood))


EXERCISE.recognise(
    """This is the continuous Bernoulli, whose normalising constant makes a density of it. The task asks for the
    Bernoulli of the lesson, without one.""",
    lambda x_logits, x: (
        torch.distributions.ContinuousBernoulli(logits=x_logits, validate_args=False)
        .log_prob(x)
        .flatten(1)
        .sum(1)
    ),
)
