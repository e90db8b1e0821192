"""Exercise 6.6: sample a digit on request."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt
from vae_lessons.exercises.lesson_06.inputs import _spread
from vae_lessons.reparameterization import reparameterize


class Clerk(nn.Module):
    """A conditional VAE of 4 classes whose pictures show which z and which labels were decoded."""

    in_words = "a small conditional VAE"
    latent_dim = 2

    def __init__(self) -> None:
        super().__init__()
        numbers = torch.Generator().manual_seed(13)
        self.out = nn.Parameter(torch.linalg.qr(torch.randn(6, 6, generator=numbers)).Q)
        self.dark_corner = torch.tensor([-9.0, 0.0, 0.0, 0.0, 0.0, 0.0])  # below a half, whatever z is

    def encode(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Codes around (1.6, -1.3), far from the middle of the prior."""
        if len(x) != len(y):
            raise ValueError(f"encode was given {len(x)} images and {len(y)} labels")
        mu = torch.tensor([1.6, -1.3]) + 0.5 * (x.flatten(1)[:, :2] - 0.5)
        return mu, torch.full_like(mu, -2.0)

    def decode(self, z: Tensor, y: Tensor) -> Tensor:
        shape = tuple(y.shape) if isinstance(y, Tensor) else type(y).__name__
        if shape != (len(z),):
            raise ValueError(f"decode takes one label for each z, ({len(z)},), and was given {shape}")
        if y.dtype != torch.int64:
            raise ValueError(f"decode takes labels as int64 and was given {y.dtype}")
        x_logits = torch.cat([z, 3 * F.one_hot(y, 4)], 1) @ self.out.T + self.dark_corner
        return x_logits.view(-1, 1, 2, 3)

    def heard(self, x_hat: Tensor) -> tuple[Tensor, Tensor]:
        """The z (B, 2) and y (B,) of pictures."""
        x_logits = x_hat.detach().double().logit().flatten(1) - self.dark_corner
        both = x_logits @ self.out.detach().double()
        return both[:, :2], both[:, 2:].argmax(1)


def order(model: nn.Module, label: int, n: int, images: Tensor) -> Tensor:
    """n new images x_hat (n, 1, H, W) of one label, from the prior; what other images look like does not matter."""
    z = torch.randn(n, model.latent_dim)  # (n, J)
    y = torch.full((n,), label)  # (n,)
    return model.decode(z, y).sigmoid()


_TEST_IMAGES = torch.rand(1200, 1, 2, 3, generator=torch.Generator().manual_seed(17))


def order_probe(answer: Answer) -> Iterator[Seen]:
    model = Clerk()
    for label, n in ((2, 3), (1, 1200)):
        given = f"label = {label}, n = {n}"
        pictures = []
        for _ in range(2):
            returned, failed = attempt(
                lambda label=label, n=n: answer(model, label, n, _TEST_IMAGES.clone()), given
            )
            if failed or returned is None:
                yield failed or Seen("the result", "None", given)
                return
            pictures.append(as_tensor(returned))
        one, two = pictures
        if isinstance(one, str) or isinstance(two, str):
            yield Seen("the result", one if isinstance(one, str) else two, given)
            return
        yield Seen("the shape of the result", str(tuple(one.shape)), given)
        if one.shape != (n, 1, 2, 3) or two.shape != one.shape:
            return
        kind = _pixels(one)
        yield Seen("its pixels", kind, given)
        if kind != "lie between 0 and 1":
            return
        z, y = model.heard(one)
        yield Seen("the labels decoded", _labels(y, label), given)
        if n == 3:
            continue
        yield from _spread(z, model.heard(two)[0], given)
        if (z.std(0) > 1e-3).all():
            yield Seen("the largest z lie", _reach(z), given)


def _reach(z: Tensor) -> str:
    """How far draws go: a bell curve and a flat one can have the same mean and std, but not this."""
    largest = z.abs().max().item()
    return "beyond 2.5" if largest > 2.5 else "between 1.2 and 2.5" if largest > 1.2 else "within 1.2"


def _pixels(x_hat: Tensor) -> str:
    if x_hat.isnan().any():
        return "are not numbers"
    if (x_hat < 0).any() or (x_hat > 1).any():
        return "leave the range from 0 to 1"
    if ((x_hat == 0) | (x_hat == 1)).any():
        return "are exactly 0 or 1, some at least"
    if (x_hat[:, 0, 0, 0] >= 0.5).all():
        return "never fall below a half"
    return "lie between 0 and 1"


def _labels(y: Tensor, label: int) -> str:
    found = y.unique().tolist()
    return f"all {found[0]}" if len(found) == 1 else "several"


EXERCISE = Exercise(
    number="6.6",
    title="A digit on request",
    task="""Write order(model, label, n, images): n new images x_hat (n, 1, H, W), in [0, 1], of one label, a whole
    number, drawn from the prior of a conditional VAE. model.decode(z, y) takes z (n, J) and labels y (n,), int64, and
    returns x_logits; model.latent_dim is J. You also get test images (N, 1, H, W) and model.encode(x, y), which
    returns mu and logvar; whether you need them is yours to decide.""",
    minutes=8,
    difficulty=2,
    reference=order,
    probe=order_probe,
    hints=(
        "Which of z and y says what the digit is, and which says how it is written? One is requested, the other drawn.",
        "The prior is N(0, I) whatever the label is: torch.randn(n, model.latent_dim). New images need no old ones.",
        "y = torch.full((n,), label) has one label for each z; decode gives x_logits, and sigmoid makes x_hat of "
        "them.",
    ),
)


def _order_mistake(
    sentence: str,
    draw=lambda model, n, images, y: torch.randn(n, model.latent_dim),
    labels=lambda label, n: torch.full((n,), label),
    after=torch.sigmoid,
) -> None:
    """A wrong order: the steps that differ."""

    def answer(model: nn.Module, label: int, n: int, images: Tensor) -> Tensor:
        y = labels(label, n)
        return after(model.decode(draw(model, n, images, y), y))

    EXERCISE.recognise(sentence, answer)


_order_mistake(
    """All n images share one z, so you get the same picture n times: draw a z for each.""",
    draw=lambda model, n, images, y: torch.randn(1, model.latent_dim).expand(n, -1),
)


_order_mistake(
    """Each z has one number, used for all its latents: draw (n, latent_dim) numbers.""",
    draw=lambda model, n, images, y: torch.randn(n, 1).expand(-1, model.latent_dim),
)


_order_mistake(
    """z is 0, so you get the one average picture of the label n times: draw z from the prior.""",
    draw=lambda model, n, images, y: torch.zeros(n, model.latent_dim),
)


_order_mistake(
    """You encode test images and decode their mu, so these are old digits with another label: new ones come from z
    drawn from the prior, N(0, I).""",
    draw=lambda model, n, images, y: model.encode(images[:n], y)[0],
)


_order_mistake(
    """You draw z around codes of test images, so these are variations of old digits: new ones come from z drawn
    from the prior, N(0, I).""",
    draw=lambda model, n, images, y: reparameterize(*model.encode(images[:n], y)),
)


_order_mistake(
    """Your z is uniform between 0 and 1, a corner of the prior: the prior is N(0, I), torch.randn.""",
    draw=lambda model, n, images, y: torch.rand(n, model.latent_dim),
)


_order_mistake(
    """Your z is uniform between -1 and 1; the prior is N(0, I), and a third of its draws lie beyond 1:
    torch.randn.""",
    draw=lambda model, n, images, y: 2 * torch.rand(n, model.latent_dim) - 1,
)


_order_mistake(
    """Your z is spread about as wide as the prior, but flat, and never goes far: torch.rand is uniform, and the prior
    is a bell curve, torch.randn.""",
    draw=lambda model, n, images, y: 4 * torch.rand(n, model.latent_dim) - 2,
)


_order_mistake(
    """You draw z with half the prior's std: tidy pictures, but not the variety the prior has. The std is 1.""",
    draw=lambda model, n, images, y: 0.5 * torch.randn(n, model.latent_dim),
)


_order_mistake(
    """You draw z with twice the prior's std, so many lie where nothing was encoded: the std is 1.""",
    draw=lambda model, n, images, y: 2 * torch.randn(n, model.latent_dim),
)


_order_mistake(
    """Two calls give the very same images: a seed is set inside, so every request gets the same n pictures.
    Leave the seed to the caller.""",
    draw=lambda model, n, images, y: torch.randn(
        n, model.latent_dim, generator=torch.Generator().manual_seed(0)
    ),
)


_order_mistake(
    """You request the label after the one asked for: labels count from 0, as the column of a one-hot row does.""",
    labels=lambda label, n: torch.full((n,), label + 1),
)


_order_mistake(
    """You request the label before the one asked for: labels count from 0, so nothing is subtracted.""",
    labels=lambda label, n: torch.full((n,), label - 1),
)


_order_mistake(
    """You request a 0 whatever is asked: fill y with the label.""",
    labels=lambda label, n: torch.zeros(n, dtype=torch.int64),
)


_order_mistake(
    """You request several labels: all n images should have the one asked for.""",
    labels=lambda label, n: torch.arange(n) % 4,
)


_order_mistake(
    """Your labels are floats, and decode takes them as int64: torch.full((n,), label) makes int64 of a whole
    number.""",
    labels=lambda label, n: torch.ones(n) * label,
)


_order_mistake(
    """You hand decode one number for all labels; it takes one for each z, (n,).""",
    labels=lambda label, n: label,
)


_order_mistake(
    """You hand decode a single label, (1,), for n codes; it takes one for each z, (n,).""",
    labels=lambda label, n: torch.tensor([label]),
)


_order_mistake(
    """These are no pixels in [0, 1]: x_logits as they are, or their tanh. x_hat is their sigmoid.""",
    after=lambda x_logits: x_logits,
)


_order_mistake(
    """You apply sigmoid twice, so no pixel is below a half: once turns x_logits into x_hat.""",
    after=lambda x_logits: x_logits.sigmoid().sigmoid(),
)


_order_mistake(
    """Some of your pixels are exactly 0 or 1: rounded, drawn, cut off by clamp, or a softmax over a single
    channel. x_hat is the sigmoid of
    x_logits, which lies between.""",
    after=lambda x_logits: (x_logits > 0).float(),
)


_order_mistake(
    """The images are right, but flat rows: return (n, 1, H, W), as decode gives them.""",
    after=lambda x_logits: x_logits.sigmoid().flatten(1),
)


_order_mistake(
    """The images are right, but their channel axis is gone: return (n, 1, H, W), as decode gives them.""",
    after=lambda x_logits: x_logits.sigmoid()[:, 0],
)


_order_mistake(
    """You average over the n images, which leaves one blurred picture: return all of them.""",
    after=lambda x_logits: x_logits.sigmoid().mean(0),
)


EXERCISE.recognise(
    """You return one image; n were requested, each with a z of its own.""",
    lambda model, label, n, images: order(model, label, 1, images),
)


EXERCISE.recognise(
    """You return as many images as there are test images; n were requested.""",
    lambda model, label, n, images: order(model, label, len(images), images),
)
