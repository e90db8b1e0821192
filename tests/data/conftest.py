"""A tiny MNIST in place of the real one, and the drawn digits as a data set."""

import pytest

from tests.data.tiny_mnist import make_official, tiny_files
from vae_lessons.data import mnist
from vae_lessons.data.datasets import load


@pytest.fixture
def files(monkeypatch):
    files = tiny_files()
    make_official(files, monkeypatch)
    return files


@pytest.fixture
def no_download(monkeypatch):
    def refuse(*_):
        raise AssertionError("this must not download")

    monkeypatch.setattr(mnist, "_fetch", refuse)


@pytest.fixture(scope="session")
def drawn():
    """The data set of drawn digits, whole."""
    return load("digits")
