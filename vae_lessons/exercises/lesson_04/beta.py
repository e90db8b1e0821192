"""Exercise 4.1: the loss with its weight beta."""

import torch

from vae_lessons.elbo import beta_loss
from vae_lessons.exercises.engine.common_mistakes import cut_off, writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.exercises.lesson_04.inputs import DENSITIES, KL, LOG_PX_Z

EXERCISE = Exercise(
    number="4.1",
    title="The dial",
    task="""Write the loss that training minimises: beta_loss(log_px_z, kl, beta). log_px_z and kl are (B,), in nats
    per image; beta is the price of a nat of rate. Return one number, in nats per image; gradients must reach both
    terms.""",
    minutes=4,
    difficulty=1,
    reference=beta_loss,
    probe=each(
        {"log_px_z": torch.tensor([-2.3]), "kl": torch.tensor([0.7]), "beta": 3.0},
        {"log_px_z": LOG_PX_Z, "kl": KL.sum(1), "beta": 0.4},
        {"log_px_z": LOG_PX_Z, "kl": KL.sum(1), "beta": 0.0},
        {"log_px_z": DENSITIES, "kl": KL.sum(1), "beta": 0.4},
        gradients=["log_px_z", "kl"],
    ),
    hints=(
        "Which of the two is a cost as it stands, and which is a gain? And which of them does beta price?",
        "The distortion of an image is -log_px_z, its rate is kl; only the rate is multiplied by beta.",
        "beta * kl - log_px_z is one number per image, (B,). Average it over the batch, last of all.",
    ),
)


EXERCISE.recognise(
    """You multiply log_px_z by beta: turning the dial up would buy a better picture. beta is the price of the
    rate, so it stands before kl.""",
    lambda log_px_z, kl, beta: (kl - beta * log_px_z).mean(),
)


EXERCISE.recognise(
    """beta multiplies the whole loss, so the balance between the terms never changes, only the size of the steps: it
    belongs to kl alone. Look at your brackets.""",
    lambda log_px_z, kl, beta: -beta * (log_px_z - kl).mean(),
)


EXERCISE.recognise(
    """This is the negative ELBO whatever beta is: your function never uses its third argument.""",
    lambda log_px_z, kl, beta: (kl - log_px_z).mean(),
)


EXERCISE.recognise(
    """A larger KL lowers your loss, so training would let it grow without end: in the loss, the rate is a cost and is
    added.""",
    lambda log_px_z, kl, beta: -(log_px_z + beta * kl).mean(),
)


EXERCISE.recognise(
    """A better rebuilt image, a higher log_px_z, raises your loss: the distortion is minus log_px_z.""",
    lambda log_px_z, kl, beta: (log_px_z + beta * kl).mean(),
)


EXERCISE.recognise(
    """This is what should become large; an optimizer goes downhill and would make everything worse. The loss is minus
    this.""",
    lambda log_px_z, kl, beta: (log_px_z - beta * kl).mean(),
)


EXERCISE.recognise(
    """You add up the images, so the loss and every gradient grow with the batch: average over the batch, to stay in
    nats per image.""",
    lambda log_px_z, kl, beta: (beta * kl - log_px_z).sum(),
)


EXERCISE.recognise(
    """You return one number per image, (B,); backward() needs a single one. Average over the batch as the last
    step.""",
    lambda log_px_z, kl, beta: beta * kl - log_px_z,
)


EXERCISE.recognise(
    """You average log_px_z over the batch but add up kl, so the real beta is B times the one you set: treat both
    terms alike.""",
    lambda log_px_z, kl, beta: beta * kl.sum() - log_px_z.mean(),
)


EXERCISE.recognise(
    """You add up log_px_z over the batch but average kl, so the real beta is the one you set divided by B: treat both
    terms alike.""",
    lambda log_px_z, kl, beta: beta * kl.mean() - log_px_z.sum(),
)


EXERCISE.recognise(
    """You divide kl by the size of the batch and then average it as well, so the real beta is the one you set divided
    by B: average once.""",
    lambda log_px_z, kl, beta: (beta * kl / len(kl) - log_px_z).mean(),
)


EXERCISE.recognise(
    """You divide by the size of the batch twice, once inside mean() and once more: one average is enough.""",
    lambda log_px_z, kl, beta: (beta * kl - log_px_z).mean() / len(kl),
)


EXERCISE.recognise(
    """You add beta to the loss. A constant has no gradient, so the dial turns nothing: a price multiplies.""",
    lambda log_px_z, kl, beta: (beta + kl - log_px_z).mean(),
)


EXERCISE.recognise(
    """You divide kl by beta, so a dear wire becomes a cheap one (and at beta = 0 nothing is a number any more):
    multiply.""",
    lambda log_px_z, kl, beta: (kl / beta - log_px_z).mean(),
)


EXERCISE.recognise(
    """You divide log_px_z by beta. The balance is right, but the loss is no longer in nats per image, and beta = 0
    breaks it: leave log_px_z as it is and multiply kl.""",
    lambda log_px_z, kl, beta: (kl - log_px_z / beta).mean(),
)


EXERCISE.recognise(
    """You weigh the terms by 1 - beta and beta, as shares of a whole. beta is a price: the distortion always
    counts in full, and beta may be above 1.""",
    lambda log_px_z, kl, beta: (beta * kl - (1 - beta) * log_px_z).mean(),
)


EXERCISE.recognise(
    """beta is multiplied in twice, so 3 acts as 9 and 0.4 as 0.16: look for a second place that uses it.""",
    lambda log_px_z, kl, beta: (beta**2 * kl - log_px_z).mean(),
)


EXERCISE.recognise(
    """You add beta * kl to a loss that holds the KL already, so it counts 1 + beta times: at beta = 0 the rate must
    cost nothing.""",
    lambda log_px_z, kl, beta: (kl - log_px_z + beta * kl).mean(),
)


EXERCISE.recognise(
    """The KL is missing, which is beta = 0 for ever: the autoencoder of lesson 01, with its holes.""",
    lambda log_px_z, kl, beta: -log_px_z.mean(),
)


EXERCISE.recognise(
    """log_px_z is missing, so only the KL is minimised: a perfect match with the prior, and a decoder that learns
    nothing.""",
    lambda log_px_z, kl, beta: beta * kl.mean(),
)


EXERCISE.recognise(
    """You take exp of log_px_z, which for a real image is 0 in floating point: the loss is made of the logarithms
    themselves, in nats.""",
    lambda log_px_z, kl, beta: (beta * kl - log_px_z.exp()).mean(),
)


EXERCISE.recognise(
    """You drop the sign of log_px_z. With Gaussian pixels it is a density and may be positive, and then a better
    picture would raise your loss: the distortion is minus log_px_z.""",
    lambda log_px_z, kl, beta: (beta * kl + log_px_z.abs()).mean(),
    lambda log_px_z, kl, beta: log_px_z.mean().abs() + beta * kl.mean(),
)


EXERCISE.recognise(
    """The number is right, but no gradient reaches kl, so the encoder never hears of its price: look for .item(),
    float() or .detach() on the KL.""",
    lambda log_px_z, kl, beta: beta * kl.mean().item() - log_px_z.mean(),
)


EXERCISE.recognise(
    """The number is right, but no gradient reaches log_px_z, so training follows the KL alone: look for .item(),
    float() or .detach() on it.""",
    lambda log_px_z, kl, beta: beta * kl.mean() - log_px_z.mean().item(),
)


EXERCISE.mistake(cut_off(beta_loss))


EXERCISE.mistake(writes_into(beta_loss, 1))
