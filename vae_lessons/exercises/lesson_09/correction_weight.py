"""Exercise 9.3: derive the weight of a correction from normal images alone."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.one_number import one_number


def correction_weight(minus_elbo: Tensor, complexity: Tensor) -> float:
    """The weight for which minus_elbo - weight * complexity, (N,) each, varies least among normal images."""
    score, nats = minus_elbo - minus_elbo.mean(), complexity - complexity.mean()  # (N,) each
    return ((score * nats).mean() / (nats**2).mean()).item()


def _case(seed: int, n: int, weight: float, noise: float) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    complexity = 2 + 12 * torch.rand(n, generator=generator)
    minus_elbo = 20 + weight * (complexity - 8) + noise * torch.randn(n, generator=generator)
    return {"minus_elbo": minus_elbo, "complexity": complexity}


SMALL = {
    "minus_elbo": torch.tensor([9.0, 14.0, 12.0, 20.0]),
    "complexity": torch.tensor([2.0, 5.0, 9.0, 12.0]),
}

EXERCISE = Exercise(
    number="9.3",
    title="Derive: the weight of a correction",
    task="""The likelihood is too high for simple images. To correct it, the score of an image becomes
    minus_elbo - weight * complexity. Choose the weight without any anomaly: that for which the score has the smallest
    variance among normal images. It may be negative. Write correction_weight(minus_elbo, complexity), where both are
    (N,), in nats, of normal images that the model has not seen. Return one number.""",
    minutes=10,
    difficulty=2,
    reference=correction_weight,
    probe=one_number(
        "the weight",
        SMALL,
        _case(1, 40, 0.8, 3.0),
        _case(2, 7, -0.6, 2.0),
        _case(3, 15, 1.6, 4.0),
        tolerance=6e-3,
    ),
    hints=(
        "Write the variance of minus_elbo - weight * complexity with variances and a covariance. How does it depend on "
        "weight?",
        "Var(E) - 2 weight Cov(E, C) + weight^2 Var(C) is a parabola in weight. Where is it lowest?",
        "It is the slope of a regression line of minus_elbo on complexity. Average both with N, or both with N - 1.",
    ),
)

Fraction = Callable[[Tensor, Tensor], Tensor]  # of minus_elbo and complexity


def _cov(e: Tensor, c: Tensor) -> Tensor:
    return ((e - e.mean()) * (c - c.mean())).mean()


def _wrong(sentence: str, *answers: Fraction) -> None:
    """A wrong weight, and the same with the sign inverted."""
    EXERCISE.recognise(sentence, *answers)
    EXERCISE.recognise(
        f"{sentence} And its sign is inverted.",
        *(lambda e, c, wrong=wrong: -wrong(e, c) for wrong in answers),
    )


_wrong(
    "A weight of 1 subtracts the whole complexity, however the two are related. Which weight makes the variance least?",
    lambda e, c: torch.tensor(1.0),
)


EXERCISE.recognise(
    """With a weight of 0 nothing is corrected.""",
    lambda e, c: 0.0,
)


EXERCISE.recognise(
    """The sign is inverted: the score is minus_elbo minus weight times complexity.""",
    lambda e, c: -_cov(e, c) / _cov(c, c),
)


EXERCISE.recognise(
    """The weight may be negative, where complex images have the lower minus ELBO. Yours never is.""",
    lambda e, c: (_cov(e, c) / _cov(c, c)).abs(),
    lambda e, c: (_cov(e, c) / _cov(c, c)).clamp(min=0),
    lambda e, c: (_cov(e, c) / _cov(c, c)).clamp(0, 1),
)


EXERCISE.recognise(
    """Your weight stays between -1 and 1, or between 0 and 1 if you cut it there. Nothing limits the weight.""",
    lambda e, c: (_cov(e, c) / _cov(c, c)).clamp(-1, 1),
)


_wrong(
    """This is the correlation, which has no unit. It tells how well the two fit together; the weight is a slope:
    divide the covariance by the variance of the complexity.""",
    lambda e, c: _cov(e, c) / (_cov(e, e) * _cov(c, c)).sqrt(),
)


_wrong(
    "This is the squared correlation, the share of the variance that the correction removes.",
    lambda e, c: _cov(e, c) ** 2 / (_cov(e, e) * _cov(c, c)),
)


_wrong(
    """This is the slope of the complexity on minus_elbo. The complexity is what is multiplied: divide by its own
    variance.""",
    lambda e, c: _cov(e, c) / _cov(e, e),
)


_wrong(
    """This is the inverse of the slope of the complexity on minus_elbo. The line that predicts minus_elbo from the
    complexity is another one.""",
    lambda e, c: _cov(e, e) / _cov(e, c),
)


_wrong(
    "Your fraction is upside down.",
    lambda e, c: _cov(c, c) / _cov(e, c),
)


_wrong(
    """You do not subtract the means. A score that is the same for all images varies least, however high it is: take
    deviations from the means.""",
    lambda e, c: (e * c).sum() / (c * c).sum(),
)


_wrong(
    "Above the means are subtracted, below they are not: use deviations in both.",
    lambda e, c: ((e - e.mean()) * (c - c.mean())).sum() / (c * c).sum(),
)


_wrong(
    "Below the means are subtracted, above they are not: use deviations in both.",
    lambda e, c: (e * c).mean() / _cov(c, c),
    lambda e, c: (e * c).mean() / c.var(),
)


_wrong(
    "You divide one mean by the other. That makes the mean of the score 0, not its variance small.",
    lambda e, c: e.mean() / c.mean(),
    lambda e, c: (e / c).mean(),
    lambda e, c: (e / c).median(),
    lambda e, c: e.median() / c.median(),
)


_wrong(
    "You divide one mean by the other, and the wrong way round. What counts is how the two vary together.",
    lambda e, c: c.mean() / e.mean(),
    lambda e, c: (c / e).mean(),
)


_wrong(
    """This is the ratio of the standard deviations. It would be right if the two were perfectly correlated: multiply it
    by the correlation.""",
    lambda e, c: e.std() / c.std(),
)


_wrong(
    "You compare how much each of the two varies. The covariance is missing: how do they vary together?",
    lambda e, c: e.var() / c.var(),
    lambda e, c: (e.max() - e.min()) / (c.max() - c.min()),
    lambda e, c: e.var() / (e.var() + c.var()),
    lambda e, c: c.var() / (e.var() + c.var()),
    lambda e, c: c.var() / e.var(),
    lambda e, c: c.std() / e.std(),
)


_wrong(
    """One of the two is averaged with N, the other with N - 1. Use the same for both: torch.var and torch.cov divide by
    N - 1 unless you say correction=0, np.var by N, np.cov by N - 1.""",
    lambda e, c: _cov(e, c) / c.var(),
    lambda e, c: _cov(e, c) * len(e) / (len(e) - 1) / _cov(c, c),
)


_wrong(
    """This is the slope of the complexity on minus_elbo; divide by the variance of the complexity. And one of the two
    is averaged with N, the other with N - 1.""",
    lambda e, c: _cov(e, c) / e.var(),
    lambda e, c: _cov(e, c) * len(e) / (len(e) - 1) / _cov(e, e),
)


_wrong(
    "You divide by a mean. Divide by the variance of the complexity.",
    lambda e, c: _cov(e, c) / c.mean(),
    lambda e, c: _cov(e, c) * len(e) / (len(e) - 1) / c.mean(),
)


_wrong(
    "The covariance is a sum over the images, the variance a mean. Use the same for both.",
    lambda e, c: _cov(e, c) * len(e) / _cov(c, c),
    lambda e, c: _cov(e, c) * len(e) / c.var(),
)


_wrong(
    "The variance is a sum over the images, the covariance a mean. Use the same for both.",
    lambda e, c: _cov(e, c) / (_cov(c, c) * len(e)),
    lambda e, c: _cov(e, c) / (len(e) - 1) / _cov(c, c),
)


_wrong(
    """This is the intercept of the regression line, which is also the mean of the corrected score. The weight is the
    slope of that line.""",
    lambda e, c: e.mean() - _cov(e, c) / _cov(c, c) * c.mean(),
)


_wrong(
    "This is the covariance. Divide it by the variance of the complexity.",
    lambda e, c: _cov(e, c),
    lambda e, c: _cov(e, c) * len(e) / (len(e) - 1),
    lambda e, c: _cov(e, c) * len(e),
)


_wrong(
    "You divide by a standard deviation. Divide by the variance of the complexity.",
    lambda e, c: _cov(e, c) / _cov(c, c).sqrt(),
    lambda e, c: _cov(e, c) / c.std(),
    lambda e, c: _cov(e, c) * len(e) / (len(e) - 1) / c.std(),
    lambda e, c: _cov(e, c) / _cov(e, e).sqrt(),
    lambda e, c: _cov(e, c) * len(e) / (len(e) - 1) / e.std(),
)


_wrong(
    """This is half of the weight. The derivative of Var(E) - 2 weight Cov(E, C) + weight^2 Var(C) has a 2 in both
    terms.""",
    lambda e, c: _cov(e, c) / (2 * _cov(c, c)),
)


_wrong(
    """This is twice the weight. The derivative of Var(E) - 2 weight Cov(E, C) + weight^2 Var(C) has a 2 in both
    terms.""",
    lambda e, c: 2 * _cov(e, c) / _cov(c, c),
)


_wrong(
    "This is the square of the weight.",
    lambda e, c: (_cov(e, c) / _cov(c, c)) ** 2,
)


_wrong(
    "The covariance is squared. Divide the covariance itself by the variance of the complexity.",
    lambda e, c: _cov(e, c) ** 2 / _cov(c, c),
)


_wrong(
    "The variance is squared. Divide the covariance by the variance of the complexity itself.",
    lambda e, c: _cov(e, c) / _cov(c, c) ** 2,
    lambda e, c: _cov(e, c) * len(e) / (len(e) - 1) / c.var() ** 2,
)


_wrong(
    "You multiply by the variance of the complexity; the covariance is divided by it.",
    lambda e, c: _cov(e, c) * _cov(c, c),
    lambda e, c: _cov(e, c) * len(e) / (len(e) - 1) * c.var(),
)


_wrong(
    "This is 1 minus the weight.",
    lambda e, c: 1 - _cov(e, c) / _cov(c, c),
)


_wrong(
    """You divide by the sum of both variances: in Var(E) - 2 weight Cov(E, C) + weight^2 Var(C) only Var(C) stands with
    weight^2.""",
    lambda e, c: _cov(e, c) / (_cov(e, e) + _cov(c, c)),
)


_wrong(
    "You divide by the product of both variances. Divide by that of the complexity alone.",
    lambda e, c: _cov(e, c) / (_cov(e, e) * _cov(c, c)),
    lambda e, c: _cov(e, c) * len(e) / (len(e) - 1) / (e.var() * c.var()),
)


def _least(e: Tensor, c: Tensor) -> Tensor:
    return e - _cov(e, c) / _cov(c, c) * c


EXERCISE.recognise(
    """This is how much a score varies. The question asks for the weight.""",
    lambda e, c: _least(e, c).var(),
    lambda e, c: _least(e, c).var(correction=0),
    lambda e, c: _least(e, c).std(),
    lambda e, c: _least(e, c).std(correction=0),
    lambda e, c: (e - c).var(),
    lambda e, c: (e - c).std(),
)


EXERCISE.recognise(
    """Return one number, the weight. A line has a slope and an intercept, np.cov and torch.cov make a matrix, and a
    score has one number for each image: none of these is asked for.""",
    lambda e, c: _least(e, c),
)


def _centred_in_place(*names: str) -> Answer:
    """The right weight, by an answer that centres these of its inputs where they are."""

    def answer(minus_elbo, complexity):
        weight = correction_weight(minus_elbo, complexity)
        for name, scores in (("minus_elbo", minus_elbo), ("complexity", complexity)):
            if name in names:
                scores -= scores.mean()
        return weight

    return answer


for names, changed in (
    (("minus_elbo", "complexity"), "a tensor that"),
    (("complexity",), "complexity, which"),
    (("minus_elbo",), "minus_elbo, which"),
):
    EXERCISE.recognise(
        f"The weight is right, but you change {changed} was passed in: -= writes into it, and whatever uses it next "
        "gets the new values.",
        _centred_in_place(*names),
    )


@EXERCISE.mistake
def from_two_images(minus_elbo: Tensor, complexity: Tensor) -> Tensor:
    """You take the slope between the first and the last image, as if all others lay on that line."""
    return (minus_elbo[-1] - minus_elbo[0]) / (complexity[-1] - complexity[0])


for _ridge in (1.0, 0.1):
    EXERCISE.recognise(
        """A number is added to the variance of the complexity, so your weight is too small where complexities differ
        little. Nothing needs to be added.""",
        lambda minus_elbo, complexity, ridge=_ridge: (
            ((minus_elbo - minus_elbo.mean()) * (complexity - complexity.mean())).mean()
            / (complexity.var(correction=0) + ridge)
        ),
    )
