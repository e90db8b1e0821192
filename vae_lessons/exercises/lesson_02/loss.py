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
    title="Warm-up: the loss of a VAE",
    task="""From images x and logits x_logits, both (B, 1, H, W), and mu and logvar, both (B, J), compute the loss
    that training minimises: minus the ELBO, averaged over the images, in nats per image. You can use
    bernoulli_log_likelihood and kl_closed_form.""",
    minutes=2,
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
        {
            "x": PIXELS,
            "x_logits": LOGITS * (1 + 7 * (LOGITS < 0)),
            "mu": MU,
            "logvar": LOGVAR,
        },  # surely wrong pixels
        gradients=["x_logits", "mu", "logvar"],
    ),
    hints=(
        "The ELBO of an image has two terms: how well z explains the image, minus what z costs.",
        "elbo = log_px_z - kl, each (B,). Training should raise this bound, but an optimizer minimises.",
        "The loss is one number, and since neither the KL nor -log p(x|z) of Bernoulli pixels is ever negative, it "
        "must be positive.",
    ),
)


EXERCISE.recognise(
    """You return the ELBO itself; minimising it would make the model worse.""",
    lambda x, x_logits, mu, logvar: -negative_elbo(x, x_logits, mu, logvar),
)


EXERCISE.recognise(
    """The KL has the wrong sign in your loss, so moving q(z|x) away from the prior would be rewarded.""",
    lambda x, x_logits, mu, logvar: (
        -(bernoulli_log_likelihood(x_logits, x) + kl_closed_form(mu, logvar)).mean()
    ),
)


EXERCISE.recognise(
    """log p(x|z) has the wrong sign in your loss: the worse the reconstruction, the smaller the loss.""",
    lambda x, x_logits, mu, logvar: (
        bernoulli_log_likelihood(x_logits, x) + kl_closed_form(mu, logvar)
    ).mean(),
)


EXERCISE.recognise(
    """You average over the pixels but sum over the latents, which for 784 pixels amounts to a beta of 784.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x) / x[0].numel() + kl_closed_form(mu, logvar)
    ).mean(),
)


EXERCISE.recognise(
    """You average the KL over the latents, so it is J times too small.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x) + kl_per_latent(mu, logvar).mean(-1)
    ).mean(),
)


EXERCISE.recognise(
    """You average over pixels and over latents, so neither term is in nats per image; this amounts to a beta of D /
    J.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x) / x[0].numel() + kl_per_latent(mu, logvar).mean(-1)
    ).mean(),
)


EXERCISE.recognise(
    """You add up the images, so the loss and its gradient grow with the batch size.""",
    lambda x, x_logits, mu, logvar: (
        -(bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)).sum()
    ),
)


EXERCISE.recognise(
    """You average log p(x|z) over the images but add up their KLs: this amounts to a beta of B, which changes with
    the batch size.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x).mean() + kl_closed_form(mu, logvar).sum()
    ),
)


EXERCISE.recognise(
    """You add up log p(x|z) over the images but average their KLs, so the KL is B times too weak.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x).sum() + kl_closed_form(mu, logvar).mean()
    ),
)


EXERCISE.recognise(
    """The loss of each image is right, but backward needs a single number.""",
    lambda x, x_logits, mu, logvar: -(bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)),
)


EXERCISE.recognise(
    """The KL is missing: this trains an autoencoder with noisy codes, and random points will not decode to
    images.""",
    lambda x, x_logits, mu, logvar: -bernoulli_log_likelihood(x_logits, x).mean(),
)


EXERCISE.recognise(
    """Only the KL is left; it is smallest when the code says nothing about any image.""",
    lambda x, x_logits, mu, logvar: kl_closed_form(mu, logvar).mean(),
)


EXERCISE.recognise(
    """You pass sigmoid(x_logits) to a likelihood that applies the sigmoid itself, so every probability lies between
    0.5 and 0.73.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits.sigmoid(), mu, logvar),
)


EXERCISE.recognise(
    """You swapped image and logits in bernoulli_log_likelihood: the prediction comes first, then the image.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x_logits, x, mu, logvar),
)


EXERCISE.recognise(
    """You use a plain squared error, which is in nats only when divided by 2 std^2. x_logits are the logits of
    Bernoulli pixels.""",
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
    """You average the likelihood over pixels and images but add up all KLs, so one pixel is weighed against every
    code of the batch.""",
    lambda x, x_logits, mu, logvar: (
        F.binary_cross_entropy_with_logits(x_logits, x) + kl_closed_form(mu, logvar).sum()
    ),
)


EXERCISE.recognise(
    """You add up the likelihood of the whole batch but average the KL over latents and images, so the KL hardly
    counts.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x).sum() + kl_per_latent(mu, logvar).mean()
    ),
)


EXERCISE.recognise(
    """You average only one of the two terms over the images, so the result is (B,), not one number.""",
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x).mean() + kl_closed_form(mu, logvar)
    ),
    lambda x, x_logits, mu, logvar: (
        -bernoulli_log_likelihood(x_logits, x) + kl_closed_form(mu, logvar).mean()
    ),
)


EXERCISE.recognise(
    """You divide the whole loss by the number of pixels: the balance of its terms is right, but it is no longer in
    nats per image and cannot be compared with other ELBOs.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits, mu, logvar) / x[0].numel(),
)


EXERCISE.recognise(
    """You swapped mu and logvar in kl_closed_form: mu comes first.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits, logvar, mu),
)


EXERCISE.recognise(
    """You return several values; training minimises one number, the loss.""",
    *(
        lambda x, x_logits, mu, logvar, places=places: tuple(
            negative_elbo(x, x_logits, mu, logvar) for _ in range(places)
        )
        for places in (2, 3)
    ),
)


EXERCISE.recognise(
    """The loss is right, but its shape is (1,); a scalar has shape (), as from mean() without an axis.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits, mu, logvar)[None],
)


EXERCISE.recognise(
    """You pass raw logits to binary_cross_entropy, which expects probabilities between 0 and 1;
    bernoulli_log_likelihood takes logits.""",
    lambda x, x_logits, mu, logvar: F.binary_cross_entropy(x_logits, x) + kl_closed_form(mu, logvar).mean(),
)


EXERCISE.recognise(
    """The number is right, but no gradient passes through the KL, so nothing would pull q(z|x) towards the prior.
    Look for .detach(), .item() or no_grad around it.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits, mu.detach(), logvar.detach()),
)


EXERCISE.recognise(
    """The number is right, but no gradient passes through log p(x|z), so the decoder would never learn. Look for
    .detach(), .item() or no_grad around it.""",
    lambda x, x_logits, mu, logvar: negative_elbo(x, x_logits.detach(), mu, logvar),
)


@EXERCISE.mistake
def backward_inside(x: Tensor, x_logits: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
    """You call backward inside the function, and the training loop cannot call it again on the same loss."""
    loss = negative_elbo(x, x_logits, mu, logvar)
    loss.backward()
    return loss


EXERCISE.mistake(writes_into(negative_elbo, 2))


EXERCISE.mistake(writes_into(negative_elbo, 3))


EXERCISE.mistake(cut_off(negative_elbo))


for _size in (32, 64, 100, 128):
    EXERCISE.recognise(
        f"""The batch size, {_size}, is written into your average; the last batch of an epoch is smaller.""",
        lambda x, x_logits, mu, logvar, size=_size: negative_elbo(x, x_logits, mu, logvar) * len(x) / size,
    )
