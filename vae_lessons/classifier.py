"""A small image classifier, its training for a fixed number of steps, and images shifted and sheared on the way."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_lessons.networks import conv_encoder


def image_classifier(classes: int = 10) -> nn.Sequential:
    """Two convolutions and two linear layers: (B, 1, 28, 28) in [0, 1] -> logits (B, Y)."""
    return nn.Sequential(conv_encoder(128), nn.Linear(128, classes))


def draw_from(x: Tensor, y: Tensor, n: int = 64) -> tuple[Tensor, Tensor]:
    """n images (n, ...) and their labels (n,), drawn with replacement."""
    chosen = torch.randint(len(x), (n,), device=x.device)
    return x[chosen], y[chosen]


def train_classifier(
    network: nn.Module, draw: Callable[[], tuple[Tensor, Tensor]], steps: int = 600
) -> nn.Module:
    """Train a classifier in place on batches that draw() -> x (B, ...), y (B,) makes, and return it.

    The number of steps does not depend on how many images there are, so that one comparison is of images alone.
    """
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(steps):
        x, y = draw()
        loss = F.cross_entropy(network(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
    return network.eval()


@torch.no_grad()
def accuracy(score: Callable[[Tensor], Tensor], x: Tensor, y: Tensor) -> float:
    """Share of images (N, ...), in per cent, whose label y (N,) gets the highest score: score(x) is (B, Y)."""
    guesses = [score(batch).argmax(1) for batch in x.split(1_000)]
    return 100 * (torch.cat(guesses) == y).float().mean().item()


def shift_and_shear(x: Tensor, shift: float = 2, shear: float = 0.3) -> Tensor:
    """Each image (B, C, H, W) moved by up to `shift` pixels both ways and slanted by up to `shear`, at random."""
    moves = 2 * torch.rand(len(x), 3, device=x.device) - 1  # (B, 3) in [-1, 1]
    affine = torch.eye(2, 3, device=x.device).repeat(len(x), 1, 1)  # (B, 2, 3)
    affine[:, 0, 1] = shear * moves[:, 0]
    affine[:, :, 2] = 2 * shift / x.shape[-1] * moves[:, 1:]  # the image reaches from -1 to 1
    return F.grid_sample(x, F.affine_grid(affine, list(x.shape), align_corners=False), align_corners=False)
