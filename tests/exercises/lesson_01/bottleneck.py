"""Lesson 01: right answers in many styles, and answers with two mistakes at once."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from vae_lessons.likelihoods import bernoulli_log_likelihood
from vae_lessons.networks import conv_decoder, conv_encoder, encoder_and_decoder, mlp_decoder, mlp_encoder

# 1.1


def side_by_formula(side_in, kernel, stride, padding):
    return side_in * stride - stride - 2 * padding + kernel


def side_by_layer(side_in, kernel, stride, padding):
    layer = nn.ConvTranspose2d(1, 1, kernel, stride, padding)
    return layer(torch.zeros(1, 1, side_in, side_in)).shape[-1]


def side_by_stamping(side_in, kernel, stride, padding):
    pixels = set()
    for cell in range(side_in):
        pixels |= set(range(cell * stride, cell * stride + kernel))
    return max(pixels) + 1 - padding - padding


def side_by_search(a, b, c, d):
    side = 1
    while (side + 2 * d - b) / c + 1 != a:
        side += 1
    return side


def side_in_tensors(side_in, kernel, stride, padding):
    return torch.tensor([side_in - 1, -2 * padding, kernel]) @ torch.tensor([stride, 1, 1])


# 1.2


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


def pair_sigmoid_in_a_list(latent_dim):
    encoder, decoder = pair_by_name(latent_dim)
    return lambda x: encoder(x), nn.Sequential(decoder, nn.Sigmoid())


# 1.3


def pca_by_lesson(x, latent_dim):
    centre = x.mean(0)
    components = torch.linalg.eigh((x - centre).T @ (x - centre)).eigenvectors
    axes = components[:, -latent_dim:]
    return ((x - centre - (x - centre) @ axes @ axes.T) ** 2).sum(1).mean()


def pca_by_widths(x, latent_dim):
    widths = torch.linalg.svdvals(x - x.mean(0))
    return (widths[latent_dim:] ** 2).sum() / x.shape[0]


def pca_by_covariance(x, latent_dim):
    lost = torch.linalg.eigvalsh(torch.cov(x.T, correction=0))[: x.shape[1] - latent_dim]
    return lost.sum().item()


def pca_by_numpy(x, latent_dim):
    x = x.double().numpy()
    x = x - x.mean(axis=0, keepdims=True)
    _, _, vt = np.linalg.svd(x)
    rebuilt = x @ vt[:latent_dim].T @ vt[:latent_dim]
    return float(np.mean(np.sum((x - rebuilt) ** 2, axis=1)))


def pca_by_difference(x, latent_dim):
    x = x - x.mean(0)
    s = torch.linalg.svd(x).S
    return (x**2).sum(1).mean() - (s[:latent_dim] ** 2).sum() / len(x)


def pca_with_mean_back(images, numbers):
    mean = images.mean(0, keepdim=True)
    u, s, v = torch.svd(images - mean)
    codes = u[:, :numbers] * s[:numbers]
    x_hat = mean + codes @ v[:, :numbers].T
    return sum(((a - b) ** 2).sum() for a, b in zip(images, x_hat, strict=True)) / len(images)


def pca_one_by_one(x, latent_dim):
    left = (x - x.mean(0)).double()
    for _ in range(latent_dim):
        direction = torch.linalg.svd(left).Vh[0]
        left = left - torch.outer(left @ direction, direction)
    return left.pow(2).sum() / len(left)


def pca_uncentred_and_mean(x, latent_dim):
    axes = torch.linalg.svd(x).Vh[:latent_dim]
    return ((x - x @ axes.T @ axes) ** 2).mean()


def pca_smallest_and_sum(x, latent_dim):
    values = torch.linalg.eigvalsh((x - x.mean(0)).T @ (x - x.mean(0)))
    return values[latent_dim:].sum()


# 1.4


def error_with_probabilities(x_logits, x):
    x_hat = x_logits.sigmoid()
    error = F.binary_cross_entropy(x_hat, x, reduction="none")
    return error.flatten(1).sum(1)


def error_by_likelihood(x_logits, x):
    return -bernoulli_log_likelihood(x_logits, x)


def error_by_formula(x_logits, x):
    p = torch.sigmoid(x_logits)
    return -(x * p.log() + (1 - x) * (1 - p).log()).sum((1, 2, 3))


def error_by_softplus(x_logits, x):
    return torch.einsum("bchw->b", F.softplus(x_logits) - x * x_logits)


def error_by_loop(x_logits, x):
    loss = nn.BCEWithLogitsLoss(reduction="sum")
    return torch.stack([loss(logits, image) for logits, image in zip(x_logits, x, strict=True)])


def error_by_torch(x_logits, x):
    pixels = torch.distributions.Bernoulli(logits=x_logits.double(), validate_args=False)
    return -pixels.log_prob(x.double()).reshape(len(x), -1).sum(-1)


RIGHT = {
    "1.1": [side_by_formula, side_by_layer, side_by_stamping, side_by_search, side_in_tensors],
    "1.2": [
        pair_by_modules,
        pair_from_lesson,
        pair_of_convolutions,
        pair_by_name,
        pair_of_straight_lines,
        pair_with_dropout,
        pair_without_full_layers,
        pair_that_is_deep,
    ],
    "1.3": [
        pca_by_lesson,
        pca_by_widths,
        pca_by_covariance,
        pca_by_numpy,
        pca_by_difference,
        pca_with_mean_back,
        pca_one_by_one,
    ],
    "1.4": [
        error_with_probabilities,
        error_by_likelihood,
        error_by_formula,
        error_by_softplus,
        error_by_loop,
        error_by_torch,
    ],
}
COMBINED = {
    "1.1": [
        lambda side_in, kernel, stride, padding: side_in * stride + kernel - padding,  # no - 1, one border
        lambda side_in, kernel, stride, padding: side_in * stride + kernel + 2 * padding,  # no - 1, a sign
        lambda side_in, kernel, stride, padding: side_in - 1 + kernel,  # neither stride nor padding
    ],
    "1.2": [pair_flat_and_sigmoid, pair_tanh_and_relu, pair_sigmoid_in_a_list],
    "1.3": [pca_uncentred_and_mean, pca_smallest_and_sum],
    "1.4": [
        lambda x_logits, x: -F.binary_cross_entropy_with_logits(x_logits, x),  # averaged over all, and a sign
        lambda x_logits, x: F.binary_cross_entropy_with_logits(
            x_logits.sigmoid(), x
        ),  # the bug, and averaged
        lambda x_logits, x: (x * F.logsigmoid(x_logits)).flatten(1).sum(1),  # ink only, and a sign
    ],
}
