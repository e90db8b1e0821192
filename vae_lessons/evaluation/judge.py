"""The digit judge: a small frozen classifier that says how sure it is that a picture is a digit, and which."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import load_model
from torch import Tensor, nn

from vae_lessons.data.images import check_images, to_unit

WEIGHTS = Path(__file__).with_name("judge.safetensors")
NO_DIGIT = 10  # the eleventh class


class DigitJudge(nn.Module):
    """Four convolutions and one linear layer: (B, 1, 28, 28) in [0, 1] -> logits of 0 to 9 and "no digit" (B, 11)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_convolution(1, 16),
            nn.MaxPool2d(2),  # (B, 16, 14, 14)
            *_convolution(16, 32),
            *_convolution(32, 48),
            nn.MaxPool2d(2),  # (B, 48, 7, 7)
            *_convolution(48, 64),
            nn.MaxPool2d(2),  # (B, 64, 3, 3)
            nn.Flatten(),  # (B, 576)
            nn.Linear(576, 11),  # (B, 11)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.layers(x)


def _convolution(in_channels: int, out_channels: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(in_channels, out_channels, kernel_size=3, padding=1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(),
    )


def load_judge() -> DigitJudge:
    """The judge that ships with the course, frozen: in evaluation mode and without gradients."""
    judge = DigitJudge()
    load_model(judge, WEIGHTS)
    return judge.eval().requires_grad_(False)


@torch.no_grad()
def judge_confidence(images: Tensor, batch_size: int = 100) -> tuple[Tensor, Tensor]:
    """The judge's confidence, in [0, 1], that each picture is the digit it looks most like, and that digit.

    images: (N, 1, 28, 28) uint8 or float in [0, 1]. Returns confidence (N,) and digit (N,) on the CPU.
    The judge may also answer "no digit", so a confidence near 0 means a picture of nothing. (A hundred pictures at a
    time fit into a processor's cache: on a CPU that is twice as fast as a thousand.)
    """
    probabilities = torch.cat([_judge()(x).softmax(1) for x in _batches(images, batch_size)])
    return probabilities[:, :NO_DIGIT].max(1)


@torch.no_grad()
def judge_features(images: Tensor, batch_size: int = 100) -> Tensor:
    """What the judge sees in each picture before it decides: the averages of its 64 last feature maps, (N, 64).

    images: (N, 1, 28, 28) uint8 or float in [0, 1]. Returns features on the CPU.
    """
    convolutions = _judge().layers[:-2]  # without flattening and the linear layer
    return torch.cat([convolutions(x).mean((2, 3)) for x in _batches(images, batch_size)])


def _batches(images: Tensor, batch_size: int) -> Iterator[Tensor]:
    """Batches as the judge takes them, (B, 1, 28, 28) in [0, 1] on the CPU; raises for images that it does not know."""
    check_images(images, grey=True)
    if images.shape[2:] != (28, 28):
        raise ValueError(
            f"the judge knows digits of 28 x 28 pixels, but these images have the shape {tuple(images.shape)}.\n"
            "It has no opinion on other images."
        )
    for batch in images.split(batch_size):
        yield to_unit(batch).cpu()


@cache
def _judge() -> DigitJudge:
    return load_judge()
