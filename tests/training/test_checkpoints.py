"""A checkpoint brings back what was saved; damaged and foreign files are refused, and the model stays as it was."""

import json

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tests.training.models import LABELS, QUICK, same, small_cvae, small_vae, weights
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.training.checkpoints import load_checkpoint, save_checkpoint
from vae_lessons.training.loop import TrainConfig
from vae_lessons.vae import VAE


def test_a_checkpoint_brings_back_weights_and_settings(tmp_path):
    model = small_vae()
    config = TrainConfig(epochs=3, beta=0.5, beta_schedule="cyclical", free_bits=0.25)
    save_checkpoint(tmp_path / "runs" / "vae.safetensors", model, config)
    other = small_vae(seed=9)
    assert load_checkpoint(tmp_path / "runs" / "vae.safetensors", other) == config
    assert same(weights(model), weights(other))
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["vae.safetensors"]


def test_a_checkpoint_brings_back_a_conditional_model_with_its_embedding(tmp_path):
    model, other = (small_cvae(seed, nn.Embedding(10, 6), 6) for seed in (0, 9))
    save_checkpoint(tmp_path / "cvae.safetensors", model, QUICK)
    load_checkpoint(tmp_path / "cvae.safetensors", other)
    assert same(weights(model), weights(other))
    torch.manual_seed(0)
    expected = model.sample(LABELS[:5])
    torch.manual_seed(0)
    assert torch.equal(other.sample(LABELS[:5]), expected)
    with pytest.raises(ValueError, match=r"embed\.weight"):
        load_checkpoint(tmp_path / "cvae.safetensors", small_cvae())


def test_a_checkpoint_is_never_overwritten_unasked(tmp_path):
    path = tmp_path / "vae.safetensors"
    save_checkpoint(path, small_vae(0), QUICK)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        save_checkpoint(path, small_vae(1), QUICK)
    assert path.read_bytes() == before
    save_checkpoint(path, small_vae(1), QUICK, overwrite=True)
    assert path.read_bytes() != before


def damaged(path, how):
    data = path.read_bytes()
    path.write_bytes({"cut": data[: len(data) // 2], "html": b"<html>404</html>", "empty": b""}[how])


@pytest.mark.parametrize("how", ["cut", "html", "empty"])
def test_a_damaged_checkpoint_is_named_and_the_model_untouched(tmp_path, how):
    path = tmp_path / "vae.safetensors"
    save_checkpoint(path, small_vae(0), QUICK)
    damaged(path, how)
    model = small_vae(1)
    before = weights(model)
    with pytest.raises(ValueError, match="vae.safetensors") as error:
        load_checkpoint(path, model)
    assert len(str(error.value).splitlines()) <= 5
    assert same(before, weights(model))


def test_a_checkpoint_of_another_model_or_size_is_refused_with_the_difference(tmp_path):
    path = tmp_path / "vae.safetensors"
    save_checkpoint(path, small_vae(), QUICK)
    with pytest.raises(ValueError, match=r"decoder\.0\.weight"):
        load_checkpoint(path, VAE(latent_dim=5, hidden_dim=32))
    with pytest.raises(ValueError, match="holds a VAE, and your model is a Autoencoder"):
        load_checkpoint(path, Autoencoder(latent_dim=4, hidden_dim=32))
    with pytest.raises(FileNotFoundError, match=r"nowhere\.safetensors"):
        load_checkpoint(tmp_path / "nowhere.safetensors", small_vae())


def test_a_safetensors_file_of_someone_else_is_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="holds a None"):
        load_checkpoint(tmp_path / "other.safetensors", small_vae())


def test_a_checkpoint_with_unknown_settings_is_refused_and_the_model_stays_as_it_was(tmp_path):
    model, path = small_vae(seed=0), tmp_path / "old.safetensors"
    metadata = {"config": json.dumps({"epochs": 1, "progress": True}), "model": "VAE"}
    save_file(small_vae(seed=1).state_dict(), path, metadata=metadata)
    before = weights(model)
    with pytest.raises(ValueError, match="settings that this version does not know"):
        load_checkpoint(path, model)
    assert same(before, weights(model))
