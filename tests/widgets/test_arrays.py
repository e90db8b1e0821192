"""What models and widgets exchange is what the model computes, on its device, and grey."""

import pytest
import torch

from tests.widgets.samples import ATTRIBUTES, IMAGES, X, conditional, vae
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.vae import VAE
from vae_lessons.widgets import BalanceExplorer, Interpolator, LatentPlane, LatentSliders, TrainingMonitor
from vae_lessons.widgets.arrays import as_bytes, decode, encode, prior_points


def test_images_are_encoded_as_the_model_encodes_them_scaled_to_one():
    model = vae()
    with torch.no_grad():
        mu, logvar = model.encode(X)
    found_mu, found_std = encode(model, IMAGES)
    torch.testing.assert_close(found_mu, mu)
    torch.testing.assert_close(found_std**2, logvar.exp())
    assert not found_mu.requires_grad


def test_an_autoencoder_has_codes_and_no_std():
    model = Autoencoder(3, 16)
    mu, std = encode(model, IMAGES)
    torch.testing.assert_close(mu, model.encode(X).detach())
    assert std is None


def test_a_condition_reaches_encoder_and_decoder():
    model = conditional(torch.nn.Identity(), 2)
    with torch.no_grad():
        mu, _ = model.encode(X, ATTRIBUTES)
        x_hat = model.decode(mu, ATTRIBUTES).sigmoid()
    torch.testing.assert_close(encode(model, IMAGES, ATTRIBUTES)[0], mu)
    torch.testing.assert_close(decode(model, mu, ATTRIBUTES), x_hat)


def test_a_pixel_is_one_byte_whichever_way_it_was_given():
    image = torch.tensor([[[[0, 1], [128, 255]]]], dtype=torch.uint8)
    assert as_bytes(image) == as_bytes(image / 255) == bytes([0, 1, 128, 255])


def test_colour_is_refused_with_the_fix():
    with pytest.raises(ValueError, match="must be grey") as error:
        as_bytes(torch.zeros(2, 3, 28, 28))
    assert "mean(1, keepdim=True)" in str(error.value)


@pytest.mark.parametrize(
    "make",
    [
        TrainingMonitor,
        LatentSliders,
        lambda model: Interpolator(model, IMAGES),
        lambda model: LatentPlane(model, IMAGES),
        lambda model: BalanceExplorer({"beta 1": model}, IMAGES),
    ],
)
def test_a_widget_for_a_model_of_colour_images_is_refused_before_anything_is_trained_or_shown(make):
    with pytest.raises(
        ValueError, match=r"widgets show grey images, and this VAE has image_shape=\(3, 28, 28\)"
    ):
        make(VAE(latent_dim=3, hidden_dim=8, image_shape=(3, 28, 28)))


def test_points_of_the_prior_are_the_same_each_time_and_leave_the_callers_numbers_alone():
    state = torch.get_rng_state()
    points = prior_points(20_000, 2)
    assert torch.equal(points, prior_points(20_000, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert points.mean(0).abs().max() < 0.03
    assert (points.std(0) - 1).abs().max() < 0.03
