"""Strings as tensors of tokens, and back."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a kind of strings, in a fixed order, and the length (in tokens) of all its tensors.

    The first token ends a string and fills what is left. A string is a sequence of tokens, like "ann" or ["C", "Cl"].

    >>> letters = Vocabulary(tuple(".abc"), length=4)
    >>> letters.to_tensor(["ab"]).tolist(), letters.to_strings(torch.tensor([[1, 2, 0, 3]]))
    ([[1, 2, 0, 0]], ['ab'])
    """

    tokens: tuple[str, ...]
    length: int

    def __len__(self) -> int:
        return len(self.tokens)

    def __repr__(self) -> str:
        return (
            f"Vocabulary({len(self)} tokens, strings of at most {self.length - 1}: {' '.join(self.tokens)})"
        )

    def to_tensor(self, strings: Sequence[Sequence[str]]) -> Tensor:
        """Strings as tokens (N, T) int64. Raises ValueError for an unknown token and for a string without end."""
        numbers = {token: n for n, token in enumerate(self.tokens) if n}  # the end is no token of a string
        rows = []
        for string in strings:
            unknown = [token for token in string if token not in numbers]
            if unknown:
                raise ValueError(
                    f"{string!r} has the token {unknown[0]!r}, which is not known.\n"
                    f"Known are {' '.join(numbers)}."
                )
            if len(string) >= self.length:
                raise ValueError(
                    f"{string!r} has {len(string)} tokens, and there is room for {self.length - 1} and the end."
                )
            rows.append([numbers[token] for token in string] + [0] * (self.length - len(string)))
        return torch.tensor(rows, dtype=torch.int64).view(-1, self.length)

    def to_strings(self, x: Tensor) -> list[str]:
        """Tokens (N, T) as strings, each of which ends before its first 0."""
        rows = (row[: row.index(0)] if 0 in row else row for row in x.tolist())
        return ["".join(self.tokens[number] for number in row) for row in rows]


def check_tokens(strings: Tensor) -> Tensor:
    """The same strings; raises TypeError or ValueError with the fix unless they are tokens (N, T) int64, N > 0."""
    if not isinstance(strings, Tensor) or strings.dtype != torch.int64:
        kind = strings.dtype if isinstance(strings, Tensor) else type(strings).__name__
        raise TypeError(
            f"strings must be a tensor of tokens (N, T) in int64, not {kind}.\n"
            "vocabulary.to_tensor(strings) makes one."
        )
    if strings.ndim != 2 or strings.numel() == 0:
        raise ValueError(
            f"strings must have the shape (N, T), with at least one of them, but have {tuple(strings.shape)}.\n"
            "vocabulary.to_tensor(strings) makes such a tensor."
        )
    if strings.min() < 0:
        raise ValueError("some tokens are below 0; they count from 0.")
    return strings
