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
        "Four terms per latent: where the region lies, how wide it is, a constant, and a reward for width.",
        "Per latent: half of (mu squared + the variance - 1 - the logarithm of the variance). Which of them is logvar?",
        "0.5 * (mu**2 + logvar.exp() - 1 - logvar) is (B, J); independent latents add up, so sum over the last axis.",
    ),
    shown=(kl_per_latent, kl_closed_form),
)


EXERCISE.recognise(
    """Your KL is negative, which no KL can be: the half stands before mu^2 + sigma^2 - 1 - log sigma^2, or
    the minus half before its opposite.""",
    lambda mu, logvar: -kl_closed_form(mu, logvar),
)


EXERCISE.recognise(
    """You average over the latents; independent latents add up. Divided by J, the KL loses its unit and its
    strength against log p(x|z).""",
    lambda mu, logvar: kl_per_latent(mu, logvar).mean(-1),
)


EXERCISE.recognise(
    """You average over the batch too; return one number per image, (B,), and average last, together with log
    p(x|z).""",
    lambda mu, logvar: kl_closed_form(mu, logvar).mean(),
)


EXERCISE.recognise(
    """You add up all images as well as all latents, so the KL grows with the batch: sum over the last axis
    only.""",
    lambda mu, logvar: kl_per_latent(mu, logvar).sum(),
)


EXERCISE.recognise(
    """You average over everything, latents and images: sum over the latents, and leave the images apart.""",
    lambda mu, logvar: kl_per_latent(mu, logvar).mean(),
)


EXERCISE.recognise(
    """You sum over the images and keep the latents; the axis to sum over is the last one, with J latents.""",
    lambda mu, logvar: kl_per_latent(mu, logvar).sum(0),
)


EXERCISE.recognise(
    """Each latent's share is right; now add them up for each image: .sum(-1) makes (B, J) into (B,).""",
    lambda mu, logvar: kl_per_latent(mu, logvar),
)


EXERCISE.recognise(
    """Everything is twice too large: the 1/2 in front of the sum is missing, so the loss has an unstated beta of 2.""",
    lambda mu, logvar: 2 * kl_closed_form(mu, logvar),
)


EXERCISE.recognise(
    """The 1/2 reaches mu^2 only; it stands before all four terms, so put them into one bracket.""",
    lambda mu, logvar: (0.5 * mu**2 + logvar.exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """You take logvar for the logarithm of the standard deviation, and so square it once too often: the
    variance is exp(logvar), its logarithm is logvar itself.""",
    lambda mu, logvar: (0.5 * (mu**2 + (2 * logvar).exp() - 1) - logvar).sum(-1),
)


EXERCISE.recognise(
    """You square exp(logvar), but exp(logvar) is sigma^2 already: nothing is left to square.""",
    lambda mu, logvar: 0.5 * (mu**2 + (2 * logvar).exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """You take logvar for the variance itself; it is the variance's logarithm, and may be negative. The
    variance is exp(logvar).""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar - 1 - logvar.log()).sum(-1),
)


EXERCISE.recognise(
    """You take the logarithm of logvar, which is one already: where it is negative, the result is not a
    number. The last term is logvar as it comes.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - 1 - logvar.log()).sum(-1),
)


EXERCISE.recognise(
    """You use exp(logvar / 2), the standard deviation, where sigma^2 belongs: the second term is
    exp(logvar).""",
    lambda mu, logvar: 0.5 * (mu**2 + (0.5 * logvar).exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """The -1 is missing, half a nat per latent: at mu = 0 and logvar = 0 the region is the prior, and the KL
    must be 0.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - logvar).sum(-1),
)


EXERCISE.recognise(
    """You add 1 where it is subtracted: at mu = 0 and logvar = 0 the region is the prior, and the KL must be
    0.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() + 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """The log-term has the wrong sign: + logvar rewards regions for shrinking to points, and the KL falls
    below 0. It is - logvar.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - 1 + logvar).sum(-1),
)


EXERCISE.recognise(
    """The log-term is missing, so nothing keeps regions from shrinking to points: subtract logvar.""",
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - 1).sum(-1),
)


EXERCISE.recognise(
    """The variance itself is missing, so nothing keeps regions from growing for ever: add exp(logvar).""",
    lambda mu, logvar: 0.5 * (mu**2 - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """mu does not count: regions may lie anywhere, as far from the prior as they like. Add mu^2.""",
    lambda mu, logvar: 0.5 * (logvar.exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """You use the absolute value of mu where its square belongs: far regions would be too cheap.""",
    lambda mu, logvar: 0.5 * (mu.abs() + logvar.exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """You add mu without squaring it, so a region far on the negative side would earn something: it is
    mu^2.""",
    lambda mu, logvar: 0.5 * (mu + logvar.exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """mu^2 has the wrong sign: regions would be paid for running away from the prior.""",
    lambda mu, logvar: 0.5 * (-(mu**2) + logvar.exp() - 1 - logvar).sum(-1),
)


EXERCISE.recognise(
    """You sum the mus and square the sum, so +1 and -1 cancel: square each, then add.""",
    lambda mu, logvar: 0.5 * (mu.sum(-1) ** 2 + (logvar.exp() - 1 - logvar).sum(-1)),
)


EXERCISE.recognise(
    """This is the KL the other way round, of the prior from q(z|x): it divides by sigma^2. The ELBO averages
    over q, so q comes first.""",
    lambda mu, logvar: 0.5 * ((mu**2 + 1) * (-logvar).exp() - 1 + logvar).sum(-1),
)


EXERCISE.recognise(
    """Your KL is in bits, with the logarithm to base 2; this course counts nats: the natural logarithm,
    logvar as it comes.""",
    lambda mu, logvar: kl_closed_form(mu, logvar) / math.log(2),
)


def _half_of(mu_term: Tensor, variance: Tensor, log_variance: Tensor) -> Tensor:
    return 0.5 * (mu_term + variance - 1 - log_variance).sum(-1)


EXERCISE.recognise(
    """You subtract 1 once per image, after the sum; every latent has a -1 of its own.""",
    lambda mu, logvar: 0.5 * ((mu**2 + logvar.exp() - logvar).sum(-1) - 1),
    lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - logvar).sum(-1) - 1,
)


EXERCISE.recognise(
    """Right for common regions, but at logvar = -40 the gradient is lost, in a clamp or in a small number
    that is larger than the variance: do not go through log(exp(logvar)); logvar is that logarithm, and needs
    no help.""",
    lambda mu, logvar: _half_of(mu**2, logvar.exp(), (logvar.exp() + 1e-8).log()),
    lambda mu, logvar: kl_closed_form(mu, logvar.clamp(min=-20)),
    *(
        lambda mu, logvar, tiny=tiny: _half_of(mu**2, logvar.exp(), 2 * ((0.5 * logvar).exp() + tiny).log())
        for tiny in (1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
    ),
)


EXERCISE.recognise(
    """You clamp logvar, so beyond the clamp the KL stops counting and its gradient is 0: in this range
    nothing overflows, and no clamp is needed.""",
    *(
        lambda mu, logvar, low=low, high=high: kl_closed_form(mu, logvar.clamp(low, high))
        for low in (None, -20)
        for high in (2, 4, 5, 6, 8, 10, 15, 20, 30)
    ),
)


EXERCISE.recognise(
    """You add up latents and images, and the sign is wrong: a KL is never negative, and one number per image
    is asked for, (B,).""",
    lambda mu, logvar: -kl_per_latent(mu, logvar).sum(),
)


EXERCISE.recognise(
    """The log-term is halved twice: the 1/2 in front stands before log sigma^2, which is logvar, whole; log
    sigma would be half of it.""",
    lambda mu, logvar: _half_of(mu**2, logvar.exp(), 0.5 * logvar),
)


EXERCISE.recognise(
    """The 1/2 stands before all four terms, and here 1 or logvar goes without it: put them into one
    bracket.""",
    lambda mu, logvar: (0.5 * mu**2 + 0.5 * logvar.exp() - 0.5 - logvar).sum(-1),
    lambda mu, logvar: (0.5 * mu**2 + 0.5 * logvar.exp() - 1 - 0.5 * logvar).sum(-1),
)


EXERCISE.recognise(
    """You use 1 / sigma^2 where sigma^2 belongs: it is exp(logvar), without a minus.""",
    lambda mu, logvar: _half_of(mu**2, (-logvar).exp(), logvar),
)


EXERCISE.recognise(
    """mu and logvar changed places: the second is squared and the first put into exp. Look at the order of
    the arguments.""",
    lambda mu, logvar: kl_closed_form(logvar, mu),
)


EXERCISE.recognise(
    """torch.distributions.Normal wants a standard deviation, which is positive, and you hand it logvar or its
    root: the standard deviation is exp(logvar / 2).""",
    lambda mu, logvar: torch.distributions.Normal(mu, logvar).entropy().sum(-1),
)


EXERCISE.mistake(column(kl_closed_form))


EXERCISE.mistake(listed(kl_closed_form))


EXERCISE.mistake(writes_into(kl_closed_form, 0))


EXERCISE.mistake(writes_into(kl_closed_form, 1))


EXERCISE.mistake(cut_off(kl_closed_form))
