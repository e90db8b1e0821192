"""A cache of trained models in a folder of the test's own, images for what is kept there, and a notebook's shell."""

import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def kept_in(tmp_path, monkeypatch):
    """The folder where runs are kept, and found again, in this test."""
    monkeypatch.delenv("VAE_LESSONS_FRESH", raising=False)
    monkeypatch.setenv("VAE_LESSONS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "trained"


@pytest.fixture
def images():
    return torch.randint(
        0, 256, (40, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )


@pytest.fixture
def shell():
    """What runs the cells of a notebook, in this process."""
    shell = InteractiveShell()
    yield shell
    shell.atexit_operations = lambda: None
    shell.history_manager.end_session()
