"""What exercise 9.5 looks at: regrets on a model for which they are known exactly."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor, equal, nn

from vae_lessons.exercises.engine.comparing import Answer, Probe, Seen, as_tensor
from vae_lessons.exercises.engine.linear_model import LinearModel
from vae_lessons.exercises.engine.probes import attempt

ABSOLUTE, RELATIVE = 0.5, 0.07  # nats, and share of a regret, by which draws may put a search off
NEAR, BIAS = (
    0.85,
    0.6,
)  # of these, root mean square and mean over the images: chance averages out, a mistake does not
NEAR_KNOWN, NEAR_EXACT = 0.5, 0.15  # the same for results known to be wrong, with draws and without
IMAGES, GIVEN = 6, "a model with 3 latents, 6 images, and a poor encoder"


class PoorlyEncoded(LinearModel):
    """A linear model with an encoder that is poor, and the poorer the farther an image lies from the mean image."""

    def __init__(self) -> None:
        super().__init__(pixel_std=1.0)
        mixed = torch.tensor(
            [[3.0, 1.4, 0.0], [0.0, 2.2, 1.6], [1.3, 0.0, 3.2]]
        )  # latents depend on each other
        weight = self.weight.detach() @ mixed  # (D, J)
        precision = torch.eye(3) + weight.T @ weight  # (J, J)
        self.weight = nn.Parameter(weight)
        self.encoder = nn.Parameter(-0.05 * torch.linalg.solve(precision, weight.T))  # (J, D)
        self.logvar = nn.Parameter(-precision.diagonal().log())  # (J,), the best one

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mu = x.flatten(1) @ self.encoder.T  # (B, J)
        return mu, self.logvar - 3.5 * torch.tanh(20 * mu.norm(dim=1, keepdim=True))


def images() -> Tensor:
    """Six images (6, 1, 3, 4) whose regrets are 0.3, 1.5, 2.8, 5.0, 7.9 and 29 nats."""
    generator = torch.Generator().manual_seed(7)
    length = torch.tensor([[0.12], [0.25], [0.4], [0.6], [0.9], [1.4]])
    z = length * nn.functional.normalize(torch.randn(IMAGES, 3, generator=generator))
    x = PoorlyEncoded().decode(z).detach()
    return x + 0.2 * torch.randn(x.shape, generator=generator)


def exact_regret(model: PoorlyEncoded, x: Tensor) -> Tensor:
    """The regrets (B,) that an endless search would find."""
    return model.elbo(x, *model.best(x)) - model.elbo(x, *model.encode(x))


Known = Iterable[tuple[str, Callable[[PoorlyEncoded, Tensor], Tensor]]]  # a sentence, and the result (B,)


def regret_probe(known: Known, exact: Known) -> Probe:
    """A probe that names what was returned: "right", one of the known wrong results (B,), or how it deviates.

    known and exact: wrong results by name, those in exact need no draws once q is found.
    """

    def probe(answer: Answer) -> Iterator[Seen]:
        model, x = PoorlyEncoded(), images()
        handed = x.clone()
        returned, failed = attempt(lambda: answer(model, handed), GIVEN)
        if failed or returned is None:
            yield failed or Seen("the result", "None", GIVEN)
            return
        unchanged = all(equal(*pair) for pair in zip(_state(model), _state(PoorlyEncoded()), strict=True))
        yield Seen("the model after the call", "as it was" if unchanged else "changed", GIVEN)
        if not unchanged:
            return
        found = _as_one(returned)
        shape = tuple(found.shape) if isinstance(found, Tensor) else found
        kind = "one number an image" if shape == (IMAGES,) else _shape_in_words(shape)
        yield Seen("the shape", kind, GIVEN, words=f"{shape}")
        if shape != (IMAGES,):
            return
        kind = _kind(found, model, x, known, exact)
        if kind in ("too low", "too high", "too high and too low"):
            again, _ = attempt(lambda: _as_one(answer(PoorlyEncoded(), x.clone())), GIVEN)
            if isinstance(again, Tensor) and _is_chance(found, again, exact_regret(model, x)):
                kind = "different in every call"
        yield Seen(
            "the regrets", kind, GIVEN, words=_in_words(found if kind != "right" else exact_regret(model, x))
        )
        yield Seen("x after the call", "as it was" if equal(handed, x) else "changed", GIVEN)

    return probe


def _state(model: nn.Module) -> list[Tensor]:
    return [parameter.detach() for parameter in model.parameters()]


def _as_one(returned: object) -> Tensor | str:
    """What was returned as a tensor, also if it is a list of tensors; else words for it."""
    if isinstance(returned, tuple):
        return "several results"
    if isinstance(returned, list):
        parts = [as_tensor(one) for one in returned]
        if parts and all(isinstance(one, Tensor) and one.shape == parts[0].shape for one in parts):
            return torch.stack(parts)
    return as_tensor(returned)


def _shape_in_words(shape: tuple[int, ...] | str) -> str:
    if isinstance(shape, str):
        return shape
    if all(length == 1 for length in shape):
        return "one number"
    if shape == (IMAGES, 1):
        return "a column"
    if shape == (IMAGES, IMAGES):
        return "a square"
    if shape == (IMAGES, 3):
        return "one number a latent"
    if shape[0] == IMAGES and len(shape) > 2:
        return "one number a pixel"
    return "one number a draw" if shape[-1] == IMAGES else "another shape"


def _deviation(found: Tensor, true: Tensor) -> float:
    """By how much two results differ, in tolerances: the root mean square over the images."""
    return ((found - true) / (ABSOLUTE + RELATIVE * true.abs())).square().mean().sqrt().item()


def _is_chance(found: Tensor, again: Tensor, true: Tensor) -> bool:
    """Whether two calls differ, and by as much as the first one is wrong."""
    return again.shape == found.shape and _deviation(again, found) > max(0.5, 0.5 * _deviation(found, true))


def _kind(found: Tensor, model: PoorlyEncoded, x: Tensor, known: Known, exact: Known) -> str:
    if not found.isfinite().all():
        return "NaN"
    with torch.no_grad():
        true = exact_regret(model, x).double()
        excess = (found - true) / (ABSOLUTE + RELATIVE * true)  # (B,)
        if _deviation(found, true) < NEAR and excess.mean().abs() < BIAS:
            return "right"
        known_to_be_wrong = [
            (_deviation(found, wrong(model, x).double()), limit, sentence)
            for some, limit in ((known, NEAR_KNOWN), (exact, NEAR_EXACT))
            for sentence, wrong in some
        ]
    near = [(deviation, sentence) for deviation, limit, sentence in known_to_be_wrong if deviation < limit]
    if near:
        return min(near)[1]
    if (excess < NEAR).all():
        return "too low" if (found > -ABSOLUTE).all() else "below 0"
    return "too high" if (excess > -NEAR).all() else "too high and too low"


def _in_words(regrets: Tensor) -> str:
    return f"{', '.join(f'{one:.1f}' for one in regrets.tolist())}; in all {regrets.sum().item():.1f} nats"
