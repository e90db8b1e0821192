"""Exercises of lesson 03: drawing so that gradients pass, two estimators, and a step of training."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from vae_lessons.elbo import beta_loss, elbo_terms
from vae_lessons.exercises.exercise import Answer, Exercise, Prediction, Probe, Seen, as_tensor
from vae_lessons.exercises.probes import (
    LOGVAR,
    MU,
    another_device,
    attempt,
    each,
    gradients_of,
    in_short,
    writes_into,
)
from vae_lessons.gaussians import kl_closed_form, reparameterize
from vae_lessons.likelihoods import bernoulli_log_likelihood
from vae_lessons.vae import VAE

COPIES = 400  # draws per image and latent: a measured std is then right to 3.5 %


def draw_probe(second: str, far: float) -> Probe:
    """Looks at z = draw(mu, second), where second says how wide each region is: shape, slopes, chance, then
    statistics. far: the size of second at which a standard deviation is exp(7) or exp(-7)."""

    def probe(draw: Answer) -> Iterator[Seen]:
        given = in_short({"mu": MU, second: LOGVAR}) + f", each image {COPIES} times"
        shape = (COPIES, *MU.shape)
        leaves = [MU.repeat(COPIES, 1).requires_grad_(), LOGVAR.repeat(COPIES, 1).requires_grad_()]
        handed = [leaf.clone() for leaf in leaves]
        z, failed = attempt(lambda: draw(*handed), given)
        if failed:
            yield _shapes_in_words(failed)
            return
        if not isinstance(z, Tensor) or isinstance(as_tensor(z), str):
            yield Seen("the result", "None" if z is None else f"a {type(z).__name__}", given)
            return
        yield Seen("the shape of z", _axes(z, leaves[0]), given)
        if z.shape != leaves[0].shape or not z.is_floating_point():
            return
        yield Seen("the type of z", str(z.dtype), given, aside=True)
        for name, now, before in zip(("mu", second), handed, (MU, LOGVAR), strict=True):
            kept = now.shape == leaves[0].shape and torch.equal(
                now.detach(), before.repeat(COPIES, 1).to(now)
            )
            yield Seen(f"{name} after the call", "as it was" if kept else "changed", given)
        absent = z.detach().isnan().view(shape).any(0)  # (N, J)
        where = f"where {second} is negative" if torch.equal(absent, LOGVAR < 0) else "in places"
        yield Seen("z is not a number", where if absent.any() else "nowhere", given)
        if absent.any():
            return
        strayed = z.detach().reshape(shape) - MU  # (K, N, J)
        yield Seen("z is mu itself", str(bool((strayed.abs() < 1e-6).all())), given)
        graph = "yes" if z.grad_fn is not None else "no, it begins one" if z.requires_grad else "no"
        yield Seen("z belongs to the graph of mu", graph, given)
        slopes, failed = attempt(lambda: gradients_of(z.sum(), leaves), given)
        if failed:
            yield failed
            return
        for name, slope in zip(("mu", second), slopes, strict=True):
            yield Seen(
                f"the slope of z for {name}", _one_or_zero(slope) if name == "mu" else _zero(slope), given
            )
        centre, spread = strayed.mean(0).abs(), strayed.std(0)  # (N, J)
        around = ~(centre > 0.6 * spread) | (spread < 1e-5)
        yield Seen("z lies around mu", str(bool(around.all())), given)
        if not around.all() and _one_or_zero(slopes[0]) != "1":  # z is not mu and something added to it
            drawn = z.detach().reshape(shape)
            at_zero = (drawn.mean(0).abs() < 0.3 * drawn.std(0)).all()
            yield Seen("z lies around 0", str(bool(at_zero)), given)
            yield Seen("the logarithm of the measured std", drawn.std(0).log().double(), given, tolerance=0.3)
            return
        slope = slopes[1].view(shape)
        share = (slope * strayed).sum(0) / (strayed**2).sum(0)  # (N, J)
        follows = bool(((slope - share * strayed) ** 2).sum() <= 1e-3 * (slope**2).sum())
        yield Seen(f"the slope of z for {second} follows z - mu", str(follows), given)
        if follows:
            yield Seen(f"the slope of z for {second}, over z - mu", share, given, tolerance=1e-3)
        yield from _chance(draw, strayed, given)
        yield from _far_out(draw, second, far)

    return probe


def _axes(z: Tensor, mu: Tensor) -> str:
    """The shape of z in letters where it is made of the axes of mu, else in numbers."""
    if z.ndim == 3 and z.shape[1:] == mu.shape:
        return "(1, B, J)" if len(z) == 1 else "(K, B, J)"
    (images, latents), shape = mu.shape, tuple(z.shape)
    letters = {(images, latents): "(B, J)", (images,): "(B,)", (images, 1): "(B, 1)", (latents,): "(J,)"}
    return letters.get(shape, str(shape))


def _shapes_in_words(failed: Seen) -> Seen:
    """The same error, without numbers where two shapes did not fit."""
    return (
        replace(failed, value="two shapes that do not fit")
        if "must match the size" in failed.value
        else failed
    )


def _zero(slope: Tensor) -> str:
    return "0" if bool((slope == 0).all()) else "not 0"


def _one_or_zero(slope: Tensor) -> str:
    return "1" if torch.allclose(slope, torch.ones_like(slope)) else _zero(slope)


def _again(draw: Answer, inputs: tuple[Tensor, Tensor], given: str) -> tuple[Tensor, Seen | None]:
    """One more draw (B, J), or what is seen when there is none."""
    z, failed = attempt(lambda: draw(*(one.clone() for one in inputs)), given)
    if failed:
        return inputs[0], failed
    if not isinstance(as_tensor(z), Tensor) or tuple(z.shape) != tuple(inputs[0].shape):
        return inputs[0], Seen("a later call", "returns another kind of thing", given)
    return as_tensor(z), None


def _chance(draw: Answer, strayed: Tensor, given: str) -> Iterator[Seen]:
    """Where the noise is new and where it is shared; if it is new everywhere, what kind it is. strayed: (K, N, J)."""
    inputs = MU.repeat(COPIES, 1), LOGVAR.repeat(COPIES, 1)
    alike = torch.zeros_like(inputs[0]), torch.full_like(inputs[0], 0.5)  # here z / z[0, 0] = eps / eps[0, 0]
    draws, states = [], []
    for seed, arguments in ((1, inputs), (2, inputs), (3, alike)):
        torch.manual_seed(seed)
        z, failed = _again(draw, arguments, given)
        if failed:
            yield failed
            return
        draws.append(z)
        states.append(torch.random.get_rng_state())
    repeats = torch.equal(draws[0], draws[1])
    yield Seen("two calls", "give the same z" if repeats else "draw anew", given)
    yield Seen(
        "the seed afterwards", "reset by the call" if torch.equal(*states[:2]) else "left alone", given
    )
    shared = _shared(draws[2])
    yield Seen("eps", shared, given)
    if repeats or shared != "one for every image and latent":
        return
    spread = strayed.std(0)  # (N, J)
    unit = strayed / spread
    yield Seen("the logarithm of the measured std", spread.log().double(), given, tolerance=0.3)
    yield Seen("its average over images and latents", spread.log().mean().double(), given, tolerance=0.08)
    yield Seen("the mean of (z - mu) / std", unit.mean().double(), given, tolerance=0.1)
    yield Seen(
        "the fourth moment of eps, 3 for a bell curve", (unit**4).mean().double(), given, tolerance=0.16
    )
    yield Seen("some eps are beyond 2.5", str(bool((unit.abs() > 2.5).any())), given)
    with another_device():
        _, failed = attempt(lambda: draw(MU.clone(), LOGVAR.clone()), given)
    yield Seen("with mu on a GPU", "an error: two devices" if failed else "works", given, aside=True)


def _shared(eps: Tensor) -> str:
    """Which numbers of eps (B, J), known up to a factor, are the same ones."""
    by_images = bool((eps - eps[:1]).abs().max() < 1e-5)
    by_latents = bool((eps - eps[:, :1]).abs().max() < 1e-5)
    if by_images or by_latents:
        return (
            "one for all"
            if by_images and by_latents
            else f"one for all {'images' if by_images else 'latents'}"
        )
    if eps.abs().unique().numel() < 0.9 * eps.numel():
        return "partly the same, up to a sign"
    return "one for every image and latent"


def _far_out(draw: Answer, second: str, far: float) -> Iterator[Seen]:
    """Whether very narrow and very wide regions are as narrow and as wide as they should be, and can change."""
    given = f"mu = 0, {second} = {-far:g} and {far:g}"
    mu, wide = torch.zeros(COPIES, 2), torch.tensor([-far, far]).repeat(COPIES, 1).requires_grad_()
    z, failed = attempt(lambda: draw(mu.clone(), wide.clone()), given)
    if failed or not isinstance(z, Tensor) or z.shape != mu.shape:
        yield failed or Seen("the result", "another kind of thing than before", given)
        return
    right = (z.detach().std(0).log() - torch.tensor([-7.0, 7.0])).abs() < 0.5
    slopes, failed = attempt(lambda: torch.autograd.grad(z.sum(), wide, allow_unused=True)[0], given)
    learns = slopes is not None and not failed and bool(slopes.any(0).all())
    yield Seen("they are as wide as they should be, and can learn", str(bool(right.all()) and learns), given)


COMMON: list[tuple[str, Callable]] = []  # mistakes that have nothing to do with how the width is written


def common(sentence: str, draw: Callable) -> None:
    """Keep draw(mu, s, width), where width(s) is std, as a mistake of both exercises about drawing."""
    COMMON.append((sentence, draw))


def add_common(exercise: Exercise, second: str, width: Callable[[Tensor], Tensor]) -> None:
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


# 3.1

DRAW = Exercise(
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


DRAW.recognise(
    """You use exp(logvar), the variance, as the standard deviation: draws from wide regions stray too far, those from
    narrow ones too little, and the KL speaks of another distribution. The root of the variance is exp(logvar / 2).""",
    lambda mu, logvar: mu + logvar.exp() * torch.randn_like(mu),
)
DRAW.recognise(
    """You use logvar itself as the standard deviation; it is the logarithm of the variance, and may be negative. A
    standard deviation comes out of exp(logvar / 2).""",
    lambda mu, logvar: mu + logvar * torch.randn_like(mu),
)
DRAW.recognise(
    """You use half of logvar as the standard deviation and forget exp, so a region can have a negative width: exp of
    it is what you want.""",
    lambda mu, logvar: mu + 0.5 * logvar * torch.randn_like(mu),
)
DRAW.recognise(
    """There is a minus too many: exp(-logvar / 2) is one over the standard deviation, so sure encoders draw
    wildly and unsure ones hardly at all.""",
    lambda mu, logvar: mu + (-0.5 * logvar).exp() * torch.randn_like(mu),
)
DRAW.recognise(
    """You halve after exp: half the variance is not the root of it. Halve the logarithm first: exp(logvar / 2).""",
    lambda mu, logvar: mu + 0.5 * logvar.exp() * torch.randn_like(mu),
)
DRAW.recognise(
    """You double logvar where it is halved: exp(2 logvar) is the variance squared; the standard deviation
    is its root.""",
    lambda mu, logvar: mu + (2 * logvar).exp() * torch.randn_like(mu),
)
DRAW.recognise(
    """You turn logvar into a width by softplus; that is another parametrisation, and the KL beside it reads logvar as
    log sigma^2: use exp(logvar / 2).""",
    lambda mu, logvar: mu + torch.nn.functional.softplus(logvar) * torch.randn_like(mu),
)
DRAW.recognise(
    """You take the root of the size of logvar; it is the variance, exp(logvar), whose root is the standard
    deviation.""",
    lambda mu, logvar: mu + logvar.abs().sqrt() * torch.randn_like(mu),
)
DRAW.recognise(
    """exp stands twice: exp(logvar / 2) is the standard deviation already.""",
    lambda mu, logvar: mu + _std(logvar).exp() * torch.randn_like(mu),
)
DRAW.recognise(
    """You halve and take the root as well: exp(logvar / 2) is the root already, exp(logvar / 4) is too
    narrow or too wide.""",
    lambda mu, logvar: mu + (0.25 * logvar).exp() * torch.randn_like(mu),
)
DRAW.recognise(
    """The minus makes it one over the variance, the precision: a standard deviation is exp(logvar / 2).""",
    lambda mu, logvar: mu + (-logvar).exp() * torch.randn_like(mu),
)
add_common(DRAW, "logvar", _std)


# 3.2


def score_function(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """Score-function estimates of the gradient of the average of f(z), z ~ N(mu, std**2), for mu and for std.

    f, z: (n,), values f(z_i) and the draws. Returns two scalars. Source: Williams 1992.
    """
    score_mu = (z - mu) / std**2  # (n,) slope of log q(z) for mu
    score_std = ((z - mu) ** 2 / std**2 - 1) / std  # (n,) and for std
    return (f * score_mu).mean(), (f * score_std).mean()


def score_probe(*inputs: dict[str, object], results: tuple[str, str], tolerance: float) -> Probe:
    """Calls the answer with each of these; two numbers in one tensor or array count as two results."""
    probe = each(*inputs, results=results, tolerance=tolerance)

    def apart(answer: Answer) -> Iterator[Seen]:
        def in_a_tuple(*arguments: object) -> object:
            returned = answer(*arguments)
            one = isinstance(returned, Tensor | np.ndarray) and tuple(returned.shape) == (2,)
            return tuple(returned) if one else returned

        return probe(in_a_tuple)

    return apart


SCORE = Exercise(
    number="3.2",
    title="The score-function estimator",
    task="""From draws z of N(mu, std**2) and the values f = f(z), both (n,), estimate the gradient of the
    average of f for mu and for std, using only slopes of log q(z): return the two estimates, (d_mu, d_std).
    mu and std are numbers.""",
    minutes=10,
    difficulty=2,
    reference=score_function,
    probe=score_probe(
        {"f": torch.tensor([2.3]), "z": torch.tensor([1.9]), "mu": 0.6, "std": 0.7},
        {
            "f": torch.tensor([2.3, -0.4, 5.1, 0.8, 3.7]),
            "z": torch.tensor([1.9, -0.3, 2.6, 0.4, 1.2]),
            "mu": 0.6,
            "std": 0.7,
        },
        results=("d_mu", "d_std"),
        tolerance=1e-3,
    ),
    hints=(
        "f itself is never differentiated: each draw votes with its f for making draws like itself more likely.",
        "Take the logarithm of the bell curve and its slopes: for mu (z - mu) / std^2. For std? Mind the -log std.",
        "For std the slope is ((z - mu)^2 / std^2 - 1) / std. Multiply each by f and average over the draws.",
    ),
)
SCORE.recognise(
    """The slope for mu is divided by std once too little: of -(z - mu)^2 / (2 std^2) it is (z - mu) / std^2.""",
    lambda f, z, mu, std: ((f * (z - mu) / std).mean(), score_function(f, z, mu, std)[1]),
)
SCORE.recognise(
    """The slope for mu is not divided by the variance: a narrow bell curve has a steep logarithm.""",
    lambda f, z, mu, std: ((f * (z - mu)).mean(), score_function(f, z, mu, std)[1]),
)


@SCORE.mistake
def score_for_mu_sign(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """d_mu has the wrong sign: moving mu towards a draw makes that draw likelier, so the slope is (z - mu), not
    (mu - z)."""
    d_mu, d_std = score_function(f, z, mu, std)
    return -d_mu, d_std


@SCORE.mistake
def score_both_signs(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """Both estimates have the wrong sign, as if for the slope of -log q: these are the slopes of a loss to
    go down."""
    d_mu, d_std = score_function(f, z, mu, std)
    return -d_mu, -d_std


SCORE.recognise(
    """The slope for std forgets the -log std of the bell curve's height: as it stands, wider would always
    be likelier. Subtract 1 / std.""",
    lambda f, z, mu, std: (score_function(f, z, mu, std)[0], (f * (z - mu) ** 2 / std**3).mean()),
)
SCORE.recognise(
    """d_std is the slope for log std; asked for is that for std, which has one more division by std.""",
    lambda f, z, mu, std: (score_function(f, z, mu, std)[0], (f * ((z - mu) ** 2 / std**2 - 1)).mean()),
)
SCORE.recognise(
    """d_std is the slope for the variance; for std it is that times 2 std.""",
    lambda f, z, mu, std: (
        score_function(f, z, mu, std)[0],
        (f * ((z - mu) ** 2 / std**2 - 1) / (2 * std**2)).mean(),
    ),
)
SCORE.recognise(
    """You average the slopes alone, which is 0 but for chance: each draw's slope is weighed by its f.""",
    lambda f, z, mu, std: score_function(torch.ones_like(f), z, mu, std),
)


@SCORE.mistake
def score_averages_apart(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """You multiply the average of f by the average slope; which draw had which f is lost. Multiply draw by draw, then
    average."""
    d_mu, d_std = score_function(torch.ones_like(f), z, mu, std)
    return f.mean() * d_mu, f.mean() * d_std


@SCORE.mistake
def score_summed(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """You add the draws up, so the estimate grows with their number: average them."""
    d_mu, d_std = score_function(f, z, mu, std)
    return len(f) * d_mu, len(f) * d_std


@SCORE.mistake
def score_per_draw(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """Each draw's vote is right; the estimate is their average, one number for mu and one for std."""
    return f * (z - mu) / std**2, f * ((z - mu) ** 2 / std**2 - 1) / std


SCORE.recognise(
    """The two are right and stand in the other order: mu first, then std.""",
    lambda f, z, mu, std: score_function(f, z, mu, std)[::-1],
)
SCORE.recognise(
    """This treats f as if it were the slope of f: f times 1 for mu, f times eps for std is the pathwise formula. The
    score function weighs the slopes of log q by f.""",
    lambda f, z, mu, std: (f.mean(), (f * (z - mu) / std).mean()),
)


@SCORE.mistake
def score_of_density(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """You use slopes of q, not of log q: where draws come from q already, its density must not weigh them again."""
    density = torch.distributions.Normal(mu, std).log_prob(z).exp()
    return score_function(f * density, z, mu, std)


SCORE.recognise(
    """You subtract the average of f, a good baseline, but an f that helps to set its own baseline biases
    the estimate by 1 / n; the task asks for the plain estimator.""",
    lambda f, z, mu, std: score_function(f - f.mean(), z, mu, std),
)


def _with_score_of_std(score: Callable[[Tensor, float], Tensor]) -> Answer:
    """An answer that is right for mu and takes score(z - mu, std) as the slope of log q for std."""
    return lambda f, z, mu, std: (score_function(f, z, mu, std)[0], (f * score(z - mu, std)).mean())


SCORE.recognise(
    """d_std has the wrong sign: a draw further out than std asks for a wider bell curve, so its slope is positive.""",
    _with_score_of_std(lambda away, std: -(away**2 / std**2 - 1) / std),
)
SCORE.recognise(
    """The slope for std has std^2 below (z - mu)^2: the derivative of 1 / std^2 has one more, std^3.""",
    _with_score_of_std(lambda away, std: away**2 / std**2 - 1 / std),
)
SCORE.recognise(
    """The slope for std subtracts 1 where it should subtract 1 / std, the slope of log std.""",
    _with_score_of_std(lambda away, std: away**2 / std**3 - 1),
)
SCORE.recognise(
    """The slope for std adds 1 / std: log q holds minus log std, so it is subtracted.""",
    _with_score_of_std(lambda away, std: away**2 / std**3 + 1 / std),
)
SCORE.recognise(
    """The slope for std keeps the one half of -(z - mu)^2 / (2 std^2): the 2 of the exponent cancels it.""",
    _with_score_of_std(lambda away, std: away**2 / (2 * std**3) - 1 / std),
)
SCORE.recognise(
    """In the slope for std, (z - mu) is not squared: draws on either side of mu ask for the same width.""",
    _with_score_of_std(lambda away, std: away / std**3 - 1 / std),
)
SCORE.recognise(
    """d_std is the slope for the logarithm of the variance; for std it is that times 2 / std.""",
    _with_score_of_std(lambda away, std: 0.5 * (away**2 / std**2 - 1)),
)
SCORE.recognise(
    """std is read as a variance: in the bell curve's exponent stands std^2. (torch's Normal takes std, no
    root of it.)""",
    lambda f, z, mu, std: (
        (f * (z - mu) / std).mean(),
        (f * ((z - mu) ** 2 / std**2 - 1 / std)).mean() / 2,
    ),
)
SCORE.recognise(
    """You divide by n - 1; an average of n draws divides by n, and with a single draw n - 1 is 0.""",
    lambda f, z, mu, std: tuple((one * len(f)) / (len(f) - 1) for one in score_function(f, z, mu, std)),
)
SCORE.recognise(
    """You take the median of the draws; it is their mean whose expectation is the gradient.""",
    lambda f, z, mu, std: tuple(one.median() for one in score_per_draw(f, z, mu, std)),
)
SCORE.recognise(
    """You measure mean and spread of the draws; the slopes of log q belong to the mu and std that you are given.""",
    lambda f, z, mu, std: score_function(f, z, z.mean(), ((z - z.mean()) ** 2).sum().div(len(z) - 1).sqrt()),
)
SCORE.recognise(
    """You subtract the average f of the other draws, a good baseline without bias; the task asks for the
    plain estimator, which works with a single draw as well.""",
    lambda f, z, mu, std: score_function(f - (f.sum() - f) / (len(f) - 1), z, mu, std),
)
SCORE.recognise(
    """One thing comes back where two are asked for: return the estimate for mu and that for std. (If it is
    f times log q: that is what has these slopes, not the slopes.)""",
    lambda f, z, mu, std: (f * torch.distributions.Normal(mu, std).log_prob(z)).mean(),
)
SCORE.mistake(writes_into(score_function, 0))
SCORE.mistake(writes_into(score_function, 1))


# 3.3


def draw_from_log_std(mu: Tensor, log_std: Tensor) -> Tensor:
    """One z = mu + std * eps per row, where the network gives the logarithm of the standard deviation. (B,
    J) each."""
    return mu + log_std.exp() * torch.randn_like(mu)  # (B, J)


def _handed_out(mu, log_std):
    std = (0.5 * log_std).exp()
    eps = torch.randn_like(std)
    return mu + std * eps


LOG_STD = Exercise(
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
LOG_STD.recognise(
    """Now std is squared, a variance: exp(log_std) is the standard deviation as it comes, with no factor at all.""",
    lambda mu, log_std: mu + (2 * log_std).exp() * torch.randn_like(mu),
)
LOG_STD.recognise(
    """The exp went away together with the 0.5: log_std is a logarithm, and may be negative.""",
    lambda mu, log_std: mu + log_std * torch.randn_like(mu),
)
LOG_STD.recognise(
    """The 0.5 moved outside exp and halves every standard deviation: it has no place any more.""",
    lambda mu, log_std: mu + 0.5 * log_std.exp() * torch.randn_like(mu),
)
LOG_STD.recognise(
    """There is a minus too many: exp(-log_std) is one over the standard deviation.""",
    lambda mu, log_std: mu + (-log_std).exp() * torch.randn_like(mu),
)
LOG_STD.recognise(
    """The exp went away and the 0.5 stayed: it is the other way round.""",
    lambda mu, log_std: mu + 0.5 * log_std * torch.randn_like(mu),
)
LOG_STD.recognise(
    """You square log_std to get the logarithm of the variance; squaring std doubles its logarithm. And you
    need neither.""",
    lambda mu, log_std: mu + (0.5 * log_std**2).exp() * torch.randn_like(mu),
)
LOG_STD.recognise(
    """exp stands twice: exp(log_std) is the standard deviation already.""",
    lambda mu, log_std: mu + log_std.exp().exp() * torch.randn_like(mu),
)
LOG_STD.recognise(
    """You take one more root; there was one too many already, the 0.5. exp(log_std) needs none.""",
    lambda mu, log_std: mu + (0.25 * log_std).exp() * torch.randn_like(mu),
)
LOG_STD.recognise(
    """softplus is another way from a number to a width; the head gives the logarithm of std, and exp undoes that.""",
    lambda mu, log_std: mu + torch.nn.functional.softplus(log_std) * torch.randn_like(mu),
)


add_common(LOG_STD, "log_std", torch.exp)


# 3.4


def train_step(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """One step of training on a batch x (B, 1, 28, 28): minimises minus the ELBO; returns that loss in nats
    per image."""
    log_px_z, kl = elbo_terms(model, x)  # (B,) each
    loss = beta_loss(log_px_z, kl)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


class GradientDescent:
    """The plainest optimizer; those of torch take seconds to wake up."""

    def __init__(self, weights: Iterator[Tensor], lr: float) -> None:
        self.param_groups = [{"params": list(weights), "lr": lr}]
        self.steps: list[str] = []  # for each call of step, whether there were gradients

    def zero_grad(self, set_to_none: bool = True) -> None:
        for weight in self.param_groups[0]["params"]:
            weight.grad = None if set_to_none or weight.grad is None else torch.zeros_like(weight)

    def step(self, closure: Callable[[], Tensor] | None = None) -> Tensor | None:
        loss = None if closure is None else closure()
        weights = [one for one in self.param_groups[0]["params"] if one.grad is not None]
        self.steps.append("with gradients" if any(bool(one.grad.any()) for one in weights) else "without")
        with torch.no_grad():
            for weight in weights:
                weight -= self.param_groups[0]["lr"] * weight.grad
        return loss


IMAGES = torch.linspace(0.05, 0.95, 3 * 784).view(3, 1, 28, 28)
LEARNING_RATE = 1e-4


def step_probe(answer: Answer) -> Iterator[Seen]:
    given = "a small VAE, its optimizer, and a batch of three images"
    torch.manual_seed(5)
    start = VAE(latent_dim=5, hidden_dim=6)
    with torch.no_grad():
        start.to_logvar.weight.zero_()
        start.to_logvar.bias.fill_(-30.0)  # regions so narrow that chance does not show in the numbers below
        for weights in (start.to_mu.weight, start.decoder[0].weight):
            weights.mul_(4)
    model = deepcopy(start)
    optimizer = GradientDescent(model.parameters(), LEARNING_RATE)
    order: list[int] = []  # how often step had been called at each time that gradients arrived
    for weight in model.parameters():
        weight.register_hook(lambda _: order.append(len(optimizer.steps)))
    before = _weights(model)
    for count in ("first", "second"):
        x = IMAGES.clone()
        loss, failed = attempt(lambda: answer(model, optimizer, x), given)  # noqa: B023  (called at once)
        if failed:
            yield failed
            return
        now, failed = attempt(lambda: _weights(model), given)
        if failed or now.shape != before.shape:
            yield failed or Seen("the model", "has other weights", given)
            return
        step, before = now - before, now
        if count == "first":
            if loss is None and not step.any() and not order:
                yield Seen("the result", "None", given)
                return
            moved = _how_moved(bool(step.any()), order, optimizer.steps)
            yield Seen("the weights after the first step", moved, given)
            if moved != "moved":
                return
        what = "a tuple" if isinstance(loss, tuple | list) else as_tensor(loss)
        yield Seen(f"the loss of the {count} step", what, given, tolerance=1e-3)
        yield Seen(f"the length of the {count} step", step.norm(), given, tolerance=1e-3)
        yield Seen(f"the {count} step, weight by weight", step / step.norm(), given, tolerance=3e-3)
        yield Seen("x after the call", "as it was" if torch.equal(x, IMAGES) else "changed", given)
    yield Seen("the model afterwards", "in training mode" if model.training else "in evaluation mode", given)
    yield from _wide_regions(answer, start)


def _how_moved(moved: bool, order: list[int], steps: list[str]) -> str:
    """Whether the weights moved, and if not, why; order and steps as in step_probe."""
    if moved:
        return "moved" if steps else "moved, and not by the optimizer handed in"
    if not steps:
        return "where they were: step is never called"
    if not order:
        return "where they were: backward is never called"
    if min(order) > 0:
        return "where they were: backward comes after step"
    return (
        "where they were: no gradients are left at step"
        if "with gradients" not in steps
        else "where they were"
    )


def _wide_regions(answer: Answer, start: VAE) -> Iterator[Seen]:
    """What chance does: regions are made wide, and enough images averaged for its effect to be the same each time."""
    given = "the same VAE with wide regions, and 150 images"
    start.to_logvar.bias.data.fill_(1.5)
    x = IMAGES.repeat(50, 1, 1, 1)
    losses, states, steps = [], [], []
    for seed in (1, 2):
        model = deepcopy(start)
        optimizer = GradientDescent(model.parameters(), LEARNING_RATE)
        torch.manual_seed(seed)
        loss, failed = attempt(lambda: answer(model, optimizer, x.clone()), given)  # noqa: B023  (called at once)
        if failed or not isinstance(as_tensor(loss), Tensor) or as_tensor(loss).numel() != 1:
            yield failed or Seen("a later loss", "None" if loss is None else "another kind of thing", given)
            return
        losses.append(as_tensor(loss).flatten())
        states.append(torch.random.get_rng_state())
        steps.append((model.to_logvar.bias - start.to_logvar.bias).detach() / LEARNING_RATE)
    yield Seen("z is drawn by chance", str(not torch.equal(*losses)), given)
    yield Seen("the seed afterwards", "reset by the call" if torch.equal(*states) else "left alone", given)
    if torch.equal(*losses):
        return
    yield Seen("the loss", (losses[0] + losses[1]) / 2, given, tolerance=0.1)
    yield Seen("the step of the bias of logvar", (steps[0] + steps[1]).mean() / 2, given, tolerance=0.25)


def _weights(model: nn.Module) -> Tensor:
    return torch.cat([weight.detach().flatten() for weight in model.parameters()]).double()


STEP = Exercise(
    number="3.4",
    title="A step of training",
    task="""Write one step of training: train_step(model, optimizer, x) computes the loss of a VAE on a
    batch, minus the ELBO averaged over the images, moves the weights once, and returns the loss.
    elbo_terms(model, x) gives log_px_z and kl, each (B,).""",
    minutes=8,
    difficulty=2,
    reference=train_step,
    probe=step_probe,
    hints=(
        "Three things happen to gradients in every step: forget the old ones, compute new ones, follow them.",
        "loss = -(log_px_z - kl).mean(), then optimizer.zero_grad(), loss.backward(), optimizer.step().",
        "In this order, and at the end return loss.item().",
    ),
    shown=(train_step, beta_loss),
)


def _follow(optimizer: torch.optim.Optimizer, loss: Tensor) -> float:
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@STEP.mistake
def no_zero_grad(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The gradients of earlier steps are never forgotten: backward adds to them, so from the second step on
    you follow a sum of old directions. Call optimizer.zero_grad() before backward."""
    loss = beta_loss(*elbo_terms(model, x))
    loss.backward()
    optimizer.step()
    return loss.item()


@STEP.mistake
def step_missing(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The weights do not move: optimizer.step() is never called. (Without its brackets, step is only named.)"""
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    loss.backward()
    return loss.item()


@STEP.mistake
def backward_missing(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The weights do not move: loss.backward() is never called, so step finds no gradient to follow. (Without its
    brackets, backward is only named.)"""
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@STEP.mistake
def zero_grad_too_late(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The weights do not move: zero_grad stands between backward and step and wipes the gradient before it
    is followed. Call it before backward, or after step."""
    loss = beta_loss(*elbo_terms(model, x))
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()


@STEP.mistake
def step_before_backward(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """step is called before backward, so it follows no gradient at all, or the one of the batch before:
    compute first, then follow."""
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    optimizer.step()
    loss.backward()
    return loss.item()


STEP.recognise(
    """The weights move, but not by the optimizer that you are given: a new one in every step forgets its
    momentum, and the learning rate chosen outside means nothing. Call step of the one handed in.""",
    lambda model, optimizer, x: _follow(
        GradientDescent(model.parameters(), 1e-3), beta_loss(*elbo_terms(model, x))
    ),
)
STEP.recognise(
    """The steps are right, but what you return is the ELBO; asked for is the loss, minus the ELBO.""",
    lambda model, optimizer, x: -train_step(model, optimizer, x),
)


@STEP.mistake
def likelihood_of_probabilities(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """sigmoid was applied before a likelihood that applies it again: hand it x_logits as they come from the model."""
    x_logits, mu, logvar = model(x)
    return _follow(
        optimizer, beta_loss(bernoulli_log_likelihood(x_logits.sigmoid(), x), kl_closed_form(mu, logvar))
    )


@STEP.mistake
def two_steps(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """optimizer.step() is called twice for one gradient: the second time it follows a slope that belongs to
    where you were."""
    loss = train_step(model, optimizer, x)
    optimizer.step()
    return loss


@STEP.mistake
def nothing_returned(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> None:
    """The step is right; it only returns nothing. End with return loss.item(), so that a loop can show it."""
    train_step(model, optimizer, x)


@STEP.mistake
def no_gradients_built(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The loss is computed where gradients are switched off, so backward has nothing to follow: no_grad and
    detach belong to evaluation, not into a training step."""
    with torch.no_grad():
        loss = beta_loss(*elbo_terms(model, x))
    return _follow(optimizer, loss)


def _loss_mistake(sentence: str, loss: Callable[[nn.Module, Tensor], Tensor]) -> None:
    """A step that is right but for its loss(model, x)."""

    def answer(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
        return _follow(optimizer, loss(model, x))

    STEP.recognise(sentence, answer)


def _from_terms(loss: Callable[[Tensor, Tensor], Tensor]) -> Callable[[nn.Module, Tensor], Tensor]:
    return lambda model, x: loss(*elbo_terms(model, x))


def _from_draw(draw: Callable[[Tensor, Tensor], Tensor]) -> Callable[[nn.Module, Tensor], Tensor]:
    def loss(model: nn.Module, x: Tensor) -> Tensor:
        mu, logvar = model.encode(x)
        log_px_z = bernoulli_log_likelihood(model.decode(draw(mu, logvar)), x)
        return beta_loss(log_px_z, kl_closed_form(mu, logvar))

    return loss


def _from_image(change: Callable[[Tensor], Tensor]) -> Callable[[nn.Module, Tensor], Tensor]:
    return lambda model, x: beta_loss(*elbo_terms(model, change(x)))


def _squared_error(model: nn.Module, x: Tensor) -> Tensor:
    x_logits, mu, logvar = model(x)
    return ((x_logits.sigmoid() - x) ** 2).flatten(1).sum(1).mean() + kl_closed_form(mu, logvar).mean()


_loss_mistake(
    """The KL has the wrong sign in your loss: regions are paid for leaving the prior. loss = -(log_px_z - kl).""",
    _from_terms(lambda log_px_z, kl: -(log_px_z + kl).mean()),
)
_loss_mistake(
    """You add up the images, so the step grows with the batch and the learning rate means something else
    each time: average over the images.""",
    _from_terms(lambda log_px_z, kl: -(log_px_z - kl).sum()),
)
_loss_mistake(
    """log p(x|z) is averaged over the pixels and the KL summed over the latents, an unstated beta of 784: both
    are sums, in nats per image.""",
    _from_terms(lambda log_px_z, kl: -(log_px_z / 784 - kl).mean()),
)
_loss_mistake(
    """You decode mu, so nothing is drawn while training: the decoder never sees a region and the KL is a
    price for nothing. Decode a draw: model(x), or reparameterize.""",
    _from_draw(lambda mu, logvar: mu),
)
_loss_mistake(
    """You decode draws around 0 that know nothing of the image, so the decoder can only learn the average
    image: draw z from q(z|x), around mu.""",
    _from_draw(lambda mu, logvar: reparameterize(torch.zeros_like(mu), logvar)),
)
_loss_mistake(
    """You minimise the ELBO itself, so each step makes the model worse: the loss is minus the ELBO.""",
    _from_terms(lambda log_px_z, kl: -beta_loss(log_px_z, kl)),
)
_loss_mistake(
    """The KL is missing from your loss: this trains an autoencoder. loss = -(log_px_z - kl).""",
    _from_terms(lambda log_px_z, kl: -log_px_z.mean()),
)
_loss_mistake(
    """Only the KL is in your loss: the model learns to say nothing. loss = -(log_px_z - kl).""",
    _from_terms(lambda log_px_z, kl: kl.mean()),
)
_loss_mistake(
    """The KL is averaged over the latents and log p(x|z) summed over the pixels, an unstated beta of 1 / J:
    both are sums, in nats per image.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z, kl / 5)),
)
_loss_mistake(
    """Both terms are averaged, one over the pixels and one over the latents, which is not the same number
    of things: both are sums, in nats per image.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z / 784, kl / 5)),
)
_loss_mistake(
    """Both terms are divided by the number of pixels: the loss is asked for in nats per image.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z, kl) / 784),
)
_loss_mistake(
    """The KL counts half: the factor 1/2 is inside kl already.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z, kl, beta=0.5)),
)
_loss_mistake(
    """The KL counts twice: its own formula has a factor 1/2, or it is subtracted in two places.""",
    _from_terms(lambda log_px_z, kl: beta_loss(log_px_z, kl, beta=2.0)),
)
_loss_mistake(
    """log p(x|z) is added up over the images and the KL averaged, which makes the KL B times too weak:
    average both.""",
    _from_terms(lambda log_px_z, kl: -log_px_z.sum() + kl.mean()),
)
_loss_mistake(
    """The KL is added up over the images and log p(x|z) averaged, an unstated beta of B: average both.""",
    _from_terms(lambda log_px_z, kl: -log_px_z.mean() + kl.sum()),
)
_loss_mistake(
    """Both signs of log p(x|z) and KL are mixed up: log_px_z + kl is minimised, so images are made less
    likely. loss = -(log_px_z - kl).""",
    _from_terms(lambda log_px_z, kl: (log_px_z + kl).mean()),
)
_loss_mistake(
    """Each image has its loss, and backward wants one number: average over the images.""",
    _from_terms(lambda log_px_z, kl: -(log_px_z - kl)),
)
_loss_mistake(
    """A squared error stands for log p(x|z); it is in nats only when divided by 2 std^2, and this decoder's
    pixels are Bernoulli: elbo_terms gives the right one.""",
    _squared_error,
)
_loss_mistake(
    """x is divided by 255 once more: it comes in [0, 1] already, so you train on pages that are all but empty.""",
    _from_image(lambda x: x / 255),
)
_loss_mistake(
    """x is multiplied by 255: it comes in [0, 1], as the likelihood wants it.""",
    _from_image(lambda x: x * 255),
)
_loss_mistake(
    """x is stretched to [-1, 1]; the likelihood of a pixel wants it in [0, 1], as it comes.""",
    _from_image(lambda x: 2 * x - 1),
)
_loss_mistake(
    """x is made black and white first: train on the images as they come.""",
    _from_image(lambda x: (x > 0.5).float()),
)
_loss_mistake(
    """z is cut off from the encoder, so nothing tells it how well its codes were rebuilt: no detach,
    no_grad, .sample() or torch.normal on the way from mu to z.""",
    _from_draw(lambda mu, logvar: reparameterize(mu, logvar).detach()),
)
_loss_mistake(
    """Your draws use exp(logvar), the variance, as their standard deviation: wide regions stray too far. Its root is
    exp(logvar / 2).""",
    _from_draw(lambda mu, logvar: mu + logvar.exp() * torch.randn_like(mu)),
)
_loss_mistake(
    """The standard deviation of your draws is cut off from the graph: logvar hears only the KL.""",
    _from_draw(lambda mu, logvar: mu + _std(logvar).detach() * torch.randn_like(mu)),
)
STEP.recognise(
    """.item() comes too early: it leaves a plain number, which has no backward. Call loss.backward() on the
    tensor, and .item() last.""",
    lambda model, optimizer, x: _follow(optimizer, beta_loss(*elbo_terms(model, x)).item()),
)


@STEP.mistake
def backward_twice(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """backward is called twice on one loss; its graph is gone after the first time, and once is enough."""
    loss = beta_loss(*elbo_terms(model, x))
    loss.backward()
    return _follow(optimizer, loss)


@STEP.mistake
def gradients_clipped(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The loss is right, but the step has length 1 before the learning rate: you clip or normalise the
    gradient. That was not asked, and it hides a learning rate that is too large."""
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()


@STEP.mistake
def left_in_evaluation(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """The step is right, but the model is left in evaluation mode by model.eval(): layers like dropout
    would no longer do their part. It belongs where a model is measured."""
    model.eval()
    return train_step(model, optimizer, x)


@STEP.mistake
def step_seeded(model: nn.Module, optimizer: torch.optim.Optimizer, x: Tensor) -> float:
    """A seed is set inside, so every step draws the same eps: set it once, outside."""
    torch.manual_seed(0)
    return train_step(model, optimizer, x)


STEP.recognise(
    """You return several things; asked for is the loss alone.""",
    lambda model, optimizer, x: (train_step(model, optimizer, x), None),
)
STEP.recognise(
    """The steps are right; what you return is the sum over the batch, where the loss per image was asked.""",
    lambda model, optimizer, x: train_step(model, optimizer, x) * len(x),
)
STEP.mistake(writes_into(train_step, 2))

EXERCISES = (DRAW, SCORE, LOG_STD, STEP)

PREDICTIONS = (
    Prediction(
        key="3-better",
        question="Which of the four mistakes will look better than the right line while it trains, "
        "by the ELBO it claims?",
        right=2,
        because="""Both make the noise smaller than the KL believes: a kept eps is a constant the decoder
        learns to undo, and exp(logvar) is narrower than its root where regions are narrow. The honest ELBO,
        drawn as the KL assumes, gives both away.""",
    ),
)
