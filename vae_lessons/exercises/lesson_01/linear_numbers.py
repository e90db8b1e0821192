"""Exercise 1.5: read off the sweep how long a linear code must be to do as well."""

import numpy as np

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import read_off


def linear_numbers(pca_errors: dict[int, float], reached: float) -> float:
    """The length at which PCA's error falls to `reached`; between two lengths, a straight line in their logarithm."""
    lengths = np.array(sorted(pca_errors))
    errors = [pca_errors[length] for length in lengths.tolist()]
    return float(
        np.exp(np.interp(-reached, -np.array(errors), np.log(lengths)))
    )  # interp wants rising errors


DIGITS = {2: 43.43, 4: 36.77, 8: 28.78, 12: 24.43, 16: 21.12, 24: 16.36, 32: 13.26, 48: 9.25, 64: 6.89}
MNIST = {2: 42.58, 4: 37.02, 8: 29.50, 12: 24.75, 16: 21.54, 24: 16.90, 32: 13.67, 48: 9.67, 64: 7.33}

EXERCISE = Exercise(
    number="1.5",
    title="Read: how many linear numbers?",
    task="""In the sweep, the convolutional autoencoder with 8 numbers reached a certain squared error. How many
    numbers does PCA need for the same error? Read it off the figure, or write lines that find it:
    linear_numbers(pca_errors, reached) returns a code length, one number, right to within about 8 %. pca_errors
    maps code lengths to PCA's errors, and reached is the autoencoder's error. To answer by eye, return the number you
    read.""",
    minutes=5,
    difficulty=1,
    reference=linear_numbers,
    reads=read_off("numbers in PCA's code", linear_numbers, tolerance=0.08),
    course_runs={"digits": (DIGITS, 12.23), "mnist": (MNIST, 15.69)},
    hints=(
        "Equal error, different length: in the figure, equal errors lie on a horizontal line.",
        "Start at the point of the convolutional curve above 8, and go to the right until you meet PCA's curve. Which "
        "length lies below?",
        "The axis of lengths is logarithmic: halfway between 16 and 64 lies 32, not 40.",
    ),
)


@EXERCISE.mistake
def the_error(pca_errors, reached):
    """You return a squared error. Asked is a code length, read on the other axis."""
    return reached


@EXERCISE.mistake
def pca_error_at_eight(pca_errors, reached):
    """This is PCA's error with 8 numbers, so you went up from 8. Asked is a code length: go to the right instead, at
    the same error."""
    return pca_errors[8]


@EXERCISE.mistake
def ratio_of_errors(pca_errors, reached):
    """This is how many times larger PCA's error is with the same 8 numbers, a ratio of two errors. Asked is a code
    length."""
    return pca_errors[8] / reached


@EXERCISE.mistake
def ratio_of_lengths(pca_errors, reached):
    """This is how many times longer PCA's code must be. Asked is how many numbers it has."""
    return linear_numbers(pca_errors, reached) / 8


@EXERCISE.mistake
def the_same_eight(pca_errors, reached):
    """You answer with the length of the autoencoder's own code, 8. PCA's error there is much larger; at which length
    does it come down to the autoencoder's?"""
    return 8.0


@EXERCISE.mistake
def proportional(pca_errors, reached):
    """You take PCA's error to fall in proportion to the length. It does not: follow the curve."""
    return 8 * pca_errors[8] / reached


@EXERCISE.mistake
def last_length(pca_errors, reached):
    """This is the longest code in the figure. PCA reaches the autoencoder's error before."""
    return float(max(pca_errors))
