"""A cache of trained models in a folder of the test's own, and images for what is kept there."""

import pytest
import torch


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
