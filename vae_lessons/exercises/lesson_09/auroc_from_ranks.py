"""Exercise 9.1: derive the AUROC from a sum of ranks."""

import math
from collections.abc import Callable

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.one_number import one_number


def auroc_from_ranks(normal: int, anomalous: int, rank_sum: float) -> float:
    """The chance that an anomaly scores higher than a normal image, from the sum of the anomalies' ranks."""
    lowest = anomalous * (anomalous + 1) / 2  # the sum if every anomaly scored lower than every normal image
    return (rank_sum - lowest) / (normal * anomalous)


EXERCISE = Exercise(
    number="9.1",
    title="Derive: AUROC from ranks",
    task="""You know how many normal images and how many anomalies there are. All their scores are put in order, with
    rank 1 for the lowest; equal scores share the average of their ranks. rank_sum is the sum of the anomalies' ranks.
    AUROC is the chance that an anomaly scores higher than a normal image, ties counted half. Write
    auroc_from_ranks(normal, anomalous, rank_sum), which finds it from the two counts and the sum.""",
    minutes=10,
    difficulty=2,
    reference=auroc_from_ranks,
    probe=one_number(
        "AUROC",
        {"normal": 3, "anomalous": 2, "rank_sum": 7.5},
        {"normal": 40, "anomalous": 7, "rank_sum": 260.5},
        {"normal": 5, "anomalous": 30, "rank_sum": 498.0},
        {"normal": 6, "anomalous": 4, "rank_sum": 34.0},
    ),
    hints=(
        "Take one anomaly and many normal images. What does its rank count?",
        "The rank of an anomaly is 1, plus the normal images below it, plus the anomalies below it. Add this up over "
        "all anomalies: how often is one anomaly below another?",
        "Anomalies among themselves give 1 + 2 + ... + anomalous. What is left of rank_sum counts the pairs that the "
        "anomaly wins. How many pairs are there?",
    ),
)

Term = Callable[[int, int], float]  # of the numbers of normal images and of anomalies

SUBTRACTED: dict[str, Term] = {
    "": lambda n, m: m * (m + 1) / 2,
    """Nothing is subtracted: even if all anomalies scored lowest, their ranks would sum to
    1 + 2 + ... + anomalous.""": lambda n, m: 0,
    """You subtract anomalous * (anomalous - 1) / 2, which fits ranks that begin at 0. Here they begin at 1.""": (
        lambda n, m: m * (m - 1) / 2
    ),
    """You subtract anomalous**2 / 2. The sum 1 + 2 + ... + anomalous is slightly more.""": (
        lambda n, m: m**2 / 2
    ),
    """You subtract half a rank for each anomaly. The lowest ranks that they can have are 1, 2, ..., anomalous.""": (
        lambda n, m: m / 2
    ),
    """You subtract twice as much as you should: half of anomalous * (anomalous + 1) is
    1 + 2 + ... + anomalous.""": lambda n, m: m * (m + 1),
    """You subtract anomalous**2. The lowest sum of the anomalies' ranks is
    1 + 2 + ... + anomalous.""": lambda n, m: m**2,
    """You subtract 1 for each anomaly. The lowest ranks that they can have are 1, 2, ..., anomalous, not all
    1.""": lambda n, m: m,
    """You subtract the lowest sum of the normal images' ranks. rank_sum is that of the anomalies.""": (
        lambda n, m: n * (n + 1) / 2
    ),
    """You subtract (anomalous + 1) / 2, the lowest mean of the ranks. rank_sum is a sum.""": (
        lambda n, m: (m + 1) / 2
    ),
    """You subtract what a blind score would give, so that a blind score gets 0. Its AUROC is one half.""": (
        lambda n, m: m * (n + m + 1) / 2
    ),
    """You subtract the sum of all ranks, those of the normal images too. Subtract only the lowest sum that the
    anomalies' ranks can have.""": lambda n, m: (n + m) * (n + m + 1) / 2,
    """You subtract normal * anomalous, which is the number of pairs. Subtract the lowest sum that the anomalies' ranks
    can have.""": lambda n, m: n * m,
}

DIVISORS: dict[str, Term] = {
    "": lambda n, m: n * m,
    "You do not divide by the number of pairs, normal * anomalous.": lambda n, m: 1,
    "You divide by anomalous; there are normal * anomalous pairs.": lambda n, m: m,
    "You divide by normal; there are normal * anomalous pairs.": lambda n, m: n,
    """You divide by normal and multiply by anomalous: the product that divides needs brackets.""": (
        lambda n, m: n / m
    ),
    "You divide by anomalous**2; a pair is an anomaly with a normal image.": lambda n, m: m**2,
    "You divide by normal**2; a pair is an anomaly with a normal image.": lambda n, m: n**2,
    "You divide by normal + anomalous; there are normal * anomalous pairs.": lambda n, m: n + m,
    """You divide by normal + anomalous for each anomaly; each of them has a pair with the normal images
    alone.""": lambda n, m: m * (n + m),
    "You divide by (normal + anomalous)**2; there are normal * anomalous pairs.": lambda n, m: (n + m) ** 2,
    """You divide by the number of all pairs of two images. Only those of an anomaly with a normal image
    count.""": lambda n, m: (n + m) * (n + m - 1) / 2,
    """You divide by the pairs of anomalies with each other. A pair is an anomaly with a normal image.""": (
        lambda n, m: m * (m - 1) / 2
    ),
    """You divide by the pairs of normal images with each other. A pair is an anomaly with a normal image.""": (
        lambda n, m: n * (n - 1) / 2
    ),
    "You divide by half of the pairs: there are normal * anomalous of them.": lambda n, m: n * m / 2,
    "You divide by twice the number of pairs: there are normal * anomalous of them.": lambda n, m: 2 * n * m,
    """You divide by the sum of all ranks; there are normal * anomalous pairs.""": (
        lambda n, m: (n + m) * (n + m + 1) / 2
    ),
    """You divide by the highest sum that the anomalies' ranks can have. What you divide must be the highest minus the
    lowest sum, normal * anomalous.""": lambda n, m: n * m + m * (m + 1) / 2,
    """You divide by 1 + 2 + ... + anomalous; there are normal * anomalous pairs.""": (
        lambda n, m: m * (m + 1) / 2
    ),
}


def _share(subtracted: Term, divisor: Term) -> Callable[[int, int, float], float]:
    return lambda n, m, rank_sum: (rank_sum - subtracted(n, m)) / divisor(n, m)


def _cross() -> None:
    """Each of these mistakes alone, both together, and with 1 - or a percentage in addition."""
    example = (40, 7, 260.5)
    named = [float(mistake(*example)) for mistake in EXERCISE.mistakes]
    for first, subtracted in SUBTRACTED.items():
        for second, divisor in DIVISORS.items():
            sentence, wrong = f"{first} {second}".strip(), _share(subtracted, divisor)
            if not sentence or any(math.isclose(wrong(*example), value) for value in named):
                continue
            EXERCISE.recognise(sentence, wrong)
            EXERCISE.recognise(
                f"{sentence} Then you take it from 1, which is not needed: the ranks are the anomalies'.",
                lambda *counts, wrong=wrong: 1 - wrong(*counts),
            )
            EXERCISE.recognise(
                f"{sentence} And it is in per cent; a chance lies between 0 and 1.",
                lambda *counts, wrong=wrong: 100 * wrong(*counts),
            )


EXERCISE.recognise(
    """This is 1 - AUROC, the chance that a normal image scores higher than an anomaly.""",
    lambda *counts: 1 - auroc_from_ranks(*counts),
)


EXERCISE.recognise(
    """This is in per cent. A chance lies between 0 and 1.""",
    lambda *counts: 100 * auroc_from_ranks(*counts),
)


EXERCISE.recognise(
    """This is the number of pairs that normal images win. The question asks for the share of those that anomalies
    win.""",
    lambda n, m, rank_sum: n * m * (1 - auroc_from_ranks(n, m, rank_sum)),
)


EXERCISE.recognise(
    """This is 2 AUROC - 1, which is 0 for a blind score. The AUROC of a blind score is one half.""",
    lambda *counts: 2 * auroc_from_ranks(*counts) - 1,
    lambda *counts: abs(2 * auroc_from_ranks(*counts) - 1),
)


EXERCISE.recognise(
    """You take the larger of AUROC and 1 - AUROC. A score that is lower for anomalies has an AUROC below one half, and
    that should be seen.""",
    lambda *counts: max(auroc_from_ranks(*counts), 1 - auroc_from_ranks(*counts)),
)


EXERCISE.recognise(
    """You cut or round the result to a whole number: / keeps the fraction, // and int() do not.""",
    lambda *counts: auroc_from_ranks(*counts) // 1,
    lambda *counts: round(auroc_from_ranks(*counts)),
)


EXERCISE.recognise(
    """The difference needs brackets: you divide only what is subtracted.""",
    lambda n, m, rank_sum: rank_sum - m * (m + 1) / 2 / (n * m),
    lambda n, m, rank_sum: rank_sum - m * (m + 1) / 2 / n * m,
)


EXERCISE.recognise(
    """You divide rank_sum by the number of pairs, but not what is subtracted from it.""",
    lambda n, m, rank_sum: rank_sum / (n * m) - m * (m + 1) / 2,
)


EXERCISE.recognise(
    """You add what you should subtract: anomalies among themselves give 1 + 2 + ... + anomalous, and these are no pairs
    with a normal image.""",
    lambda n, m, rank_sum: (rank_sum + m * (m + 1) / 2) / (n * m),
)


EXERCISE.recognise(
    """Only the sign is wrong: rank_sum comes first, and the lowest sum that it can have is subtracted.""",
    lambda *counts: -auroc_from_ranks(*counts),
)


EXERCISE.recognise(
    """You take rank_sum for a mean. It is the sum of the anomalies' ranks: divide it by anomalous first.""",
    lambda n, m, rank_sum: (rank_sum - (m + 1) / 2) / n,
)


EXERCISE.recognise(
    """You stretch the mean rank from 1 to normal + anomalous to 0 to 1. The anomalies cannot all have the last rank, or
    all the first one.""",
    lambda n, m, rank_sum: (rank_sum / m - 1) / (n + m - 1),
)


EXERCISE.recognise(
    """This is the z of a rank-sum test. AUROC is a share of pairs, between 0 and 1.""",
    lambda n, m, rank_sum: (rank_sum - m * (n + m + 1) / 2) / math.sqrt(n * m * (n + m + 1) / 12),
)


_cross()


EXERCISE.recognise(
    """The question asks for one number.""",
    lambda n, m, rank_sum: (rank_sum, auroc_from_ranks(n, m, rank_sum)),
)


EXERCISE.recognise(
    """You round the sum of ranks to a whole number. Equal scores share a rank, so the sum may end in a half, and that
    half counts.""",
    lambda normal, anomalous, rank_sum: auroc_from_ranks(normal, anomalous, int(rank_sum)),
    lambda normal, anomalous, rank_sum: auroc_from_ranks(normal, anomalous, round(rank_sum)),
)
