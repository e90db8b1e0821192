"""After a stop the next cells say that they use a half-trained model, and a claim that fails there ends nothing."""

import pytest

from vae_lessons.training import half_trained

SETUP = """
import torch
from vae_lessons.training import TrainConfig, fit
from vae_lessons.vae import VAE
from tests.training.models import IMAGES, small_vae

class Stop:
    def __init__(self, at): self.steps, self.at = 0, at
    def step(self, done, **terms):
        self.steps += 1
        if self.steps == self.at: raise KeyboardInterrupt
    def end(self): pass
    def replay(self, history): pass

def train(at=None, epochs=2):
    model = small_vae()
    monitor = at and Stop(at)
    history = fit(model, IMAGES, TrainConfig(epochs=epochs), progress=False, monitor=monitor, resume=False)
    return model, history
"""


@pytest.fixture
def notebook(shell, capsys, monkeypatch):
    """Runs cells; returns what each printed, and raises what it raised."""
    monkeypatch.setattr(half_trained, "get_ipython", lambda: shell)
    half_trained.watch_claims()

    def run(cell, **options):
        result = shell.run_cell(cell, **{"store_history": True, **options})
        result.raise_error()
        return capsys.readouterr().out

    run(SETUP)
    yield run
    half_trained._stopped.clear()
    half_trained._made_with.clear()


def test_a_stop_in_the_first_epoch_leaves_a_history_with_a_first_and_last_entry(notebook):
    notebook("vae, history = train(at=3)")
    assert "1 True" in notebook("print(len(history.elbo), history.elbo[0] < 0)")
    notebook("vae, history = train(at=9)")
    assert "2 True" in notebook("print(len(history.elbo), history.interrupted)")


def test_the_next_cells_that_use_the_model_say_so_and_others_do_not(notebook):
    notebook("vae, history = train(at=3)")
    assert "Half trained" in notebook("codes = vae.encode(IMAGES[:5] / 255)[0]")
    assert "25% of its steps" in notebook("vae.latent_dim")
    assert "made with such a model" in notebook("print(codes.mean())")
    assert "made with such a model" in notebook("history.elbo[-1]")
    assert "Half trained" not in notebook("print(IMAGES.shape)")
    assert "Half trained" not in notebook("codes = IMAGES; codes.shape")
    assert "Half trained" not in notebook("codes.shape")


def test_models_in_a_dictionary_are_found(notebook):
    notebook("models = {}\nfor beta in (1, 2):\n    models[beta], _ = train(at=2)")
    assert "17% of its steps" not in notebook("IMAGES.shape")
    assert "17% of its steps" in notebook("models[1].latent_dim")


def test_training_to_the_end_is_the_end_of_it(notebook):
    notebook("vae, history = train(at=3)")
    notebook("vae, history = train()")
    assert "Half trained" not in notebook("print(vae.latent_dim, history.elbo)")


def test_a_claim_fails_aloud_with_half_a_model_and_hard_without(notebook):
    notebook("vae, history = train(at=3)")
    said = notebook("assert history.elbo[-1] > 0, 'above 0'\nprint('and on')")
    assert "A claim that does not hold for a half-trained model: above 0" in said
    assert "and on" in said
    with pytest.raises(AssertionError, match="no model in it"):
        notebook("assert len(IMAGES) == 3, 'no model in it'")
    notebook("vae, history = train()")
    with pytest.raises(AssertionError):
        notebook("assert history.elbo[-1] > 0")


def test_a_claim_in_the_very_cell_that_was_stopped_is_tolerated(notebook):
    assert "A claim" in notebook("vae, history = train(at=3)\nassert history.elbo[-1] > 0")


def test_what_a_user_interface_asks_in_between_is_not_a_cell(notebook):
    notebook("vae, history = train(at=3)")
    assert "Half trained" not in notebook("vae.latent_dim", store_history=False)
    assert "Half trained" in notebook("vae.latent_dim")


def test_magics_are_looked_through_and_a_cell_that_is_no_python_is_left_to_it(notebook):
    notebook("vae, history = train(at=3)")
    assert "Half trained" in notebook("%time vae.latent_dim")
    assert "Half trained" in notebook("%%time\nvae.latent_dim")
    with pytest.raises(SyntaxError):
        notebook("vae = (")
