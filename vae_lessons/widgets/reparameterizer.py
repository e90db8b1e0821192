"""The reparameterization of one latent by hand, and the gradients that two estimators give."""

import math

import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons import plotting
from vae_lessons.widgets.arrays import encode
from vae_lessons.widgets.browser_widget import BrowserWidget, script


class Reparameterizer(BrowserWidget):
    """z = mu + std * eps with three sliders, and the gradients of the average of z^2 from both estimators.

    With a model and an image x (1, 1, H, W), the sliders move one latent of that image, `latent`, which begins where
    the encoder puts it, and the decoded image is shown. The traits mu, std and eps hold the values of the sliders.

    >>> by_hand = Reparameterizer(model, x, latent=3)
    >>> by_hand.eps = 2.0
    """

    _esm = script("reparameterizer")

    mu = traitlets.Float(1.5).tag(sync=True)
    std = traitlets.Float(0.8, min=0.02).tag(sync=True)
    eps = traitlets.Float(1.0).tag(sync=True)
    _shape = traitlets.List().tag(sync=True)
    _z = traitlets.List().tag(sync=True)  # the image's code, of which one latent is moved
    _latent = traitlets.Int().tag(sync=True)

    def __init__(self, model: nn.Module | None = None, x: Tensor | None = None, latent: int = 0) -> None:
        if (model is None) != (x is None):
            raise ValueError("give both, a model and an image x, or neither.")
        self._model = model
        super().__init__()
        if model is None:
            return
        if latent not in range(model.latent_dim):
            raise ValueError(f"latent={latent}: this model has the latents 0 to {model.latent_dim - 1}.")
        mu, std = encode(model, x[:1])
        if std is None:
            raise ValueError("this model encodes a point: it has no std to move. Give a VAE.")
        self._z, self._latent, self._shape = mu[0].tolist(), latent, list(x.shape[2:])
        self.mu, self.std = mu[0, latent].item(), max(0.02, std[0, latent].item())
        self.offer_decoder(model, mu)

    @traitlets.validate("mu", "std", "eps")
    def _check_finite(self, proposal: dict) -> float:
        if not math.isfinite(proposal.value):
            raise traitlets.TraitError(f"{proposal.trait.name} = {proposal.value}: give a finite number.")
        return proposal.value

    @property
    def z(self) -> float:
        """Where the draw falls: mu + std * eps."""
        return self.mu + self.std * self.eps

    def still(self) -> tuple[Figure, str, str]:
        """Both Gaussians, and the step from eps to z."""
        figure, (axis,) = plotting.axes(width=6, height=2.8)
        line = torch.linspace(-4.5, 4.5, 400)
        for mean, std, base, colour in ((0, 1, 0, plotting.PINK), (self.mu, self.std, 1.5, plotting.BLUE)):
            height = (-0.5 * ((line - mean) / std) ** 2).exp()
            axis.fill_between(line, base, base + height, color=colour, alpha=0.4)
        axis.plot([self.eps, self.z], [0, 1.5], "--o", color=plotting.ORANGE)
        axis.set(yticks=[0, 1.5], yticklabels=["eps", "z"], xlim=(-4.5, 4.5))
        caption = f"z = {self.mu:.2f} + {self.std:.2f} * {self.eps:.2f} = {self.z:.2f}: only eps is random."
        return (
            figure,
            caption,
            "Two Gaussians, one above the other, and a dashed line from eps below to z above.",
        )
