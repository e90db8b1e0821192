"""What exercise 10.7 looks at: how many codes of three data sets get their class, and where others go."""

import math
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, equal

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor, in_words
from vae_lessons.exercises.engine.probes import attempt

GOAL = 0.95  # of the new codes in each data set
GIVEN = "three data sets, with 3, 4 and 3 classes"
LONG, WIDE, APART = 2.3, 0.15, 2.0  # standard deviations along and across a cloud, distance of neighbours
SHIFT = 0.4  # of every other cloud along its length


@dataclass(frozen=True)
class Clouds:
    """Codes from long clouds that lie side by side: a data set of the exercise, and what is known of it."""

    x: Tensor  # (N, 2), two a class
    y: Tensor  # (N,)
    unlabelled: Tensor  # (M, 2)
    new: Tensor  # (P, 2)
    hidden: Tensor  # (M,), the classes of the unlabelled
    true: Tensor  # (P,), those of the new
    along: Tensor  # (P,), where a new code lies along the clouds

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return len(self.y) // 2

    @property
    def handed(self) -> dict[str, Tensor]:
        """Copies of what an answer is called with."""
        parts = {"x": self.x, "y": self.y, "unlabelled": self.unlabelled, "new": self.new}
        return {name: part.clone() for name, part in parts.items()}


def clouds(
    seed: int, sizes: tuple[int, ...], turn: float, fan: float, labelled: tuple[float, float]
) -> Clouds:
    """As many codes without a label in each cloud as sizes says, and four new ones for every five of these.

    turn: the angle of the clouds; fan: by how much one is turned against the next; labelled: how far from the
    middle of its cloud a labelled code lies, for every other class on the other side. So those alone mislead.
    """
    generator = torch.Generator().manual_seed(seed)
    outer = torch.special.ndtr(torch.tensor(-1.9)).item()  # longer tails would be too thin to follow

    def cloud(k: int, along: Tensor, across: Tensor) -> Tensor:
        place = k - (len(sizes) - 1) / 2
        angle, side = turn + fan * place, (-1) ** k
        along = side * SHIFT + along
        middle = APART * place * torch.tensor([-math.sin(turn), math.cos(turn)])
        return middle + torch.stack(
            [
                along * math.cos(angle) - across * math.sin(angle),
                along * math.sin(angle) + across * math.cos(angle),
            ],
            1,
        )

    def drawn(share: float) -> tuple[Tensor, Tensor]:
        codes = []
        for k, size in enumerate(sizes):
            n = round(share * size)
            level = (torch.arange(n) + torch.rand(n, generator=generator)) / n  # evenly, so that no gap opens
            along = LONG * torch.special.ndtri(outer + (1 - 2 * outer) * level)
            codes.append(cloud(k, along, WIDE * torch.randn(n, generator=generator)))
        return mixed(codes)

    def mixed(codes: list[Tensor]) -> tuple[Tensor, Tensor]:
        classes = torch.cat([torch.full((len(one),), k) for k, one in enumerate(codes)])
        order = torch.randperm(len(classes), generator=generator)
        return torch.cat(codes)[order], classes[order]

    unlabelled, hidden = drawn(1)
    new, true = drawn(0.8)
    x, y = mixed(
        [
            cloud(k, (-1) ** k * torch.tensor(labelled), WIDE * torch.tensor([-1.0, 1.0]))
            for k in range(len(sizes))
        ]
    )
    along = new @ torch.tensor([math.cos(turn), math.sin(turn)])
    return Clouds(x, y, unlabelled, new, hidden, true, along)


CASES = (
    clouds(22, (75, 95, 60), turn=0.6, fan=0.0, labelled=(0.7, 0.3)),
    clouds(0, (90, 110, 80, 100), turn=-0.9, fan=0.05, labelled=(0.6, 0.2)),
    clouds(4, (100, 80, 260), turn=2.0, fan=0.0, labelled=(0.8, 0.4)),
)


def classes_probe(answer: Answer) -> Iterator[Seen]:
    """A probe that names what was returned: "right", or what is wrong with it, over all data sets."""
    runs, changed = [], []
    for case in CASES:
        run = Run(answer, case)
        returned, failed = attempt(run.call, GIVEN)
        if failed or returned is None:
            yield _of_error(failed) if failed else Seen("the result", "None", GIVEN)
            return
        changed += run.changed
        run.labels = labels_in(returned, case)
        runs.append(run)
    kind = _kind_of_all(runs)
    words = "at least 95 % right in each" if kind == "right" else _in_words(runs, returned)
    yield Seen("the labels", kind, GIVEN, words=words)
    names = f"changed: {', '.join(dict.fromkeys(changed))}" if changed else "as they were"
    yield Seen(
        "the inputs after the call", "changed" if changed else "as they were", GIVEN, words=names, aside=True
    )


def _in_words(runs: list["Run"], last: object) -> str:
    """The shares that are right; or what the last data set gave where that is no label for each new code."""
    if all(isinstance(run.labels, Tensor) for run in runs):
        return f"{', '.join(f'{100 * run.share:.0f} %' for run in runs)} right"
    found = as_tensor(last)
    if isinstance(found, str) or tuple(found.shape) == (len(runs[-1].case.new),):
        return in_words(found)
    return f"shape {tuple(found.shape)}, for {len(runs[-1].case.new)} new codes"


class Run:
    """An answer, a data set, and the labels that come out of it."""

    def __init__(self, answer: Answer, case: Clouds) -> None:
        self.answer, self.case = answer, case
        self.drawn = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
        self.labels: Tensor | str = ""
        self.changed: list[str] = []

    def call(self) -> object:
        handed = self.case.handed
        returned = self.answer(*handed.values())
        self.changed = [name for name, part in handed.items() if not equal(part, getattr(self.case, name))]
        return returned

    @property
    def share(self) -> float:
        """How many of the new codes get their class."""
        return 0.0 if isinstance(self.labels, str) else _agreement(self.labels, self.case.true)

    def again(self, **other: Tensor) -> Tensor:
        """The labels of another call, -1 everywhere if it fails; with other parts it draws the same."""
        if other:
            torch.set_rng_state(self.drawn[0])
            np.random.set_state(self.drawn[1])  # noqa: NPY002
            random.setstate(self.drawn[2])
        handed = self.case.handed | other
        returned, failed = attempt(lambda: self.answer(*handed.values()), GIVEN)
        labels = "" if failed else labels_in(returned, self.case)
        return torch.full_like(self.case.true, -1) if isinstance(labels, str) else labels


def labels_in(returned: object, case: Clouds) -> Tensor | str:
    """What was returned as whole numbers (P,), or words for what it is instead."""
    while isinstance(returned, list | tuple) and len(returned) == 1:
        returned = returned[0]
    if isinstance(returned, list | tuple) and any(isinstance(one, Tensor | np.ndarray) for one in returned):
        parts = [as_tensor(one) for one in returned]
        if not all(isinstance(one, Tensor) and one.numel() == 1 for one in parts):
            return "several results"
        returned = torch.stack([one.reshape(()) for one in parts])
    labels = as_tensor(returned)
    if isinstance(labels, str):
        return "no labels"
    n, m, p, k = len(case.x), len(case.unlabelled), len(case.new), case.classes
    if tuple(labels.shape) != (p,):
        shapes = {
            "one number": [(), (1,)],
            "a column": [(p, 1), (1, p)],
            "a number a class": [(p, k), (k, p)],
            "a number a labelled code": [(p, n), (n, p)],
            "of the unlabelled": [(m,), (m, 1), (m, k), (n + m,)],
            "of all": [(n + m + p,), (m + p,), (n + p,), (n + m + p, k), (m + p, k)],
            "of the labelled": [(n,), (n, k)],
            "codes": [(p, 2)],
        }
        return next((kind for kind, some in shapes.items() if tuple(labels.shape) in some), "another shape")
    if not labels.isfinite().all():
        return "NaN"
    if not equal(labels, labels.round()):
        return "no whole numbers"
    return labels.long()


def _of_error(failed: Seen) -> Seen:
    """An error, by its reason where that is known."""
    said = str(failed.error).lower()
    if any(
        word in said for word in ("singular", "positive-definite", "positivedefinite", "covariance_matrix")
    ):
        return Seen(
            failed.what, "a covariance without an inverse", GIVEN, error=failed.error, words=failed.value
        )
    return failed


REGIONS = ("merged", "nearly", "round", "far", "wrong")  # kinds that depend on where which label stands


def _kind_of_all(runs: list[Run]) -> str:
    kinds = [_kind(run) for run in runs]
    wrong = [(run, kind) for run, kind in zip(runs, kinds, strict=True) if kind != "right"]
    if not wrong:
        return "right"
    kind = Counter(kind for _, kind in wrong).most_common(1)[0][0]
    if kind not in REGIONS:
        return kind
    unclear = [run for run, one in wrong if one in REGIONS]
    return _by_another_call(unclear, kind) or _by_all(unclear, kinds) or kind


def _by_another_call(wrong: list[Run], kind: str) -> str:
    """What more calls show, one of them with the unlabelled codes turned by a right angle."""
    first, guessed = wrong[0], [_as_guessed(run) for run in wrong]
    middle = first.case.unlabelled.mean(0)
    turned = (first.case.unlabelled - middle).flip(1) * torch.tensor([1.0, -1.0]) + middle
    kept = _agreement(first.again(unlabelled=turned), first.labels)
    if kept == 1:
        return "unused"
    later = [(run.again(), run) for run in wrong]
    changed = min(_agreement(labels, run.labels) for labels, run in later) < 0.97
    if changed and any(_agreement(labels, run.case.true) >= GOAL for labels, run in later):
        return "chance"
    hardly_used = kept > 0.925 and guessed[0] > 0.8 and first.share < 0.8
    if hardly_used or sum(guessed) / len(wrong) >= 0.92:
        return "guess"
    if kind == "round" and all(_is_round(labels, run.case) for labels, run in later):  # however it begins
        return ""
    return "chance" if changed else ""


def _by_all(wrong: list[Run], kinds: list[str]) -> str:
    """What the data sets that go wrong have in common."""
    if kinds[0] == kinds[2] == "right" and wrong[0].labels.max() == 2:
        return "three classes"
    if kinds[:2] == ["right", "right"]:
        return "unequal"
    return "wrong" if kinds.count("right") == 2 and "round" in kinds else ""  # round clusters fail everywhere


def _as_guessed(run: Run) -> float:
    """How many labels are what the labelled codes alone suggest in one way or another."""
    return max(_agreement(run.labels, guess) for guess in _guesses(run.case))


def _kind(run: Run) -> str:
    """What the labels of one data set are: the first that fits."""
    labels, case = run.labels, run.case
    if isinstance(labels, str):
        return labels
    if run.share >= GOAL:
        return "right"
    n = len(labels)
    known, values = torch.cat([case.y, case.hidden]), labels.unique()
    tests: dict[str, Callable[[], bool]] = {
        "constant": lambda: len(values) == 1,
        "from 1": lambda: _agreement(labels - 1, case.true) >= GOAL,
        "places": lambda: _are_places(labels, case),
        "noise": lambda: bool((labels == -1).any()),
        "names": lambda: len(values) <= 40 and _agreement(_by_majority(labels, case.true), case.true) >= GOAL,
        "beyond": lambda: bool((labels < 0).any() or (labels >= case.classes).any()),
        "of the unlabelled": lambda: any(
            _agreement(labels, one) >= GOAL for one in (case.hidden[:n], case.hidden[-n:], known[:n])
        ),
        "order": lambda: _scattered(labels, case) and _counts_alike(labels, case.true),
        "random": lambda: _scattered(labels, case),
        "merged": lambda: _agreement(_by_majority(case.true, labels), labels) >= GOAL,
        "nearly": lambda: run.share >= 0.85,
        "round": lambda: _is_round(labels, case),
        "far": lambda: _right_nearby(labels, case),
    }
    return next((kind for kind, test in tests.items() if test()), "wrong")


def _agreement(labels: Tensor, others: Tensor) -> float:
    return (labels == others).double().mean().item()


def _by_majority(labels: Tensor, classes: Tensor) -> Tensor:
    """For each code the class that is most frequent among those with its label."""
    result = torch.empty_like(classes)
    for label in labels.unique():
        result[labels == label] = classes[labels == label].mode().values
    return result


def _are_places(labels: Tensor, case: Clouds) -> bool:
    """Whether these are places of labelled codes: of those with the right class, or of the nearest ones."""
    if labels.min() < 0 or not case.classes <= labels.max() < len(case.y):
        return False
    nearest = torch.cdist(case.new, case.x).argmin(1)
    return _agreement(case.y[labels], case.true) >= GOAL or _agreement(labels, nearest) >= GOAL


def _scattered(labels: Tensor, case: Clouds) -> bool:
    """Whether codes that lie side by side have different labels."""
    apart = torch.cdist(case.new, case.new).fill_diagonal_(math.inf)
    return _agreement(labels, labels[apart.argmin(1)]) < 0.8


def _counts_alike(labels: Tensor, classes: Tensor) -> bool:
    """Whether each class has nearly as many codes."""
    return _agreement(labels.sort().values, classes.sort().values) > 0.96


def _right_nearby(labels: Tensor, case: Clouds) -> bool:
    """Whether the codes close to a labelled one of their class are right."""
    apart = torch.cdist(case.new, case.x).masked_fill(case.true[:, None] != case.y, math.inf)
    near = apart.amin(1) < 0.6
    return _agreement(labels[near], case.true[near]) >= GOAL


def _is_round(labels: Tensor, case: Clouds) -> bool:
    """Whether most codes have the label whose codes have the nearest mean."""
    values = labels.unique()
    means = torch.stack([case.new[labels == value].mean(0) for value in values])
    return _agreement(values[torch.cdist(case.new, means).argmin(1)], labels) >= 0.89


def _guesses(case: Clouds) -> list[Tensor]:
    """What the labelled codes alone suggest: the nearest one, the nearest mean, straight lines between."""
    column = torch.ones(len(case.x), 1)
    targets = torch.nn.functional.one_hot(case.y).float()
    weight = torch.linalg.lstsq(torch.cat([case.x, column], 1), targets).solution
    means = torch.stack([case.x[case.y == k].mean(0) for k in range(case.classes)])
    spread = case.x - means[case.y]
    scale = torch.linalg.cholesky(spread.T @ spread / len(spread) + 0.01 * torch.eye(2)).inverse().T
    return [
        case.y[torch.cdist(case.new, case.x).argmin(1)],
        torch.cdist(case.new, means).argmin(1),
        torch.cdist(case.new @ scale, means @ scale).argmin(1),
        (torch.cat([case.new, torch.ones(len(case.new), 1)], 1) @ weight).argmax(1),
    ]
