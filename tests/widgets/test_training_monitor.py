"""The monitor shows training as it is, changes nothing in it, and ends it cleanly."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from tests.widgets.samples import IMAGES, close, vae
from vae_lessons.training import TrainConfig, fit
from vae_lessons.vae import VAE
from vae_lessons.widgets import (
    TrainingMonitor,
    training_monitor,
)

SHORT = TrainConfig(epochs=2, batch_size=6)  # 10 steps an epoch


@pytest.fixture
def displayed(monkeypatch):
    """What the monitor displays, and what it puts there later."""
    outputs = []

    class Place:
        def update(self, widget):
            outputs.append(("update", widget.still()[1]))

    def display(widget, display_id):
        outputs.append(("display", widget.still()[1]))
        return Place()

    monkeypatch.setattr(training_monitor, "display", display)
    monkeypatch.setattr(training_monitor, "SECONDS", 0.0)  # look at every step
    return outputs


@pytest.mark.parametrize("extra", [nn.Identity(), nn.Dropout(0.5)], ids=["plain", "dropout"])
def test_a_watched_model_is_the_same_bit_for_bit(extra, displayed):
    weights = []
    for watched in (False, True):
        torch.manual_seed(0)
        model = VAE(3, 16)
        model.decoder.insert(1, extra)
        fit(model, IMAGES, SHORT, progress=False, monitor=TrainingMonitor(model) if watched else None)
        weights.append(model.state_dict())
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])


def test_the_monitor_shows_both_terms_at_every_look(displayed):
    model = VAE(3, 16)
    monitor = TrainingMonitor(model)
    history = fit(model, IMAGES, SHORT, progress=False, monitor=monitor)
    steps = np.array(monitor._steps)
    close(steps[:, 0], np.arange(1, 21) / 20)
    close(steps[:, 1].reshape(2, 10).mean(1), history.log_px_z, rtol=1e-4)
    close(steps[:, 2].reshape(2, 10).mean(1), history.kl, rtol=1e-4, atol=1e-4)
    assert monitor._ended
    assert not monitor.stopped


def test_a_row_of_samples_is_added_each_time_training_has_gone_twice_as_far(displayed):
    monitor = TrainingMonitor(VAE(3, 16))
    grown = []
    monitor.observe(lambda change: grown.append(step), "_samples")
    for step in range(1, 129):
        monitor.step(step / 128, log_px_z=torch.zeros(6), kl=torch.zeros(6))
    assert grown == [1, 2, 4, 8, 16, 32, 64, 128]
    assert len(monitor._samples) == 8 * 8 * 784


def test_the_rows_are_the_same_points_decoded_anew(displayed):
    model = VAE(3, 16)
    monitor = TrainingMonitor(model)
    for done in (0.01, 0.1, 0.4):
        if done == 0.4:
            model.decoder[2].bias.data += 1
        monitor.step(done, log_px_z=torch.zeros(6), kl=torch.zeros(6))
    first, second, third = np.frombuffer(monitor._samples, np.uint8).reshape(3, 8, 784).astype(int)
    assert (first == second).all()
    assert (first < third).all()
    assert len(np.unique(first, axis=0)) == 8


def test_between_two_looks_the_curves_show_averages(displayed, monkeypatch):
    monkeypatch.setattr(training_monitor, "SECONDS", 1000.0)
    monitor = TrainingMonitor(VAE(3, 16))
    for step in range(1, 5):
        monitor.step(step / 4, log_px_z=torch.full((6,), -10.0 * step), kl=torch.full((6,), 1.0 * step))
    assert monitor._steps == []
    monitor.end()
    assert monitor._steps == [[1.0, -25.0, 2.5]]


def test_a_few_last_steps_join_the_last_point_since_their_own_average_strays(displayed, monkeypatch):
    monkeypatch.setattr(training_monitor, "SECONDS", 1000.0)
    monitor = TrainingMonitor(VAE(3, 16))
    for step in range(1, 22):
        if step == 20:
            monitor._look()
        value = -100.0 if step < 21 else -20.0
        monitor.step(step / 21, log_px_z=torch.full((6,), value), kl=torch.ones(6))
    monitor.end()
    ((done, log_px_z, kl),) = monitor._steps
    assert done == 1.0
    close([log_px_z, kl], [(20 * -100 - 20) / 21, 1])


def test_stop_ends_training_cleanly(displayed):
    model = VAE(3, 16)
    monitor = TrainingMonitor(model)

    def press_stop(change):
        if len(change.new) == 13:
            monitor.set_state({"stopped": True})

    monitor.observe(press_stop, "_steps")
    history = fit(model, IMAGES, SHORT, progress=False, monitor=monitor)
    assert history.interrupted
    assert len(history.kl) == 2
    assert len(monitor._steps) == 13
    assert monitor._ended
    assert not model.training
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_the_monitor_appears_once_and_leaves_its_last_picture(displayed):
    model = VAE(3, 16)
    fit(model, IMAGES, SHORT, progress=False, monitor=TrainingMonitor(model))
    assert [what for what, _ in displayed] == ["display", "update"]
    assert "100 % of training" in displayed[1][1]
    assert "100 % of training" not in displayed[0][1]


def test_the_monitor_shows_a_loaded_run_as_what_it_was(displayed, tmp_path, monkeypatch):
    monkeypatch.setenv("VAE_LESSONS_CACHE", str(tmp_path))
    monkeypatch.delenv("VAE_LESSONS_FRESH")
    torch.manual_seed(0)
    first = VAE(3, 16)
    torch.manual_seed(0)
    model = VAE(3, 16)
    history = fit(first, IMAGES, SHORT, progress=False)
    monitor = TrainingMonitor(model)
    fit(model, IMAGES, SHORT, progress=False, monitor=monitor)
    close(
        monitor._steps, [[0.5, history.log_px_z[0], history.kl[0]], [1.0, history.log_px_z[1], history.kl[1]]]
    )
    assert monitor._ended
    assert len(monitor._samples) == 8 * 28 * 28, "one row of samples: those on the way were not kept"
    assert len(displayed) == 1 and "100 % of training" in displayed[0][1]


@pytest.mark.parametrize(
    ("file", "kernel"),
    [
        ("kernel-1b9e-44.json", "1b9e-44"),
        ("of-my-own.json", ""),
        (RuntimeError("not in a running kernel"), ""),
    ],
)
def test_the_monitor_knows_the_kernel_that_its_stop_button_interrupts(file, kernel, monkeypatch):
    def connection_file():
        if isinstance(file, Exception):
            raise file
        return f"/run/jupyter/{file}"

    monkeypatch.setattr(training_monitor, "get_connection_file", connection_file)
    assert TrainingMonitor(VAE(3, 16))._kernel == kernel


def test_the_monitor_ends_with_a_picture_after_an_error_too(displayed):
    class Broken(VAE):
        calls = 0

        def log_likelihood(self, x_logits, x):
            self.calls += 1
            return super().log_likelihood(x_logits, x) * (math.nan if self.calls == 8 else 1.0)

    model = Broken(3, 16)
    monitor = TrainingMonitor(model)
    with pytest.raises(FloatingPointError, match="step 8"):
        fit(model, IMAGES, SHORT, progress=False, monitor=monitor)
    assert monitor._ended
    assert len(monitor._steps) == 7
    assert displayed[-1][0] == "update"


def test_weights_that_turn_nan_are_reported_as_such_and_not_by_the_monitor(displayed):
    model = VAE(3, 16)
    model.decoder[0].weight.register_hook(lambda gradient: gradient * math.nan)
    with pytest.raises(FloatingPointError, match="the loss became nan"):
        fit(model, IMAGES, SHORT, progress=False, monitor=TrainingMonitor(model))


def test_the_curves_leave_out_the_first_steps_which_are_far_off(displayed):
    monitor = TrainingMonitor(VAE(3, 16))
    for step in range(1, 21):
        monitor.step(step / 20, log_px_z=torch.full((6,), -200.0 + step), kl=torch.full((6,), 0.5 * step))
    for axis, values in zip(
        monitor.still()[0].axes, (range(-198, -179), np.arange(1, 10.5, 0.5)), strict=False
    ):
        close(axis.lines[0].get_xdata(), range(10, 105, 5))
        close(axis.lines[0].get_ydata(), values)


@pytest.mark.parametrize("steps", [0, 1, 20])
def test_the_monitor_has_a_still_picture_at_every_stage(steps, displayed):
    monitor = TrainingMonitor(VAE(3, 16))
    for step in range(1, steps + 1):
        monitor.step(step / 20, log_px_z=torch.full((6,), -200.0 + step), kl=torch.full((6,), 2.0))
    bundle, _ = monitor._repr_mimebundle_()
    assert bundle["text/plain"].startswith(f"{5 * steps} % of training")


def test_the_monitor_shows_whatever_terms_a_loop_records(displayed):
    monitor = TrainingMonitor(vae(3))
    for step in range(1, 21):
        monitor.step(
            step / 20, real=torch.full((6,), 2.0), fooled=torch.full((6,), 0.1 * step), third=torch.ones(6)
        )
    monitor.end()
    assert monitor._titles == ["real", "fooled", "third"]
    assert all(step[1] == 2.0 and step[3] == 1.0 for step in monitor._steps)
    figure, _, _ = monitor.still()
    assert [axis.get_title() for axis in figure.axes] == [
        "real",
        "fooled",
        "third",
        "samples; time runs down",
    ]
