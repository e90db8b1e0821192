"""Exercise 8.5: build a better posterior for given images than the encoder's."""

from collections.abc import Iterator

import torch
from torch import Tensor, equal, nn

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.linear_model import LinearModel
from vae_lessons.exercises.engine.probes import attempt

SHARE = 0.97  # of what there is to gain


def refine(model: nn.Module, x: Tensor, mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
    """mu and logvar (B, J) with a higher ELBO for the images x than those given; the model is left alone."""
    mu, logvar = (value.detach().clone().requires_grad_() for value in (mu, logvar))
    optimizer = torch.optim.Adam([mu, logvar], lr=0.05)
    for _ in range(300):
        z = mu + (0.5 * logvar).exp() * torch.randn(8, *mu.shape)  # (8, B, J)
        log_px_z = torch.stack([model.log_likelihood(model.decode(some), x) for some in z]).mean(0)  # (B,)
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)  # (B,)
        mu.grad, logvar.grad = torch.autograd.grad((kl - log_px_z).mean(), (mu, logvar))  # none for the model
        optimizer.step()
    return mu.detach(), logvar.detach()


def _probe(answer: Answer) -> Iterator[Seen]:
    given = "a model with 3 latents, 6 images, and a poor encoder"
    model, generator = LinearModel(), torch.Generator().manual_seed(8)
    with torch.no_grad():
        x = model.decode(torch.randn(6, 3, generator=generator))
        x = x + model.pixel_std * torch.randn(x.shape, generator=generator)
        best = model.best(x)
        mu = best[0] + 0.8 * torch.randn(6, 3, generator=generator)
        logvar = best[1] + 1.5
    handed = x.clone(), mu.clone(), logvar.clone()
    returned, failed = attempt(lambda: answer(model, *handed), given)
    if failed or returned is None:
        yield failed or Seen("the result", "None", given)
        return
    judge = LinearModel()  # as the model was
    unchanged = model.weight.dtype == judge.weight.dtype and equal(model.weight, judge.weight)
    yield Seen("the model after the call", "as it was" if unchanged else "changed", given)
    if not unchanged:
        return
    kept = all(map(equal, handed, (x, mu, logvar)))
    yield Seen("x, mu and logvar after the call", "as they were" if kept else "changed", given)
    if not (isinstance(returned, tuple | list | Tensor) and len(returned) == 2):
        yield Seen("the result", "no pair", given, words=f"a {type(returned).__name__}")
        return
    parts = [as_tensor(one) for one in returned]
    shapes = [tuple(one.shape) if isinstance(one, Tensor) else one for one in parts]
    fits = shapes == [(6, 3), (6, 3)]
    yield Seen("the shapes", "right" if fits else "wrong", given, words=f"{shapes[0]} and {shapes[1]}")
    if not fits:
        return
    new_mu, new_logvar = (one.float() for one in parts)
    if not (new_mu.isfinite().all() and new_logvar.isfinite().all()):
        yield Seen("the gain in ELBO", "NaN", given)
        return
    before, after, most = (judge.elbo(x, *pair).mean() for pair in ((mu, logvar), (new_mu, new_logvar), best))
    part = ((after - before) / (most - before)).item()
    name = "enough" if part >= SHARE else "some" if part > 0.02 else "nothing" if part > -0.02 else "a loss"
    told = f"{after - before:.2f} nats of {most - before:.2f}"
    yield Seen(
        "the gain in ELBO",
        name,
        given,
        words=told if name != "enough" else f"at least {SHARE:.0%} of what there is",
    )
    if name != "enough":
        yield Seen("mu", _nearer(new_mu, mu, best[0]), given)
        yield Seen("logvar", _nearer(new_logvar, logvar, best[1]), given)


def _nearer(new: Tensor, old: Tensor, best: Tensor) -> str:
    share = ((new - best).abs().mean() / (old - best).abs().mean()).item()
    return "nearer to its best" if share < 0.95 else "as given" if share < 1.05 else "farther from its best"


EXERCISE = Exercise(
    number="8.5",
    title="Build: a better posterior for these images",
    task="""An encoder serves all images with one set of weights. For a few images you can afford a search:
    refine(model, x, mu, logvar) gets images x (B, 1, H, W) and the encoder's mu and logvar (B, J), and returns better
    ones, (B, J) each. The prior is N(0, I). Use model.decode(z) and model.log_likelihood(x_logits, x), and leave the
    model's weights as they are. Gain at least 97 % of the ELBO that Gaussians with independent latents can gain. Any
    method will do.""",
    minutes=20,
    difficulty=3,
    reference=refine,
    probe=_probe,
    hints=(
        "mu and logvar can be parameters of an optimiser, just as weights are. Which loss?",
        "Draw z = mu + std * eps, and minimise minus the ELBO. Several draws per image make the gradient less noisy.",
        "Adam with a learning rate of 0.05, 300 steps, 8 draws will do. Hand only mu and logvar to the optimiser.",
    ),
    seconds=60,
)


def _partway(mu_share: float, logvar_share: float) -> Answer:
    """An answer that goes so far from what it was given to the best."""

    def answer(model, x, mu, logvar):
        best = model.best(x)
        return mu + mu_share * (best[0] - mu), logvar + logvar_share * (best[1] - logvar)

    return answer


EXERCISE.recognise(
    """You return what the encoder said, or nearly: nothing is gained yet.""",
    _partway(0, 0),
)


EXERCISE.recognise(
    """The means are better, the variances are still the encoder's: optimise logvar as well.""",
    _partway(1, 0),
)


EXERCISE.recognise(
    """The variances are better, the means are still the encoder's: optimise mu as well.""",
    _partway(0, 1),
)


EXERCISE.recognise(
    """Both are better, but more is possible: more steps, a learning rate that falls at the end, or more draws in each
    step. If it stays so: is z drawn anew in each step, with std = exp(logvar / 2)? Is the whole KL in the loss?""",
    _partway(0.5, 0.5),
)


EXERCISE.recognise(
    """The means are better, the variances worse than before. Is the whole KL in the loss? Is z drawn, with std =
    exp(logvar / 2)? Is the second result logvar, not a variance or a standard deviation? Does log_likelihood get
    logits?""",
    _partway(0.9, -4),
    _partway(0.9, -0.5),
)


EXERCISE.recognise(
    """The ELBO is lower than before, and mu and logvar are both worse. Is the sign right? Are gradients set to zero in
    each step? Does one pass from log_px_z to mu and logvar? Are they returned in this order?""",
    _partway(-1, -1),
)


@EXERCISE.mistake
def not_a_number(model, x, mu, logvar):
    """Your result holds NaN: the search diverged, or you took the logarithm of a negative number. Try a smaller
    learning rate."""
    return mu * float("nan"), logvar


@EXERCISE.mistake
def model_trained(model, x, mu, logvar):
    """You change the model. Its weights must stay as they are: hand only mu and logvar to the optimiser."""
    with torch.no_grad():
        model.weight.mul_(1.001)
    return mu, logvar


@EXERCISE.mistake
def one_result(model, x, mu, logvar):
    """Return two results, mu and logvar."""
    return mu


@EXERCISE.mistake
def one_for_all(model, x, mu, logvar):
    """The shapes do not fit: every image has a mu and a logvar of its own, (B, J) each."""
    return mu.mean(0), logvar.mean(0)


@EXERCISE.mistake
def written_into(model: nn.Module, x: Tensor, mu: Tensor, logvar: Tensor) -> tuple[Tensor, Tensor]:
    """Your posterior is better, but the search wrote into the mu and logvar that you were given, so the encoder's are
    lost. Search on copies: mu.detach().clone()."""
    better = refine(model, x, mu, logvar)
    mu.data.copy_(better[0])
    logvar.data.copy_(better[1])
    return mu, logvar
