"""Answers to exercise 4.6: right ones in many styles, and some with two mistakes at once."""

import numpy as np


def sweep_by_batch(log_px_z, kl):
    return kl.sum() / len(kl), -log_px_z.sum() / len(log_px_z)


def sweep_by_latent(log_px_z, kl):
    return [kl.mean(0).sum().item(), -log_px_z.mean().item()]


def sweep_by_elbo(log_px_z, kl):
    rate = kl.sum(-1)
    elbo = log_px_z - rate
    return rate.mean(), -(elbo + rate).mean()


def sweep_by_size(log_px_z, kl):
    rate = kl.mean() * kl.shape[1]
    distortion = -log_px_z.mean()
    return rate, distortion


def sweep_by_loop(log_px_z, kl):
    rates = [sum(row).item() for row in kl]
    distortions = [-one.item() for one in log_px_z]
    return sum(rates) / len(rates), sum(distortions) / len(distortions)


def sweep_by_numpy(log_px_z, kl):
    return np.sum(kl.numpy(), axis=1).mean(), np.mean(-log_px_z.numpy())


RIGHT = [sweep_by_batch, sweep_by_latent, sweep_by_elbo, sweep_by_size, sweep_by_loop, sweep_by_numpy]
COMBINED = [
    lambda log_px_z, kl: (kl.sum(), log_px_z.mean()),  # the sum over the batch and a sign
    lambda log_px_z, kl: (-log_px_z.mean(), kl.mean()),  # as handed out, and swapped
]
