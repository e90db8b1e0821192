"""Exercise 9.2: a threshold with a given share of false alarms."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.distributions import Normal

from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.one_number import one_number


def alarm(training: Tensor, validation: Tensor, anomalies: Tensor, false_alarms: float) -> float:
    """The score above which this share of new normal images lies; `validation` holds the scores of such images."""
    return validation.quantile(1 - false_alarms).item()


def _scores(seed: int, sizes: tuple[int, int, int]) -> tuple[Tensor, Tensor, Tensor]:
    """Scores of images trained on, of new ones and of anomalies, with a long tail to the right."""
    generator = torch.Generator().manual_seed(seed)
    spread = [torch.randn(size, 3, generator=generator).square().sum(1) for size in sizes]
    return 60 + 5 * spread[0], 70 + 7 * spread[1], 112 + 8 * spread[2]


def _case(seed: int, sizes: tuple[int, int, int], false_alarms: float) -> dict[str, Tensor | float]:
    training, validation, anomalies = _scores(seed, sizes)
    return {
        "training": training,
        "validation": validation,
        "anomalies": anomalies,
        "false_alarms": false_alarms,
    }


def _judge(number: Tensor, validation: Tensor, false_alarms: float, **_: Tensor) -> tuple[Tensor | str, str]:
    """Whether the threshold leaves the right number of these images above it, or one more or less."""
    wanted = round(false_alarms * len(validation))
    above, not_below = (validation > number).sum().item(), (validation >= number).sum().item()
    if above <= wanted + 1 and not_below >= wanted - 1:
        return "as asked", f"a score with about {wanted} of {len(validation)} new normal images above it"
    return number, f"{number:.4g}, with {above} of {len(validation)} new normal images above it"


EXERCISE = Exercise(
    number="9.2",
    title="Where the alarm belongs",
    task="""A score is higher for what is more anomalous. You have scores (N,) of normal images that the model was
    trained on, of other normal images that it has never seen, and of a few known anomalies; their numbers differ. An
    alarm goes off where a score lies above a threshold. Write alarm(training, validation, anomalies, false_alarms),
    which returns the threshold that the share false_alarms, such as 0.05, of new normal images will exceed.""",
    minutes=5,
    difficulty=1,
    reference=alarm,
    probe=one_number(
        "the threshold",
        _case(1, (400, 200, 30), 0.05),
        _case(2, (400, 200, 30), 0.2),
        _case(3, (300, 250, 40), 0.1),
        _case(4, (500, 400, 20), 0.02),
        judge=_judge,
    ),
    hints=(
        "Which of the three groups behaves like the normal images that will come?",
        "The model knows its training images, so their scores are lower than those of new ones. And how many normal "
        "images set off the alarm does not depend on the anomalies.",
        "Put the scores of the validation images in order. The share false_alarms of them lies above the threshold, so "
        "the share 1 - false_alarms below it: see torch.quantile.",
    ),
)


ALL_WAYS, ONE_WAY = (0, 1, 2, 3, 4, 5), (0,)


def _at(scores: Tensor, share: float, way: int) -> float:
    """The score below which this share lies, in one of the ways in which it is found."""
    place = share * (len(scores) - 1)
    ordered, lower = scores.sort().values, math.floor(place)
    if way < 4:
        return scores.quantile(share, interpolation=("linear", "lower", "higher", "midpoint")[way]).item()
    return ordered[min(max(lower + (-1, 2)[way - 4], 0), len(scores) - 1)].item()


Group = Callable[[Tensor, Tensor, Tensor], Tensor]  # of training, validation and anomalies

GROUPS: dict[str, Group] = {
    "": lambda t, v, a: v,
    """You look at the images that the model was trained on. It knows them: new normal images score higher, and too many
    would set off the alarm.""": lambda t, v, a: t,
    """You look at the anomalies. How many false alarms there are depends on normal images alone.""": (
        lambda t, v, a: a
    ),
    """You put the training images in. The model knows them, so they score lower than new ones do.""": (
        lambda t, v, a: torch.cat([t, v])
    ),
    """You put the anomalies in. The share of false alarms is a share of normal images alone.""": (
        lambda t, v, a: torch.cat([v, a])
    ),
    """You put all three groups in. New normal images are like those in validation; the other two are not.""": (
        lambda t, v, a: torch.cat([t, v, a])
    ),
    """You look at training images and anomalies. New normal images are like those in validation.""": (
        lambda t, v, a: torch.cat([t, a])
    ),
}

SHARES: dict[str, tuple[Callable[[float], float], tuple[int, ...]]] = {
    "": (lambda f: 1 - f, ALL_WAYS),
    "The share false_alarms lies below your threshold; it should lie above it.": (lambda f: f, ALL_WAYS),
    "Only high scores set off the alarm, so the whole share lies on one side: do not halve it.": (
        lambda f: 1 - f / 2,
        ALL_WAYS,
    ),
    "false_alarms is a share already, not a percentage.": (lambda f: 1 - f / 100, ONE_WAY),
    "You give a share where a percentage is expected: np.percentile takes 0 to 100, np.quantile 0 to 1.": (
        lambda f: (1 - f) / 100,
        ONE_WAY,
    ),
    "This is the median: false_alarms is not used.": (lambda f: 0.5, (0, 1, 2)),
    "Your threshold is the same for every false_alarms.": (lambda f: 0.95, ONE_WAY),
    "Your threshold does not depend on false_alarms.": (lambda f: 0.99, ONE_WAY),
}

for first, of in GROUPS.items():
    for second, (share, ways) in SHARES.items():
        for way in ways if first or second else ():
            EXERCISE.recognise(
                f"{first} {second}".strip(),
                lambda t, v, a, f, of=of, share=share, way=way: _at(of(t, v, a), share(f), way),
            )


def _spreads(k: Callable[[float], float]) -> dict[str, list[Answer]]:
    """Mean plus k standard deviations, for each group, with both definitions of a standard deviation."""
    return {
        sentence: [
            lambda t, v, a, f, of=of, correction=correction: (
                of(t, v, a).mean() + k(f) * of(t, v, a).std(correction=correction)
            )
            for correction in (0, 1)
        ]
        for sentence, of in GROUPS.items()
    }


for first, answers in _spreads(lambda f: Normal(0.0, 1.0).icdf(torch.tensor(1 - f)).item()).items():
    EXERCISE.recognise(
        f"""{first} You take the scores for Gaussian. They have a long tail on the right: their own quantile needs no
        such assumption.""".strip(),
        *answers,
    )


for k in (1, 2, 3, 4, 1.64, 1.645, 1.65, 1.96, 2.326, 2.33, 2.5, 2.576, 2.58):
    for first, answers in _spreads(lambda f, k=k: k).items():
        EXERCISE.recognise(
            f"""{first} You add a fixed number of standard deviations to the mean. How many images lie above that
            depends on the shape of the distribution; false_alarms is not used.""".strip(),
            *answers,
        )


for first, of in GROUPS.items():
    EXERCISE.recognise(
        f"{first} You return the mean. About half of the scores lie above it; false_alarms is not used.".strip(),
        lambda t, v, a, f, of=of: of(t, v, a).mean(),
    )
    EXERCISE.recognise(
        f"""{first} You go a share of the way from the lowest to the highest score. The share false_alarms is one of
        images: count those above.""".strip(),
        lambda t, v, a, f, of=of: of(t, v, a).min() + (1 - f) * (of(t, v, a).max() - of(t, v, a).min()),
    )
    EXERCISE.recognise(
        """You multiply a score by a share. The share false_alarms is one of images: count those above.""",
        lambda t, v, a, f, of=of: (1 - f) * of(t, v, a).max(),
        lambda t, v, a, f, of=of: (1 - f) * of(t, v, a).mean(),
        lambda t, v, a, f, of=of: f * of(t, v, a).max(),
        lambda t, v, a, f, of=of: (1 + f) * of(t, v, a).mean(),
    )
    EXERCISE.recognise(
        f"{first} The sign is inverted: the threshold is a score, as it stands.".strip(),
        lambda t, v, a, f, of=of: -_at(of(t, v, a), 1 - f, 0),
    )
    EXERCISE.recognise(
        f"{first} The scores are not in order yet, so their place says nothing: sort them first.".strip(),
        lambda t, v, a, f, of=of: of(t, v, a)[int(len(of(t, v, a)) * (1 - f))],
        lambda t, v, a, f, of=of: of(t, v, a)[round(len(of(t, v, a)) * (1 - f)) - 1],
        lambda t, v, a, f, of=of: of(t, v, a)[int(len(of(t, v, a)) * f)],
        lambda t, v, a, f, of=of: of(t, v, a)[-int(len(of(t, v, a)) * f) - 1],
        lambda t, v, a, f, of=of: of(t, v, a)[-max(int(len(of(t, v, a)) * f), 1)],
    )
    EXERCISE.recognise(
        """This is a number of images, or a place in their order. The question asks for a score.""",
        lambda t, v, a, f, of=of: f * len(of(t, v, a)),
        lambda t, v, a, f, of=of: round(f * len(of(t, v, a))),
        lambda t, v, a, f, of=of: (1 - f) * len(of(t, v, a)),
        lambda t, v, a, f, of=of: int((1 - f) * len(of(t, v, a))),
        lambda t, v, a, f, of=of: round((1 - f) * len(of(t, v, a))),
        lambda t, v, a, f, of=of: (1 - f) * (len(of(t, v, a)) - 1),
    )


EXERCISE.recognise(
    """This is the highest of all the scores that you look at. The question asks for one that the share false_alarms
    exceeds.""",
    lambda t, v, a, f: v.max(),
    lambda t, v, a, f: t.max(),
    lambda t, v, a, f: a.max(),
    lambda t, v, a, f: torch.cat([v, a]).max(),
    lambda t, v, a, f: torch.cat([t, a]).max(),
)


EXERCISE.recognise(
    """This is the lowest score of an anomaly: all of those would be found, whatever it costs in false alarms. These
    depend on normal images alone.""",
    lambda t, v, a, f: a.min(),
)


EXERCISE.recognise(
    """This is the lowest of all the scores that you look at: nearly every image would set off the alarm.""",
    lambda t, v, a, f: v.min(),
    lambda t, v, a, f: t.min(),
)


def _best_split(normal: Group, gain: Callable[[Tensor, Tensor], Tensor]) -> Answer:
    """The score that separates normal images from anomalies best, by this gain of shares (or numbers) on both sides."""

    def answer(t, v, a, f):
        n = normal(t, v, a)
        levels = torch.cat([n, a]).sort().values
        found = (a > levels[:, None]).double().sum(1)
        quiet = (n <= levels[:, None]).double().sum(1)
        return levels[gain(found / len(a), quiet / len(n), len(a), len(n)).argmax()]

    return answer


EXERCISE.recognise(
    """You look for what separates normal images from the known anomalies. False alarms depend on normal images alone,
    and the next anomaly may be of another kind.""",
    *(
        lambda t, v, a, f, normal=normal, middle=middle: (middle(normal(t, v, a)) + middle(a)) / 2
        for normal in (lambda t, v, a: v, lambda t, v, a: t, lambda t, v, a: torch.cat([t, v]))
        for middle in (torch.mean, torch.median, lambda scores: scores.quantile(0.5))
    ),
    lambda t, v, a, f: (v.max() + a.min()) / 2,
    lambda t, v, a, f: (t.max() + a.min()) / 2,
    lambda t, v, a, f: (_at(v, 1 - f, 0) + a.min()) / 2,
    lambda t, v, a, f: (_at(v, 1 - f, 0) + a.mean()) / 2,
    lambda t, v, a, f: (_at(v, 1 - f, 0) + _at(a, f, 0)) / 2,
    _best_split(lambda t, v, a: v, lambda found, quiet, m, n: found + quiet),
    _best_split(lambda t, v, a: t, lambda found, quiet, m, n: found + quiet),
    _best_split(lambda t, v, a: v, lambda found, quiet, m, n: m * found + n * quiet),
    _best_split(lambda t, v, a: t, lambda found, quiet, m, n: m * found + n * quiet),
)


EXERCISE.recognise(
    """The known anomalies move your threshold. The share of false alarms is one of normal images alone.""",
    lambda t, v, a, f: max(_at(v, 1 - f, 0), a.min().item()),
    lambda t, v, a, f: min(_at(v, 1 - f, 0), a.min().item()),
    lambda t, v, a, f: max(_at(v, 1 - f, 0), _at(a, f, 0)),
    lambda t, v, a, f: min(_at(v, 1 - f, 0), _at(a, f, 0)),
)


EXERCISE.recognise(
    """The scores are those of validation, but you count with the number of training images.""",
    lambda t, v, a, f: v.sort().values[-int(f * len(t))],
    lambda t, v, a, f: v.sort().values[-int(f * len(t)) - 1],
)


EXERCISE.recognise(
    """Validation images alone are like the new ones. The model knows its training images, and they pull your threshold
    down.""",
    lambda t, v, a, f: (_at(v, 1 - f, 0) + _at(t, 1 - f, 0)) / 2,
)


EXERCISE.recognise(
    """This is a share. The question asks for a score: the one that this share of new normal images exceeds.""",
    lambda t, v, a, f: 1 - f,
    lambda t, v, a, f: f,
    lambda t, v, a, f: 100 * (1 - f),
    lambda t, v, a, f: 100 * f,
)


EXERCISE.recognise(
    """quantile takes a share between 0 and 1, and false_alarms is one already.""",
    lambda t, v, a, f: v.quantile(1 - 100 * f),
    lambda t, v, a, f: v.quantile(100 * (1 - f)),
    lambda t, v, a, f: v.quantile(100 * f),
    lambda t, v, a, f: v.quantile(1 + f),
    lambda t, v, a, f: v.quantile(100 - f),
    lambda t, v, a, f: v.quantile(95),
    lambda t, v, a, f: v.quantile(99),
    lambda t, v, a, f: np.quantile(v.numpy(), 1 - 100 * f),
    lambda t, v, a, f: np.quantile(v.numpy(), 100 * (1 - f)),
)


EXERCISE.recognise(
    """Return one number, the threshold: not one for each image, and not a pair. sort, topk and kthvalue return scores
    and places; .values are the scores.""",
    lambda t, v, a, f: v > _at(v, 1 - f, 0),
)


@EXERCISE.mistake
def sorted_in_place(training, validation, anomalies, false_alarms):
    """The threshold is right, but you sort the scores that were handed in, in place: whatever uses them next finds them
    in another order."""
    result = alarm(training, validation, anomalies, false_alarms)
    validation.copy_(validation.sort().values)
    return result
