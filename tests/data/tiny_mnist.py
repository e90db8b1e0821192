"""A tiny MNIST: three training and two test images in files like the real ones."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from vae_lessons.data import mnist


def tiny_files() -> dict[str, bytes]:
    rng = np.random.default_rng(0)
    files = {}
    for split, n in (("train", 3), ("t10k", 2)):
        shape = np.array([n, 28, 28], ">i4").tobytes()
        files[f"{split}-images-idx3-ubyte"] = b"\0\0\x08\x03" + shape + rng.bytes(n * 784)
        files[f"{split}-labels-idx1-ubyte"] = b"\0\0\x08\x01" + shape[:4] + bytes(range(n))
    return files


def make_official(files: dict[str, bytes], patch: pytest.MonkeyPatch) -> None:
    """From now on these files are what the data set's sizes and checksums say."""
    for file, content in files.items():
        _, magic, header = mnist.FILES[file]
        patch.setitem(mnist.FILES, file, (len(content), magic, header))
        patch.setitem(mnist.SHA256["MNIST"], file, hashlib.sha256(content).hexdigest())


def put(root: Path, files: dict[str, bytes]) -> Path:
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for file, content in files.items():
        (raw / file).write_bytes(content)
    return raw
