"""NaN and infinity, wherever they come from, are named before they spoil a model, whose weights stay finite."""

import math

import pytest
import torch
from torch import nn

from tests.data.messages import kind
from vae_lessons.conditional_vae import ConditionalVAE
from vae_lessons.training import TrainConfig, fit
from vae_lessons.vae import VAE

CONFIG = TrainConfig(epochs=1, batch_size=16)
BAD = pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])


def images():
    return torch.rand(32, 1, 28, 28, generator=torch.Generator().manual_seed(0))


def finite(model):
    return all(torch.isfinite(parameter).all() for parameter in model.parameters())


@BAD
def test_in_one_pixel(bad):
    spoilt, model = images(), VAE(latent_dim=2, hidden_dim=8)
    spoilt[7, 0, 3, 3] = bad
    with pytest.raises(ValueError) as error:
        fit(model, spoilt, CONFIG, progress=False)
    assert "images" in kind(error) and finite(model)


@BAD
def test_in_one_weight(bad):
    model = VAE(latent_dim=2, hidden_dim=8)
    with torch.no_grad():
        model.to_mu.weight[0, 0] = bad
    with pytest.raises(FloatingPointError) as error:
        fit(model, images(), CONFIG, progress=False)
    assert "to_mu.weight" in kind(error)


@BAD
def test_in_the_loss(bad, monkeypatch):
    model = VAE(latent_dim=2, hidden_dim=8)
    monkeypatch.setattr(model, "log_likelihood", lambda x_logits, x: bad * x_logits.flatten(1).sum(1))
    with pytest.raises(FloatingPointError) as error:
        fit(model, images(), CONFIG, progress=False)
    assert "loss became" in kind(error) and finite(model)


@BAD
def test_in_conditions(bad):
    model = ConditionalVAE(nn.Identity(), condition_dim=3, latent_dim=2, hidden_dim=8)
    conditions = torch.zeros(32, 3)
    conditions[5, 1] = bad
    with pytest.raises((ValueError, FloatingPointError)) as error:
        fit(model, images(), CONFIG, conditions=conditions, progress=False)
    assert kind(error) and finite(model)
