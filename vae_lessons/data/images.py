"""The course's image sets, loaded whole and checked: digits and faces (drawn), MNIST and Fashion-MNIST (downloaded)."""

import hashlib
import os
import queue
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import torch
from filelock import FileLock, Timeout
from torch import Tensor

from vae_lessons import digits, faces

FILES = {  # name: size in bytes, magic number, bytes before the first image or label
    "train-images-idx3-ubyte": (47_040_016, 2051, 16),
    "train-labels-idx1-ubyte": (60_008, 2049, 8),
    "t10k-images-idx3-ubyte": (7_840_016, 2051, 16),
    "t10k-labels-idx1-ubyte": (10_008, 2049, 8),
}
SHA256 = {  # of the unpacked files; the folder and torchvision's class have the same name
    "MNIST": {
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    },
    "FashionMNIST": {
        "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
}
FOLDERS = {"mnist": "MNIST", "fashion_mnist": "FashionMNIST"}
DIGITS = tuple("0123456789")
CLOTHES = (
    *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
)
EXPRESSIONS = ("sad", "neutral", "smiling")  # a third of the faces each
CLASS_NAMES = {"digits": DIGITS, "faces": EXPRESSIONS, "mnist": DIGITS, "fashion_mnist": CLOTHES}

PROBE_SECONDS = 8  # for importing torchvision and finding a server that answers
SILENCE_SECONDS = 4  # without a byte, after which a connection counts as dead


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

    MNIST and Fashion-MNIST are read from root, else VAE_LESSONS_DATA, else the repository's folder data/, and
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
        train_images, train_labels, test_images, test_labels = _read_all(raw_folder(name, root))
        factors = (None, None)
    return Dataset(name, CLASS_NAMES[name], train_images, train_labels, test_images, test_labels, *factors)


def raw_folder(name: str, root: str | os.PathLike | None = None) -> Path:
    """The folder that holds, or will hold, the four files of "mnist" or "fashion_mnist"."""
    default = Path(__file__).parents[1] / "data"
    return Path(root or os.environ.get("VAE_LESSONS_DATA") or default).expanduser() / FOLDERS[name] / "raw"


def missing_files(raw: Path) -> list[str]:
    """The names of FILES that are not in this folder."""
    return [file for file in FILES if not os.path.lexists(raw / file)]


def binarize(images: Tensor, seed: int = 0) -> Tensor:
    """Draw each pixel as 0 or 255 with its grey value as the probability of 255; uint8, same shape.

    images: (N, 1, H, W) uint8 or float in [0, 1]. With Bernoulli pixels a test ELBO in nats is a bound on a
    real log-probability only on binary images: binarize the test images, with the same seed for all models.
    """
    check_images(images)
    generator = torch.Generator().manual_seed(seed)
    threshold = torch.rand(images.shape, generator=generator).to(images.device)  # (N, 1, H, W) in [0, 1)
    return (threshold < to_unit(images)).to(torch.uint8) * 255


def to_unit(images: Tensor) -> Tensor:
    """Images as models take them: float, 0 paper to 1 ink, same shape; floats are taken to be so already."""
    return images / 255 if images.dtype == torch.uint8 else images.float()


def to_condition(conditions: Tensor) -> Tensor:
    """Conditions as models take them: uint8 images as floats in [0, 1], floats as float32, whole numbers as int64."""
    return (
        to_unit(conditions) if conditions.is_floating_point() or conditions.ndim == 4 else conditions.long()
    )


def check_conditions(images: Tensor, conditions: Tensor) -> None:
    """Raise TypeError or ValueError unless conditions are a tensor with one finite entry (N, ...) per image."""
    if not isinstance(conditions, Tensor):
        raise TypeError(
            f"conditions must be a torch tensor (N, ...), but are of type {type(conditions).__name__}.\n"
            "Try torch.as_tensor(conditions)."
        )
    if conditions.ndim == 0 or len(conditions) != len(images):
        raise ValueError(
            f"there are {len(images)} images, but conditions have the shape {tuple(conditions.shape)}.\n"
            "Give one condition for each image, in the same order."
        )
    if conditions.is_floating_point() and not torch.isfinite(conditions).all():
        raise ValueError("some conditions are NaN or infinite; leave those images out, or repair them.")


def check_images(images: Tensor) -> None:
    """Raise TypeError or ValueError with the fix unless images are (N, 1, H, W), uint8 or float in [0, 1]."""
    if not isinstance(images, Tensor):
        fix = {"ndarray": "torch.from_numpy(images)", "Dataset": "images.train_images"}
        raise TypeError(
            f"images must be a torch tensor (N, 1, H, W), but are of type {type(images).__name__}.\n"
            f"Try {fix.get(type(images).__name__, 'torch.as_tensor(images)')}."
        )
    shape = tuple(images.shape)
    if images.dtype != torch.uint8 and not images.is_floating_point():
        raise TypeError(
            f"images {shape} must be uint8 or float, but are {images.dtype}.\n"
            "Try images.to(torch.uint8) for values 0 to 255, or images.float() for values 0 to 1."
        )
    if images.ndim != 4 or shape[1] != 1:
        raise ValueError(
            f"images must have the shape (N, 1, H, W), but have {shape}.\nTry {_reshape(shape)}."
        )
    if images.numel() == 0:
        raise ValueError(
            f"there is no image in images of shape {shape}.\nLook where they were selected or cut."
        )
    if images.is_floating_point():
        _check_values(images)


def _reshape(shape: tuple[int, ...]) -> str:
    """The expression that turns images of this shape into (N, 1, H, W)."""
    if len(shape) == 3:
        return "images.unsqueeze(1)"
    if len(shape) == 4 and shape[3] in (1, 3, 4):
        return "images.permute(0, 3, 1, 2)"
    if len(shape) == 4:
        return "images.float().mean(1, keepdim=True), and / 255 if images are uint8"
    if len(shape) == 2 and shape[1] != 784:
        return "images[None, None] for one image"
    return "images.view(-1, 1, 28, 28)"


def _check_values(images: Tensor) -> None:
    wrong = ~((images >= 0) & (images <= 1))  # NaN is wrong too
    if not wrong.any():
        return
    first = torch.unravel_index(wrong.flatten().to(torch.uint8).argmax(), images.shape)
    index, value = [int(i) for i in first], images[first].item()
    low, high = images.min().item(), images.max().item()  # NaN when there is one
    if 0 <= low <= high <= 255:
        fix = "Try images / 255 for values 0 to 255."
    elif -1 <= low <= high <= 1:
        fix = "Try (images + 1) / 2 for values -1 to 1, or images.clamp(0, 1)."
    else:
        fix = "Look where it comes from: load() returns no such value."
    raise ValueError(f"float images must lie in [0, 1], but images{index} is {value:.6g}.\n{fix}")


def _draw_faces(n: int, seed: int) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """Faces with the expression that their smile makes, as digits.draw returns digits: images, labels, factors."""
    images, factors = faces.draw(n, seed)
    return images, torch.bucketize(factors["smile"], torch.tensor([-1 / 3, 1 / 3])), factors


def _read_all(raw: Path) -> list[Tensor]:
    """Images (N, 1, 28, 28) and labels (N,) of training and test; missing files are fetched."""
    missing = missing_files(raw)
    if missing:
        for file in FILES:
            if file not in missing:
                _read(raw / file)  # raises for a damaged one before anything is fetched
        _fetch(raw)
    return [_read(raw / file) for file in FILES]


def _read(path: Path) -> Tensor:
    try:
        data = bytearray(path.read_bytes())
    except OSError as error:
        raise ValueError(
            f"{path}\ncannot be read: {error.strerror}.\nCheck the file and who may read it."
        ) from None
    cause = _damage(path, data)
    if cause:
        raise ValueError(
            f"{path}\nis damaged: {cause}.\nMove it away and load again to download a fresh copy."
        )
    values = torch.frombuffer(data, dtype=torch.uint8, offset=FILES[path.name][2])
    return values.view(-1, 1, 28, 28) if "images" in path.name else values.long()


def _damage(path: Path, data: bytearray) -> str:
    """What is wrong with the content of the file, in a few words; empty when it is the original."""
    size, magic, _ = FILES[path.name]
    found = int.from_bytes(data[:4], "big")
    if data[:512].lstrip().startswith(b"<"):
        return "it looks like a web page (HTML)"
    if len(data) != size:
        return f"it has {len(data)} bytes instead of {size}"
    if found != magic:
        return f"it begins with the wrong magic number, {found} instead of {magic}"
    if hashlib.sha256(data).hexdigest() != SHA256[path.parts[-3]][path.name]:
        return "its SHA-256 checksum differs from the original's"
    return ""


def _fetch(raw: Path) -> None:
    """Download missing files to a temporary folder, check them, rename them into place."""
    deadline = time.monotonic() + PROBE_SECONDS
    import torchvision.datasets  # takes seconds, and only a download needs it

    folder = raw.parent.name
    source = getattr(torchvision.datasets, folder)
    try:
        raw.mkdir(parents=True, exist_ok=True)
        temporary = tempfile.TemporaryDirectory(prefix=".download-", dir=raw)
    except OSError as error:
        raise PermissionError(
            f"{folder} is not complete in {raw}\nand cannot be downloaded to there: {error.strerror}.\n"
            'Set VAE_LESSONS_DATA to a folder of your own, or go on with load("digits").'
        ) from None
    with temporary:
        try:
            mirror, target = _answering_mirror(source, deadline), Path(temporary.name, folder, "raw")
            with _lock(raw), _socket_timeout(SILENCE_SECONDS):
                for file in missing_files(raw):
                    os.replace(_download(source, mirror, file, target), raw / file)
        except (OSError, RuntimeError, HTTPException) as error:
            cause = next(iter(str(error).splitlines()), type(error).__name__)[:200]
            raise ConnectionError(
                f"{folder} is not complete in {raw}\nand its download failed: {cause}.\n"
                'Check the network and load again, or go on with load("digits"), which needs none.\n'
                "You can also put its four files there yourself, unpacked (no .gz)."
            ) from None


def _answering_mirror(source: type, deadline: float) -> str:
    """The first of torchvision's servers to answer; asked in threads, as a name look-up knows no timeout."""
    answers = queue.SimpleQueue()

    def ask(mirror: str) -> None:
        try:
            with urlopen(Request(mirror + source.resources[0][0], method="HEAD"), timeout=PROBE_SECONDS):
                answers.put((mirror, None))
        except (OSError, HTTPException) as error:
            if isinstance(error, HTTPError):
                error.close()
            answers.put((mirror, error))

    for mirror in source.mirrors:
        Thread(target=ask, args=[mirror], daemon=True).start()
    for _ in source.mirrors:
        try:
            mirror, error = answers.get(timeout=max(1, deadline - time.monotonic()))
        except queue.Empty:
            raise TimeoutError(f"no server answered within {PROBE_SECONDS} seconds") from None
        if error is None:
            return mirror
    raise error


def _download(source: type, mirror: str, file: str, target: Path) -> Path:
    """Fetch and unpack one file by torchvision, which shows a bar and checks the MD5 of the archive."""
    from torchvision.datasets.utils import download_and_extract_archive

    archive = file + ".gz"
    download_and_extract_archive(mirror + archive, str(target), md5=dict(source.resources)[archive])
    cause = _damage(target / file, bytearray((target / file).read_bytes()))
    if cause:
        raise RuntimeError(f"{mirror}{archive} is not the original: {cause}")
    return target / file


@contextmanager
def _lock(raw: Path) -> Iterator[None]:
    """Hold the folder's lock, which every user of a shared folder may take."""
    lock = FileLock(raw / ".lock", mode=0o666)
    try:
        lock.acquire(timeout=1)
    except Timeout:
        print(f"Another session is downloading to {raw}; waiting for it to finish.")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
