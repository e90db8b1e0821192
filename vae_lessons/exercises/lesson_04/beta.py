"""Exercise 4.1: the loss with its weight beta."""

import torch

from vae_lessons.elbo import beta_loss
from vae_lessons.exercises.engine.common_mistakes import cut_off, writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.exercises.lesson_04.inputs import DENSITIES, KL, LOG_PX_Z

EXERCISE = Exercise(
    number="4.1",
    title="Warm-up: the beta-VAE loss",
    task="""Write the loss that training minimises: beta_loss(log_px_z, kl, beta). log_px_z and kl are (B,), in nats per
    image; beta is the weight of the rate. Return one number, in nats per image; gradients must reach both terms.""",
    minutes=2,
    difficulty=1,
    reference=beta_loss,
    probe=each(
        {"log_px_z": torch.tensor([-2.3]), "kl": torch.tensor([0.7]), "beta": 3.0},
        {"log_px_z": LOG_PX_Z, "kl": KL.sum(1), "beta": 0.4},
        {"log_px_z": LOG_PX_Z, "kl": KL.sum(1), "beta": 0.0},
        {"log_px_z": DENSITIES, "kl": KL.sum(1), "beta": 0.4},
        {
            "log_px_z": LOG_PX_Z,
            "kl": torch.tensor([0.9, -0.4, 1.3]),
            "beta": 2.0,
        },  # estimates may be negative
        gradients=["log_px_z", "kl"],
    ),
    hints=(
        "Which of the two is a cost as it stands, and which is a gain? Which of them does beta multiply?",
        "The distortion of an image is -log_px_z, its rate is kl; only the rate is multiplied by beta.",
        "Work per image first, (B,), and average over the batch last. Test yourself: beta = 1 gives minus the ELBO, "
        "and beta = 0 the distortion alone.",
    ),
)


EXERCISE.recognise(
    """You multiply log_px_z by beta, so a larger beta would favour better reconstructions. beta is the price of the
    rate.""",
    lambda log_px_z, kl, beta: (kl - beta * log_px_z).mean(),
)


EXERCISE.recognise(
    """beta multiplies the whole loss, so it changes only the size of the steps and never the balance between the terms.
    Look at your brackets.""",
    lambda log_px_z, kl, beta: -beta * (log_px_z - kl).mean(),
)


EXERCISE.recognise(
    """This is the negative ELBO whatever beta is: your function never uses its third argument.""",
    lambda log_px_z, kl, beta: (kl - log_px_z).mean(),
)


EXERCISE.recognise(
    """A larger KL lowers your loss, so training would increase it without limit. The rate is a cost.""",
    lambda log_px_z, kl, beta: -(log_px_z + beta * kl).mean(),
)


EXERCISE.recognise(
    """A better reconstruction has a higher log_px_z, and that raises your loss.""",
    lambda log_px_z, kl, beta: (log_px_z + beta * kl).mean(),
)


EXERCISE.recognise(
    """This is the quantity to maximise; an optimizer minimises, so training would make everything worse.""",
    lambda log_px_z, kl, beta: (log_px_z - beta * kl).mean(),
)


EXERCISE.recognise(
    """You sum over the images, so the loss and every gradient grow with the batch size. The loss is in nats per
    image.""",
    lambda log_px_z, kl, beta: (beta * kl - log_px_z).sum(),
)


EXERCISE.recognise(
    """You return one number per image, (B,); backward() needs a single one.""",
    lambda log_px_z, kl, beta: beta * kl - log_px_z,
)


EXERCISE.recognise(
    """You average log_px_z over the batch but sum kl, so the effective beta is B times the one you set.""",
    lambda log_px_z, kl, beta: beta * kl.sum() - log_px_z.mean(),
)


EXERCISE.recognise(
    """You sum log_px_z over the batch but average kl, so the effective beta is the one you set divided by B.""",
    lambda log_px_z, kl, beta: beta * kl.mean() - log_px_z.sum(),
)


EXERCISE.recognise(
    """You divide kl by the batch size and then average it as well, so the effective beta is B times too small.""",
    lambda log_px_z, kl, beta: (beta * kl / len(kl) - log_px_z).mean(),
)


EXERCISE.recognise(
    """You divide by the batch size twice, once inside mean() and once more.""",
    lambda log_px_z, kl, beta: (beta * kl - log_px_z).mean() / len(kl),
)


EXERCISE.recognise(
    """You add beta to the loss. A constant has no gradient, so beta changes nothing.""",
    lambda log_px_z, kl, beta: (beta + kl - log_px_z).mean(),
)


EXERCISE.recognise(
    """You divide kl by beta, so a higher price makes the rate cheaper, and beta = 0 divides by zero.""",
    lambda log_px_z, kl, beta: (kl / beta - log_px_z).mean(),
)


EXERCISE.recognise(
    """You divide log_px_z by beta. The balance is right, but the loss is no longer in nats per image, and beta = 0
    divides by zero.""",
    lambda log_px_z, kl, beta: (kl - log_px_z / beta).mean(),
)


EXERCISE.recognise(
    """You weight the terms by 1 - beta and beta, as shares of a whole. beta is a price: the distortion always counts in
    full, and beta may be above 1.""",
    lambda log_px_z, kl, beta: (beta * kl - (1 - beta) * log_px_z).mean(),
)


EXERCISE.recognise(
    """beta enters twice, so 3 acts as 9 and 0.4 as 0.16: look for a second place that uses it.""",
    lambda log_px_z, kl, beta: (beta**2 * kl - log_px_z).mean(),
)


EXERCISE.recognise(
    """You add beta * kl to a loss that already contains the KL, so the rate has a cost even at beta = 0.""",
    lambda log_px_z, kl, beta: (kl - log_px_z + beta * kl).mean(),
)


EXERCISE.recognise(
    """The KL is missing, as if beta were always 0: nothing pulls the codes towards the prior, and holes are left.""",
    lambda log_px_z, kl, beta: -log_px_z.mean(),
)


EXERCISE.recognise(
    """log_px_z is missing, so only the KL is minimised: q(z|x) becomes the prior for every image, and the decoder
    learns nothing.""",
    lambda log_px_z, kl, beta: beta * kl.mean(),
)


EXERCISE.recognise(
    """You take exp of log_px_z, which for a real image underflows to 0. The loss is built from the logarithms
    themselves, in nats.""",
    lambda log_px_z, kl, beta: (beta * kl - log_px_z.exp()).mean(),
)


EXERCISE.recognise(
    """You drop the sign of log_px_z. With Gaussian pixels it is a density and may be positive, and then a better
    reconstruction raises your loss.""",
    lambda log_px_z, kl, beta: (beta * kl + log_px_z.abs()).mean(),
    lambda log_px_z, kl, beta: log_px_z.mean().abs() + beta * kl.mean(),
)


EXERCISE.recognise(
    """The number is right, but no gradient reaches kl, so the encoder never learns what its code costs: look for
    .item(), float() or .detach() on the KL.""",
    lambda log_px_z, kl, beta: beta * kl.mean().item() - log_px_z.mean(),
)


EXERCISE.recognise(
    """The number is right, but no gradient reaches log_px_z, so training follows the KL alone: look for .item(),
    float() or .detach() on it.""",
    lambda log_px_z, kl, beta: beta * kl.mean() - log_px_z.mean().item(),
)


EXERCISE.mistake(cut_off(beta_loss))


EXERCISE.mistake(writes_into(beta_loss, 1))


EXERCISE.recognise(
    """You divide by 1 + beta, so that the weights add up to 1. It is no longer in nats per image, and minus the ELBO
    at no beta.""",
    lambda log_px_z, kl, beta: (beta * kl - log_px_z).mean() / (1 + beta),
)


EXERCISE.recognise(
    """Your beta never exceeds 1, as the share of a warm-up; here it is the weight itself.""",
    lambda log_px_z, kl, beta: (min(beta, 1.0) * kl - log_px_z).mean(),
)


EXERCISE.recognise(
    """You divide log_px_z by a number of pixels. It is the sum over an image's pixels already, in nats per image.""",
    lambda log_px_z, kl, beta: (beta * kl - log_px_z / 784).mean(),
    lambda log_px_z, kl, beta: (beta * kl - log_px_z / 28).mean(),
)


EXERCISE.recognise(
    """You take the median over the batch; the loss is the mean.""",
    lambda log_px_z, kl, beta: beta * kl.median() - log_px_z.median(),
    lambda log_px_z, kl, beta: (beta * kl - log_px_z).median(),
)


EXERCISE.recognise(
    """beta multiplies the distortion here, and one of the two terms has the wrong sign as well: the distortion is
    -log_px_z, the rate kl, both are costs, and beta weighs the rate.""",
    lambda log_px_z, kl, beta: (kl + beta * log_px_z).mean(),
    lambda log_px_z, kl, beta: -(kl + beta * log_px_z).mean(),
    lambda log_px_z, kl, beta: (beta * log_px_z - kl).mean(),
)


EXERCISE.recognise(
    """You set negative values of kl to 0. Single estimates of a KL may be negative; only their average is not.""",
    lambda log_px_z, kl, beta: (beta * kl.clamp(min=0) - log_px_z).mean(),
    lambda log_px_z, kl, beta: (beta * kl.abs() - log_px_z).mean(),
)
