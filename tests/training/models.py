"""Small models, images that they train on in seconds, and what is left in them afterwards."""

import torch

from vae_lessons.conditional_vae import ConditionalVAE, OneHot
from vae_lessons.data.digits import draw
from vae_lessons.training.loop import TrainConfig
from vae_lessons.vae import VAE

IMAGES, LABELS, _ = draw(700, seed=0)  # not a multiple of the batch size
QUICK = TrainConfig(epochs=2)
CONFIG = TrainConfig(epochs=2, batch_size=16)


def small_vae(seed=0):
    torch.manual_seed(seed)
    return VAE(latent_dim=4, hidden_dim=32)


def small_cvae(seed=0, embed=None, condition_dim=10):
    torch.manual_seed(seed)
    return ConditionalVAE(embed or OneHot(10), condition_dim, latent_dim=4, hidden_dim=32)


def small(kind=VAE, **sizes):
    torch.manual_seed(0)
    return kind(**{"latent_dim": 2, "hidden_dim": 8, **sizes})


def weights(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)
