"""A fresh Python environment for tests of what is installed."""

import os
import sysconfig
import venv
from pathlib import Path


def empty_environment(folder: Path) -> tuple[Path, Path]:
    """Make an environment without packages in the folder; returns its Python and where its packages go."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    inner = {"base": str(folder), "platbase": str(folder)}
    scheme = "nt_venv" if os.name == "nt" else "posix_venv"
    python = Path(sysconfig.get_path("scripts", scheme, inner), "python")
    return python, Path(sysconfig.get_path("purelib", scheme, inner))
