"""Answers to exercise 4.7: right ones in many styles, and some with two mistakes at once."""

import math

import numpy as np
import torch


def loss_by_cases(v, pixel_std, beta):
    price = beta * pixel_std**2
    constant = 0.5 * math.log(2 * math.pi * pixel_std**2)
    if v <= price:
        return constant + v / (2 * pixel_std**2)
    return constant + beta / 2 * (1 + math.log(v / price))


def loss_by_density(v, pixel_std, beta):
    noise = beta * pixel_std**2
    variance = max(v, noise)  # of the best Gaussian w**2 + noise
    minus_log_density = 0.5 * math.log(2 * math.pi * variance) + v / (2 * variance)
    return 0.5 * math.log(2 * math.pi * pixel_std**2) + beta * (
        minus_log_density - 0.5 * math.log(2 * math.pi * noise)
    )


def loss_by_search(v, pixel_std, beta):
    start = torch.tensor([0.5 / math.sqrt(v), -1.0, math.sqrt(v)], dtype=torch.float64)
    numbers = start.requires_grad_()  # a, log t, w
    optimizer = torch.optim.LBFGS(
        [numbers], max_iter=500, line_search_fn="strong_wolfe", tolerance_change=0.0
    )

    def loss():
        optimizer.zero_grad()
        a, log_t, w = numbers
        error = (1 - w * a) ** 2 * v + w**2 * log_t.exp()
        kl = 0.5 * (a**2 * v + log_t.exp() - 1 - log_t)
        total = 0.5 * math.log(2 * math.pi * pixel_std**2) + error / (2 * pixel_std**2) + beta * kl
        total.backward()
        return total

    for _ in range(3):
        optimizer.step(loss)
    return loss().item()


def loss_by_torch(v, pixel_std, beta):
    price = torch.tensor(beta * pixel_std**2)
    rate = 0.5 * torch.log(v / price).clamp(min=0)
    error = v * torch.exp(-2 * rate)
    return (
        0.5 * (2 * math.pi * pixel_std**2 * torch.ones(())).log() + error / (2 * pixel_std**2) + beta * rate
    )


def loss_by_weights(v, pixel_std, beta):
    s2 = beta * pixel_std**2
    w = math.sqrt(max(v - s2, 0.0))
    a, t = w / (w**2 + s2), s2 / (w**2 + s2)
    error = (1 - w * a) ** 2 * v + w**2 * t
    kl = 0.5 * (a**2 * v + t - 1 - math.log(t))
    return np.log(pixel_std * np.sqrt(2 * np.pi)) + error / (2 * pixel_std**2) + beta * kl


def loss_everywhere_used_without_constant(v, pixel_std, beta):
    return beta / 2 * (1 + math.log(v / (beta * pixel_std**2)))


def loss_of_variance_in_bits(v, pixel_std, beta):
    return loss_by_cases(v**2, pixel_std, beta) / math.log(2)


RIGHT = [loss_by_cases, loss_by_density, loss_by_search, loss_by_torch, loss_by_weights]
COMBINED = [loss_everywhere_used_without_constant, loss_of_variance_in_bits]
