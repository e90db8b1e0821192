"""Exercise 2.5: the loss of a VAE."""

import torch.nn.functional as F
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import cut_off, writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import LOGVAR, MU, each
from vae_lessons.exercises.lesson_02.inputs import LOGITS, PIXELS
from vae_lessons.kl import kl_closed_form, kl_per_latent
from vae_lessons.likelihoods import bernoulli_log_likelihood


def negative_elbo(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """What a VAE minimises: minus the ELBO, averaged over the batch, a scalar in nats per image."""
    log_px_z = bernoulli_log_likelihood(x_logits, x)  # (B,)
    kl = kl_closed_form(mu, logvar)  # (B,)
    return -(log_px_z - kl).mean()


EXERCISE = Exercise(
    number="2.5",
    title="The loss of a VAE",
    task="""From images x and x_logits, both (B, 1, H, W), and mu and logvar, (B, J), make the number that
    training minimises: minus the ELBO, averaged over the images, in nats per image. bernoulli_log_likelihood
    and kl_closed_form are at hand.""",
    minutes=5,
    difficulty=1,
    reference=negative_elbo,
    probe=each(
        {
            "x": PIXELS[:1, :, :1, 1:2],
            "x_logits": LOGITS[:1, :, :1, 1:2],  # negative: no probability
            "mu": MU[:1, :1],
            "logvar": LOGVAR[:1, :1],
        },
        {"x": PIXELS, "x_logits": LOGITS, "mu": MU, "logvar": LOGVAR},
        gradients=["x_logits", "mu", "logvar"],
    ),
    hints=(
        "The ELBO of an image is how well z explains it, minus what z costs.",
        "elbo = log_px_z - kl, each (B,). A bound is to be pushed up; an optimizer goes down.",
        "Take minus the mean of bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar).",
    ),
)


EXERCISE.recognise(
    """You return the ELBO itself, so an optimizer would make the model as bad as it can: minimise minus the
    ELBO.""",
    lambda x, x_logits, mu, logvar: -negative_elbo(x, x_logits, mu, logvar),
)


EXERCISE.recognise(
    """The KL has the wrong sign in your loss: regions would be paid for leaving the prior. The loss is
    -log p(x|z) + KL.""",
    lambda x, x_logits, mu, logvar: (
        -(bernoulli_log_likelihood(x_logits, x) + kl_closed_form(mu, logvar)).mean()
    ),
)


EXERCISE.recognise(
    """log p(x|z) enters your loss with a plus: the worse an image is rebuilt, the smaller the loss. Only the
    KL is added.""",
    lambda x, x_logits, mu, logvar: (
        bernoulli_log_likelihood(x_logits, x) + kl_closed_form(mu, logvar)
    ).mean(),
)


EXERCISE.recognise(
    """You average the pixels and sum the latents: one pixel against a whole code, which for 784 pixels is a
    beta of 784 unsaid. Sum over the pixels.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x) / x[0].numel() + kl_closed_form(mu, logvar)
    ).mean(),
)


EXERCISE.recognise(
    """You average the KL over the latents, so it counts J times too little: sum over the latents.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x) + kl_per_latent(mu, logvar).mean(-1)
    ).mean(),
)


EXERCISE.recognise(
    """Pixels and latents are both averaged, so neither term is in nats per image, an unstated beta of D / J:
    sum over pixels and latents, average over images last.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x) / x[0].numel() + kl_per_latent(mu, logvar).mean(-1)
    ).mean(),
)


EXERCISE.recognise(
    """You add up the images, so the loss and every step grow with the batch: average over the images.""",
    lambda x, x_logits, mu, logvar: (
        -(bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)).sum()
    ),
)


EXERCISE.recognise(
    """You average log p(x|z) over the images but add up their KLs: an unstated beta of B, which changes with the
    batch size. Average both.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x).mean() + kl_closed_form(mu, logvar).sum()
    ),
)


EXERCISE.recognise(
    """You add up log p(x|z) over the images but average their KLs, which makes the KL B times too weak.
    Average both.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x).sum() + kl_closed_form(mu, logvar).mean()
    ),
)


EXERCISE.recognise(
    """Each image has its loss, and they are right; backward needs one number: average over the images.""",
    lambda x, x_logits, mu, logvar: -(bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)),
)


EXERCISE.recognise(
    """The KL is missing: this trains an autoencoder with a detour, whose random points decode to trash. Add
    the KL.""",
    lambda x, x_logits, mu, logvar: -bernoulli_log_likelihood(x_logits, x).mean(),
)


EXERCISE.recognise(
    """Only the KL is there: the best answer to it is to say nothing about any image. Subtract log p(x|z).""",
    lambda x, x_logits, mu, logvar: kl_closed_form(mu, logvar).mean(),
)


EXERCISE.recognise(
    """You hand sigmoid(x_logits) to a likelihood that applies sigmoid itself: no pixel can be surer than
    0.73. Hand it x_logits.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits.sigmoid(), mu, logvar),
)


EXERCISE.recognise(
    """You swapped image and logits in bernoulli_log_likelihood: the prediction comes first, then the
    image.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x_logits, x, mu, logvar),
)


EXERCISE.recognise(
    """You use a squared error as it comes; it is in nats only when divided by 2 std^2. For these logits take
    bernoulli_log_likelihood.""",
    lambda x, x_logits, mu, logvar: (
        ((x_logits.sigmoid() - x) ** 2).flatten(1).sum(1) + kl_closed_form(mu, logvar)
    ).mean(),
    lambda x, x_logits, mu, logvar: F.mse_loss(x_logits.sigmoid(), x) + kl_closed_form(mu, logvar).mean(),
    lambda x, x_logits, mu, logvar: (
        F.mse_loss(x_logits.sigmoid(), x, reduction="sum") + kl_closed_form(mu, logvar).sum()
    ),
    lambda x, x_logits, mu, logvar: (
        ((x_logits - x) ** 2).flatten(1).sum(1) + kl_closed_form(mu, logvar)
    ).mean(),
    lambda x, x_logits, mu, logvar: F.mse_loss(x_logits, x) + kl_closed_form(mu, logvar).mean(),
    lambda x, x_logits, mu, logvar: (
        F.mse_loss(x_logits, x, reduction="sum") + kl_closed_form(mu, logvar).sum()
    ),
)


EXERCISE.recognise(
    """You average the likelihood over pixels and images and add up all KLs: one pixel against every code of
    the batch. Sum over pixels and over latents, then average both over the images.""",
    lambda x, x_logits, mu, logvar: (
        F.binary_cross_entropy_with_logits(x_logits, x) + kl_closed_form(mu, logvar).sum()
    ),
)


EXERCISE.recognise(
    """You add up the likelihood of the whole batch and average the KL over latents and images, so the KL
    hardly counts. Sum over pixels and over latents, then average both over the images.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x).sum() + kl_per_latent(mu, logvar).mean()
    ),
)


EXERCISE.recognise(
    """You average only one of the two terms, so the other makes a (B,) of the sum: average both, or first
    subtract and then average.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x).mean() + kl_closed_form(mu, logvar)
    ),
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x) + kl_closed_form(mu, logvar).mean()
    ),
)


EXERCISE.recognise(
    """You divide the whole loss by the number of pixels: the balance of its terms is right, but it is no
    longer in nats per image, and cannot be compared with other ELBOs.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits, mu, logvar) / x[0].numel(),
)


EXERCISE.recognise(
    """You swapped mu and logvar in kl_closed_form: mu comes first.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits, logvar, mu),
)


EXERCISE.recognise(
    """You return the parts along with the loss; training minimises one number: return that alone.""",
    *(
        lambda x, x_logits, mu, logvar, places=places: tuple(
            negative_elbo(x, x_logits, mu, logvar) for _ in range(places)
        )
        for places in (2, 3)
    ),
)


EXERCISE.recognise(
    """The loss is right, but it stands in a tensor of shape (1,); asked for is a scalar, shape (), as mean()
    without an axis makes it.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits, mu, logvar)[None],
)


EXERCISE.recognise(
    """You hand raw logits to binary_cross_entropy, which wants probabilities from 0 to 1:
    bernoulli_log_likelihood takes logits.""",
    lambda x, x_logits, mu, logvar: F.binary_cross_entropy(x_logits, x) + kl_closed_form(mu, logvar).mean(),
)


EXERCISE.recognise(
    """The number is right, but no gradient passes through the KL, so nothing would pull the regions towards
    the prior: look for .detach(), .item() or no_grad around it.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits, mu.detach(), logvar.detach()),
)


EXERCISE.recognise(
    """The number is right, but no gradient passes through log p(x|z), so the decoder would never learn: look
    for .detach(), .item() or no_grad around it.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits.detach(), mu, logvar),
)


@EXERCISE.mistake
def backward_inside(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """You call backward inside, and the training loop that gets your loss cannot do it again: return the loss and leave
    backward to the loop."""
    loss = negative_elbo(x, x_logits, mu, logvar)
    loss.backward()
    return loss


EXERCISE.mistake(writes_into(negative_elbo, 2))


EXERCISE.mistake(writes_into(negative_elbo, 3))


EXERCISE.mistake(cut_off(negative_elbo))
