"""Answers to exercise 1.3: right ones in many styles, and some with two mistakes at once."""

import numpy as np
import torch


def pca_by_lesson(x, latent_dim):
    centre = x.mean(0)
    components = torch.linalg.eigh((x - centre).T @ (x - centre)).eigenvectors
    axes = components[:, -latent_dim:]
    return ((x - centre - (x - centre) @ axes @ axes.T) ** 2).sum(1).mean()


def pca_by_widths(x, latent_dim):
    widths = torch.linalg.svdvals(x - x.mean(0))
    return (widths[latent_dim:] ** 2).sum() / x.shape[0]


def pca_by_covariance(x, latent_dim):
    lost = torch.linalg.eigvalsh(torch.cov(x.T, correction=0))[: x.shape[1] - latent_dim]
    return lost.sum().item()


def pca_by_numpy(x, latent_dim):
    x = x.double().numpy()
    x = x - x.mean(axis=0, keepdims=True)
    _, _, vt = np.linalg.svd(x)
    rebuilt = x @ vt[:latent_dim].T @ vt[:latent_dim]
    return float(np.mean(np.sum((x - rebuilt) ** 2, axis=1)))


def pca_by_difference(x, latent_dim):
    x = x - x.mean(0)
    s = torch.linalg.svd(x).S
    return (x**2).sum(1).mean() - (s[:latent_dim] ** 2).sum() / len(x)


def pca_with_mean_back(images, numbers):
    mean = images.mean(0, keepdim=True)
    u, s, v = torch.svd(images - mean)
    codes = u[:, :numbers] * s[:numbers]
    x_hat = mean + codes @ v[:, :numbers].T
    return sum(((a - b) ** 2).sum() for a, b in zip(images, x_hat, strict=True)) / len(images)


def pca_one_by_one(x, latent_dim):
    left = (x - x.mean(0)).double()
    for _ in range(latent_dim):
        direction = torch.linalg.svd(left).Vh[0]
        left = left - torch.outer(left @ direction, direction)
    return left.pow(2).sum() / len(left)


def pca_uncentred_and_mean(x, latent_dim):
    axes = torch.linalg.svd(x).Vh[:latent_dim]
    return ((x - x @ axes.T @ axes) ** 2).mean()


def pca_smallest_and_sum(x, latent_dim):
    values = torch.linalg.eigvalsh((x - x.mean(0)).T @ (x - x.mean(0)))
    return values[latent_dim:].sum()


RIGHT = [
    pca_by_lesson,
    pca_by_widths,
    pca_by_covariance,
    pca_by_numpy,
    pca_by_difference,
    pca_with_mean_back,
    pca_one_by_one,
]
COMBINED = [pca_uncentred_and_mean, pca_smallest_and_sum]
