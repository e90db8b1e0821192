"""Draw a digit by hand, and see where the encoder puts it and what the decoder makes of it."""

from collections.abc import Sequence

import torch
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons import plotting
from vae_lessons.data.images import to_unit
from vae_lessons.kl import kl_per_latent
from vae_lessons.widgets.arrays import as_bytes, decode, encode
from vae_lessons.widgets.browser_widget import script
from vae_lessons.widgets.drawing_surface import DrawingSurface
from vae_lessons.widgets.plane import PlaneWidget


class DrawingPad(DrawingSurface, PlaneWidget):
    """Draw with mouse, finger or keys: the drawing is centred as MNIST is, encoded, and reconstructed as you draw.

    Beside it a plane of latent space with images (N, 1, H, W), at most 500 of them, their labels (N,) and
    class_names, and q(z|x) of the drawing as an ellipse of two standard deviations; for a model with more than two
    latents, the two with the highest KL. It begins with the first image as an example.

    x is the drawing as the encoder sees it (1, 1, H, W), and the trait z is where the cross is.

    >>> pad = DrawingPad(model, dataset.test_images, dataset.test_labels)
    >>> mu, logvar = model.encode(pad.x)
    """

    _esm = script("plane", "drawing_surface", "drawing_pad")

    def __init__(
        self,
        model: nn.Module,
        images: Tensor,
        labels: Tensor | None = None,
        class_names: Sequence[str] = (),
    ) -> None:
        if model.latent_dim < 2:
            raise ValueError("the pad draws on a map of two latents, and this model has one.")
        super().__init__(model, images, labels, class_names)
        dims = [0, 1]
        if self._std is not None:
            dims = sorted(kl_per_latent(self._mu, 2 * self._std.log()).mean(0).topk(2).indices.tolist())
        self.lay_along(dims)
        self.drawing = as_bytes(images[:1])
        self.z = tuple(self._mu[0].tolist())
        self.offer_encoder(model, to_unit(images[:32]))

    def still(self) -> tuple[Figure, str, str]:
        """The drawing, its reconstruction, and its q(z|x) on the map."""
        figure, (left, middle, right) = plotting.axes(3, width=8.5, height=3.4, width_ratios=(2, 2, 3))
        mu, std = encode(self._model, self.x)
        plotting.picture(left, self.x[0])
        left.set_title("drawn")
        plotting.picture(middle, decode(self._model, mu)[0])
        middle.set_title("reconstruction")
        self.draw_map(right)
        if std is not None:
            plotting.ellipses(right, self.place(mu), std @ torch.tensor(self._basis).T)
        caption = "A drawing, its reconstruction, and where the encoder puts it."
        return (
            figure,
            caption,
            "A drawn digit, its reconstruction, and its q(z|x) on a map of encoded images.",
        )
