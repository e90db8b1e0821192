"""Interpolate between two images by hand: by mixing pixels, and through latent space."""

import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons import plotting
from vae_lessons.data.images import check_images, to_unit
from vae_lessons.interpolation import lerp, slerp
from vae_lessons.widgets.arrays import as_bytes, decode, encode
from vae_lessons.widgets.browser_widget import BrowserWidget, script


class Interpolator(BrowserWidget):
    """Two of the first eight images (N, 1, H, W), and everything between them: t goes from 0 to 1 by hand or plays.

    The traits start and end are the numbers of both images, t is how far along the path, way is "lerp" or "slerp";
    z is the point (J,) that is decoded.

    >>> interpolator = Interpolator(model, dataset.test_images)
    >>> interpolator.t = 0.5
    """

    _esm = script("interpolator")

    t = traitlets.Float(0.5).tag(sync=True)
    way = traitlets.Enum(["lerp", "slerp"], "lerp").tag(sync=True)
    start = traitlets.Int(0, min=0).tag(sync=True)
    end = traitlets.Int(1, min=0).tag(sync=True)
    _shape = traitlets.List().tag(sync=True)
    _images = traitlets.Bytes().tag(sync=True)
    _codes = traitlets.List().tag(sync=True)

    def __init__(self, model: nn.Module, images: Tensor) -> None:
        check_images(images, grey=True)
        if len(images) < 2:
            raise ValueError("one image is not enough to interpolate: give two or more.")
        self._model, self._x = model, to_unit(images[:8]).cpu()
        self._mu, _ = encode(model, self._x)
        super().__init__(_shape=list(images.shape[2:]), _images=as_bytes(self._x), _codes=self._mu.tolist())
        self.offer_decoder(model, self._mu)

    @property
    def z(self) -> Tensor:
        """The point (J,) that is decoded."""
        way = {"lerp": lerp, "slerp": slerp}[self.way]
        return way(self._mu[self.start], self._mu[self.end], torch.tensor([self.t]))[0]

    @traitlets.validate("t")
    def _check_t(self, proposal: dict) -> float:
        if not 0 <= proposal.value <= 1:
            raise traitlets.TraitError(f"t = {proposal.value}: give a number from 0 to 1.")
        return proposal.value

    @traitlets.validate("start", "end")
    def _check_number(self, proposal: dict) -> int:
        if proposal.value not in range(len(self._x)):
            raise traitlets.TraitError(f"{proposal.trait.name} is a number from 0 to {len(self._x) - 1}.")
        return proposal.value

    def still(self) -> tuple[Figure, str, str]:
        """Mixed pixels and decoded codes in nine steps."""
        t = torch.linspace(0, 1, 9)
        way = {"lerp": lerp, "slerp": slerp}[self.way]
        first, last = self._x[self.start], self._x[self.end]
        figure = plotting.image_rows(
            {
                "mixed pixels": lerp(first.flatten(), last.flatten(), t).view(9, *first.shape),
                f"decoded, {self.way}": decode(self._model, way(self._mu[self.start], self._mu[self.end], t)),
            },
            titles=[f"t = {value:.2f}" for value in t.tolist()],
        )
        return (
            figure,
            "Interpolation between two images: in pixels above, in latent space below.",
            "Two rows of nine images: above, one image fades while the other appears; below, one turns into the other.",
        )
