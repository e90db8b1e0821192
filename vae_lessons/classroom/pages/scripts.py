"""Third-party scripts that offline pages need: fetched once by npm, kept, and copied beside the pages."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from vae_lessons import folders

CDN = "https://cdn.jsdelivr.net/npm"
PACKAGES = {  # npm's name@version, and which of its files are used
    "reveal.js@6.0.2": ("dist/reveal.js", "dist/reveal.css", "dist/plugin/notes.js", "LICENSE"),
    "requirejs@2.3.7": ("require.js",),
    "@jupyter-widgets/html-manager@1.0.15": ("dist/embed-amd.js", "dist/embed.js.LICENSE.txt"),
    "mathjax@3.2.2": ("es5/tex-svg-full.js", "LICENSE"),
    "minisearch@7.2.0": ("dist/umd/index.js", "LICENSE.txt"),
}


def kept_in() -> Path:
    """The folder in which fetched scripts are kept."""
    return folders.cache() / "web"


def lay_beside(names: Iterable[str], folder: Path) -> dict[str, str]:
    """Copy packages (npm's names, and anywidget's installed script) into folder/assets; the URL of each, by name.

    A package that is neither kept nor can be fetched gets the URL of a CDN, and a sentence on stderr says so.
    """
    wanted = [package for package in PACKAGES if package.rpartition("@")[0] in names]
    try:
        for package in wanted:
            if not _is_kept(package):
                fetch(package)
    except (OSError, ValueError, subprocess.SubprocessError, tarfile.TarError) as error:
        absent = ", ".join(package for package in wanted if not _is_kept(package))
        _say(
            f"The pages need the network when they are opened: they load {absent} from {CDN}, because {error}\n"
            "To have them offline, install Node.js (https://nodejs.org) and write them again."
        )
    urls = {"anywidget": _lay_anywidget(folder)}
    for package in wanted:
        urls[package.rpartition("@")[0]] = f"{'assets' if _is_kept(package) else CDN}/{package}"
        if _is_kept(package):
            shutil.copytree(kept_in() / package, folder / "assets" / package, dirs_exist_ok=True)
    return urls


def fetch(package: str) -> None:
    """Download a package of the table by npm and keep the files that are used."""
    npm, folder = shutil.which("npm"), kept_in()
    if npm is None:
        raise ValueError("there is no npm on this machine.")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".npm-") as work:
        command = [npm, "pack", "--silent", "--no-update-notifier", "--fetch-retries=1", package]
        run = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=300)
        packed = next(Path(work).glob("*.tgz"), None)
        if run.returncode or packed is None:
            raise ValueError(f"npm could not fetch {package}: {' '.join(run.stderr.split())[:200]}")
        with tarfile.open(packed) as archive:
            for name in PACKAGES[package]:
                archive.extract(f"package/{name}", work, filter="data")
                (folder / package / name).parent.mkdir(parents=True, exist_ok=True)
                os.replace(Path(work, "package", name), folder / package / name)


def _is_kept(package: str) -> bool:
    return all((kept_in() / package / name).is_file() for name in PACKAGES[package])


def _lay_anywidget(folder: Path) -> str:
    """Lay the installed anywidget's script beside the pages, since widgets made here need this version."""
    url = f"assets/anywidget@{version('anywidget')}"
    (folder / url).mkdir(parents=True, exist_ok=True)
    (folder / url / "index.js").write_bytes(files("anywidget").joinpath("nbextension/index.js").read_bytes())
    return url


@cache  # once, however many pages are written
def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)
