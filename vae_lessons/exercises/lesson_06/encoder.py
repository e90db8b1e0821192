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
    title="Warm-up: a conditional encoder",
    task="""Write encode(encoder, to_mu, to_logvar, x, c) for q(z|x,c): encoder turns x (B, 1, H, W) into features (B,
    hidden), c (B, C) is the embedded condition, and the two heads to_mu and to_logvar take hidden + C numbers, the
    features first. Return mu and logvar, (B, J) each.""",
    minutes=2,
    difficulty=1,
    reference=encode,
    probe=each(
        {**_PARTS, "x": _IMAGES[:1], "c": _CONDITIONS[:1]},
        {**_PARTS, "x": _IMAGES, "c": _CONDITIONS},
        {**_PARTS, "x": _IMAGES, "c": 30 * _CONDITIONS},  # mu and logvar may be any real number
        results=("mu", "logvar"),
        gradients=["x", "c"],
    ),
    hints=(
        "Both heads should see everything that is known: what the image shows and what the condition says.",
        "Put the rows side by side: torch.cat joins along axis 0 unless dim says otherwise.",
        "Each head takes a row of hidden + C numbers, the same row for both. Which axis of (B, hidden) and (B, C) may "
        "differ when you join them?",
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
    """The heads get the features alone and miss the C numbers of the condition, which is why PyTorch complains.""",
    lambda h, c: h,
)


_encode_mistake(
    """The heads get the condition alone, without the features of x.""",
    lambda h, c: c,
)


_encode_mistake(
    """torch.cat joins along axis 0, one below the other, unless dim says otherwise; the condition belongs beside the
    features, axis 1.""",
    lambda h, c: torch.cat([h, c]),
)


_encode_mistake(
    """You add the condition to the features: their widths differ, and even if they did not, the heads could not tell
    the two apart.""",
    lambda h, c: h + c,
)


_encode_mistake(
    """You put zeros in the place of the condition, so the shapes fit but the encoder does not see the condition.""",
    _features_only,
)


_encode_mistake(
    """You put zeros in the place of the features, so all images with the same condition get the same code.""",
    _condition_only,
)


_encode_mistake(
    """Only mu depends on the condition in your version, but the width of q(z|x,c) depends on it as well.""",
    _both,
    _features_only,
)


_encode_mistake(
    """Only logvar depends on the condition in your version, but the mean of q(z|x,c) depends on it as well.""",
    _features_only,
    _both,
)


_encode_mistake(
    """The condition comes before the features, so each meets the weights that were made for the other.""",
    lambda h, c: torch.cat([c, h], 1),
)


_encode_mistake(
    """mu gets the features first, logvar the condition first; both heads take the features first.""",
    _both,
    lambda h, c: torch.cat([c, h], 1),
)


_encode_mistake(
    """logvar gets the features first, mu the condition first; both heads take the features first.""",
    lambda h, c: torch.cat([c, h], 1),
    _both,
)


_encode_mistake(
    """All images get the condition of the first one.""",
    lambda h, c: torch.cat([h, c[:1].expand(len(h), -1)], 1),
)


_encode_mistake(
    """The conditions are in reverse order, so images get those of others.""",
    lambda h, c: torch.cat([h, c.flip(0)], 1),
)


_encode_mistake(
    """The conditions are shifted by one row, so each image gets that of another.""",
    lambda h, c: torch.cat([h, c.roll(1, 0)], 1),
)


_encode_mistake(
    """All images get the average condition of the batch.""",
    lambda h, c: torch.cat([h, c.mean(0).expand_as(c)], 1),
)


_encode_mistake(
    """You apply softmax to the condition, which changes it; it is embedded already.""",
    lambda h, c: torch.cat([h, c.softmax(1)], 1),
)


_encode_mistake(
    """You replace the condition by a one-hot row of its largest number; it is embedded already.""",
    lambda h, c: torch.cat([h, F.one_hot(c.argmax(1), 3).float()], 1),
)


_encode_mistake(
    """You apply a ReLU to the row before the heads, which sets every negative number of the condition to 0.""",
    lambda h, c: _both(h, c).relu(),
)


_encode_mistake(
    """The numbers are right, but the condition is detached, so an embedding before it could never learn.""",
    lambda h, c: torch.cat([h, c.detach()], 1),
)


_encode_mistake(
    """The numbers are right, but the features are detached, so the encoder could never learn.""",
    lambda h, c: torch.cat([h.detach(), c], 1),
)


_encode_mistake(
    """Your second result is a std, exp(logvar / 2): return logvar as its head gives it.""",
    _both,
    after=lambda mu, logvar: (mu, (0.5 * logvar).exp()),
)


_encode_mistake(
    """Your second result is a variance, exp(logvar): return logvar as its head gives it.""",
    _both,
    after=lambda mu, logvar: (mu, logvar.exp()),
)


_encode_mistake(
    """The two results are swapped: mu comes first.""",
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
    """You return one tensor, but q(z|x,c) needs a mean and a width: return two, mu and logvar, (B, J) each.""",
    _both,
    after=lambda mu, logvar: mu,
)


EXERCISE.mistake(cut_off(encode))


EXERCISE.recognise(
    """You clamp a result, so beyond the limit it says nothing more and learns nothing; heads may return any real
    number.""",
    lambda encoder, to_mu, to_logvar, x, c: (lambda mu, logvar: (mu, logvar.clamp(-5, 5)))(
        *encode(encoder, to_mu, to_logvar, x, c)
    ),
    lambda encoder, to_mu, to_logvar, x, c: (lambda mu, logvar: (mu, logvar.clamp(-10, 10)))(
        *encode(encoder, to_mu, to_logvar, x, c)
    ),
)


EXERCISE.recognise(
    """You normalise the condition, so how large it is gets lost; the heads take c as it is.""",
    lambda encoder, to_mu, to_logvar, x, c: encode(encoder, to_mu, to_logvar, x, F.normalize(c, dim=1)),
)


EXERCISE.recognise(
    """All images get the features of the first one; each should have its own.""",
    lambda encoder, to_mu, to_logvar, x, c: encode(encoder, to_mu, to_logvar, x[:1].expand_as(x), c),
)
