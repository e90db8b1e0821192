"""What the widgets share: networks that run in the browser, still pictures, errors that are shown."""

import html
import math
import traceback
from collections.abc import Callable, Sequence
from copy import deepcopy
from pathlib import Path

import anywidget
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons.data import check_images, to_condition, to_unit
from vae_lessons.networks import layer_shapes
from vae_lessons.plotting import as_img

TOLERANCE = 1e-2  # how far a network in the browser, with its 16-bit weights, may be from PyTorch
_ELEMENTWISE = {nn.ReLU: "relu", nn.SiLU: "silu", nn.GELU: "gelu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid"}


def script(*names: str) -> str:
    """The JavaScript of one widget: what all share, then the named files of this folder, as one module."""
    files = (Path(__file__).parent / f"{name}.js" for name in ("runtime", *names))
    return "\n".join(file.read_text("utf-8") for file in files)


class BrowserWidget(anywidget.AnyWidget):
    """A widget that computes in the browser what it can and asks Python for the rest.

    A subclass gives its functions with `offer` and its still picture with `still`. The networks are kept as they
    were when the widget was made. An exception in a callback on a trait is shown in the widget.
    """

    invitation = "Run this cell to move it by hand."  # ends the caption of the still picture
    _css = Path(__file__).parent / "style.css"

    error = traitlets.Unicode().tag(sync=True)
    _networks = traitlets.Dict().tag(sync=True)  # name -> {"layers": [...]}, or {}: ask Python
    _weights = traitlets.Bytes().tag(sync=True)  # of all networks, as 16-bit floats

    def __init__(self, **traits: object) -> None:
        self._functions: dict[str, Callable[[Tensor], Tensor]] = {}
        super().__init__(**traits)
        self.on_msg(self._answer)

    def offer(
        self, name: str, function: Callable[[Tensor], Tensor], network: nn.Sequential | None, rows: Tensor
    ) -> None:
        """Let the browser compute `function`, from rows (N, I) to rows (N, O), under this name.

        It runs `network` there, if it knows all layers and the network gives what the function gives for `rows`;
        else each call goes to Python.
        """
        self._functions[name] = function
        layers, weights = None, b""
        if network is not None and _gives_the_same(network, function, rows):
            layers, weights = for_browser(network, rows, start=len(self._weights) // 2)
        self._networks = {**self._networks, name: {} if layers is None else {"layers": layers}}
        self._weights += weights

    def offer_decoder(self, model: nn.Module, codes: Tensor) -> None:
        """Offer the plain decoder, from z (N, J) to pixels (N, H W), tried on codes (N, J) and on the prior."""
        points = torch.cat([prior_points(16, model.latent_dim), codes])
        self.offer("decoder", lambda rows: decode(model, rows).flatten(1), decoder_for(model), points)

    def still(self) -> tuple[Figure, str, str]:
        """What stays visible without a live kernel: a figure, its caption, and its alt text."""
        raise NotImplementedError

    def set_state(self, sync_data: dict) -> None:
        """Take what the hand did; what a callback raises then is shown, with its place."""
        try:
            super().set_state(sync_data)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            self.error = f"{type(error).__name__} in {place.name}, line {place.lineno}: {error}"
        else:
            self.error = ""

    def _answer(self, _widget: object, question: dict, _buffers: list) -> None:
        try:
            with torch.no_grad():
                rows = torch.tensor(question["rows"], dtype=torch.float32)
                numbers = self._functions[question["name"]](rows)
            self.send({"to": question["id"]}, [numbers.float().cpu().numpy().tobytes()])
        except Exception as error:
            self.send({"to": question["id"], "error": f"{type(error).__name__}: {error}"})

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        """The live widget, and a still picture for whoever reads the notebook without a kernel."""
        bundle, metadata = super()._repr_mimebundle_(**kwargs)
        figure, caption, alt = self.still()
        caption += f" {self.invitation}"
        bundle["text/plain"] = f"{caption}\n[{alt}]"
        bundle["text/html"] = (
            f'<figure class="vae-lessons-still">{as_img(figure, alt)}'
            f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        )
        return bundle, metadata


class Lookup(nn.Module):
    """The last number of a row (N, J + 1) is a choice: put the chosen row of table (Y, C) there -> (N, J + C)."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.table = nn.Parameter(table.detach().clone(), requires_grad=False)

    def forward(self, rows: Tensor) -> Tensor:
        return torch.cat([rows[:, :-1], self.table[rows[:, -1].long()]], 1)


def for_browser(
    network: nn.Sequential, rows: Tensor, start: int = 0
) -> tuple[list[dict], bytes] | tuple[None, bytes]:
    """A network as the browser reads it: its layers, and their weights as 16-bit floats from position `start` on.

    rows (N, ...) is a batch that the network takes. (None, b"") if it has a layer that the browser does not know.
    """
    layers, weights = [], []

    def add(kind: str, *tensors: Tensor | None, **sizes: tuple[int, ...]) -> None:
        layer = {"kind": kind, **sizes}
        for name, tensor in zip(("weight", "bias"), tensors, strict=False):
            if tensor is not None:
                layer[name] = start + sum(map(len, weights))
                weights.append(tensor.detach().cpu().flatten())
        layers.append(layer)

    shapes = [shape for _, shape in layer_shapes(network, tuple(rows.shape[1:]))]
    for layer, before, after in zip(network, shapes, shapes[1:], strict=False):
        ends, kind = {"before": before, "after": after}, type(layer)
        if kind in _ELEMENTWISE and getattr(layer, "approximate", "none") == "none":
            add(_ELEMENTWISE[kind])
        elif kind is Lookup:
            add("lookup", layer.table, columns=layer.table.shape[1])
        elif kind is nn.Linear and len(before) == 1:
            add("linear", layer.weight, layer.bias, **ends)
        elif kind in (nn.Conv2d, nn.ConvTranspose2d) and _is_plain(layer):
            sizes = {"kernel": layer.kernel_size, "stride": layer.stride, "padding": layer.padding}
            name = "convolution" if kind is nn.Conv2d else "transposed"
            add(name, layer.weight, layer.bias, **ends, **sizes)
        elif kind not in (nn.Flatten, nn.Unflatten, nn.Identity, nn.Dropout):  # which move no number
            return None, b""
    return layers, torch.cat([torch.zeros(0), *weights]).half().numpy().astype("<f2").tobytes()


def _is_plain(layer: nn.Conv2d | nn.ConvTranspose2d) -> bool:
    zeros_around = layer.padding_mode == "zeros" and not isinstance(layer.padding, str)
    return zeros_around and layer.groups == 1 and layer.dilation == (1, 1)


@torch.no_grad()
def _gives_the_same(network: nn.Sequential, function: Callable[[Tensor], Tensor], rows: Tensor) -> bool:
    """Whether the network, its weights rounded to 16 bits, gives what the function gives."""
    rounded = deepcopy(network).cpu().eval()
    for parameter in rounded.parameters():
        parameter.copy_(parameter.half())
    try:
        here, there = rounded(rows).flatten(1), function(rows).cpu()
    except RuntimeError:  # the function puts something else before the network
        return False
    allowed = TOLERANCE * there.abs().clamp(min=1)
    return here.shape == there.shape and bool(((here - there).abs() <= allowed).all())


def decoder_for(model: nn.Module) -> nn.Sequential | None:
    """The network from a row (z, and what is told of a condition) to pixels, where the model has one to show."""
    decoder = getattr(model, "decoder", None)
    return nn.Sequential(*decoder, nn.Sigmoid()) if isinstance(decoder, nn.Sequential) else None


def encoder_for(model: nn.Module, shape: Sequence[int]) -> nn.Sequential | None:
    """The network from pixels (N, H W) to mu and logvar in one row (of an autoencoder: z), if there is one to show."""
    heads = [getattr(model, name, None) for name in ("to_mu", "to_logvar", "to_z")]
    heads = [head for head in heads if isinstance(head, nn.Linear)]
    if not heads or not isinstance(getattr(model, "encoder", None), nn.Sequential):
        return None
    both = nn.utils.skip_init(nn.Linear, heads[0].in_features, sum(head.out_features for head in heads))
    with torch.no_grad():
        both.weight.copy_(torch.cat([head.weight for head in heads]))
        both.bias.copy_(torch.cat([head.bias for head in heads]))
    return nn.Sequential(nn.Unflatten(1, (1, *shape)), *model.encoder, both)


@torch.no_grad()
def encode(model: nn.Module, x: Tensor, conditions: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """mu (N, J) and std (N, J) of images (N, 1, H, W); std is None for a model that encodes points."""
    device = next(model.parameters()).device
    told = () if conditions is None else (to_condition(conditions).to(device),)
    code = model.encode(to_unit(x).to(device), *told)
    if isinstance(code, Tensor):
        return code.cpu(), None
    mu, logvar = code
    return mu.cpu(), (0.5 * logvar).exp().cpu()


@torch.no_grad()
def decode(model: nn.Module, z: Tensor, *told: Tensor) -> Tensor:
    """Images x_hat (N, 1, H, W) in [0, 1] of points z (N, J)."""
    device = next(model.parameters()).device
    return model.decode(z.to(device), *(condition.to(device) for condition in told)).sigmoid().cpu()


def as_bytes(images: Tensor) -> bytes:
    """Images (N, 1, H, W), uint8 or float in [0, 1], as one byte a pixel."""
    check_images(images)
    return (to_unit(images) * 255).round().to(torch.uint8).cpu().numpy().tobytes()


def prior_points(n: int, latent_dim: int) -> Tensor:
    """n points of the prior (n, J), the same each time; the caller's random numbers stay as they are."""
    return torch.randn(n, latent_dim, generator=torch.Generator().manual_seed(0))


def checked_numbers(name: str, values: object, count: int) -> tuple[float, ...]:
    """The values as a tuple of `count` finite numbers; raises TraitError for anything else."""
    try:
        numbers = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        raise traitlets.TraitError(f"{name} is a tuple of {count} numbers, not {values!r}.") from None
    if len(numbers) != count:
        raise traitlets.TraitError(f"{name} has {len(numbers)} numbers, and this model needs {count}.")
    if not all(map(math.isfinite, numbers)):
        raise traitlets.TraitError(f"{name} = {numbers} holds a number that is NaN or infinite.")
    return numbers
