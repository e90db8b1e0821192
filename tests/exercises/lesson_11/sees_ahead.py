"""Answers to exercise 11.1: right ones in many styles, and some with two mistakes at once."""

import numpy as np
import torch


def from_each_position_on(decode, x, tokens):
    for t in range(x.shape[1]):
        changed = x.clone()
        changed[:, t:] = (changed[:, t:] + 1) % tokens
        if not torch.allclose(decode(changed)[:, : t + 1], decode(x)[:, : t + 1]):
            return True
    return False


def one_token_at_a_time(decode, x, tokens):
    found = False
    for s in range(x.shape[1]):
        changed = x.clone()
        changed[:, s] = (changed[:, s] - 1) % tokens
        found |= not torch.equal(decode(changed)[:, : s + 1], decode(x)[:, : s + 1])
    return found


def all_in_one_batch(decode, x, tokens):
    length = x.shape[1]
    later = torch.ones(length, length, dtype=torch.bool).triu()
    changed = torch.where(later[:, None], (x + 1) % tokens, x)
    moved = decode(changed.flatten(0, 1)).unflatten(0, (length, -1)) - decode(x)
    return (moved.abs().amax((1, 3)).diagonal() > 1e-5).any()


def by_every_other_token(decode, x, tokens):
    right = decode(x).numpy()
    for t in range(x.shape[1]):
        for token in range(tokens):
            changed = x.numpy().copy()
            changed[:, t] = token
            if np.abs(decode(torch.from_numpy(changed)).numpy() - right)[:, : t + 1].max() > 1e-4:
                return np.bool_(True)
    return np.bool_(False)


def by_chance_many_times(decode, x, tokens):
    for t in range(x.shape[1]):
        for _ in range(20):
            changed = torch.cat([x[:, :t], torch.randint(tokens, x[:, t:].shape)], 1)
            if (decode(changed)[:, t] != decode(x)[:, t]).any():
                return 1
    return 0


def by_strings_with_the_same_beginning(decode, x, tokens):
    constants = [torch.full_like(x, token) for token in range(tokens)]
    for t in range(x.shape[1]):
        ends = [decode(torch.cat([x[:, :t], one[:, t:]], 1))[:, t] for one in constants]
        if any(not torch.equal(ends[0], end) for end in ends):
            return True
    return False


def from_the_back_in_lists(decode, x, tokens):
    rows, seen = x.tolist(), []
    for t in reversed(range(len(rows[0]))):
        for row in rows:
            row[t] = (row[t] + tokens // 2) % tokens
        pairs = zip(decode(torch.tensor(rows)).tolist(), decode(x).tolist(), strict=True)
        seen.append(any(mine[: t + 1] != true[: t + 1] for mine, true in pairs))
    return [True in seen]


def by_what_each_token_moves(decode, x, tokens):
    moves = torch.zeros(x.shape[1], x.shape[1])
    for s in range(x.shape[1]):
        token = torch.nn.functional.one_hot(torch.tensor(s), x.shape[1])
        moves[:, s] = (decode((x + token) % tokens) - decode(x)).abs().amax((0, 2))
    return moves.triu().any().int()


def by_probabilities(decode, x, tokens):
    log_p = decode(x).double().log_softmax(2)
    changes = [torch.where(torch.arange(x.shape[1]) < t, x, (x + 1) % tokens) for t in range(x.shape[1])]
    moved = [(decode(y).double().log_softmax(2) - log_p).abs()[:, t].sum() for t, y in enumerate(changes)]
    return torch.stack(moved).max() > 1e-6


def all_positions_are_compared_and_the_result_is_turned_round(decode, x, tokens):
    changed = x.clone()
    changed[:, -1] = (changed[:, -1] + 1) % tokens
    return torch.equal(decode(changed), decode(x))


def the_own_token_and_the_padding_are_forgotten(decode, x, tokens):
    for t in range(x.shape[1]):
        changed = x.clone()
        changed[:, t + 1 :] = 0
        if not torch.allclose(decode(changed)[:, : t + 1], decode(x)[:, : t + 1]):
            return True
    return False


RIGHT = [
    from_each_position_on,
    one_token_at_a_time,
    all_in_one_batch,
    by_every_other_token,
    by_chance_many_times,
    by_strings_with_the_same_beginning,
    from_the_back_in_lists,
    by_what_each_token_moves,
    by_probabilities,
]
COMBINED = [
    all_positions_are_compared_and_the_result_is_turned_round,
    the_own_token_and_the_padding_are_forgotten,
]
