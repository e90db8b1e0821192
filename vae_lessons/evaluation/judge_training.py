"""Train the digit judge anew, on drawn digits alone."""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_model
from torch import Tensor
from tqdm.auto import tqdm

from vae_lessons.data.digits import draw
from vae_lessons.evaluation.judge import NO_DIGIT, WEIGHTS, DigitJudge


def spoil(x: Tensor) -> Tensor:
    """Pictures that are no digits, made of digits: x (B, 1, 28, 28) in [0, 1] -> same shape, five kinds in turn.

    Two digits on top of each other, two averaged, quarters moved about, ink rubbed out in patches, and blots.
    """
    other, patches = x.roll(1, 0), _smooth_noise(len(x))  # (B, 1, 28, 28)
    top, bottom = x[..., :14, :], x[..., 14:, :]
    kinds = (
        torch.maximum(x, other),
        (x + other) / 2,
        torch.cat([bottom.roll(14, -1), top], -2),
        x * (patches > 0.3),
        (F.avg_pool2d(other, 7, 1, 3) > 0.2) * (patches + 1).clamp(0, 1),
    )
    turn = torch.arange(len(x)) % len(kinds)  # (B,)
    return torch.stack(kinds)[turn, torch.arange(len(x))]


def vary(x: Tensor) -> Tensor:
    """The same pictures in other styles: x (B, 1, 28, 28) left alone, blurred and paled, bolder, or hard-edged.

    Digits and spoilt digits are varied alike, so that only what is drawn tells them apart, not how softly.
    """
    blurred = F.avg_pool2d(F.avg_pool2d(x, 3, 1, 1), 3, 1, 1) * (1 - 0.3 * torch.rand(len(x), 1, 1, 1))
    bolder = F.max_pool2d(x, 3, 1, 1)
    hard = (x > 0.15 + 0.5 * torch.rand(len(x), 1, 1, 1)).float()
    some = torch.rand(len(x), 1, 1, 1)  # how much of the change
    kinds = torch.stack([x, some * blurred + (1 - some) * x, some * bolder + (1 - some) * x, hard])
    return kinds[torch.randint(len(kinds), (len(x),)), torch.arange(len(x))]


def _smooth_noise(n: int) -> Tensor:
    """Standard normal noise (n, 1, 28, 28) whose bumps are about five pixels wide."""
    noise = F.avg_pool2d(F.avg_pool2d(torch.randn(n, 1, 36, 36), 5, 1), 5, 1)
    return noise / noise.std()


def train_judge(images: int = 60_000, epochs: int = 6, seed: int = 0, progress: bool = True) -> DigitJudge:
    """Train a judge on drawn digits alone, two thirds of them whole, a third spoilt."""
    pictures, labels, _ = draw(images, seed=seed + 1000)  # not the seeds of the course's data set
    batch_size = 128
    steps = epochs * (images // batch_size)
    bar = tqdm(total=steps, disable=not progress, unit="step", mininterval=0.5)
    with torch.random.fork_rng(), bar:
        torch.manual_seed(seed)
        judge = DigitJudge()
        optimizer = torch.optim.AdamW(judge.parameters(), weight_decay=1e-2)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps)
        for _ in range(epochs):
            for batch in torch.randperm(images).split(batch_size)[: images // batch_size]:
                x = pictures[batch] / 255  # (B, 1, 28, 28)
                x = vary(torch.cat([x, spoil(x[: batch_size // 2])]))  # (1.5 B, 1, 28, 28)
                y = torch.cat([labels[batch], torch.full((batch_size // 2,), NO_DIGIT)])  # (1.5 B,)
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
    seen = torch.cat([judge(batch / 255)[:, :NO_DIGIT].argmax(1) for batch in pictures.split(1000)])
    accuracy = (seen == labels).float().mean().item()
    save_model(judge, path)
    return f"judge: {accuracy:.2%} of 10,000 held-out drawn digits, {path.stat().st_size / 1000:.0f} kB"
