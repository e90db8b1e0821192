"""Shared by tests and benchmarks: real MNIST, read by another reader than the course's, and lessons in brief."""

import ast
import dataclasses
import dis
import functools
import inspect
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side, and some of them wait for a browser

import numpy as np
import pytest
import torch
from nbformat import NotebookNode

from tests.data.tiny_mnist import make_official, tiny_files
from vae_lessons.classroom import lessons
from vae_lessons.data import mnist, molecules, names
from vae_lessons.notebook_cells import names_made, names_read_and_made

REPOSITORY = Path(__file__).parents[1]
SCRATCH = tempfile.TemporaryDirectory(prefix="vae-lessons-")
os.environ.setdefault("VAE_LESSONS_CACHE", SCRATCH.name)  # all workers' own, and nobody else's
# For cut_down, also where a test has a cache of its own.
os.environ.setdefault("VAE_LESSONS_SMALL", SCRATCH.name)
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


@pytest.fixture(params=lessons.paths(), ids=lambda path: path.stem)
def lesson(request: pytest.FixtureRequest) -> str:
    """The name of a lesson's notebook; a test that asks for it runs for each."""
    return request.param.stem


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """The four files of a tiny MNIST, which counts as the official one."""
    made = tiny_files()
    make_official(made, monkeypatch)
    return made


@pytest.fixture
def no_download(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("this must not download")

    monkeypatch.setattr(mnist, "_fetch", refuse)


@pytest.fixture
def another_user() -> Iterator[Callable[[], None]]:
    """Become, inside, a user who is neither root nor the owner of what root has made."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("only root can become another user")
    try:
        yield lambda: os.seteuid(65534)
    finally:
        os.seteuid(0)


@pytest.fixture(scope="session")
def mnist_raw() -> Path:
    """The folder with MNIST's four files; tests that ask for it are skipped where there is none."""
    return mnist_folder() or pytest.skip("MNIST is not on this machine: see data/README.md")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Lessons run first, since they take longest; odd numbers before even, which may load what a neighbour trained."""
    notebooks = [item for item in items if item.path.suffix == ".ipynb"]
    others = [item for item in items if item.path.suffix != ".ipynb"]
    items[:] = sorted(notebooks, key=lambda cell: int(cell.path.name[:2]) % 2 == 0) + others


def pytest_unconfigure() -> None:
    SCRATCH.cleanup()


@pytest.fixture(autouse=True)
def train_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """In tests of the package nothing is loaded unless the test asks for it."""
    monkeypatch.setenv("VAE_LESSONS_FRESH", "1")


def cut_down(load, count=600, folder=os.environ["VAE_LESSONS_SMALL"]):
    """Like data.load, with the first images of each data set only; 600 are enough for every cell of a lesson to run.

    Of faces there are 2,200, since lesson 05 divides them further. What was cut is kept in the folder: it is drawn
    once a test session. (Cloned, because a part of a tensor would be saved with the whole.)
    """

    @functools.cache
    def small(name=None):
        name = name or os.environ.get("VAE_LESSONS_DATASET") or "digits"
        file = Path(folder, f"{name}-{count}.pt")
        if file.exists():
            return torch.load(file, weights_only=False)
        dataset, cut = load(name), {}
        kept = max(count, 2200) if dataset.name == "faces" else count
        for part in ("train_images", "train_labels", "test_images", "test_labels"):
            cut[part] = getattr(dataset, part)[:kept].clone()
        for part in ("train_factors", "test_factors"):
            factors = getattr(dataset, part) or {}
            cut[part] = {factor: values[:kept].clone() for factor, values in factors.items()} or None
        dataset = dataclasses.replace(dataset, **cut)
        partial = file.with_suffix(f".{os.getpid()}")
        torch.save(dataset, partial)
        partial.replace(file)
        return dataset

    return small


def use_few_strings(set_attribute=setattr):
    """From now on there are 600 names for training, 100 for the test, and 600 molecules."""
    train, test = names.load_names()
    set_attribute(names, "load_names", lambda: (train[:600], test[:100]))
    set_attribute(molecules, "load_molecules", functools.partial(molecules.load_molecules, 600))


@functools.cache
def quick_judge():
    """A judge without training, which gives some opinion on 28 x 28 pixels in a hundredth of the time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        layers = torch.nn.Sequential(
            torch.nn.AvgPool2d(9), torch.nn.Conv2d(1, 64, 1), torch.nn.Flatten(), torch.nn.Linear(576, 11)
        )  # (B, 64, 3, 3) before it is flattened, as the real one
    layers[-1].weight.data *= 50
    network = torch.nn.Sequential()
    network.layers, network.forward = layers, layers.forward
    return network.requires_grad_(False)


CUT_DOWN = f"""
import dataclasses, functools, os
from pathlib import Path
import torch
from vae_lessons import data
from vae_lessons.data import molecules, names
from vae_lessons.evaluation import judge

{inspect.getsource(cut_down)}

{inspect.getsource(use_few_strings)}
use_few_strings()

{inspect.getsource(quick_judge)}
judge._judge = quick_judge
"""


class Hurried(ast.NodeTransformer):
    """Without the lesson's claims, which hold for whole data sets, and with few steps where it loops by hand.

    epochs: at most as many, where a call asks for more by name.
    """

    def __init__(self, epochs: int = 5) -> None:
        self.most = {"epochs": epochs, "steps": 20, "passes": 2}

    def visit_Assert(self, node):
        return ast.Pass()

    def visit_Call(self, node):
        match self.generic_visit(node):
            case ast.Call(func=ast.Name("range"), args=[ast.Constant(int(count))]) if count >= 1000:
                node.args[0] = ast.Constant(20)
        return node

    def visit_keyword(self, node):
        if node.arg == "epochs":
            node.value = self.fewer(node.arg, node.value)
        return node

    def visit_arguments(self, node):
        named = [*node.posonlyargs, *node.args][len(node.args) - len(node.defaults) :]
        node.defaults = [
            self.fewer(one.arg, self.visit(default))
            for one, default in zip(named, node.defaults, strict=True)
        ]
        return node

    def fewer(self, name: str, value: ast.expr) -> ast.expr:
        match value:
            case ast.Constant(int(count)) if count > self.most.get(name, count):
                return ast.Constant(self.most[name])
        return value


def brief(notebook: NotebookNode, count: int = 600) -> NotebookNode:
    """The lesson, changed in place: with few images and steps, and without its claims, which other tests hold.

    With more than the 600 images that let every cell run, its models are to learn something: all epochs are kept.
    """
    hurried = Hurried(epochs=5 if count == 600 else 100)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in cells:
        cell.source, cell.outputs = ast.unparse(hurried.visit(ast.parse(cell.source))), []
    cells[0].source = f"{CUT_DOWN}\ndata.load = cut_down(data.load, {count})\n{cells[0].source}"
    return notebook


def cut_to(notebook: NotebookNode, *words: str) -> NotebookNode:
    """The lesson, changed in place, with only the cells of code that hold one of these words and those they need.

    A cell needs those before it that give the names it reads their values.
    """
    needed: set[str] = set()
    kept = []
    for place, cell in reversed(list(enumerate(notebook.cells))):
        if cell.cell_type != "code":
            continue
        tree = ast.parse(cell.source)
        _, made = names_read_and_made(tree)
        if place == 0 or made & needed or any(word in cell.source for word in words):
            kept.append(cell)
            needed = (needed - names_made(tree)) | names_needed(compile(tree, cell.id, "exec"))
    notebook.cells = kept[::-1]
    return notebook


def names_needed(code: CodeType) -> set[str]:
    """The names that a cell takes from cells before it: those read before they get a value, or in its functions."""
    made, needed = set(), set()
    for step in dis.get_instructions(code):
        if step.opname == "STORE_NAME":
            made.add(step.argval)
        elif step.opname in ("LOAD_NAME", "LOAD_GLOBAL") and step.argval not in made:
            needed.add(step.argval)
    inner = (names_needed(part) for part in code.co_consts if isinstance(part, CodeType))
    return needed.union(*inner) - (made - needed)
