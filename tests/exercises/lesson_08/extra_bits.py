"""Answers to exercise 8.2: right ones in many styles, and some with two mistakes at once."""

import math

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence


def by_formula(scale, latents):
    return latents * (0.5 * (scale * scale - 1) - math.log(scale)) / math.log(2)


def in_base_2(scale, latents):
    return latents * ((scale**2 - 1) / 2 * math.log2(math.e) - math.log2(scale))


def by_library(scale, latents):
    q, posterior = Normal(torch.zeros(latents), scale), Normal(torch.zeros(latents), 1.0)
    return kl_divergence(q, posterior).sum() / math.log(2)


def by_integration(scale, latents):
    z = torch.linspace(-12, 12, 200_001, dtype=torch.float64) * scale
    q, posterior = Normal(0.0, scale), Normal(0.0, 1.0)
    nats = torch.trapezoid(q.log_prob(z).exp() * (q.log_prob(z) - posterior.log_prob(z)), z)
    return latents * nats.item() / np.log(2)


def by_a_sum(scale, latents):
    return sum(((scale**2 - 1) / 2 - np.log(scale)) / np.log(2) for _ in range(latents))


def nats_of_one_latent(scale, latents):
    return (scale**2 - 1) / 2 - math.log(scale)


def inverted_and_doubled(scale, latents):
    return -latents * (scale**2 - 1 - 2 * math.log(scale)) / math.log(2)


RIGHT = [by_formula, in_base_2, by_library, by_integration, by_a_sum]
COMBINED = [nats_of_one_latent, inverted_and_doubled]
