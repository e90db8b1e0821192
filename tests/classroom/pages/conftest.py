"""Pages and slides of the tiny lesson, as they are written where nothing is fetched."""

import pytest

from tests.classroom.pages.tiny_course import already, named, put_in_place, soup, tiny
from vae_lessons.classroom import lessons, pages
from vae_lessons.classroom.pages import course, scripts


@pytest.fixture(scope="module")
def executed():
    notebook = tiny()
    lessons.execute(notebook, widgets=True)
    return notebook


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A cache that has all packages, so that nothing is fetched."""
    monkeypatch.setenv("VAE_LESSONS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(scripts, "fetch", lambda package: pytest.fail(f"{package} is asked of the network"))
    for package, names in scripts.PACKAGES.items():
        for name in names:
            file = scripts.kept_in() / package / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"// {package}")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


@pytest.fixture
def tiny_lessons(executed, tmp_path, monkeypatch):
    """Every lesson is the tiny one, which has run."""
    notes = tmp_path / "notes"
    notes.mkdir()
    put_in_place(monkeypatch, lambda _: executed, notes)


@pytest.fixture
def named_lessons(tiny_lessons, executed, monkeypatch):
    """Every lesson is the tiny one, under the title that is the lesson's own."""
    monkeypatch.setattr(course, "read", lambda path: named(executed, path))


@pytest.fixture
def deck(kept, tiny_lessons, out):
    return soup(pages.slides("03", out, execute=already))


@pytest.fixture
def page(kept, tiny_lessons, out):
    return soup(pages.page("03", out, execute=already))
