"""Answers to exercise 4.1: right ones in many styles, and some with two mistakes at once."""

import torch


def dial_by_loop(log_px_z, kl, beta):
    total = torch.zeros(())
    for one, other in zip(log_px_z, kl, strict=True):
        total = total + beta * other - one
    return total / len(kl)


def dial_by_terms(a, b, weight=1.0):
    distortion, rate = -a.mean(), b.mean()
    return distortion + weight * rate


def dial_in_double(log_px_z, kl, beta):
    elbo = log_px_z.double() - kl.double()
    return -torch.mean(elbo - (beta - 1) * kl)


def dial_by_lerp(log_px_z, kl, beta):
    price = torch.as_tensor(beta, dtype=kl.dtype, device=kl.device)
    return torch.addcmul(-log_px_z, price, kl).sum() / log_px_z.shape[0]


def dial_by_product(log_px_z, kl, beta):
    terms = torch.stack([-log_px_z, kl], 1)  # (B, 2)
    return (terms @ torch.tensor([1.0, beta])).mean()


def dial_in_place(log_px_z, kl, beta):
    loss = kl * beta
    loss -= log_px_z
    return loss.mean(dim=0)


RIGHT = [dial_by_loop, dial_by_terms, dial_in_double, dial_by_lerp, dial_by_product, dial_in_place]
COMBINED = [
    lambda log_px_z, kl, beta: (log_px_z + beta * kl).sum(),  # a sign and the sum
    lambda log_px_z, kl, beta: (kl - beta * log_px_z).sum(),  # the wrong term and the sum
    lambda log_px_z, kl, beta: -(log_px_z + beta**2 * kl).mean(),  # a sign and beta twice
]
