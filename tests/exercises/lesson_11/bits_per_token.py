"""Answers to exercise 11.3: right ones in many styles, and some with two mistakes at once."""

import math

import numpy as np
import torch


def by_lengths(log_p, x, kl):
    lengths = (x != 0).sum(1) + 1
    counts = torch.arange(x.shape[1]) < lengths[:, None]
    return (kl.sum() - log_p[counts].sum()) / lengths.sum() / math.log(2)


def by_where(log_p, x, kl):
    counts = (x == 0).cumsum(1).cumsum(1) <= 1
    nats = torch.where(counts, -log_p, torch.zeros_like(log_p)).sum(1) + kl
    return nats.sum() / counts.sum() * math.log2(math.e)


def by_loops(log_p, x, kl):
    nats, tokens = 0.0, 0
    for row, string, rate in zip(log_p.tolist(), x.tolist(), kl.tolist(), strict=True):
        nats += rate
        for value, token in zip(row, string, strict=True):
            nats -= value
            tokens += 1
            if token == 0:
                break
    return nats / tokens / math.log(2)


def by_lists(log_p, x, kl):
    ends = [row.index(0) + 1 for row in x.tolist()]
    log_2_p = [sum(row[:end]) / math.log(2) for row, end in zip(log_p.tolist(), ends, strict=True)]
    return sum(rate / math.log(2) - row for rate, row in zip(kl.tolist(), log_2_p, strict=True)) / sum(ends)


def by_numpy(log_p, x, kl):
    p, tokens = log_p.numpy().astype(float), x.numpy()
    counts = np.cumsum(tokens == 0, axis=1) - (tokens == 0) < 1
    return (kl.numpy().sum() - p[counts].sum()) / np.log(2) / np.count_nonzero(counts)


def by_averages_of_strings(log_p, x, kl):
    counts = torch.ones_like(x, dtype=torch.bool)
    counts[:, 1:] = (x[:, :-1] != 0).cumprod(1).bool()
    elbo = (log_p * counts).sum(dim=1) - kl
    return (-elbo.mean() / counts.double().sum(1).mean() / np.log(2)).reshape(1, 1)


def by_weights_of_strings(log_p, x, kl):
    lengths = (x == 0).int().argmax(1) + 1
    ratios = [(kl[i] - log_p[i, :n].sum()) / n for i, n in enumerate(lengths)]
    return [np.average([one.item() for one in ratios], weights=lengths.numpy()) / math.log(2)]


def by_powers_of_two(log_p, x, kl):
    counts = x.double().clone()
    for row in counts:
        end = row.tolist().index(0)
        row[: end + 1], row[end + 1 :] = 1, 0
    bits = -(log_p.exp().log2() * counts).sum() + kl.exp().log2().sum()
    return torch.tensor([bits / counts.sum()])


def by_padding_taken_away(log_p, x, kl):
    padding = [(i, t) for i, row in enumerate(x.tolist()) for t in range(len(row)) if 0 in row[:t]]
    nats = -log_p.sum() + sum(log_p[place] for place in padding) + kl.sum()
    return (nats / (x.numel() - len(padding)) / torch.log(torch.tensor(2.0))).requires_grad_()


def in_nats_and_the_first_token_left_out(log_p, x, kl):
    counts = (x == 0).cumsum(1) - (x == 0).int() == 0
    return (kl.sum() - log_p[:, 1:][counts[:, 1:]].sum()) / counts[:, 1:].sum()


def padding_in_the_sum_and_the_kl_subtracted(log_p, x, kl):
    return (-log_p.sum() - kl.sum()) / ((x != 0).sum() + len(x)) / math.log(2)


def per_string_in_nats(log_p, x, kl):
    return (kl - log_p.sum(1)) / ((x != 0).sum(1) + 1)


RIGHT = [
    by_lengths,
    by_where,
    by_loops,
    by_lists,
    by_numpy,
    by_averages_of_strings,
    by_weights_of_strings,
    by_powers_of_two,
    by_padding_taken_away,
]
COMBINED = [
    in_nats_and_the_first_token_left_out,
    padding_in_the_sum_and_the_kl_subtracted,
    per_string_in_nats,
]
