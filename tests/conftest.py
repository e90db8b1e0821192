"""Shared by the tests: where real MNIST may lie, and a reader of its files that is not the course's."""

import os
from pathlib import Path

import numpy as np
import pytest

REPOSITORY = Path(__file__).parents[1]


def read_idx(path: Path) -> np.ndarray:
    """An IDX file as an array, its shape read from the header."""
    data = path.read_bytes()
    shape = np.frombuffer(data, ">i4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape).copy()


@pytest.fixture(scope="session")
def mnist_raw() -> Path:
    """The folder with MNIST's four files; tests that ask for it are skipped where there is none."""
    roots = [os.environ.get("VAE_LESSONS_DATA"), REPOSITORY / "data", REPOSITORY.parent / "shared" / "data"]
    for root in filter(None, roots):
        raw = Path(root) / "MNIST" / "raw"
        if (raw / "t10k-images-idx3-ubyte").is_file():
            return raw
    pytest.skip("MNIST is not on this machine; python -c \"from vae_lessons.data import load; load('mnist')\"")
