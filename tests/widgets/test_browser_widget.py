"""What holds for every widget: answers, still pictures, scripts, and models left as they were."""

import re
import time
import tomllib
from base64 import b64encode
from importlib.resources import files

import matplotlib.pyplot as plt
import pytest
import torch

from tests.conftest import REPOSITORY
from tests.widgets.readers import ask, found, in_node, needs_node
from tests.widgets.samples import WIDGETS, Wrapped, bundle, close, decoded, every_widget_with_z, made, vae
from vae_lessons import widgets
from vae_lessons.widgets import (
    LatentSliders,
)


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


every_widget = pytest.mark.parametrize("name", WIDGETS)


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
    assert {"network.js", "page.js", "style.css"} <= names
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
