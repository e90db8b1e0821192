"""Exercise 6.7: build a sampler that draws a requested digit from a VAE that never saw a label."""

import copy
from collections.abc import Iterator
from functools import cache

import torch
from torch import Tensor

from vae_lessons.data import digits
from vae_lessons.elbo import beta_loss, elbo_terms
from vae_lessons.evaluation import judge_confidence
from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt
from vae_lessons.vae import VAE

ASKED, EACH, GOAL = (
    (0, 1, 7),
    300,
    0.8,
)  # digits, images requested of each, share that must be a digit and right


@torch.no_grad()
def order_from(model: VAE, label: int, n: int, images: Tensor, labels: Tensor) -> Tensor:
    """n new images of one label, (n, 1, H, W): draws from the aggregate posterior of the images that have the label.

    model: a VAE without a condition. images: (N, 1, H, W) in [0, 1]; labels: (N,).
    """
    mu, logvar = model.encode(images[labels == label])  # (M, J)
    chosen = torch.randint(len(mu), (n,))  # which image's q(z|x)
    z = mu[chosen] + (0.5 * logvar[chosen]).exp() * torch.randn(n, mu.shape[1])  # (n, J)
    return model.decode(z).sigmoid()


@cache
def _trained() -> tuple[VAE, Tensor, Tensor]:
    """A small VAE of three digits, trained without their labels, and the images and labels it was trained on."""
    images, labels, _ = digits.draw(10_000, seed=11)
    chosen = torch.isin(labels, torch.tensor(ASKED))
    images, labels = images[chosen] / 255, labels[chosen]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model, steps = VAE(latent_dim=8, hidden_dim=200), 1_500
        optimizer = torch.optim.Adam(model.parameters(), lr=4e-3)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 4e-3, total_steps=steps)
        for _ in range(steps):
            x = images[torch.randint(len(images), (64,))]
            loss = beta_loss(*elbo_terms(model, x))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval().requires_grad_(False), images, labels


class _Untouched:
    """In place of a model: whoever uses it fails, and is then given the trained one."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)


def _probe(answer: Answer) -> Iterator[Seen]:
    blank = torch.zeros(3, 1, 28, 28), torch.tensor(ASKED)
    first, failed = attempt(lambda: answer(_Untouched(), 1, 3, *blank), "a VAE")
    if first is None and not failed:  # known before any training
        yield Seen("the result", "None", "a VAE")
        return
    model, images, labels = _trained()
    for label in ASKED:
        given = (
            f"label = {label}, n = {EACH}, a VAE trained without labels on digits 0, 1 and 7, and its images"
        )
        drawn, failed = attempt(
            lambda: answer(copy.deepcopy(model), label, EACH, images.clone(), labels.clone()),  # noqa: B023
            given,
        )
        if failed or drawn is None:
            yield failed or Seen("the result", "None", given)
            return
        drawn = as_tensor(drawn)
        wanted = (EACH, *images.shape[1:])
        if not isinstance(drawn, Tensor) or drawn.shape != wanted:
            shape = drawn if isinstance(drawn, str) else f"shape {tuple(drawn.shape)}"
            kind = "half" if isinstance(drawn, Tensor) and drawn.ndim == 4 else "other"
            yield Seen("the result", kind, given, words=shape)
            return
        yield Seen("the result", "images", given, words=f"shape {wanted}")
        low, high = drawn.min().item(), drawn.max().item()
        inside = low >= 0 and high <= 1  # false for what is not a number, too
        yield Seen(
            "values", "in [0, 1]" if inside else "outside", given, words=f"from {low:.3g} to {high:.3g}"
        )
        if not inside:
            return
        drawn = drawn.float()
        distances = torch.cdist(drawn.flatten(1), images[labels == label].flatten(1))  # (n, N)
        copies = (distances.min(1).values < 0.5).sum().item()
        alike = (torch.pdist(drawn.flatten(1)) < 0.01).sum().item()
        yield Seen(
            "copies of given images", "few" if copies < EACH // 20 else "many", given, words=str(copies)
        )
        yield Seen("pairs of equal images", "few" if alike < EACH // 10 else "many", given, words=str(alike))
        confidence, digit = judge_confidence(drawn)
        right = (confidence > 0.5) & (digit == label)
        share, other = (
            right.float().mean().item(),
            ((confidence > 0.5) & (digit != label)).float().mean().item(),
        )
        reached = "enough" if share >= GOAL else "few" if share >= 0.2 else "hardly any"
        words = f"at least {GOAL:.0%}" if share >= GOAL else f"{share:.0%}"
        yield Seen("a digit and right", reached, given, words=words)
        yield Seen("another digit", "few" if other < 0.35 else "many", given, words=f"{other:.0%}")


EXERCISE = Exercise(
    number="6.7",
    title="Build: a digit on request, without labels in training",
    task="""You are handed a VAE that never saw a label, and images with labels. Build a sampler for requests:
    order_from(model, label, n, images, labels) returns n new images of one label, (n, 1, H, W) in [0, 1]. images (N,
    1, H, W) are those the model was trained on, labels (N,) say which digit each shows; model.encode, model.decode and
    model.latent_dim are those of lesson 02. At least 80 % must be a digit and right, no two alike, and none a copy of
    an image. Any method will do. (The check trains a small VAE of drawn digits 0, 1 and 7 first, for some seconds, and
    requests these.)""",
    minutes=20,
    difficulty=3,
    reference=order_from,
    probe=_probe,
    hints=(
        "Draws from the prior are digits at random, or none. Where in latent space does the requested digit lie? You "
        "can find out: you have images of it.",
        "Encode the images of the label. Their codes are draws from a distribution: the aggregate posterior of this "
        "label. How could you draw new codes from it, or from something close to it?",
        "One Gaussian fitted to the codes is often not close enough. A mixture with many small components is closer; "
        "which one do you have for nothing, in mu and logvar?",
    ),
    seconds=60,
)


@EXERCISE.mistake
def from_the_prior(model, label, n, images, labels):
    """You draw from the prior, so the label has no influence: the samples are any digit, or none."""
    return model.decode(torch.randn(n, model.latent_dim)).sigmoid()


@EXERCISE.mistake
def the_images_themselves(model, label, n, images, labels):
    """You return images that you were given. New ones are asked: draw a code, and decode it."""
    mine = images[labels == label]
    return mine[torch.randperm(len(mine))[:n]]


@EXERCISE.mistake
def the_mean_code(model, label, n, images, labels):
    """All your images are alike: you decode the same code each time."""
    return model.decode(model.encode(images[labels == label])[0].mean(0).expand(n, -1)).sigmoid()


@EXERCISE.mistake
def independent_latents(model, label, n, images, labels):
    """The right region, but too few are right: with this distribution you also draw codes that no image of the label
    has. Compare your codes with those of the images: does yours keep how latents go together, and the shape of the
    cloud?"""
    mu = model.encode(images[labels == label])[0]
    return model.decode(mu.mean(0) + mu.std(0) * torch.randn(n, mu.shape[1])).sigmoid()


@EXERCISE.mistake
def any_label(model, label, n, images, labels):
    """You use images of all labels, so you draw good digits, but not the requested one."""
    mu, logvar = model.encode(images)
    chosen = torch.randint(len(mu), (n,))
    return model.decode(mu[chosen] + (0.5 * logvar[chosen]).exp() * torch.randn(n, mu.shape[1])).sigmoid()


@EXERCISE.mistake
def logits(model, label, n, images, labels):
    """Your numbers are logits: the sigmoid that turns them into ink between 0 and 1 is missing."""
    return torch.logit(order_from(model, label, n, images, labels))


@EXERCISE.mistake
def all_that_there_are(model, label, n, images, labels):
    """You return another number of images than n."""
    return model.decode(model.encode(images[labels == label])[0]).sigmoid()
