"""Answers to exercise 2.7: right ones in many styles, and some with two mistakes at once."""

import math

import torch


def importance_by_logsumexp(log_px_z, log_pz, log_qz_x):
    log_w = log_px_z + log_pz - log_qz_x
    return torch.logsumexp(log_w, dim=0) - math.log(log_w.shape[0])


def importance_by_largest(log_px_z, log_pz, log_qz_x):
    log_w = log_px_z + log_pz - log_qz_x
    largest, _ = log_w.max(dim=0)
    return largest + (log_w - largest).exp().mean(0).log()


def importance_by_loop(a, b, c):
    bounds = []
    for image in range(a.shape[1]):
        log_w = (a + b - c)[:, image].double()
        bounds.append(torch.logsumexp(log_w - math.log(len(log_w)), 0))
    return torch.stack(bounds)


def importance_by_logaddexp(log_px_z, log_pz, log_qz_x):
    total = None
    for one in log_px_z - log_qz_x + log_pz:
        total = one if total is None else torch.logaddexp(total, one)
    return total - torch.log(torch.tensor(len(log_px_z)))


def importance_by_softmax(log_px_z, log_pz, log_qz_x):
    log_w = log_px_z + log_pz - log_qz_x
    return (log_w - log_w.log_softmax(0)).mean(0) - math.log(
        len(log_w)
    )  # log_w - log_softmax is the logsumexp


def importance_of_transposed(log_px_z, log_pz, log_qz_x):
    log_w = torch.stack([log_px_z, log_pz, -log_qz_x]).sum(0).T  # (B, K)
    return log_w.logsumexp(-1) + math.log(1 / log_w.size(-1))


def importance_no_prior_and_no_log_k(log_px_z, log_pz, log_qz_x):
    return (log_px_z - log_qz_x).logsumexp(0)


def importance_mean_of_logs_and_sign(log_px_z, log_pz, log_qz_x):
    return -(log_px_z + log_pz - log_qz_x).mean(0)


def importance_swapped_over_images(log_px_z, log_pz, log_qz_x):
    return (log_px_z - log_pz + log_qz_x).logsumexp(1) - math.log(log_px_z.shape[1])


RIGHT = [
    importance_by_logsumexp,
    importance_by_largest,
    importance_by_loop,
    importance_by_logaddexp,
    importance_by_softmax,
    importance_of_transposed,
]
COMBINED = [
    importance_no_prior_and_no_log_k,
    importance_mean_of_logs_and_sign,
    importance_swapped_over_images,
]
