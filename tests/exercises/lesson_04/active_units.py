"""Answers to exercise 4.5: right ones in many styles, and some with two mistakes at once."""

import numpy as np
import torch


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


def awake_by_where(mu, threshold=0.01):
    return torch.where(mu.std(0) ** 2 > threshold, True, False)


def awake_by_covariance(mu, threshold=0.01):
    return torch.cov(mu.T).reshape(mu.shape[1], -1).diagonal().gt(threshold)


def awake_by_root(mu, threshold=0.01):
    return mu.std(0) > threshold**0.5


RIGHT = [
    awake_by_formula,
    awake_by_numpy,
    awake_by_loop,
    awake_as_list,
    awake_by_where,
    awake_by_covariance,
    awake_by_root,
]
COMBINED = [
    lambda mu, threshold=0.01: mu.std(0) < threshold,  # the std, upside down
    lambda mu, threshold=0.01: ((mu**2).mean(0) > threshold).sum(),  # not centred, and the count
]
