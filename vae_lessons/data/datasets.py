"""The course's data sets, loaded whole: digits and faces (drawn), MNIST and Fashion-MNIST (downloaded)."""

import os
from dataclasses import dataclass

import torch
from torch import Tensor

from vae_lessons.data import digits, faces
from vae_lessons.data.mnist import raw_folder, read_all

DIGITS = tuple("0123456789")
CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
EXPRESSIONS = ("sad", "neutral", "smiling")  # a third of the faces each
CLASS_NAMES = {"digits": DIGITS, "faces": EXPRESSIONS, "mnist": DIGITS, "fashion_mnist": CLOTHES}


@dataclass(frozen=True, repr=False, eq=False)
class Dataset:
    """Images (N, 1, 28, 28) uint8, labels (N,) int64, and where known the factors, a dict of (N,) tensors."""

    name: str
    class_names: tuple[str, ...]
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor
    train_factors: dict[str, Tensor] | None = None
    test_factors: dict[str, Tensor] | None = None

    def __repr__(self) -> str:
        counts = f"{len(self.train_images)} training and {len(self.test_images)} test images"
        return f"Dataset({self.name}: {counts}, {len(self.class_names)} classes)"


def load(name: str | None = None, root: str | os.PathLike | None = None) -> Dataset:
    """Load "digits", "faces", "mnist" or "fashion_mnist"; without a name what VAE_LESSONS_DATASET says, else digits.

    MNIST and Fashion-MNIST are read from root, else from the folder that folders.data() names, and
    downloaded there when missing. Raises ValueError for an unknown name or a damaged file, PermissionError
    where nothing can be written, ConnectionError when the download fails. No file is ever overwritten.

    >>> load("digits")
    Dataset(digits: 20000 training and 4000 test images, 10 classes)
    """
    name = name or os.environ.get("VAE_LESSONS_DATASET") or "digits"
    if name not in CLASS_NAMES:
        raise ValueError(
            f"there is no data set {name!r}.\n"
            f'Load one of {", ".join(CLASS_NAMES)}, by load("digits") or by VAE_LESSONS_DATASET=digits.'
        )
    if name in ("digits", "faces"):
        draw = digits.draw if name == "digits" else _draw_faces
        train_images, train_labels, train_factors = draw(20_000, seed=0)
        test_images, test_labels, test_factors = draw(4_000, seed=1)
        factors = (train_factors, test_factors)
    else:
        train_images, train_labels, test_images, test_labels = read_all(raw_folder(name, root))
        factors = (None, None)
    return Dataset(name, CLASS_NAMES[name], train_images, train_labels, test_images, test_labels, *factors)


def _draw_faces(n: int, seed: int) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Faces with the expression that their smile makes, as digits.draw returns digits: images, labels, factors."""
    images, factors = faces.draw(n, seed)
    return images, torch.bucketize(factors["smile"], torch.tensor([-1 / 3, 1 / 3])), factors
