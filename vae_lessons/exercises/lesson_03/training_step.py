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
    title="A step of training",
    task="""Write one step of training: train_step(model, optimizer, x) computes the loss of a VAE on a
    batch, minus the ELBO averaged over the images, moves the weights once, and returns the loss.
    elbo_terms(model, x) gives log_px_z and kl, each (B,).""",
    minutes=8,
    difficulty=2,
    reference=train_step,
    probe=step_probe,
    hints=(
        "Three things happen to gradients in every step: forget the old ones, compute new ones, follow them.",
        "loss = -(log_px_z - kl).mean(), then optimizer.zero_grad(), loss.backward(), optimizer.step().",
        "In this order, and at the end return loss.item().",
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
    """The gradients of earlier steps are never forgotten: backward adds to them, so from the second step on
    you follow a sum of old directions. Call optimizer.zero_grad() before backward."""
    loss = beta_loss(*elbo_terms(model, x))
    loss.backward()
    optimizer.step()
    return loss.item()


@EXERCISE.mistake
def step_missing(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The weights do not move: optimizer.step() is never called. (Without its brackets, step is only named.)"""
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    loss.backward()
    return loss.item()


@EXERCISE.mistake
def backward_missing(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The weights do not move: loss.backward() is never called, so step finds no gradient to follow. (Without its
    brackets, backward is only named.)"""
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@EXERCISE.mistake
def zero_grad_too_late(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The weights do not move: zero_grad stands between backward and step and wipes the gradient before it
    is followed. Call it before backward, or after step."""
    loss = beta_loss(*elbo_terms(model, x))
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@EXERCISE.mistake
def step_before_backward(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """step is called before backward, so it follows no gradient at all, or the one of the batch before:
    compute first, then follow."""
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    optimizer.step()
    loss.backward()
    return loss.item()


EXERCISE.recognise(
    """The weights move, but not by the optimizer that you are given: a new one in every step forgets its
    momentum, and the learning rate chosen outside means nothing. Call step of the one handed in.""",
    lambda model, optimizer, x: _follow(
        GradientDescent(model.parameters(), 1e-3), beta_loss(*elbo_terms(model, x))
    ),
)


EXERCISE.recognise(
    """The steps are right, but what you return is the ELBO; asked for is the loss, minus the ELBO.""",
    lambda model, optimizer, x: -train_step(model, optimizer, x),
)


@EXERCISE.mistake
def likelihood_of_probabilities(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """sigmoid was applied before a likelihood that applies it again: hand it x_logits as they come from the model."""
    x_logits, mu, logvar = model(x)
    return _follow(
        optimizer, beta_loss(bernoulli_log_likelihood(x_logits.sigmoid(), x), kl_closed_form(mu, logvar))
    )


@EXERCISE.mistake
def two_steps(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """optimizer.step() is called twice for one gradient: the second time it follows a slope that belongs to
    where you were."""
    loss = train_step(model, optimizer, x)
    optimizer.step()
    return loss


@EXERCISE.mistake
def nothing_returned(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    """The step is right; it only returns nothing. End with return loss.item(), so that a loop can show it."""
    train_step(model, optimizer, x)


@EXERCISE.mistake
def no_gradients_built(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The loss is computed where gradients are switched off, so backward has nothing to follow: no_grad and
    detach belong to evaluation, not into a training step."""
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
    """The KL has the wrong sign in your loss: regions are paid for leaving the prior. loss = -(log_px_z - kl).""",
    _from_terms(lambda log_px_z, kl: -(log_px_z + kl).mean()),
)


_loss_mistake(
    """You add up the images, so the step grows with the batch and the learning rate means something else
    each time: average over the images.""",
    _from_terms(lambda log_px_z, kl: -(log_px_z - kl).sum()),
)


_loss_mistake(
    """log p(x|z) is averaged over the pixels and the KL summed over the latents, an unstated beta of 784: both
    are sums, in nats per image.""",
    _from_terms(lambda log_px_z, kl: -(log_px_z / 784 - kl).mean()),
)


_loss_mistake(
    """You decode mu, so nothing is drawn while training: the decoder never sees a region and the KL is a
    price for nothing. Decode a draw: model(x), or reparameterize.""",
    _from_draw(lambda mu, logvar: mu),
)


_loss_mistake(
    """You decode draws around 0 that know nothing of the image, so the decoder can only learn the average
    image: draw z from q(z|x), around mu.""",
    _from_draw(lambda mu, logvar: reparameterize(torch.zeros_like(mu), logvar)),
)


_loss_mistake(
    """You minimise the ELBO itself, so each step makes the model worse: the loss is minus the ELBO.""",
    _from_terms(lambda log_px_z, kl: -beta_loss(log_px_z, kl)),
)


_loss_mistake(
    """The KL is missing from your loss: this trains an autoencoder. loss = -(log_px_z - kl).""",
    _from_terms(lambda log_px_z, kl: -log_px_z.mean()),
)


_loss_mistake(
    """Only the KL is in your loss: the model learns to say nothing. loss = -(log_px_z - kl).""",
    _from_terms(lambda log_px_z, kl: kl.mean()),
)


_loss_mistake(
    """The KL is averaged over the latents and log p(x|z) summed over the pixels, an unstated beta of 1 / J:
    both are sums, in nats per image.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z, kl / 5)),
)


_loss_mistake(
    """Both terms are averaged, one over the pixels and one over the latents, which is not the same number
    of things: both are sums, in nats per image.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z / 784, kl / 5)),
)


_loss_mistake(
    """Both terms are divided by the number of pixels: the loss is asked for in nats per image.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z, kl) / 784),
)


_loss_mistake(
    """The KL counts half: the factor 1/2 is inside kl already.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z, kl, beta=0.5)),
)


_loss_mistake(
    """The KL counts twice: its own formula has a factor 1/2, or it is subtracted in two places.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z, kl, beta=2.0)),
)


_loss_mistake(
    """log p(x|z) is added up over the images and the KL averaged, which makes the KL B times too weak:
    average both.""",
    _from_terms(lambda log_px_z, kl: -log_px_z.sum() + kl.mean()),
)


_loss_mistake(
    """The KL is added up over the images and log p(x|z) averaged, an unstated beta of B: average both.""",
    _from_terms(lambda log_px_z, kl: -log_px_z.mean() + kl.sum()),
)


_loss_mistake(
    """Both signs of log p(x|z) and KL are mixed up: log_px_z + kl is minimised, so images are made less
    likely. loss = -(log_px_z - kl).""",
    _from_terms(lambda log_px_z, kl: (log_px_z + kl).mean()),
)


_loss_mistake(
    """Each image has its loss, and backward wants one number: average over the images.""",
    _from_terms(lambda log_px_z, kl: -(log_px_z - kl)),
)


_loss_mistake(
    """A squared error stands for log p(x|z); it is in nats only when divided by 2 std^2, and this decoder's
    pixels are Bernoulli: elbo_terms gives the right one.""",
    _squared_error,
)


_loss_mistake(
    """x is divided by 255 once more: it comes in [0, 1] already, so you train on pages that are all but empty.""",
    _from_image(lambda x: x / 255),
)


_loss_mistake(
    """x is multiplied by 255: it comes in [0, 1], as the likelihood wants it.""",
    _from_image(lambda x: x * 255),
)


_loss_mistake(
    """x is stretched to [-1, 1]; the likelihood of a pixel wants it in [0, 1], as it comes.""",
    _from_image(lambda x: 2 * x - 1),
)


_loss_mistake(
    """x is made black and white first: train on the images as they come.""",
    _from_image(lambda x: (x > 0.5).float()),
)


_loss_mistake(
    """z is cut off from the encoder, so nothing tells it how well its codes were rebuilt: no detach,
    no_grad, .sample() or torch.normal on the way from mu to z.""",
    _from_draw(lambda mu, logvar: reparameterize(mu, logvar).detach()),
)


_loss_mistake(
    """Your draws use exp(logvar), the variance, as their standard deviation: wide regions stray too far. Its root is
    exp(logvar / 2).""",
    _from_draw(lambda mu, logvar: mu + logvar.exp() * torch.randn_like(mu)),
)


_loss_mistake(
    """The standard deviation of your draws is cut off from the graph: logvar hears only the KL.""",
    _from_draw(lambda mu, logvar: mu + (0.5 * logvar).exp().detach() * torch.randn_like(mu)),
)


EXERCISE.recognise(
    """.item() comes too early: it leaves a plain number, which has no backward. Call loss.backward() on the
    tensor, and .item() last.""",
    lambda model, optimizer, x: _follow(optimizer, beta_loss(*elbo_terms(model, x)).item()),
)


@EXERCISE.mistake
def backward_twice(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """backward is called twice on one loss; its graph is gone after the first time, and once is enough."""
    loss = beta_loss(*elbo_terms(model, x))
    loss.backward()
    return _follow(optimizer, loss)


@EXERCISE.mistake
def gradients_clipped(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The loss is right, but the step has length 1 before the learning rate: you clip or normalise the
    gradient. That was not asked, and it hides a learning rate that is too large."""
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


@EXERCISE.mistake
def left_in_evaluation(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The step is right, but the model is left in evaluation mode by model.eval(): layers like dropout
    would no longer do their part. It belongs where a model is measured."""
    model.eval()
    return train_step(model, optimizer, x)


@EXERCISE.mistake
def step_seeded(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """A seed is set inside, so every step draws the same eps: set it once, outside."""
    torch.manual_seed(0)
    return train_step(model, optimizer, x)


EXERCISE.recognise(
    """You return several things; asked for is the loss alone.""",
    lambda model, optimizer, x: (train_step(model, optimizer, x), None),
)


EXERCISE.recognise(
    """The steps are right; what you return is the sum over the batch, where the loss per image was asked.""",
    lambda model, optimizer, x: train_step(model, optimizer, x) * len(x),
)


EXERCISE.mistake(writes_into(train_step, 2))
