"""MNIST and Fashion-MNIST: their files, checked to the last byte, downloaded when missing."""

import hashlib
import os
import queue
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import torch
from filelock import FileLock, Timeout
from torch import Tensor

from vae_lessons import folders

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
PROBE_SECONDS = 8  # for importing torchvision and finding a server that answers
SILENCE_SECONDS = 4  # without a byte, after which a connection counts as dead


def raw_folder(name: str, root: str | os.PathLike | None = None) -> Path:
    """The folder that holds, or will hold, the four files of "mnist" or "fashion_mnist"."""
    return Path(root or folders.data()).expanduser() / FOLDERS[name] / "raw"


def missing_files(raw: Path) -> list[str]:
    """The names of FILES that are not in this folder."""
    return [file for file in FILES if not os.path.lexists(raw / file)]


def read_all(raw: Path) -> list[Tensor]:
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
        folders.make(raw)
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
