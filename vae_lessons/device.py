"""The device to compute on: a GPU that has passed one real training step, else the CPU."""

import os
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn


def pick() -> torch.device:
    """The device to train on: CUDA, else MPS, else the CPU, or what VAE_LESSONS_DEVICE says.

    Torch is left no more threads than cores(): in a container it counts the cores of the whole server, and
    threads without a core of their own only wait for each other. Their number is never raised.
    Warns when there is a GPU that does not work. Raises ValueError or RuntimeError for a VAE_LESSONS_DEVICE
    that is no device or does not work.
    """
    limit = cores()
    if torch.get_num_threads() > limit:
        torch.set_num_threads(limit)
    device, reason, broken_gpu = _choose()
    if broken_gpu:
        warnings.warn(f"training on the CPU, because {reason}.", stacklevel=2)
    return device


def pick_with_reason() -> tuple[torch.device, str]:
    """The device as pick() chooses it, without the warning, and one line that says why."""
    device, reason, _ = _choose()
    return device, reason


def cores(own: Path = Path("/proc/self/cgroup"), mount: Path = Path("/sys/fs/cgroup")) -> int:
    """How many CPU cores this process may use, at least 1: fewer than there are under taskset, in a container or a hub.

    The smallest of its affinity and the limits of its cgroups, a part of a core taken for a whole one. A limit
    holds for all that is below it, so every cgroup counts from the process's own up to the root. own says where
    in the tree below mount the process is. Their formats: cgroups(7) for own, and in Linux's own documentation
    admin-guide/cgroup-v2.rst for cpu.max, scheduler/sched-bwc.rst for version 1's cpu.cfs_quota_us.
    """
    if hasattr(os, "process_cpu_count"):  # from Python 3.13
        affinity = os.process_cpu_count()
    else:
        affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min([affinity or 1, *_limits(own, mount)]))


def _limits(own: Path, mount: Path) -> Iterator[int]:
    """The cores that the CPU time of each of this process's cgroups is worth, rounded up, where it is limited."""
    try:
        lines = own.read_text(
            encoding="utf-8", errors="surrogateescape"
        ).splitlines()  # names may be any bytes
    except OSError:  # not Linux
        return
    for line in lines:  # number:controllers:path, without controllers in version 2
        controllers, _, path = line.partition(":")[2].partition(":")
        if not controllers:
            roots, files = (mount, mount / "unified"), ["cpu.max"]
        elif "cpu" in controllers.split(","):
            roots, files = (mount / controllers, mount / "cpu"), ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
        else:
            continue
        for folder in roots:
            for name in ("", *path.strip("/").split("/")):  # from the root down to the process's own cgroup
                folder /= name
                try:
                    quota, period = (int(n) for file in files for n in (folder / file).read_text().split())
                except (OSError, ValueError):  # no such file, or "max": no limit here
                    continue
                if quota > 0 and period > 0:  # version 1 writes -1 for no limit
                    yield -(-quota // period)


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
    if device == torch.device("cpu"):
        return ""  # there is nothing to compare it with, and the first optimizer takes seconds to import
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
