"""Answers to exercise 11.2: right ones in many styles, and some with two mistakes at once."""

from itertools import takewhile

import numpy as np
import torch


def by_a_mask(x, forced, written):
    counts = ((x == 0).cumsum(1) == 0) | ((x == 0).cumsum(1).cumsum(1) == 1)
    tokens = ((forced == x) & counts).sum() / counts.sum()
    names = (((written == x) & counts).sum(1) == counts.sum(1)).float().mean()
    return 100 * tokens, 100 * names


def by_lengths(x, forced, written):
    counts = torch.arange(x.shape[1]) <= (x == 0).int().argmax(1)[:, None]
    exact = torch.where(counts, written, x).eq(x).all(1)
    return 100 * (forced == x)[counts].float().mean().item(), 100 * exact.float().mean().item()


def by_loops(x, forced, written):
    right = total = exact = 0
    for name, given, own in zip(x.tolist(), forced.tolist(), written.tolist(), strict=True):
        same = True
        for a, b, c in zip(name, given, own, strict=True):
            right, total, same = right + (a == b), total + 1, same and a == c
            if a == 0:
                break
        exact += same
    return 100 * right / total, 100 * exact / len(x)


def by_strings(x, forced, written):
    def to_strings(rows):
        return ["".join(chr(96 + n) for n in takewhile(bool, row)) + "." for row in rows.tolist()]

    names = to_strings(x)
    rows = zip(names, forced.tolist(), strict=True)
    right = [c == (chr(96 + row[t]) if row[t] else ".") for name, row in rows for t, c in enumerate(name)]
    exact = [name == own for name, own in zip(names, to_strings(written), strict=True)]
    return [100 * sum(right) / len(right), 100 * sum(exact) / len(exact)]


def by_numpy(x, forced, written):
    x, forced, written = (np.asarray(one) for one in (x, forced, written))
    before = np.cumsum(x == 0, axis=1) - (x == 0)
    own = np.where(np.cumsum(written == 0, axis=1) > 0, 0, written)
    tokens = np.average(forced == x, weights=before == 0)
    return np.array([tokens, (own == x).all(axis=1).mean()]) * 100


def by_cutting_in_place(x, forced, written):
    own = written.clone()
    for row in own:
        ends = (row == 0).nonzero()
        if len(ends):
            row[ends[0, 0] :] = 0
    last = x.count_nonzero(1)
    right = sum((f[: n + 1] == t[: n + 1]).sum() for f, t, n in zip(forced, x, last, strict=True))
    return torch.stack([100 * right / (last + 1).sum(), 100 * (own == x).all(1).double().mean()])


def by_letters_with_one_more(x, forced, written):
    counts = torch.cat([torch.ones(len(x), 1, dtype=torch.bool), x[:, :-1] != 0], 1)
    wrong = ((written != x) * counts).amax(1).double()
    return torch.tensor(100.0) * (forced == x).masked_select(counts).double().mean(), 100 - 100 * wrong.mean()


def by_weights(x, forced, written):
    weights = (x == 0).float().cumsum(1).roll(1, 1)
    weights[:, 0] = 0
    weights = (weights == 0).float()
    tokens = torch.tensordot((forced == x).float(), weights) / weights.sum() * 100
    return tokens.numpy(), [((written == x).float() * weights + 1 - weights).prod(1).mean().numpy() * 100]


def as_fractions_without_the_end(x, forced, written):
    return (forced == x)[x != 0].float().mean(), ((written == x) | (x == 0)).all(1).float().mean()


def averaged_by_name_and_not_cut(x, forced, written):
    counts = (x == 0).cumsum(1) - (x == 0).long() == 0
    tokens = ((forced == x) & counts).sum(1) / counts.sum(1)
    return 100 * tokens.mean(), 100 * (written == x).all(1).float().mean()


RIGHT = [
    by_a_mask,
    by_lengths,
    by_loops,
    by_strings,
    by_numpy,
    by_cutting_in_place,
    by_letters_with_one_more,
    by_weights,
]
COMBINED = [as_fractions_without_the_end, averaged_by_name_and_not_cut]
