"""What exercises 3.1 and 3.3 look at in draws from a Gaussian."""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor, allclose, equal

from vae_lessons.exercises.engine.another_device import another_device
from vae_lessons.exercises.engine.comparing import Answer, Probe, Seen, as_tensor
from vae_lessons.exercises.engine.probes import LOGVAR, MU, attempt, gradients_of, in_short

COPIES = 1000  # draws per image and latent: a measured std is then right to 2.2 %


def draw_probe(second: str, far: float) -> Probe:
    """Looks at z = draw(mu, second), where second says how wide q(z|x) is: shape, slopes, chance, then
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
            kept = now.shape == leaves[0].shape and equal(now.detach(), before.repeat(COPIES, 1).to(now))
            yield Seen(f"{name} after the call", "as it was" if kept else "changed", given)
        absent = z.detach().isnan().view(shape).any(0)  # (N, J)
        where = f"where {second} is negative" if equal(absent, LOGVAR < 0) else "in places"
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
    return "1" if allclose(slope, torch.ones_like(slope)) else _zero(slope)


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
    repeats = equal(draws[0], draws[1])
    yield Seen("two calls", "give the same z" if repeats else "draw anew", given)
    yield Seen("the seed afterwards", "reset by the call" if equal(*states[:2]) else "left alone", given)
    shared = _shared(draws[2])
    yield Seen("eps", shared, given)
    if repeats or shared != "one for every image and latent":
        return
    spread = strayed.std(0)  # (N, J)
    unit = strayed / spread
    yield Seen("the logarithm of the measured std", spread.log().double(), given, tolerance=0.15)
    yield Seen("its average over images and latents", spread.log().mean().double(), given, tolerance=0.04)
    yield Seen("the mean of (z - mu) / std", unit.mean().double(), given, tolerance=0.045)
    yield Seen("the fourth moment of eps, 3 for a Gaussian", (unit**4).mean().double(), given, tolerance=0.12)
    yield Seen("some eps are beyond 2.5", str(bool((unit.abs() > 2.5).any())), given)
    exactly = bool((draws[2].mean(0).abs() < 1e-5 * draws[2].std(0)).all())
    yield Seen("the average of z over the images", "exactly mu" if exactly else "near mu", given)
    alone = MU[:1].clone(), LOGVAR[:1].clone()
    single, failed = attempt(lambda: draw(*alone), "a single image")
    if failed or not isinstance(as_tensor(single), Tensor):
        yield failed or Seen("the result", as_tensor(single), "a single image")
        return
    finite = bool(as_tensor(single).isfinite().all())
    yield Seen("z", "is a number" if finite else "is not a number", "a single image")
    kept = equal(alone[0], MU[:1]) and equal(alone[1], LOGVAR[:1])
    yield Seen(
        "mu and the other, which need no gradient", "as they were" if kept else "changed", "a single image"
    )
    with another_device() as there:
        _, failed = attempt(lambda: draw(there(MU.clone()), there(LOGVAR.clone())), given)
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
    _, often = eps.abs().unique(return_counts=True)
    if often[often <= 10].numel() < 0.9 * often[often <= 10].sum():  # what comes more often is a limit
        return "partly the same, up to a sign"
    return "one for every image and latent"


def _far_out(draw: Answer, second: str, far: float) -> Iterator[Seen]:
    """Whether a very narrow and a very wide q(z|x) are as narrow and as wide as they should be, and can change."""
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
