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
    task="""Somebody changed the encoder: its second head now gives log_std, the logarithm of the standard
    deviation, and this function was copied from before. Mend it, so that z is again one draw per image, (B,
    J), with gradients to both.""",
    minutes=3,
    difficulty=1,
    reference=draw_from_log_std,
    probe=draw_probe("log_std", far=7.0),
    given=_handed_out,
    hints=(
        "The function still runs, so look for what changed its meaning: what did the 0.5 do, and to what?",
        "exp(logvar) was a variance, and the 0.5 took its root. What is exp(log_std) already?",
        "Without the 0.5 it is right.",
    ),
)


EXERCISE.recognise(
    """Now std is squared, a variance: exp(log_std) is the standard deviation as it comes, with no factor at all.""",
    lambda mu, log_std: mu + (2 * log_std).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """The exp went away together with the 0.5: log_std is a logarithm, and may be negative.""",
    lambda mu, log_std: mu + log_std * torch.randn_like(mu),
)


EXERCISE.recognise(
    """The 0.5 moved outside exp and halves every standard deviation: it has no place any more.""",
    lambda mu, log_std: mu + 0.5 * log_std.exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """There is a minus too many: exp(-log_std) is one over the standard deviation.""",
    lambda mu, log_std: mu + (-log_std).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """The exp went away and the 0.5 stayed: it is the other way round.""",
    lambda mu, log_std: mu + 0.5 * log_std * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You square log_std to get the logarithm of the variance; squaring std doubles its logarithm. And you
    need neither.""",
    lambda mu, log_std: mu + (0.5 * log_std**2).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """exp stands twice: exp(log_std) is the standard deviation already.""",
    lambda mu, log_std: mu + log_std.exp().exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You take one more root; there was one too many already, the 0.5. exp(log_std) needs none.""",
    lambda mu, log_std: mu + (0.25 * log_std).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """softplus is another way from a number to a width; the head gives the logarithm of std, and exp undoes that.""",
    lambda mu, log_std: mu + torch.nn.functional.softplus(log_std) * torch.randn_like(mu),
)


add_common(EXERCISE, "log_std", torch.exp)
