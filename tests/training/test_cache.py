"""What is kept of a run is found by the same run only, and by every other one never."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training.models import CONFIG, small
from vae_lessons.conditional_vae import ConditionalVAE, OneHot
from vae_lessons.training import cache
from vae_lessons.training.loop import fit
from vae_lessons.vae import VAE

pytestmark = pytest.mark.usefixtures("kept_in")

OTHER = {  # each field of TrainConfig with another value
    "epochs": 3,
    "batch_size": 8,
    "learning_rate": 5e-3,
    "beta": 0.5,
    "beta_schedule": "warm_up",
    "free_bits": 0.1,
    "seed": 1,
    "binarize": False,
}


@pytest.fixture
def trained(monkeypatch):
    """The optimizers of the runs that were really trained, as a growing list."""
    optimizers, adam = [], torch.optim.Adam

    def counted(*arguments, **settings):
        optimizers.append(adam(*arguments, **settings))
        return optimizers[-1]

    monkeypatch.setattr(torch.optim, "Adam", counted)
    return optimizers


def weights(model):
    return torch.cat([weight.flatten() for weight in model.state_dict().values()])


def test_the_same_run_again_is_loaded_bit_for_bit(images, trained, capsys):
    first, again = small(), small()
    history = fit(first, images, CONFIG)
    state = torch.get_rng_state()
    assert fit(again, images, CONFIG) == history
    assert len(trained) == 1
    assert torch.equal(weights(first), weights(again)) and not again.training
    assert torch.equal(torch.get_rng_state(), state)
    assert "loaded, trained for 2 epochs on 40 images, 0 s" in capsys.readouterr().err


def test_a_loaded_run_leaves_the_random_numbers_as_training_does(images):
    states = []
    for _ in range(2):
        model = small()
        fit(model, images, CONFIG)
        states.append(torch.rand(3))
    assert torch.equal(*states)


@pytest.mark.parametrize("field", OTHER)
def test_every_setting_of_a_config_makes_another_run(images, trained, field):
    assert OTHER.keys() == vars(CONFIG).keys()
    fit(small(), images, CONFIG)
    model, fresh, config = small(), small(), replace(CONFIG, **{field: OTHER[field]})
    fit(model, images, config)
    assert len(trained) == 2
    fit(fresh, images, config, resume=False)
    assert torch.equal(weights(model), weights(fresh))


def test_other_images_conditions_or_starting_weights_make_another_run(images, trained):
    labels = torch.arange(40) % 10
    fit(small(ConditionalVAE, embed=OneHot(10), condition_dim=10), images, CONFIG, labels)
    fit(small(ConditionalVAE, embed=OneHot(10), condition_dim=10), images, CONFIG, labels.flip(0))
    fit(small(), images, CONFIG)
    fit(small(), images.flip(0), CONFIG)
    fit(VAE(latent_dim=2, hidden_dim=8), images, CONFIG)
    fit(small(hidden_dim=9), images, CONFIG)
    fit(small(pixel_std=0.5), images, CONFIG)
    fit(small(pixel_std=0.6), images, CONFIG)
    assert len(trained) == 8


def test_a_file_of_another_model_loads_nothing_of_it(tmp_path):
    other, model = small(hidden_dim=9), small()
    before = weights(model).clone()
    cache.save(tmp_path / "x.safetensors", other, {})
    assert cache.load(tmp_path / "x.safetensors", model) is None
    assert torch.equal(weights(model), before)


class Counts(VAE):
    """Keeps beside its weights what training did to it."""

    steps = 0

    def forward(self, x):
        self.steps += 1
        return super().forward(x)


class Opaque(VAE):
    def __init__(self, **sizes):
        super().__init__(**sizes)
        self.generator = torch.Generator()


@pytest.mark.parametrize("kind", [Counts, Opaque])
def test_a_model_that_cannot_be_told_is_trained_each_time(images, trained, kept_in, kind):
    for _ in range(2):
        fit(small(kind), images, CONFIG)
    assert len(trained) == 2
    assert not list(kept_in.glob("*"))


def test_fresh_trains_anew_and_is_kept(images, trained, monkeypatch):
    fit(small(), images, CONFIG)
    fit(small(), images, CONFIG, resume=False)
    monkeypatch.setenv("VAE_LESSONS_FRESH", "1")
    fit(small(), images, CONFIG)
    assert len(trained) == 3
    monkeypatch.delenv("VAE_LESSONS_FRESH")
    fit(small(), images, CONFIG)
    assert len(trained) == 3


def test_an_interrupted_run_is_not_kept(images, trained, kept_in):
    class Impatient:
        def step(self, done, log_px_z, kl):
            raise KeyboardInterrupt

        def end(self):
            pass

    assert fit(small(), images, CONFIG, monitor=Impatient()).interrupted
    assert not list(kept_in.glob("*"))


def test_a_broken_file_is_trained_again_and_replaced(images, trained, kept_in):
    fit(small(), images, CONFIG)
    (file,) = kept_in.glob("*")
    whole = file.read_bytes()
    for broken in (b"", b"{}", whole[: len(whole) // 2]):
        file.write_bytes(broken)
        fit(small(), images, CONFIG)
        assert len(file.read_bytes()) == len(whole)
    assert len(trained) == 4


def test_where_nothing_can_be_written_training_goes_on(images, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("VAE_LESSONS_CACHE", str(tmp_path / "file"))
    assert len(fit(small(), images, CONFIG).kl) == 2


def test_the_runs_used_longest_ago_are_forgotten(images, kept_in, monkeypatch):
    fit(small(), images, CONFIG)
    (oldest,) = kept_in.glob("*")
    os.utime(oldest, (1, 1))
    fit(small(), images, replace(CONFIG, seed=1))
    (newer,) = set(kept_in.glob("*")) - {oldest}
    os.utime(newer, (2, 2))
    fit(small(), images, CONFIG)  # loaded: now the other one is the oldest
    monkeypatch.setattr(cache, "LIMIT", 2.5 * oldest.stat().st_size)
    fit(small(), images, replace(CONFIG, seed=2))
    assert oldest.exists() and not newer.exists()
    assert len(list(kept_in.glob("*"))) == 2


@pytest.mark.parametrize("umask", [0o027, 0o077])
def test_what_one_user_keeps_in_a_shared_folder_the_next_one_finds(
    images, trained, another_user, umask, monkeypatch
):
    with tempfile.TemporaryDirectory() as shared:  # not in tmp_path, which is closed to others
        os.chmod(shared, 0o1777)
        monkeypatch.setenv("VAE_LESSONS_CACHE", shared)
        before = os.umask(umask)
        try:
            history = fit(small(), images, CONFIG)
            another_user()
            assert fit(small(), images, CONFIG) == history
            fit(small(), images, replace(CONFIG, seed=5))  # and adds what the first one has not trained
            assert len(list(Path(shared, "trained").glob("*.safetensors"))) == 2
        finally:
            os.umask(before)
            os.seteuid(0)
    assert len(trained) == 2


def test_a_folder_that_is_closed_is_named_and_training_goes_on(images, trained, another_user, monkeypatch):
    with tempfile.TemporaryDirectory() as shared:
        os.chmod(shared, 0o755)
        monkeypatch.setenv("VAE_LESSONS_CACHE", shared)
        fit(small(), images, CONFIG)
        os.chmod(Path(shared, "trained"), 0o700)
        another_user()
        with pytest.warns(UserWarning, match=r"trained, which is closed to you: .*\nAsk its owner"):
            fit(small(), images, CONFIG)
        os.seteuid(0)
    assert len(trained) == 2
