"""Answers to exercise 10.2: right ones in many styles, and some with two mistakes at once."""

import math

import numpy as np
import torch
import torch.nn.functional as F


def by_logits(logits, trained_on, met):
    return F.softmax(logits + torch.log(met / trained_on), dim=-1)


def by_probabilities(logits, trained_on, met):
    joint = logits.softmax(1) / trained_on * met
    return joint / joint.sum(1, keepdim=True)


def by_log_probabilities(logits, trained_on, met):
    joint = logits.log_softmax(1) - trained_on.log() + met.log()
    return (joint - joint.logsumexp(1, keepdim=True)).exp()


def by_the_largest(logits, trained_on, met):
    shifted = (logits - logits.amax(1, keepdim=True)).exp() * (met / trained_on)
    return shifted / shifted.sum(1, keepdim=True)


def in_float64(logits, trained_on, met):
    joint = logits.double().exp() * met / trained_on
    return joint / joint.sum(1)[:, None]


def by_numpy(logits, trained_on, met):
    x = logits.numpy() + np.log(met.numpy()) - np.log(trained_on.numpy())
    p = np.exp(x - x.max(axis=1, keepdims=True))
    return p / p.sum(axis=1, keepdims=True)


def by_loops(logits, trained_on, met):
    rows = []
    for row in logits.tolist():
        joint = [math.exp(x) * m / t for x, t, m in zip(row, trained_on.tolist(), met.tolist(), strict=True)]
        rows.append([one / sum(joint) for one in joint])
    return rows


def by_categorical(logits, trained_on, met):
    return torch.distributions.Categorical(logits=logits - trained_on.log() + met.log()).probs


def by_normalize(logits, trained_on, met):
    return F.normalize(logits.softmax(1) * met / trained_on, p=1, dim=1)


def by_einsum(logits, trained_on, met):
    joint = torch.einsum("by,y->by", torch.softmax(logits, 1), met / trained_on)
    return torch.einsum("by,b->by", joint, 1 / joint.sum(1))


def by_ratios_between_labels(logits, trained_on, met):
    """1 over the sum of all labels' odds against this one."""
    x = logits + (met / trained_on).log()
    return 1 / (x[:, None, :] - x[:, :, None]).double().exp().sum(2)


def by_a_matrix(logits, trained_on, met):
    joint = logits.softmax(1) @ torch.diag(met / trained_on)
    return (joint.T / joint.sum(1)).T


def in_place_on_a_copy(logits, trained_on, met):
    logits = logits.clone()
    logits += met.log()
    logits -= trained_on.log()
    return logits.softmax(1)


def wrong_way_without_logarithms(logits, trained_on, met):
    return (logits + trained_on - met).softmax(1)


def old_frequencies_left_out_and_not_normalised(logits, trained_on, met):
    return logits.softmax(1) * met


def over_images_with_exp(logits, trained_on, met):
    joint = logits.exp() * met / trained_on
    return joint / joint.sum(0)


RIGHT = [
    by_logits,
    by_probabilities,
    by_log_probabilities,
    by_the_largest,
    in_float64,
    by_numpy,
    by_loops,
    by_categorical,
    by_normalize,
    by_einsum,
    by_ratios_between_labels,
    by_a_matrix,
    in_place_on_a_copy,
]
COMBINED = [wrong_way_without_logarithms, old_frequencies_left_out_and_not_normalised, over_images_with_exp]
