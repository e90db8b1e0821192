"""The drawn digits as a data set."""

import pytest

from vae_lessons.data.datasets import load


@pytest.fixture(scope="session")
def drawn():
    """The data set of drawn digits, whole."""
    return load("digits")
