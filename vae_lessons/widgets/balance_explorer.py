"""Compare models trained with different beta: reconstructions, samples, rate and distortion under one slider."""

from collections.abc import Mapping

import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons import evaluation, plotting
from vae_lessons.data.images import binarize, check_images, to_unit
from vae_lessons.widgets.arrays import as_bytes, check_grey, decode, encode, prior_points
from vae_lessons.widgets.browser_widget import BrowserWidget, script
from vae_lessons.widgets.validators import checked_choice


class BalanceExplorer(BrowserWidget):
    """Models by name, in the order of their beta: reconstructions, samples, rate and distortion under one slider.

    models: {"beta 0.1": model, ...}; images (N, 1, H, W): eight are shown, all are measured (binarised, since
    the models' pixels are Bernoulli). All models decode the same points of the prior, the mean of q(z|x) stands for
    an image. The trait chosen is the name of the model that is shown.

    >>> explorer = BalanceExplorer(sweep, test_images)
    >>> explorer.chosen = "beta 1"
    """

    _esm = script("balance_explorer")

    chosen = traitlets.Unicode().tag(sync=True)
    _names = traitlets.List().tag(sync=True)
    _numbers = traitlets.List().tag(sync=True)
    _shape = traitlets.List().tag(sync=True)
    _images = traitlets.Bytes().tag(sync=True)
    _rebuilt = traitlets.Bytes().tag(sync=True)  # of all models, one after the other
    _sampled = traitlets.Bytes().tag(sync=True)

    def __init__(self, models: Mapping[str, nn.Module], images: Tensor, samples: int = 16) -> None:
        check_images(images, grey=True)
        if not models:
            raise ValueError('there is no model to show: give {"beta 1": model, ...}.')
        self._x = to_unit(images[:8]).cpu()
        self._pictures = {}  # name -> rebuilt images, samples
        points = prior_points(samples, max(model.latent_dim for model in models.values()))
        numbers, binary = [], binarize(images)
        for name, model in models.items():
            check_grey(model)
            rate = evaluation.average_kl_per_latent(model, binary).sum().item()
            numbers.append({"rate": rate, "distortion": -evaluation.test_elbo(model, binary) - rate})
            rebuilt = decode(model, encode(model, self._x)[0])
            self._pictures[name] = rebuilt, decode(model, points[:, : model.latent_dim])
        rebuilt, sampled = (torch.cat(pictures) for pictures in zip(*self._pictures.values(), strict=True))
        super().__init__(
            _names=list(models),
            _numbers=numbers,
            _shape=list(images.shape[2:]),
            _images=as_bytes(self._x),
            _rebuilt=as_bytes(rebuilt),
            _sampled=as_bytes(sampled),
        )
        self.chosen = self._names[len(self._names) // 2]

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: dict) -> str:
        return checked_choice("chosen", proposal.value, self._names)

    def still(self) -> tuple[Figure, str, str]:
        """What the chosen model reconstructs and samples."""
        rebuilt, sampled = self._pictures[self.chosen]
        figure = plotting.image_rows({"test": self._x, "reconstruction": rebuilt, "sampled": sampled[:8]})
        cost = self._numbers[self._names.index(self.chosen)]
        caption = (
            f"{self.chosen}: rate {cost['rate']:.1f}, distortion {cost['distortion']:.1f} nats per image."
        )
        return figure, caption, "Three rows of eight images: test images, their reconstructions, and samples."
