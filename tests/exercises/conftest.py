"""A state folder of its own for each test, and the notes that were shown."""

import pytest

from vae_lessons.exercises import banner, record


@pytest.fixture(autouse=True)
def state_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_LESSONS_STATE", str(tmp_path / "state"))
    monkeypatch.delenv("VAE_LESSONS_STRICT", raising=False)
    monkeypatch.setattr(record, "_in_memory", None)
    return tmp_path / "state"


@pytest.fixture
def notes(monkeypatch):
    """What was displayed as text, one string a note."""
    shown = []
    monkeypatch.setattr(banner, "show_as", lambda bundle: shown.append(bundle["text/plain"]))
    return shown
