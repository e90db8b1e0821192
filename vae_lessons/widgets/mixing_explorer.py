"""How accurate a classifier gets when a conditional VAE makes a share of every batch, and such a batch."""

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from torch import Tensor

from vae_lessons import plotting
from vae_lessons.classifier import shift_and_shear
from vae_lessons.data.few_labels import FewLabelRuns
from vae_lessons.widgets.arrays import as_bytes
from vae_lessons.widgets.browser_widget import BrowserWidget, script
from vae_lessons.widgets.validators import checked_choice

TILES = 20  # of a batch, two of each digit
REFERENCE = "named mixture, VAE codes"  # the method that the lines are compared with, where the runs have it
LOOKS = ("as they are", "shifted and sheared")
SHARES = {
    0.0: "none made",
    0.25: "a quarter made",
    0.5: "half made",
    0.75: "three quarters made",
    1.0: "all made",
}


class MixingExplorer(BrowserWidget):
    """Test accuracy against the share of each batch that a conditional VAE made, and 20 images of a batch.

    runs: stored accuracies of several seeds. Of each digit they hold one labelled image and one that the VAE
    made, so a batch shows each of them up to twice. The traits: labels, a number of labelled images that the
    runs have; weight, a share that they have; shifted, whether every image was shifted and sheared. Raises
    TypeError for other runs.

    >>> explorer = MixingExplorer(few_label_runs())
    >>> explorer.labels, explorer.weight, explorer.shifted = 500, 0.25, True
    """

    _esm = script("mixing_explorer")

    labels = traitlets.Int().tag(sync=True)
    weight = traitlets.Float().tag(sync=True)
    shifted = traitlets.Bool(False).tag(sync=True)
    _label_counts = traitlets.List().tag(sync=True)
    _shares = traitlets.List().tag(sync=True)  # the mixing weights
    _made = traitlets.List().tag(sync=True)  # of each weight: how many tiles the VAE made
    _means = traitlets.List().tag(sync=True)  # (labels, weights, 2) in per cent, as they are and shifted
    _stds = traitlets.List().tag(sync=True)
    _words = traitlets.List().tag(sync=True)  # of the same shape: the numbers in a sentence
    _reference = traitlets.List().tag(sync=True)  # of each number of labels, in per cent, or empty
    _seeds = traitlets.Int().tag(sync=True)
    _looks = traitlets.List(list(LOOKS)).tag(sync=True)
    _shape = traitlets.List().tag(sync=True)
    _tiles = traitlets.Bytes().tag(sync=True)  # (2, labels, 2, 20, H, W): plain or shifted, labelled or made

    def __init__(self, runs: FewLabelRuns) -> None:
        if not isinstance(runs, FewLabelRuns):
            raise TypeError(
                f"runs are FewLabelRuns, not {type(runs).__name__}.\nGive what few_label_runs() returns."
            )
        self._pictures = _batches(runs)  # (2, labels, 2, 20, H, W)
        mixing = runs.mixing.double()  # (labels, weights, 2, R)
        reference = runs.methods.get(REFERENCE)
        super().__init__(
            _label_counts=list(runs.labels),
            _shares=list(runs.weights),
            _made=[round(TILES * weight) for weight in runs.weights],
            _means=mixing.mean(-1).tolist(),
            _stds=mixing.std(-1, correction=min(1, mixing.shape[-1] - 1)).tolist(),  # of a single seed 0
            _reference=[] if reference is None else reference.double().mean(-1).tolist(),
            _seeds=mixing.shape[-1],
            _shape=list(runs.real.shape[2:]),
            _tiles=as_bytes(self._pictures.flatten(0, 3)[:, None]),
        )
        self._words = [
            [[self._sentence(n, w, s) for s in range(len(LOOKS))] for w in range(len(self._shares))]
            for n in range(len(self._label_counts))
        ]
        self.labels = _first_choice(100, self._label_counts)
        self.weight = _first_choice(0.5, self._shares)

    @traitlets.validate("labels")
    def _check_labels(self, proposal: dict) -> int:
        return checked_choice("labels", proposal.value, self._label_counts)

    @traitlets.validate("weight")
    def _check_weight(self, proposal: dict) -> float:
        return checked_choice("weight", proposal.value, self._shares)

    def _sentence(self, number: int, weight: int, shifted: int) -> str:
        """The accuracy at these places, and that without a VAE."""

        def accuracy(place: int) -> str:
            mean, std = (numbers[number][place][shifted] for numbers in (self._means, self._stds))
            return f"{mean:.1f} ± {std:.1f} %"

        share = self._shares[weight]
        setting = [f"{self._label_counts[number]} labels", _in_words(share), *LOOKS[1:][:shifted]]
        without = ""
        if share != 0 and 0.0 in self._shares:
            without = f"; {_in_words(0.0)}: {accuracy(self._shares.index(0.0))}"
        return f"{', '.join(setting)}: {accuracy(weight)} of new digits right{without}."

    def _places(self) -> tuple[int, int]:
        """Where the chosen number of labels and the chosen weight stand among the others."""
        return self._label_counts.index(self.labels), self._shares.index(self.weight)

    def still(self) -> tuple[Figure, str, str]:
        """Both lines with their spread at the chosen number of labels, and the tiles."""
        number, place = self._places()
        mean, std = np.array(self._means[number]), np.array(self._stds[number])  # (weights, 2) each
        figure, (left, right) = plotting.axes(2, width=10.5, height=3.2, width_ratios=(4, 5))
        for look, (colour, marker) in enumerate(((plotting.BLUE, "o"), (plotting.ORANGE, "s"))):
            strong = look == self.shifted
            style = {"color": colour, "marker": marker, "label": LOOKS[look], "capsize": 3}
            style |= {"alpha": 1.0 if strong else 0.45, "linewidth": 2.5 if strong else 1.5}
            left.errorbar(self._shares, mean[:, look], std[:, look], **style)
        if self._reference:
            style = {"color": "black", "linestyle": "--", "linewidth": 1.5}
            left.axhline(self._reference[number], label="with unlabelled images", **style)
        ring = {"markersize": 14, "markerfacecolor": "none", "markeredgecolor": "black"}
        left.plot(self.weight, mean[place, int(self.shifted)], "o", **ring)
        left.set(xlabel="share of each batch made by the VAE", ylabel="test accuracy, %", xticks=self._shares)
        left.legend(frameon=False, fontsize=8)
        self._draw_batch(right)
        caption = self._words[number][place][self.shifted]
        caption += f" Bars: one standard deviation over {self._seeds} seeds."
        alt = (
            f"Test accuracy against the share of each batch that the VAE made, with {self.labels} labels, in "
            f"two lines with error bars; beside them {TILES} digits of a batch, {self._made[place]} of them "
            "framed."
        )
        return figure, caption, alt

    def _draw_batch(self, axis: plotting.Axes) -> None:
        """The tiles of the chosen setting, those that the VAE made in frames."""
        number, place = self._places()
        labelled = TILES - self._made[place]
        real, made = self._pictures[int(self.shifted), number]  # (20, H, W) each
        tiles = torch.cat([real[:labelled], made[labelled:]])
        height, width = self._shape
        rows = tiles.view(2, TILES // 2, height, width).transpose(1, 2).reshape(2 * height, -1)
        plotting.picture(axis, rows[None])
        for tile in range(labelled, TILES):
            row, column = divmod(tile, TILES // 2)
            corner = (column * width + 0.5, row * height + 0.5)
            frame = {"fill": False, "edgecolor": plotting.GREEN, "linewidth": 1.5}
            axis.add_patch(Rectangle(corner, width - 2, height - 2, **frame))
        title = f"a batch: {labelled} labelled, {TILES - labelled} made by the VAE (framed)"
        axis.set_title(title, fontsize=10)


def _batches(runs: FewLabelRuns) -> Tensor:
    """Images of a batch, in [0, 1]: (2, labels, 2, 20, H, W), plain and shifted, labelled and made.

    A tile is moved in the same way whatever image stands on it. The caller's random numbers stay as they are.
    """
    kinds = torch.stack([runs.real, runs.made], 1).cpu() / 255  # (labels, 2, 10, H, W)
    plain = kinds.repeat(1, 1, TILES // kinds.shape[2], 1, 1)  # (labels, 2, 20, H, W)
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)
        moved = shift_and_shear(plain.flatten(0, 1).transpose(0, 1))  # (20, labels 2, H, W): one move a tile
    return torch.stack([plain, moved.transpose(0, 1).view_as(plain)]).clamp(0, 1)


def _in_words(share: float) -> str:
    return SHARES.get(share, f"{100 * share:g} % made")


def _first_choice(wanted: float, values: list) -> float:
    """The wanted value if it is there, else the middle one."""
    return wanted if wanted in values else values[len(values) // 2]
