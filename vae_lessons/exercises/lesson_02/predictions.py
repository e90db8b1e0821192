"""Predictions of lesson 02."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="2-error",
        question="The Monte Carlo KL gets 100 times as many samples. Its error bar becomes",
        choices=(
            "100 times shorter",
            "10 times shorter",
            "hardly shorter: a KL is what it is",
        ),
        right=1,
        because="""The errors of independent draws partly cancel: the standard error of a mean of n draws is the
        standard deviation of one draw, divided by the square root of n. One more digit of a result costs a hundred
        times as many samples.""",
    ),
)
