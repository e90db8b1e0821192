"""Answers to exercise 5.3: right ones in many styles, and some with two mistakes at once."""

import numpy as np
import torch
import torch.nn.functional as F


def direction_by_torch(z, attribute):
    both = torch.cat([z, attribute[:, None]], 1).T
    c = torch.cov(both)
    return c[:-1, -1] / c[-1, -1]


def direction_by_lstsq(z, attribute):
    rows = torch.stack([attribute, torch.ones_like(attribute)], 1)
    return torch.linalg.lstsq(rows, z).solution[0]


def direction_by_loop(z, a):
    slopes = []
    for j in range(z.shape[1]):
        above = sum((z[n, j] - z[:, j].mean()) * (a[n] - a.mean()) for n in range(len(z)))
        slopes.append(above / sum((value - a.mean()) ** 2 for value in a))
    return torch.stack(slopes)


def direction_by_means(z, attribute):
    covariance = (z * attribute[:, None]).mean(0) - z.mean(0) * attribute.mean()
    return covariance / (attribute**2).mean().sub(attribute.mean() ** 2)


def direction_by_polyfit(z, attribute):
    return np.polyfit(attribute.double().numpy(), z.double().numpy(), 1)[0]


def direction_one_side_centred(z, attribute):
    a = attribute - attribute.mean()
    return torch.einsum("n,nj->j", a, z) / a.square().sum()


def direction_by_variance(z, attribute):
    a = attribute - attribute.mean()
    return (a @ (z - z.mean(0)) / (len(a) - 1)) / attribute.var()


RIGHT = [
    direction_by_torch,
    direction_by_lstsq,
    direction_by_loop,
    direction_by_means,
    direction_by_polyfit,
    direction_one_side_centred,
    direction_by_variance,
]
COMBINED = [
    lambda z, a: -F.normalize((z - z.mean(0)).T @ (a - a.mean()), dim=0),
    lambda z, a: (z.T @ a / len(z) / a.var())[None],
]
