"""Which device is picked: no GPU is needed, the tests pretend to have good and bad ones."""

import pytest
import torch

from vae_lessons import device

CPU = torch.device("cpu")
STEP = device._step(CPU)  # taken before any pretence: a real step asks torch for CUDA too


@pytest.fixture(autouse=True)
def no_gpu(monkeypatch):
    """Every machine looks the same to these tests: no GPU, no wish in the environment."""
    monkeypatch.delenv("VAE_LESSONS_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.fixture
def gpu(monkeypatch):
    """gpu("mps", step) pretends that there is one, and that a training step on it gives what step() does."""

    def pretend(kind, step):
        backend = torch.cuda if kind == "cuda" else torch.backends.mps
        monkeypatch.setattr(backend, "is_available", lambda: True)
        monkeypatch.setattr(device, "_step", lambda on: step() if on.type != "cpu" else sound())

    return pretend


def sound():
    return STEP


def no_kernel():
    raise RuntimeError(
        "CUDA error: no kernel image is available for execution on the device\nCUDA kernel errors ..."
    )


def test_the_step_is_adam_by_hand():
    before = torch.linspace(-1, 1, 32, dtype=torch.float64).view(4, 8)
    x = torch.linspace(0.1, 1, 128).double().view(16, 8)
    gradient = 2 * (x @ before.T - 3).T @ x / (16 * 4)
    after = before - 0.1 * gradient / (gradient.abs() + 1e-8)  # Adam's first step
    torch.testing.assert_close(
        device._step(CPU).double(), torch.stack([gradient, after]), rtol=1e-5, atol=1e-5
    )


def test_without_a_gpu_the_cpu():
    picked, reason = device.pick_with_reason()
    assert picked == device.pick() == CPU
    assert "no CUDA or MPS" in reason


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_a_sound_gpu_is_picked(gpu, kind):
    gpu(kind, sound)
    picked, reason = device.pick_with_reason()
    assert picked == device.pick() == torch.device(kind)
    assert "same numbers" in reason


def test_cuda_without_a_kernel_for_the_card_falls_back_and_says_so(gpu):
    gpu("cuda", no_kernel)
    with pytest.warns(
        UserWarning, match="on the CPU, because cuda is there but does not work: CUDA error: no kernel"
    ):
        assert device.pick() == CPU
    picked, reason = device.pick_with_reason()
    assert picked == CPU
    assert "no kernel image" in reason and "\n" not in reason


def test_mps_with_other_numbers_is_passed_over(gpu):
    gpu("mps", lambda: sound() * 1.05)
    with pytest.warns(UserWarning, match="mps is there but does not work: .* other numbers"):
        assert device.pick() == CPU


def test_nan_is_no_sound_device(gpu):
    gpu("mps", lambda: sound() * torch.nan)
    assert device.pick_with_reason()[0] == CPU


def test_the_environment_decides(gpu, monkeypatch):
    gpu("cuda", sound)
    monkeypatch.setenv("VAE_LESSONS_DEVICE", " CPU ")
    picked, reason = device.pick_with_reason()
    assert picked == CPU and reason == "VAE_LESSONS_DEVICE=CPU"
    monkeypatch.setenv("VAE_LESSONS_DEVICE", "cuda:1")
    assert device.pick() == torch.device("cuda:1")
    monkeypatch.setenv("VAE_LESSONS_DEVICE", "")
    assert device.pick() == torch.device("cuda")


@pytest.mark.parametrize("value", ["gpu", "0", "cuda:-1", "the fast one"])
def test_a_wish_that_is_no_device(monkeypatch, value):
    monkeypatch.setenv("VAE_LESSONS_DEVICE", value)
    with pytest.raises(ValueError, match=f"VAE_LESSONS_DEVICE='{value}' is not a device") as error:
        device.pick()
    assert "Set it to cpu, cuda" in str(error.value) and str(error.value).count("\n") < 5


@pytest.mark.parametrize("value", ["meta", "cuda:99", "xpu"])
def test_a_wish_for_a_device_that_is_not_there(monkeypatch, value):
    monkeypatch.setenv("VAE_LESSONS_DEVICE", value)
    with pytest.raises(RuntimeError, match=f"VAE_LESSONS_DEVICE='{value}'.* does not work") as error:
        device.pick()
    assert "Set it to cpu, cuda" in str(error.value) and str(error.value).count("\n") < 5


def test_torch_without_cuda(gpu, monkeypatch):
    def not_compiled():
        raise AssertionError("Torch not compiled with CUDA enabled")

    gpu("cuda", not_compiled)
    monkeypatch.setenv("VAE_LESSONS_DEVICE", "cuda")
    with pytest.raises(RuntimeError, match="Torch not compiled with CUDA enabled"):
        device.pick()


def test_random_numbers_stay_as_they_were(monkeypatch):
    monkeypatch.setenv("VAE_LESSONS_DEVICE", "cpu")
    before = torch.get_rng_state()
    device.pick()
    assert torch.equal(torch.get_rng_state(), before)


def test_the_step_is_made_also_where_gradients_are_switched_off(monkeypatch):
    monkeypatch.setenv("VAE_LESSONS_DEVICE", "cpu")
    with torch.no_grad():
        assert device.pick() == CPU
    with torch.inference_mode():
        assert device.pick() == CPU
