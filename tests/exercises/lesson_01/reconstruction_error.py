"""Answers to exercise 1.4: right ones in many styles, and some with two mistakes at once."""

import torch
import torch.nn.functional as F
from torch import nn

from vae_lessons.likelihoods import bernoulli_log_likelihood


def error_with_probabilities(x_logits, x):
    x_hat = x_logits.sigmoid()
    error = F.binary_cross_entropy(x_hat, x, reduction="none")
    return error.flatten(1).sum(1)


def error_by_likelihood(x_logits, x):
    return -bernoulli_log_likelihood(x_logits, x)


def error_by_formula(x_logits, x):
    return -(x * F.logsigmoid(x_logits) + (1 - x) * F.logsigmoid(-x_logits)).sum((1, 2, 3))


def error_by_softplus(x_logits, x):
    return torch.einsum("bchw->b", F.softplus(x_logits) - x * x_logits)


def error_by_loop(x_logits, x):
    loss = nn.BCEWithLogitsLoss(reduction="sum")
    return torch.stack([loss(logits, image) for logits, image in zip(x_logits, x, strict=True)])


def error_by_torch(x_logits, x):
    pixels = torch.distributions.Bernoulli(logits=x_logits.double(), validate_args=False)
    return -pixels.log_prob(x.double()).reshape(len(x), -1).sum(-1)


RIGHT = [
    error_with_probabilities,
    error_by_likelihood,
    error_by_formula,
    error_by_softplus,
    error_by_loop,
    error_by_torch,
]
COMBINED = [
    lambda x_logits, x: -F.binary_cross_entropy_with_logits(x_logits, x),  # averaged over all, and a sign
    lambda x_logits, x: F.binary_cross_entropy_with_logits(x_logits.sigmoid(), x),  # the bug, and averaged
    lambda x_logits, x: (x * F.logsigmoid(x_logits)).flatten(1).sum(1),  # ink only, and a sign
]
