"""Oracles: PyTorch, formulas in float64, a second reader of what the browser gets, and Node running its own."""

import json
import math
import re
import shutil
import subprocess
import time
import tomllib
from base64 import b64encode
from functools import cache
from importlib.resources import files

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import nn
from traitlets import TraitError

from tests.conftest import REPOSITORY
from vae_lessons import evaluation, latent_space, widgets
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.conditional_vae import ConditionalVAE, OneHot
from vae_lessons.data.images import binarize
from vae_lessons.data.digits import draw
from vae_lessons.networks import conv_encoder
from vae_lessons.training.loop import TrainConfig, fit
from vae_lessons.vae import VAE
from vae_lessons.widgets import (
    BalanceExplorer,
    DrawingPad,
    Interpolator,
    LatentPlane,
    LatentSliders,
    Reparameterizer,
    TrainingMonitor,
    training_monitor,
)
from vae_lessons.widgets.network_export import for_browser
from vae_lessons.widgets.browser_widget import script

IMAGES, LABELS, _ = draw(60, seed=0)
X = IMAGES / 255
ATTRIBUTES = 0.5 + torch.rand(60, 2, generator=torch.Generator().manual_seed(0))
ATTRIBUTES[0] = 0  # there, and at their average, a deaf decoder and one that hears agree
ATTRIBUTES[30:] = -ATTRIBUTES[:30]
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="Node.js is not on this machine")


def vivid(model):
    """The model with weights so large that its pictures differ."""
    for weight in model.parameters():
        weight.data *= 3 if weight.ndim > 1 else 1
    return model


def vae(latent_dim=3, seed=0, **more):
    torch.manual_seed(seed)
    return vivid(VAE(latent_dim, 16, **more))


def conditional(embed, condition_dim, condition_in="both", architecture="mlp"):
    torch.manual_seed(0)
    return vivid(ConditionalVAE(embed, condition_dim, 3, 16, architecture, condition_in))


@torch.no_grad()
def decoded(model, z, *told):
    return model.decode(torch.as_tensor(z), *told).sigmoid()


@torch.no_grad()
def encoded(model, x, *told):
    mu, logvar = model.encode(x, *told)
    return mu, logvar


def as_bytes(images):
    return np.rint(255 * images.numpy()).astype(np.uint8).tobytes()


def ink(figure, axis):
    return np.asarray(figure.axes[axis].images[0].get_array())


def close(found, expected, **tolerance):
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), **({"atol": 1e-5} | tolerance))


# ---- What the front end computes: by a network that Python gave it, or by asking.


def numpy_reader(layers, weights, rows):
    """Rows (N, I) -> rows (N, O), read from the format by itself."""
    numbers = np.frombuffer(weights, "<f2").astype(np.float64)
    return np.stack([forward(layers, numbers, np.array(row, np.float64)) for row in rows])


def forward(layers, numbers, x):
    elementwise = {
        "relu": lambda x: np.maximum(x, 0),
        "silu": lambda x: x / (1 + np.exp(-x)),
        "gelu": lambda x: 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))),
        "tanh": np.tanh,
        "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    }

    def read(start, *shape):
        return numbers[start : start + math.prod(shape)].reshape(shape)

    for layer in layers:
        if layer["kind"] in elementwise:
            x = elementwise[layer["kind"]](x)
            continue
        if layer["kind"] == "lookup":
            width = layer["columns"]
            x = np.concatenate([x[:-1], read(layer["weight"] + int(x[-1]) * width, width)])
            continue
        here, there = layer["before"], layer["after"]
        if layer["kind"] == "linear":
            (inputs,), (outputs,) = here, there
            x = read(layer["weight"], outputs, inputs) @ x
        elif layer["kind"] == "convolution":
            x = convolved(x.reshape(here), read(layer["weight"], there[0], here[0], *layer["kernel"]), layer)
        elif layer["kind"] == "transposed":
            x = transposed(x.reshape(here), read(layer["weight"], here[0], there[0], *layer["kernel"]), layer)
        if "bias" in layer:
            x = x + read(layer["bias"], there[0]).reshape(-1, *[1] * (x.ndim - 1))
        x = x.ravel()
    return x


def convolved(x, kernel, layer):
    (down, right), (high, wide), (top, left) = layer["stride"], layer["kernel"], layer["padding"]
    x = np.pad(x, ((0, 0), (top, top), (left, left)))
    y = np.zeros(layer["after"])
    for row, column in np.ndindex(y.shape[1:]):
        seen = x[:, row * down : row * down + high, column * right : column * right + wide]
        y[:, row, column] = np.einsum("oihw,ihw->o", kernel, seen)
    return y


def transposed(x, kernel, layer):
    (down, right), (high, wide), (top, left) = layer["stride"], layer["kernel"], layer["padding"]
    outputs, rows, columns = layer["after"]
    sheet = np.zeros(
        (outputs, top + rows + len(x[0]) * down + high, left + columns + len(x[0, 0]) * right + wide)
    )
    for row, column in np.ndindex(x.shape[1:]):
        stamp = np.einsum("i,iohw->ohw", x[:, row, column], kernel)
        sheet[:, row * down : row * down + high, column * right : column * right + wide] += stamp
    return sheet[:, top : top + rows, left : left + columns]


def in_node(code, data, source="runtime"):
    """What this code puts into `answer`, run behind a widget's JavaScript with `data`."""
    javascript = script(source) if source != "runtime" else script()
    code = f"""import {{ readFileSync }} from "node:fs";
        {javascript}
        const data = JSON.parse(readFileSync(0, "utf8"));
        {code}
        process.stdout.write(JSON.stringify(answer));"""
    command = [NODE, "--input-type=module", "--eval", code]
    run = subprocess.run(command, input=json.dumps(data), capture_output=True, text=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def node_reader(layers, weights, rows):
    """Rows (N, I) -> rows (N, O), by the widgets' own runtime."""
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


def ask(widget, name, rows):
    """Python's answer to a question of the front end, which writes 0.0 as 0: its content and its buffers."""
    rows = [[int(value) if value == int(value) else value for value in row] for row in rows]
    sent = []
    widget.comm.send = lambda data, buffers: sent.append((data["content"], buffers))
    question = {"method": "custom", "content": {"id": f"{name} 7", "name": name, "rows": rows}}
    widget.comm.handle_msg({"content": {"data": question}, "buffers": []})
    ((content, buffers),) = sent
    assert content["to"] == f"{name} 7"
    return content, buffers


def found(widget, name, rows, read=numpy_reader):
    """Rows (N, O) as the front end comes by them."""
    rows = rows.tolist()
    if "layers" in widget._networks[name]:
        return read(json.loads(json.dumps(widget._networks[name]["layers"])), widget._weights, rows)
    _, (buffer,) = ask(widget, name, rows)
    return np.frombuffer(buffer, "<f4").reshape(len(rows), -1)


MODELS = {  # the model, its conditions, and whether the browser can run its decoder
    "autoencoder": lambda: (vivid(Autoencoder(3, 16)), None, True),
    "autoencoder conv": lambda: (vivid(Autoencoder(3, 16, "conv")), None, True),
    "vae": lambda: (vae(), None, True),
    "vae conv": lambda: (vae(architecture="conv"), None, True),
    "vae gaussian": lambda: (vae(pixel_std=0.1), None, True),
    "one-hot": lambda: (conditional(OneHot(10), 10), LABELS, True),
    "one-hot conv": lambda: (conditional(OneHot(10), 10, architecture="conv"), LABELS, True),
    "one-hot encoder": lambda: (conditional(OneHot(10), 10, "encoder"), LABELS, True),
    "one-hot decoder": lambda: (conditional(OneHot(10), 10, "decoder"), LABELS, True),
    "embedding": lambda: (conditional(nn.Embedding(10, 4), 4), LABELS, True),
    "embedding encoder": lambda: (conditional(nn.Embedding(10, 4), 4, "encoder"), LABELS, True),
    "attributes": lambda: (conditional(nn.Identity(), 2), ATTRIBUTES, True),
    "attributes conv": lambda: (conditional(nn.Identity(), 2, architecture="conv"), ATTRIBUTES, True),
    "attributes encoder": lambda: (conditional(nn.Identity(), 2, "encoder"), ATTRIBUTES, False),
    "attributes decoder": lambda: (conditional(nn.Identity(), 2, "decoder"), ATTRIBUTES, True),
    "attributes squashed": lambda: (conditional(nn.Tanh(), 2), 3 * ATTRIBUTES, False),
    "images": lambda: (conditional(conv_encoder(6), 6), IMAGES.flip(0), True),
    "images encoder": lambda: (conditional(conv_encoder(6), 6, "encoder"), IMAGES.flip(0), True),
    "images decoder": lambda: (conditional(conv_encoder(6), 6, "decoder"), X.flip(0), True),
}


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
        told = conditions[[0, 10, 20, 30, 40]]
        rows, expected = torch.cat([z, told], 1), decoded(model, z, told)
    else:
        told = torch.arange(5) if conditions.ndim == 1 else X.flip(0)[:5]
        rows, expected = torch.cat([z, torch.arange(5.0)[:, None]], 1), decoded(model, z, told)
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


# ---- What cannot run in the browser.


class Wrapped(nn.Module):
    """It decodes, and has no decoder; beyond 8 it raises."""

    def __init__(self):
        super().__init__()
        self.inner, self.latent_dim = vae(), 3

    def decode(self, z):
        if z.max() > 8:
            raise ValueError("this is too far out")
        return self.inner.decode(z)


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


def told_otherwise():
    """A conditional model of which only `told` has its usual name."""

    class Other(ConditionalVAE):
        def decode(self, z, condition):
            return self.network(torch.cat([z, self.told("decoder", condition)], 1))

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
    model = told_otherwise()
    sliders = LatentSliders(model, IMAGES, LABELS)
    assert sliders._networks["decoder"] == {}
    rows = torch.tensor([[0.5, 1.0, 0.0, 4.0]])
    close(found(sliders, "decoder", rows), decoded(model, rows[:, :3], torch.tensor([4])).flatten(1))


def test_python_answers_where_every_number_is_whole():
    _, (buffer,) = ask(LatentSliders(Wrapped()), "decoder", [[0.0, 0.0, 0.0], [1.0, 0.0, -2.0]])
    expected = decoded(vae(), torch.tensor([[0.0, 0.0, 0.0], [1.0, 0.0, -2.0]]))
    assert bytes(buffer) == expected.numpy().tobytes()


@pytest.mark.parametrize(
    ("name", "rows", "text"),
    [("decoder", [[9.5, 0.0, 0.0]], "ValueError: this is too far out"), ("x", [[0.5]], "x")],
)
def test_what_goes_wrong_in_an_answer_is_told_to_who_asked(name, rows, text):
    content, buffers = ask(LatentSliders(Wrapped()), name, rows)
    assert text in content["error"]
    assert not buffers


def test_the_networks_stay_as_they_were_when_the_widget_was_made():
    model = vae()
    sliders = LatentSliders(model)
    z = torch.ones(1, 3)
    before = decoded(model, z).flatten(1)
    for weight in model.parameters():
        weight.data.zero_()
    close(found(sliders, "decoder", z), before, atol=1e-2)


# ---- What every widget does.

WIDGETS = {  # how to make it for a model, and what a hand sets at time t
    "BalanceExplorer": (
        lambda model: BalanceExplorer({"first": model, "second": model}, IMAGES),
        lambda t: {"chosen": "first" if t < 0.5 else "second"},
    ),
    "DrawingPad": (
        lambda model: DrawingPad(model, IMAGES, LABELS),
        lambda t: {"z": [t, -t, 0.5], "drawing": memoryview(bytes([int(255 * t)] * 784))},
    ),
    "Interpolator": (lambda model: Interpolator(model, IMAGES), lambda t: {"t": t, "end": int(7 * t)}),
    "LatentPlane": (
        lambda model: LatentPlane(model, IMAGES, LABELS),
        lambda t: {"z": [t, -t, 0.5], "chosen": int(9 * t)},
    ),
    "LatentSliders": (lambda model: LatentSliders(model, IMAGES), lambda t: {"z": [t, -t, 0.5]}),
    "Reparameterizer": (
        lambda model: Reparameterizer(model, X[:1]),
        lambda t: {"mu": t, "std": 1 + t, "eps": -t},
    ),
    "TrainingMonitor": (lambda model: TrainingMonitor(model), lambda t: {"stopped": t > 0.5}),
}
every_widget = pytest.mark.parametrize("name", WIDGETS)
every_widget_with_z = pytest.mark.parametrize("name", ["LatentSliders", "LatentPlane", "DrawingPad"])


def made(name):
    return WIDGETS[name][0](vae())


@cache
def bundle(name):
    """What a notebook keeps of a widget."""
    return made(name)._repr_mimebundle_()[0]


def test_these_are_all_widgets():
    assert list(WIDGETS) == sorted(widgets.__all__)


@every_widget
def test_readers_without_a_kernel_see_a_captioned_picture(name):
    assert bundle(name)["application/vnd.jupyter.widget-view+json"]["model_id"]
    markup = bundle(name)["text/html"]
    assert markup.startswith('<figure class="vae-lessons-still"><img src="data:image/png;base64,')
    assert len(re.search(r' alt="([^"]+)"', markup)[1]) > 20
    caption = re.search(r"<figcaption>(.+)</figcaption></figure>$", markup)[1]
    assert re.search(r"\. Run this cell to (move|watch) it.*\.$", caption)


@every_widget
def test_the_plain_text_holds_words_and_no_address_or_path(name):
    text = bundle(name)["text/plain"]
    assert re.fullmatch(r".{20,}\.\n\[[A-Z].{20,}\.\]", text)
    assert not re.search(r"0x[0-9a-f]{4}|object at|tensor\(|\w/\w|\\", text), text


@every_widget
def test_a_widget_opens_no_figure_that_stays(name):
    assert bundle(name)
    assert plt.get_fignums() == []


@every_widget
def test_making_a_widget_leaves_the_model_and_the_callers_random_numbers_alone(name):
    model = vae().train()
    weights = {key: weight.clone() for key, weight in model.state_dict().items()}
    before = torch.get_rng_state()
    WIDGETS[name][0](model)
    assert model.training
    assert all(torch.equal(weights[key], weight) for key, weight in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), before)


@every_widget
def test_many_moves_are_fast_and_the_last_one_counts(name):
    widget, moved = made(name), WIDGETS[name][1]
    start = time.perf_counter()
    for step in range(200):
        widget.set_state(moved(step / 199))
    assert time.perf_counter() - start < 2
    assert widget.error == ""
    for trait, value in moved(1.0).items():
        assert getattr(widget, trait) == {list: tuple, memoryview: bytes}.get(type(value), type(value))(value)


@every_widget
def test_an_exception_in_a_callback_is_shown_with_its_place_until_the_next_good_change(name):
    def broken(change):
        raise RuntimeError("no such picture")

    widget, moved = made(name), WIDGETS[name][1]
    trait = next(iter(moved(0.0)))
    widget.set_state(moved(0.0))
    widget.observe(broken, trait)
    widget.set_state(moved(1.0))
    line = broken.__code__.co_firstlineno + 1
    assert widget.error == f"RuntimeError in broken, line {line}: no such picture"
    widget.unobserve(broken, trait)
    widget.set_state(moved(0.0))
    assert widget.error == ""


@every_widget_with_z
def test_z_follows_the_hand_and_the_code(name):
    widget, seen = made(name), []
    widget.observe(lambda change: seen.append(change.new), "z")
    widget.set_state({"z": [1, -0.5, 2]})
    widget.z = [0.25, 0, 0]
    assert seen == [(1.0, -0.5, 2.0), (0.25, 0.0, 0.0)]
    assert all(type(value) is float for value in widget.z)


@every_widget_with_z
@pytest.mark.parametrize(
    ("z", "text"),
    [
        ((1.0, 2.0), "2 numbers.*needs 3"),
        ((), "0 numbers.*needs 3"),
        ((0.0, math.nan, 0.0), "NaN or infinite"),
        ((0.0, 0.0, -math.inf), "NaN or infinite"),
        (("a", 0.0, 0.0), "'a'"),
        (None, "z"),
    ],
)
def test_a_z_that_is_no_point_is_refused_and_the_old_one_stays(name, z, text):
    widget = made(name)
    before = widget.z
    with pytest.raises(TraitError, match=text) as error:
        widget.z = z
    assert len(str(error.value).splitlines()) <= 2
    widget.set_state({"z": z})
    assert re.match(f"TraitError in .*{text}", widget.error)
    assert widget.z == before


@every_widget
def test_the_script_of_a_widget_has_one_default_export(name):
    assert len(re.findall(r"^export default \{ render \};$", made(name)._esm, re.MULTILINE)) == 1


@needs_node
def test_every_script_is_a_module_that_renders():
    code = """
        const answer = [];
        for (const module of data) {
          const found = await import(`data:text/javascript;base64,${module}`);
          answer.push([Object.keys(found), typeof found.default.render]);
        }"""
    modules = [b64encode(made(name)._esm.encode()).decode() for name in WIDGETS]
    assert in_node(code, modules) == [[["default"], "function"]] * len(WIDGETS)


def sources():
    return {
        file.name: file.read_text("utf-8")
        for file in files(widgets).iterdir()
        if not file.name.startswith("__")
    }


def test_every_widget_lies_beside_its_script_and_the_wheel_takes_the_whole_package():
    names = set(sources())
    for name in WIDGETS:
        module = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
        assert {f"{module}.py", f"{module}.js"} <= names
    assert {"runtime.js", "style.css"} <= names
    wheel = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"][
        "targets"
    ]["wheel"]
    assert wheel["packages"] == ["vae_lessons"]
    assert not wheel.keys() & {"exclude", "include", "only-include"}


def test_nothing_is_fetched_but_from_the_server_of_the_page():
    for name, text in sources().items():
        if name.endswith((".js", ".css")):
            text = text.replace('"http://www.w3.org/2000/svg"', "").replace("fetch(`${baseUrl}api/", "")
            assert not re.search(r"https?:|//\w+\.\w+|fetch\(|XMLHttp|WebSocket|import\b|url\(", text), name


# ---- LatentSliders.


def test_each_slider_says_what_its_latent_knows():
    model = vae()
    mu, logvar = (code.double().numpy() for code in encoded(model, X))
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).mean(0)
    sliders = LatentSliders(model, IMAGES)
    close(sliders._kl, kl, rtol=1e-4)
    close(sliders._kl, evaluation.average_kl_per_latent(model, IMAGES))
    assert np.ptp(kl) > 0.1
    assert LatentSliders(Autoencoder(3, 16), IMAGES)._kl == []
    assert LatentSliders(model)._kl == []


def test_what_a_latent_knows_beside_the_condition_is_measured_with_it():
    model = conditional(OneHot(10), 10)
    mu, logvar = (code.double().numpy() for code in encoded(model, X, LABELS))
    kl = 0.5 * (mu**2 + np.exp(logvar) - 1 - logvar).mean(0)
    close(LatentSliders(model, IMAGES, LABELS)._kl, kl, rtol=1e-4)


@pytest.mark.parametrize("images", [IMAGES, X, IMAGES[:3]], ids=["bytes", "floats", "three"])
def test_a_click_on_an_image_leads_to_its_code(images):
    model = vae()
    sliders = LatentSliders(model, images)
    assert sliders._images == IMAGES[: len(images)][:8].numpy().tobytes()
    close([code["z"] for code in sliders._codes], encoded(model, X[: len(images)][:8])[0])
    sliders.set_state(sliders._codes[2])
    close(ink(sliders.still()[0], 1), decoded(model, encoded(model, X[2:3])[0])[0, 0])


def test_sliders_work_without_images_and_for_a_model_that_only_decodes():
    for model in (vae(), Wrapped()):
        sliders = LatentSliders(model)
        sliders.z = (0.5, -1.0, 2.0)
        close(ink(sliders.still()[0], 1), decoded(vae(), [[0.5, -1.0, 2.0]])[0, 0])
        assert (sliders._codes, sliders._images, sliders._shape) == ([], b"", [28, 28])


def test_sliders_carry_the_names_they_are_given_and_reach_as_far_as_they_should():
    assert LatentSliders(vae())._names == ["z[0]", "z[1]", "z[2]"]
    sliders = LatentSliders(vae(), names=("mu", "logvar", "eps"), limit=5.0)
    assert (sliders._names, sliders._limit) == (["mu", "logvar", "eps"], 5.0)
    bars = sliders.still()[0].axes[0]
    assert [label.get_text() for label in bars.get_yticklabels()] == ["mu", "logvar", "eps"]
    assert bars.get_xlim() == (-5, 5)


@pytest.mark.parametrize("name", ["one-hot", "embedding", "attributes", "images"])
def test_a_click_on_an_image_brings_its_condition_along(name):
    model, conditions, _ = MODELS[name]()
    sliders = LatentSliders(model, IMAGES, conditions)
    told = conditions / 255 if conditions.ndim == 4 else conditions
    mu, _ = encoded(model, X, told)
    close([code["z"] for code in sliders._codes], mu[:8])
    for n in (5, 2):
        sliders.set_state(sliders._codes[n])
        condition = {1: LABELS[n].item(), 2: tuple(ATTRIBUTES[n].tolist()), 4: n}[conditions.ndim]
        assert sliders.condition == condition
        assert sliders.error == ""
        close(ink(sliders.still()[0], 1), decoded(model, mu[n : n + 1], told[n : n + 1])[0, 0])


def test_each_label_has_a_button_with_its_name():
    model = conditional(OneHot(10), 10)
    low = LABELS.clamp(max=4)
    assert LatentSliders(model, IMAGES, low)._choices == ["0", "1", "2", "3", "4"]
    sliders = LatentSliders(model, IMAGES, low, condition_names="abcdefghij")
    assert sliders._choices == list("abcdefghij")
    sliders.condition = 9
    close(ink(sliders.still()[0], 1), decoded(model, [sliders.z], torch.tensor([9]))[0, 0])


def test_each_attribute_has_a_slider_over_the_values_it_takes():
    model = conditional(nn.Identity(), 2)
    sliders = LatentSliders(model, IMAGES, ATTRIBUTES, condition_names=("slant", "width"))
    assert [each["name"] for each in sliders._attributes] == ["slant", "width"]
    close([each["min"] for each in sliders._attributes], ATTRIBUTES.min(0).values)
    close([each["max"] for each in sliders._attributes], ATTRIBUTES.max(0).values)
    sliders.set_state({"condition": [0.5, -1]})
    assert sliders.condition == (0.5, -1.0)
    assert [each["name"] for each in LatentSliders(model, IMAGES, ATTRIBUTES)._attributes] == [
        "condition[0]",
        "condition[1]",
    ]


def test_attributes_may_be_whole_numbers():
    whole = (ATTRIBUTES > 0).long()
    model = conditional(nn.Identity(), 2)
    sliders = LatentSliders(model, IMAGES, whole)
    sliders.condition = (0, 1)
    close(ink(sliders.still()[0], 1), decoded(model, [sliders.z], torch.tensor([[0.0, 1.0]]))[0, 0])


def test_images_as_conditions_are_shown_to_choose_from():
    model, conditions, _ = MODELS["images"]()
    sliders = LatentSliders(model, IMAGES, conditions)
    assert sliders._choice_images == conditions[:8].numpy().tobytes()
    sliders.condition = 6
    close(ink(sliders.still()[0], 1), decoded(model, [sliders.z], conditions[6:7] / 255)[0, 0])


@pytest.mark.parametrize(
    ("name", "condition"),
    [("one-hot", 10), ("one-hot", -1), ("one-hot", "3"), ("images", 8), ("vae", 3)]
    + [("attributes", (0.5,)), ("attributes", (0.5, 0.5, 0.5)), ("attributes", 3)]
    + [("attributes", (0.5, math.nan)), ("attributes", (math.inf, 0.5)), ("attributes", ("a", 0.5))],
)
def test_a_condition_that_does_not_fit_is_refused_and_the_old_one_stays(name, condition):
    model, conditions, _ = MODELS[name]()
    sliders = LatentSliders(model, IMAGES, conditions)
    before = sliders.condition
    with pytest.raises(TraitError, match="condition") as error:
        sliders.condition = condition
    assert len(str(error.value).splitlines()) <= 2
    assert sliders.condition == before


@pytest.mark.parametrize(
    ("name", "conditions", "more", "text"),
    [
        ("one-hot", LABELS[:-1], {}, "60 images"),
        ("attributes", ATTRIBUTES / 0, {}, "NaN or infinite"),
        ("one-hot", LABELS, {"condition_names": ("a", "b")}, "condition_names"),
        ("attributes", ATTRIBUTES, {"condition_names": ("a",)}, "condition_names"),
        ("vae", None, {"names": ("a", "b")}, "names"),
    ],
)
def test_conditions_and_names_that_do_not_fit_are_refused(name, conditions, more, text):
    with pytest.raises(ValueError, match=text) as error:
        LatentSliders(MODELS[name]()[0], IMAGES, conditions, **more)
    assert len(str(error.value).splitlines()) <= 5


# ---- LatentPlane.


def spread(model, by=1.0, around=0.0):
    """The model with codes `by` times as far apart, around another centre."""
    model.to_mu.weight.data *= by
    model.to_mu.bias.data += around
    return model


def places(plane, z):
    """Where points (N, J) lie on the plane, by its own word, in float64."""
    origin, basis = np.array(plane._origin), np.array(plane._basis)
    return (np.asarray(z, dtype=float) - origin) @ basis.T


@pytest.mark.parametrize("dims", [(0, 1), (1, 3), (3, 0)])
def test_a_plane_of_two_latents_shows_these_two(dims):
    model = vae(4)
    plane = LatentPlane(model, IMAGES, dims=dims)
    mu, logvar = encoded(model, X)
    close(plane._codes, mu)
    close(plane._stds, (logvar / 2).exp())
    close(places(plane, mu), mu[:, list(dims)])
    assert plane._axes == [f"z[{j}]" for j in dims]
    assert plane._gallery == list(range(8))
    assert plane.chosen == 0
    close(plane.z, mu[0])
    assert plane._images == IMAGES.numpy().tobytes()


def test_a_plane_through_three_images_holds_their_codes():
    model = vae(6)
    plane = LatentPlane(model, IMAGES, through=(7, 3, 11))
    codes = encoded(model, X)[0][[7, 3, 11]].double().numpy()
    basis = np.array(plane._basis)
    close(basis @ basis.T, np.eye(2))
    close(np.array(plane._origin) + places(plane, codes) @ basis, codes)
    close(plane.z, codes[0])
    (x0, y0), (x1, y1), (_, y2) = places(plane, codes)
    assert (x0, y0, y1) == pytest.approx((0, 0, 0), abs=1e-5)
    assert x1 > 0.01
    assert y2 > 0.01
    assert plane._gallery == [7, 3, 11]


@pytest.mark.parametrize("which", [{"dims": (1, 2)}, {"through": (1, 2, 3)}])
@pytest.mark.parametrize(
    ("by", "around"), [(0.01, 0.0), (30.0, 0.0), (1.0, 8.0)], ids=["near", "far", "aside"]
)
def test_the_map_shows_every_code_and_the_prior(by, around, which):
    model = spread(vae(4), by, around)
    plane = LatentPlane(model, IMAGES, **which)
    assert plane._has_prior
    centre = places(plane, np.zeros(4))
    shown = np.concatenate([places(plane, plane._codes), centre + [[-3, 0], [3, 0], [0, -3], [0, 3]]])
    left, bottom, side = plane._box
    assert (shown >= [left, bottom]).all()
    assert (shown <= [left + side, bottom + side]).all()
    assert side < 1.3 * np.ptp(shown, 0).max()


def test_the_map_of_an_autoencoder_shows_its_codes_and_no_prior():
    torch.manual_seed(0)
    model = Autoencoder(3, 16)
    plane = LatentPlane(model, IMAGES)
    codes = model.encode(X).detach()
    close(plane._codes, codes)
    assert (plane._has_prior, plane._stds) == (False, [])
    assert plane._box[2] == pytest.approx(1.04 * np.ptp(codes[:, :2].numpy(), 0).max(), rel=1e-4)


def test_the_still_picture_of_a_plane_has_the_cross_at_z_and_what_is_decoded_there():
    model = vae(4)
    plane = LatentPlane(model, IMAGES, LABELS, dims=(1, 3))
    plane.z = (0.5, -1.0, 2.0, 1.5)
    figure, _, alt = plane.still()
    close(figure.axes[0].lines[-1].get_xydata(), [[-1.0, 1.5]])
    close(ink(figure, 1), decoded(model, [plane.z])[0, 0])
    assert "-1.00, 1.50" in alt


def test_points_are_drawn_as_the_first_letter_of_their_class():
    named = LatentPlane(vae(), IMAGES, LABELS.clamp(max=2), ["Bag", "Coat", "Dress"])
    assert (named._labels, named._glyphs) == (LABELS.clamp(max=2).tolist(), ["B", "C", "D"])
    assert LatentPlane(vae(), IMAGES, LABELS.clamp(max=2))._glyphs == ["0", "1", "2"]
    assert LatentPlane(vae(), IMAGES)._labels == []


ALIKE = IMAGES[[4, 4, 9, 17]]


@pytest.mark.parametrize(
    ("images", "labels", "more", "text"),
    [
        (IMAGES, LABELS, {"dims": (1, 1)}, "dims.*0 to 2"),
        (IMAGES, LABELS, {"dims": (0, 3)}, "dims.*0 to 2"),
        (IMAGES, LABELS, {"dims": (-1, 0)}, "dims.*0 to 2"),
        (IMAGES, LABELS, {"dims": (0, 1, 2)}, "dims.*0 to 2"),
        (IMAGES, LABELS, {"through": (1, 2, 2)}, "through.*below 60"),
        (IMAGES, LABELS, {"through": (1, 2, 60)}, "through.*below 60"),
        (IMAGES, LABELS, {"through": (1, 2)}, "through.*below 60"),
        (ALIKE, None, {"through": (0, 1, 2)}, "through"),
        (ALIKE, None, {"through": (0, 2, 1)}, "through"),
        (ALIKE, None, {"through": (2, 0, 1)}, "through"),
        (IMAGES, LABELS[:-1], {}, "60 images.*59 labels"),
        (IMAGES.repeat(9, 1, 1, 1), LABELS.repeat(9)[:-1], {}, "540 images.*539 labels"),
    ],
)
def test_a_plane_that_cannot_be_laid_is_refused(images, labels, more, text):
    with pytest.raises(ValueError, match=text) as error:
        LatentPlane(vae(), images, labels, **more)
    assert len(str(error.value).splitlines()) <= 5


def test_only_an_image_on_the_map_can_be_chosen():
    plane = LatentPlane(vae(), IMAGES)
    plane.chosen = 59
    for wrong in (60, -2):
        with pytest.raises(TraitError, match="0 to 59"):
            plane.chosen = wrong
    assert plane.chosen == 59
    plane.chosen = -1


# ---- DrawingPad.


def test_x_is_the_drawing_as_the_encoder_sees_it():
    model = vae()
    pad = DrawingPad(model, IMAGES[3:])
    close(pad.x, X[3:4])
    close(pad.z, encoded(model, X[3:4])[0][0])
    drawing = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    update = {"method": "update", "state": {"z": [1, 2, 3]}, "buffer_paths": [["drawing"]]}
    message = {
        "content": {"data": update},
        "buffers": [memoryview(drawing.tobytes())],
    }  # as it comes to the kernel
    pad.comm.handle_msg(message)
    assert pad.error == ""
    assert pad.z == (1.0, 2.0, 3.0)
    close(255 * pad.x[0, 0], drawing)
    assert pad.x.shape == (1, 1, 28, 28)
    figure = pad.still()[0]
    close(ink(figure, 0), pad.x[0, 0])
    close(ink(figure, 1), decoded(model, encoded(model, pad.x)[0])[0, 0])


def test_the_pad_maps_the_two_latents_that_know_most():
    model = vae(6)
    model.to_mu.bias.data = torch.tensor([0.0, 0.0, 3.0, 0.0, -5.0, 1.0])
    pad = DrawingPad(model, IMAGES)
    assert pad._axes == ["z[2]", "z[4]"]
    close(places(pad, pad._codes), encoded(model, X)[0][:, [2, 4]])


def test_a_pad_needs_two_latents_and_a_whole_drawing():
    with pytest.raises(ValueError, match="two latents"):
        DrawingPad(vae(1), IMAGES)
    pad = DrawingPad(vae(), IMAGES)
    with pytest.raises(TraitError, match="784 bytes, not 3"):
        pad.drawing = b"123"
    close(pad.x, X[:1])


def test_the_pad_maps_the_first_two_latents_of_an_autoencoder():
    assert DrawingPad(Autoencoder(4, 16), IMAGES)._axes == ["z[0]", "z[1]"]


# ---- Interpolator.


@pytest.mark.parametrize("way", ["lerp", "slerp"])
@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_the_interpolated_point_is_on_the_way_from_code_to_code(way, t):
    model = vae()
    interpolator = Interpolator(model, IMAGES)
    mu, _ = encoded(model, X)
    close(interpolator._codes, mu[:8])
    assert interpolator._images == IMAGES[:8].numpy().tobytes()
    interpolator.set_state({"start": 6, "end": 2, "way": way, "t": t})
    close(interpolator.z, getattr(latent_space, way)(mu[6], mu[2], torch.tensor([t]))[0])
    if t in (0.0, 1.0):
        close(interpolator.z, mu[2 if t else 6])


@pytest.mark.parametrize("way", ["lerp", "slerp"])
def test_the_still_picture_of_an_interpolator_shows_both_ways_from_end_to_end(way):
    model = vae()
    interpolator = Interpolator(model, IMAGES)
    interpolator.set_state({"start": 6, "end": 2, "way": way})
    figure = interpolator.still()[0]
    mu, _ = encoded(model, X)
    points = getattr(latent_space, way)(mu[6], mu[2], torch.linspace(0, 1, 9))
    for n in range(9):
        close(ink(figure, n), (1 - n / 8) * X[6, 0] + n / 8 * X[2, 0])
        close(ink(figure, 9 + n), decoded(model, points[n : n + 1])[0, 0])


@needs_node
@pytest.mark.parametrize("start", [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [-2.0, 0.1, 0.4]])
def test_the_arc_in_the_browser_is_the_arc_in_python(start):
    end, t = [4.0, -0.2, -0.8], [0.0, 0.25, 0.9, 1.0]
    points = in_node(
        "const answer = data.t.map((t) => slerp(data.start, data.end, t));",
        {"start": start, "end": end, "t": t},
        "interpolator",
    )
    close(points, latent_space.slerp(torch.tensor(start), torch.tensor(end), torch.tensor(t)))


@pytest.mark.parametrize(
    "wrong", [{"start": 8}, {"end": 8}, {"start": -1}, {"t": 1.5}, {"t": math.nan}, {"way": "arc"}]
)
def test_what_is_not_between_two_images_is_refused(wrong):
    interpolator = Interpolator(vae(), IMAGES)
    ((trait, value),) = wrong.items()
    before = getattr(interpolator, trait)
    with pytest.raises(TraitError, match=trait) as error:
        setattr(interpolator, trait, value)
    assert len(str(error.value).splitlines()) <= 2
    assert getattr(interpolator, trait) == before


def test_one_image_is_no_way():
    with pytest.raises(ValueError, match="two or more"):
        Interpolator(vae(), IMAGES[:1])


# ---- BalanceExplorer.


def test_rate_and_distortion_are_those_of_binary_images():
    torch.manual_seed(0)
    models = {"beta 1": VAE(2, 16), "beta 4": VAE(4, 16)}
    explorer = BalanceExplorer(models, IMAGES)
    assert explorer._names == list(models)
    x = binarize(IMAGES) / 255
    noise = torch.Generator().manual_seed(3)
    for model, numbers in zip(models.values(), explorer._numbers, strict=True):
        mu, logvar = (code.double() for code in encoded(model, x))
        rate = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean().item()
        assert numbers["rate"] == pytest.approx(rate, rel=1e-4)
        z = mu + (logvar / 2).exp() * torch.randn(200, *mu.shape, generator=noise)
        with torch.no_grad():
            logits = model.decode(z.float().flatten(0, 1)).double().view(200, *x.shape)
        cross_entropy = ((logits.exp() + 1).log() - x * logits).sum((2, 3, 4)).mean().item()
        assert numbers["distortion"] == pytest.approx(cross_entropy, rel=0.01)
        elbo = evaluation.test_elbo(model, binarize(IMAGES))
        assert numbers["rate"] + numbers["distortion"] == pytest.approx(-elbo, rel=1e-5)


def test_the_explorer_rebuilds_images_and_decodes_the_same_points_with_every_model():
    first, second = vae(2), vae(4, seed=1)
    second.decoder[0].weight.data[:, :2] = first.decoder[0].weight.data
    second.decoder[0].weight.data[:, 2:] = 0.0
    second.decoder[0].bias.data = first.decoder[0].bias.data
    second.decoder[2] = first.decoder[2]
    explorer = BalanceExplorer({"first": first, "second": second}, X, samples=5)
    rebuilt = torch.cat([decoded(model, encoded(model, X[:8])[0]) for model in (first, second)])
    found = np.frombuffer(explorer._rebuilt, np.uint8).astype(float)
    close(found, 255 * rebuilt.flatten(), atol=0.51)
    assert explorer._images == as_bytes(X[:8])
    here, there = np.frombuffer(explorer._sampled, np.uint8).reshape(2, 5, 784)
    close(here, there)
    assert len(np.unique(here, axis=0)) == 5


def test_the_chosen_model_is_the_one_on_the_still_picture():
    models = {"weak": vae(), "middle": vae(seed=1), "strong": vae(seed=2)}
    explorer = BalanceExplorer(models, IMAGES)
    assert explorer.chosen == "middle"
    explorer.set_state({"chosen": "strong"})
    figure, caption, _ = explorer.still()
    assert caption.startswith(f"strong: rate {explorer._numbers[2]['rate']:.1f}, ")
    close(ink(figure, 8), decoded(models["strong"], encoded(models["strong"], X[:1])[0])[0, 0])
    for wrong in ("stronger", "", 3, None):
        with pytest.raises(TraitError, match="chosen") as error:
            explorer.chosen = wrong
        assert len(str(error.value).splitlines()) <= 2
    assert explorer.chosen == "strong"


def test_no_model_is_refused():
    with pytest.raises(ValueError, match="no model"):
        BalanceExplorer({}, IMAGES)


# ---- Reparameterizer.


def test_z_is_mu_and_std_times_eps():
    by_hand = Reparameterizer()
    by_hand.set_state({"mu": -1, "std": 0.5, "eps": 3.0})
    assert by_hand.z == 0.5
    figure, caption, _ = by_hand.still()
    assert "z = -1.00 + 0.50 * 3.00 = 0.50" in caption
    assert figure.axes[0].lines[0].get_xdata().tolist() == [3.0, 0.5]


def test_one_latent_of_an_image_begins_where_the_encoder_puts_it():
    model = vae()
    by_hand = Reparameterizer(model, IMAGES[4:5], latent=2)
    mu, logvar = encoded(model, X[4:5])
    assert by_hand.mu == pytest.approx(mu[0, 2].item(), abs=1e-6)
    assert by_hand.std == pytest.approx(math.exp(0.5 * logvar[0, 2].item()), rel=1e-5)
    close(by_hand._z, mu[0])
    assert (by_hand._latent, by_hand._shape) == (2, [28, 28])
    close(found(by_hand, "decoder", torch.ones(1, 3)), decoded(model, torch.ones(1, 3)).flatten(1), atol=1e-2)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"model": vae()}, "both"),
        ({"x": X[:1]}, "both"),
        ({"model": vae(), "x": X[:1], "latent": 3}, "latent=3.*0 to 2"),
        ({"model": vae(), "x": X[:1], "latent": -1}, "latent=-1.*0 to 2"),
        ({"model": Autoencoder(3, 16), "x": X[:1]}, "std|point|region"),
    ],
)
def test_what_cannot_be_reparameterized_is_refused(arguments, text):
    with pytest.raises(ValueError, match=text):
        Reparameterizer(**arguments)


@pytest.mark.parametrize(
    "wrong", [{"std": 0.0}, {"std": -1.0}, {"std": math.nan}, {"mu": math.nan}, {"eps": "a"}]
)
def test_numbers_that_give_no_bell_curve_are_refused(wrong):
    by_hand = Reparameterizer()
    ((trait, value),) = wrong.items()
    with pytest.raises(TraitError, match=trait) as error:
        setattr(by_hand, trait, value)
    assert len(str(error.value).splitlines()) <= 2


# ---- TrainingMonitor.

SHORT = TrainConfig(epochs=2, batch_size=6)  # 10 steps an epoch


@pytest.fixture
def displayed(monkeypatch):
    """What the monitor displays, and what it puts there later."""
    outputs = []

    class Place:
        def update(self, widget):
            outputs.append(("update", widget.still()[1]))

    def display(widget, display_id):
        outputs.append(("display", widget.still()[1]))
        return Place()

    monkeypatch.setattr(training_monitor, "display", display)
    monkeypatch.setattr(training_monitor, "SECONDS", 0.0)  # look at every step
    return outputs


@pytest.mark.parametrize("extra", [nn.Identity(), nn.Dropout(0.5)], ids=["plain", "dropout"])
def test_a_watched_model_is_the_same_bit_for_bit(extra, displayed):
    weights = []
    for watched in (False, True):
        torch.manual_seed(0)
        model = VAE(3, 16)
        model.decoder.insert(1, extra)
        fit(model, IMAGES, SHORT, progress=False, monitor=TrainingMonitor(model) if watched else None)
        weights.append(model.state_dict())
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


def test_the_monitor_shows_both_terms_at_every_look(displayed):
    model = VAE(3, 16)
    monitor = TrainingMonitor(model)
    history = fit(model, IMAGES, SHORT, progress=False, monitor=monitor)
    steps = np.array(monitor._steps)
    close(steps[:, 0], np.arange(1, 21) / 20)
    close(steps[:, 1].reshape(2, 10).mean(1), history.log_px_z, rtol=1e-4)
    close(steps[:, 2].reshape(2, 10).mean(1), history.kl, rtol=1e-4, atol=1e-4)
    assert monitor._ended
    assert not monitor.stopped


def test_a_row_of_samples_is_added_each_time_training_has_gone_twice_as_far(displayed):
    monitor = TrainingMonitor(VAE(3, 16))
    grown = []
    monitor.observe(lambda change: grown.append(step), "_samples")
    for step in range(1, 129):
        monitor.step(step / 128, torch.zeros(6), torch.zeros(6))
    assert grown == [1, 2, 4, 8, 16, 32, 64, 128]
    assert len(monitor._samples) == 8 * 8 * 784


def test_the_rows_are_the_same_points_decoded_anew(displayed):
    model = VAE(3, 16)
    monitor = TrainingMonitor(model)
    for done in (0.01, 0.1, 0.4):
        if done == 0.4:
            model.decoder[2].bias.data += 1
        monitor.step(done, torch.zeros(6), torch.zeros(6))
    first, second, third = np.frombuffer(monitor._samples, np.uint8).reshape(3, 8, 784).astype(int)
    assert (first == second).all()
    assert (first < third).all()
    assert len(np.unique(first, axis=0)) == 8


def test_between_two_looks_the_curves_show_averages(displayed, monkeypatch):
    monkeypatch.setattr(training_monitor, "SECONDS", 1000.0)
    monitor = TrainingMonitor(VAE(3, 16))
    for step in range(1, 5):
        monitor.step(step / 4, torch.full((6,), -10.0 * step), torch.full((6,), 1.0 * step))
    assert monitor._steps == []
    monitor.end()
    assert monitor._steps == [[1.0, -25.0, 2.5]]


def test_stop_ends_training_cleanly(displayed):
    model = VAE(3, 16)
    monitor = TrainingMonitor(model)

    def press_stop(change):
        if len(change.new) == 13:
            monitor.set_state({"stopped": True})

    monitor.observe(press_stop, "_steps")
    history = fit(model, IMAGES, SHORT, progress=False, monitor=monitor)
    assert history.interrupted
    assert len(history.kl) == 1
    assert len(monitor._steps) == 13
    assert monitor._ended
    assert not model.training
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_the_monitor_appears_once_and_leaves_its_last_picture(displayed):
    model = VAE(3, 16)
    fit(model, IMAGES, SHORT, progress=False, monitor=TrainingMonitor(model))
    assert [what for what, _ in displayed] == ["display", "update"]
    assert "100 % of training" in displayed[1][1]
    assert "100 % of training" not in displayed[0][1]


def test_the_monitor_shows_a_loaded_run_as_what_it_was(displayed, tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_LESSONS_CACHE", str(tmp_path))
    monkeypatch.delenv("VAE_LESSONS_FRESH")
    torch.manual_seed(0)
    first = VAE(3, 16)
    torch.manual_seed(0)
    model = VAE(3, 16)
    history = fit(first, IMAGES, SHORT, progress=False)
    monitor = TrainingMonitor(model)
    fit(model, IMAGES, SHORT, progress=False, monitor=monitor)
    close(
        monitor._steps, [[0.5, history.log_px_z[0], history.kl[0]], [1.0, history.log_px_z[1], history.kl[1]]]
    )
    assert monitor._ended
    assert len(monitor._samples) == 8 * 28 * 28, "one row of samples: those on the way were not kept"
    assert len(displayed) == 1 and "100 % of training" in displayed[0][1]


@pytest.mark.parametrize(
    ("file", "kernel"),
    [
        ("kernel-1b9e-44.json", "1b9e-44"),
        ("of-my-own.json", ""),
        (RuntimeError("not in a running kernel"), ""),
    ],
)
def test_the_monitor_knows_the_kernel_that_its_stop_button_interrupts(file, kernel, monkeypatch):
    def connection_file():
        if isinstance(file, Exception):
            raise file
        return f"/run/jupyter/{file}"

    monkeypatch.setattr(training_monitor, "get_connection_file", connection_file)
    assert TrainingMonitor(VAE(3, 16))._kernel == kernel


def test_the_monitor_ends_with_a_picture_after_an_error_too(displayed):
    class Broken(VAE):
        calls = 0

        def log_likelihood(self, x_logits, x):
            self.calls += 1
            return super().log_likelihood(x_logits, x) * (math.nan if self.calls == 8 else 1.0)

    model = Broken(3, 16)
    monitor = TrainingMonitor(model)
    with pytest.raises(FloatingPointError, match="step 8"):
        fit(model, IMAGES, SHORT, progress=False, monitor=monitor)
    assert monitor._ended
    assert len(monitor._steps) == 7
    assert displayed[-1][0] == "update"


def test_weights_that_turn_nan_are_reported_as_such_and_not_by_the_monitor(displayed):
    model = VAE(3, 16)
    model.decoder[0].weight.register_hook(lambda gradient: gradient * math.nan)
    with pytest.raises(FloatingPointError, match="the loss became nan"):
        fit(model, IMAGES, SHORT, progress=False, monitor=TrainingMonitor(model))


def test_the_curves_leave_out_the_first_steps_which_are_far_off(displayed):
    monitor = TrainingMonitor(VAE(3, 16))
    for step in range(1, 21):
        monitor.step(step / 20, torch.full((6,), -200.0 + step), torch.full((6,), 0.5 * step))
    for axis, values in zip(
        monitor.still()[0].axes, (range(-198, -179), np.arange(1, 10.5, 0.5)), strict=False
    ):
        close(axis.lines[0].get_xdata(), range(10, 105, 5))
        close(axis.lines[0].get_ydata(), values)


@pytest.mark.parametrize("steps", [0, 1, 20])
def test_the_monitor_has_a_still_picture_at_every_stage(steps, displayed):
    monitor = TrainingMonitor(VAE(3, 16))
    for step in range(1, steps + 1):
        monitor.step(step / 20, torch.full((6,), -200.0 + step), torch.full((6,), 2.0))
    bundle, _ = monitor._repr_mimebundle_()
    assert bundle["text/plain"].startswith(f"{5 * steps} % of training")
