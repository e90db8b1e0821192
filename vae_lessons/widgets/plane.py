"""The map of latent space with encoded images on it, shared by LatentPlane and DrawingPad."""

from collections.abc import Sequence

import torch
import traitlets
from torch import Tensor, nn

from vae_lessons import plotting
from vae_lessons.data.images import check_images
from vae_lessons.widgets.arrays import encode
from vae_lessons.widgets.browser_widget import BrowserWidget
from vae_lessons.widgets.validators import checked_numbers

SHOWN = 500  # images on the map


class PlaneWidget(BrowserWidget):
    """The base class of widgets with a plane through latent space and encoded images on it."""

    z = traitlets.Tuple().tag(sync=True)
    _shape = traitlets.List().tag(sync=True)  # rows and columns of a picture
    _codes = traitlets.List().tag(sync=True)  # mu of each image
    _stds = traitlets.List().tag(sync=True)
    _labels = traitlets.List().tag(sync=True)
    _glyphs = traitlets.List().tag(sync=True)
    _colours = traitlets.List(plotting.CLASS_COLOURS).tag(sync=True)
    _origin = traitlets.List().tag(sync=True)  # a point of the plane, (J,)
    _basis = traitlets.List().tag(sync=True)  # two directions at right angles, of length 1
    _axes = traitlets.List().tag(sync=True)
    _box = traitlets.List().tag(sync=True)  # what the map shows: left, bottom, side
    _has_prior = traitlets.Bool().tag(sync=True)

    def __init__(
        self, model: nn.Module, images: Tensor, labels: Tensor | None, class_names: Sequence[str]
    ) -> None:
        check_images(images, grey=True)
        if labels is not None and len(labels) != len(images):
            raise ValueError(f"there are {len(images)} images, but {len(labels)} labels.\nGive one for each.")
        images, labels = images[:SHOWN], None if labels is None else labels[:SHOWN]
        self._model = model
        super().__init__()
        self._mu, self._std = encode(model, images)
        self.z = (0.0,) * model.latent_dim
        self._codes = self._mu.tolist()
        self._stds = [] if self._std is None else self._std.tolist()
        self._has_prior = self._std is not None
        if labels is not None:
            self._labels = labels.tolist()
            self._glyphs = [name[0] for name in class_names] or [str(y) for y in range(int(labels.max()) + 1)]
        self._shape = list(images.shape[2:])
        self.offer_decoder(model, self._mu[:16])

    def lay(self, origin: Tensor, basis: Tensor, axes: Sequence[str]) -> None:
        """Lay the plane through origin (J,) along the rows of basis (2, J), which are of length 1, at right angles."""
        self._origin, self._basis, self._axes = origin.tolist(), basis.tolist(), list(axes)
        places = (self._mu - origin) @ basis.T  # (N, 2)
        if self._has_prior:  # all of the prior, as far as three standard deviations
            places = torch.cat([places, -basis @ origin + 3.2 * torch.tensor([[-1.0, -1.0], [1.0, 1.0]])])
        low, high = places.amin(0), places.amax(0)
        side = 1.04 * (high - low).max()
        self._box = [*((low + high - side) / 2).tolist(), side.item()]

    def lay_along(self, dims: Sequence[int]) -> None:
        """Lay the plane through 0 along two latents; raises ValueError for dims that are not two different ones."""
        latent_dim = self._model.latent_dim
        if len(set(dims)) != 2 or not all(j in range(latent_dim) for j in dims):
            raise ValueError(f"dims={dims}: give two different latents from 0 to {latent_dim - 1}.")
        self.lay(torch.zeros(latent_dim), torch.eye(latent_dim)[list(dims)], [f"z[{j}]" for j in dims])

    def place(self, z: Tensor) -> Tensor:
        """Where points (N, J) lie on the plane, (N, 2)."""
        return (z - torch.tensor(self._origin)) @ torch.tensor(self._basis).T

    @traitlets.validate("z")
    def _check_z(self, proposal: dict) -> tuple[float, ...]:
        return checked_numbers("z", proposal.value, self._model.latent_dim)

    def draw_map(self, axis: plotting.Axes) -> None:
        """The map for a still picture."""
        labels = torch.tensor(self._labels or [0] * len(self._mu))
        plotting.latent_map(axis, self.place(self._mu), labels, self._glyphs or ["."])
        if self._has_prior:
            for radius in (1, 2, 3):
                circle = plotting.circle(radius)
                circle.set_center(self.place(torch.zeros(1, self._model.latent_dim))[0].tolist())
                axis.add_patch(circle)
        left, bottom, side = self._box
        axis.set(
            xlim=(left, left + side), ylim=(bottom, bottom + side), xlabel=self._axes[0], ylabel=self._axes[1]
        )
