"""Answers to exercise 11.6: right ones in many styles, and some with two mistakes at once."""

import math

import numpy as np
import torch


def by_a_mask(predicted, true, allowed, budget):
    values = true[:budget][allowed[:budget] & ~torch.isnan(true[:budget])]
    return values.max() if len(values) else torch.tensor(float("nan"))


def by_a_loop(predicted, true, allowed, budget):
    best = None
    for n in range(min(budget, len(true))):
        if allowed[n] and not math.isnan(true[n]) and (best is None or true[n] > best):
            best = true[n].item()
    return math.nan if best is None else best


def by_zip(predicted, true, allowed, budget):
    pairs = list(zip(true.tolist(), allowed.tolist(), strict=True))[:budget]
    return max((value for value, fine in pairs if fine and value == value), default=float("nan"))


def by_numpy(predicted, true, allowed, budget):
    values = np.where(allowed.numpy(), true.numpy().astype(float), np.nan)[:budget]
    return np.nanmax(values) if np.isfinite(values).any() else np.nan


def by_where(predicted, true, allowed, budget):
    best = torch.where(allowed & true.isfinite(), true, -torch.inf)[:budget].max()
    return best if best > -torch.inf else torch.nan


def by_the_place(predicted, true, allowed, budget):
    fine = (allowed & ~true.isnan())[:budget].nonzero().flatten().tolist()
    return true[max(fine, key=lambda place: true[place].item())] if fine else math.nan


def by_sorting(predicted, true, allowed, budget):
    values = sorted(value for value in true[:budget][allowed[:budget]].tolist() if not math.isnan(value))
    return ([math.nan] + values)[-1]


def by_the_last_of_a_running_best(predicted, true, allowed, budget):
    values = true.double().masked_fill(~allowed | true.isnan(), -math.inf)[:budget]
    best = values.cummax(0).values[-1:]
    return best.masked_fill(best.isinf(), math.nan)


def by_the_error(predicted, true, allowed, budget):
    try:
        return [true[:budget][allowed[:budget] & (true[:budget] == true[:budget])].max()]
    except RuntimeError:
        return math.nan


def by_fmax(predicted, true, allowed, budget):
    values = np.where(allowed, true, np.nan)[:budget]
    return np.fmax.reduce(values)


def by_recursion(predicted, true, allowed, budget):
    if not len(true) or not budget:
        return math.nan
    rest = by_recursion(predicted[1:], true[1:], allowed[1:], budget - 1)
    first = true[0].item() if allowed[0] else math.nan
    return rest if first != first or rest > first else first


def promised_without_a_budget(predicted, true, allowed, budget):
    return predicted[allowed].max()


def vetoed_and_beyond_the_budget(predicted, true, allowed, budget):
    return np.nanmax(true.numpy())


RIGHT = [
    by_a_mask,
    by_a_loop,
    by_zip,
    by_numpy,
    by_where,
    by_the_place,
    by_sorting,
    by_the_last_of_a_running_best,
    by_the_error,
    by_fmax,
    by_recursion,
]
COMBINED = [promised_without_a_budget, vetoed_and_beyond_the_budget]
