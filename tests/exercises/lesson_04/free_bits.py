"""Answers to exercise 4.4: right ones in many styles, and some with two mistakes at once."""

import torch
import torch.nn.functional as F


def free_by_maximum(kl, free):
    average = kl.mean(dim=0)
    return torch.maximum(average, torch.full_like(average, free)).sum()


def free_by_relu(kl, free):
    return (F.relu(kl.mean(0) - free) + free).sum()


def free_by_where(kl, free):
    average = torch.mean(kl, axis=0)
    return torch.sum(torch.where(average < free, torch.tensor(free), average))


def free_by_loop(kl, free):
    total = 0.0
    for column in kl.T:
        average = sum(column) / len(column)
        total = total + (average if average > free else free)
    return total


def free_by_mask(kl, free):
    average = kl.sum(0) / kl.size(0)
    awake = average > free
    return average[awake].sum() + free * (~awake).sum()


def free_by_product(kl, free):
    average = torch.einsum("bj->j", kl.double()) / len(kl)
    heard = (average > free).double()
    return (heard * average + (1 - heard) * free).sum()


RIGHT = [free_by_maximum, free_by_relu, free_by_where, free_by_loop, free_by_mask, free_by_product]
COMBINED = [
    lambda kl, free: kl.clamp(min=free).mean(0).mean(),  # per image, and the mean over latents
    lambda kl, free: kl.sum(0).clamp(max=free).sum(),  # the sum over the batch, cut off above
    lambda kl, free: (kl.mean(1) - free).sum(),  # the wrong axis, and subtracted
]
