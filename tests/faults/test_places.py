"""Folders that take nothing, full disks, and places with odd names: work goes on, and nothing half is left."""

import errno
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import torch
import torchvision  # noqa: F401  (its first import may be closed to the user that a test becomes)

from tests.conftest import REPOSITORY
from tests.data.messages import kind
from vae_lessons.__main__ import main
from vae_lessons.data import load
from vae_lessons.exercises import check, record
from vae_lessons.kl import kl_closed_form
from vae_lessons.training import TrainConfig, fit, save_checkpoint
from vae_lessons.vae import VAE

CONFIG = TrainConfig(epochs=1, batch_size=16)


def images():
    return torch.rand(32, 1, 28, 28, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def closed(another_user, monkeypatch):
    """A folder that everybody may read, nobody may write, and that holds home, data, cache and state."""
    with tempfile.TemporaryDirectory() as folder:  # pytest's own are closed to others
        for name in ("HOME", "VAE_LESSONS_DATA", "VAE_LESSONS_CACHE", "VAE_LESSONS_STATE"):
            inner = Path(folder, name.lower())
            inner.mkdir()
            inner.chmod(0o555)
            monkeypatch.setenv(name, str(inner))
        os.chmod(folder, 0o755)
        torch.optim.SGD([torch.zeros(1, requires_grad=True)])  # what it imports may be closed to others here
        another_user()
        yield Path(folder)
        os.seteuid(0)


def test_where_nothing_can_be_written_everything_else_works(closed, files, capsys):
    with pytest.raises(PermissionError):
        (closed / "home" / "x").write_text("this user may not write")
    history = fit(VAE(latent_dim=2, hidden_dim=8), images(), CONFIG, progress=False)
    assert len(history.kl) == 1
    assert check("2.3", kl_closed_form) is kl_closed_form
    assert "Your progress cannot be saved" in capsys.readouterr().out
    assert record.current()["exercises"]["2.3"]["solved"]
    with pytest.raises(PermissionError) as error:
        load("mnist")
    assert "VAE_LESSONS_DATA" in kind(error)
    os.seteuid(0)
    assert [path for path in closed.rglob("*") if path.is_file()] == []


@pytest.fixture
def full():
    """A folder on a disk with room for 8 KB."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root can make a small disk, on Linux")
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", folder]
        if not shutil.which("mount") or subprocess.run(mount, capture_output=True).returncode:
            pytest.skip("no disk can be made here")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def fill(folder):
    with (folder / "filler").open("wb") as file:
        try:
            while True:
                os.write(file.fileno(), b"x" * 512)
        except OSError as error:
            assert error.errno == errno.ENOSPC


def test_a_full_disk_costs_no_training_and_leaves_no_half_of_a_model(full, monkeypatch):
    monkeypatch.setenv("VAE_LESSONS_CACHE", str(full))
    history = fit(VAE(latent_dim=2, hidden_dim=64), images(), CONFIG, progress=False)
    assert len(history.kl) == 1
    assert [path for path in full.rglob("*") if path.is_file()] == []


def test_a_full_disk_leaves_the_old_checkpoint(full):
    path = full / "model.safetensors"
    path.write_bytes(b"the old one")
    with pytest.raises(OSError):
        save_checkpoint(path, VAE(latent_dim=2, hidden_dim=64), CONFIG, overwrite=True)
    assert {file.name: file.read_bytes() for file in full.iterdir()} == {path.name: b"the old one"}


def test_a_full_disk_leaves_the_record_as_it_was(full, monkeypatch, capsys):
    monkeypatch.setenv("VAE_LESSONS_STATE", str(full))
    check("2.3", lambda mu, logvar: mu.sum(1))
    before = (full / "progress.json").read_bytes()
    fill(full)
    capsys.readouterr()
    assert check("2.3", kl_closed_form) is kl_closed_form
    assert "cannot be saved" in capsys.readouterr().out
    assert (full / "progress.json").read_bytes() == before
    assert record.current()["exercises"]["2.3"]["solved"], "until the kernel restarts"


def test_a_full_disk_leaves_no_half_of_an_edition(full, capsys):
    assert main(["edition", "student", "--out", str(full / "class"), "--lessons", "02"]) == 1
    assert 1 <= len(capsys.readouterr().err.splitlines()) <= 5
    assert [path for path in full.rglob("*") if path.is_file()] == []


PROBE = """
import json, locale, sys, torch
from vae_lessons import data, folders
from vae_lessons.exercises import check, record
from vae_lessons.kl import kl_closed_form
from vae_lessons.training import TrainConfig, fit, load_checkpoint, save_checkpoint
from vae_lessons.vae import VAE

locale.setlocale(locale.LC_ALL, "")
model, config = VAE(latent_dim=2, hidden_dim=8), TrainConfig(epochs=1, batch_size=16)
history = fit(model, torch.rand(32, 1, 28, 28), config)
save_checkpoint(sys.argv[1], model, config)
assert load_checkpoint(sys.argv[1], VAE(latent_dim=2, hidden_dim=8)) == config
check("2.3", kl_closed_form)
assert record.read()["exercises"]["2.3"]["solved"]
print(json.dumps([len(history.kl), len(list(folders.cache().rglob("*.safetensors")))]))
"""


def probed(folder, cwd, **variables):
    """What the course does in a process of its own, everything of which lies below the folder."""
    places = {name: str(folder / name.lower()) for name in ("CACHE", "STATE", "DATA")}
    environment = os.environ | {f"VAE_LESSONS_{name}": place for name, place in places.items()}
    environment |= {"HOME": str(folder), "PYTHONPATH": str(REPOSITORY), **variables}
    environment.pop("VAE_LESSONS_FRESH", None)
    command = [sys.executable, "-c", PROBE, str(folder / "model.safetensors")]
    run = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, errors="replace")
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


@pytest.mark.parametrize("place", ["root", "home", "notebooks", "package", "ö ü"])
def test_any_working_folder_and_a_name_with_a_space_and_an_umlaut(tmp_path, place):
    folder = tmp_path / "Größe und Maß"
    odd = tmp_path / "ö ü"
    for made in (folder, odd):
        made.mkdir()
    places = {"root": Path("/").resolve(), "home": folder, "ö ü": odd}
    places |= {"notebooks": REPOSITORY / "notebooks", "package": REPOSITORY / "vae_lessons"}
    assert probed(folder, places[place]) == [1, 1]


@pytest.mark.parametrize("language", ["C", "C.UTF-8", "POSIX"])
def test_any_locale(tmp_path, language):
    folder = tmp_path / "Größe"
    folder.mkdir()
    assert probed(folder, folder, LC_ALL=language, LANG=language, PYTHONUTF8="0") == [1, 1]
