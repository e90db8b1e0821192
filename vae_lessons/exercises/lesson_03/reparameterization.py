"""Exercise 3.1: the reparameterization trick."""

import torch
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_03.draw_mistakes import add_common
from vae_lessons.exercises.lesson_03.draws import draw_probe
from vae_lessons.reparameterization import reparameterize

EXERCISE = Exercise(
    number="3.1",
    title="The reparameterization trick",
    task="""Draw one z per image from q(z|x) so that gradients reach mu and logvar: both are (B, J), and so is z, with
    the device and dtype of mu. logvar is the logarithm of the variance.""",
    minutes=6,
    difficulty=1,
    reference=reparameterize,
    probe=draw_probe("logvar", far=14.0),
    hints=(
        "Randomness must be an input, not a step on the way: draw something that depends on neither mu nor logvar, "
        "then transform it.",
        "eps is standard normal and has the shape of mu; std is the square root of the variance exp(logvar).",
        "Scaling and shifting turn a standard normal eps into N(mu, std**2). Check: logvar = 0 must give std = 1, "
        "and logvar = 2 must give std = e = 2.72.",
    ),
)


def _std(logvar: Tensor) -> Tensor:
    return (0.5 * logvar).exp()


EXERCISE.recognise(
    """You use exp(logvar), the variance, as the standard deviation, so draws spread too far where q(z|x) is wide and
    too little where it is narrow, and the KL describes another distribution.""",
    lambda mu, logvar: mu + logvar.exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You use logvar itself as the standard deviation; it is the logarithm of the variance, and may be negative.""",
    lambda mu, logvar: mu + logvar * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You use half of logvar as the standard deviation, without exp, so it may be negative.""",
    lambda mu, logvar: mu + 0.5 * logvar * torch.randn_like(mu),
)


EXERCISE.recognise(
    """There is a minus too many: exp(-logvar / 2) is one over the standard deviation, so a narrow q(z|x) is drawn
    wide, and a wide one narrow.""",
    lambda mu, logvar: mu + (-0.5 * logvar).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You halve after exp, but half of the variance is not its square root.""",
    lambda mu, logvar: mu + 0.5 * logvar.exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You double logvar instead of halving it: exp(2 logvar) is the variance squared.""",
    lambda mu, logvar: mu + (2 * logvar).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You turn logvar into a standard deviation with softplus. That is another parametrisation: the KL reads logvar
    as log sigma^2.""",
    lambda mu, logvar: mu + torch.nn.functional.softplus(logvar) * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You take the square root of the absolute value of logvar, but the variance is exp(logvar).""",
    lambda mu, logvar: mu + logvar.abs().sqrt() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """exp is applied twice; exp(logvar / 2) is the standard deviation already.""",
    lambda mu, logvar: mu + _std(logvar).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You halve logvar and take the square root as well, but halving the logarithm is taking the square root.""",
    lambda mu, logvar: mu + (0.25 * logvar).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """exp(-logvar) is the precision, one over the variance, not the standard deviation.""",
    lambda mu, logvar: mu + (-logvar).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """Your noise has half the standard deviation of q(z|x): a factor 0.5 stands outside exp, or at eps.""",
    lambda mu, logvar: mu + 0.5 * _std(logvar) * torch.randn_like(mu),
)


add_common(EXERCISE, "logvar", _std)
