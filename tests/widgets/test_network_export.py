"""The browser, or a second reader of what it gets, computes what PyTorch computes."""

from base64 import b64encode

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn

from tests.widgets.readers import ask, found, in_node, needs_node, numpy_reader
from tests.widgets.samples import IMAGES, LABELS, MODELS, Wrapped, X, close, decoded, vae, vivid
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.conditional_vae import ConditionalVAE, OneHot
from vae_lessons.vae import VAE
from vae_lessons.widgets import (
    DrawingPad,
    LatentSliders,
)
from vae_lessons.widgets.network_export import for_browser


def node_reader(layers, weights, rows):
    """Rows (N, I) -> rows (N, O), by the widgets' own script."""
    code = """
        const bytes = Uint8Array.from(Buffer.from(data.weights, "base64"));
        const state = { _networks: { it: { layers: data.layers } }, _weights: new DataView(bytes.buffer) };
        let answer;
        connect({ get: (trait) => state[trait], on() {} }, "it")(data.rows, (found) => {
          answer = found.map((row) => Array.from(row));
        });"""
    data = {"layers": layers, "weights": b64encode(weights).decode(), "rows": rows}
    return np.array(in_node(code, data), dtype=float)


READERS = [pytest.param(numpy_reader, id="numpy"), pytest.param(node_reader, id="node", marks=needs_node)]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("name", MODELS)
def test_the_front_end_decodes_what_the_model_decodes(name, read):
    torch.manual_seed(0)
    model, conditions, in_browser = MODELS[name]()
    sliders = LatentSliders(model, IMAGES, conditions)
    z = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    rows, expected = z, None
    if conditions is None:
        expected = decoded(model, z)
    elif conditions.ndim == 2:
        condition = conditions[[0, 10, 20, 30, 40]]
        rows, expected = torch.cat([z, condition], 1), decoded(model, z, condition)
    else:
        condition = torch.arange(5) if conditions.ndim == 1 else X.flip(0)[:5]
        rows, expected = torch.cat([z, torch.arange(5.0)[:, None]], 1), decoded(model, z, condition)
    assert expected.std(0).max() > 0.1
    close(found(sliders, "decoder", rows, read), expected.flatten(1), atol=1e-2)
    assert bool(sliders._networks["decoder"]) == in_browser


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("architecture", ["mlp", "conv"])
@pytest.mark.parametrize("kind", [VAE, Autoencoder])
def test_the_front_end_encodes_a_drawing_as_the_model_does(kind, architecture, read):
    torch.manual_seed(0)
    model = vivid(kind(3, 16, architecture))
    pad = DrawingPad(model, IMAGES)
    with torch.no_grad():
        expected = model.encode(X[:5]) if kind is Autoencoder else torch.cat(model.encode(X[:5]), 1)
    assert expected.std(0).max() > 0.1
    close(found(pad, "encoder", X[:5].flatten(1), read), expected, atol=1e-2, rtol=1e-2)
    z = torch.randn(5, 3, generator=torch.Generator().manual_seed(1))
    close(found(pad, "decoder", z, read), decoded(model, z).flatten(1), atol=1e-2)
    assert pad._networks["decoder"]
    assert pad._networks["encoder"]


def agrees(network, x, read, before=5):
    """A network reads back as PyTorch computes it, when its weights stand behind others."""
    for weight in network.parameters():
        weight.data = weight.data.half().float()
    layers, weights = for_browser(network, x, start=before)
    with torch.no_grad():
        expected = network(x).flatten(1)
    close(read(layers, bytes(2 * before) + weights, x.flatten(1).tolist()), expected, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("kind", [nn.Conv2d, nn.ConvTranspose2d])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_any_convolution_is_read_as_pytorch_computes_it(data, kind, read):
    def pair(name, low, high):
        return data.draw(st.tuples(st.integers(low, high), st.integers(low, high)), name)

    size, kernel, stride, padding = (
        pair("size", 1, 7),
        pair("kernel", 1, 4),
        pair("stride", 1, 3),
        pair("padding", 0, 2),
    )
    inputs, outputs = pair("channels", 1, 3)
    more = {"stride": stride, "padding": padding, "bias": data.draw(st.booleans(), "bias")}
    if kind is nn.Conv2d:
        assume(all(n + 2 * edge >= k for n, edge, k in zip(size, padding, kernel, strict=True)))
    else:
        more["output_padding"] = tuple(
            data.draw(st.integers(0, step - 1), "output padding") for step in stride
        )
        measures = zip(size, stride, padding, kernel, more["output_padding"], strict=True)
        assume(all((n - 1) * step - 2 * edge + k + extra > 0 for n, step, edge, k, extra in measures))
    torch.manual_seed(0)
    agrees(nn.Sequential(kind(inputs, outputs, kernel, **more)), torch.randn(2, inputs, *size), read)


@pytest.mark.parametrize("read", READERS)
@settings(max_examples=15, deadline=None)
@given(
    widths=st.lists(st.integers(1, 9), min_size=2, max_size=4),
    after=st.sampled_from([nn.ReLU, nn.SiLU, nn.GELU, nn.Tanh, nn.Sigmoid, nn.Identity, nn.Dropout]),
    bias=st.booleans(),
)
def test_any_chain_of_linear_layers_is_read_as_pytorch_computes_it(widths, after, bias, read):
    torch.manual_seed(0)
    layers = [(nn.Linear(a, b, bias=bias), after()) for a, b in zip(widths, widths[1:], strict=False)]
    network = nn.Sequential(*[layer for pair in layers for layer in pair]).eval()
    for weight in network.parameters():
        weight.data *= 3
    agrees(network, torch.randn(3, widths[0]), read)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("layer", [nn.ReLU, nn.SiLU, nn.GELU, nn.Tanh, nn.Sigmoid])
def test_every_activation_is_read_as_pytorch_computes_it(layer, read):
    agrees(nn.Sequential(layer()), torch.linspace(-6, 6, 121)[None], read)


@needs_node
def test_every_sixteen_bit_number_is_read_as_it_was_written():
    halves = np.arange(2**16, dtype="<u2").view("<f2")
    halves = halves[np.isfinite(halves)]
    code = """
        const bytes = Uint8Array.from(Buffer.from(data, "base64"));
        const answer = Array.from(float32(new DataView(bytes.buffer, 6)));"""
    numbers = in_node(code, b64encode(b"before" + halves.tobytes()).decode())
    close(numbers, halves.astype(float), atol=0, rtol=0)


class Brighter(VAE):
    def decode(self, z):
        return self.decoder(z) + 1


class Normed(nn.Linear):
    """A linear layer by name, which computes something else."""

    def forward(self, x):
        return nn.functional.linear(x, nn.functional.normalize(self.weight), self.bias)


def with_decoder(*layers):
    torch.manual_seed(0)
    model = VAE(3, 16)
    model.decoder = nn.Sequential(nn.Linear(3, 16), *layers).eval()
    return vivid(model)


def with_maps(*layers):
    """Convolutions from (2, 28, 28) to (1, 28, 28)."""
    return with_decoder(nn.ReLU(), nn.Linear(16, 1568), nn.Unflatten(1, (2, 28, 28)), *layers)


def with_images(*layers):
    return with_decoder(*layers, nn.Linear(16, 784), nn.Unflatten(1, (1, 28, 28)))


def batch_norm():
    norm = nn.BatchNorm1d(16)
    norm.running_mean += 0.5
    return norm


def too_large():
    model = vae()
    model.decoder[2].weight.data[0, 0] = 1e5
    return model


def given_otherwise():
    """A conditional model of which only `condition_for` has its usual name."""

    class Other(ConditionalVAE):
        def decode(self, z, condition):
            return self.network(torch.cat([z, self.condition_for("decoder", condition)], 1))

    model = vivid(Other(OneHot(10), 10, 3, 16))
    model.network = model.decoder
    del model.decoder
    return model


FOREIGN = {
    "no decoder": Wrapped,
    "decode does more": lambda: vivid(Brighter(3, 16)),
    "batch norm": lambda: with_images(batch_norm()),
    "groups": lambda: with_maps(nn.Conv2d(2, 2, 3, padding=1, groups=2), nn.Conv2d(2, 1, 1)),
    "dilation": lambda: with_maps(nn.Conv2d(2, 1, 3, padding=2, dilation=2)),
    "padding same": lambda: with_maps(nn.Conv2d(2, 1, 3, padding="same")),
    "padding circular": lambda: with_maps(nn.Conv2d(2, 1, 3, padding=1, padding_mode="circular")),
    "softplus": lambda: with_images(nn.Softplus()),
    "another gelu": lambda: with_images(nn.GELU(approximate="tanh")),
    "a block": lambda: with_images(nn.Sequential(nn.ReLU())),
    "weights above 65504": too_large,
}


UNUSUAL = {  # which the browser may run, if it does it rightly
    "padding valid": lambda: with_maps(nn.ConvTranspose2d(2, 2, 3), nn.Conv2d(2, 1, 3, padding="valid")),
    "linear on rows": lambda: with_maps(nn.Linear(28, 28), nn.Conv2d(2, 1, 1)),
    "linear by name only": lambda: with_images(Normed(16, 16), nn.ReLU()),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_what_the_browser_cannot_run_is_answered_by_python_bit_for_bit(name):
    model = FOREIGN[name]()
    sliders = LatentSliders(model)
    assert sliders._networks["decoder"] == {}
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
    content, (buffer,) = ask(sliders, "decoder", z.tolist())
    assert "error" not in content
    assert bytes(buffer) == decoded(model, z).numpy().tobytes()
    assert decoded(model, z).std(0).max() > 0.1


@pytest.mark.parametrize("name", UNUSUAL)
def test_a_decoder_that_is_unusual_is_shown_rightly_wherever_it_runs(name):
    model = UNUSUAL[name]()
    z = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
    close(found(LatentSliders(model), "decoder", z), decoded(model, z).flatten(1), atol=1e-2)


def test_a_conditional_model_without_a_decoder_is_answered_by_python():
    model = given_otherwise()
    sliders = LatentSliders(model, IMAGES, LABELS)
    assert sliders._networks["decoder"] == {}
    rows = torch.tensor([[0.5, 1.0, 0.0, 4.0]])
    close(found(sliders, "decoder", rows), decoded(model, rows[:, :3], torch.tensor([4])).flatten(1))
