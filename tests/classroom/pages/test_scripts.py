"""Scripts are fetched once and laid beside the pages; where that cannot be, pages use a CDN and say so."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest

from vae_lessons.classroom.pages import scripts


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """A stand-in for npm that packs a package with the wanted files; it lists what it was asked."""
    asked = []

    def run(command, cwd, **_):
        asked.append(command[-1])
        with tarfile.open(Path(cwd) / "packed.tgz", "w:gz") as archive:
            for name in [*scripts.PACKAGES[command[-1]], "unused.js"]:
                entry = tarfile.TarInfo(f"package/{name}")
                entry.size = len(name)
                archive.addfile(entry, io.BytesIO(name.encode()))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setenv("VAE_LESSONS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(scripts.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(scripts.subprocess, "run", run)
    scripts._say.cache_clear()
    return asked


def test_scripts_are_fetched_once_and_only_what_is_used_is_kept(npm, tmp_path, capsys):
    for _ in range(2):
        urls = scripts.lay_beside(["mathjax", "@jupyter-widgets/html-manager"], tmp_path)
    assert npm == ["@jupyter-widgets/html-manager@1.0.15", "mathjax@3.2.2"]
    assert urls["mathjax"] == "assets/mathjax@3.2.2"
    assert (tmp_path / urls["mathjax"] / "es5/tex-svg-full.js").read_text() == "es5/tex-svg-full.js"
    assert (tmp_path / urls["anywidget"] / "index.js").is_file()
    kept = [path.name for path in scripts.kept_in().rglob("*") if path.is_file()]
    assert sorted(kept) == ["LICENSE", "embed-amd.js", "embed.js.LICENSE.txt", "tex-svg-full.js"]
    assert capsys.readouterr().err == ""


def test_what_is_kept_in_part_is_fetched_again(npm, tmp_path):
    scripts.lay_beside(["mathjax"], tmp_path)
    (scripts.kept_in() / "mathjax@3.2.2" / "LICENSE").unlink()
    scripts.lay_beside(["mathjax"], tmp_path)
    assert npm == ["mathjax@3.2.2"] * 2


@pytest.mark.parametrize("trouble", ["no npm", "no network"])
def test_without_npm_or_network_pages_use_a_cdn_and_say_so_once(npm, monkeypatch, tmp_path, capsys, trouble):
    scripts.fetch("requirejs@2.3.7")
    if trouble == "no npm":
        monkeypatch.setattr(scripts.shutil, "which", lambda _: None)
    failed = subprocess.CompletedProcess([], 1, "", "npm error network\nrequest failed")
    monkeypatch.setattr(scripts.subprocess, "run", lambda *_, **__: failed)
    for _ in range(2):
        urls = scripts.lay_beside(["requirejs", "mathjax", "minisearch"], tmp_path)
    assert urls["requirejs"] == "assets/requirejs@2.3.7"
    assert urls["mathjax"] == "https://cdn.jsdelivr.net/npm/mathjax@3.2.2"
    said = capsys.readouterr().err
    assert said.count("mathjax@3.2.2, minisearch@7.2.0") == 1 and len(said.splitlines()) <= 5
    assert ("no npm" if trouble == "no npm" else "request failed") in said
