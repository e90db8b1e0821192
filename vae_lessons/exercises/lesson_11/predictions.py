"""Predictions of lesson 11."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="11-code",
        question="A VAE of first names is trained at beta 1. Its decoder sees the letters so far. How many nats per "
        "name does its code hold, and how many test names are written again exactly?",
        choices=(
            "About 20 nats, and nearly all names",
            "About 8 nats, and a third of the names",
            "About 3 nats, and a few of the names",
            "Almost none of both",
        ),
        right=3,
        because="""The decoder predicts the next letter nearly as well without a code, and a code costs what it saves.
    So the KL is about 0.1 nats, and names written from the code are other names.""",
    ),
    Prediction(
        key="11-valid",
        question="Take SELFIES tokens at random, as many as in a molecule of the data, without any model. How many of "
        "these strings are molecules?",
        choices=("None", "About one in six", "About half", "All"),
        right=3,
        because="""SELFIES is made such that every string is a molecule. So all molecules of a model being valid says
    nothing about the model. Few of the random ones are molecules that chemists would call possible.""",
    ),
)
