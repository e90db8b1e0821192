"""Exercise 2.3: the KL in closed form."""

import math

import torch
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import column, cut_off, listed, writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import LOGVAR, MU, each
from vae_lessons.kl import kl_closed_form, kl_per_latent

EXERCISE = Exercise(
    number="2.3",
    title="The KL in closed form",
    task="""Write the KL of q(z|x) = N(mu, diag(exp(logvar))) from the prior N(0, I): mu and logvar are (B,
    J). Return one number per image, (B,), in nats. It must be right for logvar from -40 to 40; no clamp is
    needed.""",
    minutes=8,
    difficulty=2,
    reference=kl_closed_form,
    probe=each(
        {"mu": torch.tensor([[0.7]]), "logvar": torch.tensor([[-0.4]])},
        {"mu": torch.tensor([[0.7, -1.3, 0.05]]), "logvar": torch.tensor([[-0.4, 0.9, -0.1]])},
        {"mu": MU, "logvar": LOGVAR},
        {"mu": torch.tensor([[0.5, -0.3]]), "logvar": torch.tensor([[40.0, -40.0]])},
        gradients=["mu", "logvar"],
    ),
    hints=(
        "Per latent there are four terms: one for the mean, one for the variance, a constant, and one that keeps "
        "q(z|x) from becoming a point.",
        "Per latent: half of (mu squared + the variance - 1 - the logarithm of the variance). Which of them is "
        "logvar?",
        "The KLs of independent latents add up. Check: it is 0 at mu = 0 and logvar = 0, and half a nat per latent "
        "at mu = 1 and logvar = 0.",
    ),
    shown=(kl_per_latent, kl_closed_form),
)


EXERCISE.recognise(
    """Your KL is negative, which no KL can be: the overall sign is wrong.""",
    lambda mu, logvar: -kl_closed_form(mu, logvar),
)


EXERCISE.recognise(
    """You average over the latents, so the KL is J times too small beside log p(x|z).""",
    lambda mu, logvar: kl_per_latent(mu, logvar).mean(-1),
)


EXERCISE.recognise(
    """You average over the batch; the task asks for one number per image, (B,).""",
    lambda mu, logvar: kl_closed_form(mu, logvar).mean(),
)


EXERCISE.recognise(
    """You add up the images as well as the latents, so the KL grows with the batch size.""",
    lambda mu, logvar: kl_per_latent(mu, logvar).sum(),
)


EXERCISE.recognise(
    """You average over latents and images; the task asks for one number per image, (B,).""",
    lambda mu, logvar: kl_per_latent(mu, logvar).mean(),
)


EXERCISE.recognise(
    """You sum over the images and keep the latents, which are the last axis.""",
    lambda mu, logvar: kl_per_latent(mu, logvar).sum(0),
)


EXERCISE.recognise(
    """Each latent's term is right, but the latents of an image are not added up; the task asks for one number per
    image, (B,).""",
    lambda mu, logvar: kl_per_latent(mu, logvar),
)


EXERCISE.recognise(
    """Your KL is twice as large as it should be: the factor 1/2 is missing, as if beta were 2.""",
    lambda mu, logvar: 2 * kl_closed_form(mu, logvar),
)


EXERCISE.recognise(
    """The factor 1/2 applies only to mu^2; it belongs to all four terms.""",
    lambda mu, logvar: (0.5 * mu**2 + logvar.exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """You use logvar as the logarithm of the standard deviation; it is the logarithm of the variance.""",
    lambda mu, logvar: (0.5 * (mu**2 + (2 * logvar).exp() - 1) - logvar).sum(-1),
)


EXERCISE.recognise(
    """You square exp(logvar), but exp(logvar) is sigma^2 already.""",
    lambda mu, logvar: 0.5 * (mu**2 + (2 * logvar).exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """You use logvar as the variance itself; it is the logarithm of the variance and may be negative.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar - 1 - logvar.log()).sum(-1),
)


EXERCISE.recognise(
    """You take the logarithm of logvar, which is a logarithm already; where it is negative, the result is NaN.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - 1 - logvar.log()).sum(-1),
)


EXERCISE.recognise(
    """You use exp(logvar / 2), the standard deviation, where the variance sigma^2 belongs.""",
    lambda mu, logvar: 0.5 * (mu**2 + (0.5 * logvar).exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """The -1 is missing, half a nat per latent: at mu = 0 and logvar = 0, q(z|x) is the prior, and the KL must be
    0.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - logvar).sum(-1),
)


EXERCISE.recognise(
    """You add 1 instead of subtracting it: at mu = 0 and logvar = 0, q(z|x) is the prior, and the KL must be 0.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() + 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """The term with log sigma^2 has the wrong sign: it rewards a q(z|x) that shrinks to a point, and the KL falls
    below 0.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - 1 + logvar).sum(-1),
)


EXERCISE.recognise(
    """The term with log sigma^2 is missing, so nothing keeps q(z|x) from shrinking to a point.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - 1).sum(-1),
)


EXERCISE.recognise(
    """The variance is missing, so nothing keeps q(z|x) from growing without limit.""",
    lambda mu, logvar: 0.5 * (mu**2 - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """mu does not appear, so it makes no difference how far q(z|x) is from the prior.""",
    lambda mu, logvar: 0.5 * (logvar.exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """You use the absolute value of mu instead of its square, so a q(z|x) far from the prior costs too little.""",
    lambda mu, logvar: 0.5 * (mu.abs() + logvar.exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """You add mu without squaring it, so a negative mean lowers the KL.""",
    lambda mu, logvar: 0.5 * (mu + logvar.exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """mu^2 has the wrong sign, so the KL falls as q(z|x) moves away from the prior.""",
    lambda mu, logvar: 0.5 * (-(mu**2) + logvar.exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """You add up the means before squaring, so +1 and -1 cancel.""",
    lambda mu, logvar: 0.5 * (mu.sum(-1) ** 2 + (logvar.exp() - 1 - logvar).sum(-1)),
)


EXERCISE.recognise(
    """This is the KL in the other direction, of the prior from q(z|x): it divides by sigma^2. The ELBO averages over
    q(z|x).""",
    lambda mu, logvar: 0.5 * ((mu**2 + 1) * (-logvar).exp() - 1 + logvar).sum(-1),
)


EXERCISE.recognise(
    """Your KL is in bits, with the logarithm to base 2; this course uses nats, with the natural logarithm.""",
    lambda mu, logvar: kl_closed_form(mu, logvar) / math.log(2),
)


def _half_of(mu_term: Tensor, variance: Tensor, log_variance: Tensor) -> Tensor:
    return 0.5 * (mu_term + variance - 1 - log_variance).sum(-1)


EXERCISE.recognise(
    """You subtract 1 once per image; every latent has its own -1.""",
    lambda mu, logvar: 0.5 * ((mu**2 + logvar.exp() - logvar).sum(-1) - 1),
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - logvar).sum(-1) - 1,
)


EXERCISE.recognise(
    """Right for moderate logvar, but at logvar = -40 the gradient is lost, through a clamp or a small constant larger
    than the variance. The logarithm of the variance is logvar itself, so neither is needed.""",
    lambda mu, logvar: _half_of(mu**2, logvar.exp(), (logvar.exp() + 1e-8).log()),
    lambda mu, logvar: kl_closed_form(mu, logvar.clamp(min=-20)),
    *(
        lambda mu, logvar, tiny=tiny: _half_of(mu**2, logvar.exp(), 2 * ((0.5 * logvar).exp() + tiny).log())
        for tiny in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
    ),
)


EXERCISE.recognise(
    """You clamp logvar: beyond the clamp the KL no longer changes, and its gradient is 0.""",
    *(
        lambda mu, logvar, low=low, high=high: kl_closed_form(mu, logvar.clamp(low, high))
        for low in (None, -20)
        for high in (2, 4, 5, 6, 8, 10, 15, 20, 30)
    ),
)


EXERCISE.recognise(
    """You add up latents and images, and the sign is wrong: a KL is never negative, and the task asks for one number
    per image, (B,).""",
    lambda mu, logvar: -kl_per_latent(mu, logvar).sum(),
)


EXERCISE.recognise(
    """The term with log sigma^2 is halved twice: 0.5 * logvar is log sigma.""",
    lambda mu, logvar: _half_of(mu**2, logvar.exp(), 0.5 * logvar),
)


EXERCISE.recognise(
    """The factor 1/2 is missing from 1 or from logvar; it belongs to all four terms.""",
    lambda mu, logvar: (0.5 * mu**2 + 0.5 * logvar.exp() - 0.5 - logvar).sum(-1),
    lambda mu, logvar: (0.5 * mu**2 + 0.5 * logvar.exp() - 1 - 0.5 * logvar).sum(-1),
)


EXERCISE.recognise(
    """You use exp(-logvar), which is 1 / sigma^2, where sigma^2 belongs.""",
    lambda mu, logvar: _half_of(mu**2, (-logvar).exp(), logvar),
)


EXERCISE.recognise(
    """mu and logvar are swapped. Look at the order of the arguments.""",
    lambda mu, logvar: kl_closed_form(logvar, mu),
)


EXERCISE.recognise(
    """torch.distributions.Normal expects a standard deviation, which is positive; you pass logvar or its square root.
    The standard deviation is exp(logvar / 2).""",
    lambda mu, logvar: torch.distributions.Normal(mu, logvar).entropy().sum(-1),
)


EXERCISE.mistake(column(kl_closed_form))


EXERCISE.mistake(listed(kl_closed_form))


EXERCISE.mistake(writes_into(kl_closed_form, 0))


EXERCISE.mistake(writes_into(kl_closed_form, 1))


EXERCISE.mistake(cut_off(kl_closed_form))
