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
    task="""Draw one z per image from q(z|x) so that gradients reach mu and logvar: both are (B, J), and so
    is z, on the device and of the type of mu. logvar is the logarithm of the variance.""",
    minutes=6,
    difficulty=1,
    reference=reparameterize,
    probe=draw_probe("logvar", far=14.0),
    hints=(
        "Chance must be an input, not a step on the way: draw what knows neither mu nor logvar, then move it.",
        "eps is standard normal and has the shape of mu; std is the square root of the variance exp(logvar).",
        "std = (0.5 * logvar).exp(), eps = torch.randn_like(std), and z is mu plus std times eps.",
    ),
)


def _std(logvar: Tensor) -> Tensor:
    return (0.5 * logvar).exp()


EXERCISE.recognise(
    """You use exp(logvar), the variance, as the standard deviation: draws from wide regions stray too far, those from
    narrow ones too little, and the KL speaks of another distribution. The root of the variance is exp(logvar / 2).""",
    lambda mu, logvar: mu + logvar.exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You use logvar itself as the standard deviation; it is the logarithm of the variance, and may be negative. A
    standard deviation comes out of exp(logvar / 2).""",
    lambda mu, logvar: mu + logvar * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You use half of logvar as the standard deviation and forget exp, so a region can have a negative width: exp of
    it is what you want.""",
    lambda mu, logvar: mu + 0.5 * logvar * torch.randn_like(mu),
)


EXERCISE.recognise(
    """There is a minus too many: exp(-logvar / 2) is one over the standard deviation, so sure encoders draw
    wildly and unsure ones hardly at all.""",
    lambda mu, logvar: mu + (-0.5 * logvar).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You halve after exp: half the variance is not the root of it. Halve the logarithm first: exp(logvar / 2).""",
    lambda mu, logvar: mu + 0.5 * logvar.exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You double logvar where it is halved: exp(2 logvar) is the variance squared; the standard deviation
    is its root.""",
    lambda mu, logvar: mu + (2 * logvar).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You turn logvar into a width by softplus; that is another parametrisation, and the KL beside it reads logvar as
    log sigma^2: use exp(logvar / 2).""",
    lambda mu, logvar: mu + torch.nn.functional.softplus(logvar) * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You take the root of the size of logvar; it is the variance, exp(logvar), whose root is the standard
    deviation.""",
    lambda mu, logvar: mu + logvar.abs().sqrt() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """exp stands twice: exp(logvar / 2) is the standard deviation already.""",
    lambda mu, logvar: mu + _std(logvar).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """You halve and take the root as well: exp(logvar / 2) is the root already, exp(logvar / 4) is too
    narrow or too wide.""",
    lambda mu, logvar: mu + (0.25 * logvar).exp() * torch.randn_like(mu),
)


EXERCISE.recognise(
    """The minus makes it one over the variance, the precision: a standard deviation is exp(logvar / 2).""",
    lambda mu, logvar: mu + (-logvar).exp() * torch.randn_like(mu),
)


add_common(EXERCISE, "logvar", _std)
