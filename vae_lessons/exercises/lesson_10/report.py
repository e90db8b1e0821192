"""Exercise 10.5: the number that goes into the report."""

from collections.abc import Callable, Iterator
from itertools import product

import torch
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer, Seen
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.one_number import number_in
from vae_lessons.exercises.engine.probes import look
from vae_lessons.exercises.lesson_10.report_slips import (
    BEST_TEST_MEAN,
    BY_THE_MEDIAN,
    COMMON_MIXES,
    COMMON_ROWS,
    COMMON_SPREADS,
    EXTREMES,
    LOOKED_UP,
    MEAN,
    MEDIANS,
    MIXED_SPREADS,
    OTHER_MEANS,
    OTHER_PICKS,
    OTHER_ROWS,
    OTHER_SPREADS,
    OTHER_SPREADS_OF,
    OVERALL_MEAN,
    RIGHT,
    SINGLE_RUNS,
    SPREADS_OF_ONE_NUMBER,
    STD,
    STD_WITH_R,
    VALIDATION_MEAN,
    VALIDATION_ROWS,
    VALIDATION_SPREADS,
    Pick,
    Summary,
)


def report(validation: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and sample standard deviation over the seeds, on test images, of the setting that validation
    chooses."""
    best = validation.mean(1).argmax()  # (S, R) -> (S,) -> one place
    return test[best].mean(), test[best].std()


def _table(seed: int, settings: int, seeds: int) -> dict[str, Tensor]:
    """Accuracies far enough apart that another setting is no close approximation."""
    generator = torch.Generator().manual_seed(seed)
    level = 60 + 4 * torch.randn(settings, 1, generator=generator)
    noise = 4 + 12 * torch.rand(settings, 1, generator=generator)
    tables = [level + noise * torch.randn(settings, seeds, generator=generator) for _ in range(2)]
    return dict(zip(("validation", "test"), (table.mul(10).round() / 10 for table in tables), strict=True))


SMALL = {
    "validation": torch.tensor([[78.0, 84.1], [82.2, 82.7], [79.5, 80.4], [81.2, 81.9]]),
    "test": torch.tensor([[77.1, 79.3], [80.2, 82.0], [84.8, 78.4], [81.7, 82.9]]),
}
INPUTS = (SMALL, _table(958, 4, 5), _table(1098, 7, 4), _table(961, 6, 3), _table(13, 4, 6))


def _probe(answer: Answer) -> Iterator[Seen]:
    for inputs in INPUTS:
        yield from look(
            lambda *tables: _two(answer(*tables)),
            inputs,
            ("the mean", "the standard deviation"),
            tolerance=5e-4,
            reading=lambda number, _: (number, ""),
        )


def _two(returned: object) -> list[Tensor | str] | None:
    """Two numbers, in whatever they are wrapped; words in their place for anything else."""
    if returned is None:
        return None
    several = isinstance(returned, list | tuple) or getattr(returned, "ndim", 0) > 0
    if several and len(returned) == 2:
        return [number_in(part) for part in returned]
    alone = number_in(returned)
    return 2 * [alone if isinstance(alone, str) else "one number"]


EXERCISE = Exercise(
    number="10.5",
    title="Read: the number that goes into the report",
    task="""Several settings were tried, each of them under several seeds. validation (S, R) and test (S, R)
    hold the accuracies of S settings under R seeds, in per cent, on the validation and the test images. The
    report names one setting: the one with the highest mean over the seeds on the validation images. Write
    report(validation, test), which returns two numbers, not rounded: the mean and the standard deviation,
    over the seeds, of this setting's accuracies on the test images. Take the sample standard deviation, which
    divides by R - 1.""",
    minutes=5,
    difficulty=2,
    reference=report,
    probe=_probe,
    hints=(
        "Which of the two tables may choose the setting, and which one do you look at only afterwards?",
        "Average each row of validation over the seeds. The row with the highest mean is the setting. The "
        "table test has no say in this.",
        "argmax gives the place of the highest row mean. Take that row of test, R numbers, and return their "
        "mean and standard deviation: torch.std divides by R - 1, np.std by R unless you give it ddof=1.",
    ),
)


def _pair(sentence: str, first: Answer, second: Answer) -> None:
    EXERCISE.recognise(sentence, lambda v, t: (first(v, t), second(v, t)))


def _of(pick: Pick, summary: Summary) -> Answer:
    return lambda v, t: summary(pick(v, t))


def _row(v: Tensor, t: Tensor) -> Tensor:
    return t[v.mean(1).argmax()]


def _cross(picks: dict, means: dict, spreads: dict) -> None:
    """All pairs of a mean and a spread of these accuracies, with a sentence for each thing that is wrong."""
    for one, two, three in product(picks, means, spreads):
        sentence = " ".join(filter(None, (one, two, three)))
        for pick, mean, spread in product(picks[one], means[two], spreads[three]):
            _pair(sentence, _of(pick, mean), _of(pick, spread))


def _mixed(firsts: dict, seconds: dict, spreads: dict) -> None:
    """All pairs of a mean of one kind of accuracies and a spread of another kind."""
    for one, two, three in product(firsts, seconds, spreads):
        sentence = " ".join(filter(None, (one, two, three)))
        for first, second, spread in product(firsts[one], seconds[two], spreads[three]):
            _pair(sentence, _of(first, torch.mean), _of(second, spread))


EITHER_STD = STD | STD_WITH_R

_cross(COMMON_ROWS | VALIDATION_ROWS | COMMON_MIXES, MEAN, STD | COMMON_SPREADS)
_cross(OTHER_ROWS | OTHER_PICKS, MEAN, EITHER_STD)
_cross(LOOKED_UP, MEAN, STD)
_cross(RIGHT, MEAN, COMMON_SPREADS | OTHER_SPREADS | SPREADS_OF_ONE_NUMBER)
_cross(RIGHT, MEDIANS | EXTREMES, STD | COMMON_SPREADS | SPREADS_OF_ONE_NUMBER)
_cross(RIGHT, OTHER_MEANS, EITHER_STD)
_cross(COMMON_ROWS | VALIDATION_ROWS, MEDIANS | EXTREMES, EITHER_STD)
_cross(BY_THE_MEDIAN, MEDIANS, STD)

_mixed(RIGHT, VALIDATION_SPREADS | MIXED_SPREADS | OTHER_SPREADS_OF, EITHER_STD)
_mixed(VALIDATION_MEAN | OVERALL_MEAN | BEST_TEST_MEAN | SINGLE_RUNS, RIGHT, STD | COMMON_SPREADS)
_mixed(VALIDATION_MEAN, MIXED_SPREADS, EITHER_STD)
_mixed(OVERALL_MEAN, VALIDATION_SPREADS, EITHER_STD)
_mixed(BEST_TEST_MEAN, VALIDATION_SPREADS | MIXED_SPREADS, EITHER_STD)
_mixed(SINGLE_RUNS, VALIDATION_SPREADS | MIXED_SPREADS | OTHER_SPREADS_OF, EITHER_STD)

for one, (run,) in SINGLE_RUNS.items():
    for two, (spread,) in SPREADS_OF_ONE_NUMBER.items():
        _pair(f"{one} {two}", run, _of(run, spread))

EXCHANGED = RIGHT | COMMON_ROWS | VALIDATION_ROWS | COMMON_MIXES

for one, two in product(EXCHANGED, EITHER_STD):
    for pick, spread in product(EXCHANGED[one], EITHER_STD[two]):
        sentence = f"{one} {two} And the two numbers are in the wrong order: the mean comes first."
        _pair(sentence.strip(), _of(pick, spread), _of(pick, torch.mean))

for one, (pick,) in (RIGHT | VALIDATION_MEAN | OVERALL_MEAN | BEST_TEST_MEAN).items():
    for spread in (
        lambda v, t: t.std(1).mean(),
        lambda v, t: t.std(0).mean(),
        lambda v, t: t.std(1).min(),
        lambda v, t: t.std(1).max(),
    ):
        sentence = f"{one} Your second number is made of many spreads. Take that of the chosen setting."
        _pair(sentence.strip(), _of(pick, torch.mean), spread)


def _squares(x: Tensor) -> Tensor:
    return (x - x.mean()).square().sum()


for spread in (
    lambda v, t: (_squares(_row(v, t)) / (len(t) - 1)).sqrt(),
    lambda v, t: (_squares(_row(v, t)) / len(t)).sqrt(),
    lambda v, t: _row(v, t).std() / len(t) ** 0.5,
    lambda v, t: _row(v, t).std(correction=0) / len(t) ** 0.5,
):
    _pair(
        "Your second number is divided by something with S, the number of settings. There are R seeds in a "
        "row, so divide by R - 1.",
        _of(_row, torch.mean),
        spread,
    )

for mean in (lambda v, t: v[v.mean(1).argmax()].mean(), lambda v, t: t.mean(), lambda v, t: v.mean()):
    _pair(
        "In your second number the distances are those from another mean. Take the mean that you return.",
        _of(_row, torch.mean),
        lambda v, t, mean=mean: ((_row(v, t) - mean(v, t)).square().sum() / (v.shape[1] - 1)).sqrt(),
    )

for size in (torch.positive, torch.negative, torch.abs):
    _pair(
        "Your second number is the difference between the means on validation and test images. The task asks "
        "for the standard deviation over the seeds.",
        _of(_row, torch.mean),
        lambda v, t, size=size: size(v.mean(1).max() - _row(v, t).mean()),
    )

EXERCISE.recognise(
    """You divide the sum over the seeds by the number of settings, as len(test) is. There are R seeds in
    a row.""",
    lambda v, t: (_row(v, t).sum() / len(t), _row(v, t).std()),
    lambda v, t: (_row(v, t).sum() / len(t), (_squares(_row(v, t)) / (len(t) - 1)).sqrt()),
)


def _ends(low: Summary, high: Summary) -> tuple[Answer, Answer]:
    """The two ends, and the two in the other order."""
    ends = (lambda x: (low(x), high(x))), (lambda x: (high(x), low(x)))
    return tuple(lambda v, t, end=end: end(_row(v, t)) for end in ends)


EXERCISE.recognise(
    """You return the ends of an interval around the mean. The two numbers are the mean and the standard
    deviation.""",
    *_ends(lambda x: x.mean() - x.std(), lambda x: x.mean() + x.std()),
    *_ends(lambda x: x.mean() - x.std(correction=0), lambda x: x.mean() + x.std(correction=0)),
    *_ends(lambda x: x.mean() - 2 * x.std(), lambda x: x.mean() + 2 * x.std()),
    *(
        end
        for k in (1, 1.96, 2)
        for end in _ends(
            lambda x, k=k: x.mean() - k * x.std() / len(x) ** 0.5,
            lambda x, k=k: x.mean() + k * x.std() / len(x) ** 0.5,
        )
    ),
)

EXERCISE.recognise(
    """You return the worst and the best seed. The two numbers are the mean and the standard deviation.""",
    *_ends(torch.min, torch.max),
)

EXERCISE.recognise(
    """You return the means on the validation and on the test images. The two numbers are mean and
    standard deviation, both on the test images.""",
    lambda v, t: (v.mean(1).max(), _row(v, t).mean()),
    lambda v, t: (_row(v, t).mean(), v.mean(1).max()),
)

EXERCISE.recognise(
    """You return the place of the setting. The report needs its two numbers: the mean and the standard
    deviation.""",
    lambda v, t: (v.mean(1).argmax(), _row(v, t).mean()),
    lambda v, t: (_row(v, t).mean(), v.mean(1).argmax()),
    lambda v, t: (v.mean(1).argmax(), _row(v, t).std()),
    lambda v, t: (v.mean(1).argmax(), v.mean(1).max()),
    lambda v, t: (v.mean(1).max(), v.mean(1).argmax()),
    lambda v, t: (t.mean(1).argmax(), t.mean(1).max()),
    lambda v, t: (t.mean(1).max(), t.mean(1).argmax()),
)

EXERCISE.recognise(
    """You return one number. The report needs two: the mean, and the standard deviation after it.""",
    lambda v, t: _row(v, t).mean(),
)

EXERCISE.recognise(
    """The report needs two single numbers: a mean and a standard deviation. You return more, such as one
    for each setting or seed, or the place of the setting as well.""",
    lambda v, t: (t.mean(1), t.std(1)),
    _row,
)

EXERCISE.recognise(
    """Your second number is right. In place of the first one you return several: average them over the
    seeds.""",
    lambda v, t: (_row(v, t), _row(v, t).std()),
)

EXERCISE.recognise(
    """Your first number is right. In place of the second one you return several: one standard deviation
    is asked for, that of the chosen setting.""",
    lambda v, t: (_row(v, t).mean(), _row(v, t)),
)

EXERCISE.recognise(
    """You return text. Return the two numbers themselves, with a comma between them.""",
    lambda v, t: "81.1 +- 1.2",
    lambda v, t: ("81.1", "1.2"),
)

EXERCISE.recognise(
    """You return a dictionary. Return the two numbers themselves, with a comma between them.""",
    lambda v, t: {},
)

EXERCISE.recognise(
    """You round. The task asks for the two numbers as they are; round where you print them.""",
    *(lambda v, t, d=d: tuple(one.round(decimals=d) for one in report(v, t)) for d in (0, 1, 2)),
    *(lambda v, t, d=d: (report(v, t)[0], report(v, t)[1].round(decimals=d)) for d in (0, 1, 2)),
    *(lambda v, t, d=d: (report(v, t)[0].round(decimals=d), report(v, t)[1]) for d in (0, 1)),
)

EXERCISE.recognise(
    """Both numbers are fractions. The task asks for per cent, which the accuracies are already.""",
    lambda v, t: (_row(v, t).mean() / 100, _row(v, t).std() / 100),
    lambda v, t: (_row(v, t).mean() / 100, _row(v, t).std(correction=0) / 100),
)

EXERCISE.recognise(
    """Your first number is the error rate, and both are fractions. The task asks for the accuracy, in
    per cent.""",
    lambda v, t: (1 - _row(v, t).mean() / 100, _row(v, t).std() / 100),
)

EXERCISE.recognise(
    """Both numbers are multiplied by 100. The accuracies are in per cent already.""",
    lambda v, t: (_row(v, t).mean() * 100, _row(v, t).std() * 100),
)


def _right_but(change: Callable[[Tensor, Tensor], object]) -> Answer:
    def answer(validation: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
        result = report(validation, test)
        change(validation, test)
        return result

    return answer


EXERCISE.recognise(
    """The numbers are right, but you change a table that was passed in, and whatever uses it next gets
    other values: sort() of a numpy array, /= and names that end in an underscore write into it.""",
    _right_but(lambda v, t: v.div_(2)),
    _right_but(lambda v, t: t.div_(2)),
    _right_but(lambda v, t: (v.div_(2), t.div_(2))),
)
