"""The images that exercises of lesson 06 are tried on."""

from collections.abc import Iterator

import torch
from torch import Tensor, allclose

from vae_lessons.exercises.engine.comparing import Seen

_IMAGES = torch.tensor(
    [[0.9, 0.2, 0.7, 0.1, 0.6, 0.3], [0.15, 0.8, 0.35, 0.95, 0.05, 0.55], [0.4, 0.65, 0.25, 0.5, 0.85, 0.45]]
).view(3, 1, 2, 3)  # (B, C, H, W)


def _pairs(eps: Tensor) -> str:
    """Whether draws (N, J) are all new, or the same ones again, up to the sign."""
    near = eps.abs()[eps[:, 0].abs().argsort()]
    again = ((near[1:] - near[:-1]).abs() < 1e-3).all(1).float().mean().item()
    return "come twice, some with the other sign" if again > 0.2 else "are all new"


def _spread(z: Tensor, z_again: Tensor, given: str) -> Iterator[Seen]:
    """How the draws of two calls lie, (N, J) each; ends where chance alone would decide."""
    repeats, one_for_all = allclose(z, z_again, 1e-3, 1e-3), bool((z.std(0) < 1e-3).all())
    yield Seen("two calls", "decode the same z" if repeats else "decode different z", given)
    yield Seen("within a call", "one z for all" if one_for_all else "a z for each", given)
    if one_for_all and not repeats:
        return
    tolerance = 5.5 / len(z) ** 0.5 if not one_for_all else 0.25
    yield Seen("the mean of z", z.mean(0), given, tolerance=tolerance)
    if one_for_all:
        return
    yield Seen("the logarithm of the std of z", z.std(0).log(), given, tolerance=0.06)
    eps = (z - z.mean(0)) / z.std(0)  # (N, J)
    limit = eps.abs().max(0).values  # (J,)
    many = (eps.abs() > 0.999 * limit).float().mean() > 0.01
    yield Seen("draws that lie at a limit", "many" if many else "none, but one", given)
    yield Seen("the fourth moment of eps, 3 for a Gaussian", (eps**4).mean(), given, tolerance=0.18)
    yield Seen("the draws of the images", _pairs(eps), given)
    shared = abs(torch.corrcoef(z.T)[0, 1].item()) > 0.9
    yield Seen(
        "the noise of an image", "is the same for all latents" if shared else "differs by latent", given
    )
    far = ((z - z.mean(0)) / z.std(0)).abs().max().item()
    yield Seen("the farthest draws", "beyond 2.2 std" if far > 2.2 else "within 2.2 std", given)
