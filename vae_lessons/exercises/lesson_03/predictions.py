"""Predictions of lesson 03."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="3-better",
        question="Which of the four mistakes will look better than the right line while it trains, "
        "by the ELBO it claims?",
        choices=(
            "None: a mistake costs from the first step on",
            "torch.normal and one eps per batch",
            "One eps for ever and std = exp(logvar)",
            "One eps per batch and std = exp(logvar)",
        ),
        right=2,
        because="""Both make the noise smaller than the KL believes: a kept eps is a constant the decoder
        learns to undo, and exp(logvar) is narrower than its root where regions are narrow. The honest ELBO,
        drawn as the KL assumes, gives both away.""",
    ),
)
