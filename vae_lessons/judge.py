"""The digit judge: a small frozen classifier that says how sure a picture is a digit, and which."""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_model, save_model
from torch import Tensor, nn
from tqdm.auto import tqdm

from vae_lessons.digits import draw

WEIGHTS = Path(__file__).with_name("judge.safetensors")


class DigitJudge(nn.Module):
    """Four convolutions and one linear layer: (B, 1, 28, 28) in [0, 1] -> logits of the ten digits (B, 10)."""

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
            nn.Linear(576, 10),  # (B, 10)
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


def train_judge(images: int = 60_000, epochs: int = 6, seed: int = 0, progress: bool = True) -> DigitJudge:
    """Train a judge on drawn digits alone, half of them blends of two: it learns to be unsure between digits.

    Blending images and labels alike is mixup (Zhang et al. 2018); it keeps confidence honest on pictures
    that are no digit, which is what the judge is asked about.
    """
    pictures, labels, _ = draw(images, seed=seed + 1000)  # not the seeds of the course's data set
    batch_size, steps = 128, epochs * (images // 128)
    bar = tqdm(total=steps, disable=not progress, unit="step")
    with torch.random.fork_rng(), bar:
        torch.manual_seed(seed)
        judge = DigitJudge()
        optimizer = torch.optim.AdamW(judge.parameters(), weight_decay=1e-2)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps)
        for _ in range(epochs):
            for batch in torch.randperm(images).split(batch_size)[: images // batch_size]:
                x = pictures[batch] / 255  # (B, 1, 28, 28)
                y = F.one_hot(labels[batch], 10).float()  # (B, 10)
                share = torch.distributions.Beta(1.0, 1.0).sample((batch_size, 1))  # (B, 1)
                share[batch_size // 2 :] = 1.0  # the second half stays pure
                partner = torch.randperm(batch_size)
                x = share[..., None, None] * x + (1 - share[..., None, None]) * x[partner]
                y = share * y + (1 - share) * y[partner]
                loss = F.cross_entropy(judge(x), y)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                schedule.step()
                bar.update()
    return judge.eval().requires_grad_(False)


def retrain(path: Path = WEIGHTS) -> str:
    """Train the judge anew and write its weights; returns a line with its held-out accuracy and file size."""
    judge = train_judge()
    pictures, labels, _ = draw(10_000, seed=1)
    accuracy = (judge(pictures / 255).argmax(1) == labels).float().mean().item()
    save_model(judge, path)
    return f"judge: {accuracy:.2%} of 10,000 held-out drawn digits, {path.stat().st_size / 1000:.0f} kB"
