"""Answers to exercise 9.6, on the course's own run: right ones in many styles, and some that never are."""

import numpy as np
import torch


def by_eye(rates):
    return 0.37


def by_hand(rates):
    return 0.0159 * 0.514 / (0.0159 + 0.9841 * 0.0061)


def by_values(rates):
    mask, found, others = rates.values()
    return round(mask * found / (mask + (1 - mask) * others), 3)


def by_counts(rates):
    pixels = 1_000_000
    changed = pixels * rates["pixels in the mask"]
    true = changed * rates["of these found"]
    false = (pixels - changed) * rates["of the others found"]
    return np.float64(true / (changed + false))


def by_complements(rates):
    mask, found, others = torch.tensor(list(rates.values()))
    missed = mask * (1 - found)
    false = others - others * mask
    return mask * found / (mask * found + missed + false)


def by_precision_and_recall(rates):
    mask, recall, others = (rates[name] for name in rates)
    precision = mask * recall / (mask * recall + others * (1 - mask))
    return [1 / (1 / precision + 1 / recall - 1)]


def minus_the_recall(rates):
    return -rates["of these found"]


def half_of_the_dice_in_per_cent(rates):
    mask, found, others = rates.values()
    return 100 * mask * found / (mask + mask * found + others)


RIGHT = [by_eye, by_hand, by_values, by_counts, by_complements, by_precision_and_recall]
COMBINED = [minus_the_recall, half_of_the_dice_in_per_cent]
