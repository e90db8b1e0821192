"""Predictions of lesson 04."""

from vae_lessons.exercises.engine.exercise import Prediction

PREDICTIONS = (
    Prediction(
        key="4-curve",
        question="Without a cure the KL is low in the first epoch and still low in the last. Why does it stay there?",
        choices=(
            "Early on the decoder learnt to copy, and so it never read z",
            "At beta = 1 a nat costs more than any code could ever explain",
            "The encoder is too small to find a code that explains anything",
            "Four epochs are too few for any VAE to begin to use its code",
        ),
        right=0,
        because="""At first z is nearly all noise, so the decoder learns to copy from the rows above. A decoder that
        ignores z gives the encoder no gradient worth a nat, and a silent encoder gives the decoder no reason to listen.
        A code would pay, as the cures show; long training may find it, but nothing pushes.""",
    ),
    Prediction(
        key="4-collapse",
        question="Which treatment wakes the most latents, and is it the one with the best ELBO?",
        choices=(
            "Warm-up wakes the most latents and has the best ELBO of all",
            "Free bits wakes the most latents and has the best ELBO of all",
            "Free bits wakes the most; its ELBO is no better than warm-up's",
            "Cyclical wakes the most, since it wakes them four times in a run",
        ),
        right=2,
        because="""An allowance is there to be spent, so with free bits every latent speaks, needed or not. Warm-up
        wakes fewer and lets them carry what helps. Awake latents are a symptom; the ELBO is the aim.""",
    ),
    Prediction(
        key="4-blur",
        question="Four VAEs with a pixel std, from 1 down to 0.1. What does the std decide about sharpness?",
        choices=(
            "Nothing: blur comes from the network, whatever the likelihood says",
            "Smaller makes rebuilt images crisper; samples follow no such order",
            "Smaller makes rebuilt images crisper, and samples in the same order",
            "Larger makes both crisper, since edges are then allowed to be wrong",
        ),
        right=1,
        because="""A pixel std of 1 says that pixels are nearly noise, so detail is not worth its nats and edges are
        averages. A small std buys detail for rebuilt images and pays with holes where we sample, so a sample is not the
        crisper for it.""",
    ),
)
