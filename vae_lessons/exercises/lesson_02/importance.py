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


EXERCISE.recognise(
    """You average the logarithms, which gives the ELBO again, only less noisy: average the weights, then take
    the logarithm: logsumexp - log K.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z + log_pz - log_qz_x).mean(0),
)


EXERCISE.recognise(
    """You add the weights without dividing by K, so the bound rises by log K for nothing and is no bound at
    all: subtract log K.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z + log_pz - log_qz_x).logsumexp(0),
)


EXERCISE.recognise(
    """You divide the logarithm by K; the weights are to be divided, and in logarithms that subtracts log
    K.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z + log_pz - log_qz_x).logsumexp(0) / len(log_px_z),
)


EXERCISE.recognise(
    """log p(z) is missing from the weights: a z far out would count as if the prior drew it often.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, torch.zeros_like(log_pz), log_qz_x),
)


EXERCISE.recognise(
    """log q(z|x) is missing: the draws come from q, and dividing by it undoes that choice.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, log_pz, torch.zeros_like(log_qz_x)),
)


EXERCISE.recognise(
    """You average p(x|z) alone, as if z had been drawn from the prior; it came from q, so each draw needs the
    weight p(z) / q(z|x).""",
    lambda log_px_z, log_pz, log_qz_x: log_px_z.logsumexp(0) - math.log(len(log_px_z)),
)


EXERCISE.recognise(
    """You multiply by q(z|x) where the weight divides by it: log q has a minus.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, log_pz, -log_qz_x),
)


EXERCISE.recognise(
    """p(z) and q(z|x) changed places: what the draws were made by goes below the fraction, so log q has the
    minus.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, log_qz_x, log_pz),
)


EXERCISE.recognise(
    """You keep only the best of the K draws; they are averaged, so that more draws cannot win by luck.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z + log_pz - log_qz_x).max(0).values,
)


EXERCISE.recognise(
    """You average over the images as well; keep one bound per image, (B,).""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, log_pz, log_qz_x).mean(),
)


EXERCISE.recognise(
    """You take one logsumexp over draws and images together, where one easy image drowns all others: over
    axis 0 only.""",
    lambda log_px_z, log_pz, log_qz_x: (
        (log_px_z + log_pz - log_qz_x).flatten().logsumexp(0) - math.log(log_px_z.numel())
    ),
)


EXERCISE.recognise(
    """This is minus the bound, a loss; asked for is the bound on log p(x) itself.""",
    lambda log_px_z, log_pz, log_qz_x: -importance_weighted(log_px_z, log_pz, log_qz_x),
)


def _from_weights(bound) -> Answer:
    """An answer made of the log-weights, (K, B)."""
    return lambda log_px_z, log_pz, log_qz_x: bound(log_px_z + log_pz - log_qz_x)


EXERCISE.recognise(
    """Right in principle, but exp(-900) is 0 in floating point and its logarithm minus infinity: let
    torch.logsumexp do exp, sum and log in one step.""",
    _from_weights(lambda log_w: log_w.exp().mean(0).log()),
    _from_weights(lambda log_w: log_w.double().exp().mean(0).log()),
    _from_weights(lambda log_w: log_w.exp().sum(0).log() - math.log(len(log_w))),
    lambda log_px_z, log_pz, log_qz_x: (log_px_z.exp() * log_pz.exp() / log_qz_x.exp()).mean(0).log(),
)


EXERCISE.recognise(
    """You keep the logarithm finite by a small number or a clamp, so every image as unlikely as exp(-900)
    gets the bound of that number, and no gradient: let torch.logsumexp do exp, sum and log in one step.""",
    *(
        _from_weights(lambda log_w, tiny=tiny: (log_w.exp().mean(0) + tiny).log())
        for tiny in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-16, 1e-20, 1e-30)
    ),
)


EXERCISE.recognise(
    """You subtract one maximum for all images, and beside the likeliest image the others underflow again:
    each image needs its own maximum, over axis 0, as torch.logsumexp takes it.""",
    _from_weights(lambda log_w: (log_w - log_w.max()).exp().mean(0).log() + log_w.max()),
)


EXERCISE.recognise(
    """You subtract the maximum before exp and never add it back: after the logarithm it returns as a
    plus.""",
    _from_weights(lambda log_w: (log_w - log_w.max(0).values).exp().mean(0).log()),
    _from_weights(lambda log_w: (log_w - log_w.max(0).values).exp().sum(0).log()),
)


EXERCISE.recognise(
    """You return averaged weights, which for images are 0 in floating point: asked for is the logarithm of
    the average.""",
    _from_weights(lambda log_w: log_w.exp().mean(0)),
)


EXERCISE.recognise(
    """You subtract the logarithm of another number than K: K is how many draws an image has, the length of
    axis 0.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) - math.log(log_w.shape[1])),
    _from_weights(lambda log_w: log_w.logsumexp(0) - math.log(log_w.numel())),
)


EXERCISE.recognise(
    """You add log K where it is subtracted: dividing by K lowers the logarithm.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) + math.log(len(log_w))),
)


EXERCISE.recognise(
    """You divide by log K; to divide weights by K, subtract log K from their logarithm.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) / math.log(len(log_w))),
)


EXERCISE.recognise(
    """You subtract K itself; in logarithms, dividing by K subtracts log K.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) - len(log_w)),
)


EXERCISE.recognise(
    """K is a Python number, and torch.log wants a tensor: use math.log.""",
    _from_weights(lambda log_w: log_w.logsumexp(0) - torch.log(len(log_w))),
)


EXERCISE.recognise(
    """You average the logarithms with the weights' softmax, which is neither the ELBO nor the bound: average
    the weights themselves, and take one logarithm at the end.""",
    _from_weights(lambda log_w: (log_w.softmax(0) * log_w).sum(0)),
    _from_weights(lambda log_w: (log_w.softmax(0).detach() * log_w).sum(0)),
)


EXERCISE.recognise(
    """You average each density by itself; the three belong to the same draw and make one weight: add and
    subtract them first, then one logsumexp.""",
    lambda log_px_z, log_pz, log_qz_x: log_px_z.logsumexp(0) + log_pz.logsumexp(0) - log_qz_x.logsumexp(0),
    lambda log_px_z, log_pz, log_qz_x: (
        log_px_z.logsumexp(0) + log_pz.logsumexp(0) - log_qz_x.logsumexp(0) - math.log(len(log_pz))
    ),
)


EXERCISE.recognise(
    """You add up the logarithms of the K draws, which multiplies the weights: average the weights, then take
    the logarithm: logsumexp - log K.""",
    _from_weights(lambda log_w: log_w.sum(0)),
)


EXERCISE.recognise(
    """log p(z) has the wrong sign: the prior's density stands above the fraction, so it is added.""",
    lambda log_px_z, log_pz, log_qz_x: importance_weighted(log_px_z, -log_pz, log_qz_x),
)


EXERCISE.recognise(
    """You average over the images, axis 1, and keep the draws: the draws are axis 0.""",
    _from_weights(lambda log_w: log_w.logsumexp(1) - math.log(log_w.shape[1])),
    _from_weights(lambda log_w: log_w.logsumexp(1) - math.log(log_w.shape[0])),
    _from_weights(lambda log_w: log_w.logsumexp(1)),
)


EXERCISE.recognise(
    """You add up the bounds of all images; keep one per image, (B,).""",
    _from_weights(lambda log_w: (log_w.logsumexp(0) - math.log(len(log_w))).sum()),
)


EXERCISE.recognise(
    """Your numbers are right, but they keep an axis of length 1, (1, B): drop the keepdim.""",
    _from_weights(lambda log_w: log_w.logsumexp(0, keepdim=True) - math.log(len(log_w))),
)


EXERCISE.recognise(
    """You multiply and divide what are logarithms already: in logarithms a product is a sum, so the weight is
    log_px_z + log_pz - log_qz_x.""",
    lambda log_px_z, log_pz, log_qz_x: (log_px_z * log_pz / log_qz_x).mean(0).log(),
    lambda log_px_z, log_pz, log_qz_x: (log_px_z * log_pz / log_qz_x).mean(0),
    lambda log_px_z, log_pz, log_qz_x: (log_px_z * log_pz / log_qz_x).logsumexp(0) - math.log(len(log_px_z)),
)


EXERCISE.mistake(column(importance_weighted))


EXERCISE.mistake(listed(importance_weighted))


EXERCISE.mistake(writes_into(importance_weighted, 0))


EXERCISE.mistake(cut_off(importance_weighted))
