"""Answers to exercise 3.5: right ones by different methods, and some with two mistakes at once."""

import numpy as np
import torch


def stratified_in_numpy(f, mu, std, n):
    normal = torch.distributions.Normal(0.0, 1.0)
    parts = [(part + np.random.rand()) / n for part in range(n)]  # noqa: NPY002
    eps = normal.icdf(torch.tensor(parts, dtype=torch.float32).clamp(1e-6, 1 - 1e-6))
    values = f(mu + std * eps)
    return float(((values - values.mean()) * eps).mean() / std)


def same_noise_on_both_sides(f, mu, std, n):
    h, eps = 0.01, torch.randn(n // 2, dtype=torch.float64)
    return (f(mu + h + std * eps) - f(mu - h + std * eps)).mean() / (2 * h)


def without_the_quadratic_part(f, mu, std, n):
    eps = torch.randn(n)
    values = f(mu + std * eps)
    design = torch.stack([torch.ones(n), eps, eps**2 - 1, eps**3 - 3 * eps], 1)
    c = torch.linalg.lstsq(design, values[:, None]).solution[:, 0]
    return (c[1] + ((values - design @ c) * eps).mean()) / std


def shifted_quasi_random(f, mu, std, n):
    share = (torch.arange(n, dtype=torch.float64) / n + torch.rand(1, dtype=torch.float64)) % 1.0
    eps = torch.special.ndtri(share.clamp(1e-6, 1 - 1e-6))
    values = f(mu + std * eps)
    return ((values - values.mean()) * eps / std).mean()


def by_quadrature(f, mu, std, n):
    points, weights = np.polynomial.hermite_e.hermegauss(20)
    values = f(torch.as_tensor(mu + std * points)).numpy()
    return float((weights * points * values).sum() / weights.sum() / std)


def inverted_and_noisy(f, mu, std, n):
    eps = torch.randn(n)
    return -(f(mu + std * eps) * eps / std).mean()


def more_draws_of_the_wrong_score(f, mu, std, n):
    eps = torch.randn(10 * n)
    return (f(mu + std * eps) * eps / std**2).mean()


RIGHT = [
    stratified_in_numpy,
    same_noise_on_both_sides,
    without_the_quadratic_part,
    shifted_quasi_random,
    by_quadrature,
]
COMBINED = [inverted_and_noisy, more_draws_of_the_wrong_score]
