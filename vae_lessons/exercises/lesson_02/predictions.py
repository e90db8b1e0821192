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
        because="""Errors of independent draws partly cancel: a mean of n strays by the spread of one draw over the
        square root of n. Another digit of a result costs a hundredfold of samples.""",
    ),
)
