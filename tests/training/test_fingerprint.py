"""Whatever decides a run is in its fingerprint, and nothing else is."""

import os
import subprocess
import sys
import textwrap

import pytest
import torch
from torch import nn

from tests.training.models import CONFIG, small
from vae_lessons.training.fingerprint import fingerprint

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


def mine(source=CELL, **settings):
    """A model whose class was written in a notebook cell."""
    torch.manual_seed(0)
    cell = {"__name__": "__main__"}
    exec(compile(source, "/tmp/ipykernel_1/2.py", "exec"), cell)
    return cell["Mine"](**settings)


def digest(model):
    return fingerprint(model, vars(CONFIG))


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
    assert digest(mine()) == digest(mine())
    assert digest(mine(CELL.replace(there, then))) != digest(mine())


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
    assert digest(mine(CELL.replace(there, then))) == digest(mine())


def test_code_of_the_course_counts_too(monkeypatch):
    from vae_lessons import vae

    before = digest(small())
    monkeypatch.setattr(vae, "reparameterize", lambda mu, logvar: mu)
    assert digest(small()) != before


def test_a_hook_or_a_frozen_weight_makes_another_run():
    model = small()
    before = digest(model)
    hook = model.decoder.register_forward_hook(lambda module, x, y: 2 * y)
    assert digest(model) not in (before, None)
    hook.remove()
    assert digest(model) == before
    model.to_mu.weight.requires_grad_(False)
    assert digest(model) != before


def test_which_of_two_functions_a_model_has_makes_another_run():
    one, two = (lambda z: z), (lambda z: 2 * z)
    models = [small() for _ in range(2)]
    for model, third in zip(models, (one, two), strict=True):
        model.first, model.second, model.third = one, two, third
    assert digest(models[0]) != digest(models[1])


def test_another_process_finds_the_run():
    code = f"""
        import torch
        from vae_lessons.training.fingerprint import fingerprint
        cell = {{"__name__": "__main__"}}
        exec(compile({CELL!r}, "other", "exec"), cell)
        torch.manual_seed(0)
        print(fingerprint(cell["Mine"](), {{"a", "b", "c"}}))
    """
    found = set()
    for seed in ("0", "1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        run = [sys.executable, "-c", textwrap.dedent(code)]
        found.add(subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout)
    assert found == {f"{fingerprint(mine(), {'a', 'b', 'c'})}\n"}


def test_a_layer_of_a_library_counts_by_its_settings():
    torch.manual_seed(0)
    plain, leaky = nn.Sequential(nn.LeakyReLU(0.1)), nn.Sequential(nn.LeakyReLU(0.2))
    assert digest(plain) != digest(leaky)
    assert digest(nn.Sequential(nn.LeakyReLU(0.1))) == digest(plain)
