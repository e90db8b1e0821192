"""Answers to exercise 2.3: right ones in many styles, and some with two mistakes at once."""

import torch


def kl_by_torch(mu, logvar):
    q = torch.distributions.Normal(mu, (0.5 * logvar).exp())
    return torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(-1)


def kl_by_loops(mu, logvar):
    rows = []
    for m, v in zip(mu, logvar, strict=True):
        total = torch.zeros(())
        for j in range(len(m)):
            total = total + 0.5 * (m[j] ** 2 + v[j].exp() - 1 - v[j])
        rows.append(total)
    return torch.stack(rows)


def kl_as_in_papers(m, lv):
    return -0.5 * torch.sum(1 + lv - m.pow(2) - lv.exp(), dim=1)


def kl_by_terms(mu, logvar):
    J = mu.shape[1]
    place, width, narrow = mu.square().sum(1), logvar.exp().sum(1), logvar.sum(1)
    return (place + width - J - narrow) / 2


def kl_by_std_in_double(mu, logvar):
    std = torch.exp(logvar.double() / 2)
    kl = torch.zeros_like(mu, dtype=torch.float64)
    kl += mu**2 / 2
    kl += std**2 / 2
    kl -= 0.5
    kl -= torch.log(std)
    return kl.sum(dim=1)


def kl_by_expm1(mu, logvar):
    return 0.5 * (torch.einsum("bj,bj->b", mu, mu) + (torch.expm1(logvar) - logvar).sum(-1))


def kl_by_independent(mu, logvar):
    from torch.distributions import Independent, Normal, kl_divergence

    q = Independent(Normal(mu, torch.exp(0.5 * logvar)), 1)
    p = Independent(Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1)
    return kl_divergence(q, p)


def kl_row_by_row(mu, logvar):
    return torch.stack(
        [(m @ m + v.exp().sum() - len(v) - v.sum()) / 2 for m, v in zip(mu, logvar, strict=True)]
    )


def kl_sign_and_squared_exponential(mu, logvar):
    return -0.5 * (mu**2 + (2 * logvar).exp() - 1 - logvar).sum(-1)


def kl_no_half_and_batch_mean(mu, logvar):
    return (mu**2 + logvar.exp() - 1 - logvar).sum(-1).mean()


def kl_no_one_and_std_for_variance(mu, logvar):
    return 0.5 * (mu**2 + (0.5 * logvar).exp() - logvar).sum(-1)


RIGHT = [
    kl_by_torch,
    kl_by_loops,
    kl_as_in_papers,
    kl_by_terms,
    kl_by_std_in_double,
    kl_by_expm1,
    kl_by_independent,
    kl_row_by_row,
]
COMBINED = [kl_sign_and_squared_exponential, kl_no_half_and_batch_mean, kl_no_one_and_std_for_variance]
