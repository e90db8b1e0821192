"""Exercise 6.2: the encoder of a conditional VAE."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_lessons.exercises.engine.common_mistakes import cut_off
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.exercises.lesson_06.inputs import _IMAGES


class _Told(nn.Module):
    """A module with fixed weights that an evidence line can name."""

    def __init__(self, in_words: str, inputs: int, outputs: int, seed: int) -> None:
        super().__init__()
        self.in_words = in_words
        weights = torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(seed))
        self.weight = nn.Parameter(weights / inputs**0.5)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.flatten(1) if x.ndim == 4 else x, self.weight)


def encode(
    encoder: nn.Module, to_mu: nn.Module, to_logvar: nn.Module, x: Tensor, c: Tensor
) -> tuple[Tensor, Tensor]:
    """x (B, 1, H, W) and its embedded condition c (B, C) -> mu (B, J), logvar (B, J)."""
    h = torch.cat([encoder(x), c], 1)  # (B, H + C)
    return to_mu(h), to_logvar(h)


_CONDITIONS = torch.tensor([[0.7, -1.2, 0.4], [-0.3, 0.6, 1.9], [1.4, -0.8, -0.5]])  # (B, C)


_PARTS = {
    "encoder": _Told("a module", 6, 4, seed=1),
    "to_mu": _Told("a module", 7, 2, seed=2),
    "to_logvar": _Told("a module", 7, 2, seed=3),
}


EXERCISE = Exercise(
    number="6.2",
    title="A conditional encoder",
    task="""Write encode(encoder, to_mu, to_logvar, x, c) for q(z|x,c): encoder turns x (B, 1, H, W) into features (B,
    hidden), c (B, C) is the embedded condition, and the two heads to_mu and to_logvar take hidden + C numbers, the
    features first. Return mu and logvar, (B, J) each.""",
    minutes=6,
    difficulty=1,
    reference=encode,
    probe=each(
        {**_PARTS, "x": _IMAGES[:1], "c": _CONDITIONS[:1]},
        {**_PARTS, "x": _IMAGES, "c": _CONDITIONS},
        results=("mu", "logvar"),
        gradients=["x", "c"],
    ),
    hints=(
        "Both heads should see everything that is known: what the image shows and what the condition says.",
        "Put the rows side by side: torch.cat joins along axis 0 unless dim says otherwise.",
        "h = torch.cat([encoder(x), c], 1) is (B, hidden + C); give it to to_mu and to to_logvar.",
    ),
)


def _encode_mistake(sentence: str, for_mu, for_logvar=None, after=lambda mu, logvar: (mu, logvar)) -> None:
    """A wrong encode: what each head is given, made from features and condition (the same by default), and what
    happens after."""

    def answer(
        encoder: nn.Module, to_mu: nn.Module, to_logvar: nn.Module, x: Tensor, c: Tensor
    ) -> tuple[Tensor, Tensor]:
        h = encoder(x)
        return after(to_mu(for_mu(h, c)), to_logvar((for_logvar or for_mu)(h, c)))

    EXERCISE.recognise(sentence, answer)


def _both(h: Tensor, c: Tensor) -> Tensor:
    return torch.cat([h, c], 1)


def _features_only(h: Tensor, c: Tensor) -> Tensor:
    return torch.cat([h, torch.zeros_like(c)], 1)


def _condition_only(h: Tensor, c: Tensor) -> Tensor:
    return torch.cat([torch.zeros_like(h), c], 1)


_encode_mistake(
    """The heads get the features alone, and miss the C numbers of the condition, which is why PyTorch complains: join
    c to them with torch.cat.""",
    lambda h, c: h,
)


_encode_mistake(
    """The heads get the condition alone: join it to the features of x with torch.cat.""",
    lambda h, c: c,
)


_encode_mistake(
    """torch.cat joins along axis 0, below each other, unless dim says otherwise; the condition belongs beside the
    features, axis 1.""",
    lambda h, c: torch.cat([h, c]),
)


_encode_mistake(
    """You add the condition to the features, but they have different widths, and would blur each other if they had
    not: join them with torch.cat, axis 1.""",
    lambda h, c: h + c,
)


_encode_mistake(
    """You fill the place of the condition with zeros, so the shapes fit but the encoder does not see the condition:
    join c itself.""",
    _features_only,
)


_encode_mistake(
    """Zeros stand where the features of x belong, so every image with the same condition gets the same code: join
    encoder(x) and c.""",
    _condition_only,
)


_encode_mistake(
    """Only mu depends on the condition in your version, but the width of the posterior depends on it as well. Give
    both heads the same row.""",
    _both,
    _features_only,
)


_encode_mistake(
    """Only logvar depends on the condition in your version, but the mean of the posterior depends on it as well. Give
    both heads the same row.""",
    _features_only,
    _both,
)


_encode_mistake(
    """The condition stands before the features, so each meets the weights that were made for the other: features
    first.""",
    lambda h, c: torch.cat([c, h], 1),
)


_encode_mistake(
    """mu gets the features first, logvar the condition first: give both heads the same row, features first.""",
    _both,
    lambda h, c: torch.cat([c, h], 1),
)


_encode_mistake(
    """logvar gets the features first, mu the condition first: give both heads the same row, features first.""",
    lambda h, c: torch.cat([c, h], 1),
    _both,
)


_encode_mistake(
    """All images get the condition of the first one: each row of features has its own row of c.""",
    lambda h, c: torch.cat([h, c[:1].expand(len(h), -1)], 1),
)


_encode_mistake(
    """The conditions stand in the reverse order, so images get those of others: row n of c belongs to image
    n.""",
    lambda h, c: torch.cat([h, c.flip(0)], 1),
)


_encode_mistake(
    """The conditions are shifted by a row, so each image gets that of another: row n of c belongs to image n.""",
    lambda h, c: torch.cat([h, c.roll(1, 0)], 1),
)


_encode_mistake(
    """All images get the average condition of the batch: row n of c belongs to image n.""",
    lambda h, c: torch.cat([h, c.mean(0).expand_as(c)], 1),
)


_encode_mistake(
    """You apply softmax to the condition, which changes it: it is embedded already, so join it as it is.""",
    lambda h, c: torch.cat([h, c.softmax(1)], 1),
)


_encode_mistake(
    """You cut the condition down to its largest number: it is embedded already, so join it as it is.""",
    lambda h, c: torch.cat([h, F.one_hot(c.argmax(1), 3).float()], 1),
)


_encode_mistake(
    """You put a ReLU on the row before the heads, which wipes out every negative number of the condition: join the
    features and c as they are.""",
    lambda h, c: _both(h, c).relu(),
)


_encode_mistake(
    """The numbers are right, but the condition is detached, so an embedding in front of it could never learn: join c
    as it comes.""",
    lambda h, c: torch.cat([h, c.detach()], 1),
)


_encode_mistake(
    """The numbers are right, but the features are detached, so the encoder could never learn: join them as they
    come.""",
    lambda h, c: torch.cat([h.detach(), c], 1),
)


_encode_mistake(
    """Your second result is a std, exp(logvar / 2); asked for is logvar, as its head gives it.""",
    _both,
    after=lambda mu, logvar: (mu, (0.5 * logvar).exp()),
)


_encode_mistake(
    """Your second result is a variance, exp(logvar); asked for is logvar, as its head gives it.""",
    _both,
    after=lambda mu, logvar: (mu, logvar.exp()),
)


_encode_mistake(
    """The two results changed places: mu comes first.""",
    _both,
    after=lambda mu, logvar: (logvar, mu),
)


_encode_mistake(
    """Both results come from to_mu, the same numbers twice: logvar has a head of its own.""",
    _both,
    after=lambda mu, logvar: (mu, mu),
)


_encode_mistake(
    """Both results come from to_logvar, the same numbers twice: mu has a head of its own.""",
    _both,
    after=lambda mu, logvar: (logvar, logvar),
)


_encode_mistake(
    """You return one tensor; a region needs a place and a width: return two, mu and logvar, (B, J) each.""",
    _both,
    after=lambda mu, logvar: mu,
)


EXERCISE.mistake(cut_off(encode))
