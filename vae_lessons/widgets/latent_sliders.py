"""One slider per latent dimension, and the picture that the decoder makes of them."""

import html
import io
from base64 import b64encode
from collections.abc import Sequence

import ipywidgets
import torch
import traitlets
from matplotlib.image import imsave
from torch import nn


class LatentSliders(ipywidgets.HBox):
    """Sliders for z beside the decoded image; works for every model with latent_dim and decode.

    limit: how far the sliders reach on either side of 0; names: their labels, else z[0], z[1], ... The trait z
    holds what the hand found, as a tuple; setting it moves the sliders. Without a live kernel the last picture
    stays visible.

    >>> sliders = LatentSliders(model)
    >>> sliders.z = (1.0, -0.5)
    """

    z = traitlets.Tuple()

    def __init__(self, model: nn.Module, limit: float = 3.0, names: Sequence[str] = ()) -> None:
        self._model, self._device = model, next(model.parameters()).device
        self._sliders = [
            ipywidgets.FloatSlider(0.0, min=-limit, max=limit, step=limit / 60, description=name)
            for name in names or [f"z[{j}]" for j in range(model.latent_dim)]
        ]
        self._picture = ipywidgets.Image(format="png", width=224, height=224)
        reset = ipywidgets.Button(description="Reset", tooltip="All sliders to 0")
        reset.on_click(lambda _: self._set([0.0] * model.latent_dim))
        random = ipywidgets.Button(description="Random", tooltip="A point drawn from the prior")
        random.on_click(lambda _: self._set(torch.randn(model.latent_dim).clamp(-limit, limit).tolist()))
        panel = ipywidgets.VBox([*self._sliders, ipywidgets.HBox([reset, random])])
        super().__init__([panel, self._picture])
        self._set([0.0] * model.latent_dim)
        for slider in self._sliders:
            slider.observe(self._from_sliders, "value")

    def _set(self, z: list[float]) -> None:
        self.z = tuple(z)

    def _from_sliders(self, _change: object) -> None:
        if not self._following:
            self.z = tuple(slider.value for slider in self._sliders)

    @traitlets.validate("z")
    def _check_z(self, proposal: dict) -> tuple[float, ...]:
        z = tuple(float(value) for value in proposal.value)
        if len(z) != len(self._sliders):
            raise traitlets.TraitError(f"z has {len(z)} numbers, and this model needs {len(self._sliders)}.")
        return z

    @traitlets.observe("z")
    def _redraw(self, _change: object) -> None:
        self._following = True  # the sliders follow z now; they do not lead
        for slider, value in zip(self._sliders, self.z, strict=True):
            slider.value = value
        self._following = False
        with torch.no_grad():
            x_hat = self._model.decode(torch.tensor([self.z], device=self._device)).sigmoid()  # (1, 1, H, W)
        png = io.BytesIO()
        imsave(png, x_hat[0, 0].cpu().numpy(), cmap="gray_r", vmin=0, vmax=1, format="png")
        self._picture.value = png.getvalue()

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, str]:
        """The live widget, and a still picture for whoever reads the notebook without a kernel."""
        bundle = super()._repr_mimebundle_(**kwargs)
        alt = html.escape(f"the image decoded at z = {', '.join(f'{value:.2f}' for value in self.z)}")
        source = f"data:image/png;base64,{b64encode(self._picture.value).decode()}"
        note = "Run this cell to move the sliders."
        bundle["text/html"] = (
            f'<figure><img src="{source}" alt="{alt}" width="112"><figcaption>{note}</figcaption></figure>'
        )
        return bundle
