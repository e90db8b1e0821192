"""The bar, the monitor, the stop button and the history report what happens in training, and change nothing in it."""

import math
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
import torch
from torch import nn

from tests.training.models import IMAGES, QUICK, same, small_vae, weights
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.training.loop import TrainConfig, fit
from vae_lessons.training.run import train
from vae_lessons.vae import VAE


def test_the_callers_random_numbers_and_matmul_precision_are_left_alone():
    torch.manual_seed(5)
    expected = torch.randn(3)
    torch.manual_seed(5)
    precision = torch.get_float32_matmul_precision()
    model = VAE(latent_dim=2, hidden_dim=8)
    torch.manual_seed(5)
    fit(model, IMAGES, QUICK)
    assert torch.equal(torch.randn(3), expected)
    assert torch.get_float32_matmul_precision() == precision


def test_history_averages_over_images_and_not_over_batches():
    class Constant(nn.Module):
        """log p(x|z) is minus the number of black pixels, whatever the weights; so the truth is known."""

        deterministic = True

        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, x):
            return x * self.weight, self.weight.expand(len(x), 1)

        def log_likelihood(self, x_logits, x):
            return -x.flatten(1).sum(1) + 0 * self.weight

    history = fit(Constant(), IMAGES, TrainConfig(epochs=1, batch_size=512, binarize=False))
    expected = -(IMAGES / 255).flatten(1).sum(1).mean().item()
    assert history.log_px_z[0] == pytest.approx(expected, rel=1e-5)
    assert history.kl == [0.0]


def test_the_bar_is_shown_unless_it_is_not_wanted(capsys):
    fit(small_vae(), IMAGES, QUICK, progress=False)
    assert capsys.readouterr() == ("", "")
    fit(small_vae(), IMAGES, QUICK)
    assert "12/12" in capsys.readouterr().err  # six steps an epoch


class Watcher:
    """Remembers what it is shown, and at one step raises what it is given."""

    def __init__(self, at=None, error=None):
        self.steps, self.ended, self.at, self.error = [], 0, at, error

    def step(self, done, log_px_z, kl):
        assert not self.ended
        self.steps.append((done, log_px_z, kl))
        if len(self.steps) == self.at:
            raise self.error

    def end(self):
        self.ended += 1


def test_a_monitor_sees_both_terms_of_every_image_in_every_step_and_the_end():
    watcher = Watcher()
    history = fit(small_vae(), IMAGES, QUICK, progress=False, monitor=watcher)
    assert [done for done, _, _ in watcher.steps] == pytest.approx([step / 12 for step in range(1, 13)])
    for epoch in range(2):
        steps = watcher.steps[6 * epoch : 6 * epoch + 6]
        for place, average in ((1, history.log_px_z[epoch]), (2, history.kl[epoch])):
            terms = torch.cat([step[place] for step in steps])
            assert terms.shape == (700,)
            assert not terms.requires_grad
            assert terms.mean().item() == pytest.approx(average, rel=1e-5)
    assert watcher.ended == 1


def test_a_monitor_changes_nothing():
    models = [small_vae(), small_vae()]
    for model, monitor in zip(models, (None, Watcher()), strict=True):
        fit(model, IMAGES, QUICK, progress=False, monitor=monitor)
    assert same(*map(weights, models))


def test_a_monitor_ends_training_as_the_stop_button_does():
    model, watcher = small_vae(), Watcher(at=10, error=KeyboardInterrupt)
    history = fit(model, IMAGES, TrainConfig(epochs=5), progress=False, monitor=watcher)
    assert history.interrupted
    assert len(history.elbo) == 2  # one epoch, and four steps of the next
    assert (len(watcher.steps), watcher.ended) == (10, 1)
    assert not model.training
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_a_monitor_is_told_the_end_after_an_error_too():
    watcher = Watcher()
    with pytest.raises(FloatingPointError, match="learning_rate"):
        fit(small_vae(), IMAGES, TrainConfig(learning_rate=1e4), progress=False, monitor=watcher)
    assert watcher.ended == 1
    model, watcher = small_vae(), Watcher(at=2, error=OSError("a full disk"))
    with pytest.raises(OSError, match="a full disk"):
        fit(model, IMAGES, QUICK, progress=False, monitor=watcher)
    assert watcher.ended == 1
    assert not model.training


def test_showing_the_bar_changes_nothing():
    models = [small_vae(), small_vae()]
    for model, progress in zip(models, (True, False), strict=True):
        fit(model, IMAGES, QUICK, progress=progress)
    assert same(*map(weights, models))


def test_an_interrupt_returns_the_history_so_far_and_a_usable_model():
    class Impatient(Autoencoder):
        calls = 0

        def forward(self, x):
            self.calls += 1
            if self.calls == 10:  # one trial and six steps an epoch: in the second epoch
                raise KeyboardInterrupt
            return super().forward(x)

    model = Impatient(latent_dim=2, hidden_dim=16)
    history = fit(model, IMAGES, TrainConfig(epochs=5))
    assert history.interrupted
    assert len(history.elbo) == 2  # one epoch, and two steps of the next
    assert not model.training
    assert torch.isfinite(model(IMAGES[:2] / 255)[0]).all()


def test_a_loss_that_turns_nan_stops_at_that_step_and_says_where():
    class Broken(Autoencoder):
        calls = 0

        def log_likelihood(self, x_logits, x):
            self.calls += 1
            return super().log_likelihood(x_logits, x) * (math.nan if self.calls == 8 else 1.0)

    model = Broken(latent_dim=2, hidden_dim=16)
    with pytest.raises(FloatingPointError, match="nan in epoch 2, step 8") as error:
        fit(model, IMAGES, TrainConfig(epochs=5))
    assert model.calls == 8
    assert len(str(error.value).splitlines()) <= 5


def test_a_learning_rate_that_explodes_is_reported_and_not_trained_through():
    with pytest.raises(FloatingPointError, match="learning_rate"):
        fit(small_vae(), IMAGES, TrainConfig(epochs=5, learning_rate=1e4))


def test_weights_that_are_nan_before_training_are_named():
    model = small_vae()
    with torch.no_grad():
        model.to_mu.weight[0, 0] = math.inf
    with pytest.raises(FloatingPointError, match=r"before training.*to_mu\.weight"):
        fit(model, IMAGES, QUICK)


# A second objective, with two networks, two optimizers, data that are no images, and terms of its own.


@dataclass(frozen=True)
class DuelConfig:
    epochs: int = 3
    batch_size: int = 16
    seed: int = 0
    learning_rate: float = 1e-2


@dataclass
class DuelHistory:
    unit: ClassVar[str] = "nats per point"

    real: list[float] = field(default_factory=list)
    fooled: list[float] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False


class Duel(nn.Module):
    """A generator of points in the plane, and a critic that tells them from given ones."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.generator, self.critic = nn.Linear(2, 2), nn.Linear(2, 1)


def duel(run, model, points, config):
    optimizers = [
        torch.optim.SGD(part.parameters(), lr=config.learning_rate)
        for part in (model.critic, model.generator)
    ]
    for batch in run.batches():
        real = points[batch]  # (B, 2)
        made = model.generator(torch.randn_like(real))  # (B, 2)
        terms = {
            "real": nn.functional.softplus(-model.critic(real)).squeeze(1),  # (B,)
            "fooled": nn.functional.softplus(model.critic(made)).squeeze(1),  # (B,)
        }
        loss = (terms["real"] + terms["fooled"]).mean()
        run.check(loss, **terms)
        for optimizer, value in zip(optimizers, (loss, -loss), strict=True):
            optimizer.zero_grad()
            value.backward(
                inputs=[w for group in optimizer.param_groups for w in group["params"]], retain_graph=True
            )
        for optimizer in optimizers:
            optimizer.step()
        run.record(**terms)


POINTS = torch.randn(40, 2, generator=torch.Generator().manual_seed(0)) + 3  # three batches an epoch


def fought(config=None, points=POINTS, **more):
    model, history = Duel(), DuelHistory()
    train(duel, model, (points,), config or DuelConfig(), history, **{"progress": False} | more)
    return model, history


def test_any_loop_gets_a_history_of_the_terms_that_it_records():
    _, history = fought(DuelConfig(epochs=4, learning_rate=0.0))
    model = Duel()
    expected = nn.functional.softplus(-model.critic(POINTS)).mean().item()
    assert history.real == pytest.approx([expected] * 4, rel=1e-5)
    assert len(history.fooled) == 4
    assert not history.interrupted


def test_any_loop_is_repeated_by_its_seed_and_leaves_the_callers_random_numbers_alone():
    torch.manual_seed(7)
    state = torch.get_rng_state()
    (first, _), (again, _), (other, _) = fought(), fought(), fought(DuelConfig(seed=1))
    assert same(weights(first), weights(again))
    assert not same(weights(first), weights(other))
    torch.manual_seed(7)
    assert torch.equal(torch.get_rng_state(), state)


def test_any_loop_is_watched_by_the_names_of_its_terms():
    steps, ends = [], []

    class Observer:
        def step(self, done, **terms):
            steps.append((done, {name: term.shape for name, term in terms.items()}))

        def end(self):
            ends.append(len(steps))

    fought(monitor=Observer())
    assert [done for done, _ in steps] == pytest.approx([step / 9 for step in range(1, 10)])
    assert steps[0][1] == {"real": (16,), "fooled": (16,)} and steps[2][1] == {"real": (8,), "fooled": (8,)}
    assert ends == [9]


def test_any_loop_is_stopped_with_what_it_has_learnt():
    class Stop:
        def step(self, done, **terms):
            if done > 0.5:
                raise KeyboardInterrupt

        def end(self):
            pass

    model, history = fought(monitor=Stop())
    assert history.interrupted
    assert len(history.real) == len(history.fooled) == 2
    assert not model.training
    assert not same(weights(model), weights(Duel()))


def test_any_loop_shows_its_terms_beside_the_bar(capsys):
    fought(progress=True)
    said = capsys.readouterr().err
    assert "9/9" in said and "real" in said and "fooled" in said and "nats per point" in said


def test_any_loop_stops_at_a_loss_that_is_no_number():
    with pytest.raises(FloatingPointError, match="epoch 1, step 1") as error:
        fought(points=POINTS * math.inf)
    assert "real" in str(error.value) and len(str(error.value).splitlines()) <= 5


def test_any_loop_that_went_to_its_end_is_kept_and_loaded_by_the_same_run_alone(kept_in):
    first, history = fought()
    (file,) = kept_in.iterdir()
    replayed = []

    class Observer:
        def replay(self, history):
            replayed.append(history)

    again, loaded = fought(monitor=Observer())
    assert same(weights(first), weights(again))
    assert loaded == history
    assert replayed == [loaded]
    for config, points in ((DuelConfig(learning_rate=2e-2), POINTS), (DuelConfig(), POINTS + 1)):
        fought(config, points)
    assert len(list(kept_in.iterdir())) == 3
    assert file.exists()
