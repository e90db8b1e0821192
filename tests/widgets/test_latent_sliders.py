"""Sliders show what each latent knows, lead to the codes of images, and fit conditions of every kind."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from traitlets import TraitError

from tests.widgets.samples import (
    ATTRIBUTES,
    IMAGES,
    LABELS,
    MODELS,
    Wrapped,
    X,
    close,
    conditional,
    decoded,
    encoded,
    ink,
    vae,
)
from vae_lessons import evaluation
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.conditional_vae import OneHot
from vae_lessons.widgets import (
    LatentSliders,
)


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
    scaled = conditions / 255 if conditions.ndim == 4 else conditions
    mu, _ = encoded(model, X, scaled)
    close([code["z"] for code in sliders._codes], mu[:8])
    for n in (5, 2):
        sliders.set_state(sliders._codes[n])
        condition = {1: LABELS[n].item(), 2: tuple(ATTRIBUTES[n].tolist()), 4: n}[conditions.ndim]
        assert sliders.condition == condition
        assert sliders.error == ""
        close(ink(sliders.still()[0], 1), decoded(model, mu[n : n + 1], scaled[n : n + 1])[0, 0])


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


def test_labels_that_are_no_whole_numbers_are_refused_with_the_fix():
    model, conditions, _ = MODELS["one-hot"]()
    with pytest.raises(TypeError, match=r"torch.float32.\nTry conditions.long\(\) for labels"):
        LatentSliders(model, IMAGES, conditions.float())


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


@pytest.mark.parametrize(
    ("name", "shown"), [("one-hot", "condition: 2"), ("attributes", ", "), ("images", "")], ids=str
)
def test_the_still_shows_the_condition_and_sorts_the_latents_by_their_kl_as_the_sliders_do(name, shown):
    model, conditions, _ = MODELS[name]()
    sliders = LatentSliders(model, IMAGES, conditions)
    if name == "one-hot":
        sliders.condition = 2
    bars, picture = sliders.still()[0].axes
    order = [int(label.get_text()[2:-1]) for label in bars.get_yticklabels()]
    kl = [sliders._kl[latent] for latent in order]
    assert kl == sorted(kl, reverse=True)
    assert [bar.get_width() for bar in bars.patches] == [sliders.z[latent] for latent in order]
    assert shown in picture.get_title()
