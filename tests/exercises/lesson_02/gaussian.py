"""Answers to exercise 2.2: right ones in many styles, and some with two mistakes at once."""

import math

import torch
import torch.nn.functional as F

from vae_lessons.gaussians import log_density


def gaussian_by_torch(x_hat, x, std):
    return torch.distributions.Normal(x_hat, std).log_prob(x).flatten(1).sum(1)


def gaussian_by_formula(x_hat, x, std):
    pixels = -((x - x_hat) ** 2) / (2 * std**2) - math.log(std) - 0.5 * math.log(2 * math.pi)
    return pixels.sum((1, 2, 3))


def gaussian_constant_times_pixels(mean, image, std):
    pixels = image[0].numel()
    squared_error = (image - mean).pow(2).flatten(1).sum(1)
    return -squared_error / (2 * std**2) - pixels * (math.log(std) + math.log(2 * math.pi) / 2)


def gaussian_by_loss(x_hat, x, std):
    variance = torch.full_like(x, std**2)
    return -F.gaussian_nll_loss(x_hat, x, variance, full=True, reduction="none").flatten(1).sum(1)


def gaussian_by_log_density(x_hat, x, std):
    logvar = torch.full_like(x, 2 * math.log(std))
    return log_density(x.flatten(1), x_hat.flatten(1), logvar.flatten(1))


def gaussian_by_loops(x_hat, x, std):
    images = []
    for b in range(x.shape[0]):
        total = torch.zeros((), dtype=torch.float64)
        for h in range(x.shape[2]):
            for w in range(x.shape[3]):
                away = (x[b, 0, h, w] - x_hat[b, 0, h, w]) / std
                total -= 0.5 * away**2 + math.log(std * math.sqrt(2 * math.pi))
        images.append(total)
    return torch.stack(images)


def gaussian_by_many_normals(x_hat, x, std):
    x, x_hat = x.flatten(1), x_hat.flatten(1)
    covariance = torch.eye(x.shape[1]) * torch.tensor(std) ** 2
    return torch.distributions.MultivariateNormal(x_hat, covariance).log_prob(x)


def gaussian_by_einsum(x_hat, x, std):
    d = (x - x_hat).flatten(1)
    return -0.5 * torch.einsum("bd,bd->b", d, d) / std**2 - d.shape[1] * math.log(std * (2 * math.pi) ** 0.5)


def gaussian_mean_and_no_constant(x_hat, x, std):
    return -0.5 * (((x - x_hat) / std) ** 2).flatten(1).mean(1)


def gaussian_sign_and_constant_once(x_hat, x, std):
    return ((x - x_hat) ** 2).flatten(1).sum(1) / (2 * std**2) + 0.5 * math.log(2 * math.pi * std**2)


def gaussian_std_for_variance_and_batch_mean(x_hat, x, std):
    squared_error = ((x - x_hat) ** 2).flatten(1)
    return -0.5 * (squared_error / std + math.log(2 * math.pi * std**2)).sum(1).mean()


RIGHT = [
    gaussian_by_torch,
    gaussian_by_formula,
    gaussian_constant_times_pixels,
    gaussian_by_loss,
    gaussian_by_log_density,
    gaussian_by_loops,
    gaussian_by_many_normals,
    gaussian_by_einsum,
]
COMBINED = [
    gaussian_mean_and_no_constant,
    gaussian_sign_and_constant_once,
    gaussian_std_for_variance_and_batch_mean,
]
