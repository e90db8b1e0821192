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


_TEST_IMAGES = torch.rand(9000, 1, 2, 3, generator=torch.Generator().manual_seed(17))


def order_probe(answer: Answer) -> Iterator[Seen]:
    model = Clerk()
    for label, n in ((2, 3), (0, 1), (1, 9000)):
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
        given_back = (
            torch.cdist(one[:3].flatten(1), _TEST_IMAGES.double().flatten(1)).min(1).values.max() < 1e-3
        )
        yield Seen("the images are", "some of the test images" if given_back else "new", given)
        kind = _pixels(one)
        yield Seen("its pixels", kind, given)
        if kind != "lie between 0 and 1":
            return
        z, y = model.heard(one)
        yield Seen("the labels decoded", _labels(y, label), given)
        if n < 10:
            continue
        yield from _spread(z, model.heard(two)[0], given)
        exactly = bool((z.mean(0).abs() < 1e-4).all())
        yield Seen("the average of all z", "exactly 0" if exactly else "near 0, by chance", given)
        if (z.std(0) > 1e-3).all():
            yield Seen("the largest z lie", _reach(z), given)


def _reach(z: Tensor) -> str:
    """How far draws go: a Gaussian and a uniform density can have the same mean and std, but not this."""
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
    returns x_logits; model.latent_dim is J. You also get test images (N, 1, H, W) and model.encode(x, y), which returns
    mu and logvar; you decide whether you need them.""",
    minutes=8,
    difficulty=2,
    reference=order,
    probe=order_probe,
    hints=(
        "Which of z and y says what the digit is, and which says how it is written? One is requested, the other drawn.",
        "The prior is N(0, I) whatever the label is, one draw of J numbers for each image. New images need no old "
        "ones.",
        "decode takes one label for each z, so y is the same whole number n times, as int64. What do its x_logits "
        "lack to be in [0, 1]?",
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
    """All n images are the same: one z for all of them, or an average of several images. Each needs a z of its own.""",
    draw=lambda model, n, images, y: torch.randn(1, model.latent_dim).expand(n, -1),
)


_order_mistake(
    """Each z is a single number, repeated for all its latents.""",
    draw=lambda model, n, images, y: torch.randn(n, 1).expand(-1, model.latent_dim),
)


_order_mistake(
    """z is 0, so you get one average image of the label n times.""",
    draw=lambda model, n, images, y: torch.zeros(n, model.latent_dim),
)


_order_mistake(
    """You encode test images and decode their mu, so these are old digits with another label, not samples.""",
    draw=lambda model, n, images, y: model.encode(images[:n], y)[0],
)


_order_mistake(
    """You draw z around the codes of test images, so these are variations of old digits, not samples from the
    prior.""",
    draw=lambda model, n, images, y: reparameterize(*model.encode(images[:n], y)),
)


_order_mistake(
    """Your z is uniform between 0 and 1, which is one corner of the prior N(0, I).""",
    draw=lambda model, n, images, y: torch.rand(n, model.latent_dim),
)


_order_mistake(
    """Your z is uniform between -1 and 1, but a third of the prior's draws lie beyond 1.""",
    draw=lambda model, n, images, y: 2 * torch.rand(n, model.latent_dim) - 1,
)


_order_mistake(
    """Your z is about as wide as the prior, but never goes far: torch.rand is uniform, and the prior is Gaussian.""",
    draw=lambda model, n, images, y: 4 * torch.rand(n, model.latent_dim) - 2,
)


_order_mistake(
    """You draw z with half the prior's std: clean images, but less variety than the prior has.""",
    draw=lambda model, n, images, y: 0.5 * torch.randn(n, model.latent_dim),
)


_order_mistake(
    """You draw z with twice the prior's std, so many lie where nothing was encoded.""",
    draw=lambda model, n, images, y: 2 * torch.randn(n, model.latent_dim),
)


_order_mistake(
    """Two calls give the very same images: a seed is set inside, so every request gets the same n images.""",
    draw=lambda model, n, images, y: torch.randn(
        n, model.latent_dim, generator=torch.Generator().manual_seed(0)
    ),
)


_order_mistake(
    """You request the label after the one asked for: labels count from 0.""",
    labels=lambda label, n: torch.full((n,), label + 1),
)


_order_mistake(
    """You request the label before the one asked for: labels already count from 0.""",
    labels=lambda label, n: torch.full((n,), label - 1),
)


_order_mistake(
    """You request a 0, whatever label is.""",
    labels=lambda label, n: torch.zeros(n, dtype=torch.int64),
)


_order_mistake(
    """You request several labels; all n images should have the one asked for.""",
    labels=lambda label, n: torch.arange(n) % 4,
)


_order_mistake(
    """Your labels are floats, but decode takes int64, which torch.full((n,), label) gives for a whole number.""",
    labels=lambda label, n: torch.ones(n) * label,
)


_order_mistake(
    """You pass decode one number for all labels; it takes one for each z, (n,).""",
    labels=lambda label, n: label,
)


_order_mistake(
    """You pass decode a single label, (1,), for n codes; it takes one for each z, (n,).""",
    labels=lambda label, n: torch.tensor([label]),
)


_order_mistake(
    """These are not pixels in [0, 1] but x_logits, or their tanh: x_hat is their sigmoid.""",
    after=lambda x_logits: x_logits,
)


_order_mistake(
    """You apply sigmoid twice, so no pixel is below a half.""",
    after=lambda x_logits: x_logits.sigmoid().sigmoid(),
)


_order_mistake(
    """Some of your pixels are exactly 0 or 1: rounded, drawn, clamped, or a softmax over a single channel. A sigmoid
    lies between.""",
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
    """You average over the n images, which leaves one blurred image.""",
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


for _share in (0.9, 0.8):
    _order_mistake(
        """You draw z a little too narrow: the prior has a std of 1.""",
        draw=lambda model, n, images, y, share=_share: share * torch.randn(n, model.latent_dim),
    )


for _shift in (0.15, 0.2):
    _order_mistake(
        """Your draws have an offset: the prior has a mean of 0.""",
        draw=lambda model, n, images, y, shift=_shift: torch.randn(n, model.latent_dim) + shift,
    )


_order_mistake(
    """Your z come twice, as they are or with the other sign, so there are only half as many new ones as requested.""",
    draw=lambda model, n, images, y: torch.randn((n + 1) // 2, model.latent_dim).repeat(2, 1)[:n],
)


_order_mistake(
    """You standardise the draws of a request, so they depend on each other, and a single one gives no number.""",
    draw=lambda model, n, images, y: (lambda z: (z - z.mean(0)) / z.std(0))(torch.randn(n, model.latent_dim)),
)


for _limit in (1.0, 1.5, 2.0):
    _order_mistake(
        """You clamp z, so no draw goes far; the prior is a Gaussian with its tails.""",
        draw=lambda model, n, images, y, limit=_limit: torch.randn(n, model.latent_dim).clamp(-limit, limit),
    )


_order_mistake(
    """Your z is uniform with the prior's variance, but never goes far: the prior is Gaussian, as torch.randn is.""",
    draw=lambda model, n, images, y: 12**0.5 * (torch.rand(n, model.latent_dim) - 0.5),
)


EXERCISE.recognise(
    """You return test images as they are; new ones are asked for. Draw z, and decode it with the label.""",
    lambda model, label, n, images: images[:n],
)
