"""Stored runs of lesson 10: how accurate a classifier of drawn digits gets from few labels, by what it learned from."""

from dataclasses import dataclass
from pathlib import Path

from safetensors import safe_open
from torch import Tensor

RUNS = Path(__file__).with_suffix(".safetensors")  # written by tests/benchmarks/few_labels.py


@dataclass(frozen=True, repr=False, eq=False)
class FewLabelRuns:
    """Test accuracies in per cent, each of several seeds R: other labelled images, other initial weights.

    labels: how many labelled images there were in all, as many of each digit. weights: which share of every batch a
    conditional VAE made that had been trained on the same labelled images. steps: how long that VAE was trained in
    `lengths`, at 100 labels and half of every batch, and in `shared`; in `mixing` it took 1,000 steps, in `rare` 600.
    """

    labels: tuple[int, ...]
    weights: tuple[float, ...]
    steps: tuple[int, ...]
    mixing: Tensor  # (labels, weights, 2, R): images as they are, and shifted and sheared at each step
    lengths: Tensor  # (steps, R)
    curve_labels: tuple[int, ...]
    curve: Tensor  # (curve_labels, 2, R): from labelled images alone, as they are, and shifted and sheared
    methods: dict[str, Tensor]  # name -> (labels, R): other ways to use these labels
    rare: dict[
        str, Tensor
    ]  # name -> (digits, R, 2) with 10 images of a digit, 200 of others: found, all right
    shared_real: Tensor  # (R,) from 500 images
    shared: (
        Tensor  # (steps, 2, R) from images made by a conditional VAE of these: right, and nearer to these, %
    )
    real: Tensor  # (labels, 10, 28, 28) uint8: one labelled image of each digit
    made: Tensor  # (labels, 10, 28, 28) uint8: what the conditional VAE made for each digit

    def __repr__(self) -> str:
        return (
            f"FewLabelRuns({self.mixing.shape[-1]} seeds; {', '.join(map(str, self.labels))} labels; "
            f"{len(self.weights)} mixing weights; {len(self.methods)} other methods)"
        )


def few_label_runs() -> FewLabelRuns:
    """The stored runs, which the course measured on drawn digits."""
    with safe_open(RUNS, "pt") as file:
        names = {kind: file.metadata()[kind].split("\n") for kind in ("methods", "rare")}
        found = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118, it is no mapping
    return FewLabelRuns(
        labels=tuple(found["labels"].tolist()),
        weights=tuple(found["weights"].tolist()),
        steps=tuple(found["steps"].tolist()),
        mixing=found["mixing"],
        lengths=found["lengths"],
        curve_labels=tuple(found["curve_labels"].tolist()),
        curve=found["curve"],
        methods=dict(zip(names["methods"], found["methods"], strict=True)),
        rare=dict(zip(names["rare"], found["rare"], strict=True)),
        shared_real=found["shared_real"],
        shared=found["shared"],
        real=found["real"],
        made=found["made"],
    )
