"""Encoders from an image to features, decoders from a latent to pixel logits, and the shapes between."""

from copy import deepcopy

import torch
from torch import nn


def mlp_encoder(hidden_dim: int) -> nn.Sequential:
    """Fully connected features: (B, 1, 28, 28) -> (B, hidden_dim)."""
    return nn.Sequential(
        nn.Flatten(),  # (B, 784)
        nn.Linear(784, hidden_dim),  # (B, H)
        nn.ReLU(),
    )


def mlp_decoder(latent_dim: int, hidden_dim: int) -> nn.Sequential:
    """Fully connected decoder: (B, latent_dim) -> pixel logits (B, 1, 28, 28)."""
    return nn.Sequential(
        nn.Linear(latent_dim, hidden_dim),  # (B, H)
        nn.ReLU(),
        nn.Linear(hidden_dim, 784),  # (B, 784)
        nn.Unflatten(1, (1, 28, 28)),  # (B, 1, 28, 28)
    )


def conv_encoder(hidden_dim: int) -> nn.Sequential:
    """Convolutional features: (B, 1, 28, 28) -> (B, hidden_dim). Each convolution halves the side."""
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=4, stride=2, padding=1),  # (B, 16, 14, 14)
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=4, stride=2, padding=1),  # (B, 32, 7, 7)
        nn.ReLU(),
        nn.Flatten(),  # (B, 1568)
        nn.Linear(1568, hidden_dim),  # (B, H)
        nn.ReLU(),
    )


def conv_decoder(latent_dim: int, hidden_dim: int) -> nn.Sequential:
    """Convolutional decoder: (B, latent_dim) -> pixel logits (B, 1, 28, 28). The encoder, read backwards."""
    return nn.Sequential(
        nn.Linear(latent_dim, hidden_dim),  # (B, H)
        nn.ReLU(),
        nn.Linear(hidden_dim, 1568),  # (B, 1568)
        nn.ReLU(),
        nn.Unflatten(1, (32, 7, 7)),  # (B, 32, 7, 7)
        nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1),  # (B, 16, 14, 14)
        nn.ReLU(),
        nn.ConvTranspose2d(16, 1, kernel_size=4, stride=2, padding=1),  # (B, 1, 28, 28)
    )


def encoder_and_decoder(
    architecture: str, latent_dim: int, hidden_dim: int
) -> tuple[nn.Sequential, nn.Sequential]:
    """The matching pair for architecture "mlp" or "conv". Raises ValueError for any other name."""
    if architecture == "mlp":
        return mlp_encoder(hidden_dim), mlp_decoder(latent_dim, hidden_dim)
    if architecture == "conv":
        return conv_encoder(hidden_dim), conv_decoder(latent_dim, hidden_dim)
    raise ValueError(f'architecture={architecture!r} is not known; choose "mlp" or "conv".')


def layer_shapes(network: nn.Sequential, in_shape: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """Each layer with the shape it returns for one image or latent of in_shape (no batch axis).

    Returns [(layer name, out_shape), ...], the input first. Raises ValueError naming the layer that does not fit.

    >>> layer_shapes(mlp_encoder(400), (1, 28, 28))[-1]
    ('ReLU', (400,))
    """
    x = torch.zeros(1, *in_shape)
    rows = [("input", tuple(in_shape))]
    for position, layer in enumerate(deepcopy(network).cpu().eval()):  # a copy: looking changes nothing
        try:
            with torch.no_grad():
                x = layer(x)
        except RuntimeError as error:
            raise ValueError(
                f"layer {position} does not fit: {layer}\n"
                f"It receives the shape {rows[-1][1]} from the layer before it ({rows[-1][0]}).\n"
                f"PyTorch says: {str(error).splitlines()[0][:160]}"
            ) from None
        rows.append((type(layer).__name__, tuple(x.shape[1:])))
    return rows
