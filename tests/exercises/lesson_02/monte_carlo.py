"""Answers to exercise 2.4: right ones in many styles, and some with two mistakes at once."""

import math

import torch

from vae_lessons.gaussians import log_density
from vae_lessons.reparameterization import reparameterize


def monte_carlo_at_hand(mu, logvar, samples):
    mu, logvar = mu.expand(samples, *mu.shape), logvar.expand(samples, *logvar.shape)
    z = reparameterize(mu, logvar)
    zeros = torch.zeros_like(mu)
    ratio = log_density(z, mu, logvar) - log_density(z, zeros, zeros)
    return ratio.mean(0), ratio.std(0) / samples**0.5


def monte_carlo_by_torch(mu, logvar, samples):
    from torch.distributions import Normal

    q, p = Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0)
    z = q.sample((samples,))
    ratio = (q.log_prob(z) - p.log_prob(z)).sum(-1)
    return [ratio.mean(0), ratio.std(0, unbiased=False) / math.sqrt(samples)]


def monte_carlo_by_loop(mu, logvar, samples):
    total, squares = torch.zeros(len(mu)), torch.zeros(len(mu))
    zero = torch.zeros_like(mu)
    for _ in range(samples):
        z = reparameterize(mu, logvar)
        ratio = log_density(z, mu, logvar) - log_density(z, zero, zero)
        total += ratio
        squares += ratio**2
    mean = total / samples
    return mean, ((squares / samples - mean**2) / samples).sqrt()


def monte_carlo_from_noise(mu, logvar, samples):
    eps = torch.randn(samples, *mu.shape)
    z = mu + (logvar / 2).exp() * eps
    ratio = 0.5 * (z**2 - eps**2 - logvar).sum(2)  # the constants cancel
    return ratio.mean(dim=0), ratio.var(dim=0).div(samples).sqrt()


def monte_carlo_draws_inside(mu, logvar, samples):
    z = mu[:, None] + (0.5 * logvar)[:, None].exp() * torch.randn(len(mu), samples, mu.shape[1])  # (B, K, J)
    ratio = log_density(z, mu[:, None], logvar[:, None]) - log_density(z, torch.zeros(()), torch.zeros(()))
    return ratio.mean(1), ratio.std(1) / math.sqrt(samples)


def monte_carlo_image_by_image(mu, logvar, samples):
    estimates, errors = [], []
    for m, v in zip(mu.double(), logvar.double(), strict=True):
        q = torch.distributions.MultivariateNormal(m, torch.diag(v.exp()))
        p = torch.distributions.MultivariateNormal(torch.zeros_like(m), torch.eye(len(m)).double())
        z = q.rsample((samples,))
        ratio = q.log_prob(z) - p.log_prob(z)
        estimates.append(float(ratio.mean()))
        errors.append(float(ratio.std() / samples**0.5))
    return estimates, errors


def monte_carlo_by_numpy(mu, logvar, samples):
    import numpy as np

    mu, logvar = mu.numpy(), logvar.numpy()
    z = np.random.normal(mu, np.exp(logvar / 2), (samples, *mu.shape))  # noqa: NPY002  (as students write it)
    log_q = -0.5 * (np.log(2 * np.pi) + logvar + (z - mu) ** 2 / np.exp(logvar)).sum(-1)
    log_p = -0.5 * (np.log(2 * np.pi) + z**2).sum(-1)
    return (log_q - log_p).mean(0), (log_q - log_p).std(0) / np.sqrt(samples)


def monte_carlo_sign_and_no_root(mu, logvar, samples):
    estimate, error = monte_carlo_at_hand(mu, logvar, samples)
    return -estimate, error / math.sqrt(samples)


def monte_carlo_no_prior_and_spread(mu, logvar, samples):
    mu, logvar = mu.expand(samples, *mu.shape), logvar.expand(samples, *logvar.shape)
    log_qz_x = log_density(reparameterize(mu, logvar), mu, logvar)
    return log_qz_x.mean(0), log_qz_x.std(0)


def monte_carlo_prior_draws_mean_over_latents(mu, logvar, samples):
    mu, logvar = mu.expand(samples, *mu.shape), logvar.expand(samples, *logvar.shape)
    z, zeros = torch.randn_like(mu), torch.zeros_like(mu)
    ratio = log_density(z, zeros, zeros) - log_density(z, mu, logvar)
    return ratio.mean(0) / mu.shape[-1], ratio.std(0) / samples**0.5


RIGHT = [
    monte_carlo_at_hand,
    monte_carlo_by_torch,
    monte_carlo_by_loop,
    monte_carlo_from_noise,
    monte_carlo_draws_inside,
    monte_carlo_image_by_image,
    monte_carlo_by_numpy,
]
COMBINED = [
    monte_carlo_sign_and_no_root,
    monte_carlo_no_prior_and_spread,
    monte_carlo_prior_draws_mean_over_latents,
]
