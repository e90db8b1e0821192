"""How fast and how good is training.fit beside the loop most tutorials use? Both in one run, epoch by epoch in turn.

    uv run python -m tests.benchmarks.training_loop [rounds]

Prints seconds per epoch as ratios (usual / fit), then the test ELBO that fit reaches. Model 784-400-20, batch 128, on
MNIST where it is (see data/README.md), else on 60,000 drawn digits. About three minutes on two cores.
"""

import statistics
import sys
import time

import torch
import torch.nn.functional as F
from PIL import Image
from torch.utils.data import DataLoader
from torchvision.transforms.functional import to_tensor

from tests.conftest import mnist_folder, read_mnist
from vae_lessons.data.digits import draw
from vae_lessons.data.images import binarize
from vae_lessons.evaluation.bounds import importance_weighted_bound, test_elbo
from vae_lessons.training.loop import TrainConfig, fit
from vae_lessons.vae import VAE


class OneByOne(torch.utils.data.Dataset):
    """Images handed out singly as pictures and converted by ToTensor, as by torchvision's own data sets."""

    def __init__(self, images):
        self.images = images[:, 0].numpy()

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        return to_tensor(Image.fromarray(self.images[index]))


def usual_epoch(model, images, optimizer):
    """The loop of most tutorials: DataLoader, sigmoid, binary cross-entropy on grey pixels, plain Adam at 1e-3."""
    for x in DataLoader(OneByOne(images), batch_size=128, shuffle=True):
        mu, logvar = model.encode(x)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(logvar)
        x_hat = torch.sigmoid(model.decode(z))
        reconstruction = F.binary_cross_entropy(x_hat, x, reduction="sum")
        divergence = -0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())
        optimizer.zero_grad()
        (reconstruction + divergence).backward()
        optimizer.step()


def seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def load():
    folder = mnist_folder()
    if folder is None:
        return "drawn digits", draw(60_000, seed=0)[0], draw(10_000, seed=1)[0]
    return "MNIST", read_mnist(folder, "train")[0], read_mnist(folder, "t10k")[0]


def main(rounds):
    name, train, test = load()
    binary = binarize(test)
    torch.manual_seed(0)
    usual, ours = VAE(), VAE()
    optimizer = torch.optim.Adam(usual.parameters(), lr=1e-3)
    one_epoch = TrainConfig(epochs=1, learning_rate=1e-3)
    ratios = []
    for turn in range(rounds):
        theirs = seconds(lambda: usual_epoch(usual, train, optimizer))
        mine = seconds(lambda: fit(ours, train, one_epoch))
        ratios.append(theirs / mine)
        print(
            f"round {turn + 1}: usual {theirs:5.2f} s, fit {mine:5.2f} s, ratio {ratios[-1]:.2f}", flush=True
        )
    print(f"{name}: ratio of seconds per epoch, median {statistics.median(ratios):.2f}", end="")
    print(f" (from {min(ratios):.2f} to {max(ratios):.2f})")
    print(f"usual loop after {rounds} epochs: {test_elbo(usual, binary):.2f} nats per binarised test image")
    for epochs in (5, 10):
        torch.manual_seed(0)
        model = VAE()
        history = fit(model, train, TrainConfig(epochs=epochs), progress=False)
        print(
            f"fit, {epochs:2d} epochs in {history.seconds:4.1f} s: test ELBO {test_elbo(model, binary):.2f} "
            f"on binarised images, {test_elbo(model, test):.2f} on grey ones; "
            f"500-sample bound {importance_weighted_bound(model, binary[:1000], k=500):.2f} on 1,000 binarised",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10)
