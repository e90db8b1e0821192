"""Exercise 11.7: what a prediction promises, given that it errs."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def expected_true(predicted: Tensor, mean: float, true_std: float, error_std: float) -> Tensor:
    """E[true | predicted], (N,), for true ~ N(mean, true_std^2) and errors ~ N(0, error_std^2)."""
    share = true_std**2 / (true_std**2 + error_std**2)  # of the variance of predictions, due to true values
    return mean + share * (predicted - mean)


def _share(true_std: float, error_std: float) -> float:
    """The share of the variance of predictions that is due to the true values."""
    return true_std**2 / (true_std**2 + error_std**2)


def _case(predicted: list[float], *settings: float) -> dict[str, Tensor | float]:
    names = ("mean", "true_std", "error_std")
    return {"predicted": torch.tensor(predicted), **dict(zip(names, settings, strict=True))}


EXERCISE = Exercise(
    number="11.7",
    title="Derive: what the best promise is worth",
    task="""The true values of the candidates of a search are spread as N(mean, true_std^2). The predictor
    gives predicted = true + error, where the error is N(0, error_std^2), independent of true. Among many
    candidates the one with the highest prediction is chosen, and then it disappoints: what is its true value,
    on average? Write expected_true(predicted, mean, true_std, error_std), which returns E[true | predicted]
    for each of the predictions, (N,). It is exact for error_std = 0 too, and for stds from 0.001 to 1000.""",
    minutes=8,
    difficulty=3,
    reference=expected_true,
    probe=each(
        _case([4.3, 2.6, 5.2], 3.1, 1.4, 0.9),
        _case([1.7, -2.3, 0.4, -1.1], -0.6, 0.7, 1.9),
        _case([2.2, 0.8, -1.6], 0.5, 1.3, 0.0),
        _case([0.404, 0.397, 0.402], 0.4, 0.002, 0.001),
        _case([940.0, -360.0, 1710.0], 120.0, 800.0, 600.0),
    ),
    hints=(
        "What would you expect of a prediction whose error is huge? And of one without an error?",
        "true and predicted are jointly Gaussian, so E[true | predicted] is a line through (mean, mean). Its "
        "slope is Cov(true, predicted) / Var(predicted).",
        "The covariance is Var(true), because the error is independent. The variance of predicted is the sum "
        "of both variances. The slope says how much is left of the distance to the mean.",
    ),
)

Slope = Callable[[float, float], float]  # of true_std and error_std


def _sloped(sentence: str, *slopes: Slope) -> None:
    """Lines through (mean, mean) with a wrong slope."""
    EXERCISE.recognise(
        sentence,
        *(lambda p, mean, t, e, slope=slope: mean + slope(t, e) * (p - mean) for slope in slopes),
    )


_sloped("You square no std. Variances add up, standard deviations do not.", lambda t, e: t / (t + e))
_sloped(
    "The two are the wrong way round: with a large error, little is left of the distance to the mean.",
    lambda t, e: e**2 / (t**2 + e**2),
)
_sloped(
    "The two are the wrong way round: with a large error, little is left of the distance to the mean. And "
    "you square no std: variances add up, standard deviations do not.",
    lambda t, e: e / (t + e),
)
_sloped(
    "You divide by the square of a sum. The variance of predicted is the sum of two squares.",
    lambda t, e: t**2 / (t + e) ** 2,
)
_sloped("One std is squared, the other is not.", lambda t, e: t**2 / (t**2 + e), lambda t, e: t / (t + e**2))
_sloped(
    "Above stands a std, below variances. Cov(true, predicted) is a variance.",
    lambda t, e: t / (t**2 + e**2),
)
_sloped(
    "Your slope is the correlation of true and predicted. That is right for numbers in units of their stds; "
    "here it is the covariance over the variance of predicted.",
    lambda t, e: t / math.sqrt(t**2 + e**2),
)
_sloped("The share is squared.", lambda t, e: _share(t, e) ** 2)
_sloped(
    "You move away from the mean. On average, a prediction lies too far from it already.",
    lambda t, e: 1 / _share(t, e),
)
_sloped("true_std is not used, as if it were 1.", lambda t, e: 1 / (1 + e**2))
_sloped("error_std is not used, as if it were 1.", lambda t, e: t**2 / (t**2 + 1))
_sloped(
    "You take true_std for the spread of the predictions, and subtract the error's variance. But true_std is "
    "that of the true values; predictions are spread more widely.",
    lambda t, e: 1 - e**2 / t**2,
)
_sloped("You go half of the way to the mean. How far depends on the two stds.", lambda t, e: 0.5)
_sloped(
    "The variance of the error counts twice.",
    lambda t, e: t**2 / (t**2 + 2 * e**2),
)
_sloped(
    "Your slope is the ratio of the two variances, or of the stds. Divide by the variance of predicted.",
    lambda t, e: t**2 / e**2,
    lambda t, e: t / e,
)
_sloped("The sign is inverted: what lies above the mean comes out below it.", lambda t, e: -_share(t, e))
EXERCISE.recognise(
    "Mind the parentheses: t / t + e is (t / t) + e.",
    lambda p, mean, t, e: mean + t**2 / t**2 + e**2 * (p - mean),
    lambda p, mean, t, e: mean + (t**2 / t**2 + e**2) * (p - mean),
)
EXERCISE.recognise(
    "You shrink towards 0, where you would expect the mean without any information. And you square no std.",
    lambda p, mean, t, e: t / (t + e) * p,
)
EXERCISE.recognise(
    "You shrink towards 0. Without any information you would expect the mean.",
    lambda p, mean, t, e: _share(t, e) * p,
)
EXERCISE.recognise(
    "This is the distance to the mean. The mean is still to be added.",
    lambda p, mean, t, e: _share(t, e) * (p - mean),
)
EXERCISE.recognise(
    "You multiply the prediction itself, and add the mean. Multiply its distance to the mean.",
    lambda p, mean, t, e: mean + _share(t, e) * p,
)
EXERCISE.recognise(
    "You subtract the mean, and add predicted in its place.",
    lambda p, mean, t, e: p + _share(t, e) * (p - mean),
)
EXERCISE.recognise(
    "You believe the prediction. The one that is chosen was chosen for its error too.",
    lambda p, mean, t, e: p,
)
EXERCISE.recognise(
    "This is the mean. A prediction tells something as well.", lambda p, mean, t, e: torch.full_like(p, mean)
)
EXERCISE.recognise(
    "You subtract the same from every prediction. Those far above the mean are the most exaggerated, and "
    "those below it are, on average, too low.",
    lambda p, mean, t, e: p - e,
    lambda p, mean, t, e: p - e**2,
    lambda p, mean, t, e: p - e * math.sqrt(2 * math.log(len(p))),
)
EXERCISE.recognise(
    "Only predictions above the mean are changed. Those below it are, on average, too low.",
    lambda p, mean, t, e: torch.minimum(p, expected_true(p, mean, t, e)),
)


@EXERCISE.mistake
def only_the_highest(predicted, mean, true_std, error_std):
    """You change the highest prediction alone. The expectation of each of them is asked for."""
    best = predicted == predicted.max()
    return torch.where(best, expected_true(predicted, mean, true_std, error_std), predicted)


EXERCISE.recognise(
    "You take the mean of these few predictions. They may be a chosen few; mean is given.",
    lambda p, mean, t, e: expected_true(p, p.mean(), t, e),
)
EXERCISE.recognise(
    "You take the variance of these few predictions. That of all is the sum of the two that are given.",
    lambda p, mean, t, e: mean + t**2 / p.var() * (p - mean),
    lambda p, mean, t, e: mean + (1 - e**2 / p.var()) * (p - mean),
)
EXERCISE.recognise(
    "This is the slope alone: the share of the distance to the mean that is left.",
    lambda p, mean, t, e: _share(t, e),
)
EXERCISE.recognise(
    "This is how uncertain true still is, given the prediction. Asked for is its expectation.",
    lambda p, mean, t, e: t * e / math.sqrt(t**2 + e**2),
    lambda p, mean, t, e: t**2 * e**2 / (t**2 + e**2),
)
EXERCISE.recognise(
    "This is how many stds a prediction lies from the mean. Asked for is a true value.",
    lambda p, mean, t, e: (p - mean) / math.sqrt(t**2 + e**2),
)
EXERCISE.recognise(
    "Right for predictors that err, but for error_std = 0 you divide by 0. Rewrite your fraction so that no "
    "variance stands alone below.",
    lambda p, mean, t, e: expected_true(p, mean, t, e) + 0 * p / e,
    lambda p, mean, t, e: (p / e**2 + mean / t**2) / (1 / e**2 + 1 / t**2),
)
EXERCISE.recognise(
    "You return one number. The expectation for each prediction is asked for.",
    lambda p, mean, t, e: expected_true(p, mean, t, e).max(),
    lambda p, mean, t, e: expected_true(p, mean, t, e).mean(),
)
EXERCISE.recognise(
    "You return a list of tensors. torch.stack makes one of them; or compute with all predictions at once.",
    lambda p, mean, t, e: list(expected_true(p, mean, t, e)),
)
EXERCISE.mistake(writes_into(expected_true, 0))
