"""Answers to exercise 9.2: right ones in many styles, and some with two mistakes at once."""

import numpy as np
import torch


def by_quantile(training, validation, anomalies, false_alarms):
    return torch.quantile(validation, 1 - false_alarms)


def by_percentile(training, validation, anomalies, false_alarms):
    return np.percentile(validation.numpy(), 100 * (1 - false_alarms))


def by_another_percentile(training, validation, anomalies, false_alarms):
    return np.quantile(validation.numpy(), 1 - false_alarms, method="weibull")


def by_sorting(training, validation, anomalies, false_alarms):
    return sorted(validation.tolist(), reverse=True)[int(false_alarms * len(validation))]


def by_counting_from_below(training, validation, anomalies, false_alarms):
    return validation.sort().values[int((1 - false_alarms) * len(validation))]


def by_topk(training, validation, anomalies, false_alarms):
    return validation.topk(round(false_alarms * len(validation))).values[-1:]


def by_kthvalue(training, validation, anomalies, false_alarms):
    return validation.kthvalue(int(len(validation) * (1 - false_alarms))).values.item()


def by_a_search(training, validation, anomalies, false_alarms):
    low, high = validation.min().item(), validation.max().item()
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (validation > middle).float().mean() > false_alarms else (low, middle)
    return high


def in_an_array(training, validation, anomalies, false_alarms):
    return np.quantile(validation, [1 - false_alarms])


def percentile_of_the_anomalies(training, validation, anomalies, false_alarms):
    return np.percentile(anomalies, 100 * false_alarms)


def spread_of_training_images(training, validation, anomalies, false_alarms):
    return training.mean() + 2 * training.std() / len(training) ** 0.5


RIGHT = [
    by_quantile,
    by_percentile,
    by_another_percentile,
    by_sorting,
    by_counting_from_below,
    by_topk,
    by_kthvalue,
    by_a_search,
    in_an_array,
]
COMBINED = [percentile_of_the_anomalies, spread_of_training_images]
