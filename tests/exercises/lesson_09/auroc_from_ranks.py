"""Answers to exercise 9.1: right ones in many styles, and some with two mistakes at once."""

from fractions import Fraction

import numpy as np
import torch


def by_formula(normal, anomalous, rank_sum):
    u = rank_sum - anomalous * (anomalous + 1) / 2
    return u / normal / anomalous


def by_the_mean_rank(normal, anomalous, rank_sum):
    return (rank_sum / anomalous - (anomalous + 1) / 2) / normal


def between_the_extremes(normal, anomalous, rank_sum):
    lowest = sum(range(1, anomalous + 1))
    highest = sum(range(normal + 1, normal + anomalous + 1))
    return np.interp(rank_sum, [lowest, highest], [0, 1])


def from_the_other_side(normal, anomalous, rank_sum):
    total = (normal + anomalous) * (normal + anomalous + 1) // 2
    wins = (total - rank_sum) - normal * (normal + 1) / 2
    return 1 - wins / (normal * anomalous)


def by_tensors(normal, anomalous, rank_sum):
    ranks = torch.arange(1, anomalous + 1)
    return (torch.tensor(rank_sum) - ranks.sum()) / (normal * anomalous)


def by_a_loop(normal, anomalous, rank_sum):
    wins = rank_sum
    for place in range(anomalous):
        wins -= place + 1
    return [wins / (normal * anomalous)]


def by_fractions(normal, anomalous, rank_sum):
    return float((Fraction(rank_sum) - Fraction(anomalous * (anomalous + 1), 2)) / (normal * anomalous))


def not_divided_from_the_other_side(normal, anomalous, rank_sum):
    return normal * (normal + 1) / 2 - rank_sum


def share_of_the_ranks_left(normal, anomalous, rank_sum):
    return 1 - rank_sum / (normal + anomalous)


RIGHT = [
    by_formula,
    by_the_mean_rank,
    between_the_extremes,
    from_the_other_side,
    by_tensors,
    by_a_loop,
    by_fractions,
]
COMBINED = [not_divided_from_the_other_side, share_of_the_ranks_left]
