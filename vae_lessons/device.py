"""Where to compute: a GPU that has proven itself in one real training step, else the CPU."""

import os
import warnings

import torch
from torch import Tensor, nn


def pick() -> torch.device:
    """The device to train on: CUDA, else MPS, else the CPU, or what VAE_LESSONS_DEVICE says.

    Warns when there is a GPU that does not work. Raises ValueError or RuntimeError for a VAE_LESSONS_DEVICE
    that is no device or does not work.
    """
    device, reason, broken_gpu = _choose()
    if broken_gpu:
        warnings.warn(f"training on the CPU, because {reason}.", stacklevel=2)
    return device


def pick_with_reason() -> tuple[torch.device, str]:
    """The device as pick() chooses it, without the warning, and one line that says why."""
    device, reason, _ = _choose()
    return device, reason


def _choose() -> tuple[torch.device, str, bool]:
    """Device, reason, and whether a GPU was passed over because it does not work."""
    wanted = os.environ.get("VAE_LESSONS_DEVICE", "").strip()
    if wanted:
        return _wanted_device(wanted), f"VAE_LESSONS_DEVICE={wanted}", False
    for kind, backend in (("cuda", torch.cuda), ("mps", torch.backends.mps)):
        if backend.is_available():
            trouble = _trouble(torch.device(kind))
            if trouble:
                return torch.device("cpu"), f"{kind} is there but does not work: {trouble}", True
            return torch.device(kind), "one training step on it gives the same numbers as on the CPU", False
    return torch.device("cpu"), "there is no CUDA or MPS device", False


def _wanted_device(wanted: str) -> torch.device:
    advice = "Set it to cpu, cuda, cuda:1 or mps, or unset it and the course chooses."
    try:
        device = torch.device(wanted.lower())
    except RuntimeError:
        raise ValueError(f"VAE_LESSONS_DEVICE={wanted!r} is not a device.\n{advice}") from None
    trouble = _trouble(device)
    if trouble:
        raise RuntimeError(
            f"VAE_LESSONS_DEVICE={wanted!r}: this device is not there or does not work.\n{trouble}\n{advice}"
        )
    return device


def _trouble(device: torch.device) -> str:
    """Why a training step on this device fails or goes astray, in one line; empty when it is sound."""
    try:
        numbers = _step(device)
    except (RuntimeError, AssertionError) as error:  # AssertionError: torch was built without CUDA
        return next(iter(str(error).splitlines()), type(error).__name__)[:150]
    if not torch.allclose(numbers, _step(torch.device("cpu")), rtol=1e-2, atol=1e-3):
        return "one training step on it gives other numbers than on the CPU"
    return ""


@torch.inference_mode(False)
@torch.enable_grad()  # also where the caller has gradients switched off
def _step(device: torch.device) -> Tensor:
    """Gradients and new weights (2, 4, 8) of a small layer after one training step, without randomness."""
    layer = nn.utils.skip_init(nn.Linear, 8, 4, bias=False, device=device)
    with torch.no_grad():
        layer.weight.copy_(torch.linspace(-1, 1, 32).view(4, 8))
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1, fused=True)  # fused, as in training.fit
    x = torch.linspace(0.1, 1, 8 * 16).view(16, 8).to(device)  # (B, D)
    (layer(x) - 3).square().mean().backward()
    optimizer.step()
    return torch.stack([layer.weight.grad, layer.weight.detach()]).cpu()
