"""A GPU that is hidden, broken or too small: the course says so and runs on the CPU."""

import pytest
import torch

from vae_lessons import device

CPU = torch.device("cpu")
STEP = device._step(CPU)


@pytest.fixture
def gpu(monkeypatch):
    """A function that pretends that there is a CUDA GPU, on which a training step does this."""
    monkeypatch.delenv("VAE_LESSONS_DEVICE", raising=False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)

    def pretend(step):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        monkeypatch.setattr(device, "_step", lambda on: step() if on.type == "cuda" else STEP)

    return pretend


def raising(error):
    def step():
        raise error

    return step


FAULTS = {
    "broken": raising(RuntimeError("CUDA error: device-side assert triggered\nlong help")),
    "of another kind": raising(RuntimeError("CUDA error: no kernel image is available")),
    "too small": raising(torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.\nmore")),
    "with an old driver": raising(AssertionError("The NVIDIA driver on your system is too old")),
    "wrong": lambda: STEP * 1.1,
    "not finite": lambda: STEP * torch.nan,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_gpu_that_does_not_work_is_named_and_the_cpu_taken(gpu, fault):
    gpu(FAULTS[fault])
    with pytest.warns(UserWarning, match="on the CPU, because cuda is there but does not work") as warned:
        assert device.pick() == CPU
    assert str(warned[0].message).count("\n") < 5


def test_a_hidden_gpu_is_no_gpu(gpu, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device.pick_with_reason()[0] == CPU


def test_a_sound_one_would_have_been_taken(gpu):
    gpu(lambda: STEP)
    assert device.pick() == torch.device("cuda")
