"""What exercise 2.6 looks at in a module with two heads."""

from collections.abc import Iterator

import torch
from torch import Tensor, allclose, equal, nn

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.probes import attempt


def heads_probe(answer: Answer) -> Iterator[Seen]:
    hidden_dim, latent_dim = 17, 3
    generator = torch.Generator().manual_seed(0)
    h = 2 * torch.randn(200, hidden_dim, generator=generator)
    given = f"hidden_dim = {hidden_dim}, latent_dim = {latent_dim}, h of shape {tuple(h.shape)}"
    heads, failed = attempt(lambda: answer(hidden_dim, latent_dim), given)
    if failed or heads is None:
        yield failed or Seen("the result", "None", given)
        return
    if not isinstance(heads, nn.Module):
        yield Seen("what GaussianHeads(hidden_dim, latent_dim) makes", "no nn.Module", given)
        return

    def parts(features: Tensor) -> tuple[list[object], Seen | None]:
        """mu and logvar as they are returned, or what is seen in their place."""
        returned, failed = attempt(lambda: heads(features), given)
        if failed or returned is None:
            return [], failed or Seen("the result", "None", given)
        if not isinstance(returned, tuple | list) or len(returned) != 2:
            finding = as_tensor(returned)
            finding = finding if isinstance(finding, str) else f"one tensor {tuple(finding.shape)}"
            return [], Seen("what forward returns", finding, given)
        odd = next((value for value in map(as_tensor, returned) if isinstance(value, str)), None)
        return list(returned), odd and Seen("what forward returns", f"a pair with {odd}", given)

    def set_weights(size: float) -> None:
        with torch.no_grad():
            for weights in heads.parameters():
                weights.copy_(size * torch.randn(weights.shape, generator=generator))

    _, stopped = parts(h.clone())  # lazy layers get their shapes here
    _, failed = attempt(lambda: set_weights(0.3), given)
    if stopped or failed:
        yield stopped or failed
        return
    handed = h.clone()
    (returned, stopped), (again, stopped_again), (alone, stopped_alone) = (
        parts(handed),
        parts(h.clone()),
        parts(h[:2]),
    )
    weights = list(heads.parameters())
    # Before the weights change: a gradient belongs to the weights of its call.
    reach = [] if stopped else [_reach_of_gradient(value, weights) for value in returned]
    _, failed = attempt(lambda: set_weights(1e4), given)
    extremes, stopped_at_extremes = parts(h.clone())
    stopped = stopped or stopped_again or stopped_alone or failed or stopped_at_extremes
    if stopped:
        yield stopped
        return
    values, again, alone, extremes = (
        [as_tensor(one) for one in pair] for pair in (returned, again, alone, extremes)
    )
    for name, value in zip(("mu", "logvar"), values, strict=True):
        yield Seen(f"the shape of {name}", str(tuple(value.shape)), given)
    if any(value.shape != (len(h), latent_dim) for value in values):
        return
    facts = {
        "parameters for an optimizer": "some" if weights else "none",
        "two calls with the same h": "agree" if all(map(_alike, values, again)) else "differ",
        **{f"the gradient of {name}": finding for name, finding in zip(("mu", "logvar"), reach, strict=True)},
    }
    for what, finding in facts.items():
        yield Seen(what, finding, given)
    if set(facts.values()) != {"some", "agree", "reaches parameters"}:
        return  # what follows would depend on weights that nobody set
    yield Seen("h after the call", "as it was" if equal(handed, h) else "changed", given)
    for name, value, first_two, extreme in zip(("mu", "logvar"), values, alone, extremes, strict=True):
        yield Seen(f"{name} is a number", str(bool(value.isfinite().all())), given)
        yield Seen(f"{name} differs from image to image", str(bool((value.std(0) > 1e-3).all())), given)
        yield Seen(f"{name} can be negative", str(bool((value < -0.01).any())), given)
        yield Seen(f"{name} is cut off at 0", str(bool((value == 0).double().mean() > 0.1)), given)
        yield Seen(f"{name} can be below -60, at large weights", str(bool((extreme < -60).any())), given)
        yield Seen(f"{name} can be above 60, at large weights", str(bool((extreme > 60).any())), given)
        yield Seen(
            f"{name} of an image",
            "its own" if _alike(value[:2], first_two) else "depends on the others in the batch",
            given,
        )
    yield Seen("mu and logvar", _relation(*values), given)
    set_weights(0.3)
    features = h.clone().requires_grad_()
    back, failed = attempt(
        lambda: torch.autograd.grad(sum(one.sum() for one in heads(features)), features, allow_unused=True)[
            0
        ],
        given,
    )
    yield Seen("a gradient goes on to h", "no" if failed or back is None or not back.any() else "yes", given)
    single, failed = attempt(lambda: answer(hidden_dim, 1)(h[:1]), "latent_dim = 1 and one image")
    shapes = (
        [tuple(one.shape) if isinstance(one, Tensor) else None for one in single]
        if not failed
        else failed.value
    )
    yield Seen("the shapes of mu and logvar", str(shapes), "latent_dim = 1 and one image")


def _alike(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and allclose(one, other, 1e-3, 1e-3, equal_nan=True)


def _reach_of_gradient(value: object, weights: list[nn.Parameter]) -> str:
    if not isinstance(value, Tensor) or not value.requires_grad:
        return "is cut off"
    learning = [one for one in weights if one.requires_grad]
    slopes, failed = attempt(
        lambda: torch.autograd.grad(value.sum(), learning, retain_graph=True, allow_unused=True), ""
    )
    found = not failed and any(slope is not None for slope in slopes)
    return "reaches parameters" if found else "reaches no parameter"


def _relation(mu: Tensor, logvar: Tensor) -> str:
    """Whether the latents of logvar are a linear function of mu: all, some or none."""
    if equal(mu, logvar):
        return "the same numbers"
    if not (mu.isfinite().all() and logvar.isfinite().all()):
        return "no numbers"
    known = torch.cat([mu, torch.ones(len(mu), 1, dtype=mu.dtype)], 1)  # (B, J + 1)
    left = logvar - known @ (torch.linalg.pinv(known) @ logvar)
    copied = left.abs().amax(0) < 1e-3 * logvar.std(0)  # (J,)
    if copied.all():
        return "one follows from the other"
    return "share some numbers" if copied.any() else "two things"
