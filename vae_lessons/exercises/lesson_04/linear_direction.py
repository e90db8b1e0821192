"""Exercise 4.7: derive what one principal direction costs a linear VAE."""

import math
from collections.abc import Callable

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def best_loss(v: float, pixel_std: float, beta: float) -> float:
    """The least distortion + beta * rate of one direction with variance v, in nats (Lucas et al. 2019 at beta = 1)."""
    distortion, rate = _terms(v, pixel_std, beta)
    return distortion + beta * rate


def _terms(v: float, pixel_std: float, beta: float) -> tuple[float, float]:
    """Distortion and rate at the optimum: the squared error left is v, or beta * pixel_std**2 where that is less."""
    price = beta * pixel_std**2
    error = min(v, price)
    return _constant(pixel_std) + error / (2 * pixel_std**2), 0.5 * math.log(v / error)


def _constant(pixel_std: float) -> float:
    return 0.5 * math.log(2 * math.pi * pixel_std**2)


EXERCISE = Exercise(
    number="4.7",
    title="Derive: what a direction costs",
    task="""In a linear VAE with Gaussian pixels one latent takes one principal direction of the data, with variance v
    there. Write best_loss(v, pixel_std, beta): the smallest possible value of distortion + beta * rate for this
    direction alone, in nats, on average over the data, one number. The distortion is that of one pixel, constant
    included. (Decoder weight w, encoder mu = a x and variance t; find the best a, t and w, or take the rate from the
    lesson and find the distortion that belongs to it.)""",
    minutes=12,
    difficulty=3,
    reference=best_loss,
    probe=each(
        *(
            {"v": v, "pixel_std": pixel_std, "beta": beta}
            for v, pixel_std, beta in [
                (0.25, 0.6, 1.0),
                (4.0, 0.6, 1.0),
                (1.0, 0.6, 4.0),
                (4.0, 0.6, 4.0),
                (2.0, 1.3, 0.5),
                (0.5, 1.3, 0.5),
                (9.0, 0.2, 20.0),
            ]
        ),
        tolerance=1e-3,
    ),
    hints=(
        "Two cases: the latent is used, or it is not. What are the rate and the squared error when it is not?",
        "For a used latent put w first: with x = w z + noise, which a and t are best for a fixed w? (At beta = 1 they "
        "are the exact posterior; a price beta makes the pixel noise look beta times as large.)",
        "At the optimum the squared error that is left does not depend on v. Check your result where the two cases "
        "meet, v = beta * pixel_std**2: they must agree there.",
    ),
)


EXERCISE.recognise(
    """You use the formula for a used latent everywhere; where v is below beta * pixel_std**2 it gives a negative rate,
    which no KL can be.""",
    lambda v, pixel_std, beta: (
        _constant(pixel_std) + beta / 2 + beta * 0.5 * math.log(v / (beta * pixel_std**2))
    ),
)


EXERCISE.recognise(
    """You leave the latent unused in every case: then v is the whole squared error and the rate is 0. Where v is large,
    using it is cheaper.""",
    lambda v, pixel_std, beta: _constant(pixel_std) + v / (2 * pixel_std**2),
)


EXERCISE.recognise(
    """Your squared error is pixel_std**2 for a used latent. That holds at beta = 1; at another price more or less of it
    is left.""",
    lambda v, pixel_std, beta: (
        _constant(pixel_std)
        + min(v / pixel_std**2, 1.0) / 2
        + beta * 0.5 * max(0.0, math.log(v / (beta * pixel_std**2)))
    ),
)


EXERCISE.recognise(
    """beta changes neither your rate nor where the latent is given up: this is the optimum for beta = 1, with only its
    loss weighted.""",
    lambda v, pixel_std, beta: _terms(v, pixel_std, 1.0)[0] + beta * _terms(v, pixel_std, 1.0)[1],
)


EXERCISE.recognise(
    """This is distortion + rate, minus the ELBO, of the right model: the loss weights the rate by beta.""",
    lambda v, pixel_std, beta: sum(_terms(v, pixel_std, beta)),
)


EXERCISE.recognise(
    """This is the distortion alone: beta times the rate is missing.""",
    lambda v, pixel_std, beta: _terms(v, pixel_std, beta)[0],
)


EXERCISE.recognise(
    """This is beta times the rate alone: the distortion is missing.""",
    lambda v, pixel_std, beta: beta * _terms(v, pixel_std, beta)[1],
)


EXERCISE.recognise(
    """This is the rate alone.""",
    lambda v, pixel_std, beta: _terms(v, pixel_std, beta)[1],
)


EXERCISE.recognise(
    """The constant of the Gaussian density is missing from the distortion, half of log(2 pi pixel_std**2).""",
    lambda v, pixel_std, beta: best_loss(v, pixel_std, beta) - _constant(pixel_std),
)


EXERCISE.recognise(
    """The 2 pi is missing from the constant of the Gaussian density.""",
    lambda v, pixel_std, beta: best_loss(v, pixel_std, beta) - 0.5 * math.log(2 * math.pi),
)


EXERCISE.recognise(
    """The one half is missing from the constant of the Gaussian density.""",
    lambda v, pixel_std, beta: best_loss(v, pixel_std, beta) + _constant(pixel_std),
)


EXERCISE.recognise(
    """The constant of the Gaussian density contains beta in your result; the decoder's density does not depend on
    beta.""",
    lambda v, pixel_std, beta: best_loss(v, pixel_std, beta) + 0.5 * math.log(beta),
)


EXERCISE.recognise(
    """No squared error is left in your distortion: a code with a finite rate never reconstructs the pixel exactly.""",
    lambda v, pixel_std, beta: _constant(pixel_std) + beta * _terms(v, pixel_std, beta)[1],
)


EXERCISE.recognise(
    """You use v as a standard deviation; it is a variance already.""",
    lambda v, pixel_std, beta: best_loss(v**2, pixel_std, beta),
)


EXERCISE.recognise(
    """You use pixel_std as a variance; it is a standard deviation.""",
    lambda v, pixel_std, beta: best_loss(v, pixel_std**0.5, beta),
)


EXERCISE.recognise(
    """The one half is missing from your rate, which is half the logarithm of a ratio of variances.""",
    lambda v, pixel_std, beta: _terms(v, pixel_std, beta)[0] + beta * 2 * _terms(v, pixel_std, beta)[1],
)


EXERCISE.recognise(
    """Your rate is in bits: use the natural logarithm.""",
    lambda v, pixel_std, beta: (
        _terms(v, pixel_std, beta)[0] + beta * _terms(v, pixel_std, beta)[1] / math.log(2)
    ),
)


EXERCISE.recognise(
    """You subtract the rate, but it is a cost.""",
    lambda v, pixel_std, beta: _terms(v, pixel_std, beta)[0] - beta * _terms(v, pixel_std, beta)[1],
)


EXERCISE.recognise(
    """The sign of your whole loss is inverted.""",
    lambda v, pixel_std, beta: -best_loss(v, pixel_std, beta),
)


EXERCISE.recognise(
    """Right where the latent is used; where it is not, the squared error that is left is v, not
    beta * pixel_std**2.""",
    lambda v, pixel_std, beta: (
        _constant(pixel_std) + beta / 2 + beta * max(0.0, 0.5 * math.log(v / (beta * pixel_std**2)))
    ),
)


EXERCISE.recognise(
    """Your distortion of a used latent is that of beta = 1, half a nat above the constant. A larger beta leaves more
    of the squared error: beta / 2.""",
    lambda v, pixel_std, beta: (
        best_loss(v, pixel_std, beta) + (0.5 - beta / 2 if v > beta * pixel_std**2 else 0.0)
    ),
)


EXERCISE.recognise(
    """You let the latent collapse where v is below pixel_std**2. With a price beta on the rate it does so earlier:
    below beta * pixel_std**2.""",
    lambda v, pixel_std, beta: (
        _constant(pixel_std) + v / (2 * pixel_std**2)
        if v <= pixel_std**2
        else _constant(pixel_std) + 0.5 * beta * (1 + math.log(v / (beta * pixel_std**2)))
    ),
)


EXERCISE.recognise(
    """This is minus the log-likelihood of probabilistic PCA, which is the answer at beta = 1 alone.""",
    lambda v, pixel_std, beta: best_loss(v, pixel_std, 1.0),
)


def _at_weight(
    weight_squared: Callable[[float, float, float], float],
) -> Callable[[float, float, float], float]:
    """The loss at the best a and t for a decoder weight w; weight_squared(v, pixel_std, beta) is w**2."""

    def answer(v: float, pixel_std: float, beta: float) -> float:
        price = beta * pixel_std**2
        seen = weight_squared(v, pixel_std, beta) + price
        return _constant(pixel_std) + 0.5 * beta * (v / seen + math.log(seen / price))

    return answer


EXERCISE.recognise(
    """a and t are the best ones, but w is that of beta = 1, w**2 = v - pixel_std**2. With a price on the rate another
    w is better.""",
    _at_weight(lambda v, pixel_std, beta: max(v - pixel_std**2, 0.0)),
)


EXERCISE.recognise(
    """a and t are the best ones, but w**2 = v is not the best weight: the noise of the pixels explains a part of
    v.""",
    _at_weight(lambda v, pixel_std, beta: v),
)


EXERCISE.recognise(
    """Right where the latent is used. A direction without a latent has no rate, but it still costs distortion: its
    variance v is what the decoder gets wrong.""",
    lambda v, pixel_std, beta: (
        best_loss(v, pixel_std, beta) if v > beta * pixel_std**2 else _constant(pixel_std)
    ),
)
