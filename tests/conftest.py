"""Shared by tests and benchmarks: where real MNIST may lie, and a reader of its files that is not the course's."""

import ast
import os
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two tests run at once, each on a core of its own

import numpy as np
import pytest
import torch
from nbformat import NotebookNode

REPOSITORY = Path(__file__).parents[1]
SCRATCH = tempfile.TemporaryDirectory(prefix="vae-lessons-")
os.environ.setdefault("VAE_LESSONS_CACHE", SCRATCH.name)  # what one lesson trained, the next test loads
NO_COUNT_OR_SEED = [  # n, seed, and which of them a drawn image set must refuse by name
    (-1, 0, "n"),
    (2.5, 0, "n"),
    ("ten", 0, "n"),
    (None, 0, "n"),
    (True, 0, "n"),
    (5, -3, "seed"),
    (5, 0.5, "seed"),
]


def mnist_folder() -> Path | None:
    """The folder with MNIST's four files: below VAE_LESSONS_DATA, data/, or a shared/data beside the repository."""
    roots = [os.environ.get("VAE_LESSONS_DATA"), REPOSITORY / "data", REPOSITORY.parent / "shared" / "data"]
    folders = [Path(root, "MNIST", "raw") for root in roots if root]
    return next((folder for folder in folders if (folder / "t10k-images-idx3-ubyte").is_file()), None)


def read_idx(path: Path) -> np.ndarray:
    """An IDX file as an array, its shape read from the header."""
    data = path.read_bytes()
    shape = np.frombuffer(data, ">i4", count=data[3], offset=4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape).copy()


def read_mnist(folder: Path, part: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Images (N, 1, 28, 28) uint8 and labels (N,) int64 of part "train" or "t10k"."""
    images, labels = (read_idx(folder / f"{part}-{kind}-ubyte") for kind in ("images-idx3", "labels-idx1"))
    return torch.from_numpy(images)[:, None], torch.from_numpy(labels).long()


@pytest.fixture(scope="session")
def mnist_raw() -> Path:
    """The folder with MNIST's four files; tests that ask for it are skipped where there is none."""
    return mnist_folder() or pytest.skip("MNIST is not on this machine: see data/README.md")


def pytest_unconfigure() -> None:
    SCRATCH.cleanup()


@pytest.fixture(autouse=True)
def train_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """In tests of the package nothing is loaded unless the test asks for it."""
    monkeypatch.setenv("VAE_LESSONS_FRESH", "1")


class WithoutClaims(ast.NodeTransformer):
    def visit_Assert(self, node: ast.Assert) -> ast.Pass:
        return ast.Pass()


def brief(notebook: NotebookNode) -> NotebookNode:
    """The lesson with few images and without its claims, which other tests hold."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            tree = WithoutClaims().visit(ast.parse(cell.source.replace("20_000", "2_000")))
            cell.source, cell.outputs = ast.unparse(tree), []
    return notebook
