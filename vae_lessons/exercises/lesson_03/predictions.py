"""Predictions of lesson 03."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="3-better",
        question="Which of the four mistakes will look better than the right line during training, "
        "by the ELBO it reports?",
        choices=(
            "None: a mistake costs from the first step on",
            "torch.normal and one eps per batch",
            "One eps for ever and std = exp(logvar)",
            "One eps per batch and std = exp(logvar)",
        ),
        right=2,
        because="""Both make the noise smaller than the KL assumes: a fixed eps is a constant that the decoder learns
        to undo, and exp(logvar) is smaller than its square root where q(z|x) is narrow. The true ELBO, with draws as
        the KL assumes them, reveals both.""",
    ),
)
