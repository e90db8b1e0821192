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
    """Every region gets the width of the prior: eps is added as it is. Stretch it by the standard deviation first.""",
    lambda mu, s, width: mu + torch.randn_like(mu),
)
common(
    """z is mu itself: nothing is drawn, so the code is a point and its region empty, as in an autoencoder.
    Add std * eps.""",
    lambda mu, s, width: mu * 1,
)
common(
    """You add the standard deviation without any chance: two calls give the same z. Multiply it by a fresh eps.""",
    lambda mu, s, width: mu + width(s),
)
common(
    """mu is missing: every image draws around 0, whatever the encoder says. Add mu.""",
    lambda mu, s, width: width(s) * torch.randn_like(mu),
)
common(
    """You draw from the prior and never look at mu or {s}: stretch eps by the standard deviation and add mu.""",
    lambda mu, s, width: torch.randn_like(mu),
)
common(
    """You multiply mu by the noise instead of adding to it: z = mu + std * eps, with one plus.""",
    lambda mu, s, width: mu * width(s) * torch.randn_like(mu),
)
common(
    """The noise is uniform from 0 to 1: it never pulls below mu, and the KL assumes a bell curve. Use
    randn, with an n.""",
    lambda mu, s, width: mu + width(s) * torch.rand_like(mu),
)
common(
    """The noise is uniform, from -1 to 1: too narrow, and with an edge where a bell curve has tails. Use
    torch.randn_like.""",
    lambda mu, s, width: mu + width(s) * (2 * torch.rand_like(mu) - 1),
)
common(
    """All images of the batch share one eps per latent, so their luck does not average out and the
    gradient is as noisy as that of a single image: eps needs the shape of mu, (B, J).""",
    lambda mu, s, width: mu + width(s) * torch.randn_like(mu[:1]),
)
common(
    """All latents of an image share one eps: they stray together, along a line, where the KL counts them as
    independent. eps needs the shape of mu, (B, J).""",
    lambda mu, s, width: mu + width(s) * torch.randn_like(mu[:, :1]),
)
common(
    """A single eps serves the whole batch and all latents: eps needs the shape of mu, (B, J).""",
    lambda mu, s, width: mu + width(s) * torch.randn(()),
)
common(
    """A seed is set inside, so every call draws the same eps, and everything drawn afterwards repeats as
    well: set a seed once, at the top of the notebook, never in here.""",
    lambda mu, s, width: torch.manual_seed(0) and mu + width(s) * torch.randn_like(mu),
)
common(
    """The eps is drawn once and kept (or comes from a generator seeded anew): two calls give the same z,
    so the noise is a constant that the decoder learns to undo. Draw it anew in each call.""",
    lambda mu, s, width: mu + width(s) * torch.randn(mu.shape, generator=torch.Generator().manual_seed(0)),
)
common(
    """The same eps for all images and for ever: a constant shift, which the decoder learns to undo. Draw
    one per image and latent, anew in each call.""",
    lambda mu, s, width: mu + width(s) * torch.randn(5, generator=torch.Generator().manual_seed(0)),
)
common(
    """torch.normal(mu, std) draws the right numbers and stops the gradient: its slope for mu and std is 0, so the
    encoder never hears how well its codes were rebuilt. Draw eps, then move it.""",
    lambda mu, s, width: torch.normal(mu, width(s)),
)
common(
    """The standard deviation is detached: mu learns, {s} hears only the KL, and every region drifts to
    the width of the prior.""",
    lambda mu, s, width: mu + width(s).detach() * torch.randn_like(mu),
)
common(
    """mu is detached: {s} learns, but no image can move its own code.""",
    lambda mu, s, width: mu.detach() + width(s) * torch.randn_like(mu),
)
common(
    """Right on a CPU, but eps is made without saying where: with mu on a GPU this stops with an error.
    Use randn_like(mu), or device=mu.device.""",
    lambda mu, s, width: mu + width(s) * torch.randn(mu.shape),
)
common(
    """eps is made as float64, which makes z float64 as well, and the decoder's float32 weights refuse it: use
    randn_like(mu), or dtype=mu.dtype.""",
    lambda mu, s, width: mu + width(s) * torch.randn(mu.shape, dtype=torch.float64, device=mu.device),
)
common(
    """z is averaged or summed over the latents: it needs as many numbers as mu, (B, J).""",
    lambda mu, s, width: (mu + width(s) * torch.randn_like(mu)).sum(-1),
)
common(
    """The noise is uniform, from -0.5 to 0.5: far too narrow, and with an edge where a bell curve has tails. Use
    torch.randn_like.""",
    lambda mu, s, width: mu + width(s) * (torch.rand_like(mu) - 0.5),
)
common(
    """The noise is never negative, as if abs stood around it: z strays to one side only, and lies around
    mu no more. Use randn as it comes.""",
    lambda mu, s, width: mu + width(s) * torch.randn_like(mu).abs(),
)
common(
    """The noise has a Laplace distribution, peaked and with heavy tails; q(z|x) is a bell curve, and the
    KL assumes one. Use torch.randn_like.""",
    lambda mu, s, width: mu + width(s) * (torch.rand_like(mu).log() - torch.rand_like(mu).log()),
)
common(
    """The standard deviation is added to the noise; it should stretch it: all regions are equally wide
    now, and moved. Multiply std by eps.""",
    lambda mu, s, width: mu + width(s) + torch.randn_like(mu),
)
common(
    """mu and the standard deviation changed places: the noise stretches mu, and std says where the
    region lies. Let mu be added and std multiplied.""",
    lambda mu, s, width: width(s) + mu * torch.randn_like(mu),
)
common(
    """eps multiplies the whole sum of mu and std, so every region lies around 0: only std is stretched
    by eps. Mind the brackets.""",
    lambda mu, s, width: (mu + width(s)) * torch.randn_like(mu),
)
common(
    """Some draws are one number used twice (or with both signs), so they stray together, where the KL
    counts them as independent. eps needs a fresh number for each image and latent, (B, J).""",
    lambda mu, s, width: mu + width(s) * torch.randn_like(mu[: len(mu) // 2]).repeat(2, 1),
)
common(
    """z is not a number where {s} is negative: you take a root or a logarithm of it, but it is a
    logarithm already. exp leads back from it.""",
    lambda mu, s, width: mu + s.sqrt() * torch.randn_like(mu),
)
common(
    """A width was negative, and torch.normal does not take one: {s} is a logarithm, and exp of it comes
    first. (Even then torch.normal stops the gradient: move an eps instead.)""",
    lambda mu, s, width: torch.normal(mu, s),
)
common(
    """A width was negative, and Normal does not take one: its second argument is a standard deviation,
    {s} is a logarithm. exp of it comes first.""",
    lambda mu, s, width: torch.distributions.Normal(mu, s).rsample(),
)
common(
    """The shapes do not fit: eps needs as many numbers as mu, (B, J); randn of a single length makes
    (B,) or (J,), and .T turns it over. randn_like(mu) has the right one.""",
    lambda mu, s, width: mu + width(s) * torch.randn(len(mu)),
)
common(
    """The numbers are right, but z belongs to no graph: .sample() and no_grad cut it off, and so does
    detach. Use rsample, or mu + std * eps outside no_grad.""",
    lambda mu, s, width: torch.distributions.Normal(mu, width(s)).sample(),
)
common(
    """requires_grad was set on a z that is cut off: that begins a new graph at z and does not mend the
    old one, so nothing reaches mu. Do without .sample(), detach and no_grad instead.""",
    lambda mu, s, width: torch.distributions.Normal(mu, width(s)).sample().requires_grad_(),
)
common(
    """z is right, but your {s} is another tensor now: mul_ and exp_ write into the tensor you were
    given, and the KL computed next reads it. Use * and exp, without the underscore.""",
    lambda mu, s, width: mu + width(s) * torch.randn_like(mu) + 0 * s.mul_(0.5),
)
common(
    """z is right, but mu was overwritten by it: += and add_ write into the tensor you were given, and
    the KL computed next reads it. Write mu + std * eps.""",
    lambda mu, s, width: mu.add_(width(s) * torch.randn_like(mu)),
)
common(
    """{s} is cut off (clamped) somewhere: beyond the limits its slope is 0, so it never comes back, and
    the KL reads the number that was not cut off. Use it as it comes.""",
    lambda mu, s, width: mu + width(s.clamp(-5, 5)) * torch.randn_like(mu),
)
common(
    """z has one axis too many, (1, B, J): rsample() wants no count for a single draw, and unsqueeze has no
    work here.""",
    lambda mu, s, width: (mu + width(s) * torch.randn_like(mu))[None],
)
common(
    """You draw several z per image, (K, B, J); asked for is one, (B, J).""",
    lambda mu, s, width: mu + width(s) * torch.randn(3, *mu.shape),
)
common(
    """The draws were averaged or added up over the images, (J,): keep one z per image, (B, J).""",
    lambda mu, s, width: (mu + width(s) * torch.randn_like(mu)).mean(0),
)
common(
    """The draws were averaged or added up to one number: keep one z per image, (B, J).""",
    lambda mu, s, width: (mu + width(s) * torch.randn_like(mu)).mean(),
)
common(
    """You return several things in a tuple; asked for is z alone.""",
    lambda mu, s, width: (mu + width(s) * torch.randn_like(mu), mu),
)
common(
    """You return a list; torch.stack makes one tensor (B, J) of rows. (tolist would cut the graph besides.)""",
    lambda mu, s, width: list(mu + width(s) * torch.randn_like(mu)),
)
common(
    """You return a NumPy array, through which no gradient flows: stay in tensors to the end.""",
    lambda mu, s, width: (mu + width(s) * torch.randn_like(mu)).detach().numpy(),
)
common(
    """You return the distribution itself; draw from it, in the way that keeps gradients: rsample.""",
    lambda mu, s, width: torch.distributions.Normal(mu, width(s)),
)
