"""The latent map under the hand: drag the cross, and the decoded image follows."""

from collections.abc import Sequence

import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons import plotting
from vae_lessons.data import check_images
from vae_lessons.widgets.browser import (
    BrowserWidget,
    as_bytes,
    checked_numbers,
    decode,
    encode,
    prior_points,
    script,
)

SHOWN = 500  # images on the map


class PlaneWidget(BrowserWidget):
    """A plane through latent space with encoded images on it: what LatentPlane and DrawingPad share."""

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
        check_images(images)
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


class LatentPlane(PlaneWidget):
    """Encoded images on a plane through latent space; drag the cross or use the arrow keys, and it is decoded.

    images (N, 1, H, W), at most 500 of which are shown, with labels (N,) and class_names, if there are any. The
    dashed circles are the prior at one, two and three standard deviations; for a chosen image (click one below the
    map, or press Enter near a point) the ellipse is q(z|x) at two standard deviations, with samples from it.

    With more than two latents: dims chooses which two the plane shows (the hand keeps the others as they are), or
    through gives three numbers of images, through whose codes the plane is laid.

    >>> plane = LatentPlane(model, dataset.test_images, dataset.test_labels)
    >>> plane.z = (1.0, -0.5)
    """

    _esm = script("plane", "latent_plane")

    chosen = traitlets.Int(-1).tag(sync=True)  # the number of the chosen image, or -1
    _images = traitlets.Bytes().tag(sync=True)
    _gallery = traitlets.List().tag(sync=True)  # which images are offered below the map
    _eps = traitlets.List().tag(sync=True)

    def __init__(
        self,
        model: nn.Module,
        images: Tensor,
        labels: Tensor | None = None,
        class_names: Sequence[str] = (),
        dims: tuple[int, int] = (0, 1),
        through: tuple[int, int, int] | None = None,
    ) -> None:
        super().__init__(model, images, labels, class_names)
        self._images = as_bytes(images[:SHOWN])
        self._gallery = list(through or range(min(8, len(images))))
        self._eps = prior_points(5, model.latent_dim).tolist()
        self._dims = dims if through is None else None
        if self._dims:
            self.lay_along(dims)
        else:
            self.lay(*_plane_through(self._mu, through), ["first to second image", "towards the third"])
        self.chosen = self._gallery[0]
        self.z = tuple(self._codes[self.chosen])

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: dict) -> int:
        if not -1 <= proposal.value < len(self._codes):
            raise traitlets.TraitError(
                f"chosen is a number from 0 to {len(self._codes) - 1}, or -1 for none."
            )
        return proposal.value

    def still(self) -> tuple[Figure, str, str]:
        """The map with the cross, and the image decoded there."""
        figure, (left, right) = plotting.axes(2, width=7.5, height=4.0, width_ratios=(3, 2))
        self.draw_map(left)
        if self.chosen >= 0 and self._std is not None and self._dims:
            seen = [[self.chosen]], list(self._dims)
            plotting.ellipses(left, self._mu[seen], self._std[seen])
        z = torch.tensor([self.z])
        left.plot(*self.place(z).T, "+", color="black", markersize=16, markeredgewidth=2.5)
        plotting.picture(right, decode(self._model, z)[0])
        place = ", ".join(f"{value:.2f}" for value in self.place(z)[0].tolist())
        caption = "Encoded images; the picture on the right is decoded at the cross."
        return (
            figure,
            caption,
            f"A map of encoded images with a cross at {place}, and the image decoded there.",
        )


def _plane_through(mu: Tensor, through: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
    """The first code (J,), and two directions (2, J) at right angles towards the second and the third."""
    if len(set(through)) != 3 or not all(n in range(len(mu)) for n in through):
        raise ValueError(f"through={through}: give the numbers of three different images below {len(mu)}.")
    origin, second, third = mu[list(through)]
    across = nn.functional.normalize(second - origin, dim=0)
    up = (third - origin) - ((third - origin) @ across) * across
    if not min(up.norm(), (second - origin).norm()) > 1e-6 * (1 + (third - origin).norm()):
        raise ValueError(f"through={through}: the codes of these images lie on a line. Choose another image.")
    return origin, torch.stack([across, nn.functional.normalize(up, dim=0)])
