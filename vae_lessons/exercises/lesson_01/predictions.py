"""Predictions of lesson 01."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="1-pca",
        question="A linear autoencoder is trained until it hardly improves. Compared with PCA's, its error will be",
        choices=(
            "Clearly above: gradient descent stops somewhere on the way",
            "Equal within 1 %: no linear map does better than PCA",
            "Below: training adapts to these images, PCA is a general recipe",
        ),
        right=1,
        because="""PCA solves the same problem exactly, so no linear autoencoder can do better; and gradient descent,
        which knows nothing about PCA, comes within a thousandth of it. That two methods agree shows that the training
        loop works.""",
    ),
)
