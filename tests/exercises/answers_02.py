"""Lesson 02: right answers in many styles, and answers with two mistakes at once."""

import torch
import torch.nn.functional as F


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


RIGHT = {"2.3": [kl_by_torch, kl_by_loops]}
COMBINED = {"2.3": [lambda mu, logvar: -0.5 * (mu**2 + (2 * logvar).exp() - 1 - logvar).sum(-1)]}
