"""Answers to exercise 4.2: right ones in many styles, and some with two mistakes at once."""

import math

import torch


def weight_by_cases(pixel_weight, kl_weight, pixel_std=None):
    if pixel_std:
        nats = 1 / (2 * pixel_std**2)
        return kl_weight / pixel_weight * nats
    return kl_weight / pixel_weight


def weight_by_unit(a, b, s=None):
    unit = 1.0 if s is None else 0.5 * s**-2
    return b * unit / a


def weight_by_match(pixel_weight, kl_weight, pixel_std=None):
    match pixel_std:
        case None:
            return kl_weight / pixel_weight
        case _:
            return 0.5 * kl_weight / pixel_weight / pixel_std / pixel_std


def weight_by_tensor(pixel_weight, kl_weight, pixel_std=None):
    weights = torch.tensor([pixel_weight, kl_weight], dtype=torch.float64)
    if pixel_std is not None:
        weights[0] *= 2 * pixel_std**2
    return weights[1] / weights[0]


def weight_by_logarithm(pixel_weight, kl_weight, pixel_std=None):
    log_beta = math.log(kl_weight) - math.log(pixel_weight)
    if pixel_std is not None:
        log_beta -= math.log(2) + 2 * math.log(pixel_std)
    return math.exp(log_beta)


RIGHT = [weight_by_cases, weight_by_unit, weight_by_match, weight_by_tensor, weight_by_logarithm]
COMBINED = [
    lambda pixel_weight, kl_weight, pixel_std=None: (  # upside down, without the 2
        pixel_weight / kl_weight * (pixel_std**2 if pixel_std else 1)
    ),
    lambda pixel_weight, kl_weight, pixel_std=None: (  # the wrong way and not squared
        kl_weight / pixel_weight * (2 * pixel_std if pixel_std else 1)
    ),
]
