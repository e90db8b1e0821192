"""First names of the United States census of 1990, as tokens: letters."""

from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from vae_lessons.data.vocabulary import Vocabulary

NAMES = Path(__file__).with_suffix(".txt")
LETTERS = Vocabulary(tuple(".abcdefghijklmnopqrstuvwxyz"), length=12)  # the longest name has 11


@cache
def first_names() -> tuple[str, ...]:
    """All 5,163 distinct names, in lower case, in the order of the alphabet."""
    return tuple(NAMES.read_text(encoding="ascii").split())


def load_names(test: int = 500) -> tuple[Tensor, Tensor]:
    """Training and test names as tokens, (N, 12) and (test, 12) int64: the same split each time."""
    x = LETTERS.to_tensor(first_names())
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(0))
    return x[order[test:]], x[order[:test]]
