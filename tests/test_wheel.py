"""The installed wheel is whole, works from any folder, and writes nothing into the environment that it lies in."""

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from tests.environments import empty_environment

LESSON = """
import json, torch
from vae_lessons import data, evaluation, folders
from vae_lessons.classroom import lessons, pages
from vae_lessons.exercises.catalogue import exercises, predictions
from vae_lessons.training import TrainConfig, fit
from vae_lessons.vae import VAE
from vae_lessons.widgets import LatentSliders
import vae_lessons

images = data.load("digits").train_images[:256]
history = fit(VAE(latent_dim=2, hidden_dim=8), images, TrainConfig(epochs=1), progress=False)
LatentSliders(VAE(latent_dim=2, hidden_dim=8), images[:16])
try:
    refused = str(lessons.paths())
except FileNotFoundError as error:
    refused = str(error)
print(json.dumps({
    "package": vae_lessons.__file__,
    "cache": str(folders.cache()),
    "data": str(folders.data()),
    "epochs": len(history.kl),
    "judged": len(evaluation.judge_confidence(images[:5])[0]),
    "exercises": len(exercises()),
    "predictions": len(predictions()),
    "refused": refused,
}))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The Python of a fresh environment with the wheel in it; what the course needs is borrowed from this one."""
    uv = shutil.which("uv") or pytest.skip("uv is not on this machine")
    folder = tmp_path_factory.mktemp("wheel")
    build = [uv, "build", "--wheel", "--quiet", "--out-dir", folder, REPOSITORY]
    subprocess.run(build, check=True, capture_output=True, text=True, timeout=300)
    (wheel,) = folder.glob("*.whl")
    python, site = empty_environment(folder / "venv")
    install = [uv, "pip", "install", "--quiet", "--no-deps", "--python", python, wheel]
    subprocess.run(install, check=True, capture_output=True, text=True, timeout=300)
    # As text in a .pth file, so that this environment's own .pth files, which lead to the clone, are not followed.
    (site / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return python


@pytest.fixture(scope="module")
def ran(installed, tmp_path_factory):
    """What lesson code says when it is run by the wheel in some other folder, and the files that it left there."""
    home = tmp_path_factory.mktemp("home")
    elsewhere = home / "elsewhere"
    elsewhere.mkdir()
    kept = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "OMP_NUM_THREADS")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    environment |= {"HOME": str(home), "LOCALAPPDATA": str(home), "VAE_LESSONS_DEVICE": "cpu"}
    before = sorted(installed.parents[1].rglob("*.safetensors"))
    run = subprocess.run(
        [installed, "-c", LESSON], cwd=elsewhere, env=environment, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 0, run.stderr
    after = sorted(installed.parents[1].rglob("*.safetensors"))
    return json.loads(run.stdout.splitlines()[-1]) | {
        "home": str(home),
        "left": [str(p) for p in after if p not in before],
    }


def test_the_wheel_is_used_and_not_the_clone(ran, installed):
    assert Path(ran["package"]).is_relative_to(installed.parents[1])


def test_the_wheel_brings_exercises_widgets_and_the_judge(ran):
    files = (REPOSITORY / "vae_lessons" / "exercises").rglob("lesson_*/*.py")
    declared = [path for path in files if "\nEXERCISE = " in path.read_text(encoding="utf-8")]
    assert ran["exercises"] == len(declared) > 0
    assert ran["predictions"] > 0
    assert (ran["epochs"], ran["judged"]) == (1, 5)


def test_trained_models_and_data_belong_to_the_user_and_not_to_the_environment(ran):
    assert Path(ran["cache"]).is_relative_to(ran["home"])
    assert Path(ran["data"]).is_relative_to(ran["home"])
    assert len(list(Path(ran["cache"], "trained").glob("*.safetensors"))) == 1
    assert ran["left"] == []


def test_commands_that_need_the_notebooks_say_that_they_are_not_there(ran):
    assert "comes without its notebooks" in ran["refused"]
    assert len(ran["refused"].splitlines()) <= 5


def test_the_wheel_holds_every_file_of_the_package(installed):
    (site,) = {path.parent for path in installed.parents[1].rglob("vae_lessons/__init__.py")}
    tracked = subprocess.run(
        ["git", "ls-files", "vae_lessons"], cwd=REPOSITORY, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    missing = [name for name in tracked if not (site.parent / name).is_file()]
    assert tracked and not missing
