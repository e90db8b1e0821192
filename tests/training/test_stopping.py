"""The stop button ends a training, and nothing else: an import is not cut in two, and the next training goes on."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import torch

from tests.training.models import IMAGES, small_vae
from vae_lessons.training import TrainConfig, fit, stopping
from vae_lessons.training.stopping import interrupt_waits

FIRST_SECONDS = """
import json, os, signal, sys, time, traceback
import torch
from vae_lessons.training import TrainConfig, fit
from vae_lessons.vae import VAE

torch.set_num_threads(1)
torch.manual_seed(0)

def first_training():
    images = torch.rand(600, 1, 28, 28)
    if sys.argv[2] == "fit":
        fit(VAE(latent_dim=2, hidden_dim=16), images, TrainConfig(epochs=1_000_000), progress=False, resume=False)
    else:
        model = VAE(latent_dim=2, hidden_dim=16)
        try:
            optimizer = torch.optim.Adam(model.parameters())
            while True:
                optimizer.step()
        except KeyboardInterrupt:
            pass

for moment in json.loads(sys.argv[1]):
    report, answer = os.pipe()
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            first_training()
            history = fit(VAE(latent_dim=2, hidden_dim=16), torch.rand(60, 1, 28, 28), TrainConfig(epochs=2),
                          progress=False, resume=False)
            os.write(answer, f"{len(history.kl)} epochs".encode())
        except BaseException:
            os.write(answer, traceback.format_exc()[-300:].encode())
        os._exit(0)
    os.close(answer)
    time.sleep(moment)
    os.kill(child, signal.SIGINT)
    said = b""
    while part := os.read(report, 1000):
        said += part
    os.waitpid(child, 0)
    print(json.dumps([moment, said.decode()]), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.parametrize("way", ["fit", "a loop by hand"])
def test_stopping_the_first_training_of_a_process_at_any_moment_leaves_one_that_trains(way):
    count = int(os.environ.get("VAE_LESSONS_MOMENTS", 4))  # 30 were tried, each costs some seconds
    moments = [4 * place / count for place in range(1, count + 1)]
    ran = subprocess.run(
        [sys.executable, "-c", FIRST_SECONDS, json.dumps(moments), way],
        capture_output=True,
        text=True,
        check=True,
    )
    said = [json.loads(line) for line in ran.stdout.splitlines()]
    assert said == [[moment, "2 epochs"] for moment in moments]


def test_an_interrupt_waits_for_the_end_of_the_block():
    done = []
    with pytest.raises(KeyboardInterrupt), interrupt_waits():
        signal.raise_signal(signal.SIGINT)
        time.sleep(0.01)
        done.append("all of it")
    assert done == ["all of it"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_in_the_block_is_not_lost_behind_an_interrupt():
    with pytest.raises(OSError, match="a full disk"), interrupt_waits():
        signal.raise_signal(signal.SIGINT)
        raise OSError("a full disk")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_in_another_thread_the_block_just_runs():
    done = []

    def work():
        with interrupt_waits():
            done.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [signal.default_int_handler]


@pytest.fixture
def gradients_off():
    """As a stop leaves them that comes between the first line of torch.no_grad() and the block below it."""
    torch.set_grad_enabled(False)
    yield
    torch.set_grad_enabled(True)


def test_a_model_trains_where_a_stop_has_left_gradients_off(gradients_off):
    history = fit(small_vae(), IMAGES, TrainConfig(epochs=2), progress=False)
    assert history.elbo[1] > history.elbo[0]


def test_after_a_stopped_cell_gradients_are_on(gradients_off, shell, monkeypatch):
    monkeypatch.setattr(stopping, "get_ipython", lambda: shell)
    for _ in range(2):  # as when the package is imported again
        stopping.a_stop_leaves_gradients_on()
    shell.run_cell("1 + 1")
    assert not torch.is_grad_enabled(), "who has switched them off by hand finds them off in the next cell"
    shell.run_cell("raise KeyboardInterrupt")
    assert torch.is_grad_enabled()
