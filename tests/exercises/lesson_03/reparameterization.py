"""Answers to exercise 3.1: right ones in many styles, and some with two mistakes at once."""

import torch

from tests.exercises.lesson_03.draws import draws, half
from vae_lessons.reparameterization import reparameterize


def draw_by_root(mu, logvar):
    return mu + logvar.exp().sqrt() * torch.randn_like(mu)


def draw_by_power(mu, logvar):
    return mu + logvar.exp() ** 0.5 * torch.randn_like(mu)


def draw_variance_and_uniform(mu, logvar):
    return mu + logvar.exp() * torch.rand_like(mu)


def draw_variance_and_no_mean(mu, logvar):
    return logvar.exp() * torch.randn_like(mu)


def draw_no_exp_and_detached(mu, logvar):
    return mu.detach() + logvar * torch.randn_like(mu)


def draw_a_little_narrow(mu, logvar):
    return mu + 0.85 * half(logvar) * torch.randn_like(mu)


def draw_without_tails(mu, logvar):
    return mu + half(logvar) * torch.randn_like(mu).clamp(-2, 2)


def draw_in_opposite_pairs(mu, logvar):
    eps = torch.randn_like(mu[::2])
    return mu + half(logvar) * torch.cat([eps, -eps])


RIGHT = [*draws(half), draw_by_root, draw_by_power, reparameterize]
COMBINED = [
    draw_variance_and_uniform,
    draw_variance_and_no_mean,
    draw_no_exp_and_detached,
    draw_a_little_narrow,
    draw_without_tails,
    draw_in_opposite_pairs,
]
