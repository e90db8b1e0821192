"""One slider per latent dimension, and the image decoded at their values."""

from collections.abc import Sequence

import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons import plotting
from vae_lessons.data.images import check_conditions, check_images, to_condition
from vae_lessons.kl import kl_per_latent
from vae_lessons.widgets.arrays import as_bytes, decode, encode, prior_points
from vae_lessons.widgets.browser_widget import BrowserWidget, script
from vae_lessons.widgets.network_export import Lookup, decoder_for
from vae_lessons.widgets.validators import checked_numbers

COLLAPSED_BELOW = 0.1  # nats per image: a latent with a lower KL is greyed


class LatentSliders(BrowserWidget):
    """Sliders for z beside the decoded image; works for every model with latent_dim and decode.

    images (N, 1, H, W): the sliders are sorted by the KL of each latent on them, and the first eight can be
    encoded by a click; z begins at the code of the first. limit: how far the sliders reach on either side of 0;
    names: their labels, else z[0], z[1], ... The trait z holds the values of the sliders, as a tuple; setting it
    moves them.

    A conditional model needs conditions, one for each of images: labels (N,) become buttons with the
    condition_names, attributes (N, A) become sliders with these names, images (N, 1, H, W) become eight pictures
    to choose from. The trait condition then holds the label, the tuple of attributes, or the number of the picture.

    >>> sliders = LatentSliders(model, dataset.test_images)
    >>> sliders.z = (1.0, -0.5)
    """

    _esm = script("latent_sliders")

    z = traitlets.Tuple().tag(sync=True)
    condition = traitlets.Any(None, allow_none=True).tag(sync=True)
    _names = traitlets.List().tag(sync=True)
    _limit = traitlets.Float().tag(sync=True)
    _shape = traitlets.List().tag(sync=True)  # rows and columns of a picture
    _kl = traitlets.List().tag(sync=True)
    _collapsed_below = traitlets.Float(COLLAPSED_BELOW).tag(sync=True)
    _images = traitlets.Bytes().tag(sync=True)  # those that a click encodes, and where that leads
    _codes = traitlets.List().tag(sync=True)
    _choices = traitlets.List().tag(sync=True)
    _choice_images = traitlets.Bytes().tag(sync=True)
    _attributes = traitlets.List().tag(sync=True)

    def __init__(
        self,
        model: nn.Module,
        images: Tensor | None = None,
        conditions: Tensor | None = None,
        condition_names: Sequence[str] = (),
        limit: float = 3.0,
        names: Sequence[str] = (),
    ) -> None:
        self._model, self._offered = model, None  # _offered: conditions to choose from (Y, ...)
        names = list(names) or [f"z[{j}]" for j in range(model.latent_dim)]
        _check_names("names", names, model.latent_dim)
        super().__init__(_names=names, _limit=limit)
        self.z = (0.0,) * model.latent_dim
        if conditions is not None:
            check_images(images, grey=True)
            check_conditions(images, conditions)
            self._show_conditions(to_condition(conditions), list(condition_names))
        self._shape = list(self._x_hat(self._row()).shape[2:])
        if images is not None:
            self._show_images(images[:1000], None if conditions is None else conditions[:1000])
            self.z = tuple(self._codes[0]["z"])
            self.condition = self._codes[0].get("condition")
        self._offer_decoder()

    def _show_conditions(self, conditions: Tensor, names: list[str]) -> None:
        if conditions.ndim == 2:
            conditions = conditions.float()
            low, high = conditions.amin(0).tolist(), conditions.amax(0).tolist()
            names = names or [f"condition[{j}]" for j in range(len(low))]
            _check_names("condition_names", names, len(low))
            self._attributes = [
                {"name": name, "min": a, "max": b} for name, a, b in zip(names, low, high, strict=True)
            ]
            self.condition = tuple(conditions.mean(0).tolist())
            return
        if conditions.ndim == 1 and conditions.is_floating_point():
            raise TypeError(
                f"conditions (N,) are labels, whole numbers, but these are {conditions.dtype}.\n"
                "Try conditions.long() for labels, or conditions[:, None] for one attribute of each image."
            )
        if conditions.ndim == 1:
            self._choices = names or [str(label) for label in range(int(conditions.max()) + 1)]
            _check_names("condition_names", self._choices, max(len(names), int(conditions.max()) + 1))
            self._offered = torch.arange(len(self._choices))
        else:
            self._offered = conditions[:8]
            self._choice_images = as_bytes(self._offered)
        self.condition = 0

    def _show_images(self, images: Tensor, conditions: Tensor | None) -> None:
        self._images = as_bytes(images[:8])
        mu, std = encode(self._model, images, conditions)
        codes = [{"z": code} for code in mu[:8].tolist()]
        if conditions is not None:
            chosen = range(8) if conditions.ndim == 4 else to_condition(conditions[:8]).tolist()
            codes = [code | {"condition": condition} for code, condition in zip(codes, chosen, strict=False)]
        self._codes = codes
        if std is not None:
            self._kl = kl_per_latent(mu, 2 * std.log()).mean(0).tolist()

    def _offer_decoder(self) -> None:
        points = prior_points(16, self._model.latent_dim)
        if self._codes:
            points = torch.cat([points, torch.tensor([code["z"] for code in self._codes])])
        network = decoder_for(self._model)
        if self._offered is None:  # attributes, if any, all over their range
            low, high = (torch.tensor([knob[end] for knob in self._attributes]) for end in ("min", "max"))
            condition = low + (high - low) * prior_points(len(points), len(low)).sigmoid()
        else:
            condition = torch.arange(len(points))[:, None] % len(self._offered)
            known = network is not None and hasattr(self._model, "condition_for")
            network = nn.Sequential(Lookup(self._embedded()), *network) if known else None
        self.offer(
            "decoder", lambda rows: self._x_hat(rows).flatten(1), network, torch.cat([points, condition], 1)
        )

    @torch.no_grad()
    def _embedded(self) -> Tensor:
        """What the decoder is given of each choice, (Y, E)."""
        return self._model.condition_for(
            "decoder", self._offered.to(next(self._model.parameters()).device)
        ).cpu()

    def _row(self) -> Tensor:
        """The sliders as a row (1, I): z, then the number of the choice or the attributes, if there are any."""
        condition = () if self.condition is None else torch.tensor(self.condition).view(-1).tolist()
        return torch.tensor([[*self.z, *condition]])

    def _x_hat(self, rows: Tensor) -> Tensor:
        """Rows (N, I) -> images (N, 1, H, W) in [0, 1]."""
        z, condition = rows.split([self._model.latent_dim, rows.shape[1] - self._model.latent_dim], 1)
        if self.condition is None:
            return decode(self._model, z)
        return decode(
            self._model, z, condition if self._offered is None else self._offered[condition[:, 0].long()]
        )

    @traitlets.validate("condition")
    def _check_condition(self, proposal: dict) -> int | tuple[float, ...] | None:
        value = proposal.value
        if self._attributes:
            return checked_numbers("condition", value, len(self._attributes))
        if self._offered is None and value is not None:
            raise traitlets.TraitError("this model was given no conditions, so it has no condition to set.")
        if self._offered is not None and value not in range(len(self._offered)):
            raise traitlets.TraitError(
                f"condition is a number from 0 to {len(self._offered) - 1}, not {value!r}."
            )
        return value

    @traitlets.validate("z")
    def _check_z(self, proposal: dict) -> tuple[float, ...]:
        return checked_numbers("z", proposal.value, self._model.latent_dim)

    def still(self) -> tuple[Figure, str, str]:
        """The decoded image beside its z, sorted as the sliders are, and its condition."""
        figure, (left, right) = plotting.axes(2, width=5.5, height=2.4, width_ratios=(3, 2))
        kl = self._kl or [1.0] * len(self.z)
        order = sorted(range(len(self.z)), key=lambda latent: -kl[latent])
        colours = [plotting.BLUE if kl[latent] >= COLLAPSED_BELOW else plotting.GREY for latent in order]
        left.barh(
            [self._names[latent] for latent in order], [self.z[latent] for latent in order], color=colours
        )
        left.axvline(0, color=plotting.GREY, linewidth=1)
        left.invert_yaxis()
        left.set(xlim=(-self._limit, self._limit), xlabel="z")
        plotting.picture(right, self._x_hat(self._row())[0])
        right.set_title(self._condition_in_words())
        numbers = ", ".join(f"{value:.2f}" for value in self.z)
        return (
            figure,
            "The image decoded at these values of z.",
            f"Bars for z = {numbers}, and the image decoded there.",
        )

    def _condition_in_words(self) -> str:
        if self._attributes:
            named = zip(self._attributes, self.condition, strict=True)
            return ", ".join(f"{knob['name']} {value:.2f}" for knob, value in named)
        return f"condition: {self._choices[self.condition]}" if self._choices else ""


def _check_names(argument: str, names: Sequence[str], needed: int) -> None:
    if len(names) != needed:
        raise ValueError(f"{argument} has {len(names)} entries, and {needed} are needed: {list(names)}")
