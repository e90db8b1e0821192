"""Where the course keeps its files: in the repository's data folder, or in the user's own folders once installed."""

import os
import stat
from contextlib import suppress
from pathlib import Path

import platformdirs

_ROOT = Path(__file__).parents[1]
_NAME = "vae-lessons"


def clone() -> Path | None:
    """The clone of the repository that this package is run from; None where it was installed as a wheel."""
    return _ROOT if (_ROOT / "pyproject.toml").is_file() and (_ROOT / "notebooks").is_dir() else None


def data() -> Path:
    """Where downloaded data sets lie: VAE_LESSONS_DATA, else data in the clone, else the user's data folder."""
    return (
        _chosen("VAE_LESSONS_DATA")
        or _in_clone("data")
        or platformdirs.user_data_path(_NAME, appauthor=False)
    )


def cache() -> Path:
    """Where things that can be made again are kept: VAE_LESSONS_CACHE, else data/cache in the clone, else the user's
    cache folder.
    """
    return (
        _chosen("VAE_LESSONS_CACHE")
        or _in_clone("data", "cache")
        or platformdirs.user_cache_path(_NAME, appauthor=False)
    )


def state() -> Path:
    """Where the record of solved exercises lies: VAE_LESSONS_STATE, else the user's state folder."""
    return _chosen("VAE_LESSONS_STATE") or platformdirs.user_state_path(_NAME, appauthor=False)


def make(folder: Path) -> None:
    """Make a folder, and those above it that are missing, as open to others as the one they are made in.

    So what one prepares in a shared folder stays shared whatever the umask is, and a private home stays private.
    """
    if not folder.is_dir():
        make(folder.parent)
        folder.mkdir(exist_ok=True)
        with suppress(OSError):
            folder.chmod(stat.S_IMODE(folder.parent.stat().st_mode))


def closed_to_us(folder: Path) -> Path | None:
    """The folder, or the first one above it that there is, if this user may not look into it; else None."""
    for one in (folder, *folder.parents):
        try:
            with os.scandir(one):
                return None
        except FileNotFoundError:
            continue
        except PermissionError:
            return one
        except OSError:
            return None
    return None


def _chosen(variable: str) -> Path | None:
    folder = os.environ.get(variable)
    return Path(folder).expanduser() if folder else None


def _in_clone(*parts: str) -> Path | None:
    root = clone()
    return root and root.joinpath(*parts)
