"""The doctor, on this machine and on sick ones: what is wrong is named, with its fix; the exit code is 1."""

import ast
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
import torch

from tests.conftest import REPOSITORY
from vae_lessons import __main__, device, doctor
from vae_lessons.data.mnist import FILES


@pytest.fixture(autouse=True)
def usual_machine(monkeypatch):
    """Nothing special about this machine: one thread, room on the disk, no environment variables of ours."""
    for name in ("VAE_LESSONS_DEVICE", "VAE_LESSONS_DATA", "VAE_LESSONS_DATASET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    disk(monkeypatch, 100)


def disk(monkeypatch, free):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(free * 1e9))


def row(name):
    return next(check for check in doctor.checks() if check.name == name)


def diagnosis(name, capsys):
    """The one failed row, after a run whose exit code and output must fit it."""
    assert doctor.main() == 1
    printed = capsys.readouterr().out
    check = row(name)
    assert check.status == "FAIL" and check.fix
    assert re.search(rf"^{name} +FAIL ", printed, re.MULTILINE)
    assert " ".join(check.fix.split()) in " ".join(printed.replace("->", "").split())
    assert f"To fix: {name}." in printed
    return check


def broken_import(monkeypatch, name, error):
    """From now on importing this package raises the error, as a broken installation does."""

    class Finder:
        @staticmethod
        def find_spec(fullname, *_):
            if fullname == name:
                raise error

    for module in [m for m in sys.modules if m == name or m.startswith(name + ".")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setattr(sys, "meta_path", [Finder, *sys.meta_path])


def installed_version(monkeypatch, name, version):
    real = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, "version", lambda n: version if n == name else real(n))


def not_installed(monkeypatch, missing):
    real = importlib.metadata.version

    def version(name):
        if name == missing:
            raise importlib.metadata.PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(importlib.metadata, "version", version)


def test_this_machine_is_healthy(capsys):
    assert doctor.main() == 0
    assert "ready for the course" in capsys.readouterr().out


def test_without_the_extra_for_molecules_it_says_how_to_install_it_and_is_ready_all_the_same(
    monkeypatch, capsys
):
    not_installed(monkeypatch, "rdkit")
    assert doctor.main() == 0
    assert "ready for the course" in capsys.readouterr().out
    assert row("rdkit").status == "note" and "lesson 11 are skipped" in row("rdkit").found
    assert re.fullmatch(r'uv pip install "rdkit>=[\d.]+"', row("rdkit").fix)
    assert row("selfies").status == "ok"


def test_an_old_package_of_the_extra_is_a_note(monkeypatch):
    installed_version(monkeypatch, "selfies", "1.0.4")
    assert row("selfies").status == "note" and "1.0.4" in row("selfies").found


def test_the_command_line():
    command = [sys.executable, "-W", "error", "-m", "vae_lessons", "doctor"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    before = os.times()
    run = subprocess.run(
        command, cwd=REPOSITORY, capture_output=True, text=True, timeout=120, env=environment
    )
    after = os.times()
    assert run.returncode == 0 and run.stderr == ""
    assert after.children_user + after.children_system < before.children_user + before.children_system + 15
    assert re.search(r"^torch +ok +\d", run.stdout, re.MULTILINE)


def test_the_command_line_without_a_command_prints_help(capsys):
    assert __main__.main([]) == 0
    assert "doctor" in capsys.readouterr().out


def test_the_command_line_returns_the_doctors_exit_code(monkeypatch):
    monkeypatch.setattr(doctor, "main", lambda: 1)
    assert __main__.main(["doctor"]) == 1


def test_the_table_has_at_most_100_columns_and_no_path_of_this_machine(monkeypatch):
    rows = [
        *doctor.checks(),
        doctor.Check("long", "FAIL", "found " * 40, doctor.REINSTALL + "\n" + "fix " * 60),
    ]
    table = doctor.table(rows)
    assert max(len(line) for line in table.splitlines()) <= 100
    assert str(Path.home()) not in table and str(REPOSITORY) not in table
    assert not re.search(r"(^|\s)(/|[A-Z]:\\)\w", table)


def test_commands_in_fixes_stay_on_one_line():
    table = doctor.table([doctor.Check("torchvision", "FAIL", "broken", doctor.REINSTALL)])
    assert "-> uv pip install --reinstall torch torchvision\n" in table
    assert table.endswith("-> uv pip install --reinstall torch torchvision --torch-backend=cpu")


def test_floors_are_those_of_pyproject():
    text = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    floors = {name: str(floor) for name, floor in doctor._floors().items()}
    assert floors.pop("python") == re.search(r'requires-python = "(.+)"', text)[1]
    dependencies = re.search(r"^dependencies = \[(.*?)^\]", text, re.MULTILINE | re.DOTALL)[1]
    assert floors == dict(re.findall(r'"([\w-]+)(>=[\d.]+)"', dependencies))
    assert {"Python", "torch", "torchvision", *floors} <= {check.name for check in doctor.checks()}


def test_the_file_can_be_read_by_an_old_python():
    for module in (doctor, __main__):
        source = Path(module.__file__).read_text(encoding="utf-8")
        ast.parse(source, feature_version=(3, 8))


# --- Python and packages ---


def test_an_old_python(monkeypatch, capsys):
    monkeypatch.setattr(doctor.platform, "python_version", lambda: "3.9.6")
    check = diagnosis("Python", capsys)
    assert "3.9.6" in check.found and ">=3.11" in check.found


def test_the_course_is_not_installed(monkeypatch, capsys):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    assert "uv sync" in diagnosis("course", capsys).fix


def test_packaging_is_not_installed(monkeypatch, capsys):
    broken_import(
        monkeypatch, "packaging", ModuleNotFoundError("No module named 'packaging'", name="packaging")
    )
    assert "packaging" in diagnosis("course", capsys).found


@pytest.mark.parametrize(("version", "status"), [("4.3.9", "FAIL"), ("4.4", "ok"), ("4.10.0rc1", "ok")])
def test_the_version_of_jupyterlab(monkeypatch, version, status):
    installed_version(monkeypatch, "jupyterlab", version)
    assert row("jupyterlab").status == status


def test_an_old_widget_package(monkeypatch, capsys):
    installed_version(monkeypatch, "ipywidgets", "7.8")
    check = diagnosis("ipywidgets", capsys)
    assert "7.8, but the course needs >=8.1.4" in check.found
    assert check.fix == 'uv pip install "ipywidgets>=8.1.4"'


def test_a_missing_package(monkeypatch, capsys):
    not_installed(monkeypatch, "anywidget")
    check = diagnosis("anywidget", capsys)
    assert check.found == "not installed" and 'uv pip install "anywidget>=' in check.fix


# --- torch and torchvision ---


def test_torchvision_of_another_build(monkeypatch, capsys):
    broken_import(monkeypatch, "torchvision", RuntimeError("operator torchvision::nms does not exist"))
    check = diagnosis("torchvision", capsys)
    assert "not of the same build as torch" in check.found and "nms" in check.found
    assert (
        "uv pip install --reinstall torch torchvision\n" in check.fix and "--torch-backend=cpu" in check.fix
    )


@pytest.mark.parametrize("name", ["torch", "torchvision"])
def test_torch_or_torchvision_missing(monkeypatch, capsys, name):
    broken_import(monkeypatch, name, ModuleNotFoundError(f"No module named '{name}'", name=name))
    check = row(name)
    assert check.status == "FAIL" and f"No module named '{name}'" in check.found
    assert f'uv pip install "{name}>=' in check.fix


@pytest.mark.parametrize("system", doctor.WITHOUT_TORCH)
def test_a_system_without_a_current_torch_is_led_to_a_browser(monkeypatch, system):
    monkeypatch.setattr("platform.system", lambda: system[0])
    monkeypatch.setattr("platform.machine", lambda: system[1])
    assert row("torch").status == doctor.OK  # where it is installed all the same
    monkeypatch.setattr(
        doctor, "_imported", lambda name, floor: doctor.Check(name, doctor.FAIL, "missing", "fix")
    )
    assert "no current PyTorch for" in row("torch").found
    assert "Colab or a hub" in row("torch").fix and "pip install" not in row("torch").fix


def test_a_library_that_torch_needs_is_missing(monkeypatch, capsys):
    error = OSError("libcudart.so.13: cannot open shared object file: No such file or directory\nmore")
    broken_import(monkeypatch, "torch", error)
    broken_import(monkeypatch, "torchvision", error)
    assert doctor.main() == 1
    printed = capsys.readouterr().out
    assert "libcudart.so.13: cannot open shared object file" in printed and "--reinstall" in printed
    assert "more\n" not in printed and "To fix: torch, torchvision." in printed


def test_an_old_torch(monkeypatch):
    monkeypatch.setattr(torch, "__version__", "2.9.1+cpu")
    check = row("torch")
    assert check.status == "FAIL" and "2.9.1+cpu, but the course needs >=2.10" in check.found


@pytest.mark.parametrize(
    ("wants", "status"), [("torch==2.15.0", "ok"), ("torch (==2.14.1)", "FAIL"), ("numpy", "ok")]
)
def test_torchvision_made_for_another_torch(monkeypatch, wants, status):
    monkeypatch.setattr(torch, "__version__", "2.15.0+cpu")
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: [wants])
    check = row("torchvision")
    assert check.status == status
    assert status == "ok" or "made for torch==2.14.1, not 2.15.0+cpu" in check.found


def test_the_doctor_comes_without_torch():
    code = "import sys; sys.modules.update(torch=None); from vae_lessons import doctor; doctor.main()"
    run = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.stderr == ""
    assert re.search(r"^torch +FAIL +cannot be imported", run.stdout, re.MULTILINE)


# --- device, threads, data, disk ---


def test_a_gpu_that_does_not_work_is_a_note(monkeypatch):
    reason = "cuda is there but does not work: no kernel image"
    monkeypatch.setattr(device, "pick_with_reason", lambda: (torch.device("cpu"), reason))
    check = row("device")
    assert check.status == "note" and "no kernel image" in check.found and "driver" in check.fix


def test_a_device_that_is_none(monkeypatch, capsys):
    monkeypatch.setenv("VAE_LESSONS_DEVICE", "toaster")
    check = diagnosis("device", capsys)
    assert "'toaster' is not a device" in check.found and "Set it to cpu" in check.fix


def test_threads_are_those_that_lessons_use(monkeypatch):
    monkeypatch.setattr(torch, "get_num_threads", lambda: 64)
    monkeypatch.setattr(device, "cores", lambda: 2)
    assert row("threads").found == "2 torch threads on 2 available cores"
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert row("threads").found == "1 torch threads on 2 available cores"


@pytest.fixture
def mnist(tmp_path, monkeypatch):
    """A folder with files of MNIST's sizes, which take no room on the disk."""
    monkeypatch.setenv("VAE_LESSONS_DATA", str(tmp_path))
    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, (size, _, _) in FILES.items():
        with (raw / name).open("wb") as file:
            file.truncate(size)
    return raw


def test_data_sets_that_are_there(mnist):
    assert row("digits").status == row("mnist").status == "ok"
    assert row("fashion_mnist") == doctor.Check(
        "fashion_mnist", "note", 'not downloaded; load("fashion_mnist") fetches it'
    )
    assert str(mnist) not in doctor.table(doctor.checks())


def test_a_data_set_that_is_half_there(mnist):
    (mnist / "t10k-labels-idx1-ubyte").unlink()
    check = row("mnist")
    assert check.status == "note" and check.found.startswith("1 of 4 files are missing")


def test_a_data_set_with_a_truncated_file(mnist, capsys):
    os.truncate(mnist / "t10k-images-idx3-ubyte", 100)
    check = diagnosis("mnist", capsys)
    assert (
        "MNIST/raw/t10k-images-idx3-ubyte has the wrong size" in check.found and "Move it away" in check.fix
    )


@pytest.mark.parametrize(
    ("free", "status", "words"),
    [
        (0.5, "FAIL", "less than 1 GB free"),
        (4, "note", "less than 5 GB free"),
        (8, "ok", "more than 5 GB free"),
        (11, "ok", "more than 10 GB free"),
    ],
)
def test_free_disk(monkeypatch, free, status, words):
    disk(monkeypatch, free)
    check = row("free disk")
    assert (check.status, check.found) == (status, words) and bool(check.fix) == (status != "ok")
