"""A model small enough for its bounds to be known by quadrature, and images to judge it with."""

import pytest
import torch

from vae_lessons.data.digits import draw
from vae_lessons.data.images import binarize
from vae_lessons.training.loop import TrainConfig, fit
from vae_lessons.vae import VAE


@pytest.fixture(scope="session")
def model():
    torch.manual_seed(0)
    model = VAE(latent_dim=2, hidden_dim=64)
    fit(model, draw(3000, seed=0)[0], TrainConfig(epochs=6))
    return model


@pytest.fixture(scope="session")
def images():
    return binarize(draw(40, seed=1)[0])
