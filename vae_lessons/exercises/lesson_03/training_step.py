"""Exercise 3.4: one step of training."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from vae_lessons.elbo import beta_loss, elbo_terms
from vae_lessons.exercises.engine.common_mistakes import writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_03.training_step_probe import GradientDescent, step_probe
from vae_lessons.kl import kl_closed_form
from vae_lessons.likelihoods import bernoulli_log_likelihood
from vae_lessons.reparameterization import reparameterize


def train_step(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """One step of training on a batch x (B, 1, 28, 28): minimises minus the ELBO; returns that loss in nats
    per image."""
    log_px_z, kl = elbo_terms(model, x)  # (B,) each
    loss = beta_loss(log_px_z, kl)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


EXERCISE = Exercise(
    number="3.4",
    title="A training step",
    task="""Write one step of training: train_step(model, optimizer, x) computes the loss of a VAE on a batch, minus
    the ELBO averaged over the images, updates the weights once, and returns the loss. elbo_terms(model, x) returns
    log_px_z and kl, each (B,).""",
    minutes=5,
    difficulty=2,
    reference=train_step,
    probe=step_probe,
    hints=(
        "Three things happen to gradients in every step: old ones are cleared, new ones are computed, and the "
        "weights follow them.",
        "The three calls are optimizer.zero_grad(), loss.backward() and optimizer.step(). In which order?",
        "The loss is one number, and smaller is better; log_px_z should grow and kl should shrink. .item() turns it "
        "into a plain number, which has no gradient: when is the right time?",
    ),
    shown=(train_step, beta_loss),
)


def _follow(optimizer: torch.optim.Optimizer, loss: Tensor) -> float:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@EXERCISE.mistake
def no_zero_grad(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """Gradients of earlier steps are never cleared: backward adds to them, so from the second step on the weights
    follow a sum of gradients."""
    loss = beta_loss(*elbo_terms(model, x))
    loss.backward()
    optimizer.step()
    return loss.item()


@EXERCISE.mistake
def step_missing(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The weights do not move: optimizer.step() is never called. (Without brackets, optimizer.step calls
    nothing.)"""
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    loss.backward()
    return loss.item()


@EXERCISE.mistake
def backward_missing(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The weights do not move: loss.backward() is never called, so step has no gradient to follow. (Without brackets,
    loss.backward calls nothing.)"""
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@EXERCISE.mistake
def zero_grad_too_late(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The weights do not move: zero_grad comes between backward and step, and clears the gradient before it is
    used."""
    loss = beta_loss(*elbo_terms(model, x))
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@EXERCISE.mistake
def step_before_backward(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """step is called before backward, so it follows no gradient at all, or that of the batch before."""
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    optimizer.step()
    loss.backward()
    return loss.item()


EXERCISE.recognise(
    """The weights move, but not by the optimizer you are given: a new one in every step loses its momentum and
    ignores the learning rate chosen outside.""",
    lambda model, optimizer, x: _follow(
        GradientDescent(model.parameters(), 1e-3), beta_loss(*elbo_terms(model, x))
    ),
)


EXERCISE.recognise(
    """The step is right, but you return the ELBO; the task asks for the loss, minus the ELBO.""",
    lambda model, optimizer, x: -train_step(model, optimizer, x),
)


@EXERCISE.mistake
def likelihood_of_probabilities(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The sigmoid is applied before a likelihood that applies it again."""
    x_logits, mu, logvar = model(x)
    return _follow(
        optimizer, beta_loss(bernoulli_log_likelihood(x_logits.sigmoid(), x), kl_closed_form(mu, logvar))
    )


@EXERCISE.mistake
def two_steps(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """optimizer.step() is called twice for one gradient; the second time, the gradient belongs to the old
    weights."""
    loss = train_step(model, optimizer, x)
    optimizer.step()
    return loss


@EXERCISE.mistake
def nothing_returned(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    """The step is right, but nothing is returned; the task asks for the loss."""
    train_step(model, optimizer, x)


@EXERCISE.mistake
def no_gradients_built(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The loss is computed where gradients are switched off, under no_grad or with detach, so backward has nothing to
    differentiate."""
    with torch.no_grad():
        loss = beta_loss(*elbo_terms(model, x))
    return _follow(optimizer, loss)


def _loss_mistake(sentence: str, loss: Callable[[nn.Module, Tensor], Tensor]) -> None:
    """A step that is right but for its loss(model, x)."""

    def answer(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
        return _follow(optimizer, loss(model, x))

    EXERCISE.recognise(sentence, answer)


def _from_terms(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[[nn.Module, Tensor], Tensor]:
    return lambda model, x: loss(*elbo_terms(model, x))


def _from_draw(draw: Callable[[Tensor, Tensor], Tensor]) -> Callable[[nn.Module, Tensor], Tensor]:
    def loss(model: nn.Module, x: Tensor) -> Tensor:
        mu, logvar = model.encode(x)
        log_px_z = bernoulli_log_likelihood(model.decode(draw(mu, logvar)), x)
        return beta_loss(log_px_z, kl_closed_form(mu, logvar))

    return loss


def _from_image(change: Callable[[Tensor], Tensor]) -> Callable[[nn.Module, Tensor], Tensor]:
    return lambda model, x: beta_loss(*elbo_terms(model, change(x)))


def _squared_error(model: nn.Module, x: Tensor) -> Tensor:
    x_logits, mu, logvar = model(x)
    return ((x_logits.sigmoid() - x) ** 2).flatten(1).sum(1).mean() + kl_closed_form(mu, logvar).mean()


_loss_mistake(
    """The KL has the wrong sign in your loss, so q(z|x) is rewarded for leaving the prior.""",
    _from_terms(lambda log_px_z, kl: -(log_px_z + kl).mean()),
)


_loss_mistake(
    """You add up the images, so the step grows with the batch size, and so does the learning rate in effect.""",
    _from_terms(lambda log_px_z, kl: -(log_px_z - kl).sum()),
)


_loss_mistake(
    """log p(x|z) is averaged over the pixels but the KL is summed over the latents, which amounts to a beta of
    784.""",
    _from_terms(lambda log_px_z, kl: -(log_px_z / 784 - kl).mean()),
)


_loss_mistake(
    """You decode mu, so nothing is drawn in training: the decoder never learns to decode other points of q(z|x).""",
    _from_draw(lambda mu, logvar: mu),
)


_loss_mistake(
    """You draw z around 0 instead of mu, so the decoder can learn little more than the average image.""",
    _from_draw(lambda mu, logvar: reparameterize(torch.zeros_like(mu), logvar)),
)


_loss_mistake(
    """You minimise the ELBO itself, so each step makes the model worse.""",
    _from_terms(lambda log_px_z, kl: -beta_loss(log_px_z, kl)),
)


_loss_mistake(
    """The KL is missing from your loss: this trains an autoencoder with noisy codes.""",
    _from_terms(lambda log_px_z, kl: -log_px_z.mean()),
)


_loss_mistake(
    """Only the KL is in your loss, so the model learns codes that say nothing about the image.""",
    _from_terms(lambda log_px_z, kl: kl.mean()),
)


_loss_mistake(
    """The KL is averaged over the latents but log p(x|z) is summed over the pixels, which amounts to a beta of 1 /
    J.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z, kl / 5)),
)


_loss_mistake(
    """Both terms are averaged, one over the pixels and one over the latents; both should be sums, in nats per
    image.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z / 784, kl / 5)),
)


_loss_mistake(
    """Both terms are divided by the number of pixels, so the loss is no longer in nats per image.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z, kl) / 784),
)


_loss_mistake(
    """The KL counts half: kl already contains its factor 1/2.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z, kl, beta=0.5)),
)


_loss_mistake(
    """The KL counts twice: the factor 1/2 of its formula is missing, or it is subtracted in two places.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z, kl, beta=2.0)),
)


_loss_mistake(
    """log p(x|z) is summed over the images but the KL is averaged, so the KL is B times too weak.""",
    _from_terms(lambda log_px_z, kl: -log_px_z.sum() + kl.mean()),
)


_loss_mistake(
    """The KL is summed over the images but log p(x|z) is averaged, which amounts to a beta of B.""",
    _from_terms(lambda log_px_z, kl: -log_px_z.mean() + kl.sum()),
)


_loss_mistake(
    """You minimise log_px_z + kl: log p(x|z) has the wrong sign, so images become less likely.""",
    _from_terms(lambda log_px_z, kl: (log_px_z + kl).mean()),
)


_loss_mistake(
    """The loss of each image is right, but backward needs a single number.""",
    _from_terms(lambda log_px_z, kl: -(log_px_z - kl)),
)


_loss_mistake(
    """You use a squared error in place of log p(x|z); it is in nats only when divided by 2 std^2, and this decoder's
    pixels are Bernoulli.""",
    _squared_error,
)


_loss_mistake(
    """x is divided by 255, but it is in [0, 1] already, so you train on nearly empty images.""",
    _from_image(lambda x: x / 255),
)


_loss_mistake(
    """x is multiplied by 255, but the likelihood expects it in [0, 1], as it is.""",
    _from_image(lambda x: x * 255),
)


_loss_mistake(
    """x is rescaled to [-1, 1], but the likelihood expects pixels in [0, 1].""",
    _from_image(lambda x: 2 * x - 1),
)


_loss_mistake(
    """x is rounded to black and white; train on the images as they are.""",
    _from_image(lambda x: (x > 0.5).float()),
)


_loss_mistake(
    """z is detached from the encoder, so the encoder learns nothing from the reconstruction. Look for detach,
    no_grad, .sample() or torch.normal between mu and z.""",
    _from_draw(lambda mu, logvar: reparameterize(mu, logvar).detach()),
)


_loss_mistake(
    """Your draws use exp(logvar), the variance, as their standard deviation, so a wide q(z|x) is drawn too wide.""",
    _from_draw(lambda mu, logvar: mu + logvar.exp() * torch.randn_like(mu)),
)


_loss_mistake(
    """The standard deviation of your draws is detached, so logvar gets a gradient only from the KL.""",
    _from_draw(lambda mu, logvar: mu + (0.5 * logvar).exp().detach() * torch.randn_like(mu)),
)


EXERCISE.recognise(
    """.item() comes too early: it returns a plain number, which has no backward.""",
    lambda model, optimizer, x: _follow(optimizer, beta_loss(*elbo_terms(model, x)).item()),
)


@EXERCISE.mistake
def backward_twice(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """backward is called twice on one loss, but the first call frees the graph."""
    loss = beta_loss(*elbo_terms(model, x))
    loss.backward()
    return _follow(optimizer, loss)


@EXERCISE.mistake
def gradients_clipped(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The loss is right, but you clip or normalise the gradient to length 1. The task does not ask for it, and it can
    hide a learning rate that is too large."""
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


@EXERCISE.mistake
def left_in_evaluation(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The step is right, but model.eval() leaves the model in evaluation mode, where layers like dropout are switched
    off."""
    model.eval()
    return train_step(model, optimizer, x)


@EXERCISE.mistake
def step_seeded(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """A seed is set inside, so every step draws the same eps."""
    torch.manual_seed(0)
    return train_step(model, optimizer, x)


EXERCISE.recognise(
    """You return several values; the task asks for the loss alone.""",
    lambda model, optimizer, x: (train_step(model, optimizer, x), None),
)


EXERCISE.recognise(
    """The step is right, but you return the sum over the batch; the task asks for the average over the images.""",
    lambda model, optimizer, x: train_step(model, optimizer, x) * len(x),
)


EXERCISE.mistake(writes_into(train_step, 2))


@EXERCISE.mistake
def loss_after_the_step(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The step is right, but you compute the loss that you return anew, after the weights have moved: it is that of
    the next step, and costs a second pass."""
    train_step(model, optimizer, x)
    with torch.no_grad():
        return beta_loss(*elbo_terms(model, x)).item()


@EXERCISE.mistake
def cut_off_and_required(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The loss is cut off from the model, under no_grad or with detach, and requires_grad was set on it afterwards:
    backward runs, and no gradient reaches a weight."""
    with torch.no_grad():
        loss = beta_loss(*elbo_terms(model, x))
    return _follow(optimizer, loss.requires_grad_())


@EXERCISE.mistake
def kl_detached(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The loss has the right value, but the KL in it passes no gradient on (it is detached, or left out of what
    backward is called on), so the weights follow the reconstruction alone."""
    log_px_z, kl = elbo_terms(model, x)
    return _follow(optimizer, beta_loss(log_px_z, kl.detach()))


@EXERCISE.mistake
def likelihood_detached(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The loss has the right value, but log p(x|z) in it passes no gradient on, so the weights follow the KL
    alone."""
    log_px_z, kl = elbo_terms(model, x)
    return _follow(optimizer, beta_loss(log_px_z.detach(), kl))


@EXERCISE.mistake
def one_step_an_image(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """You make a step for each image of the batch; the task asks for one step, along the gradient of their
    average."""
    return sum(train_step(model, optimizer, image) for image in x.split(1)) / len(x)


for _beta in (0.1, 3.0, 4.0, 5.0, 10.0):
    _loss_mistake(
        f"""The KL is multiplied by {_beta:g} in your loss; minus the ELBO has both terms with the weight 1.""",
        _from_terms(lambda log_px_z, kl, beta=_beta: beta_loss(log_px_z, kl, beta=beta)),
    )
