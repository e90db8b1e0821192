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


EXERCISE.recognise(
    """You apply sigmoid and then a function that applies it again, so no pixel can be surer than 0.73: give
    with_logits the raw x_logits.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits.sigmoid(), x),
)


EXERCISE.recognise(
    """You take the logarithm of the raw x_logits, which is not a number where they are negative: a logit
    becomes a probability by sigmoid first.""",
    lambda x_logits, x: (x * x_logits.log() + (1 - x) * (1 - x_logits).log()).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You return the loss, which is positive; log p(x|z) is the logarithm of a probability and never above 0:
    flip the sign.""",
    lambda x_logits, x: -bernoulli_log_likelihood(x_logits, x),
)


EXERCISE.recognise(
    """You average over the pixels, so an image counts as one pixel and the KL beside it weighs D times too
    much: the log-probability of an image is the sum over its pixels.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x) / x[0].numel(),
)


EXERCISE.recognise(
    """You add up all images of the batch; return one number per image, (B,), and let the last step average
    them.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x).sum(),
)


EXERCISE.recognise(
    """You average over the batch already; return one number per image, (B,), so that single images can be
    compared.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x).mean(),
)


EXERCISE.recognise(
    """You average over pixels and images at once, as F.binary_cross_entropy_with_logits does unless told
    otherwise: ask for reduction='none' and add up the pixels of each image.""",
    lambda x_logits, x: -F.binary_cross_entropy_with_logits(x_logits, x),
)


EXERCISE.recognise(
    """This is PyTorch's loss as it comes: positive, and averaged over pixels and images. Flip the sign, ask
    for reduction='none', and add up the pixels of each image.""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x),
)


EXERCISE.recognise(
    """You swapped the arguments: the image is taken for logits, and the logits for the image. The prediction
    comes first, the target second.""",
    lambda x_logits, x: bernoulli_log_likelihood(x, x_logits),
)


EXERCISE.recognise(
    """You rescale x to [-1, 1]; as the target of a probability it has to stay in [0, 1], or the loss has no
    lowest point.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, 2 * x - 1),
)


EXERCISE.recognise(
    """You round x to black and white inside; take the grey values as they come, binarising is done
    beforehand.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, (x > 0.5).float()),
)


def _from_logarithms(x: Tensor, log_p: Tensor, log_paper: Tensor) -> Tensor:
    return (x * log_p + (1 - x) * log_paper).flatten(1).sum(1)


def _from_probability(x: Tensor, p: Tensor) -> Tensor:
    return _from_logarithms(x, p.log(), (1 - p).log())


EXERCISE.recognise(
    """Right for common logits, but F.binary_cross_entropy cuts every logarithm at -100: the pixel at logit
    -190 costs 100 nats instead of 190, and its gradient is 0. Hand the raw x_logits to
    F.binary_cross_entropy_with_logits.""",
    lambda x_logits, x: -F.binary_cross_entropy(x_logits.sigmoid(), x, reduction="none").flatten(1).sum(1),
)


EXERCISE.recognise(
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


EXERCISE.recognise(
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


EXERCISE.recognise(
    """You clamp x_logits, so beyond the clamp a wrong pixel costs no more however sure the decoder is, and
    its gradient is 0: with_logits needs no clamp.""",
    *(
        lambda x_logits, x, most=most: bernoulli_log_likelihood(x_logits.clamp(-most, most), x)
        for most in (10, 15, 20, 30, 50, 80, 88)
    ),
)


EXERCISE.recognise(
    """You hand raw logits to binary_cross_entropy, which wants probabilities from 0 to 1: take the function
    whose name ends in with_logits.""",
    lambda x_logits, x: F.binary_cross_entropy(x_logits, x),
)


EXERCISE.recognise(
    """torch.distributions.Bernoulli refuses grey pixels: it takes 0 and 1 only, unless told
    validate_args=False. The formula takes grey as it is: x log p + (1 - x) log(1 - p).""",
    lambda x_logits, x: torch.distributions.Bernoulli(logits=x_logits).log_prob(x).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You return the loss of the batch, positive and added up over all images, or divided by their number:
    one number per image is asked for, (B,), and with the other sign.""",
    lambda x_logits, x: -bernoulli_log_likelihood(x_logits, x).sum(),
    lambda x_logits, x: -bernoulli_log_likelihood(x_logits, x).mean(),
)


EXERCISE.recognise(
    """You average over the pixels and return the loss, which is positive: add up each image's pixels, and
    flip the sign.""",
    lambda x_logits, x: -bernoulli_log_likelihood(x_logits, x) / x[0].numel(),
)


EXERCISE.recognise(
    """Each pixel's share is right; now add them up for each image: flatten(1).sum(1) makes (B, C, H, W) into
    (B,).""",
    lambda x_logits, x: -F.binary_cross_entropy_with_logits(x_logits, x, reduction="none"),
)


EXERCISE.recognise(
    """Each pixel has its loss, which is positive: flip the sign, and add up the pixels of each image with
    flatten(1).sum(1).""",
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits, x, reduction="none"),
)


EXERCISE.recognise(
    """You add up along one axis and keep the others; the pixels of an image lie along three, C, H and W:
    flatten(1).sum(1) takes all of them.""",
    *(
        lambda x_logits, x, axis=axis: (
            -F.binary_cross_entropy_with_logits(x_logits, x, reduction="none").sum(axis)
        )
        for axis in range(4)
    ),
)


EXERCISE.recognise(
    """You count the ink and forget the paper, so painting everything black would be best: add
    (1 - x) log(1 - sigmoid(x_logits)).""",
    lambda x_logits, x: (x * F.logsigmoid(x_logits)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """You count the paper and forget the ink, so an empty page would be best: add x log
    sigmoid(x_logits).""",
    lambda x_logits, x: ((1 - x) * F.logsigmoid(-x_logits)).flatten(1).sum(1),
)


EXERCISE.recognise(
    """The paper's term has the wrong sign: x log p and (1 - x) log(1 - p) are both logarithms of
    probabilities, both negative, and add up.""",
    lambda x_logits, x: _from_logarithms(x, F.logsigmoid(x_logits), -F.logsigmoid(-x_logits)),
)


EXERCISE.recognise(
    """Ink and paper changed places: x goes with log sigmoid(x_logits), and 1 - x with the logarithm of what
    is left.""",
    lambda x_logits, x: bernoulli_log_likelihood(-x_logits, x),
)


EXERCISE.recognise(
    """For the paper you take 1 - log p where log(1 - p) belongs: first what is left of the probability, then
    its logarithm, which is F.logsigmoid(-x_logits).""",
    lambda x_logits, x: _from_logarithms(x, F.logsigmoid(x_logits), 1 - F.logsigmoid(x_logits)),
)


EXERCISE.recognise(
    """You take one logarithm of the mixture x p + (1 - x)(1 - p): the same for black and white, another
    number for grey. Take both logarithms first, then weigh them by x and 1 - x.""",
    lambda x_logits, x: (x * x_logits.sigmoid() + (1 - x) * (1 - x_logits.sigmoid())).log().flatten(1).sum(1),
)


EXERCISE.recognise(
    """This is the probability itself, which for a real image is 0 in floating point: return its logarithm,
    the sum of the pixels' logarithms.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x).exp(),
    lambda x_logits, x: (x_logits.sigmoid() ** x * (1 - x_logits.sigmoid()) ** (1 - x)).flatten(1).prod(1),
)


EXERCISE.recognise(
    """You measure a squared error: that is what Gaussian pixels ask for. A Bernoulli pixel contributes
    x log p + (1 - x) log(1 - p).""",
    lambda x_logits, x: -((x_logits.sigmoid() - x) ** 2).flatten(1).sum(1),
    lambda x_logits, x: -((x_logits - x) ** 2).flatten(1).sum(1),
)


EXERCISE.recognise(
    """Your numbers are in bits, with the logarithm to base 2; this course counts nats, with the natural
    logarithm.""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x) / math.log(2),
)


EXERCISE.recognise(
    """squeeze() drops every axis of length 1, and of a single image that is the batch as well: its (1,) becomes ().
    flatten(1).sum(1) always gives (B,).""",
    lambda x_logits, x: bernoulli_log_likelihood(x_logits, x).squeeze(),
)


EXERCISE.mistake(column(bernoulli_log_likelihood))


EXERCISE.mistake(listed(bernoulli_log_likelihood))


EXERCISE.mistake(writes_into(bernoulli_log_likelihood, 0))


EXERCISE.mistake(writes_into(bernoulli_log_likelihood, 1))


EXERCISE.mistake(cut_off(bernoulli_log_likelihood))
