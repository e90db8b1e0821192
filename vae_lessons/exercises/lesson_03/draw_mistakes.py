"""The mistakes that exercises 3.1 and 3.3 both recognise."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise

COMMON: list[tuple[str, Callable]] = []  # mistakes that have nothing to do with how the width is written


def common(sentence: str, draw: Callable) -> None:
    """Keep draw(mu, s, width), where width(s) is std, as a mistake of both exercises about drawing."""
    COMMON.append((sentence, draw))


def add_common(exercise: Exercise, second: str, width: Callable[[Tensor], Tensor]) -> None:
    """Let an exercise recognise them; its second argument is called `second`, and width(second) is the std."""
    for sentence, draw in COMMON:

        def answer(mu: Tensor, s: Tensor, draw: Callable = draw) -> object:
            return draw(mu, s, width)

        exercise.recognise(sentence.replace("{s}", second), answer)


common(
    """eps is added without scaling, so q(z|x) has the width of the prior for every image.""",
    lambda mu, s, width: mu + torch.randn_like(mu),
)
common(
    """z is mu itself: nothing is drawn, and the code is a point, as in an autoencoder.""",
    lambda mu, s, width: mu * 1,
)
common(
    """You add the standard deviation without any randomness: two calls give the same z.""",
    lambda mu, s, width: mu + width(s),
)
common(
    """mu is missing: every image draws around 0, whatever the encoder returns.""",
    lambda mu, s, width: width(s) * torch.randn_like(mu),
)
common(
    """You draw from the prior: neither mu nor {s} is used.""",
    lambda mu, s, width: torch.randn_like(mu),
)
common(
    """You multiply mu by the noise instead of adding the noise to it.""",
    lambda mu, s, width: mu * width(s) * torch.randn_like(mu),
)
common(
    """The noise is uniform from 0 to 1: z is never below mu, and the KL assumes a Gaussian. torch.rand is uniform,
    torch.randn Gaussian.""",
    lambda mu, s, width: mu + width(s) * torch.rand_like(mu),
)
common(
    """All noise lies between -1 and 1, uniform or cut off there: too narrow, and without the tails of the Gaussian that
    the KL assumes.""",
    lambda mu, s, width: mu + width(s) * (2 * torch.rand_like(mu) - 1),
)
common(
    """All images of the batch share one eps per latent, so the noise does not average out, and the gradient is as
    noisy as that of a single image.""",
    lambda mu, s, width: mu + width(s) * torch.randn_like(mu[:1]),
)
common(
    """All latents of an image share one eps, so they vary together, along a line, while the KL assumes that they are
    independent.""",
    lambda mu, s, width: mu + width(s) * torch.randn_like(mu[:, :1]),
)
common(
    """A single eps is used for the whole batch and all latents.""",
    lambda mu, s, width: mu + width(s) * torch.randn(()),
)
common(
    """A seed is set inside the function, so every call draws the same eps, and whatever is drawn afterwards repeats
    as well.""",
    lambda mu, s, width: torch.manual_seed(0) and mu + width(s) * torch.randn_like(mu),
)
common(
    """eps is drawn once and kept (or its generator is seeded anew), so two calls give the same z: the noise is a
    constant that the decoder learns to undo.""",
    lambda mu, s, width: mu + width(s) * torch.randn(mu.shape, generator=torch.Generator().manual_seed(0)),
)
common(
    """eps is the same for all images and in all calls: a constant shift that the decoder learns to undo.""",
    lambda mu, s, width: mu + width(s) * torch.randn(5, generator=torch.Generator().manual_seed(0)),
)
common(
    """torch.normal(mu, std) draws from the right distribution but passes no gradient to mu and std, so the encoder
    learns nothing from the reconstruction.""",
    lambda mu, s, width: torch.normal(mu, width(s)),
)
common(
    """The standard deviation is detached: mu learns, but {s} gets a gradient only from the KL, so every q(z|x) drifts
    to the width of the prior.""",
    lambda mu, s, width: mu + width(s).detach() * torch.randn_like(mu),
)
common(
    """mu is detached: {s} learns, but mu gets no gradient from the reconstruction.""",
    lambda mu, s, width: mu.detach() + width(s) * torch.randn_like(mu),
)
common(
    """Right on a CPU, but eps is always created there: with mu on a GPU this raises an error. Use randn_like(mu), or
    device=mu.device.""",
    lambda mu, s, width: mu + width(s) * torch.randn(mu.shape),
)
common(
    """eps is float64, which makes z float64 as well, and the decoder's float32 weights do not accept that. Use
    randn_like(mu), or dtype=mu.dtype.""",
    lambda mu, s, width: mu + width(s) * torch.randn(mu.shape, dtype=torch.float64, device=mu.device),
)
common(
    """z is averaged or summed over the latents; it needs the shape of mu, (B, J).""",
    lambda mu, s, width: (mu + width(s) * torch.randn_like(mu)).sum(-1),
)
common(
    """The noise is uniform from -0.5 to 0.5: far too narrow, and without the tails of the Gaussian that the KL
    assumes.""",
    lambda mu, s, width: mu + width(s) * (torch.rand_like(mu) - 0.5),
)
common(
    """The noise is never negative, as after abs, so z deviates to one side only and is not centred on mu.""",
    lambda mu, s, width: mu + width(s) * torch.randn_like(mu).abs(),
)
common(
    """The noise has a Laplace distribution, with a peak and heavy tails, but q(z|x) is a Gaussian.""",
    lambda mu, s, width: mu + width(s) * (torch.rand_like(mu).log() - torch.rand_like(mu).log()),
)
common(
    """The standard deviation is added to the noise instead of multiplying it: every q(z|x) is equally wide, and
    shifted.""",
    lambda mu, s, width: mu + width(s) + torch.randn_like(mu),
)
common(
    """mu and the standard deviation are swapped: mu scales the noise, and std is the mean of q(z|x).""",
    lambda mu, s, width: width(s) + mu * torch.randn_like(mu),
)
common(
    """eps multiplies mu as well as std, so every q(z|x) is centred on 0.""",
    lambda mu, s, width: (mu + width(s)) * torch.randn_like(mu),
)
common(
    """Some numbers of eps are used twice (or with both signs), so these draws vary together, while the KL assumes
    that they are independent.""",
    lambda mu, s, width: mu + width(s) * torch.randn_like(mu[: len(mu) // 2]).repeat(2, 1),
)
common(
    """z is NaN where {s} is negative: you take a square root or a logarithm of it, but it is a logarithm already.""",
    lambda mu, s, width: mu + s.sqrt() * torch.randn_like(mu),
)
common(
    """torch.normal got a negative standard deviation: {s} is a logarithm. (torch.normal would stop the gradient as
    well.)""",
    lambda mu, s, width: torch.normal(mu, s),
)
common(
    """Normal got a negative standard deviation: its second argument is a standard deviation, but {s} is a
    logarithm.""",
    lambda mu, s, width: torch.distributions.Normal(mu, s).rsample(),
)
common(
    """The shapes do not fit: eps needs the shape of mu, (B, J), but randn of a single length has shape (B,) or (J,),
    and .T swaps the axes. randn_like(mu) has the right shape.""",
    lambda mu, s, width: mu + width(s) * torch.randn(len(mu)),
)
common(
    """The numbers are right, but z is not part of the graph: .sample(), no_grad and detach cut it off. rsample keeps
    it.""",
    lambda mu, s, width: torch.distributions.Normal(mu, width(s)).sample(),
)
common(
    """requires_grad was set on a z that is cut off: that begins a new graph at z, so nothing reaches mu. Look for
    .sample(), detach or no_grad.""",
    lambda mu, s, width: torch.distributions.Normal(mu, width(s)).sample().requires_grad_(),
)
common(
    """z is right, but your {s} has changed: mul_ and exp_ write into the tensor you were given, and the KL reads it
    next. Use the forms without the underscore.""",
    lambda mu, s, width: mu + width(s) * torch.randn_like(mu) + 0 * s.mul_(0.5),
)
common(
    """z is right, but mu was overwritten: += and add_ write into the tensor you were given, and the KL reads it
    next.""",
    lambda mu, s, width: mu.add_(width(s) * torch.randn_like(mu)),
)
common(
    """{s} is clamped somewhere: beyond the limits its gradient is 0, so it never comes back, and the KL reads the
    number without the clamp.""",
    lambda mu, s, width: mu + width(s.clamp(-5, 5)) * torch.randn_like(mu),
)
common(
    """z has one axis too many, (1, B, J), as after rsample((1,)) or unsqueeze.""",
    lambda mu, s, width: (mu + width(s) * torch.randn_like(mu))[None],
)
common(
    """You draw several z per image, (K, B, J); the task asks for one, (B, J).""",
    lambda mu, s, width: mu + width(s) * torch.randn(3, *mu.shape),
)
common(
    """You average or sum the draws over the images, (J,); the task asks for one z per image, (B, J).""",
    lambda mu, s, width: (mu + width(s) * torch.randn_like(mu)).mean(0),
)
common(
    """You average or sum the draws to one number; the task asks for one z per image, (B, J).""",
    lambda mu, s, width: (mu + width(s) * torch.randn_like(mu)).mean(),
)
common(
    """You return several values in a tuple; the task asks for z alone.""",
    lambda mu, s, width: (mu + width(s) * torch.randn_like(mu), mu),
)
common(
    """You return a list of rows; torch.stack makes one tensor (B, J) of them. (tolist would also cut the graph.)""",
    lambda mu, s, width: list(mu + width(s) * torch.randn_like(mu)),
)
common(
    """You return a NumPy array, through which no gradient flows.""",
    lambda mu, s, width: (mu + width(s) * torch.randn_like(mu)).detach().numpy(),
)
common(
    """You return the distribution itself instead of a draw from it. rsample draws and keeps the gradient.""",
    lambda mu, s, width: torch.distributions.Normal(mu, width(s)),
)
for _share in (0.9, 0.8, 0.7):
    common(
        """Your noise is too narrow: eps should have a std of 1 before it is scaled, so z covers less than q(z|x).""",
        lambda mu, s, width, share=_share: mu + share * width(s) * torch.randn_like(mu),
    )
for _shift in (0.1, 0.2):
    common(
        """Your noise has an offset: its mean should be 0, so that z lies around mu.""",
        lambda mu, s, width, shift=_shift: mu + width(s) * (torch.randn_like(mu) + shift),
    )
for _limit in (1.0, 2.0):
    common(
        """The noise is clamped or cut off, so no draw goes far: q(z|x) is a Gaussian with its tails.""",
        lambda mu, s, width, limit=_limit: mu + width(s) * torch.randn_like(mu).clamp(-limit, limit),
    )
common(
    """The noise is uniform: centred and with a std of 1, but without the tails of the Gaussian that the KL assumes.
    torch.randn is Gaussian.""",
    lambda mu, s, width: mu + width(s) * (torch.rand_like(mu) - 0.5) * 12**0.5,
)
common(
    """The noise is standardised over the batch, so the draws of different images depend on each other, and a batch of
    one image gives no number.""",
    lambda mu, s, width: mu + width(s) * (lambda eps: (eps - eps.mean(0)) / eps.std(0))(torch.randn_like(mu)),
)
common(
    """One standard deviation is used for all: the average over images and latents. Each q(z|x) has its own.""",
    lambda mu, s, width: mu + width(s).mean() * torch.randn_like(mu),
)
common(
    """mu is added twice, once in the draw and once more, so z lies around 2 mu.""",
    lambda mu, s, width: 2 * mu + width(s) * torch.randn_like(mu),
)
common(
    """eps is float64, and made on the CPU whatever device mu is on. The decoder's float32 weights accept neither. Use
    randn_like(mu), or dtype=mu.dtype and device=mu.device.""",
    lambda mu, s, width: mu + width(s) * torch.randn(mu.shape, dtype=torch.float64),
)
for _low, _high in ((-2, 2), (-1, 1), (-2, None), (-1, None), (None, 1), (None, 0)):
    common(
        """{s} is clamped within the range that real images need: beyond the limit all of them are equally wide, and
        nothing is learnt.""",
        lambda mu, s, width, low=_low, high=_high: mu + width(s.clamp(low, high)) * torch.randn_like(mu),
    )
for _eps in (0.1, 0.05, 0.01):
    common(
        """A small number is added to the standard deviation, so no q(z|x) can get narrow, and the KL describes another
        one. exp is never 0; nothing needs to be added.""",
        lambda mu, s, width, eps=_eps: mu + (width(s) + eps) * torch.randn_like(mu),
    )
common(
    """z is right, but where no gradient is needed {s} is overwritten: exp_ and mul_ write into the tensor you were
    given. Use the forms without the underscore.""",
    lambda mu, s, width: mu + width(s) * torch.randn_like(mu) + (0 if s.requires_grad else 0 * s.mul_(0.5)),
)
common(
    """The noise is clamped or cut off, so no draw goes far: q(z|x) is a Gaussian with its tails.""",
    lambda mu, s, width: mu + width(s) * torch.nn.init.trunc_normal_(torch.empty_like(mu), a=-2, b=2),
)
for _limit in (2.0, 3.0, 5.0):
    common(
        """z itself is clamped, so beyond a limit nothing changes and nothing is learnt; mu may lie anywhere.""",
        lambda mu, s, width, limit=_limit: (mu + width(s) * torch.randn_like(mu)).clamp(-limit, limit),
    )
