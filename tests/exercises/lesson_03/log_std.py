"""Answers to exercise 3.3: right ones in many styles, and some with two mistakes at once."""

import torch

from tests.exercises.lesson_03.draws import draws


def log_std_squared_and_uniform(mu, log_std):
    return mu + (2 * log_std).exp() * torch.rand_like(mu)


def log_std_raw_and_detached(mu, log_std):
    return mu + log_std.detach() * torch.randn_like(mu)


def log_std_halved_and_sampled(mu, log_std):
    return torch.normal(mu, (0.5 * log_std).exp())


RIGHT = draws(torch.exp)
COMBINED = [log_std_squared_and_uniform, log_std_raw_and_detached, log_std_halved_and_sampled]
