"""A map of latent space: drag the cross, and the image decoded there follows."""

from collections.abc import Sequence

import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons import plotting
from vae_lessons.widgets.arrays import as_bytes, decode, prior_points
from vae_lessons.widgets.browser_widget import script
from vae_lessons.widgets.plane import SHOWN, PlaneWidget


class LatentPlane(PlaneWidget):
    """Encoded images on a plane through latent space; drag the cross or use the arrow keys, and it is decoded.

    images (N, 1, H, W), at most 500 of which are shown, with labels (N,) and class_names, if there are any. The
    dashed circles are the prior at one, two and three standard deviations; for a chosen image (click one below the
    map, or press Enter near a point) the ellipse is q(z|x) at two standard deviations, with samples from it.

    With more than two latents: dims chooses which two the plane shows (the others keep their values), or
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
        caption = "Encoded images; the image on the right is decoded at the cross."
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
