"""z is mu + std * eps, and nothing else is accepted."""

import math

import pytest
import torch
from traitlets import TraitError

from tests.widgets.readers import found
from tests.widgets.samples import IMAGES, X, close, decoded, encoded, vae
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.widgets import (
    Reparameterizer,
)


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
