"""What is kept of a run is found by the same run only, and by every other one never."""

import os
import subprocess
import sys
import textwrap
from dataclasses import replace

import pytest
import torch
from torch import nn

from vae_lessons import training_cache
from vae_lessons.conditional_vae import ConditionalVAE, OneHot
from vae_lessons.training.loop import TrainConfig, fit
from vae_lessons.vae import VAE

CONFIG = TrainConfig(epochs=2, batch_size=16)
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
CELL = """
import torch
from vae_lessons.vae import VAE
from vae_lessons import elbo

factor = 1.0
unused = 0


def draw(mu, logvar):  # called by the model
    return mu + (0.5 * logvar).exp() * torch.randn_like(mu)


class Mine(VAE):
    def __init__(self, power=2):
        super().__init__(latent_dim=2, hidden_dim=8)
        self.power = power
        self.pick = lambda z: z

    def forward(self, x):
        mu, logvar = self.encode(x)
        return factor * self.decode(self.pick(draw(mu, logvar))), mu, logvar
"""


@pytest.fixture(autouse=True)
def kept_in(tmp_path, monkeypatch):
    monkeypatch.delenv("VAE_LESSONS_FRESH", raising=False)
    monkeypatch.setenv("VAE_LESSONS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "trained"


@pytest.fixture
def images():
    return torch.randint(
        0, 256, (40, 1, 28, 28), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
    )


@pytest.fixture
def trained(monkeypatch):
    """The optimizers of the runs that were really trained, as a growing list."""
    optimizers, adam = [], torch.optim.Adam

    def counted(*arguments, **settings):
        optimizers.append(adam(*arguments, **settings))
        return optimizers[-1]

    monkeypatch.setattr(torch.optim, "Adam", counted)
    return optimizers


def small(kind=VAE, **sizes):
    torch.manual_seed(0)
    return kind(**{"latent_dim": 2, "hidden_dim": 8, **sizes})


def mine(source=CELL, **settings):
    """A model whose class was written in a notebook cell."""
    torch.manual_seed(0)
    cell = {"__name__": "__main__"}
    exec(compile(source, "/tmp/ipykernel_1/2.py", "exec"), cell)
    return cell["Mine"](**settings)


def weights(model):
    return torch.cat([weight.flatten() for weight in model.state_dict().values()])


def path(model, images=None, config=CONFIG):
    return training_cache.path_of(model, images, vars(config))


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


@pytest.mark.parametrize(
    ("there", "then"),
    [
        ("factor = 1.0", "factor = 2.0"),
        ("0.5 * logvar", "logvar"),
        ("torch.randn_like(mu)", "torch.rand_like(mu)"),
        ("lambda z: z", "lambda z: 2 * z"),
        ("power=2", "power=3"),
        ("return factor * self", "return self"),
        ("class Mine(VAE):", "class Mine(VAE):\n    beta = 3\n"),
        ("return mu + (0.5", "return (0.5"),
    ],
)
def test_other_code_makes_another_run(there, then):
    assert there in CELL
    assert path(mine()) == path(mine())
    assert path(mine(CELL.replace(there, then))) != path(mine())


@pytest.mark.parametrize(
    ("there", "then"),
    [
        ("unused = 0", "unused = 1"),
        ("  # called by the model", "  # a comment"),
        ("factor = 1.0", "\n\nfactor = 1.0"),
    ],
)
def test_what_changes_nothing_finds_the_same_run(there, then):
    assert there in CELL
    assert path(mine(CELL.replace(there, then))) == path(mine())


def test_code_of_the_course_counts_too(monkeypatch):
    from vae_lessons import vae

    before = path(small())
    monkeypatch.setattr(vae, "reparameterize", lambda mu, logvar: mu)
    assert path(small()) != before


def test_a_hook_or_a_frozen_weight_makes_another_run():
    model = small()
    before = path(model)
    hook = model.decoder.register_forward_hook(lambda module, x, y: 2 * y)
    assert path(model) not in (before, None)
    hook.remove()
    assert path(model) == before
    model.to_mu.weight.requires_grad_(False)
    assert path(model) != before


def test_which_of_two_functions_a_model_has_makes_another_run():
    one, two = (lambda z: z), (lambda z: 2 * z)
    models = [small() for _ in range(2)]
    for model, third in zip(models, (one, two), strict=True):
        model.first, model.second, model.third = one, two, third
    assert path(models[0]) != path(models[1])


def test_a_file_of_another_model_loads_nothing_of_it(tmp_path):
    other, model = small(hidden_dim=9), small()
    before = weights(model).clone()
    training_cache.save(tmp_path / "x.safetensors", other, {})
    assert training_cache.load(tmp_path / "x.safetensors", model) is None
    assert torch.equal(weights(model), before)


def test_another_process_finds_the_run():
    code = f"""
        import torch
        from vae_lessons import training_cache
        cell = {{"__name__": "__main__"}}
        exec(compile({CELL!r}, "other", "exec"), cell)
        torch.manual_seed(0)
        print(training_cache.path_of(cell["Mine"](), {{"a", "b", "c"}}))
    """
    found = set()
    for seed in ("0", "1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = [sys.executable, "-c", textwrap.dedent(code)]
        found.add(subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout)
    assert found == {f"{training_cache.path_of(mine(), {'a', 'b', 'c'})}\n"}


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
    monkeypatch.setattr(training_cache, "LIMIT", 2.5 * oldest.stat().st_size)
    fit(small(), images, replace(CONFIG, seed=2))
    assert oldest.exists() and not newer.exists()
    assert len(list(kept_in.glob("*"))) == 2


def test_a_layer_of_a_library_counts_by_its_settings():
    torch.manual_seed(0)
    plain, leaky = nn.Sequential(nn.LeakyReLU(0.1)), nn.Sequential(nn.LeakyReLU(0.2))
    assert path(plain) != path(leaky)
    assert path(nn.Sequential(nn.LeakyReLU(0.1))) == path(plain)


@pytest.mark.skipif(os.name == "nt", reason="files have no such modes there")
def test_what_one_prepared_others_may_read(images, kept_in):
    fit(small(), images, CONFIG)
    (file,) = kept_in.glob("*")
    assert file.stat().st_mode & 0o777 == 0o644
