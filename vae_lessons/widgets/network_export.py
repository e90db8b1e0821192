"""A PyTorch network as the browser reads it: its layers, and their weights as 16-bit floats."""

from collections.abc import Callable, Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from vae_lessons.networks import layer_shapes

TOLERANCE = 1e-2  # how far a network in the browser, with its 16-bit weights, may be from PyTorch
_ELEMENTWISE = {nn.ReLU: "relu", nn.SiLU: "silu", nn.GELU: "gelu", nn.Tanh: "tanh", nn.Sigmoid: "sigmoid"}


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
def gives_the_same(network: nn.Sequential, function: Callable[[Tensor], Tensor], rows: Tensor) -> bool:
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


def logits_for(model: nn.Module) -> nn.Sequential | None:
    """The network from a row (z, and what it is given of a condition) to x_logits, where the model has one to show."""
    decoder = getattr(model, "decoder", None)
    return decoder if isinstance(decoder, nn.Sequential) else None


def decoder_for(model: nn.Module) -> nn.Sequential | None:
    """The network from such a row to pixels in [0, 1], where the model has one to show."""
    network = logits_for(model)
    return None if network is None else nn.Sequential(*network, nn.Sigmoid())


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
