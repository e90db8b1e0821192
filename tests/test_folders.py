"""Files go where an environment variable says, else into the clone, else to the user's own folders."""

import importlib.util
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY
from vae_lessons import folders

VARIABLES = {"data": "VAE_LESSONS_DATA", "cache": "VAE_LESSONS_CACHE", "state": "VAE_LESSONS_STATE"}
HOMES = {  # folder: the variable of the XDG specification, and where it is without one
    "data": ("XDG_DATA_HOME", ".local/share"),
    "cache": ("XDG_CACHE_HOME", ".cache"),
    "state": ("XDG_STATE_HOME", ".local/state"),
}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A home of the test's own, and no variable that says anything about folders."""
    for variable in (*VARIABLES.values(), *(variable for variable, _ in HOMES.values())):
        monkeypatch.delenv(variable, raising=False)
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    return tmp_path / "home"


def package_in(root: Path):
    """The module as it is when the package lies in this folder."""
    there = root / "vae_lessons" / "folders.py"
    there.parent.mkdir(parents=True)
    shutil.copyfile(folders.__file__, there)
    spec = importlib.util.spec_from_file_location("folders_elsewhere", there)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("folder", VARIABLES)
def test_an_environment_variable_wins_in_the_clone_and_outside(folder, home, tmp_path, monkeypatch):
    for module in (folders, package_in(tmp_path / "site-packages")):
        monkeypatch.setenv(VARIABLES[folder], str(tmp_path / "mine"))
        assert getattr(module, folder)() == tmp_path / "mine"
        monkeypatch.setenv(VARIABLES[folder], "~/mine")
        assert getattr(module, folder)() == home / "mine"


@pytest.mark.parametrize("folder", VARIABLES)
def test_an_empty_variable_says_nothing(folder, monkeypatch):
    before = getattr(folders, folder)()
    monkeypatch.setenv(VARIABLES[folder], "")
    assert getattr(folders, folder)() == before


def test_in_the_clone_data_and_cache_are_in_its_data_folder():
    assert folders.clone() == REPOSITORY
    assert folders.data() == REPOSITORY / "data"
    assert folders.cache() == REPOSITORY / "data" / "cache"


def test_only_a_folder_with_lessons_and_a_project_file_is_a_clone(tmp_path):
    module = package_in(tmp_path)
    assert module.clone() is None
    (tmp_path / "pyproject.toml").touch()  # some other project's
    assert module.clone() is None
    (tmp_path / "notebooks").mkdir()
    assert module.clone() == tmp_path
    assert module.data() == tmp_path / "data"


@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere users' folders are not those of the XDG specification"
)
@pytest.mark.parametrize("folder", VARIABLES)
def test_without_a_clone_folders_are_the_users(folder, home, tmp_path, monkeypatch):
    module, (variable, usual) = package_in(tmp_path / "site-packages"), HOMES[folder]
    assert getattr(module, folder)() == home / usual / "vae-lessons"
    monkeypatch.setenv(variable, str(tmp_path / "elsewhere"))
    assert getattr(module, folder)() == tmp_path / "elsewhere" / "vae-lessons"


def test_the_record_of_exercises_is_never_in_the_clone():
    assert not folders.state().is_relative_to(REPOSITORY)


@pytest.mark.skipif(sys.platform == "win32", reason="files have no such modes there")
@pytest.mark.parametrize("mode", [0o700, 0o755, 0o1777, 0o2775])
@pytest.mark.parametrize("umask", [0o022, 0o027, 0o077])
def test_a_folder_is_as_open_as_the_one_it_is_made_in(tmp_path, mode, umask):
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared").chmod(mode)
    before = os.umask(umask)
    try:
        folders.make(tmp_path / "shared" / "cache" / "trained")
    finally:
        os.umask(before)
    for made in ("cache", "cache/trained"):
        assert (tmp_path / "shared" / made).stat().st_mode & 0o7777 == mode
    folders.make(tmp_path / "shared" / "cache")  # again, and nothing changes
