"""The images and the small VAE that exercises of lesson 05 are tried on."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import replace

import torch
from torch import Tensor, equal, nn

from vae_lessons.exercises.engine.comparing import Answer, Probe, Seen, as_tensor
from vae_lessons.exercises.engine.probes import attempt, in_short, look
from vae_lessons.reparameterization import reparameterize


def _errors_by_type(probe: Probe) -> Probe:
    """The same probe with errors compared by their type: their words depend on the order of a sum's terms."""

    def shorter(answer: Answer) -> Iterator[Seen]:
        for one in probe(answer):
            yield replace(one, value=type(one.error).__name__) if one.error else one
            if one.value == "None":
                return

    return shorter


class SmallVAE(nn.Module):
    """A VAE of 2 x 3 pixels and two latents with fixed weights; bent, so that pixels and codes go different ways."""

    in_words = "a small VAE"

    def __init__(self) -> None:
        super().__init__()
        numbers = torch.Generator().manual_seed(5)
        to_mu, to_logvar, out = (torch.randn(shape, generator=numbers) for shape in ((2, 6), (2, 6), (6, 2)))
        self.to_mu, self.to_logvar, self.out = (nn.Parameter(weight) for weight in (to_mu, to_logvar, out))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        if x.shape[1:] != (1, 2, 3):
            raise ValueError(f"encode takes images (B, 1, 2, 3) and was given {tuple(x.shape)}")
        h = x.flatten(1)
        return 1.5 * (h @ self.to_mu.T).tanh() + 0.4, (h @ self.to_logvar.T).tanh() - 0.7

    def decode(self, z: Tensor) -> Tensor:
        if z.ndim != 2 or z.shape[1] != 2:
            raise ValueError(f"decode takes codes (B, 2) and was given {tuple(z.shape)}")
        return 3 * (z @ self.out.T).sin().view(-1, 1, 2, 3)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mu, logvar = self.encode(x)
        return self.decode(reparameterize(mu, logvar)), mu, logvar


_IMAGES = torch.tensor(
    [[0.9, 0.2, 0.7, 0.1, 0.6, 0.3], [0.15, 0.8, 0.35, 0.95, 0.05, 0.55], [0.4, 0.65, 0.25, 0.5, 0.85, 0.45]]
)


_IMAGES = _IMAGES.view(3, 1, 2, 3)  # (B, C, H, W)


def _repeatable(*inputs: Mapping[str, object]) -> Probe:
    """What an answer does with each input, after asking whether it does the same twice."""

    def probe(answer: Answer) -> Iterator[Seen]:
        given = in_short(inputs[0])
        calls = [attempt(lambda: answer(*_copies(inputs[0])), given) for _ in range(2)]
        for returned, failed in calls:
            if failed or returned is None:
                yield failed or Seen("the result", "None", given)
                return
        (one, _), (two, _) = calls
        one, two = as_tensor(one), as_tensor(two)
        alike = isinstance(one, str) or isinstance(two, str) or equal(one.nan_to_num(), two.nan_to_num())
        yield Seen("two calls", "give the same" if alike else "differ by chance", given)
        if alike:
            for arguments in inputs:
                yield from look(answer, arguments)

    return _errors_by_type(probe)


def _copies(inputs: Mapping[str, object]) -> list[object]:
    """Each input anew: what an answer does to a model stays without consequence."""
    return [copy.deepcopy(one) if isinstance(one, Tensor | nn.Module) else one for one in inputs.values()]
