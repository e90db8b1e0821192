"""Exercise 8.5: build a better posterior for given images than the encoder's."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt

SHARE, STD = 0.9, 0.5  # share of what there is to gain, std of the pixels


def refine(model: nn.Module, x: Tensor, mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
    """mu and logvar (B, J) with a higher ELBO for the images x than those given; the model is left alone."""
    mu, logvar = (value.detach().clone().requires_grad_() for value in (mu, logvar))
    optimizer = torch.optim.Adam([mu, logvar], lr=0.05)
    for _ in range(300):
        z = mu + (0.5 * logvar).exp() * torch.randn(8, *mu.shape)  # (8, B, J)
        log_px_z = torch.stack([model.log_likelihood(model.decode(some), x) for some in z]).mean(0)  # (B,)
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)  # (B,)
        optimizer.zero_grad()
        (kl - log_px_z).mean().backward()
        optimizer.step()
    return mu.detach(), logvar.detach()


class _Model(nn.Module):
    """A linear decoder with Gaussian pixels, whose ELBO is known exactly."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.weight = nn.Parameter(torch.randn(12, 3, generator=generator) / 2)  # (D, J)
        self.latent_dim = 3

    def decode(self, z: Tensor) -> Tensor:
        return (z @ self.weight.T).view(-1, 1, 3, 4)

    def log_likelihood(self, x_logits: Tensor, x: Tensor) -> Tensor:
        squared = ((x - x_logits) ** 2).flatten(1).sum(1)
        return -0.5 * (squared / STD**2 + 12 * math.log(2 * math.pi * STD**2))

    @torch.no_grad()
    def elbo(self, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
        """Exact, (B,) in nats: the expectation over q in closed form."""
        spread = 0.5 * (logvar.exp() * self.weight.square().sum(0)).sum(1) / STD**2  # (B,)
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)  # (B,)
        return self.log_likelihood(self.decode(mu), x) - spread - kl

    @torch.no_grad()
    def best(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The Gaussian with independent latents that has the highest ELBO."""
        precision = torch.eye(3) + self.weight.T @ self.weight / STD**2  # (J, J)
        mu = torch.linalg.solve(precision, self.weight.T @ x.flatten(1).T / STD**2).T  # (B, J)
        return mu, -precision.diagonal().log().expand_as(mu)


def _probe(answer: Answer) -> Iterator[Seen]:
    given = "a model with 3 latents, 6 images, and a poor encoder"
    model, generator = _Model(), torch.Generator().manual_seed(8)
    with torch.no_grad():
        x = model.decode(torch.randn(6, 3, generator=generator))
        x = x + STD * torch.randn(x.shape, generator=generator)
        best = model.best(x)
        mu = best[0] + 0.8 * torch.randn(6, 3, generator=generator)
        logvar = best[1] + 1.5
    kept = model.weight.detach().clone()
    returned, failed = attempt(lambda: answer(model, x.clone(), mu.clone(), logvar.clone()), given)
    if failed or returned is None:
        yield failed or Seen("the result", "None", given)
        return
    if not (isinstance(returned, tuple | list) and len(returned) == 2):
        yield Seen("the result", "no pair", given, words=f"a {type(returned).__name__}")
        return
    parts = [as_tensor(one) for one in returned]
    shapes = [tuple(one.shape) if isinstance(one, Tensor) else one for one in parts]
    yield Seen("the shapes", str(shapes), given)
    if shapes != [(6, 3), (6, 3)]:
        return
    new_mu, new_logvar = (one.float() for one in parts)
    yield Seen("mu", _nearer(new_mu, mu, best[0]), given)
    yield Seen("logvar", _nearer(new_logvar, logvar, best[1]), given)
    before, after, most = (model.elbo(x, *pair) for pair in ((mu, logvar), (new_mu, new_logvar), best))
    part = ((after - before).mean() / (most - before).mean()).item()
    name = "enough" if part >= SHARE else "some" if part > 0.02 else "nothing" if part > -0.02 else "a loss"
    yield Seen(
        "the gain in ELBO",
        name,
        given,
        words=f"{(after - before).mean():.2f} of {(most - before).mean():.2f} nats",
    )
    unchanged = torch.equal(model.weight.detach(), kept)
    yield Seen("the model after the call", "as it was" if unchanged else "changed", given)


def _nearer(new: Tensor, old: Tensor, best: Tensor) -> str:
    share = ((new - best).abs().mean() / (old - best).abs().mean()).item()
    return (
        "near its best"
        if share < 0.3
        else "nearer"
        if share < 0.95
        else "as given"
        if share < 1.05
        else "farther"
    )


EXERCISE = Exercise(
    number="8.5",
    title="Build: a better posterior for these images",
    task="""An encoder answers for all images with one set of weights. You have time for a few: refine(model, x, mu,
    logvar) gets images x (B, 1, H, W) and the encoder's mu and logvar (B, J), and returns better ones, (B, J) each.
    Use model.decode(z) and model.log_likelihood(x_logits, x), and leave the model as it is. Gain at least 90 % of the
    ELBO that Gaussians with independent latents can gain. Any method will do.""",
    minutes=20,
    difficulty=3,
    reference=refine,
    probe=_probe,
    hints=(
        "mu and logvar can be parameters of an optimiser, just as weights are. Which loss?",
        "Draw z = mu + std * eps, and minimise minus the ELBO. Several draws per image make the gradient quieter.",
        "Adam with a learning rate of 0.05, 300 steps, 8 draws will do. Hand only mu and logvar to the optimiser.",
    ),
    seconds=60,
)


def _optimised(model, x, mu, logvar, loss, move_mu=True, move_logvar=True, also=(), draws=8):
    mu, logvar = (value.detach().clone().requires_grad_() for value in (mu, logvar))
    moved = [mu] * move_mu + [logvar] * move_logvar + list(also)
    optimizer = torch.optim.Adam(moved, lr=0.05)
    for _ in range(300):
        z = mu + (0.5 * logvar).exp() * torch.randn(draws, *mu.shape)
        log_px_z = torch.stack([model.log_likelihood(model.decode(some), x) for some in z]).mean(0)
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
        optimizer.zero_grad()
        loss(log_px_z, kl).backward()
        optimizer.step()
    return mu.detach(), logvar.detach()


@EXERCISE.mistake
def as_given(model, x, mu, logvar):
    """You return what the encoder said: nothing is gained yet."""
    return mu, logvar


@EXERCISE.mistake
def mean_only(model, x, mu, logvar):
    """The means are better, the variances are the encoder's still: optimise logvar as well."""
    return _optimised(model, x, mu, logvar, lambda log_px_z, kl: (kl - log_px_z).mean(), move_logvar=False)


@EXERCISE.mistake
def variance_only(model, x, mu, logvar):
    """The variances are better, the means are the encoder's still: optimise mu as well."""
    return _optimised(model, x, mu, logvar, lambda log_px_z, kl: (kl - log_px_z).mean(), move_mu=False)


@EXERCISE.mistake
def reconstruction_only(model, x, mu, logvar):
    """The KL is missing from your loss: nothing keeps the standard deviations from shrinking to a point."""
    return _optimised(model, x, mu, logvar, lambda log_px_z, kl: -log_px_z.mean())


@EXERCISE.mistake
def uphill(model, x, mu, logvar):
    """The sign is inverted: you make the ELBO smaller. An optimiser minimises, so give it minus the ELBO."""
    mu, logvar = (value.detach().clone().requires_grad_() for value in (mu, logvar))
    optimizer = torch.optim.SGD([mu, logvar], lr=0.01)
    for _ in range(5):
        optimizer.zero_grad()
        model_elbo = model.log_likelihood(model.decode(mu), x) - 0.5 * (
            mu**2 + logvar.exp() - 1 - logvar
        ).sum(1)
        model_elbo.mean().backward()
        optimizer.step()
    return mu.detach(), logvar.detach() + 1.0


@EXERCISE.mistake
def std_returned(model, x, mu, logvar):
    """Your second result is a standard deviation; asked is logvar, the logarithm of the variance."""
    better, spread = refine(model, x, mu, logvar)
    return better, (0.5 * spread).exp()


@EXERCISE.mistake
def model_trained(model, x, mu, logvar):
    """You change the model's weights. They must stay as they are: hand only mu and logvar to the optimiser."""
    better = refine(model, x, mu, logvar)
    with torch.no_grad():
        model.weight.mul_(1.001)
    return better


@EXERCISE.mistake
def mean_returned(model, x, mu, logvar):
    """You return the means alone; asked are two results, mu and logvar."""
    return refine(model, x, mu, logvar)[0]


@EXERCISE.mistake
def one_for_all(model, x, mu, logvar):
    """The shapes do not fit: every image has a mu and a logvar of its own, (B, J) each."""
    better = refine(model, x, mu, logvar)
    return better[0].mean(0), better[1].mean(0)
