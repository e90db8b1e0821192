"""Each widget under mouse and keys: what the page shows is what PyTorch decodes, and nobody is left out."""

import re
from collections.abc import Callable
from urllib.parse import unquote

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Locator, Page, expect

from tests.browser.hand import CLOSE, ask, data, drag, furthest, pixels, press, soon
from tests.browser.offline import executed

SETUP = """
import json
import torch
from vae_lessons.data import digits, molecules
from vae_lessons.data.few_labels import FewLabelRuns
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.conditional_vae import ConditionalVAE, OneHot
from vae_lessons.data.vocabulary import Vocabulary
from vae_lessons.molecule_vae import MoleculeVAE, climb
from vae_lessons.vae import VAE
from vae_lessons.widgets import *

def bold(model):  # an untrained model that makes pictures worth telling apart
    torch.manual_seed(0)
    for name, weight in model.named_parameters():
        gain = (1.7 if "decoder" in name else 1) / weight[0].numel() ** 0.5
        torch.nn.init.normal_(weight, std=gain if weight.ndim > 1 else 0.5)
    return model.eval()

class Remote(torch.nn.Module):  # its decode does more than its decoder, so the browser must ask Python
    def __init__(self, model):
        super().__init__()
        self.model, self.latent_dim, self.encode = model, model.latent_dim, model.encode
    def decode(self, z):
        if z.abs().max() > 50:
            raise ValueError("z is too far out")
        return self.model.decode(z).roll(3, -1)

def breaks(change):
    1 / 0

images, labels, factors = digits.draw(100, seed=3)
slant = factors["slant"][:, None].float() / 30
KINDS = {"upside down": images[60:].flip(2), "negatives": 255 - images[60:]}
generator = torch.Generator().manual_seed(1)
kinds = torch.stack([images[labels == digit][:6, 0] for digit in range(10)], 1)  # (6, 10, 28, 28)
shown = {
    "labels": (50, 100, 1000), "weights": (0.0, 0.25, 0.5, 1.0), "real": kinds[:3], "made": kinds[3:],
    "mixing": 60 + 30 * torch.rand(3, 4, 2, 5, generator=generator),
    "methods": {"named mixture, VAE codes": 70 + 20 * torch.rand(3, 5, generator=generator)},
}
runs = FewLabelRuns(**(dict.fromkeys(FewLabelRuns.__annotations__) | shown))

def writer(*tokens):  # an untrained model of strings that differ along a walk, and its vocabulary
    torch.manual_seed(13)
    model = MoleculeVAE(len(tokens), 14, latent_dim=4, hidden_dim=16)
    for weight in model.parameters():
        weight.data *= 3 if weight.ndim > 1 else 1
    return model, Vocabulary(tokens, 14)

writers = {
    "selfies": writer(".", "[=C]", "[=O]", "[Branch1]", "[C]", "[N]", "[O]", "[Ring1]"),
    "smiles": writer(*".=CNO"),
}
spelled = {"selfies": {"CCO": ["[C]", "[C]", "[O]"], "CCC=O": ["[C]", "[C]", "[C]", "[=O]"]},
           "smiles": {"CCO": "CCO", "CCC=O": "CCC=O"}}

def walked(kind, start, near):  # predicted logP, strings, SMILES and logP of a walk
    model, vocabulary = writers[kind]
    z = climb(model, model.encode(vocabulary.to_tensor([spelled[kind][start]]))[0], 20, 0.4, 0.3 * near)[:, 0]
    strings = vocabulary.to_strings(model.write(z))
    smiles = [molecules.to_smiles(string, kind) for string in strings]
    return model.property_of(z).tolist(), strings, smiles, [one and molecules.logp(one) for one in smiles]
W = {}
"""
WIDGETS = {
    "sliders": "LatentSliders(bold(VAE(latent_dim=4)), images)",
    "sliders without images": "LatentSliders(bold(VAE(latent_dim=2)))",
    "sliders, convolutional": "LatentSliders(bold(VAE(latent_dim=4, architecture='conv')), images)",
    "sliders with labels": "LatentSliders(bold(ConditionalVAE(OneHot(10), 10)), images, labels)",
    "sliders with attributes": "LatentSliders(bold(ConditionalVAE(torch.nn.Identity(), 1)), images, slant, ['slant'])",
    "sliders with images": "LatentSliders(bold(ConditionalVAE(torch.nn.Sequential("
    "torch.nn.Flatten(), torch.nn.Linear(784, 6)), 6)), images, images.flip(2))",
    "sliders that ask Python": "LatentSliders(Remote(bold(VAE(latent_dim=4))), images)",
    "plane": "LatentPlane(bold(VAE(latent_dim=2)), images, labels)",
    "plane of an autoencoder": "LatentPlane(bold(Autoencoder(latent_dim=2)), images, labels)",
    "plane through three images": "LatentPlane(bold(VAE(latent_dim=6)), images, through=(0, 1, 5))",
    "plane that asks Python": "LatentPlane(Remote(bold(VAE(latent_dim=2))), images, labels)",
    "pad": "DrawingPad(bold(VAE(latent_dim=3)), images, labels)",
    "pad, convolutional": "DrawingPad(bold(VAE(latent_dim=2, architecture='conv')), images, labels)",
    "anomaly pad": "AnomalyPad(bold(VAE(latent_dim=3)), images[:60], KINDS)",
    "anomaly pad, convolutional": "AnomalyPad(bold(VAE(latent_dim=2, architecture='conv')), images[:60], KINDS)",
    "anomaly pad that asks Python": "AnomalyPad(Remote(bold(VAE(latent_dim=3))), images[:60], KINDS)",
    "interpolator": "Interpolator(bold(VAE(latent_dim=5)), images)",
    "explorer": "BalanceExplorer({f'beta {b}': bold(VAE(latent_dim=2 + b)) for b in range(3)}, images)",
    "mixing explorer": "MixingExplorer(runs)",
    "molecule walk": "MoleculeWalk(writers, ['CCO', 'CCC=O'])",
    "message stack": "MessageStack({f'seed {s}': bold(VAE(latent_dim=2 + s)) for s in range(2)}, images)",
    "prior explorer": "PriorExplorer(bold(VAE(latent_dim=3)), images, {'prior': torch.randn(20, 3), "
    "'flow': torch.randn(5, 20, 3)}, labels)",
    "reparameterizer": "Reparameterizer()",
    "reparameterizer on an image": "Reparameterizer(bold(VAE(latent_dim=4)), images[:1], latent=2)",
}
NAMED = list(WIDGETS)
MIXING, WALK = "mixing explorer", "molecule walk"


def gallery_notebook():
    cells = [f"w = W[{name!r}] = {widget}\nw" for name, widget in WIDGETS.items()]
    return new_notebook(cells=[new_code_cell(source) for source in (SETUP, *cells)])


@pytest.fixture(scope="module")
def gallery(open_for_module: Callable[..., Page]) -> Page:
    """One page with all widgets, in their order."""
    return open_for_module(gallery_notebook())


@pytest.fixture
def widget(gallery: Page, request: pytest.FixtureRequest) -> Locator:
    """The widget of the parameter `name`."""
    gallery.problems.clear()
    yield the(gallery, request.getfixturevalue("name"))
    assert gallery.problems == []


def the(page: Page, name: str) -> Locator:
    found = page.locator(".vae-lessons").nth(NAMED.index(name))
    found.wait_for()
    return found


def decoded(name: str, rows: str) -> str:
    """Python for what PyTorch decodes at these rows (N, I), 0 to 255."""
    return f"(255 * W[{name!r}]._functions['decoder'](({rows}).float())).round().int().tolist()"


def check_decoded(widget: Locator, name: str, canvas: Locator) -> list[int]:
    """The picture on the canvas is what PyTorch decodes at the z that the page shows, and Python knows this z."""
    row = f"W[{name!r}]._row()" if name.startswith("sliders") else f"torch.tensor([W[{name!r}].z])"
    soon(
        widget.page,
        lambda: furthest(ask(widget.page, f"list(W[{name!r}].z)"), data(widget, "z")) < 1e-5,
        "Python does not hear of the hand",
    )
    soon(
        widget.page,
        lambda: furthest(pixels(canvas), ask(widget.page, decoded(name, row))[0]) <= CLOSE,
        "the picture is not PyTorch's",
    )
    shown = pixels(canvas)
    assert max(shown) - min(shown) > 50, "a picture without contrast shows nothing"
    return shown


@pytest.mark.parametrize("name", [name for name in WIDGETS if name.startswith("sliders")])
def test_sliders_decode_by_keys_by_mouse_by_button_and_from_python(widget, name):
    big, sliders = widget.locator(".vl-big"), widget.locator("input[type=range][aria-label^='z[']")
    seen = [check_decoded(widget, name, big)]
    press(sliders.first, *["ArrowRight"] * 12)
    seen.append(check_decoded(widget, name, big))
    drag(sliders.last, (0.5, 0.5), (0.95, 0.5))
    seen.append(check_decoded(widget, name, big))
    assert data(widget, "z") == pytest.approx(ask(widget.page, f"list(W[{name!r}].z)"))
    ask(widget.page, f"setattr(W[{name!r}], 'z', (-1.0,) * len(W[{name!r}].z))")
    soon(widget.page, lambda: set(data(widget, "z")) == {-1}, "the page does not hear of Python")
    seen.append(check_decoded(widget, name, big))
    widget.get_by_role("button", name="Random").click()
    seen.append(check_decoded(widget, name, big))
    widget.get_by_role("button", name="Reset").click()
    assert set(data(widget, "z")) == {0}
    seen.append(check_decoded(widget, name, big))
    for before, after in zip(seen, seen[1:], strict=False):
        assert furthest(before, after) > 10 * CLOSE


@pytest.mark.parametrize("name", ["sliders with labels", "sliders with images"])
def test_a_chosen_condition_is_decoded_with_the_same_z(widget, name):
    big, z = widget.locator(".vl-big"), data(widget, "z")
    before = check_decoded(widget, name, big)
    widget.get_by_role("group", name="condition").get_by_role("button").nth(7).click()
    assert furthest(check_decoded(widget, name, big), before) > 10 * CLOSE
    assert data(widget, "z") == z
    assert ask(widget.page, f"W[{name!r}].condition") == 7


@pytest.mark.parametrize("name", ["sliders with attributes"])
def test_an_attribute_is_one_more_slider(widget, name):
    big = widget.locator(".vl-big")
    first = check_decoded(widget, name, big)
    press(widget.get_by_role("slider", name="slant"), "End")
    largest = ask(widget.page, "slant.max().item()")
    soon(
        widget.page,
        lambda: abs(ask(widget.page, f"W[{name!r}].condition[0]") - largest) < 0.02,
        "Python does not hear of the attribute",
    )
    assert furthest(check_decoded(widget, name, big), first) > CLOSE


@pytest.mark.parametrize("name", ["sliders", "sliders with labels", "sliders that ask Python"])
def test_a_click_encodes_an_image(widget, name):
    widget.get_by_role("button", name="encode 4").click()
    condition = ", labels[3:4]" if "labels" in name else ""
    code = ask(widget.page, f"W[{name!r}]._model.encode(images[3:4] / 255{condition})[0][0].tolist()")
    assert data(widget, "z") == pytest.approx(code, abs=1e-5)
    check_decoded(widget, name, widget.locator(".vl-big"))
    if condition:
        assert ask(widget.page, f"W[{name!r}].condition") == ask(widget.page, "labels[3].item()")


@pytest.mark.parametrize("name", ["sliders"])
def test_sliders_are_sorted_by_what_they_know(widget, name):
    kl = ask(widget.page, "(lambda mu, logvar: 0.5 * (mu**2 + logvar.exp() - 1 - logvar))("
             f"*W[{name!r}]._model.encode(images / 255)).mean(0).tolist()")  # fmt: skip
    shown = [row.get_attribute("aria-label") for row in widget.locator("input[type=range]").all()]
    assert shown == [f"z[{j}]" for j in sorted(range(len(kl)), key=lambda j: -kl[j])]


PLANES = [name for name in WIDGETS if name.startswith("plane")]


@pytest.mark.parametrize("name", PLANES)
def test_the_plane_decodes_where_the_cross_is_dragged_or_walks(widget, name):
    big, plane = widget.locator(".vl-big"), widget.get_by_role("slider", name="Plane of")
    start, z = check_decoded(widget, name, big), data(widget, "z")
    drag(plane, (0.4, 0.4), (0.7, 0.2))
    dragged = check_decoded(widget, name, big)
    left, bottom, side = ask(widget.page, f"list(W[{name!r}]._box)")
    place = ask(widget.page, f"W[{name!r}].place(torch.tensor([W[{name!r}].z]))[0].tolist()")
    assert place == pytest.approx([left + 0.7 * side, bottom + 0.8 * side], abs=0.01 * side)
    press(plane, *["Shift+ArrowDown"] * 4, "ArrowLeft")
    walked = check_decoded(widget, name, big)
    place = ask(widget.page, f"W[{name!r}].place(torch.tensor([W[{name!r}].z]))[0].tolist()")
    assert place == pytest.approx(
        [left + (0.7 - 1 / 80) * side, bottom + (0.8 - 20 / 80) * side], abs=0.01 * side
    )
    assert furthest(start, dragged) > CLOSE and furthest(dragged, walked) > CLOSE
    off_plane = ask(
        widget.page,
        f"(lambda w, z: (z - torch.tensor(w.z) - (w.place(z[None]) - w.place(torch.tensor([w.z])))[0] @ "
        f"torch.tensor(w._basis)).abs().max().item())(W[{name!r}], torch.tensor({z}))",
    )
    assert off_plane < 1e-4, "the hand left the plane"


@pytest.mark.parametrize("name", PLANES)
def test_a_chosen_image_shows_its_region_and_samples_of_it(widget, name):
    widget.get_by_role("button", name="choose 2").click()
    n = ask(widget.page, f"W[{name!r}]._gallery[1]")
    soon(widget.page, lambda: ask(widget.page, f"W[{name!r}].chosen") == n, "not chosen")
    model = f"W[{name!r}]._model"
    points = f"{model}.encode(images[{n}:{n + 1}] / 255)"
    small, tiles = widget.locator(".vl-small"), widget.locator(".vl-tile")
    assert pixels(small.nth(0)) == ask(widget.page, f"images[{n}].flatten().tolist()")
    if "autoencoder" in name:
        rebuilt = f"(255 * {model}.decode({points}).sigmoid()[0].flatten()).round().int().tolist()"
        assert furthest(pixels(small.nth(1)), ask(widget.page, rebuilt)) <= CLOSE
        expect(tiles.first).to_be_hidden()
        return
    rebuilt = f"(255 * {model}.decode({points}[0]).sigmoid()[0].flatten()).round().int().tolist()"
    expected = ask(widget.page, rebuilt)
    soon(widget.page, lambda: furthest(pixels(small.nth(1)), expected) <= CLOSE, "not its reconstruction")
    first = data(widget, "samples")
    assert len(first) == tiles.count() == 5
    for k, picture in enumerate(ask(widget.page, decoded(name, f"torch.tensor({first})"))):
        soon(
            widget.page,
            lambda k=k, p=picture: furthest(pixels(tiles.nth(k)), p) <= CLOSE,
            "not the sample's picture",
        )
    widget.get_by_role("button", name="Other samples").click()
    assert furthest(data(widget, "samples")[0], first[0]) > 1e-3
    mu, std = ask(widget.page, f"[{points}[0][0].tolist(), (0.5 * {points}[1][0]).exp().tolist()]")
    for point in [*first, *data(widget, "samples")]:
        assert max(abs((z - m) / s) for z, m, s in zip(point, mu, std, strict=True)) < 6
    if name == "plane":
        ellipse, side = widget.locator("ellipse"), ask(widget.page, f"W[{name!r}]._box[2]")
        radii = sorted(float(ellipse.get_attribute(radius)) for radius in ("rx", "ry"))
        assert radii == pytest.approx(sorted(2 * s * 720 / side for s in std), rel=0.01)


@pytest.mark.parametrize("name", ["plane"])
def test_enter_picks_the_nearest_image(widget, name):
    plane = widget.get_by_role("slider", name="Plane of")
    drag(plane, (0.5, 0.5), (0.55, 0.45))
    z = data(widget, "z")
    press(plane, "Enter")
    nearest = f"(W[{name!r}]._model.encode(images / 255)[0] - torch.tensor({z})).norm(dim=1).argmin().item()"
    n = ask(widget.page, nearest)
    soon(widget.page, lambda: ask(widget.page, f"W[{name!r}].chosen") == n, "not the nearest")


PADS = ["pad", "pad, convolutional"]


def check_drawing(widget: Locator, name: str) -> None:
    """What the encoder sees, where it puts it, and what is rebuilt, against PyTorch."""
    seen, rebuilt, at_cross = (widget.locator(".vl-small").nth(n) for n in range(3))
    x = pixels(seen)
    in_python = f"(W[{name!r}].x[0].flatten() * 255).round().int().tolist()"
    soon(widget.page, lambda: x == ask(widget.page, in_python), "Python does not hear of the drawing")
    model = f"W[{name!r}]._model"
    mu, std = ask(
        widget.page,
        f"(lambda mu, logvar: [mu[0].tolist(), (0.5 * logvar[0]).exp().tolist()])(*{model}.encode(W[{name!r}].x))",
    )
    assert data(widget, "mu") == pytest.approx(mu, abs=0.01)
    assert data(widget, "std") == pytest.approx(std, rel=0.02)
    code = f"torch.tensor([{mu}])"
    assert furthest(pixels(rebuilt), ask(widget.page, decoded(name, code))[0]) <= 2 * CLOSE
    check_decoded(widget, name, at_cross)


@pytest.mark.parametrize("name", PADS)
def test_a_drawing_is_centred_encoded_and_rebuilt(widget, name):
    check_drawing(widget, name)  # the example
    drag(widget.locator(".vl-pad"), (0.1, 0.1), (0.5, 0.1), (0.2, 0.6))  # a 7 in the upper left corner
    check_drawing(widget, name)
    x = pixels(widget.locator(".vl-small").first)
    inked = [(n // 28, n % 28) for n, value in enumerate(x) if value > 25]
    rows, columns = zip(*inked, strict=True)
    extent = max(max(rows) - min(rows), max(columns) - min(columns)) + 1
    assert 19 <= extent <= 22, "its longer side fills 20 of 28 pixels"
    weight = sum(x)
    for axis in (lambda n: n // 28, lambda n: n % 28):
        assert sum(value * (axis(n) + 0.5) for n, value in enumerate(x)) / weight == pytest.approx(
            14, abs=0.3
        )


@pytest.mark.parametrize("name", PADS[:1])
def test_the_pad_can_be_drawn_on_by_keys_and_cleared(widget, name):
    pad = widget.get_by_role("application", name="Drawing pad")
    press(pad, "Delete")
    assert set(pixels(widget.locator(".vl-small").first)) == {0}
    check_drawing(widget, name)
    press(pad, " ", *["Shift+ArrowDown"] * 4, " ", *["ArrowRight"] * 8)
    x = pixels(widget.locator(".vl-small").first)
    columns = {n % 28 for n, value in enumerate(x) if value > 25}
    assert 2 <= len(columns) <= 6, "one upright stroke: the lifted pen draws nothing"
    check_drawing(widget, name)
    widget.get_by_role("button", name="Clear").click()
    assert set(pixels(widget.locator(".vl-small").first)) == {0}


ANOMALY_PADS = [name for name in WIDGETS if name.startswith("anomaly pad")]


def check_score(widget: Locator, name: str) -> None:
    """The score, its verdict and the three pictures of the drawing that the page shows, against Python."""
    page, w = widget.page, f"W[{name!r}]"
    seen, rebuilt, surprise = widget.locator(".vl-view").all()
    x = pixels(seen)
    soon(
        page,
        lambda: x == ask(page, f"(255 * {w}.x.flatten()).int().tolist()"),
        "Python does not hear of the drawing",
    )
    score, percentile, threshold = ask(page, f"[{w}.score, {w}.percentile, {w}.threshold]")
    soon(page, lambda: data(widget, "score") == pytest.approx(score, rel=1e-3), "not Python's score")
    verdict = widget.locator(".vl-verdict").inner_text()
    shown = re.fullmatch(
        r"minus ELBO (\d+) nats, higher than (.+) % of normal images: (ALARM|no alarm)", verdict
    )
    assert float(shown[1]) == pytest.approx(score, abs=0.5 + 1e-3 * score)
    assert float(shown[2]) == pytest.approx(100 * percentile, abs=0.1 + 100 / 60)
    if abs(score - threshold) > 1e-3 * score:
        assert shown[3] == ("ALARM" if score > threshold else "no alarm")
    mean = f"{w}._model.decode({w}._model.encode({w}.x)[0]).sigmoid()"
    assert (
        furthest(pixels(rebuilt), ask(page, f"(255 * {mean}.flatten()).round().int().tolist()")) <= 2 * CLOSE
    )
    green = surprise.evaluate(
        """(canvas) => Array.from(canvas.getContext("2d").getImageData(0, 0, 28, 28).data)
            .filter((_, n) => n % 4 === 1)"""
    )
    nats = ask(page, f"{w}._terms({w}.x)[1].flatten().tolist()")
    assert furthest(green, np.interp(nats, [0, 2, 4], [255, 141, 39]).tolist()) <= CLOSE


def shown_rates(widget: Locator) -> list[float]:
    """Detections and false alarms in percent, and the AUROC, as the page words them."""
    words = widget.locator(".vl-beside p").inner_text()
    return [float(number) for number in re.fullmatch(
        r"detects (\d+) % at (.+) % false alarms; AUROC (.+)", words).groups()]  # fmt: skip


def put(widget: Locator, name: str, drawing: str) -> None:
    """Let Python set the drawing to these bytes, and wait until the page shows its score."""
    ask(widget.page, f"setattr(W[{name!r}], 'drawing', {drawing})")
    score = ask(widget.page, f"W[{name!r}].score")
    soon(
        widget.page,
        lambda: data(widget, "score") == pytest.approx(score, rel=1e-3),
        "not the drawing's score",
    )


@pytest.mark.parametrize("name", ANOMALY_PADS)
def test_a_drawing_is_scored_as_python_scores_it(widget, name):
    pad, x = widget.get_by_role("application", name="Drawing pad"), widget.locator(".vl-view").first
    check_score(widget, name)  # the example
    scores = [data(widget, "score")]
    drag(pad, (0.1, 0.1), (0.5, 0.1), (0.2, 0.6))
    check_score(widget, name)
    scores.append(data(widget, "score"))
    press(pad, " ", *["Shift+ArrowRight"] * 5, " ")
    check_score(widget, name)
    scores.append(data(widget, "score"))
    assert set(pixels(x)) == {0, 255}, "the model sees black and white alone"
    widget.get_by_role("button", name="Clear").click()
    assert set(pixels(x)) == {0}
    check_score(widget, name)
    scores.append(data(widget, "score"))
    press(pad, " ", *["Shift+ArrowDown"] * 4, " ")
    press(pad, "Delete")
    assert set(pixels(x)) == {0}
    assert len(set(scores)) == 4


@pytest.mark.parametrize("name", ANOMALY_PADS)
def test_the_threshold_decides_on_the_alarm_and_where_the_roc_curve_is(widget, name):
    page, w = widget.page, f"W[{name!r}]"
    knob, verdict = widget.get_by_role("slider", name="alarm above"), widget.locator(".vl-verdict")
    put(widget, name, "bytes(images[5].numpy())")
    marker = widget.locator(".vl-beside circle")
    for keys, alarm in (
        (["Home"], "ALARM"),
        (["PageUp"] * 3, None),
        (["ArrowRight"] * 7, None),
        (["End"], "no alarm"),
    ):
        press(knob, *keys)
        shown = float(knob.input_value())
        soon(page, lambda t=shown: ask(page, f"{w}.threshold") == t, "Python does not hear of the threshold")
        false_alarms, detections = ask(
            page,
            f"[sum(s > {shown} for s in scores) / len(scores) for scores in ({w}._normal, {w}._anomalies[0])]",
        )
        assert shown_rates(widget)[:2] == pytest.approx([100 * detections, 100 * false_alarms], abs=0.51)
        if alarm:
            expect(verdict).to_contain_text(f": {alarm}")
        at = [float(marker.get_attribute(axis)) for axis in ("cx", "cy")]
        assert at == pytest.approx([24 + 140 * false_alarms, 152 - 140 * detections])
        points = [tuple(map(float, point.split(","))) for point in
                  widget.locator(".vl-beside polyline").get_attribute("points").split()]  # fmt: skip
        assert min(abs(x - at[0]) + abs(y - at[1]) for x, y in points) < 1e-6, "the point lies on the curve"
    ask(page, f"setattr({w}, 'threshold', {w}.score - 1)")
    expect(verdict).to_contain_text(": ALARM")
    ask(page, f"setattr({w}, 'threshold', {w}.score + 1)")
    expect(verdict).to_contain_text(": no alarm")


@pytest.mark.parametrize("name", ANOMALY_PADS[:1])
def test_other_anomalies_are_compared_at_the_same_threshold(widget, name):
    page, w = widget.page, f"W[{name!r}]"
    ask(page, f"setattr({w}, 'threshold', sorted({w}._normal)[30])")
    before = ask(page, f"{w}.threshold")
    seen = []
    for place, kind in ((1, "negatives"), (0, "upside down")):
        widget.get_by_role("button", name=kind).click()
        soon(page, lambda k=kind: ask(page, f"{w}.chosen") == k, "not chosen")
        detections, auroc = ask(
            page,
            f"(lambda normal, other: [sum(s > {before} for s in other) / len(other), sum((o > n) + (o == n) / 2 "
            f"for n in normal for o in other) / len(normal) / len(other)])({w}._normal, {w}._anomalies[{place}])",
        )
        assert shown_rates(widget) == pytest.approx([100 * detections, 48.3, auroc], abs=0.51)
        assert shown_rates(widget)[2] == pytest.approx(auroc, abs=0.0051)
        seen.append(widget.locator(".vl-beside polyline").get_attribute("points"))
    assert seen[0] != seen[1]
    assert ask(page, f"{w}.threshold") == before


@pytest.mark.parametrize("name", ANOMALY_PADS)
def test_two_hundred_fast_strokes_end_in_the_last_score(widget, name):
    widget.get_by_role("button", name="Clear").click()
    widget.locator(".vl-pad").evaluate(
        """async (pad) => {
            const press = (key) => pad.dispatchEvent(new KeyboardEvent("keydown", { key }));
            press(" ");
            for (let n = 0; n < 200; n++) {
                press(["ArrowUp", "ArrowRight", "ArrowDown", "ArrowLeft"][Math.floor(Math.sqrt(2 * n)) % 4]);
                if (n % 10 === 0) await new Promise(requestAnimationFrame);
            }
            press(" ");
        }"""
    )
    check_score(widget, name)
    assert set(pixels(widget.locator(".vl-view").first)) == {0, 255}


@pytest.mark.parametrize("name", ["interpolator"])
def test_the_interpolator_goes_both_ways(widget, name):
    blended, latent = widget.locator("canvas.vl-picture:not(.vl-thumbnail)").all()
    widget.get_by_role("button", name="to 6").click()
    for way in ("lerp", "slerp"):
        widget.get_by_role("button", name=way, exact=True).click()
        for keys in (["Home"], ["End"], ["Home", *["PageUp"] * 3], ["ArrowRight"] * 7):
            press(widget.get_by_role("slider", name="t"), *keys)
            soon(
                widget.page,
                lambda: furthest(ask(widget.page, f"W[{name!r}].z.tolist()"), data(widget, "z")) < 1e-4,
                "not the way of latent_space",
            )
            [expected] = ask(widget.page, decoded(name, f"W[{name!r}].z[None]"))
            assert furthest(pixels(latent), expected) <= CLOSE
            mixed = f"((1 - W[{name!r}].t) * images[0] + W[{name!r}].t * images[5]).round().flatten().int().tolist()"
            assert furthest(pixels(blended), ask(widget.page, mixed)) <= 1
    assert 0 < ask(widget.page, f"W[{name!r}].t") < 1


@pytest.mark.parametrize("name", ["interpolator"])
def test_play_goes_on_until_stopped(widget, name):
    press(widget.get_by_role("slider", name="t"), "Home")
    play = widget.get_by_role("button", name="Play")
    play.click()
    soon(widget.page, lambda: ask(widget.page, f"W[{name!r}].t") > 0.1, "it does not play")
    widget.get_by_role("button", name="Stop").click()
    widget.page.wait_for_timeout(200)
    stopped = data(widget, "z")
    widget.page.wait_for_timeout(300)
    assert data(widget, "z") == stopped


@pytest.mark.parametrize("name", ["explorer"])
def test_the_explorer_switches_between_models(widget, name):
    knob = widget.get_by_role("slider", name="beta")
    seen = []
    for place, key in enumerate(("Home", "ArrowRight", "ArrowRight")):
        press(knob, key)
        soon(
            widget.page, lambda p=place: ask(widget.page, f"W[{name!r}].chosen") == f"beta {p}", "not chosen"
        )
        pictures = (
            f"[(255 * p.flatten(1)).round().int().tolist() for p in W[{name!r}]._pictures['beta {place}']]"
        )
        rebuilt, sampled = ask(widget.page, pictures)
        tiles = widget.locator(".vl-tile").all()
        assert [pixels(tile) for tile in tiles] == [
            *ask(widget.page, "images[:8].flatten(1).int().tolist()"), *rebuilt, *sampled,
        ]  # fmt: skip
        cost = ask(widget.page, f"W[{name!r}]._numbers[{place}]")
        expect(widget.locator(".vl-note")).to_contain_text(
            f"beta {place}: rate {cost['rate']:.1f}, distortion {cost['distortion']:.1f}"
        )
        seen.append(rebuilt)
    assert seen[0] != seen[1] != seen[2]


def check_mixing(widget: Locator, number: int, place: int, look: int) -> None:
    """Traits, words, tiles, lines and ring at these places of labels, weights and looks, against the runs."""
    page, w = widget.page, f"W[{MIXING!r}]"
    labels, weight = ask(page, f"[runs.labels[{number}], runs.weights[{place}]]")
    soon(
        page,
        lambda: ask(page, f"[{w}.labels, {w}.weight, {w}.shifted]") == [labels, weight, bool(look)],
        "Python does not hear of the hand",
    )
    mixing = np.array(ask(page, f"runs.mixing[{number}].double().tolist()"))  # (weights, looks, seeds)
    mean, std = mixing.mean(2), mixing.std(2, ddof=1)
    words = widget.locator(".vl-verdict")
    expect(words).to_contain_text(f"{labels} labels, ")
    expect(words).to_contain_text(f": {mean[place, look]:.1f} ± {std[place, look]:.1f} % of new digits right")
    assert ("shifted and sheared" in words.inner_text()) == bool(look)
    if place:
        expect(words).to_contain_text(f"none made: {mean[0, look]:.1f} ± {std[0, look]:.1f} %.")
    made = round(20 * weight)
    assert (
        widget.locator(".vl-keys").inner_text().split()
        == f"{20 - made} labelled {made} made by the VAE, in a frame".split()
    )
    expected = ask(page, f"(255 * {w}._pictures[{look}, {number}].flatten(2)).round().int().tolist()")
    for n, tile in enumerate(widget.locator(".vl-tile").all()):
        assert pixels(tile) == expected[n >= 20 - made][n], n
        what = "made by the VAE" if n >= 20 - made else "labelled"
        assert tile.get_attribute("aria-label") == f"{n % 10}, {what}" + ", shifted and sheared" * look
        frame = tile.evaluate("(node) => getComputedStyle(node).borderTopColor")
        assert frame == ("rgb(0, 158, 115)" if n >= 20 - made else "rgb(255, 255, 255)")
    level, lines = levels(widget), [widget.locator(f"g[data-look='{each}'] polyline") for each in (0, 1)]
    x, y = points(lines[look])[place]
    for each in (0, 1):
        shown = [level(y) for _, y in points(lines[each])]
        assert shown == pytest.approx(mean[:, each].tolist(), abs=0.02)
    ring = widget.locator(".vl-ring")
    assert [float(ring.get_attribute(centre)) for centre in ("cx", "cy")] == pytest.approx([x, y], abs=1e-3)
    strength = [float(widget.locator(f"g[data-look='{each}']").get_attribute("opacity")) for each in (0, 1)]
    assert strength[look] == 1 > strength[1 - look]
    dashed = re.search(r"M\S+ ([\d.]+)H", widget.locator("path[stroke-dasharray]").get_attribute("d"))[1]
    reference = ask(page, f"runs.methods['named mixture, VAE codes'][{number}].mean().item()")
    assert level(float(dashed)) == pytest.approx(reference, abs=0.02)


def levels(widget: Locator) -> Callable[[float], float]:
    """Per cent at a height of the plot, as the numbers beside its axis say."""
    texts = widget.locator("svg text[text-anchor=end]").all()
    ticks = [text for text in texts if text.text_content().isdecimal()]
    first, last = (float(ticks[end].get_attribute("y")) - 4 for end in (0, -1))
    low, high = (float(ticks[end].text_content()) for end in (0, -1))
    return lambda y: low + (y - first) / (last - first) * (high - low)


def points(line: Locator) -> list[tuple[float, float]]:
    written = line.get_attribute("points")
    return [tuple(map(float, point.split(","))) for point in written.split()]


@pytest.mark.parametrize("name", [MIXING])
def test_the_sliders_of_the_mixing_explorer_change_numbers_and_tiles(widget, name):
    number = widget.get_by_role("slider", name="labelled images")
    weight = widget.get_by_role("slider", name="share of each batch made by the VAE")
    check_mixing(widget, 1, 2, 0)  # 100 labels, half made
    seen = []
    for keys, place in ((["Home"], 0), (["ArrowRight"], 1), (["End"], 3), (["ArrowLeft"], 2)):
        press(weight, *keys)
        check_mixing(widget, 1, place, 0)
        seen.append(widget.locator(".vl-verdict").inner_text())
    drag(number, (0.5, 0.5), (0.99, 0.5))
    check_mixing(widget, 2, 2, 0)
    assert number.get_attribute("aria-valuetext") == "1000"
    press(number, "Home")
    check_mixing(widget, 0, 2, 0)
    ask(widget.page, f"[setattr(W[{name!r}], 'labels', 100), setattr(W[{name!r}], 'weight', 0.25)]")
    expect(weight).to_have_attribute("aria-valuetext", "0.25")
    check_mixing(widget, 1, 1, 0)
    assert len(set(seen)) == 4


@pytest.mark.parametrize("name", [MIXING])
def test_the_box_shifts_and_shears_the_tiles_and_chooses_the_other_line(widget, name):
    box, tile = (
        widget.get_by_role("checkbox", name="shift and shear every image"),
        widget.locator(".vl-tile").first,
    )
    ask(widget.page, f"[setattr(W[{name!r}], 'labels', 100), setattr(W[{name!r}], 'weight', 0.5)]")
    expect(widget.locator(".vl-verdict")).to_contain_text("half made")
    before = pixels(tile)
    assert before == ask(widget.page, "runs.real[1, 0].flatten().int().tolist()")
    box.click()
    check_mixing(widget, 1, 2, 1)
    assert furthest(pixels(tile), before) > 10 * CLOSE
    press(box, "Space")
    check_mixing(widget, 1, 2, 0)
    assert pixels(tile) == before
    ask(widget.page, f"setattr(W[{name!r}], 'shifted', True)")
    expect(box).to_be_checked()
    check_mixing(widget, 1, 2, 1)
    ask(widget.page, f"setattr(W[{name!r}], 'shifted', False)")
    expect(box).not_to_be_checked()


def check_walk(widget: Locator, kind: str, start: str, step: int, near: bool) -> bool:
    """Traits, molecule, string, words and plot at this setting; returns whether there is a molecule."""
    page, w = widget.page, f"W[{WALK!r}]"
    soon(
        page,
        lambda: ask(page, f"[{w}.kind, {w}.start, {w}.step, {w}.near_prior]") == [kind, start, step, near],
        "Python does not hear of the hand",
    )
    predicted, strings, smiles, logp = ask(page, f"walked({kind!r}, {start!r}, {near})")
    expect(widget.locator(".vl-verdict")).to_contain_text(
        f"After {0.4 * step:.1f}: predicted {predicted[step]:z.1f}"
    )
    expect(widget.locator(".vl-string")).to_have_text(strings[step] or "(no token before the end)")
    image, empty = widget.locator(".vl-molecule img"), widget.get_by_text("no molecule", exact=True).first
    check_drawing_of(image, empty, smiles[step])
    if smiles[step]:
        expect(widget.locator(".vl-verdict")).to_contain_text(f", RDKit says {logp[step]:z.1f}. ")
    else:
        expect(widget.locator(".vl-verdict")).to_contain_text("The string is no molecule.")
    for group, chosen in (("strings", kind.upper()), ("start", start)):
        pressed = widget.get_by_role("group", name=group).locator("[aria-pressed=true]")
        assert pressed.all_inner_texts() == [chosen]
    level = levels(widget)
    line = points(widget.locator("polyline"))
    assert [level(y) for _, y in line] == pytest.approx(predicted, abs=0.02)
    dots = {
        float(dot.get_attribute("cx")): level(float(dot.get_attribute("cy")))
        for dot in widget.locator("svg g circle").all()
    }
    due = {x: truth for (x, _), truth in zip(line, logp, strict=True) if truth is not None}
    assert dots == pytest.approx(due, abs=0.02)
    crosses = [path.get_attribute("d") for path in widget.locator("svg g path").all()]
    missing = [x for (x, _), truth in zip(line, logp, strict=True) if truth is None]
    assert [float(re.match(r"M([\d.]+)", cross)[1]) + 4 for cross in crosses] == pytest.approx(missing)
    ring = widget.locator(".vl-ring")
    assert [float(ring.get_attribute(centre)) for centre in ("cx", "cy")] == pytest.approx(line[step])
    assert float(re.match(r"M([\d.]+)", widget.locator(".vl-now").get_attribute("d"))[1]) == line[step][0]
    return smiles[step] is not None


def check_drawing_of(image: Locator, empty: Locator, smiles: str | None) -> None:
    """RDKit's drawing of the molecule with its name, or an empty frame of the same size."""
    expect(empty if smiles is None else image).to_be_visible()
    expect(image if smiles is None else empty).to_be_hidden()
    size = image.locator("..").bounding_box()
    assert size["width"] / size["height"] == pytest.approx(11 / 8, rel=0.02)
    if smiles is not None:
        assert image.get_attribute("alt").startswith(f"{smiles}, formula ")
        assert image.evaluate("(node) => node.decode().then(() => node.naturalWidth)") == 220
        drawn = unquote(image.get_attribute("src").removeprefix("data:image/svg+xml,"))
        due = ask(image.page, f"molecules.drawing({smiles!r})")
        assert re.findall(r" d='([^']+)'", drawn) == re.findall(r" d='([^']+)'", due)


@pytest.mark.parametrize("name", [WALK])
def test_the_slider_of_the_molecule_walk_leads_to_what_is_no_molecule(widget, name):
    steps = widget.get_by_role("slider", name="distance walked uphill")
    there = [check_walk(widget, "selfies", "CCO", 0, False)]
    widget.get_by_role("button", name="SMILES").click()
    there.append(check_walk(widget, "smiles", "CCO", 0, False))
    for keys, step in ((["ArrowRight"] * 3, 3), (["End"], 20), (["ArrowLeft"], 19)):
        press(steps, *keys)
        there.append(check_walk(widget, "smiles", "CCO", step, False))
    assert steps.get_attribute("aria-valuetext") == "7.6"
    drag(steps, (0.5, 0.5), (0.01, 0.5))
    check_walk(widget, "smiles", "CCO", 0, False)
    assert set(there) == {True, False}
    ask(widget.page, f"[setattr(W[{name!r}], 'kind', 'selfies'), setattr(W[{name!r}], 'step', 11)]")
    expect(steps).to_have_attribute("aria-valuetext", "4.4")
    assert check_walk(widget, "selfies", "CCO", 11, False)


@pytest.mark.parametrize("name", [WALK])
def test_start_and_penalty_lead_the_molecule_walk_elsewhere(widget, name):
    ask(widget.page, f"[setattr(W[{name!r}], 'kind', 'selfies'), setattr(W[{name!r}], 'step', 20)]")
    box = widget.get_by_role("checkbox", name="stay near the prior")
    expect(widget.locator(".vl-verdict")).to_contain_text("After 8.0")
    seen = []
    for start, near in (("CCO", False), ("CCC=O", False), ("CCC=O", True), ("CCO", True)):
        widget.get_by_role("button", name=start, exact=True).click()
        if box.is_checked() != near:
            press(box, "Space")
        check_walk(widget, "selfies", start, 20, near)
        seen.append(widget.locator("polyline").get_attribute("points"))
    assert len(set(seen)) == 4
    label = widget.get_by_role("img", name=re.compile("^logP at each distance")).get_attribute("aria-label")
    predicted = ask(widget.page, "walked('selfies', 'CCO', True)")[0]
    assert f"; 8.0: {predicted[20]:.1f} and " in label
    ask(widget.page, f"setattr(W[{name!r}], 'near_prior', False)")
    expect(box).not_to_be_checked()
    check_walk(widget, "selfies", "CCO", 20, False)


@pytest.mark.parametrize("name", ["reparameterizer", "reparameterizer on an image"])
def test_z_moves_with_mu_and_eps_does_not(widget, name):
    w = f"W[{name!r}]"
    sliders = {trait: widget.get_by_role("slider", name=trait, exact=True) for trait in ("mu", "std", "eps")}
    press(sliders["eps"], "Home", *["ArrowRight"] * 10)
    eps_mark = widget.locator("svg").first.locator("text").last
    before = eps_mark.get_attribute("x")
    for trait, key in (("mu", "ArrowRight"), ("std", "ArrowRight"), ("mu", "PageDown")):
        press(sliders[trait], key)
        soon(widget.page, lambda: abs(ask(widget.page, f"{w}.z") - data(widget, "z")) < 1e-6, "not in step")
        mu, std, eps = ask(widget.page, f"[{w}.mu, {w}.std, {w}.eps]")
        assert eps == pytest.approx(-2.5) and eps_mark.get_attribute("x") == before
        assert float(widget.get_attribute("data-z")) == pytest.approx(mu + std * eps, abs=1e-6)
        estimates = ask(
            widget.page,
            """(lambda mu, std, eps: (lambda z, log_q: [
                [g.item() for g in torch.autograd.grad(z**2, (mu, std), retain_graph=True)],
                [z.item()**2 * g.item() for g in torch.autograd.grad(log_q, (mu, std))]
            ])(mu + std * eps, torch.distributions.Normal(mu, std).log_prob((mu + std * eps).detach())))("""
            f"*(torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in ({mu}, {std}, {eps})))",
        )
        for ours, autograd in zip(data(widget, "estimates"), estimates, strict=True):
            assert ours == pytest.approx(autograd, rel=1e-6, abs=1e-9)
    if "image" in name:
        moved = f"(lambda w: torch.tensor([[*w._z[:w._latent], w.z, *w._z[w._latent + 1:]]]))({w})"
        assert furthest(pixels(widget.locator("canvas")), ask(widget.page, decoded(name, moved))[0]) <= CLOSE


@pytest.mark.parametrize("name", ["reparameterizer"])
def test_draws_leave_their_estimates_behind(widget, name):
    lanes = widget.locator("svg").nth(1)
    widget.get_by_role("button", name="Forget draws").click()
    assert lanes.locator("circle").count() == 0
    widget.get_by_role("button", name="Draw eps").click()
    widget.get_by_role("button", name="Draw 100").click()
    assert lanes.locator("circle").count() == 2 * 101
    (pathwise, _), (score, _) = data(widget, "estimates")
    assert f"pathwise {pathwise:.2f}, score function {score:.2f}" in lanes.get_attribute("aria-label")


@pytest.mark.parametrize("name", ["sliders", "sliders that ask Python"])
def test_an_error_in_python_is_shown_in_the_widget(widget, name):
    page, alert = widget.page, widget.get_by_role("alert")
    ask(page, f"W[{name!r}].observe(breaks, 'z')")
    press(widget.get_by_role("slider").first, "ArrowRight")
    expect(alert).to_contain_text("ZeroDivisionError in breaks, line ")
    ask(page, f"W[{name!r}].unobserve(breaks, 'z')")
    press(widget.get_by_role("slider").first, "ArrowLeft")
    expect(alert).to_be_hidden()


@pytest.mark.parametrize("name", ["sliders that ask Python"])
def test_a_decoder_that_raises_is_shown_and_forgotten(widget, name):
    ask(widget.page, f"setattr(W[{name!r}], 'z', (60.0, 0, 0, 0))")
    expect(widget.get_by_role("alert")).to_contain_text("ValueError: z is too far out")
    widget.get_by_role("button", name="Reset").click()
    expect(widget.get_by_role("alert")).to_be_hidden()
    check_decoded(widget, name, widget.locator(".vl-big"))


@pytest.mark.parametrize("name", ["sliders", "sliders that ask Python"])
def test_two_hundred_fast_events_end_in_the_last_state(widget, name):
    took = widget.locator("input[type=range]").first.evaluate(
        """async (slider) => {
            const canvas = slider.closest(".vae-lessons").querySelector(".vl-big");
            const start = performance.now();
            for (let n = 0; n < 200; n++) {
                slider.value = -2 + 0.02 * n;
                slider.dispatchEvent(new Event("input"));
                if (n % 10 === 0) await new Promise(requestAnimationFrame);
            }
            return performance.now() - start;
        }"""
    )
    widget.page.wait_for_timeout(300)
    latent = int(widget.locator("input[type=range]").first.get_attribute("aria-label")[2])
    z = data(widget, "z")
    assert z[latent] == pytest.approx(1.98, abs=0.06)
    assert ask(widget.page, f"list(W[{name!r}].z)") == pytest.approx(z), f"200 events, sent in {took:.0f} ms"
    [expected] = ask(widget.page, decoded(name, f"torch.tensor([{z}])"))
    assert furthest(pixels(widget.locator(".vl-big")), expected) <= CLOSE


@pytest.mark.parametrize("name", ["sliders", "plane", "pad", "anomaly pad", "interpolator", MIXING, WALK])
def test_keys_on_a_widget_do_nothing_to_the_notebook(widget, name):
    page, model = widget.page, "window.jupyterapp.shell.currentWidget.content"
    before = page.evaluate(f"[{model}.widgets.length, {model}.activeCellIndex]")
    for control in widget.locator("[data-lm-suppress-shortcuts]:visible").all()[:20]:
        control.focus()
        for key in ("x", "a", "b", "d", "d", "ArrowDown", "z"):
            page.keyboard.press(key)
    assert page.evaluate(f"{model}.widgets.length") == before[0]


@pytest.mark.parametrize("name", NAMED)
def test_nothing_serious_is_found_by_axe_and_every_control_is_reached_by_tab(widget, axe, name):
    widget.evaluate("(node) => { node.id = 'under-test'; }")
    try:
        assert axe(widget.page, "#under-test") == []
    finally:
        widget.evaluate("(node) => { node.id = ''; }")
    for control in widget.locator("input, button, [tabindex]").all():
        assert control.evaluate("(node) => node.tabIndex") == 0
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"


@pytest.mark.parametrize("name", ["sliders", "plane", "pad", "anomaly pad", MIXING, WALK])
def test_the_focus_is_seen_on_whatever_tab_reaches(widget, name):
    controls = widget.locator("input:visible, button:visible, [tabindex]:visible")
    controls.first.focus()
    for place in range(1, controls.count()):
        widget.page.keyboard.press("Tab")
        focused = "(node) => node === document.activeElement && getComputedStyle(node).outlineStyle"
        assert controls.nth(place).evaluate(focused) == "solid"


def test_widgets_are_accessible_in_the_dark_and_fit_a_narrow_screen(open_notebook, axe):
    page = open_notebook(gallery_notebook(), theme="dark", width=420)
    the(page, NAMED[-1])
    assert axe(page, ".vae-lessons") == []
    for name in NAMED:
        frame = the(page, name).evaluate("(n) => [n.scrollWidth, n.clientWidth]")
        assert frame[0] <= frame[1] + 1, f"{name} is wider than the screen"
    assert page.problems == []


def test_two_views_of_one_widget_stay_together(open_notebook):
    page = open_notebook(
        new_notebook(
            cells=[
                new_code_cell(SETUP),
                new_code_cell(f"W['sliders'] = {WIDGETS['sliders']}\ndisplay(W['sliders'], W['sliders'])"),
            ]
        )
    )
    first, second = page.locator(".vae-lessons").all()
    press(first.get_by_role("slider").first, *["ArrowRight"] * 9)
    assert data(first, "z") == data(second, "z")
    assert pixels(first.locator(".vl-big")) == pixels(second.locator(".vl-big"))
    check_decoded(second, "sliders", second.locator(".vl-big"))
    assert page.problems == []


TRAINING = """
from vae_lessons.training import TrainConfig, fit
torch.manual_seed(0)
model = VAE(latent_dim=4)
history = fit(model, digits.draw(6000)[0], TrainConfig(epochs={epochs}), monitor=TrainingMonitor(model))
"""


def test_the_monitor_shows_training_stops_it_and_stays_as_a_picture(open_notebook):
    page = open_notebook(
        new_notebook(cells=[new_code_cell(SETUP), new_code_cell(TRAINING.format(epochs=200))]), wait=False
    )
    monitor = page.locator(".vae-lessons")
    expect(monitor.get_by_role("status")).to_contain_text(" 2 % done", timeout=60_000)
    assert monitor.locator(".vl-tile").count() >= 8
    monitor.get_by_role("button", name="Stop training").click()
    expect(monitor.get_by_role("status")).to_contain_text("training ended", timeout=5_000)
    soon(page, lambda: ask(page, "history.interrupted") is True, "training goes on")
    assert ask(page, "not model.training and all(w.isfinite().all().item() for w in model.parameters())")
    assert monitor.count() == 1
    [html] = page.evaluate(
        """window.jupyterapp.shell.currentWidget.context.model.toJSON().cells[1].outputs
            .map(({ data }) => data?.["text/html"]).filter(Boolean)"""
    )
    assert "vae-lessons-still" in "".join(html) and "% of training" in "".join(html)
    assert page.problems == []


PICTURES = {"pad": ".vl-small >> nth=2", "inter": "canvas:not(.vl-thumbnail) >> nth=1", "reparam": "canvas"}


def test_an_exported_page_works_from_disk_without_kernel_server_or_network(exported_page):
    names = [
        name
        for name in WIDGETS
        if name not in ("explorer", MIXING, WALK, "message stack", "reparameterizer", *ANOMALY_PADS)
    ]  # they decode nothing, or have a test of their own
    cells = [new_code_cell(source) for source in (SETUP, *(WIDGETS[name] for name in names))]
    page = exported_page(executed(new_notebook(cells=cells)))
    world: dict = {}
    exec(SETUP, world)
    roots = page.locator(".vae-lessons")
    expect(roots).to_have_count(len(names), timeout=30_000)
    for name, root in zip(names, roots.all(), strict=True):
        if "Python" in name:
            press(root.get_by_role("slider").first, "ArrowRight", "ArrowUp")
            expect(root.get_by_role("alert")).to_contain_text("Run this cell again", timeout=10_000)
            continue
        if "pad" in name:
            drag(root.locator(".vl-pad"), (0.3, 0.2), (0.7, 0.2), (0.4, 0.8))
        elif "plane" in name or name == "prior explorer":
            drag(root.get_by_role("slider", name="Plane of"), (0.4, 0.4), (0.7, 0.2))
        else:
            latent = root.locator("input[aria-label^='z['], input[aria-label=mu], input[aria-label=t]").first
            press(latent, *["ArrowRight"] * 10)
        widget, z, tensor = eval(WIDGETS[name], world), data(root, "z"), world["torch"].tensor
        if name.startswith("reparam"):
            z = [*widget._z[: widget._latent], z, *widget._z[widget._latent + 1 :]]
        condition = widget._row()[0, len(z) :].tolist() if name.startswith("sliders with ") else []
        expected = (255 * widget._functions["decoder"](tensor([[*z, *condition]]))[0]).round().int().tolist()
        canvas = next((PICTURES[start] for start in PICTURES if name.startswith(start)), ".vl-big")
        assert furthest(pixels(root.locator(canvas)), expected) <= CLOSE, name
    assert page.requests == []
    assert page.problems == []


def test_the_stack_of_an_exported_page_gives_its_images_back_without_a_kernel(exported_page):
    page = exported_page(
        executed(new_notebook(cells=[new_code_cell(SETUP), new_code_cell(WIDGETS["message stack"])]))
    )
    world: dict = {}
    exec(SETUP, world)
    sums = eval(WIDGETS["message stack"], world)._sums[0]
    root = page.locator(".vae-lessons")
    expect(root.locator("p.vl-note")).to_contain_text(sums[48], timeout=30_000)
    for images in range(15, -1, -1):
        root.get_by_role("button", name="Take one out").click()
        expect(root.locator("p.vl-note")).to_contain_text(f"{images} images are in")
        expect(root.locator("p.vl-note")).to_contain_text(sums[3 * images])
    assert page.requests == []
    assert page.problems == []


def test_the_mixing_explorer_of_an_exported_page_moves_without_a_kernel(exported_page):
    page = exported_page(executed(new_notebook(cells=[new_code_cell(SETUP), new_code_cell(WIDGETS[MIXING])])))
    root = page.locator(".vae-lessons")
    root.wait_for(timeout=30_000)
    world: dict = {}
    exec(SETUP, world)
    pictures = (255 * eval(WIDGETS[MIXING], world)._pictures).round().int()
    press(root.get_by_role("slider", name="labelled images"), "End")
    press(root.get_by_role("slider", name="share of each batch"), "End")
    root.get_by_role("checkbox").check()
    mean = world["runs"].mixing[2, 3, 1].mean()
    expect(root.locator(".vl-verdict")).to_contain_text(
        f"1000 labels, all made, shifted and sheared: {mean:.1f} ± "
    )
    for n, tile in enumerate(root.locator(".vl-tile").all()):
        assert pixels(tile) == pictures[1, 2, 1, n].flatten().tolist()
    assert page.requests == []
    assert page.problems == []


def test_the_molecule_walk_of_an_exported_page_moves_without_a_kernel(exported_page):
    page = exported_page(executed(new_notebook(cells=[new_code_cell(SETUP), new_code_cell(WIDGETS[WALK])])))
    root = page.locator(".vae-lessons")
    root.wait_for(timeout=30_000)
    world: dict = {}
    exec(SETUP, world)
    root.get_by_role("button", name="SMILES").click()
    root.get_by_role("button", name="CCC=O", exact=True).click()
    root.get_by_role("checkbox").check()
    predicted, strings, smiles, _ = world["walked"]("smiles", "CCC=O", True)
    for step in range(21):
        expect(root.locator(".vl-verdict")).to_contain_text(
            f"After {0.4 * step:.1f}: predicted {predicted[step]:z.1f}"
        )
        assert root.locator(".vl-string").inner_text() == (strings[step] or "(no token before the end)")
        image = root.locator(".vl-molecule img")
        assert image.is_visible() == (smiles[step] is not None)
        if image.is_visible():
            assert image.get_attribute("alt").startswith(f"{smiles[step]}, ")
            assert image.evaluate("(node) => node.decode().then(() => node.naturalWidth)") == 220
        press(root.get_by_role("slider"), "ArrowRight")
    assert page.requests == []
    assert page.problems == []


@pytest.mark.parametrize("name", ANOMALY_PADS)
def test_the_anomaly_pad_of_an_exported_page_scores_a_drawing_without_a_kernel(exported_page, name):
    page = exported_page(executed(new_notebook(cells=[new_code_cell(SETUP), new_code_cell(WIDGETS[name])])))
    root = page.locator(".vae-lessons")
    root.wait_for(timeout=30_000)
    drag(root.locator(".vl-pad"), (0.3, 0.2), (0.7, 0.2), (0.4, 0.8))
    if "Python" in name:
        expect(root.get_by_role("alert")).to_contain_text("Run this cell again", timeout=10_000)
    else:
        world: dict = {}
        exec(SETUP, world)
        pad = eval(WIDGETS[name], world)
        scored = []
        for image in ("a drawn 7", "a blank page"):
            if image == "a blank page":
                root.get_by_role("button", name="Clear").click()
            x = world["torch"].tensor(pixels(root.locator(".vl-view").first)).view(1, 1, 28, 28) / 255
            scored.append(pad._scores(x)[0])
            assert data(root, "score") == pytest.approx(scored[-1], rel=1e-3), image
        assert scored[0] != scored[1]
        press(root.get_by_role("slider", name="alarm above"), "Home")
        expect(root.locator(".vl-beside p")).to_contain_text("detects 100 % at 100.0 % false alarms")
    assert page.requests == []
    assert page.problems == []
