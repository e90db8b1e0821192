"""Answers to exercise 2.8: right ones in many styles, and some with two mistakes at once."""

import torch


def between_by_torch(mu_q, logvar_q, mu_p, logvar_p):
    q = torch.distributions.Normal(mu_q, (0.5 * logvar_q).exp())
    p = torch.distributions.Normal(mu_p, (0.5 * logvar_p).exp())
    return torch.distributions.kl_divergence(q, p).sum(1)


def between_by_stds(mu_q, logvar_q, mu_p, logvar_p):
    std_q, std_p = (logvar_q / 2).exp(), (logvar_p / 2).exp()
    kl = (std_p / std_q).log() + (std_q**2 + (mu_q - mu_p) ** 2) / (2 * std_p**2) - 0.5
    return kl.sum(dim=-1)


def between_by_loops(mu_q, logvar_q, mu_p, logvar_p):
    rows = []
    for m, v, n, w in zip(mu_q, logvar_q, mu_p, logvar_p, strict=True):
        total = 0.0
        for j in range(len(m)):
            total = total + (w[j] - v[j] - 1 + (v[j].exp() + (m[j] - n[j]) ** 2) / w[j].exp()) / 2
        rows.append(total)
    return torch.stack(rows)


def between_by_standardising(mu_q, logvar_q, mu_p, logvar_p):
    mu = (mu_q - mu_p) / (0.5 * logvar_p).exp()
    logvar = logvar_q - logvar_p
    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)


def between_by_averages(a, b, c, d):
    average_of_log_q = -0.5 * (1 + b)
    average_of_log_p = -0.5 * (d + ((a - c) ** 2 + b.exp()) / d.exp())
    return (average_of_log_q - average_of_log_p).sum(1)


def between_in_double(mu_q, logvar_q, mu_p, logvar_p):
    mu_q, logvar_q, mu_p, logvar_p = (t.double() for t in (mu_q, logvar_q, mu_p, logvar_p))
    precision = torch.exp(-logvar_p)
    return 0.5 * torch.sum(precision * ((mu_q - mu_p).square() + logvar_q.exp()) - 1 + logvar_p - logvar_q, 1)


def between_reversed_and_averaged(mu_q, logvar_q, mu_p, logvar_p):
    return between_by_torch(mu_p, logvar_p, mu_q, logvar_q).mean()


def between_doubled_without_one(mu_q, logvar_q, mu_p, logvar_p):
    return ((mu_q - mu_p) ** 2 / logvar_p.exp() + (logvar_q - logvar_p).exp() - logvar_q + logvar_p).sum(1)


RIGHT = [
    between_by_torch,
    between_by_stds,
    between_by_loops,
    between_by_standardising,
    between_by_averages,
    between_in_double,
]
COMBINED = [between_reversed_and_averaged, between_doubled_without_one]
