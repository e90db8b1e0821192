"""Draw a digit by hand, and see where the encoder puts it and what the decoder makes of it."""

import math
from collections.abc import Sequence

import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons import plotting
from vae_lessons.data.images import to_unit
from vae_lessons.kl import kl_per_latent
from vae_lessons.widgets.arrays import as_bytes, decode, encode
from vae_lessons.widgets.browser_widget import script
from vae_lessons.widgets.network_export import encoder_for
from vae_lessons.widgets.plane import PlaneWidget


class DrawingPad(PlaneWidget):
    """Draw with mouse, finger or keys: the drawing is centred as MNIST is, encoded, and reconstructed as you draw.

    Beside it a plane of latent space with images (N, 1, H, W), at most 500 of them, their labels (N,) and
    class_names, and q(z|x) of the drawing as an ellipse of two standard deviations; for a model with more than two
    latents, the two with the highest KL. It begins with the first image as an example.

    x is the drawing as the encoder sees it (1, 1, H, W), and the trait z is where the cross is.

    >>> pad = DrawingPad(model, dataset.test_images, dataset.test_labels)
    >>> mu, logvar = model.encode(pad.x)
    """

    _esm = script("plane", "drawing_pad")

    # One byte a pixel, 0 paper to 255 ink.
    drawing = traitlets.Bytes().tag(sync=True, from_json=lambda value, _widget: bytes(value))

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
        self.offer(
            "encoder",
            self._encode_rows,
            encoder_for(model, self._shape),
            to_unit(images[:32]).cpu().flatten(1),
        )

    @traitlets.validate("drawing")
    def _check_drawing(self, proposal: dict) -> bytes:
        if len(proposal.value) != math.prod(self._shape):
            raise traitlets.TraitError(
                f"drawing needs {math.prod(self._shape)} bytes, not {len(proposal.value)}."
            )
        return proposal.value

    @property
    def x(self) -> Tensor:
        """The drawing as the encoder sees it: (1, 1, H, W), float in [0, 1]."""
        pixels = torch.frombuffer(bytearray(self.drawing), dtype=torch.uint8)
        return pixels.view(1, 1, *self._shape) / 255

    def _encode_rows(self, rows: Tensor) -> Tensor:
        """Pixels (N, H W) -> mu and logvar side by side (N, 2 J); of an autoencoder only z."""
        mu, std = encode(self._model, rows.view(-1, 1, *self._shape))
        return mu if std is None else torch.cat([mu, 2 * std.log()], 1)

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
