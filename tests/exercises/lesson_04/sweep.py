"""Lesson 04: right answers in many styles, and answers with two mistakes at once."""

import math

import numpy as np
import torch
import torch.nn.functional as F

# 4.1


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


# 4.2


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


# 4.3


def warm_up_by_if(step, steps_per_epoch, warm_up_epochs):
    total = steps_per_epoch * warm_up_epochs
    if step >= total:
        return 1
    return step / total


def warm_up_in_epochs(step, steps_per_epoch, warm_up_epochs):
    epoch = step / steps_per_epoch
    return epoch / warm_up_epochs if epoch < warm_up_epochs else 1.0


def warm_up_by_clip(step, steps_per_epoch, warm_up_epochs):
    return np.clip(step / (steps_per_epoch * warm_up_epochs), 0, 1)


def warm_up_by_clamp(step, steps_per_epoch, warm_up_epochs):
    return torch.tensor(step / (steps_per_epoch * warm_up_epochs)).clamp(0, 1)


def warm_up_by_table(step, steps_per_epoch, warm_up_epochs):
    total = steps_per_epoch * warm_up_epochs
    return [i / total for i in range(total + 1)][min(step, total)]


def warm_up_by_parts(step, steps_per_epoch, warm_up_epochs):
    epoch, rest = divmod(step, steps_per_epoch)
    return min((epoch + rest / steps_per_epoch) / warm_up_epochs, 1)


# 4.4


def free_by_maximum(kl, free):
    average = kl.mean(dim=0)
    return torch.maximum(average, torch.full_like(average, free)).sum()


def free_by_relu(kl, free):
    return (F.relu(kl.mean(0) - free) + free).sum()


def free_by_where(kl, free):
    average = torch.mean(kl, axis=0)
    return torch.sum(torch.where(average < free, torch.tensor(free), average))


def free_by_loop(kl, free):
    total = 0.0
    for column in kl.T:
        average = sum(column) / len(column)
        total = total + (average if average > free else free)
    return total


def free_by_mask(kl, free):
    average = kl.sum(0) / kl.size(0)
    awake = average > free
    return average[awake].sum() + free * (~awake).sum()


def free_by_product(kl, free):
    average = torch.einsum("bj->j", kl.double()) / len(kl)
    heard = (average > free).double()
    return (heard * average + (1 - heard) * free).sum()


# 4.5


def awake_by_formula(mu, threshold=0.01):
    centred = mu - mu.mean(0, keepdim=True)
    return (centred**2).mean(0) > threshold


def awake_by_numpy(codes, threshold=0.01):
    return np.var(codes.numpy(), axis=0) > threshold


def awake_by_loop(mu, threshold=0.01):
    return [mu[:, j].var() > threshold for j in range(mu.shape[1])]


def awake_as_list(mu, threshold=0.01):
    flags = []
    for column in mu.T.tolist():
        mean = sum(column) / len(column)
        flags.append(sum((c - mean) ** 2 for c in column) / (len(column) - 1) > threshold)
    return flags


def awake_as_ones(mu, threshold=0.01):
    return torch.where(mu.std(0) ** 2 > threshold, 1, 0)


def awake_by_covariance(mu, threshold=0.01):
    return torch.cov(mu.T).reshape(mu.shape[1], -1).diagonal().gt(threshold)


def awake_by_root(mu, threshold=0.01):
    return mu.std(0) > threshold**0.5


# 4.6


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


RIGHT = {
    "4.1": [dial_by_loop, dial_by_terms, dial_in_double, dial_by_lerp, dial_by_product, dial_in_place],
    "4.2": [weight_by_cases, weight_by_unit, weight_by_match, weight_by_tensor, weight_by_logarithm],
    "4.3": [
        warm_up_by_if,
        warm_up_in_epochs,
        warm_up_by_clip,
        warm_up_by_clamp,
        warm_up_by_table,
        warm_up_by_parts,
    ],
    "4.4": [free_by_maximum, free_by_relu, free_by_where, free_by_loop, free_by_mask, free_by_product],
    "4.5": [
        awake_by_formula,
        awake_by_numpy,
        awake_by_loop,
        awake_as_list,
        awake_as_ones,
        awake_by_covariance,
        awake_by_root,
    ],
    "4.6": [sweep_by_batch, sweep_by_latent, sweep_by_elbo, sweep_by_size, sweep_by_loop, sweep_by_numpy],
}
COMBINED = {
    "4.1": [
        lambda log_px_z, kl, beta: (log_px_z + beta * kl).sum(),  # a sign and the sum
        lambda log_px_z, kl, beta: (kl - beta * log_px_z).sum(),  # the wrong term and the sum
        lambda log_px_z, kl, beta: -(log_px_z + beta**2 * kl).mean(),  # a sign and beta twice
    ],
    "4.2": [
        lambda pixel_weight, kl_weight, pixel_std=None: (  # upside down, without the 2
            pixel_weight / kl_weight * (pixel_std**2 if pixel_std else 1)
        ),
        lambda pixel_weight, kl_weight, pixel_std=None: (  # the wrong way and not squared
            kl_weight / pixel_weight * (2 * pixel_std if pixel_std else 1)
        ),
    ],
    "4.3": [
        lambda step, steps_per_epoch, warm_up_epochs: (step + 1) / (steps_per_epoch * warm_up_epochs),
        lambda step, steps_per_epoch, warm_up_epochs: max(0.0, 1 - step / warm_up_epochs),
    ],
    "4.4": [
        lambda kl, free: kl.clamp(min=free).mean(0).mean(),  # per image, and the mean over latents
        lambda kl, free: kl.sum(0).clamp(max=free).sum(),  # the sum over the batch, cut off above
        lambda kl, free: (kl.mean(1) - free).sum(),  # the wrong axis, and subtracted
    ],
    "4.5": [
        lambda mu, threshold=0.01: mu.std(0) < threshold,  # the std, upside down
        lambda mu, threshold=0.01: ((mu**2).mean(0) > threshold).sum(),  # not centred, and the count
    ],
    "4.6": [
        lambda log_px_z, kl: (kl.sum(), log_px_z.mean()),  # the sum over the batch and a sign
        lambda log_px_z, kl: (-log_px_z.mean(), kl.mean()),  # as handed out, and swapped
    ],
}
