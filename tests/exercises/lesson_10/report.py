"""Answers to exercise 10.5: right ones in many styles, and some with two mistakes at once."""

import math
import statistics

import numpy as np
import torch


def by_std_mean(validation, test):
    std, mean = torch.std_mean(test[torch.argmax(torch.mean(validation, dim=-1))])
    return mean.item(), std.item()


def by_numpy(validation, test):
    v, t = np.asarray(validation), np.asarray(test)
    row = t[np.argmax(np.mean(v, axis=1))]
    return np.mean(row), np.std(row, ddof=1)


def by_plain_python(validation, test):
    rows = list(zip(validation.tolist(), test.tolist(), strict=True))
    chosen = max(rows, key=lambda pair: sum(pair[0]) / len(pair[0]))[1]
    mean = sum(chosen) / len(chosen)
    squares = sum((one - mean) ** 2 for one in chosen)
    return [mean, math.sqrt(squares / (len(chosen) - 1))]


def by_statistics(validation, test):
    means = [statistics.fmean(row) for row in validation.tolist()]
    row = test[means.index(max(means))].tolist()
    return statistics.fmean(row), statistics.stdev(row)


def by_a_loop(validation, test):
    best, highest = None, -float("inf")
    for setting in range(validation.shape[0]):
        total = 0.0
        for seed in range(validation.shape[1]):
            total += validation[setting, seed]
        if total > highest:
            best, highest = setting, total
    return test[best].mean(), test[best].var().sqrt()


def all_settings_first(validation, test):
    best = validation.sum(1).argmax()
    return test.mean(1)[best], test.std(1)[best]


def sorted_by_validation(validation, test):
    order = validation.mean(1).argsort(descending=True)
    return torch.stack([test[order].mean(1)[0], test[order].std(1)[0]])


def by_a_mask(validation, test):
    means = validation.mean(1, keepdim=True)
    row = test[(means == means.max()).squeeze(1)]
    return row.mean(1), row.std(1)


def by_moments(validation, test):
    row = test[validation.mean(1).topk(1).indices.item()].double()
    n = row.numel()
    return np.array([row.mean(), ((row.square().mean() - row.mean() ** 2) * n / (n - 1)) ** 0.5])


def by_one_hot(validation, test):
    chosen = torch.nn.functional.one_hot(validation.mean(1).max(0).indices, len(test)).float() @ test
    return torch.tensor([chosen.mean(), torch.cov(chosen).sqrt()])


def all_runs_with_population_spread(validation, test):
    return test.mean(), np.std(test.numpy())


def best_seed_of_the_setting_that_test_chooses(validation, test):
    row = test[test.mean(1).argmax()]
    return row.max(), row.std(correction=0)


def validation_of_the_best_run_in_the_wrong_order(validation, test):
    row = validation[validation.max(1).values.argmax()]
    return row.var(), row.mean()


RIGHT = [
    by_std_mean,
    by_numpy,
    by_plain_python,
    by_statistics,
    by_a_loop,
    all_settings_first,
    sorted_by_validation,
    by_a_mask,
    by_moments,
    by_one_hot,
]
COMBINED = [
    all_runs_with_population_spread,
    best_seed_of_the_setting_that_test_chooses,
    validation_of_the_best_run_in_the_wrong_order,
]
