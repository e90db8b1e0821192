"""Answers to exercise 3.2: right ones in many styles, and some with two mistakes at once."""

import math

import numpy as np
import torch
from torch.distributions import Independent, MultivariateNormal, Normal


def draws(width):
    """Right draws in many styles."""

    def at_hand(mu, second):
        return mu + width(second) * torch.randn_like(mu)

    def by_rsample(mu, second):
        return Normal(mu, width(second)).rsample()

    def by_independent(m, s):
        return Independent(Normal(m, width(s)), 1).rsample()

    def by_many_normals(mu, second):
        return MultivariateNormal(mu, torch.diag_embed(width(second) ** 2)).rsample()

    def with_a_minus(mu, second):
        eps = torch.randn(mu.shape, device=mu.device, dtype=mu.dtype)
        return mu - eps * width(second)

    def by_addcmul(mu, second):
        return torch.addcmul(mu, width(second), torch.randn_like(mu))

    def by_normal_in_place(mu, second):
        eps = torch.empty_like(mu).normal_()
        return eps.mul(width(second)).add(mu)

    def in_own_tensor(mu, second):
        z = torch.zeros_like(mu)
        z += mu
        z += width(second) * torch.randn_like(second)
        return z

    def in_double(mu, second):
        z = mu.double() + width(second.double()) * torch.randn_like(mu, dtype=torch.float64)
        return z.to(mu.dtype)

    def row_by_row(mu, second):
        return torch.stack([m + width(s) * torch.randn_like(m) for m, s in zip(mu, second, strict=True)])

    def latent_by_latent(mu, second):
        eps = torch.randn(mu.shape).to(mu.device)
        columns = [mu[:, j] + width(second[:, j]) * eps[:, j] for j in range(mu.shape[1])]
        return torch.stack(columns, dim=1)

    def by_torch_normal(mu, second):
        eps = torch.normal(torch.zeros_like(mu), torch.ones_like(mu))
        eps.requires_grad_()
        return mu + width(second) * eps

    def by_einsum(mu, second):
        eps = torch.randn(*mu.size(), device=second.device)
        return mu + torch.einsum("bj,bj->bj", width(second), eps.detach())

    def by_numpy(mu, second):
        eps = torch.tensor(np.random.randn(*mu.shape), dtype=mu.dtype, device=mu.device)  # noqa: NPY002
        return mu + width(second) * eps

    def by_generator(mu, second, luck=torch.Generator()):  # noqa: B008  (as students write it)
        return mu + width(second) * torch.randn(mu.shape, generator=luck).to(mu)

    def by_transposing(mu, second):
        return (mu.T + width(second.T) * torch.randn_like(mu.T)).T

    return [
        at_hand,
        by_rsample,
        by_independent,
        by_many_normals,
        with_a_minus,
        by_addcmul,
        by_normal_in_place,
        in_own_tensor,
        in_double,
        row_by_row,
        latent_by_latent,
        by_torch_normal,
        by_einsum,
        by_numpy,
        by_generator,
        by_transposing,
    ]


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
