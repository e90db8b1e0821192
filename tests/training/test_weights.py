"""Weights are written whole or not at all, and everybody may read them."""

import os

import pytest

from tests.training.models import CONFIG, QUICK, small, small_vae
from vae_lessons.training.checkpoints import save_checkpoint
from vae_lessons.training.loop import fit


@pytest.mark.skipif(os.name == "nt", reason="files have no such modes there")
def test_what_one_prepared_others_may_read(images, kept_in):
    fit(small(), images, CONFIG)
    (file,) = kept_in.glob("*")
    assert file.stat().st_mode & 0o777 == 0o644


def test_a_write_that_fails_leaves_the_old_checkpoint_and_no_debris(tmp_path, monkeypatch):
    path = tmp_path / "vae.safetensors"
    save_checkpoint(path, small_vae(0), QUICK)
    before = path.read_bytes()

    def full_disk(weights, filename, metadata):
        with open(filename, "wb") as file:
            file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr("vae_lessons.training.weights.save_file", full_disk)
    with pytest.raises(OSError, match="space"):
        save_checkpoint(path, small_vae(1), QUICK, overwrite=True)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
