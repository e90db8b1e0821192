"""Exercise 10.6: derive what a method is worth in labels."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import product

import numpy as np
import torch
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer, Seen
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.one_number import one_number
from vae_lessons.exercises.lesson_10.worth_slips import (
    BASES,
    COMMON_SHARES,
    COUNT_LINES,
    HALFWAY,
    HEIGHTS,
    LINEAR,
    LINES,
    LOG_OF_A_FACTOR,
    NOT_EXPONENTIATED,
    OTHER_SCALES,
    OTHER_SHARES,
    PAIRS,
    REVERSED,
    Slips,
    answer_with,
    upper_place,
)


def worth_in_labels(counts: Tensor, accuracies: Tensor, reached: float) -> Tensor:
    """The number of labels at which a curve, (K,) counts and (K,) accuracies, has the accuracy reached."""
    upper = torch.searchsorted(accuracies, reached).clamp(min=1)
    lower = upper - 1
    t = (reached - accuracies[lower]) / (accuracies[upper] - accuracies[lower])
    log_count = counts[lower].log() + t * (counts[upper].log() - counts[lower].log())
    return log_count.exp()


def _case(counts: list[float], accuracies: list[float], reached: float) -> dict[str, Tensor | float]:
    return {"counts": torch.tensor(counts), "accuracies": torch.tensor(accuracies), "reached": reached}


FOUR = [20.0, 60.0, 400.0, 1000.0], [41.5, 58.25, 77.0, 82.75]
FIVE = [10.0, 50.0, 120.0, 700.0, 3000.0], [38.75, 61.5, 68.0, 79.25, 88.5]
SIX = [8.0, 25.0, 110.0, 280.0, 900.0, 5000.0], [33.25, 45.0, 66.75, 71.5, 84.0, 90.25]

WHAT = "the number of labels"
BETWEEN_POINTS = one_number(
    WHAT,
    _case([40.0, 250.0], [60.5, 82.25], 67.75),
    _case(*FOUR, 72.5),
    _case(*FIVE, 82.25),
    _case(*FIVE, 49.25),
    _case(*SIX, 69.0),
)
# Accuracies are multiples of a quarter, so that these are met exactly in any precision.
AT_POINTS = one_number(WHAT, _case(*FOUR, 58.25), _case(*FIVE, 88.5), _case(*FOUR, 41.5), _case(*SIX, 84.0))


def _probe(answer: Answer) -> Iterator[Seen]:
    """What is wrong between the points comes first: the same mistake shows in several ways at the points."""
    yield from BETWEEN_POINTS(answer)
    for seen in AT_POINTS(answer):
        yield replace(seen, aside=True)


EXERCISE = Exercise(
    number="10.6",
    title="Derive: what is it worth in labels?",
    task="""counts (K,) and accuracies (K,) are the learning curve of a plain classifier: numbers of labels,
    and the accuracy in per cent that it reaches with each. Both increase. With fewer labels, a method has got
    to the accuracy reached. How many labels would the plain classifier need for it? Between two neighbouring
    points of its curve, accuracy rises linearly with the logarithm of the count. Write
    worth_in_labels(counts, accuracies, reached), which returns this one number, not rounded. reached lies
    within the curve, and may coincide with any of its points, the first and the last included.""",
    minutes=10,
    difficulty=2,
    reference=worth_in_labels,
    probe=_probe,
    hints=(
        "Which two points of the curve does reached lie between? And against what is the curve a straight "
        "line there: the count, or its logarithm?",
        "Let t be the share of the way from the lower accuracy to the upper one at which reached lies. On a "
        "straight line the other axis has gone the same share of its way. Which axis is that?",
        "t = (reached - a0) / (a1 - a0) is also the share of the way from log c0 to log c1. Go as far there, "
        "and turn the logarithm back into a count.",
    ),
)


def _cross(*tables: Slips) -> None:
    """One slip of each table together, with the sentences of all."""
    for sentences in product(*tables):
        for parts in product(*(table[sentence] for table, sentence in zip(tables, sentences, strict=True))):
            merged = {name: wrong for part in parts for name, wrong in part.items()}
            EXERCISE.recognise(" ".join(sentences), answer_with(**merged))


EXERCISE.recognise(
    """Your function is right between the points of the curve. Where reached coincides with one of them,
    it is not. Does each point, the first and the last too, belong to one of your segments? Compare with
    <= there.""",
    lambda c, a, r: -1.0 if r in a else worth_in_labels(c, a, r),
)


def _fails(where: Callable[[Tensor, float], bool], failure: Callable[[], object] = lambda: None) -> Answer:
    return lambda c, a, r: failure() if where(a, r) else worth_in_labels(c, a, r)


EXERCISE.recognise(
    """Right, except where reached is the last accuracy of the curve: no segment of yours includes that
    point. Compare with <= on both sides.""",
    _fails(lambda a, r: r == a[-1]),
    _fails(lambda a, r: r == a[-1], lambda: torch.ones(5)[5]),
    _fails(lambda a, r: r == a[-1], lambda: np.ones(5)[5]),
    _fails(lambda a, r: r == a[-1], lambda: [][5]),
    _fails(lambda a, r: r == a[-1], lambda: next(iter([]))),
    _fails(lambda a, r: r == a[-1], lambda: np.ones(0)[0]),
    _fails(lambda a, r: r == a[-1], lambda: torch.ones(0)[0]),
)

EXERCISE.recognise(
    """Right, except where reached is the first accuracy of the curve: no segment of yours includes that
    point. Compare with <= on both sides.""",
    _fails(lambda a, r: r == a[0]),
    _fails(lambda a, r: r == a[0], lambda: [][0]),
    _fails(lambda a, r: r == a[0], lambda: next(iter([]))),
    _fails(lambda a, r: r == a[0], lambda: np.ones(0)[-1]),
    _fails(lambda a, r: r == a[0], lambda: torch.ones(0)[-1]),
    _fails(lambda a, r: r == a[0], lambda: torch.tensor(torch.nan)),
    _fails(lambda a, r: r == a[0], lambda: torch.tensor(torch.inf)),
)

EXERCISE.recognise(
    """Right, except where reached coincides with a point of the curve: with < on both sides, no segment
    includes its ends.""",
    _fails(lambda a, r: r in a),
    _fails(lambda a, r: r in a, lambda: [][0]),
    _fails(lambda a, r: r in a, lambda: next(iter([]))),
    _fails(lambda a, r: r in a, lambda: np.ones(0)[0]),
    _fails(lambda a, r: r in a, lambda: torch.ones(0)[0]),
)


COUNTS = {"up": lambda c: c, "down": lambda c: c}
OF_COUNTS: Slips = {
    sentence: tuple(slip | COUNTS for slip in slips) for sentence, slips in COUNT_LINES.items()
}


for table in (
    COMMON_SHARES,
    HALFWAY,
    OTHER_SHARES,
    PAIRS,
    LINEAR,
    NOT_EXPONENTIATED,
    LOG_OF_A_FACTOR,
    BASES,
    OTHER_SCALES,
    HEIGHTS,
    LINES,
    OF_COUNTS,
):
    _cross(table)
_cross(LINEAR, COMMON_SHARES | HALFWAY | OTHER_SHARES)
_cross(LINEAR, PAIRS)
_cross(NOT_EXPONENTIATED, PAIRS)
_cross(NOT_EXPONENTIATED, REVERSED)
_cross(BASES, PAIRS)
_cross(BASES, REVERSED)
_cross(PAIRS, REVERSED)


# Of the right number, counts, accuracies and reached.
Change = Callable[[Tensor, Tensor, Tensor, float], object]


def _after(change: Change, linear: bool = False) -> Answer:
    """An answer that makes something else of the right number, or of the one by a line in the counts."""
    first = answer_with(**COUNTS) if linear else worth_in_labels
    return lambda c, a, r: change(first(c, a, r), c, a, r)


AFTER: dict[str, tuple[Change, ...]] = {
    "You round. The task asks for the number as it is.": (
        lambda w, c, a, r: w.round(),
        lambda w, c, a, r: w.floor(),
        lambda w, c, a, r: w.ceil(),
        lambda w, c, a, r: w.round(decimals=1),
    ),
    "This is a multiple of the first count. The task asks for the number of labels itself.": (
        lambda w, c, a, r: w / c[0],
    ),
    "This is a share of the last count. The task asks for the number of labels itself.": (
        lambda w, c, a, r: w / c[-1],
    ),
    "This is the count of a point divided by the number asked for. Return the number itself.": (
        lambda w, c, a, r: c[-1] / w,
        lambda w, c, a, r: c[0] / w,
        lambda w, c, a, r: c[upper_place(a, r)] / w,
        lambda w, c, a, r: c[upper_place(a, r) - 1] / w,
    ),
    "This is a difference to the count of a point. The task asks for the number of labels itself.": (
        lambda w, c, a, r: w - c[0],
        lambda w, c, a, r: c[-1] - w,
        lambda w, c, a, r: c[0] - w,
        lambda w, c, a, r: w - c[upper_place(a, r) - 1],
        lambda w, c, a, r: c[upper_place(a, r)] - w,
    ),
    "You divide by 100, or multiply by it. Only the accuracies are in per cent, and their ratio is not.": (
        lambda w, c, a, r: w / 100,
        lambda w, c, a, r: 100 * w,
    ),
    "The sign is wrong: a number of labels is positive.": (lambda w, c, a, r: -w,),
    "This is one over the number of labels.": (lambda w, c, a, r: 1 / w,),
    "This is the square or the root of the number of labels.": (
        lambda w, c, a, r: w**2,
        lambda w, c, a, r: w**0.5,
    ),
}

for sentence, changes in AFTER.items():
    EXERCISE.recognise(sentence, *(_after(change) for change in changes))
    for one in LINEAR:
        EXERCISE.recognise(f"{one} {sentence}", *(_after(change, linear=True) for change in changes[:3]))


EXERCISE.recognise(
    """You return a point of the curve. reached lies between two of them: go a share of the way.""",
    lambda c, a, r: c[upper_place(a, r)],
    lambda c, a, r: c[upper_place(a, r) - 1],
    lambda c, a, r: c[(a - r).abs().argmin()],
)

EXERCISE.recognise(
    """Your number is the count of the first or of the last point, whatever reached is. Do you look up
    reached on the same scale as the accuracies?""",
    lambda c, a, r: c[0],
    lambda c, a, r: c[-1],
)

EXERCISE.recognise(
    """You multiply the count of the last or the first point by a ratio of accuracies. Accuracy rises with
    the logarithm of the count, and only the two points around reached count.""",
    lambda c, a, r: c[-1] * r / a[-1],
    lambda c, a, r: c[0] * r / a[0],
)

EXERCISE.recognise(
    """This is the share of the way between the two points. Go this share of the way between the
    logarithms of their counts.""",
    answer_with(up=torch.zeros_like, line=lambda x0, x1, t: t, down=lambda x: x),
    answer_with(up=torch.zeros_like, line=lambda x0, x1, t: 100 * t, down=lambda x: x),
    answer_with(up=torch.zeros_like, line=lambda x0, x1, t: 1 - t, down=lambda x: x),
)

EXERCISE.recognise(
    """This is the place of a point in the curve. The task asks for a number of labels.""",
    lambda c, a, r: upper_place(a, r),
    lambda c, a, r: upper_place(a, r) - 1,
    lambda c, a, r: (a - r).abs().argmin(),
)

EXERCISE.recognise(
    """This is an accuracy, or a difference of two. reached is an accuracy, and the task asks for a number
    of labels: look it up among the accuracies, np.interp(x, xp, fp) with the accuracies as xp.""",
    lambda c, a, r: r,
    lambda c, a, r: a[upper_place(a, r)],
    lambda c, a, r: a[upper_place(a, r) - 1],
    lambda c, a, r: a[-1],
    lambda c, a, r: r - a[0],
    lambda c, a, r: np.interp(r, c, a),
    lambda c, a, r: np.interp(np.log(r), np.log(c), a),
    lambda c, a, r: np.interp(np.log(r), c, a),
)

EXERCISE.recognise(
    """You exchange the axes: counts or their logarithms come in where accuracies belong, so exp is of an
    accuracy.""",
    lambda c, a, r: np.exp(np.interp(r, c, a)),
    lambda c, a, r: np.exp(np.interp(np.log(r), np.log(c), a)),
    lambda c, a, r: np.exp(np.interp(r, np.log(c), a)),
)

EXERCISE.recognise(
    """The task asks for one number: with how many labels the plain classifier would reach this accuracy.""",
    lambda c, a, r: (worth_in_labels(c, a, r), r),
)


def _fit(x: Callable, y: Callable, degree: int | None, down: Callable) -> tuple[Answer, ...]:
    """One polynomial for all points, in both precisions; degree None: through every point."""

    def answer(counts: Tensor, accuracies: Tensor, reached: float, precise: bool) -> float:
        c, a = (one.double().numpy() if precise else one.numpy() for one in (counts, accuracies))
        return down(np.polyval(np.polyfit(x(a), y(c), len(c) - 1 if degree is None else degree), x(reached)))

    return tuple(partial(answer, precise=precise) for precise in (True, False))


def _inverted_fit(scale: Callable, down: Callable) -> Answer:
    """A line of accuracy against counts, solved for the count."""

    def answer(counts: Tensor, accuracies: Tensor, reached: float) -> float:
        slope, start = np.polyfit(scale(counts.numpy()), accuracies.numpy(), 1)
        return down((reached - start) / slope)

    return answer


def _as_it_is(x: object) -> object:
    return x


FITS: dict[str, list[Answer]] = {
    "": [
        *(fit for degree in (1, 2, 3, None) for fit in _fit(_as_it_is, np.log, degree, np.exp)),
        *(fit for degree in (1, 2, None) for fit in _fit(np.log, np.log, degree, np.exp)),
        _inverted_fit(np.log, np.exp),
    ],
    "It is fitted to the counts themselves, and accuracy rises with their logarithm.": [
        *(fit for degree in (1, 2, 3, None) for fit in _fit(_as_it_is, _as_it_is, degree, _as_it_is)),
        _inverted_fit(_as_it_is, _as_it_is),
    ],
    "What you return is a logarithm.": [
        *(fit for log in (np.log, np.log10) for fit in _fit(_as_it_is, log, 1, _as_it_is)),
        _inverted_fit(np.log, _as_it_is),
        _inverted_fit(np.log10, _as_it_is),
    ],
}

for sentence, fits in FITS.items():
    EXERCISE.recognise(
        "You fit one curve to all points. Draw straight lines between neighbours instead: only the two "
        f"around reached count. {sentence}".strip(),
        *fits,
    )


def _whole(c: Tensor, a: Tensor, r: float) -> Tensor:
    return (r - a[0]) / (a[-1] - a[0])


EXERCISE.recognise(
    """Your share of the way is one of the whole curve, but the counts are those of two neighbours. Take
    both from the same two points.""",
    lambda c, a, r: (
        c[upper_place(a, r) - 1] * (c[upper_place(a, r)] / c[upper_place(a, r) - 1]) ** _whole(c, a, r)
    ),
)


def _changed(*places: int) -> Answer:
    """The right number, by an answer that writes into these of its arguments."""

    def answer(*arguments: object) -> Tensor:
        result = worth_in_labels(*arguments)
        for place in places:
            arguments[place].log_()
        return result

    return answer


EXERCISE.recognise(
    """The number is right, but you change a tensor that was passed in, and whatever uses it next gets
    other values: log_ and -= write into it.""",
    _changed(0),
    _changed(1),
    _changed(0, 1),
)
