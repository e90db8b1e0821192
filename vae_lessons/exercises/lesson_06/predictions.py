"""Predictions of lesson 06."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="6-told",
        question="Which models draw a digit, and the one that was requested?",
        choices=(
            "The two models whose encoder is given the label, and no others",
            "All models that are given the label, wherever it enters them",
            "Given to both: most; decoder only: fewer; encoder only: by chance",
            "Given to the decoder only: most, since nothing else distracts it there",
        ),
        right=2,
        because="""A condition given to the encoder alone is lost: the decoder does not know what was requested.
        Given to the decoder alone it is obeyed less often, since z still separates the classes, and a draw from the
        prior may lie where the encoder puts the 4s while a 7 is requested.""",
    ),
)
