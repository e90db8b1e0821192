"""Do drawn digits pass for handwriting? Prints what a small CNN carries over to MNIST, and the other way round.

    OMP_NUM_THREADS=1 uv run python -m tests.benchmarks.digits_transfer [seed ...]

Needs MNIST's four IDX files in $VAE_LESSONS_DATA/MNIST/raw (default: <repo>/data, then <repo>/../shared/data).
One seed takes about two minutes on one core, MNIST's own CNN another minute.
"""

import sys
import time

import torch
from torch import nn

from tests.conftest import mnist_folder, read_mnist
from vae_lessons.data import digits


def train(images, labels, epochs, seed=0):
    """A small CNN (29,194 weights) trained on images as they are: no augmentation."""
    torch.manual_seed(seed)
    layers = []
    for c_in, c_out in ((1, 16), (16, 32), (32, 64)):
        layers += [nn.Conv2d(c_in, c_out, 3, padding=1), nn.BatchNorm2d(c_out), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.3), nn.Linear(64 * 3 * 3, 10))
    batches = -(-len(images) // 128)
    optimizer = torch.optim.Adam(model.parameters())
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=0.01, total_steps=epochs * batches)
    for _ in range(epochs):
        for batch in torch.randperm(len(images)).split(128):
            loss = nn.functional.cross_entropy(model(images[batch] / 255), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return model.eval()


@torch.no_grad()
def predict(model, images):
    """Predicted labels (N,)."""
    return torch.cat([model(part / 255).argmax(1) for part in images.split(1000)])


def share(right):
    """How often, in per cent."""
    return 100 * right.float().mean().item()


def report(seed, test, judge):
    """Print every figure for one seed, with its target."""
    start = time.process_time()
    images, labels, factors = digits.draw(60_000, seed)
    print(f"seed {seed}: 60,000 drawn in {time.process_time() - start:.1f} s of one core (under 10)")
    print(f"  mean intensity {images.float().mean():.1f} (31-35)")
    print(f"  median stroke width {factors['thickness'].median():.2f} px (2.1-2.5)")
    for n, epochs, target in ((12_000, 3, 92), (60_000, 4, 96)):
        guess = predict(train(images[:n], labels[:n], epochs, seed), test[0])
        print(f"  {n:,} drawn, {epochs} epochs -> MNIST test: {share(guess == test[1]):.2f} % ({target})")
    recall = [share(guess[test[1] == digit] == digit) for digit in range(10)]
    print(f"  recall per digit: {' '.join(f'{r:.1f}' for r in recall)}, lowest {min(recall):.1f} % (90)")
    right = predict(judge, images) == labels
    styles = [
        (share(right[(labels == digit) & (factors["style"] == style)]), f"style {style} of {digit}")
        for digit in range(10)
        for style in range(len(digits.STYLES[digit]))
    ]
    lowest = ", ".join(f"{name} {value:.1f}" for value, name in sorted(styles)[:4])
    print(f"  MNIST's CNN reads the drawn: {share(right):.2f} % (96), lowest {lowest} % (80)")


def main(seeds):
    torch.set_num_threads(1)
    folder = mnist_folder() or sys.exit("No MNIST/raw: set VAE_LESSONS_DATA to the folder that holds it.")
    test, judge = read_mnist(folder, "t10k"), train(*read_mnist(folder, "train"), epochs=4)
    print(f"MNIST -> MNIST test: {share(predict(judge, test[0]) == test[1]):.2f} %")
    for seed in seeds or [0, 1]:
        report(seed, test, judge)


if __name__ == "__main__":
    main([int(word) for word in sys.argv[1:]])
