"""Exercise 3.3: mend the sampling line for an encoder that returns log_std."""

import torch
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_03.draw_mistakes import add_common
from vae_lessons.exercises.lesson_03.draws import draw_probe


def draw_from_log_std(mu: Tensor, log_std: Tensor) -> Tensor:
    """One z = mu + std * eps per row, where the network gives the logarithm of the standard deviation. (B,
    J) each."""
    return mu + log_std.exp() * torch.randn_like(mu)  # (B, J)


def _handed_out(mu, log_std):
    std = (0.5 * log_std).exp()
    eps = torch.randn_like(std)
    return mu + std * eps


EXERCISE = Exercise(
    number="3.3",
    title="Mend this cell: another head",
    task="""Somebody changed the encoder: its second head now returns log_std, the logarithm of the standard
    deviation, but this function is still the old one. Mend it, so that z is again one draw per image, (B, J), with
    gradients to both.""",
    minutes=3,
    difficulty=1,
    reference=draw_from_log_std,
    probe=draw_probe("log_std", far=7.0),
    given=_handed_out,
    hints=(
        "The function still runs, so look for a line whose meaning has changed: what did the 0.5 do, and to what?",
        "exp(logvar) was a variance, and the 0.5 took its square root. What is exp(log_std) already?",
        "Test the first line: at log_std = 0 it must give std = 1, and at log_std = 1 it must give std = e = 2.72.",
    ),
)


EXERCISE.recognise(
    """Now std is squared, which makes it a variance; exp(log_std) is the standard deviation already.""",
    lambda mu, log_std: mu + (2 * log_std).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You removed the exp together with the 0.5: log_std is a logarithm, and may be negative.""",
    lambda mu, log_std: mu + log_std * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You moved the 0.5 outside exp, where it halves every standard deviation.""",
    lambda mu, log_std: mu + 0.5 * log_std.exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """There is a minus too many: exp(-log_std) is one over the standard deviation.""",
    lambda mu, log_std: mu + (-log_std).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You removed the exp and kept the 0.5; it should be the other way round.""",
    lambda mu, log_std: mu + 0.5 * log_std * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You square log_std, but squaring std doubles its logarithm, and no variance is needed here.""",
    lambda mu, log_std: mu + (0.5 * log_std**2).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """exp is applied twice; exp(log_std) is the standard deviation already.""",
    lambda mu, log_std: mu + log_std.exp().exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You take another square root, but the 0.5 took one too many already.""",
    lambda mu, log_std: mu + (0.25 * log_std).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """softplus does not undo a logarithm, and the head returns the logarithm of std.""",
    lambda mu, log_std: mu + torch.nn.functional.softplus(log_std) * torch.randn_like(mu),
)


add_common(EXERCISE, "log_std", torch.exp)
