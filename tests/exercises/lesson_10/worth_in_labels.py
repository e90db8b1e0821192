"""Answers to exercise 10.6: right ones in many styles, and some with two mistakes at once."""

import bisect
import math

import numpy as np
import torch


def by_interp(counts, accuracies, reached):
    return np.exp(np.interp(reached, accuracies, np.log(counts)))


def by_interp_in_decades(counts, accuracies, reached):
    return 10 ** np.interp(reached, accuracies.numpy(), counts.log10().numpy())


def by_a_loop(counts, accuracies, reached):
    for lower in range(len(counts) - 1):
        a0, a1 = accuracies[lower], accuracies[lower + 1]
        if a0 <= reached <= a1:
            t = (reached - a0) / (a1 - a0)
            return torch.exp((1 - t) * torch.log(counts[lower]) + t * torch.log(counts[lower + 1]))


def by_powers(counts, accuracies, reached):
    c, a = counts.tolist(), accuracies.tolist()
    upper = min(bisect.bisect_right(a, reached), len(a) - 1)
    t = (reached - a[upper - 1]) / (a[upper] - a[upper - 1])
    return c[upper - 1] ** (1 - t) * c[upper] ** t


def by_a_ratio(counts, accuracies, reached):
    lower = int((accuracies[:-1] <= reached).sum()) - 1
    step = (accuracies[lower + 1] - accuracies[lower]).item()
    growth = (counts[lower + 1] / counts[lower]).item()
    return counts[lower].item() * growth ** ((reached - accuracies[lower].item()) / step)


def by_slope_and_intercept(counts, accuracies, reached):
    upper = max(int(np.searchsorted(accuracies.numpy(), reached)), 1)
    slope, intercept = np.polyfit(np.log(counts[upper - 1 : upper + 1]), accuracies[upper - 1 : upper + 1], 1)
    return math.exp((reached - intercept) / slope)


def by_bisection(counts, accuracies, reached):
    """Search for the logarithm at which the curve has the accuracy that was reached."""
    logs = np.log(counts.numpy().astype(float))
    low, high = logs[0], logs[-1]
    for _ in range(60):
        middle = (low + high) / 2
        if np.interp(middle, logs, accuracies) < reached:
            low = middle
        else:
            high = middle
    return [np.exp(high)]


def by_all_segments(counts, accuracies, reached):
    """Each segment adds to the logarithm what lies below the accuracy that was reached."""
    done = ((reached - accuracies[:-1]) / accuracies.diff()).clamp(0, 1)
    return (counts[:1].log() + (done * counts.log().diff()).sum()).exp()


def by_lerp_in_base_two(counts, accuracies, reached):
    place = torch.searchsorted(accuracies, torch.tensor([reached]), right=True).clamp(1, len(counts) - 1)
    t = (reached - accuracies[place - 1]) / accuracies[place].sub(accuracies[place - 1])
    return torch.exp2(torch.lerp(counts.log2()[place - 1], counts.log2()[place], t))


def by_the_point_if_it_is_one(counts, accuracies, reached):
    for count, accuracy in zip(counts, accuracies, strict=True):
        if accuracy == reached:
            return float(count)
    c0, a0 = max((c, a) for c, a in zip(counts.tolist(), accuracies.tolist(), strict=True) if a < reached)
    c1, a1 = min((c, a) for c, a in zip(counts.tolist(), accuracies.tolist(), strict=True) if a > reached)
    return np.float64(math.e ** (math.log(c0) + (reached - a0) / (a1 - a0) * math.log(c1 / c0)))


def linear_and_rounded(counts, accuracies, reached):
    return round(float(np.interp(reached, accuracies, counts)))


def a_line_through_the_ends_the_wrong_way_round(counts, accuracies, reached):
    t = (accuracies[-1] - reached) / (accuracies[-1] - accuracies[0])
    return counts[0] ** (1 - t) * counts[-1] ** t


def the_first_pair_without_exp(counts, accuracies, reached):
    t = (reached - accuracies[0]) / (accuracies[1] - accuracies[0])
    return counts[0].log() + t * (counts[1].log() - counts[0].log())


RIGHT = [
    by_interp,
    by_interp_in_decades,
    by_a_loop,
    by_powers,
    by_a_ratio,
    by_slope_and_intercept,
    by_bisection,
    by_all_segments,
    by_lerp_in_base_two,
    by_the_point_if_it_is_one,
]
COMBINED = [linear_and_rounded, a_line_through_the_ends_the_wrong_way_round, the_first_pair_without_exp]
