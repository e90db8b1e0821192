"""Draw an image by hand: minus its ELBO, where in the image it arises, and whether it sets off an alarm."""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
import traitlets
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons import plotting
from vae_lessons.anomaly import alarm_threshold, auroc
from vae_lessons.data.images import binarize, check_images
from vae_lessons.kl import kl_closed_form
from vae_lessons.widgets.arrays import as_bytes, check_grey, decode_logits, encode, prior_points
from vae_lessons.widgets.browser_widget import BrowserWidget, script
from vae_lessons.widgets.drawing_surface import DrawingSurface
from vae_lessons.widgets.network_export import logits_for
from vae_lessons.widgets.validators import checked_choice

SCORED = 500  # images of each kind, at most
DRAWS = 8  # of z for each image
BINS = 24  # of a histogram
DARK = 4.0  # nats of one pixel that are drawn darkest
HEAT = ((255, 255, 255), (253, 141, 60), (127, 39, 4))  # white at 0 nats, orange, dark brown


class AnomalyPad(DrawingSurface, BrowserWidget):
    """Draw, and see minus the ELBO of the drawing among the scores of normal images and of anomalies, in nats.

    model: a VAE with Bernoulli pixels. normal (N, 1, H, W): images that it was not trained on; anomalies:
    {"ones left out": images, ...}. Of each the first 500 are scored; they and the drawing are binarised. A score is
    the exact KL plus the average of -log p(x|z) over eight draws of z, with the same noise for every image. The pad
    begins with the first normal image. Raises ValueError for another model, other images, or no anomalies.

    The traits: drawing, threshold in nats (a higher score is an alarm; at first 1 % of the normal images have one),
    and chosen, the name of the anomalies that are shown.

    >>> pad = AnomalyPad(vae, test_images, {"ones left out": ones})
    >>> pad.score, pad.percentile
    """

    _esm = script("drawing_surface", "anomaly_pad")

    threshold = traitlets.Float().tag(sync=True)  # nats
    chosen = traitlets.Unicode().tag(sync=True)
    _names = traitlets.List().tag(sync=True)
    _normal = traitlets.List().tag(sync=True)  # scores in nats
    _anomalies = traitlets.List().tag(sync=True)  # of each name: scores in nats
    _aurocs = traitlets.List().tag(sync=True)  # of each name
    _range = traitlets.List().tag(sync=True)  # of the histogram, in nats
    _bins = traitlets.Int(BINS).tag(sync=True)
    _dark = traitlets.Float(DARK).tag(sync=True)
    _heat = traitlets.List([list(colour) for colour in HEAT]).tag(sync=True)
    _eps = traitlets.List().tag(sync=True)  # noise of the draws
    _least = traitlets.Bytes().tag(sync=True)  # of each pixel: from which byte on it is ink when binarised
    _shape = traitlets.List().tag(sync=True)

    def __init__(self, model: nn.Module, normal: Tensor, anomalies: Mapping[str, Tensor]) -> None:
        _check_model(model)
        if not isinstance(anomalies, Mapping) or not anomalies:
            raise ValueError('anomalies need at least one name: give {"ones left out": images, ...}.')
        for name, images in (("normal", normal), *anomalies.items()):
            _check_size(model, name, images, normal)
        self._model, self._noise = model, prior_points(DRAWS, model.latent_dim)  # (K, J)
        x = _binarized(normal)
        scores = self._scores(x)
        others = [self._scores(_binarized(images)) for images in anomalies.values()]
        low, high = min(map(min, (scores, *others))), max(scores)
        super().__init__(
            _names=list(anomalies),
            _normal=scores,
            _anomalies=others,
            _aurocs=[auroc(torch.tensor(scores), torch.tensor(found)) for found in others],
            _range=[math.floor(low), math.ceil(high + max(5.0, 0.5 * (high - low)))],
            _eps=self._noise.tolist(),
            _shape=list(normal.shape[2:]),
        )
        self._least = _least_ink(self._shape)
        self.drawing = as_bytes(normal[:1])
        self.chosen = self._names[0]
        self.threshold = alarm_threshold(torch.tensor(scores, dtype=torch.float64))
        self.offer_encoder(model, x[:32])
        codes = encode(model, x[:32])[0]
        points = torch.cat([self._noise, codes])
        self.offer("logits", lambda rows: decode_logits(model, rows).flatten(1), logits_for(model), points)

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: dict) -> str:
        return checked_choice("chosen", proposal.value, self._names)

    @traitlets.validate("threshold")
    def _check_threshold(self, proposal: dict) -> float:
        if not math.isfinite(proposal.value):
            raise traitlets.TraitError(f"threshold is a finite number of nats, not {proposal.value}.")
        return proposal.value

    @property
    def x(self) -> Tensor:
        """The drawing as the model sees it: (1, 1, H, W), 0.0 or 1.0."""
        return _binarized(super().x)

    @property
    def score(self) -> float:
        """Minus the ELBO of the drawing, in nats."""
        return self._scores(self.x)[0]

    @property
    def percentile(self) -> float:
        """The share of normal images with a lower score, in [0, 1]."""
        score = self.score
        return sum(normal < score for normal in self._normal) / len(self._normal)

    def _terms(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """KL (N,) of images (N, 1, H, W) and -log p(x_d|z) of each pixel (N, 1, H, W), in nats."""
        mu, std = encode(self._model, x)  # (N, J) each
        surprise = torch.zeros_like(x)
        for eps in self._noise:  # (J,)
            x_logits = decode_logits(self._model, mu + std * eps)  # (N, 1, H, W)
            surprise += F.binary_cross_entropy_with_logits(x_logits, x, reduction="none") / DRAWS
        return kl_closed_form(mu, 2 * std.log()), surprise

    def _scores(self, x: Tensor) -> list[float]:
        """Minus the ELBO of each image, to a thousandth of a nat."""
        kl, surprise = self._terms(x)
        scores = kl + surprise.flatten(1).sum(1)  # (N,)
        if not scores.isfinite().all():
            raise ValueError(
                f"this {type(self._model).__name__} gives scores that are NaN or infinite; its training has diverged.\n"
                "Train it anew, with a smaller learning rate."
            )
        return [round(score, 3) for score in scores.tolist()]

    def still(self) -> tuple[Figure, str, str]:
        """The drawing, its surprise, the histograms with its score, and the ROC curve."""
        figure, axes = plotting.axes(4, width=10.5, height=2.9, width_ratios=(3, 3, 6, 4))
        plotting.picture(axes[0], self.x[0])
        axes[0].set_title("drawn")
        heat = LinearSegmentedColormap.from_list("heat", [[level / 255 for level in rgb] for rgb in HEAT])
        axes[1].imshow(self._terms(self.x)[1][0, 0].numpy(), cmap=heat, vmin=0, vmax=DARK)
        axes[1].set(title=f"surprise, 0 to {DARK:.0f} nats", xticks=[], yticks=[])
        axes[1].spines[:].set_visible(False)
        place = self._names.index(self.chosen)
        found = self._anomalies[place]
        self._draw_histograms(axes[2], found)
        false_alarms, detections = self._roc(found)
        axes[3].plot(false_alarms, detections, color=plotting.ORANGE)
        axes[3].plot((0, 1), (0, 1), color=plotting.GREY, linestyle=":", linewidth=1)
        now = _share_above(self._normal, self.threshold), _share_above(found, self.threshold)
        axes[3].plot(*now, "o", color="black")
        axes[3].set(xlabel="false alarms", ylabel="detections", aspect="equal")
        score = self.score
        caption = (
            f"Minus ELBO {score:.0f} nats, higher than {100 * self.percentile:.1f} % of normal images: "
            f"{'ALARM' if score > self.threshold else 'no alarm'}. The threshold of {self.threshold:.0f} nats "
            f"detects {100 * now[1]:.0f} % of {self.chosen!r} at {100 * now[0]:.1f} % false alarms; "
            f"AUROC {self._aurocs[place]:.2f}."
        )
        alt = (
            "A drawing in black and white, how much each pixel surprises the model, histograms of the scores of "
            "normal images and of anomalies with the drawing and the threshold, and a ROC curve."
        )
        return figure, caption, alt

    def _draw_histograms(self, axis: plotting.Axes, found: list[float]) -> None:
        style = {"bins": BINS, "range": self._range}
        for scores, more in (
            (self._normal, {"color": "#c4c4c4", "label": "normal"}),
            (found, {"color": plotting.ORANGE, "label": self.chosen, "histtype": "step", "linewidth": 2}),
        ):
            axis.hist(scores, weights=[100 / len(scores)] * len(scores), **style, **more)
        axis.axvline(self.threshold, color="black", linestyle="--", linewidth=1.5, label="threshold")
        low, high = self._range
        axis.axvline(min(max(low, self.score), high), color=plotting.BLUE, linewidth=1.5, label="drawing")
        axis.set(xlabel="minus ELBO, nats", ylabel="share, %", xlim=(low, high))
        axis.legend(frameon=False, fontsize=8)
        if beyond := _share_above(found, high):
            axis.set_title(f"{100 * beyond:.0f} % of the anomalies lie beyond →", fontsize=9, loc="right")

    def _roc(self, found: list[float]) -> tuple[list[float], list[float]]:
        """Shares of false alarms and of detections at every threshold, from the highest on."""
        thresholds = sorted({*self._normal, *found, -math.inf}, reverse=True)
        return tuple([_share_above(scores, t) for t in thresholds] for scores in (self._normal, found))


def _check_model(model: nn.Module) -> None:
    """Raise ValueError for a model that is no VAE of grey images with Bernoulli pixels."""
    kind = type(model).__name__
    if getattr(model, "deterministic", False):
        raise ValueError(
            f"this {kind} encodes an image as a point, so it has no ELBO to score by.\nGive a VAE."
        )
    if getattr(model, "pixel_std", None) is not None:
        raise ValueError(
            f"this {kind} has Gaussian pixels (pixel_std={model.pixel_std}), and drawings are black and white.\n"
            "Give a VAE that was made without pixel_std."
        )
    if hasattr(model, "condition_for"):
        raise ValueError(f"this {kind} needs a condition, and a drawing has none.\nGive a plain VAE.")
    check_grey(model)


def _check_size(model: nn.Module, name: str, images: Tensor, normal: Tensor) -> None:
    """Raise TypeError or ValueError for what are no grey images, or none of the model's size."""
    check_images(images, grey=True)
    (_, *due), found = getattr(model, "image_shape", normal.shape[1:]), images.shape[2:]
    if list(found) != due:
        raise ValueError(
            f"the images {name!r} have {found[0]} x {found[1]} pixels, and this {type(model).__name__} "
            f"takes {due[0]} x {due[1]}.\nGive images of that size."
        )


def _binarized(images: Tensor) -> Tensor:
    """The first 500 images (N, 1, H, W), each pixel 0.0 or 1.0."""
    return binarize(images[:SCORED]).cpu() / 255


def _least_ink(shape: list[int]) -> bytes:
    """From which byte on `binarize` makes ink of a pixel: one byte a pixel of an image with this shape (H, W)."""
    greys = (torch.full((1, 1, *shape), level, dtype=torch.uint8) for level in range(256))
    return torch.stack([binarize(grey) == 0 for grey in greys]).sum(0).to(torch.uint8).numpy().tobytes()


def _share_above(scores: list[float], threshold: float) -> float:
    return sum(score > threshold for score in scores) / len(scores)
