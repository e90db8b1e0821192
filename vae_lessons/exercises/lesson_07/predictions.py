"""Predictions of lesson 07."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="7-shuffle",
        question="Each latent is shuffled over the images. How many of these codes decode to digits?",
        choices=(
            "As many as of the unshuffled codes: every latent still has its own distribution",
            "Hardly more than of draws from the prior",
            "Halfway between the two",
            "Almost none: shuffled codes belong to no image",
        ),
        right=1,
        because="""Shuffling keeps the distribution of each latent and destroys only how they depend on each other. If
    that costs nearly all that the codes had over the prior, the fault lies between the latents.""",
    ),
)
