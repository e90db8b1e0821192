"""A flow on pixels, given a fair try: what shares of its samples pass the judge, by what it predicts and for how long.

OMP_NUM_THREADS=2 uv run python -m tests.benchmarks.pixel_flow 45 120

Lesson 07 compares a flow on 16 latents with the same network on 784 pixels. Nobody would use that network on pixels, so
here are three: the lesson's, predicting the velocity; one twice as wide, predicting the clean image; and a small
convolutional network with skips, predicting the clean image. Each trains for the given seconds on drawn digits in
[-1, 1], at the same learning rates, and makes 1,000 samples in 100 steps. For comparison, on the codes of lesson 07's
VAE, whose training is counted: its flow, trained for the first of the given times, and a mixture of 50.
"""

import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from vae_lessons import data, evaluation
from vae_lessons.flow_matching import VelocityNetwork, flow, flow_matching_loss
from vae_lessons.mixture import fit_mixture
from vae_lessons.reparameterization import reparameterize
from vae_lessons.training import TrainConfig, fit
from vae_lessons.vae import VAE

SAMPLES, STEPS = 1000, 100


class CleanImage(nn.Module):
    """A network that predicts the clean image (B, D) from z_t and t, as the velocity that leads there."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, z: Tensor, t: Tensor) -> Tensor:
        return (self.network(z, t) - z) / (1 - t).clamp(min=0.05)


class SmallUNet(nn.Module):
    """Three sizes of 3 x 3 convolutions with skips, the time as a second channel."""

    def __init__(self, width: int = 16) -> None:
        super().__init__()

        def block(channels_in: int, channels_out: int, stride: int = 1) -> nn.Sequential:
            return nn.Sequential(nn.Conv2d(channels_in, channels_out, 3, stride, 1), nn.SiLU())

        self.first, self.down = block(2, width), block(width, 2 * width, 2)
        self.deep = nn.Sequential(block(2 * width, 4 * width, 2), block(4 * width, 4 * width))
        self.up = nn.Sequential(nn.Upsample(scale_factor=2), block(4 * width, 2 * width))
        self.last = nn.Sequential(nn.Upsample(scale_factor=2), block(4 * width, width))
        self.out = nn.Conv2d(2 * width, 1, 3, 1, 1)

    def forward(self, z: Tensor, t: Tensor) -> Tensor:
        x = z.view(-1, 1, 28, 28)
        a = self.first(torch.cat([x, t.view(-1, 1, 1, 1).expand_as(x)], 1))  # (B, W, 28, 28)
        b = self.down(a)  # (B, 2 W, 14, 14)
        c = torch.cat([self.up(self.deep(b)), b], 1)  # (B, 4 W, 14, 14)
        return self.out(torch.cat([self.last(c), a], 1)).flatten(1)  # (B, D)


def clean_image_loss(model: CleanImage, x: Tensor) -> Tensor:
    """The squared error of the predicted clean image, at a random time on the line from noise."""
    noise, t = torch.randn_like(x), torch.rand(len(x), 1)
    return ((model.network((1 - t) * noise + t * x, t) - x) ** 2).sum(1).mean()


def train(
    model: nn.Module, loss: Callable[[nn.Module, Tensor], Tensor], x: Tensor, seconds: float, batch: int = 200
) -> int:
    """Adam for so many seconds, its learning rate falling to 0 in that time. Returns the steps made."""
    torch.manual_seed(0)
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    start, steps = time.perf_counter(), 0
    while (spent := (time.perf_counter() - start) / seconds) < 1:
        optimizer.param_groups[0]["lr"] = 2e-3 * (1 - spent)
        optimizer.zero_grad()
        loss(model, x[torch.randint(len(x), (batch,))]).backward()
        optimizer.step()
        steps += 1
    return steps


def share(images: Tensor) -> float:
    """The share of images (N, 1, 28, 28) that the judge takes for digits."""
    return (evaluation.judge_confidence(images.clamp(0, 1))[0] > 0.5).float().mean().item()


@torch.no_grad()
def on_codes(images: Tensor, seconds: float) -> None:
    """What a VAE reaches with a second stage on its codes: a flow of so many seconds, or a mixture."""
    torch.manual_seed(0)
    vae = VAE(latent_dim=16, architecture="conv")
    start = time.perf_counter()
    with torch.enable_grad():
        fit(vae, images, TrainConfig(epochs=12, seed=0), progress=False, resume=False)
    trained = time.perf_counter() - start
    z = reparameterize(
        *(torch.cat(part) for part in zip(*(vae.encode(x / 255) for x in images.split(1000)), strict=True))
    )
    velocity = VelocityNetwork(16)
    with torch.enable_grad():
        steps = train(velocity, flow_matching_loss, z, seconds)
    start = time.perf_counter()
    mixture = fit_mixture(z, 50)
    fitted = time.perf_counter() - start
    for name, codes, taken in (
        (
            f"flow on 16 latents, {steps} steps",
            flow(velocity, torch.randn(SAMPLES, 16))[-1],
            trained + seconds,
        ),
        ("mixture of 50 on 16 latents", mixture.sample((SAMPLES,)), trained + fitted),
    ):
        print(f"{name:45s} {taken:6.0f} s {share(vae.decode(codes).sigmoid()):6.0%}", flush=True)


def main(*seconds: float) -> None:
    images = data.load().train_images
    x = (2 * images / 255 - 1).flatten(1)  # (N, D) from -1 to 1
    print(f"{'trained':45s}   in all   judged digits")
    on_codes(images, seconds[0])
    for budget in seconds:
        for name, make, loss, batch in (
            ("pixels, velocity", lambda: VelocityNetwork(784), flow_matching_loss, 200),
            ("pixels, clean image", lambda: CleanImage(VelocityNetwork(784, 512)), clean_image_loss, 200),
            ("pixels, clean image, convolutions", lambda: CleanImage(SmallUNet()), clean_image_loss, 50),
        ):
            torch.manual_seed(0)
            model = make()
            steps = train(model, loss, x, budget, batch)
            made = flow(model, torch.randn(SAMPLES, 784), STEPS)[-1].view(-1, 1, 28, 28) / 2 + 0.5
            print(f"{f'{name}, {steps} steps':45s} {budget:6.0f} s {share(made):6.0%}", flush=True)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:] or ("45", "120")))
