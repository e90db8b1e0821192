"""Answers to exercise 1.2: right ones in many styles, and some with two mistakes at once."""

import warnings
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn

from vae_lessons.networks import conv_decoder, conv_encoder, encoder_and_decoder, mlp_decoder, mlp_encoder


class ConvEncoder(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, stride=2, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.out = nn.Linear(16 * 49, latent_dim)

    def forward(self, x):
        h = F.leaky_relu(self.norm(self.conv1(x)))
        h = F.leaky_relu(self.conv2(h))
        return self.out(h.view(h.size(0), -1))


class ConvDecoder(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.start = nn.Linear(latent_dim, 16 * 49)
        self.conv = nn.Conv2d(16, 8, 3, padding=1)
        self.last = nn.Conv2d(8, 1, 3, padding=1)

    def forward(self, z):
        h = self.start(z).relu().reshape(-1, 16, 7, 7)
        h = F.interpolate(h, scale_factor=2)
        h = F.interpolate(self.conv(h).relu(), scale_factor=2)
        return self.last(h)


def pair_by_modules(latent_dim):
    return ConvEncoder(latent_dim), ConvDecoder(latent_dim)


def pair_from_lesson(latent_dim):
    return nn.Sequential(mlp_encoder(400), nn.Linear(400, latent_dim)), mlp_decoder(latent_dim, 400)


def pair_of_convolutions(latent_dim):
    encoder = conv_encoder(64)
    encoder.append(nn.Linear(64, latent_dim))
    return [encoder, conv_decoder(latent_dim, 64)]


def pair_by_name(latent_dim, hidden_dim=32):
    encoder, decoder = encoder_and_decoder("mlp", latent_dim, hidden_dim)
    return nn.Sequential(encoder, nn.Linear(hidden_dim, latent_dim)), decoder


def pair_of_straight_lines(latent_dim):
    return (
        nn.Sequential(nn.Flatten(), nn.Linear(784, latent_dim, bias=False)),
        nn.Sequential(nn.Linear(latent_dim, 784), nn.Unflatten(1, (1, 28, 28))),
    )


def pair_with_dropout(latent_dim):
    encoder = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 100), nn.Tanh(), nn.Dropout(0.5), nn.Linear(100, latent_dim)
    )
    decoder = nn.Sequential(nn.Linear(latent_dim, 100), nn.Sigmoid(), nn.Dropout(0.2), nn.Linear(100, 784))
    return encoder, nn.Sequential(decoder, nn.Unflatten(-1, (1, 28, 28)))


def pair_without_full_layers(latent_dim):
    encoder = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(16, 16, 4, 2, 1),
        nn.ReLU(inplace=True),
        nn.Conv2d(16, latent_dim, 7),
        nn.Flatten(),
    )
    decoder = nn.Sequential(
        nn.Unflatten(1, (latent_dim, 1, 1)),
        nn.ConvTranspose2d(latent_dim, 16, 7),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 16, 4, 2, 1),
        nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 4, 2, 1),
    )
    return encoder, decoder


class DeepDecoder(nn.Module):
    def __init__(self, latent_dim):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(latent_dim, 49)])
        self.layers.extend(nn.ConvTranspose2d(1 if i == 0 else 8, 8, 3, padding=1) for i in range(5))
        self.layers.append(nn.ConvTranspose2d(8, 1, 4, stride=4))

    def forward(self, z):
        h = self.layers[0](z).view(-1, 1, 7, 7)
        for layer in self.layers[1:]:
            h = layer(F.elu(h))
        return h


def pair_that_is_deep(latent_dim):
    hidden = [layer for _ in range(5) for layer in (nn.Linear(64, 64), nn.ReLU())]
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), *hidden, nn.Linear(64, latent_dim))
    return encoder, DeepDecoder(latent_dim)


def pair_flat_and_sigmoid(latent_dim):
    encoder, decoder = pair_by_name(latent_dim)
    return encoder, nn.Sequential(*decoder[:-1], nn.Sigmoid())


def pair_tanh_and_relu(latent_dim):
    encoder, decoder = pair_by_name(latent_dim)
    return nn.Sequential(encoder, nn.Tanh()), nn.Sequential(decoder, nn.ReLU())


def pair_elu_and_clamped(latent_dim):
    encoder, decoder = pair_by_name(latent_dim)
    return nn.Sequential(encoder, nn.ELU()), nn.Sequential(decoder, nn.Hardtanh(-8, 8))


def pair_sigmoid_in_a_list(latent_dim):
    encoder, decoder = pair_by_name(latent_dim)
    return lambda x: encoder(x), nn.Sequential(decoder, nn.Sigmoid())


class Pair(NamedTuple):
    encoder: nn.Module
    decoder: nn.Module


def pair_that_begins_at_zero(latent_dim):
    encoder, decoder = pair_by_name(latent_dim)
    for layer in (encoder[-1], next(one for one in list(decoder)[::-1] if isinstance(one, nn.Linear))):
        nn.init.zeros_(layer.weight)
        nn.init.zeros_(layer.bias)
    return Pair(encoder, decoder)


def pair_scripted(latent_dim):
    with warnings.catch_warnings(action="ignore"):  # of its deprecation
        return tuple(map(torch.jit.script, pair_of_straight_lines(latent_dim)))


def pair_normalised_inside(latent_dim):
    encoder = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 64), nn.LayerNorm(64), nn.GELU(), nn.Linear(64, latent_dim)
    )
    decoder = nn.Sequential(nn.Linear(latent_dim, 64), nn.LayerNorm(64), nn.SiLU(), nn.Linear(64, 784))
    return encoder, nn.Sequential(decoder, nn.Unflatten(1, (1, 28, 28)))


RIGHT = [
    pair_that_begins_at_zero,
    pair_scripted,
    pair_normalised_inside,
    pair_by_modules,
    pair_from_lesson,
    pair_of_convolutions,
    pair_by_name,
    pair_of_straight_lines,
    pair_with_dropout,
    pair_without_full_layers,
    pair_that_is_deep,
]
COMBINED = [pair_elu_and_clamped, pair_flat_and_sigmoid, pair_tanh_and_relu, pair_sigmoid_in_a_list]
