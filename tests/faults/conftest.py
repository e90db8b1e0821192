"""Folders of the test's own for everything that the course keeps, and processes that are begun at once."""

import os
import sys
import warnings

import pytest

from tests.data.tiny_mnist import put
from vae_lessons.exercises import record


@pytest.fixture(autouse=True)
def own_folders(tmp_path, monkeypatch):
    monkeypatch.delenv("VAE_LESSONS_FRESH", raising=False)
    monkeypatch.setattr(record, "_in_memory", None)
    for name in ("CACHE", "STATE", "DATA"):
        monkeypatch.setenv(f"VAE_LESSONS_{name}", str(tmp_path / name.lower()))
    return tmp_path


@pytest.fixture
def raw(files, own_folders):
    """The folder where they lie."""
    return put(own_folders / "data", files)


@pytest.fixture
def forked():
    """A function that runs another one in a fork of this process, and returns the fork's number.

    The fork ends with 0, or with 1 if the function raised.
    """
    if sys.platform == "win32":
        pytest.skip("Windows has no fork")

    def begin(function, *arguments) -> int:
        with warnings.catch_warnings():  # the other threads here are pytest's own and idle
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            code = 1
            try:
                function(*arguments)
                code = 0
            except BaseException as error:
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
            finally:
                os._exit(code)
        return child

    return begin
