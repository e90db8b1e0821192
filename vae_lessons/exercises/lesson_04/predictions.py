"""Predictions of lesson 04."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="4-curve",
        question="Untreated, the KL is low in the first epoch and still low in the last. Why does it stay there?",
        choices=(
            "Early on the decoder learnt to copy, and so it hardly uses z",
            "At beta = 1 a nat costs more than any code could ever explain",
            "The encoder is too small to find a code that explains anything",
            "Four epochs are too few for any VAE to begin to use its code",
        ),
        right=0,
        because="""At first z is nearly all noise, so the decoder learns to copy from the rows above. A decoder that
        ignores z gives the encoder no reason to spend a nat, and a code that says nothing gives the decoder no
        reason to use it. Using z would pay, as the treatments show; long training may find that, but the
        gradient that leads there is weak.""",
    ),
    Prediction(
        key="4-collapse",
        question="Which treatment brings the most latents above 0.1 nats, and does it have the best ELBO?",
        choices=(
            "Warm-up brings the most latents into use and has the best ELBO of all",
            "Free bits brings the most latents into use and has the best ELBO of all",
            "Free bits brings the most into use, without a better ELBO for it",
            "Cyclical brings the most into use, since it tries four times in one run",
        ),
        right=2,
        because="""An allowance costs nothing, so with free bits every latent spends it, needed or not. Warm-up brings
        fewer into use and lets them carry what helps: over five seeds three latents reach the same ELBO as all eight.
        The number of latents in use is a symptom; the ELBO is the aim.""",
    ),
    Prediction(
        key="4-blur",
        question="Three VAEs have a pixel std of 1, 0.3 and 0.1. How does the std affect sharpness?",
        choices=(
            "Nothing: blur comes from the network, whatever the likelihood says",
            "Smaller makes reconstructions crisper; samples follow no such order",
            "Smaller makes reconstructions crisper, and samples in the same order",
            "Larger makes both crisper, since edges are then allowed to be wrong",
        ),
        right=1,
        because="""A pixel std of 1 says that pixels are nearly noise, so detail is not worth its nats and edges are
        averages. With a small std, detail is worth its nats in reconstructions, but leaves more holes where we sample,
        so samples do not become crisper.""",
    ),
)
