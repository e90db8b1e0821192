"""Encoders from images to features, decoders from latents to pixel logits, and the shapes in between."""

import math
from copy import deepcopy

import torch
from torch import nn


def mlp_encoder(hidden_dim: int, image_shape: tuple[int, int, int] = (1, 28, 28)) -> nn.Sequential:
    """Fully connected features: (B, C, H, W) -> (B, hidden_dim)."""
    pixels = math.prod(image_shape)  # D = C * H * W, 784 for (1, 28, 28)
    return nn.Sequential(
        nn.Flatten(),  # (B, D)
        nn.Linear(pixels, hidden_dim),  # (B, hidden_dim)
        nn.ReLU(),
    )


def mlp_decoder(
    latent_dim: int, hidden_dim: int, image_shape: tuple[int, int, int] = (1, 28, 28)
) -> nn.Sequential:
    """Fully connected decoder: (B, latent_dim) -> pixel logits (B, C, H, W)."""
    pixels = math.prod(image_shape)  # D = C * H * W
    return nn.Sequential(
        nn.Linear(latent_dim, hidden_dim),  # (B, hidden_dim)
        nn.ReLU(),
        nn.Linear(hidden_dim, pixels),  # (B, D)
        nn.Unflatten(1, image_shape),  # (B, C, H, W)
    )


def conv_encoder(hidden_dim: int, image_shape: tuple[int, int, int] = (1, 28, 28)) -> nn.Sequential:
    """Convolutional features: (B, C, H, W) -> (B, hidden_dim). Each convolution halves both sides."""
    channels, height, width = image_shape  # 28 becomes 14, then 7
    return nn.Sequential(
        nn.Conv2d(channels, 16, kernel_size=4, stride=2, padding=1),  # (B, 16, H / 2, W / 2)
        nn.ReLU(),
        nn.Conv2d(16, 32, kernel_size=4, stride=2, padding=1),  # (B, 32, H / 4, W / 4)
        nn.ReLU(),
        nn.Flatten(),  # (B, 32 * H / 4 * W / 4), 1568 for 28 x 28
        nn.Linear(32 * (height // 4) * (width // 4), hidden_dim),  # (B, hidden_dim)
        nn.ReLU(),
    )


def conv_decoder(
    latent_dim: int, hidden_dim: int, image_shape: tuple[int, int, int] = (1, 28, 28)
) -> nn.Sequential:
    """Convolutional decoder: (B, latent_dim) -> pixel logits (B, C, H, W). The encoder, read backwards."""
    channels, height, width = image_shape
    small = (32, height // 4, width // 4)  # (32, 7, 7) for 28 x 28
    return nn.Sequential(
        nn.Linear(latent_dim, hidden_dim),  # (B, hidden_dim)
        nn.ReLU(),
        nn.Linear(hidden_dim, math.prod(small)),  # (B, 32 * H / 4 * W / 4)
        nn.ReLU(),
        nn.Unflatten(1, small),  # (B, 32, H / 4, W / 4)
        nn.ConvTranspose2d(32, 16, kernel_size=4, stride=2, padding=1),  # (B, 16, H / 2, W / 2)
        nn.ReLU(),
        nn.ConvTranspose2d(16, channels, kernel_size=4, stride=2, padding=1),  # (B, C, H, W)
    )


def encoder_and_decoder(
    architecture: str, latent_dim: int, hidden_dim: int, image_shape: tuple[int, int, int] = (1, 28, 28)
) -> tuple[nn.Sequential, nn.Sequential]:
    """The matching pair for architecture "mlp" or "conv", for images of image_shape (C, H, W).

    Raises ValueError for any other name, and for a side that "conv" cannot halve twice.
    """
    if architecture == "mlp":
        return mlp_encoder(hidden_dim, image_shape), mlp_decoder(latent_dim, hidden_dim, image_shape)
    if architecture == "conv":
        if image_shape[1] % 4 or image_shape[2] % 4:
            raise ValueError(
                f'image_shape={image_shape}: "conv" halves both sides twice; give multiples of 4.'
            )
        return conv_encoder(hidden_dim, image_shape), conv_decoder(latent_dim, hidden_dim, image_shape)
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
