"""Draws from several densities of codes: where they land among the codes of images, and what is decoded there."""

from collections.abc import Mapping, Sequence

import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons import plotting
from vae_lessons.widgets.arrays import decode
from vae_lessons.widgets.browser_widget import script
from vae_lessons.widgets.plane import PlaneWidget
from vae_lessons.widgets.validators import checked_choice

KEPT, PICTURES, TIMES = 64, 8, 21  # draws of each density, pictures of them at once, times of a flow


class PriorExplorer(PlaneWidget):
    """Draws from several densities on a plane of two latents, with the codes of images behind them; drag the cross.

    images (N, 1, H, W), with labels (N,) and class_names, if there are any: their codes show the aggregate posterior.
    sources: name -> codes (n, J) drawn from a density, or the points of a flow at all its times (T, n, J), which the
    slider moves through. dims chooses the latents of the plane.

    >>> explorer = PriorExplorer(vae, test_images, {"prior": torch.randn(64, 16), "flow": flow(velocity, noise)})
    >>> explorer.source = "flow"
    """

    _esm = script("plane", "prior_explorer")

    source = traitlets.Unicode().tag(sync=True)  # the name of the density that is shown
    t = traitlets.Float(1.0).tag(sync=True)  # the time of a flow, from 0 to 1
    first = traitlets.Int(0).tag(sync=True)  # which draw is the first picture
    _names = traitlets.List().tag(sync=True)
    _draws = traitlets.List().tag(sync=True)  # of each density: times, draws, latents
    _pictures = traitlets.Int(PICTURES).tag(sync=True)

    def __init__(
        self,
        model: nn.Module,
        images: Tensor,
        sources: Mapping[str, Tensor],
        labels: Tensor | None = None,
        class_names: Sequence[str] = (),
        dims: tuple[int, int] = (0, 1),
    ) -> None:
        if not sources:
            raise ValueError('there is no density to draw from: give {"prior": torch.randn(64, J), ...}.')
        kept = {name: _at_times(name, codes, model.latent_dim) for name, codes in sources.items()}
        super().__init__(model, images, labels, class_names)
        self.lay_along(dims)
        self._names = list(kept)
        self._draws = [[[_rounded(z) for z in cloud] for cloud in times.tolist()] for times in kept.values()]
        self.source = self._names[0]
        self.z = tuple(self._draws[0][-1][0])

    def cloud(self) -> Tensor:
        """The draws of the chosen density at time t, (n, J)."""
        times = self._draws[self._names.index(self.source)]
        return torch.tensor(times[round(self.t * (len(times) - 1))])

    @traitlets.validate("source")
    def _check_source(self, proposal: dict) -> str:
        return checked_choice("source", proposal.value, self._names)

    @traitlets.validate("t")
    def _check_t(self, proposal: dict) -> float:
        if not 0 <= proposal.value <= 1:
            raise traitlets.TraitError(f"t is a number from 0 to 1, not {proposal.value}.")
        return proposal.value

    @traitlets.validate("first")
    def _check_first(self, proposal: dict) -> int:
        if not 0 <= proposal.value < KEPT:
            raise traitlets.TraitError(f"first is a number from 0 to {KEPT - 1}, not {proposal.value}.")
        return proposal.value

    def still(self) -> tuple[Figure, str, str]:
        """The map with the draws, and some of them decoded."""
        figure, (left, right) = plotting.axes(2, width=8.5, height=4.0, width_ratios=(3, 2))
        self.draw_map(left)
        cloud = self.cloud()
        left.plot(*self.place(cloud).T, "o", color="black", markersize=4)
        places = (self.first + torch.arange(PICTURES)) % len(cloud)  # as in the browser
        shown = decode(self._model, cloud[places])[:, 0]  # (P, H, W)
        rows = torch.cat([torch.cat(list(half), 1) for half in shown.chunk(2)], 0)
        plotting.picture(right, rows[None])
        caption = (
            f"Draws from {self.source} (black) among the codes of images; on the right some of them decoded."
        )
        alt = f"A map of encoded images with draws from {self.source} as black dots, and eight decoded draws."
        return figure, caption, alt


def _at_times(name: str, codes: Tensor, latent_dim: int) -> Tensor:
    """Codes as (times, draws, latents), at most TIMES and KEPT of them; raises ValueError for another shape."""
    if codes.ndim not in (2, 3) or codes.shape[-1] != latent_dim or codes.shape[-2] < PICTURES:
        raise ValueError(
            f"the draws of {name!r} have the shape {tuple(codes.shape)}.\n"
            f"Give (n, {latent_dim}), or (T, n, {latent_dim}) for a flow, with n at least {PICTURES}."
        )
    times = codes[None] if codes.ndim == 2 else codes
    chosen = torch.linspace(0, len(times) - 1, min(TIMES, len(times))).round().long()
    return times[chosen, :KEPT].detach().cpu()


def _rounded(z: Sequence[float]) -> list[float]:
    return [round(value, 3) for value in z]
