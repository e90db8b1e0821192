"""Answers to exercise 11.4: right ones in many styles, and some with two mistakes at once."""

import math
from collections import Counter, defaultdict
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F


def by_loops(train, test, tokens):
    counts = [[1] * tokens for _ in range(tokens)]
    for name in train.tolist():
        previous = 0
        for token in name:
            counts[previous][token] += 1
            previous = token
            if token == 0:
                break
    total = 0.0
    for name in test.tolist():
        previous = 0
        for token in name:
            total -= math.log(counts[previous][token] / sum(counts[previous]))
            previous = token
            if token == 0:
                break
    return total / len(test)


def by_counters(train, test, tokens):
    def pairs(names):
        for name in names.tolist():
            yield from pairwise([0, *name[: name.index(0) + 1]])

    pair, previous = Counter(pairs(train)), Counter(first for first, _ in pairs(train))
    costs = [math.log((tokens + previous[a]) / (1 + pair[a, b])) for a, b in pairs(test)]
    return sum(costs) / test.shape[0]


def by_dicts_of_dicts(train, test, tokens):
    counts = defaultdict(lambda: defaultdict(int))
    for name in train:
        string = [0] + [int(token) for token in name if token != 0] + [0]
        for a, b in pairwise(string):
            counts[a][b] += 1
    names = []
    for name in test:
        string = [0] + [int(token) for token in name if token != 0] + [0]
        p = [(1 + counts[a][b]) / (tokens + sum(counts[a].values())) for a, b in pairwise(string)]
        names.append(-np.log(np.prod(p)))
    return np.mean(names)


def by_strings(train, test, tokens):
    def read(names):
        return ["." + "".join(chr(96 + n) for n in row if n) + "." for row in names.tolist()]

    text = read(train)
    nats = []
    for name in read(test):
        nats.append(0)
        for a, b in zip(name, name[1:], strict=False):
            both = sum(1 for one in text for c, d in pairwise(one) if (c, d) == (a, b))
            first = sum(one[:-1].count(a) for one in text)
            nats[-1] -= math.log((1 + both) / (tokens + first))
    return torch.tensor(nats).mean()


def by_numpy(train, test, tokens):
    table = np.ones((tokens, tokens))
    train, test = train.numpy(), test.numpy()
    moved = np.concatenate([np.zeros((len(train), 1), int), train[:, :-1]], 1)
    counts = (moved != 0) | (np.arange(train.shape[1]) == 0)
    np.add.at(table, (moved[counts], train[counts]), 1)
    table /= table.sum(1, keepdims=True)
    moved = np.hstack([np.zeros((len(test), 1), int), test[:, :-1]])
    counts = (moved != 0) | (np.arange(test.shape[1]) == 0)
    return np.array([-np.log(table[moved, test])[counts].sum() / len(test)])


def by_bincount(train, test, tokens):
    def pairs(names):
        moved = F.pad(names, (1, 0))
        moved, names = moved.flatten(), F.pad(names, (0, 1)).flatten()
        return (moved * tokens + names)[(moved + names) > 0]

    counts = torch.bincount(pairs(train), minlength=tokens**2).view(tokens, tokens).double()
    log_p = torch.log(counts + 1) - torch.log(counts.sum(1, keepdim=True) + tokens)
    return -log_p.flatten()[pairs(test)].sum() / len(test)


def by_one_hot(train, test, tokens):
    def both(names):
        counts = ((names == 0).cumsum(1) <= 1).unsqueeze(2)
        following = F.one_hot(names, tokens) * counts
        previous = F.one_hot(names.roll(1, 1).index_fill(1, torch.tensor([0]), 0), tokens) * counts
        return torch.einsum("nti,ntj->nij", previous, following).float()

    table = both(train).sum(0) + 1
    log_p = F.normalize(table, p=1, dim=1).log()
    return [-(both(test) * log_p).sum((1, 2)).mean()]


def by_cross_entropy(train, test, tokens):
    table = torch.ones(tokens, tokens, dtype=torch.float64)
    for name in train:
        before = torch.tensor(0)
        for token in name:
            table[before, token] += 1
            if token == 0:
                break
            before = token
    before = torch.cat([torch.zeros_like(test[:, :1]), test[:, :-1]], 1)
    costs = F.cross_entropy(table.log()[before].transpose(1, 2), test, reduction="none")
    lengths = (test == 0).int().argmax(1, keepdim=True)
    return torch.where(torch.arange(test.shape[1]) <= lengths, costs, 0).sum(1).mean().reshape(1, 1)


def padding_counted_per_token(train, test, tokens):
    table = torch.ones(tokens, tokens)
    table.index_put_((F.pad(train, (1, 0))[:, :-1], train), torch.tensor(1.0), accumulate=True)
    return -(table / table.sum(1, keepdim=True)).log()[F.pad(test, (1, 0))[:, :-1], test].mean()


def unsmoothed_without_the_start(train, test, tokens):
    table = torch.zeros(tokens, tokens)
    table.index_put_((train[:, :-1], train[:, 1:]), torch.tensor(1.0), accumulate=True)
    p = (table / table.sum(1, keepdim=True))[test[:, :-1], test[:, 1:]]
    return -p.clamp(min=1e-8).log().sum() / len(test)


def in_bits_with_the_sign_inverted(train, test, tokens):
    return -by_counters(train, test, tokens) / math.log(2)


RIGHT = [
    by_loops,
    by_counters,
    by_dicts_of_dicts,
    by_strings,
    by_numpy,
    by_bincount,
    by_one_hot,
    by_cross_entropy,
]
COMBINED = [padding_counted_per_token, unsmoothed_without_the_start, in_bits_with_the_sign_inverted]
