"""Predictions of lesson 10."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="10-more",
        question="A classifier learns from 100 labelled images. Now a conditional VAE, trained on the same 100, makes "
        "half of every batch. How does the accuracy on new digits change?",
        choices=(
            "It rises by ten points or more",
            "It rises by about five points",
            "It hardly changes, or falls a little",
            "It falls to chance: made images are too blurred",
        ),
        right=2,
        because="""Made images come from the 100 labelled ones and from noise, so they say nothing more about
    digits. Here the accuracy stays within a few points.""",
    ),
    Prediction(
        key="10-named",
        question="Fifty Gaussians have been fitted to the codes of all images, without labels. Now 100 labels say "
        "which digit each of them is. How many new digits are named rightly?",
        choices=(
            "About half: clouds of codes are not digits",
            "About as many as by the classifier of 100 images",
            "More than by that classifier, and fewer than with shifted and sheared images",
            "More than by either of them",
        ),
        right=3,
        because="""Images without labels have shown where the clouds are, and most clouds hold one digit. A label then
    counts for its whole cloud.""",
    ),
)
