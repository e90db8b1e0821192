"""Stored runs of lesson 11: what the codes of names hold, and what a search among molecules finds."""

from dataclasses import dataclass
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

RUNS = Path(__file__).with_suffix(".safetensors")  # written by tests/benchmarks/strings.py


@dataclass(frozen=True, repr=False, eq=False)
class StringRuns:
    """Measured under several seeds R: other weights at the start, other batches, other starting molecules.

    names: for each way of training, (R, measures) on test names; the measures are named, nats per name or per cent.
    ngrams: nats per test name of counts of 1 to 6 letters. kinds: of strings, "selfies" and "smiles".
    """

    measures: tuple[str, ...]
    names: dict[str, Tensor]
    ngrams: Tensor  # (6,)
    fit: Tensor  # (kinds, R, 2): test molecules written exactly, %; R^2 of their predicted logP
    samples: (
        Tensor  # (kinds, R, 3, 4) in %: likeliest, drawn, random tokens; molecules, allowed, distinct, new
    )
    walks: (
        Tensor  # (kinds, R, 2, steps + 1, 4): free or near the prior; predicted, true, molecules %, allowed %
    )
    search: dict[str, Tensor]  # method -> (2, R, 5), logP and QED: best, predicted, true, allowed %, distinct
    kinds: tuple[str, ...] = ("selfies", "smiles")

    def __repr__(self) -> str:
        seeds = self.fit.shape[1]
        return (
            f"StringRuns({seeds} seeds; {len(self.names)} ways to train; {len(self.search)} ways to search)"
        )


def string_runs() -> StringRuns:
    """The stored runs."""
    with safe_open(RUNS, "pt") as file:
        words = {name: tuple(text.split("\n")) for name, text in file.metadata().items()}
        found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, it is no mapping
    return StringRuns(
        measures=words["measures"],
        names=dict(zip(words["cures"], found["names"], strict=True)),
        ngrams=found["ngrams"],
        fit=found["fit"],
        samples=found["samples"],
        walks=found["walks"],
        search=dict(zip(words["methods"], found["search"].transpose(0, 1), strict=True)),
    )
