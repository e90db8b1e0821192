"""Predictions of lesson 09."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="9-blank",
        question="A VAE has been trained on digits. Which ELBO does a blank page get, compared with new digits?",
        choices=(
            "Lower than nearly all of them: the model has never seen one",
            "About as high as an average digit",
            "As high as the simplest digits, the ones, and no higher",
            "Higher than all of them",
        ),
        right=3,
        because="""An ELBO adds up over pixels, and paper is what is easiest to predict: a blank page has nothing else.
    A high density is no sign of being typical.""",
    ),
    Prediction(
        key="9-far",
        question="Chimeras: the left half of one digit, the right half of another. Where do their means lie?",
        choices=(
            "Farther out than the means of digits, where no code of a digit lies",
            "On average nearer to the origin than the means of digits",
            "Equally far out: the KL holds every mean where the prior is",
            "Outside of two standard deviations of the prior, in nearly every latent",
        ),
        right=1,
        because="""So it comes out here: of a chimera and a digit, the chimera is nearer in about seven of ten pairs.
    The KL holds every mean near the origin, and only what pays in log p(x|z) moves it away.""",
    ),
)
