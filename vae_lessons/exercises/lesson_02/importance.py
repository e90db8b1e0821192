"""Exercise 2.7: the importance-weighted bound."""

import math

import torch

from vae_lessons.exercises.engine.common_mistakes import column, cut_off, listed, writes_into
from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.importance import importance_weighted

LOG_PX_Z = torch.tensor(
    [[-802.3, -888.1, -910.4], [-799.7, -891.6, -907.2], [-804.9, -886.2, -912.8], [-801.1, -889.9, -905.5]]
)


LOG_PZ = torch.tensor([[-3.1, -2.4, -4.2], [-2.2, -3.7, -1.9], [-5.3, -2.8, -3.3], [-2.6, -4.5, -2.1]])


LOG_QZ_X = torch.tensor([[1.2, 0.4, 2.3], [-0.7, 1.9, 0.6], [2.1, -1.3, 0.2], [0.9, 1.4, -0.8]])


EXERCISE = Exercise(
    number="2.7",
    title="A tighter bound",
    task="""For K draws of z per image you are given log_px_z, log_pz and log_qz_x, each (K, B). Return the
    importance-weighted bound of each image, the logarithm of the average of p(x, z_k) / q(z_k|x) over the K draws:
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
        "What is averaged: the weights or their logarithms? And what is exp(-900) in floating point?",
        "log w = log p(x|z) + log p(z) - log q(z|x). torch.logsumexp computes exp, sum and log in one stable step.",
        "logsumexp gives the logarithm of a sum. What turns it into the logarithm of an average? Check: K equal "
        "weights w must give log w.",
    ),
)


EXERCISE.recognise(
    """You average the logarithms, which is the ELBO again, only with less noise; the average belongs inside the
    logarithm.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z + log_pz - log_qz_x).mean(0),
)


EXERCISE.recognise(
    """You sum the weights without dividing by K, so the result is too large by log K and no longer a bound.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z + log_pz - log_qz_x).logsumexp(0),
)


EXERCISE.recognise(
    """You divide the logarithm by K, instead of the sum inside it.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z + log_pz - log_qz_x).logsumexp(0) / len(log_px_z),
)


EXERCISE.recognise(
    """log p(z) is missing from the weights, so a z that the prior makes unlikely counts as much as a likely one.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, torch.zeros_like(log_pz), log_qz_x),
)


EXERCISE.recognise(
    """log q(z|x) is missing from the weights: the draws come from q(z|x), which dividing by it corrects for.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, log_pz, torch.zeros_like(log_qz_x)),
)


EXERCISE.recognise(
    """You average p(x|z) alone, as if z had been drawn from the prior, but it was drawn from q(z|x).""",
    lambda log_px_z, log_pz, log_qz_x: log_px_z.logsumexp(0) - math.log(len(log_px_z)),
)


EXERCISE.recognise(
    """You multiply by q(z|x), but the weight divides by it.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, log_pz, -log_qz_x),
)


EXERCISE.recognise(
    """p(z) and q(z|x) are swapped: the weight divides by the density that z was drawn from.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, log_qz_x, log_pz),
)


EXERCISE.recognise(
    """You keep only the largest of the K weights; the bound averages all of them.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z + log_pz - log_qz_x).max(0).values,
)


EXERCISE.recognise(
    """You also average over the images; the task asks for one bound per image, (B,).""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, log_pz, log_qz_x).mean(),
)


EXERCISE.recognise(
    """You take one logsumexp over draws and images together, so the most likely image dominates all others.""",
    lambda log_px_z, log_pz, log_qz_x: (
        (log_px_z + log_pz - log_qz_x).flatten().logsumexp(0) - math.log(log_px_z.numel())
    ),
)


EXERCISE.recognise(
    """This is minus the bound, a loss; the task asks for the bound on log p(x) itself.""",
    lambda log_px_z, log_pz, log_qz_x: -importance_weighted(log_px_z, log_pz, log_qz_x),
)


def _from_weights(bound) -> Answer:
    """An answer made of the log-weights, (K, B)."""
    return lambda log_px_z, log_pz, log_qz_x: bound(log_px_z + log_pz - log_qz_x)


EXERCISE.recognise(
    """Right in principle, but exp(-900) is 0 in floating point, and its logarithm is minus infinity. torch.logsumexp
    computes exp, sum and log in one stable step.""",
    _from_weights(lambda log_w: log_w.exp().mean(0).log()),
    _from_weights(lambda log_w: log_w.double().exp().mean(0).log()),
    _from_weights(lambda log_w: log_w.exp().sum(0).log() - math.log(len(log_w))),
    lambda log_px_z, log_pz, log_qz_x: (log_px_z.exp() * log_pz.exp() / log_qz_x.exp()).mean(0).log(),
)


EXERCISE.recognise(
    """You keep the logarithm finite with a small number or a clamp, so every image as unlikely as exp(-900) gets the
    logarithm of that number as its bound, and no gradient. torch.logsumexp needs neither.""",
    *(
        _from_weights(lambda log_w, tiny=tiny: (log_w.exp().mean(0) + tiny).log())
        for tiny in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-16, 1e-20, 1e-30)
    ),
)


EXERCISE.recognise(
    """You subtract one maximum for all images, so all but the most likely image still underflow.""",
    _from_weights(lambda log_w: (log_w - log_w.max()).exp().mean(0).log() + log_w.max()),
)


EXERCISE.recognise(
    """You subtract the maximum before exp, but do not add it back after the logarithm.""",
    _from_weights(lambda log_w: (log_w - log_w.max(0).values).exp().mean(0).log()),
    _from_weights(lambda log_w: (log_w - log_w.max(0).values).exp().sum(0).log()),
)


EXERCISE.recognise(
    """You return the average weight, which for images is 0 in floating point; the task asks for its logarithm.""",
    _from_weights(lambda log_w: log_w.exp().mean(0)),
)


EXERCISE.recognise(
    """The number whose logarithm you subtract is not K, the number of draws per image, which is the length of axis
    0.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) - math.log(log_w.shape[1])),
    _from_weights(lambda log_w: log_w.logsumexp(0) - math.log(log_w.numel())),
)


EXERCISE.recognise(
    """You add log K, but dividing by K lowers the logarithm.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) + math.log(len(log_w))),
)


EXERCISE.recognise(
    """You divide by log K, but for logarithms a division becomes a subtraction.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) / math.log(len(log_w))),
)


EXERCISE.recognise(
    """You subtract K itself instead of its logarithm.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) - len(log_w)),
)


EXERCISE.recognise(
    """K is a Python number, and torch.log expects a tensor: use math.log.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) - torch.log(len(log_w))),
)


EXERCISE.recognise(
    """You average the log-weights, weighted by their softmax, which is neither the ELBO nor the bound. The bound is
    the logarithm of a plain average.""",
    _from_weights(lambda log_w: (log_w.softmax(0) * log_w).sum(0)),
    _from_weights(lambda log_w: (log_w.softmax(0).detach() * log_w).sum(0)),
)


EXERCISE.recognise(
    """You average each density separately, but the three values of a draw belong together and form one weight.""",
    lambda log_px_z, log_pz, log_qz_x: log_px_z.logsumexp(0) + log_pz.logsumexp(0) - log_qz_x.logsumexp(0),
    lambda log_px_z, log_pz, log_qz_x: (
        log_px_z.logsumexp(0) + log_pz.logsumexp(0) - log_qz_x.logsumexp(0) - math.log(len(log_pz))
    ),
)


EXERCISE.recognise(
    """You add up the logarithms of the K draws, which multiplies the weights instead of averaging them.""",
    _from_weights(lambda log_w: log_w.sum(0)),
)


EXERCISE.recognise(
    """log p(z) has the wrong sign: p(z) is in the numerator of the weight.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, -log_pz, log_qz_x),
)


EXERCISE.recognise(
    """You average over axis 1, the images; the draws are axis 0.""",
    _from_weights(lambda log_w: log_w.logsumexp(1) - math.log(log_w.shape[1])),
    _from_weights(lambda log_w: log_w.logsumexp(1) - math.log(log_w.shape[0])),
    _from_weights(lambda log_w: log_w.logsumexp(1)),
)


EXERCISE.recognise(
    """You add up the bounds of all images; the task asks for one bound per image, (B,).""",
    _from_weights(lambda log_w: (log_w.logsumexp(0) - math.log(len(log_w))).sum()),
)


EXERCISE.recognise(
    """Your numbers are right, but they keep an axis of length 1, (1, B): drop the keepdim.""",
    _from_weights(lambda log_w: log_w.logsumexp(0, keepdim=True) - math.log(len(log_w))),
)


EXERCISE.recognise(
    """You multiply and divide what are logarithms already; for logarithms a product becomes a sum.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z * log_pz / log_qz_x).mean(0).log(),
    lambda log_px_z, log_pz, log_qz_x: (log_px_z * log_pz / log_qz_x).mean(0),
    lambda log_px_z, log_pz, log_qz_x: (log_px_z * log_pz / log_qz_x).logsumexp(0) - math.log(len(log_px_z)),
)


EXERCISE.mistake(column(importance_weighted))


EXERCISE.mistake(listed(importance_weighted))


EXERCISE.mistake(writes_into(importance_weighted, 0))


EXERCISE.mistake(cut_off(importance_weighted))


for _draws in (5, 10, 20, 50, 64, 100, 1000):
    EXERCISE.recognise(
        f"""The number of draws, {_draws}, is written into your average; K is the length of axis 0.""",
        lambda log_px_z, log_pz, log_qz_x, draws=_draws: (
            (log_px_z + log_pz - log_qz_x).logsumexp(0) - math.log(draws)
        ),
    )


EXERCISE.recognise(
    """You take the tighter average of p(x|z) alone, and subtract the average of log q - log p as in the ELBO. The
    weight of a draw is the whole ratio.""",
    lambda log_px_z, log_pz, log_qz_x: (
        log_px_z.logsumexp(0) - math.log(len(log_px_z)) - (log_qz_x - log_pz).mean(0)
    ),
)
