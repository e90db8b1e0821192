"""Oracle: what the model itself decodes at the z that the hand has set."""

import io

import numpy as np
import pytest
import torch
import traitlets
from matplotlib.image import imread

from vae_lessons.autoencoder import Autoencoder
from vae_lessons.vae import VAE
from vae_lessons.widgets import LatentSliders


@pytest.fixture
def model():
    torch.manual_seed(0)
    return VAE(latent_dim=3, hidden_dim=16)


def shown(sliders):
    """The ink on display, in [0, 1], read back from the PNG."""
    return 1 - imread(io.BytesIO(sliders._picture.value))[..., 0]


def decoded(model, z):
    with torch.no_grad():
        return model.decode(torch.tensor([z])).sigmoid()[0, 0].numpy()


def handles(sliders):
    return sliders.children[0].children[:-1]


def test_moving_a_slider_shows_what_the_model_decodes_there(model):
    sliders = LatentSliders(model)
    handles(sliders)[1].value = 1.5
    assert sliders.z == (0.0, 1.5, 0.0)
    np.testing.assert_allclose(shown(sliders), decoded(model, sliders.z), atol=0.01)
    assert np.abs(decoded(model, (0.0, 0.0, 0.0)) - shown(sliders)).max() > 0.02


def test_setting_z_from_code_moves_the_sliders_and_the_picture(model):
    sliders = LatentSliders(model)
    sliders.z = (0.5, -1.0, 2.0)
    assert [handle.value for handle in handles(sliders)] == pytest.approx([0.5, -1.0, 2.0])
    assert sliders.z == (0.5, -1.0, 2.0)
    np.testing.assert_allclose(shown(sliders), decoded(model, (0.5, -1.0, 2.0)), atol=0.01)


def test_buttons_reset_and_draw_at_random(model):
    sliders = LatentSliders(model)
    reset, random = sliders.children[0].children[-1].children
    random.click()
    assert all(value != 0 for value in sliders.z)
    reset.click()
    assert sliders.z == (0.0, 0.0, 0.0)


def test_a_z_of_the_wrong_length_is_refused(model):
    with pytest.raises(traitlets.TraitError, match="2 numbers.*needs 3"):
        LatentSliders(model).z = (1.0, 2.0)


def test_readers_without_a_kernel_see_a_still_picture_with_alt_text():
    bundle = LatentSliders(Autoencoder(latent_dim=2, hidden_dim=8))._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert 'alt="the image decoded at z = 0.00, 0.00"' in bundle["text/html"]
    assert "data:image/png;base64," in bundle["text/html"]


def test_sliders_carry_the_names_they_are_given(model):
    assert [slider.description for slider in handles(LatentSliders(model))] == ["z[0]", "z[1]", "z[2]"]
    named = handles(LatentSliders(model, names=("mu", "logvar", "eps")))
    assert [slider.description for slider in named] == ["mu", "logvar", "eps"]
