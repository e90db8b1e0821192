"""A published table again: negative log-likelihoods of VAE and IWAE on MNIST (Burda et al. 2016, Table 1, one layer).

VAE_LESSONS_DATA=... uv run python -m tests.benchmarks.published_likelihood --epochs 13
VAE_LESSONS_DATA=... uv run python -m tests.benchmarks.published_likelihood --epochs 3280 --draws 5000 --images 10000

The paper's setting: 784-200-200-50 with tanh, Bernoulli pixels binarised anew at each step, batches of 20, Adam with
epsilon 1e-4, and 3**i epochs at a learning rate of 1e-3 * 10**(-i/7) for i = 0 to 7, 3,280 epochs in all. Fewer epochs
take the first of these stages. All data lie on the device; on a GPU one step is captured as a CUDA graph and replayed.
Results are kept in published_likelihood.json, with what they took.
"""

import argparse
import json
import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from vae_lessons import data
from vae_lessons.device import pick
from vae_lessons.gaussians import log_density
from vae_lessons.importance import importance_weighted
from vae_lessons.likelihoods import bernoulli_log_likelihood
from vae_lessons.reparameterization import reparameterize

KEPT = Path(__file__).with_suffix(".json")
PAPER = {1: 86.76, 5: 85.54, 50: 84.78}  # draws in training -> negative log-likelihood, 5,000 draws, in nats
STAGES = [(3**i, 1e-3 * 10 ** (-i / 7)) for i in range(8)]  # epochs, learning rate
BATCH, LATENTS, HIDDEN = 20, 50, 200


class OneLayerVAE(nn.Module):
    """The paper's network with one stochastic layer; mean (D,) of the training images starts the output."""

    def __init__(self, mean: Tensor) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(784, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh())
        self.to_mu, self.to_logvar = nn.Linear(HIDDEN, LATENTS), nn.Linear(HIDDEN, LATENTS)
        self.decoder = nn.Sequential(
            *(nn.Linear(LATENTS, HIDDEN), nn.Tanh(), nn.Linear(HIDDEN, HIDDEN), nn.Tanh()),
            nn.Linear(HIDDEN, 784),
        )
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.xavier_uniform_(layer.weight)
                nn.init.zeros_(layer.bias)
        self.decoder[-1].bias.data = mean.clamp(1e-3, 1 - 1e-3).logit()

    def bound(self, x: Tensor, k: int) -> Tensor:
        """The importance-weighted bound of binary images x (B, D) from k draws: (B,) in nats."""
        h = self.encoder(x)
        mu, logvar = (head(h).expand(k, -1, -1) for head in (self.to_mu, self.to_logvar))  # (K, B, J)
        z = reparameterize(mu, logvar)
        x_logits = self.decoder(z).flatten(0, 1)  # (K B, D)
        log_px_z = bernoulli_log_likelihood(x_logits, x.repeat(k, 1)).view(k, -1)  # (K, B)
        log_pz = log_density(z, torch.zeros_like(z), torch.zeros_like(z))
        return importance_weighted(log_px_z, log_pz, log_density(z, mu, logvar))


def replayed(step: Callable[[], None]) -> Callable[[], None]:
    """The step as a CUDA graph, after some ordinary runs of it."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(5):
            step()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        step()
    return graph.replay


def train(images: Tensor, k: int, epochs: int) -> OneLayerVAE:
    """The paper's training on images (N, D) in [0, 1], on their device, for the first epochs of its schedule."""
    model = OneLayerVAE(images.mean(0)).to(images.device)
    on_gpu = images.device.type == "cuda"
    rate = torch.tensor(STAGES[0][1], device=images.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, eps=1e-4, capturable=on_gpu)
    chosen = torch.arange(BATCH, device=images.device)  # the images of a step, written in place

    def step() -> None:
        x = torch.bernoulli(images[chosen])
        optimizer.zero_grad(set_to_none=False)
        (-model.bound(x, k).mean()).backward()
        optimizer.step()

    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    run, done = replayed(step) if on_gpu else step, 0
    for length, learning_rate in STAGES:
        rate.fill_(learning_rate)
        for _ in range(min(length, epochs - done)):
            order = torch.randperm(len(images), device=images.device)
            for batch in order[: len(order) // BATCH * BATCH].view(-1, BATCH):
                chosen.copy_(batch)
                run()
            done += 1
    return model


@torch.no_grad()
def negative_log_likelihood(model: OneLayerVAE, x: Tensor, draws: int) -> float:
    """Average over binary images x (N, D) of minus the bound with this many draws, in nats."""
    total, at_once = 0.0, 50
    for some in x.split(100):
        parts = [model.bound(some, at_once) for _ in range(draws // at_once)]  # each (100,)
        total -= (torch.stack(parts).logsumexp(0) - math.log(len(parts))).double().sum().item()
    return total / len(x)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=13, help="of the paper's 3,280")
    parser.add_argument("--train-draws", type=int, nargs="+", default=list(PAPER), choices=list(PAPER))
    parser.add_argument(
        "--draws", type=int, default=500, help="of the bound that is reported, the paper's 5,000"
    )
    parser.add_argument("--images", type=int, default=1000, help="test images, the paper's 10,000")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    device, mnist = pick(), data.load("mnist")
    images = (mnist.train_images / 255).flatten(1).to(device)
    test = (data.binarize(mnist.test_images) / 255).flatten(1)[: given.images].to(device)
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else []
    print("draws in training   paper   here   epochs   seconds   draws   test images")
    for k in given.train_draws:
        torch.manual_seed(given.seed)
        start = time.perf_counter()
        model = train(images, k, given.epochs)
        seconds = time.perf_counter() - start
        found = negative_log_likelihood(model, test, given.draws)
        row = {"train_draws": k, "paper": PAPER[k], "here": round(found, 2), "epochs": given.epochs}
        row |= {"seconds": round(seconds), "draws": given.draws, "images": len(test), "seed": given.seed}
        row |= {"device": device.type}
        print(
            f"{k:17d} {PAPER[k]:7.2f} {found:6.2f} {given.epochs:8d} {seconds:9.0f} {given.draws:7d} {len(test):13d}"
        )
        kept = [one for one in kept if (one["train_draws"], one["epochs"]) != (k, given.epochs)] + [row]
        kept.sort(key=lambda one: (one["epochs"], one["train_draws"]))
        KEPT.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
