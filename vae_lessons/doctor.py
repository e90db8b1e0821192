"""Check whether this machine is ready for the course, and say how to fix what is not."""

# Readable for the oldest Python and importable without torch: on such machines it has the most to say.
from __future__ import annotations

import importlib
import importlib.metadata
import os
import platform
import shutil
import textwrap
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

OK, NOTE, FAIL = "ok", "note", "FAIL"
REINSTALL = (
    "uv pip install --reinstall torch torchvision\n"
    "or, for the small build without CUDA:\n"
    "uv pip install --reinstall torch torchvision --torch-backend=cpu"
)

WITHOUT_TORCH = {
    ("Darwin", "x86_64"): "macOS on Intel",
    ("Windows", "ARM64"): "Windows on ARM",
}  # on PyPI, today's


@dataclass(frozen=True)
class Check:
    """One row of the table; a note is no failure, and fix is empty where nothing needs doing."""

    name: str
    status: str
    found: str
    fix: str = ""


def main() -> int:
    """Print the table; returns 1 when a check failed, else 0."""
    rows = checks()
    print(table(rows))
    failed = [row.name for row in rows if row.status == FAIL]
    print(f"\nTo fix: {', '.join(failed)}." if failed else "\nThis machine is ready for the course.")
    return 1 if failed else 0


def checks() -> list[Check]:
    """All checks, in a few seconds. No paths or times in them: a lesson shows this table."""
    try:
        floors = _floors()
    except ImportError as error:
        fix = (
            "Activate the environment made for the course,\n"
            "or make it: in the course's folder uv sync, then uv run python -m vae_lessons doctor."
        )
        found = f"not installed in this Python {platform.python_version()}: {error}"
        return [Check("course", FAIL, found, fix)]
    rows = [_compare("Python", platform.python_version(), floors.pop("python"))]
    torch = _checked("torch", _imported, "torch", floors.pop("torch"))
    system = WITHOUT_TORCH.get((platform.system(), platform.machine()))
    if torch.status == FAIL and system:
        fix = "Work in a browser: Colab or a hub (deploy/README.md), or on another machine."
        torch = Check("torch", FAIL, f"PyPI has no current PyTorch for {system}", fix)
    rows += [torch, _checked("torchvision", _torchvision, floors.pop("torchvision"))]
    rows += [_installed(name, floor) for name, floor in sorted(floors.items())]
    rows += [_optional(name, floor) for name, floor in sorted(_floors("molecules").items())]
    if torch.status == OK:
        rows += [_checked("device", _device), _checked("threads", _threads)]
        rows += [_checked(name, _data_set, name) for name in ("digits", "faces", "mnist", "fashion_mnist")]
    return [*rows, _disk()]


def table(checks: list[Check]) -> str:
    """The checks as plain text, at most 100 columns wide, each fix below what was found."""
    width = max(len(check.name) for check in checks)
    lines = [f"{'check':{width}}  status  found"]
    for check in checks:
        cells = textwrap.wrap(check.found, 90 - width)
        for fix in check.fix.splitlines():
            cells += textwrap.wrap("-> " + fix, 90 - width, subsequent_indent="   ")
        lines.append(f"{check.name:{width}}  {check.status:6}  {cells[0]}")
        lines += [" " * (width + 10) + cell for cell in cells[1:]]
    return "\n".join(lines)


def _floors(extra: str = "") -> dict:
    """What pyproject.toml asks for, as package name -> packaging.specifiers.SpecifierSet; or what an extra does."""
    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    course = importlib.metadata.distribution("vae-lessons")
    asked = [Requirement(line) for line in course.requires]
    if extra:
        return {r.name: r.specifier for r in asked if r.marker and r.marker.evaluate({"extra": extra})}
    always = {r.name: r.specifier for r in asked if r.marker is None or r.marker.evaluate({"extra": ""})}
    return {"python": SpecifierSet(course.metadata["Requires-Python"]), **always}


def _checked(name: str, check: Callable[..., Check], *arguments: object) -> Check:
    """The result of a check; when it raises, a failure with the last line of the error as the fix."""
    try:
        return check(*arguments)
    except Exception as error:
        *found, fix = str(error).splitlines() or [""]
        return Check(name, FAIL, " ".join(found) or fix or type(error).__name__, fix if found else "")


def _compare(name: str, version: str, floor) -> Check:
    if floor.contains(version, prereleases=True):
        return Check(name, OK, version)
    if name == "Python":
        return Check(
            name, FAIL, f"{version}, but the course needs {floor}", "uv python install 3.12, then uv sync"
        )
    return Check(name, FAIL, f"{version}, but the course needs {floor}", _install(name, floor))


def _install(name: str, floor) -> str:
    return f'uv pip install "{name}{floor}"'


def _installed(name: str, floor) -> Check:
    try:
        return _compare(name, importlib.metadata.version(name), floor)
    except importlib.metadata.PackageNotFoundError:
        return Check(name, FAIL, "not installed", _install(name, floor))


def _optional(name: str, floor) -> Check:
    row = _installed(name, floor)
    if row.status == OK:
        return row
    return Check(name, NOTE, f"{row.found}; the molecules of lesson 11 are skipped", row.fix)


def _imported(name: str, floor) -> Check:
    """Import the package for real: torch and torchvision can be installed and yet not load."""
    try:
        version = importlib.import_module(name).__version__
    except Exception as error:
        cause = next(iter(str(error).splitlines()), type(error).__name__)
        missing = isinstance(error, ModuleNotFoundError) and error.name == name
        return Check(
            name, FAIL, f"cannot be imported: {cause}", _install(name, floor) if missing else REINSTALL
        )
    return _compare(name, version, floor)


def _torchvision(floor) -> Check:
    from packaging.requirements import Requirement

    row = _imported("torchvision", floor)
    if "torchvision::nms" in row.found:  # the one came from PyPI, the other from the index of CPU builds
        return Check("torchvision", FAIL, f"not of the same build as torch; it {row.found}", REINSTALL)
    if row.status == OK:
        import torch

        for line in importlib.metadata.requires("torchvision"):
            wanted = Requirement(line)
            if wanted.name == "torch" and not wanted.specifier.contains(torch.__version__, prereleases=True):
                return Check(
                    "torchvision",
                    FAIL,
                    f"made for torch{wanted.specifier}, not {torch.__version__}",
                    REINSTALL,
                )
    return row


def _device() -> Check:
    from vae_lessons.device import pick_with_reason

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch on an old driver or card: the reason says it in one line
        device, reason = pick_with_reason()
    if "does not work" in reason:
        fix = "The CPU is enough for the course. For the GPU: update its driver, or install torch for it."
        return Check("device", NOTE, f"{device}, because {reason}", fix)
    return Check("device", OK, f"{device}, because {reason}")


def _threads() -> Check:
    import torch

    from vae_lessons.device import cores

    available = cores()
    threads = min(torch.get_num_threads(), available)  # as device.pick() sets them
    return Check("threads", OK, f"{threads} torch threads on {available} available cores")


def _data_set(name: str) -> Check:
    from vae_lessons import folders
    from vae_lessons.data import mnist

    if name in ("digits", "faces"):
        return Check(name, OK, "drawn, needs no download")
    raw = mnist.raw_folder(name)
    missing = mnist.missing_files(raw)
    for file, (size, _, _) in mnist.FILES.items():
        if file not in missing and (raw / file).stat().st_size != size:
            fix = f'Move it away; load("{name}") then downloads a fresh copy.'
            return Check(name, FAIL, f"{raw.parent.name}/raw/{file} has the wrong size", fix)
    if missing:
        found = (
            "not downloaded" if len(missing) == len(mnist.FILES) else f"{len(missing)} of 4 files are missing"
        )
        return Check(name, NOTE, f'{found}; load("{name}") fetches it')
    if os.environ.get("VAE_LESSONS_DATA"):
        return Check(name, OK, "complete in VAE_LESSONS_DATA")
    return Check(name, OK, f"complete in {'data/' if folders.clone() else 'your data folder'}")


def _disk() -> Check:
    free = shutil.disk_usage(Path(__file__).parent).free / 1e9  # GB
    fix = "Free some: MNIST and Fashion-MNIST take 0.2 GB, an environment with CUDA 7 GB."
    if free < 1:
        return Check("free disk", FAIL, "less than 1 GB free", fix)
    if free < 5:
        return Check("free disk", NOTE, "less than 5 GB free", fix)
    return Check("free disk", OK, f"more than {10 if free > 10 else 5} GB free")
