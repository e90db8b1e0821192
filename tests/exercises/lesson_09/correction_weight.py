"""Answers to exercise 9.3: right ones in many styles, and some with two mistakes at once."""

import numpy as np
import torch


def by_covariance(minus_elbo, complexity):
    both = torch.cov(torch.stack([minus_elbo, complexity]))
    return both[0, 1] / both[1, 1]


def by_numpy(minus_elbo, complexity):
    return np.cov(minus_elbo, complexity)[0, 1] / np.var(complexity.numpy(), ddof=1)


def by_a_line(minus_elbo, complexity):
    slope, _ = np.polyfit(complexity.numpy(), minus_elbo.numpy(), 1)
    return slope


def by_least_squares(minus_elbo, complexity):
    design = torch.stack([complexity, torch.ones_like(complexity)], 1)
    return torch.linalg.lstsq(design, minus_elbo[:, None]).solution[0]


def by_correlation(minus_elbo, complexity):
    r = np.corrcoef(minus_elbo, complexity)[0, 1]
    return float(r * minus_elbo.std() / complexity.std())


def by_a_grid(minus_elbo, complexity):
    weights = torch.arange(-5, 5, 0.01)
    return weights[(minus_elbo - weights[:, None] * complexity).var(1).argmin()]


def by_descent(minus_elbo, complexity):
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([weight], max_iter=50, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = (minus_elbo - weight * complexity).var()
        loss.backward()
        return loss

    optimizer.step(closure)
    return weight.detach()


def by_plain_python(minus_elbo, complexity):
    e, c = minus_elbo.tolist(), complexity.tolist()
    n = len(e)
    top = n * sum(a * b for a, b in zip(e, c, strict=True)) - sum(e) * sum(c)
    return top / (n * sum(b * b for b in c) - sum(c) ** 2)


def by_three_points(minus_elbo, complexity):
    """The variance is a parabola in the weight: three of its points tell where it is lowest."""
    low, middle, high = ((minus_elbo - weight * complexity).double().var().item() for weight in (-1, 0, 1))
    return (low - high) / (2 * (high - 2 * middle + low))


def half_of_the_reversed_slope(minus_elbo, complexity):
    return np.polyfit(minus_elbo.numpy(), complexity.numpy(), 1)[0] / 2


def correlation_of_the_logarithms(minus_elbo, complexity):
    return np.corrcoef(minus_elbo.log(), complexity.log())[0, 1]


RIGHT = [
    by_covariance,
    by_numpy,
    by_a_line,
    by_least_squares,
    by_correlation,
    by_a_grid,
    by_descent,
    by_plain_python,
    by_three_points,
]
COMBINED = [half_of_the_reversed_slope, correlation_of_the_logarithms]
