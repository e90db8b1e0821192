"""Oracles: torch.distributions, sample moments, and a posterior that nothing was asked of."""

import math

import pytest
import torch
from torch.distributions import Bernoulli, Normal

from vae_lessons.autoencoder import Autoencoder
from vae_lessons.data.digits import draw
from vae_lessons.data.images import binarize
from vae_lessons.evaluation.bounds import test_elbo
from vae_lessons.evaluation.collapse import average_kl_per_latent
from vae_lessons.training.loop import TrainConfig, fit
from vae_lessons.vae import VAE

X = torch.rand(6, 1, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_shapes_of_encode_decode_forward_and_sample(architecture):
    model = VAE(latent_dim=3, hidden_dim=32, architecture=architecture)
    mu, logvar = model.encode(X)
    assert mu.shape == logvar.shape == (6, 3)
    assert model.decode(mu).shape == X.shape
    assert [tensor.shape for tensor in model(X)] == [X.shape, (6, 3), (6, 3)]
    samples = model.sample(4)
    assert samples.shape == (4, 1, 28, 28)
    assert 0 <= samples.min() <= samples.max() <= 1
    assert not samples.requires_grad


def test_the_names_and_defaults_that_others_build_on():
    model = VAE(latent_dim=20, hidden_dim=400)
    assert model.latent_dim == VAE().latent_dim == 20
    assert model.encoder[1].out_features == VAE().encoder[1].out_features == 400


def test_forward_decodes_a_sample_of_q_and_not_its_mean():
    model = VAE(latent_dim=3, hidden_dim=32)
    first, second = model(X)[0], model(X)[0]
    assert not torch.allclose(first, second)
    with torch.no_grad():
        model.to_logvar.weight.zero_()
        model.to_logvar.bias.fill_(-60)  # a region of no size
    torch.testing.assert_close(model(X)[0], model.decode(model.encode(X)[0]))


def test_mu_and_logvar_come_from_heads_of_their_own():
    model = VAE(latent_dim=3, hidden_dim=32)
    mu, logvar = model.encode(X)
    assert not torch.allclose(mu, logvar)
    assert model.encode(X * 100)[1].min() < 0  # no ReLU on the heads: log-variance may be negative


def test_likelihood_is_bernoulli_unless_a_pixel_std_is_given():
    x_logits = torch.linspace(-3, 3, X.numel()).reshape(X.shape)
    bernoulli = Bernoulli(logits=x_logits).log_prob(X.round()).sum((1, 2, 3))
    gaussian = Normal(x_logits.sigmoid(), 0.2).log_prob(X).sum((1, 2, 3))
    torch.testing.assert_close(VAE().log_likelihood(x_logits, X.round()), bernoulli)
    torch.testing.assert_close(VAE(pixel_std=0.2).log_likelihood(x_logits, X), gaussian)


@pytest.mark.parametrize("pixel_std", [0, -1.0, float("nan")])
def test_a_pixel_std_that_is_no_width_is_refused(pixel_std):
    with pytest.raises(ValueError, match="pixel_std"):
        VAE(pixel_std=pixel_std)


def test_training_gathers_the_codes_of_all_images_around_the_prior():
    images, test = draw(6000, seed=0)[0], draw(2000, seed=1)[0] / 255
    config = TrainConfig(epochs=8)
    torch.manual_seed(0)
    vae, autoencoder = VAE(latent_dim=2, hidden_dim=200), Autoencoder(latent_dim=2, hidden_dim=200)
    fit(vae, images, config), fit(autoencoder, images, config)
    with torch.no_grad():
        mu, logvar = vae.encode(test)
        scattered = autoencoder.encode(test).std(0).max()
    spread = (mu.var(0) + logvar.exp().mean(0)).sqrt()  # of all regions together; the prior's is 1
    assert 0.6 < spread.min() <= spread.max() < 1.6 < scattered


@pytest.mark.parametrize("image_shape", [(1, 32, 32), (3, 28, 28), (3, 64, 64)])
@pytest.mark.parametrize("architecture", ["mlp", "conv"])
def test_a_vae_trains_on_colour_and_on_larger_images_and_is_measured_there(architecture, image_shape):
    images = torch.randint(
        0, 256, (40, *image_shape), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )
    model = VAE(latent_dim=2, hidden_dim=8, architecture=architecture, image_shape=image_shape)
    history = fit(model, images, TrainConfig(epochs=2, batch_size=20), progress=False)
    assert len(history.elbo) == 2
    assert model.sample(3).shape == (3, *image_shape)
    assert test_elbo(model, binarize(images)) < -0.5 * math.prod(image_shape)  # near log 2 nats a pixel
    assert average_kl_per_latent(model, images).shape == (2,)
