"""Answers to exercise 3.2: right ones in many styles, and some with two mistakes at once."""

import math

import numpy as np
import torch
from torch.distributions import Normal


def score_at_hand(f, z, mu, std):
    d_mu = (f * (z - mu) / std**2).mean()
    d_std = (f * ((z - mu) ** 2 - std**2) / std**3).mean()
    return d_mu, d_std


def score_by_autograd(f, z, mu, std):
    mu = torch.tensor(mu, requires_grad=True)
    std = torch.tensor(std, requires_grad=True)
    (f * Normal(mu, std).log_prob(z)).mean().backward()
    return mu.grad, std.grad


def score_by_loop(values, draws, mu, std):
    d_mu = d_std = 0.0
    for f, z in zip(values.tolist(), draws.tolist(), strict=True):
        eps = (z - mu) / std
        d_mu += f * eps / std
        d_std += f * (eps * eps - 1) / std
    return [d_mu / len(values), d_std / len(values)]


def score_by_dot(f, z, mu, std):
    eps, n = (z - mu) / std, len(z)
    return f @ eps / (n * std), torch.dot(f, eps.square() - 1) / (n * std)


def score_by_numpy(f, z, mu, std):
    f, z = f.numpy(), z.numpy()
    return np.mean(f * (z - mu) / std**2), np.mean(f * ((z - mu) ** 2 / std**3 - 1 / std))


def score_in_one_tensor(f, z, mu, std):
    eps = (z - mu) / std
    return torch.stack([eps / std, (eps**2 - 1) / std]) @ f / f.numel()


def score_by_slopes_per_draw(f, z, mu, std):
    mus = torch.full_like(z, mu, dtype=torch.float64, requires_grad=True)
    stds = torch.full_like(z, std, dtype=torch.float64, requires_grad=True)
    log_q = -((z - mus) ** 2) / (2 * stds**2) - stds.log() - 0.5 * math.log(2 * math.pi)
    slopes = torch.autograd.grad(log_q.sum(), [mus, stds])
    return tuple((f * slope).mean() for slope in slopes)


def score_no_square_and_sum(f, z, mu, std):
    return (f * (z - mu) / std).sum(), (f * ((z - mu) ** 2 / std**2 - 1) / std).sum()


def score_signs_and_no_f(f, z, mu, std):
    return ((mu - z) / std**2).mean(), (((mu - z) ** 2 / std**2 - 1) / std).mean()


def score_swapped_and_log_std(f, z, mu, std):
    return (f * ((z - mu) ** 2 / std**2 - 1)).mean(), (f * (z - mu) / std**2).mean()


RIGHT = [
    score_at_hand,
    score_by_autograd,
    score_by_loop,
    score_by_dot,
    score_by_numpy,
    score_in_one_tensor,
    score_by_slopes_per_draw,
]
COMBINED = [score_no_square_and_sum, score_signs_and_no_f, score_swapped_and_log_std]
