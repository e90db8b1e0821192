"""Predictions of lesson 08."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="8-std",
        question="The encoder's standard deviations are doubled, then halved. Which file grows more?",
        choices=(
            "Doubled: a vague z makes x dearer",
            "Halved: a narrow q(z|x) gives fewer bits back, a wide one more",
            "Both grow alike",
            "Neither grows: whatever z costs, bits back repays",
        ),
        right=0,
        because="""What the file grows by is the KL of q(z|x) from the true posterior, and that is not symmetric: a
    std that is twice too large costs about 1.2 bits per latent, one that is half of it about 0.5.""",
    ),
    Prediction(
        key="8-snr",
        question="K = 50 draws instead of 1: what becomes of the signal-to-noise ratio of the gradients?",
        choices=(
            "It rises for encoder and decoder: more draws, less noise",
            "It rises for the decoder and falls for the encoder",
            "It falls for the decoder and rises for the encoder",
            "It stays as it is: the bound is tighter, the gradients are the same",
        ),
        right=1,
        because="""The more draws, the less the bound depends on q(z|x): it tends to log p(x), in which the encoder
    does not occur. So the encoder's gradient dies out faster than its noise; the decoder's noise falls alone.""",
    ),
)
