"""Exercise 11.4: a baseline that counts pairs."""

import math
from collections import Counter
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.one_number import one_number
from vae_lessons.sequence_vae import counted

Pairs = tuple[Tensor, Tensor]


def pairs(names: Tensor) -> tuple[Tensor, Tensor]:
    """The previous token of each token that counts in names (N, T), and the token itself."""
    previous = F.pad(names, (1, 0))[:, :-1]  # shifted by one: 0 stands before the first
    return previous[counted(names)], names[counted(names)]


def bigram_nats(train: Tensor, test: Tensor, tokens: int) -> float:
    """The average of -log p over the names of test (M, T), in nats, with p from the pairs in train (N, T)."""
    table = torch.ones(tokens, tokens)
    table.index_put_(pairs(train), torch.tensor(1.0), accumulate=True)
    log_p = (table / table.sum(1, keepdim=True)).log()  # of the column's token after the row's
    return -log_p[pairs(test)].sum().item() / len(test)


def _case(seed: int, n: int, m: int, length: int, tokens: int) -> dict[str, Tensor | int]:
    """Names with many repeated pairs; the last token is in test alone."""
    generator = torch.Generator().manual_seed(seed)

    def names(count: int, last: int) -> Tensor:
        letters = 1 + (last * torch.rand(count, length, generator=generator) ** 2).long()
        lengths = torch.randint(1, length, (count, 1), generator=generator)
        return letters.masked_fill(torch.arange(length) >= lengths, 0)

    train, test = names(n, tokens - 2), names(m, tokens - 2)
    test[0, 0] = tokens - 1
    return {"train": train, "test": test, "tokens": tokens}


SMALL = {
    "train": torch.tensor([[2, 1, 0, 0], [2, 4, 3, 0]]),
    "test": torch.tensor([[2, 3, 0, 0]]),
    "tokens": 5,
}

EXERCISE = Exercise(
    number="11.4",
    title="Build: a baseline that counts",
    task="""How good is a model that sees only the token before? In names, (N, T), the first 0 of a row is the
    end of the name; what follows is padding. Count pairs in train: each token that counts, the end too, and
    its previous one; before the first token stands a 0. Take p(next | previous) = (1 + count of the pair) /
    (tokens + count of previous), where count of previous is the number of pairs that begin with it, and
    tokens is how many tokens there are, 0 among them. Write bigram_nats(train, test, tokens): the average of
    -log p(name) over the names of test, in nats. Return one number.""",
    minutes=10,
    difficulty=2,
    reference=bigram_nats,
    shown=(pairs, bigram_nats),
    probe=one_number(
        "the average", SMALL, _case(1, 9, 3, 6, 7), _case(2, 40, 7, 12, 11), _case(3, 30, 5, 9, 20)
    ),
    hints=(
        "A name of 3 letters has 4 pairs. Which are they?",
        "Keep the counts in a table (tokens, tokens), with a row for each previous token. What is added to "
        "each count, and what is a row divided by?",
        "Shift the names to the right by one, with a 0 in front: that gives the previous tokens. Start the "
        "table with ones, add the pairs of train that count, and divide each row by its sum. Add up -log p "
        "of the pairs of test, and divide by the number of its names.",
    ),
)

# Of the column's token after the row's: from the counts of pairs and the number of tokens.
Probabilities = Callable[[Tensor, int], Tensor]
Selection = Callable[[Tensor], Pairs]


def _some(names: Tensor, start: bool = True, end: bool = True, padding: bool = False) -> Pairs:
    """Pairs of names without those at the start or at the end, or with those of padding."""
    which = torch.ones_like(names, dtype=torch.bool) if padding else counted(names)
    which = which if end else names != 0
    which[:, 0] &= start
    return F.pad(names, (1, 0))[:, :-1][which], names[which]


def _flat(names: Tensor) -> Pairs:
    return names.flatten()[:-1], names.flatten()[1:]


no_start, no_end = partial(_some, start=False), partial(_some, end=False)
padded = partial(_some, padding=True)
inner, in_rows = partial(_some, start=False, end=False), partial(_some, start=False, padding=True)


def _adding(number: Callable[[Tensor, int], Tensor | int]) -> Probabilities:
    """Probabilities with this number added to the denominator."""
    return lambda c, k: (1 + c) / (number(c, k) + c.sum(1, keepdim=True))


smoothed = _adding(lambda c, k: k)


def _answer(p: Probabilities = smoothed, of_train: Selection = pairs, of_test: Selection = pairs) -> Answer:
    """An answer with these probabilities, from these pairs of train, for these pairs of test."""

    def answer(train: Tensor, test: Tensor, tokens: int) -> Tensor:
        counts = torch.zeros(tokens, tokens)
        counts.index_put_(of_train(train), torch.tensor(1.0), accumulate=True)
        return -p(counts, tokens)[of_test(test)].log().sum() / len(test)

    return answer


def _by_loops(p: Callable[[int, int, int], float]) -> Answer:
    """An answer in plain Python; p is of the count of a pair, that of its previous token, and tokens."""

    def answer(train: Tensor, test: Tensor, tokens: int) -> float:
        of_train, of_test = (list(zip(*map(Tensor.tolist, pairs(one)), strict=True)) for one in (train, test))
        pair, first = Counter(of_train), Counter(previous for previous, _ in of_train)
        return -sum(math.log(p(pair[one], first[one[0]], tokens)) for one in of_test) / len(test)

    return answer


def _each(train: Tensor, test: Tensor, tokens: int) -> Tensor:
    """-log p of each name of test."""
    return torch.stack([_answer()(train, one[None], tokens) for one in test])


wrong = EXERCISE.recognise

wrong(
    "Some pair of test gets probability 0, and its logarithm is infinite. Add 1 to the counts first.",
    _answer(lambda c, k: c / c.sum(1, keepdim=True)),
    _answer(lambda c, k: c / (k + c.sum(1, keepdim=True))),
    _by_loops(lambda pair, first, k: pair / first),
)
wrong(
    "The denominator lacks tokens. If 1 is added to each count of a row, their sum grows by tokens.",
    _answer(_adding(lambda c, k: 0)),
    _by_loops(lambda pair, first, k: (1 + pair) / first),
)
wrong(
    "What you add to the denominator is not tokens. Every token may be next, the end and unseen ones too.",
    _answer(_adding(lambda c, k: 1)),
    _answer(_adding(lambda c, k: k - 1)),
    _answer(_adding(lambda c, k: k * k)),
    _answer(_adding(lambda c, k: (c.sum(0) > 0).sum())),
    _answer(_adding(lambda c, k: 27)),
)
wrong("tokens is added to the denominator twice.", _answer(_adding(lambda c, k: 2 * k)))
wrong(
    "A pair that occurs several times adds only 1, as with table[previous, next] += 1 for whole tensors.",
    _answer(lambda c, k: smoothed(c.clamp(max=1), k)),
    _answer(
        of_train=lambda x: torch.hstack([torch.stack(pairs(n)).unique(dim=1) for n in x.split(1)]).unbind()
    ),
)
wrong("The first tokens of test names cost nothing. They follow a 0.", _answer(of_test=no_start))
wrong("Your counts lack the first tokens of train. They follow a 0.", _answer(of_train=no_start))
wrong("The ends are left out. They have to be predicted too.", _answer(of_train=no_end, of_test=no_end))
wrong("The ends of test names cost nothing. The first 0 is a token too.", _answer(of_test=no_end))
wrong("Your counts lack the ends of train. The first 0 is a token too.", _answer(of_train=no_end))
wrong("First tokens and ends are left out. A 0 stands on both sides.", _answer(of_train=inner, of_test=inner))
wrong("Padding counts: you include pairs of two zeros.", _answer(of_train=padded, of_test=padded))
wrong("Padding counts in train, so 0 is a previous token too often.", _answer(of_train=padded))
wrong("Padding costs something in test. It belongs to no name.", _answer(of_test=padded))
wrong(
    "The first tokens are left out, and padding counts. Begin with the 0 before a name and stop at its end.",
    _answer(of_train=in_rows, of_test=in_rows),
)
wrong(
    "You count in one long row, so padding counts, and pairs that reach from one name into the next.",
    _answer(of_train=_flat, of_test=_flat),
    _answer(of_train=_flat),
)
wrong(
    "You count in test. A baseline learns from train alone, or it knows the answers.",
    lambda r, e, k: _answer()(e, e, k),
    lambda r, e, k: _answer()(torch.cat([r, e]), e, k),
)
wrong("You average over train. The names of test are asked for.", lambda r, e, k: _answer()(r, r, k))
wrong(
    "You divide by the number of all pairs. Given the previous token, only pairs that begin with it count.",
    _answer(lambda c, k: (1 + c) / (k * k + c.sum())),
    _answer(lambda c, k: (1 + c) / (k + c.sum())),
)
wrong("Previous and next are swapped in train or in test.", _answer(lambda c, k: smoothed(c.T, k)))
wrong(
    "The count of the previous token 0 is the number of names in train: each has one start.",
    _answer(_adding(lambda c, k: k - c[0].sum() * (torch.arange(k) == 0)[:, None])),
    _answer(_adding(lambda c, k: k + c[0].sum() * (torch.arange(k) == 0)[:, None])),
)
wrong("The previous token is not used.", _answer(lambda c, k: ((1 + c.sum(0)) / (k + c.sum())).expand(k, k)))
wrong(
    "Padding counts, and this is for an average token. Add up the tokens that count, for an average name.",
    lambda r, e, k: _answer(of_train=padded, of_test=padded)(r, e, k) / e.shape[1],
)
wrong(
    "This is for an average token. A name costs the sum over its tokens; divide by the number of names.",
    lambda r, e, k: _each(r, e, k).sum() / counted(e).sum(),
    lambda r, e, k: _each(r, e, k).sum() / e.numel(),
    lambda r, e, k: (_each(r, e, k) / counted(e).sum(1)).mean(),
)
wrong("The sign is inverted: -log p of a name is positive.", lambda *given: -_answer()(*given))
wrong("This is in bits. Nats need the natural logarithm.", lambda *given: _answer()(*given) / math.log(2))
wrong("This is the sum over all names of test. Average over them.", lambda *given: _each(*given).sum())
wrong(
    "You average probabilities of names. Average -log p of the names.",
    lambda *given: -(-_each(*given)).exp().mean().log(),
    lambda *given: (-_each(*given)).exp().mean(),
)
wrong("Return one number: the average over all names of test.", _each)
