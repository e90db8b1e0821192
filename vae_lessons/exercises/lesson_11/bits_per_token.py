"""Exercise 11.3: bits per token."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.one_number import one_number
from vae_lessons.sequence_vae import counted


def bits_per_token(log_p: Tensor, x: Tensor, kl: Tensor) -> float:
    """Minus the ELBO of all strings x (B, T), in bits per token; log_p (B, T), kl (B,) in nats."""
    counts = counted(x)  # (B, T)
    minus_elbo = kl.sum() - log_p[counts].sum()
    return (minus_elbo / counts.sum() / math.log(2)).item()


def _case(seed: int, strings: tuple[tuple[int, ...], ...]) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.tensor(strings)
    log_p = -0.2 - 3 * torch.rand(x.shape, generator=generator)
    return {"log_p": log_p, "x": x, "kl": 1 + 4 * torch.rand(len(x), generator=generator)}


SMALL = {
    "log_p": torch.tensor([[-2.3, -0.7, -1.9, -0.4], [-3.1, -1.2, -0.6, -0.25]]),
    "x": torch.tensor([[5, 3, 0, 0], [7, 0, 0, 0]]),
    "kl": torch.tensor([2.6, 1.7]),
}

EXERCISE = Exercise(
    number="11.3",
    title="Derive: bits per token",
    task="""How well does a model compress strings? You have strings x (B, T): the first 0 of a row is the end
    of its string and counts as a token; all that follows is padding. log_p (B, T) is log p(x_t | x_<t, z) at
    every position, padding included, and kl (B,) is the KL of each string, both in nats. Write
    bits_per_token(log_p, x, kl): minus the ELBO of the whole batch, in bits, divided by the number of tokens
    that count. Return one number.""",
    minutes=6,
    difficulty=2,
    reference=bits_per_token,
    probe=one_number(
        "bits per token",
        SMALL,
        _case(1, ((2, 9, 4, 1, 8, 0), (6, 0, 0, 0, 0, 0), (3, 3, 5, 0, 0, 0))),
        _case(
            2, ((1, 14, 14, 0, 0, 0, 0), (5, 22, 1, 0, 0, 0, 0), (7, 0, 0, 0, 0, 0, 0), (9, 2, 9, 4, 1, 0, 0))
        ),
    ),
    hints=(
        "Which positions of x count? Add up what they cost, then what z costs.",
        "The KL belongs to a string as a whole, so it is added once for each string. Divide at the very end, "
        "so that a long string weighs more than a short one.",
        "Minus the ELBO is the sum of all kl minus the sum of log_p over the positions up to and including "
        "each first 0. Divide by the number of these positions, and by the number of nats in a bit.",
    ),
)


def _bits(nats: Tensor) -> Tensor:
    return nats / math.log(2)


def _nats(log_p: Tensor, x: Tensor, kl: Tensor) -> Tensor:
    return kl.sum() - log_p[counted(x)].sum()


def _also_in_nats(sentence: str, *in_nats: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    """A mistake alone, and with a result that is left in nats."""
    EXERCISE.recognise(sentence, *(lambda *given, of=of: _bits(of(*given)) for of in in_nats))
    EXERCISE.recognise(f"{sentence} And your result is in nats.", *in_nats)


_also_in_nats(
    "You count padding, in the sum and in the number of tokens. A string ends with its first 0.",
    lambda p, x, k: (k.sum() - p.sum()) / x.numel(),
)

_also_in_nats(
    "Padding is in your sum. What log_p says after the first 0 of a row belongs to no string.",
    lambda p, x, k: (k.sum() - p.sum()) / counted(x).sum(),
)

_also_in_nats(
    "You leave out the ends. The model has to predict the first 0 of each row too, so it is a token.",
    lambda p, x, k: (k.sum() - p[x != 0].sum()) / (x != 0).sum(),
)

_also_in_nats(
    "You average log_p over tokens, then add the KL of a whole string. Divide both by the number of tokens.",
    lambda p, x, k: k.mean() - p[counted(x)].mean(),
)

_also_in_nats(
    "You average log_p over all positions, padding too, and then add the KL of a whole string.",
    lambda p, x, k: k.mean() - p.mean(),
)

_also_in_nats(
    "The KL is missing. This is only what the tokens cost given z, and z costs something as well.",
    lambda p, x, k: -p[counted(x)].mean(),
)

_also_in_nats(
    "The KL is missing, and padding is counted: this is the mean of -log_p over all positions.",
    lambda p, x, k: -p.mean(),
)

_also_in_nats(
    "The KL is missing, and this is for an average string. z costs something too, and a token is the unit.",
    lambda p, x, k: -p[counted(x)].sum() / len(x),
)

_also_in_nats(
    "The KL is subtracted. Minus the ELBO is minus log p, plus the KL.",
    lambda p, x, k: (-p[counted(x)].sum() - k.sum()) / counted(x).sum(),
)

_also_in_nats(
    "The KL is added once for each token. It belongs to a string as a whole: add it once for each string.",
    lambda p, x, k: (k[:, None] - p)[counted(x)].mean(),
)

_also_in_nats(
    "This is for an average string. Divide by the number of tokens, not by the number of strings.",
    lambda p, x, k: _nats(p, x, k) / len(x),
)

_also_in_nats(
    "This is for an average string, and padding is in your sum. Divide by the number of tokens that count.",
    lambda p, x, k: (k.sum() - p.sum()) / len(x),
)

_also_in_nats("This is for the whole batch. It is not divided by the number of tokens yet.", _nats)

_also_in_nats(
    "You average the ratios of strings, so a token of a short one weighs more. Add up first, then divide.",
    lambda p, x, k: ((k - (p * counted(x)).sum(1)) / counted(x).sum(1)).mean(),
)

EXERCISE.recognise(
    "You average over each string first, so a token of a short one weighs more. And the KL is not right.",
    lambda p, x, k: _bits(k.mean() - ((p * counted(x)).sum(1) / counted(x).sum(1)).mean()),
    lambda p, x, k: -_bits(((p * counted(x)).sum(1) / counted(x).sum(1)).mean()),
)

EXERCISE.recognise(
    "You average the ratios of strings, and the ends are left out. Add up first, each first 0 as well.",
    lambda p, x, k: _bits(((k - (p * (x != 0)).sum(1)) / (x != 0).sum(1)).mean()),
)

EXERCISE.recognise(
    "The KL of all strings is added to an average of log_p. Divide both sums by the same number of tokens.",
    lambda p, x, k: _bits(k.sum() - p[counted(x)].mean()),
)

EXERCISE.recognise(
    "Your sum is right, but you divide by the number of all positions, padding included.",
    lambda p, x, k: _bits(_nats(p, x, k)) / x.numel(),
)

EXERCISE.recognise(
    "Your sum lacks the ends, though you count them as tokens. The first 0 of each row costs something too.",
    lambda p, x, k: _bits(k.sum() - p[x != 0].sum()) / counted(x).sum(),
)

EXERCISE.recognise(
    "Your sum is right, but the ends are missing in the number of tokens.",
    lambda p, x, k: _bits(_nats(p, x, k)) / (x != 0).sum(),
)

EXERCISE.recognise(
    "You count one position too many: a row ends with its first 0, and the second 0 is padding.",
    lambda p, x, k: _bits(k.sum() - p[(x == 0).cumsum(1) <= 2].sum()) / ((x == 0).cumsum(1) <= 2).sum(),
)

EXERCISE.recognise(
    "You leave out the first token of each string. It is predicted too, from z alone.",
    lambda p, x, k: _bits(k.sum() - p[:, 1:][counted(x)[:, 1:]].sum()) / counted(x)[:, 1:].sum(),
)

EXERCISE.recognise(
    "The sign of log_p is wrong: its sum is negative, and minus the ELBO subtracts it from the KL.",
    lambda p, x, k: _bits(p[counted(x)].sum() + k.sum()) / counted(x).sum(),
)

EXERCISE.recognise(
    "The sign is inverted: this is the ELBO, and minus the ELBO is asked for.",
    lambda p, x, k: -_bits(_nats(p, x, k)) / counted(x).sum(),
)

EXERCISE.recognise(
    "Of the KL you take an average, but of log_p a sum. Add up both over all strings.",
    lambda p, x, k: _bits(k.mean() - p[counted(x)].sum()) / counted(x).sum(),
)

EXERCISE.recognise(
    "This is in nats. How many nats are one bit?",
    lambda p, x, k: _nats(p, x, k) / counted(x).sum(),
)

EXERCISE.recognise(
    "You multiply by log 2 where you should divide. A bit is 0.69 nats, so the number of bits is larger.",
    lambda p, x, k: _nats(p, x, k) / counted(x).sum() * math.log(2),
)

EXERCISE.recognise(
    "Only a part is in bits: log_p or the KL is left in nats. Convert their sum.",
    lambda p, x, k: (k.sum() - _bits(p[counted(x)].sum())) / counted(x).sum(),
    lambda p, x, k: (_bits(k.sum()) - p[counted(x)].sum()) / counted(x).sum(),
)

EXERCISE.recognise(
    "Return one number, for the whole batch: not one for each string or each position.",
    lambda p, x, k: _bits(k - (p * counted(x)).sum(1)) / counted(x).sum(1),
)
