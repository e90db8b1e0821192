"""Figures of lessons reach LaTeX and PDF, once each and with their captions."""

import base64
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pypandoc
import pytest
from nbconvert import WebPDFExporter
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image
from playwright.async_api import BrowserType
from playwright.sync_api import sync_playwright

from tests.browser.conftest import FLAGS, browser_path
from tests.conftest import REPOSITORY
from vae_lessons.latex_figures import FiguresForLatex

LESSON = REPOSITORY / "notebooks" / "05_interpolation.ipynb"  # the one with an animation


@pytest.fixture
def pandoc(monkeypatch):
    """nbconvert's converter of Markdown to LaTeX, where it looks for it."""
    monkeypatch.setenv("PATH", str(Path(pypandoc.get_pandoc_path()).parent), prepend=os.pathsep)


def picture(colour, kind="png", frames=1):
    """A picture of one colour, or an animation that grows lighter, as it stands in HTML."""
    sheets = [
        Image.new("RGB", (8, 4), tuple(min(255, part + step) for part in colour)) for step in range(frames)
    ]
    file = io.BytesIO()
    sheets[0].save(file, kind, **({"save_all": True, "append_images": sheets[1:]} if frames > 1 else {}))
    return f'<img src="data:image/{kind};base64,{base64.b64encode(file.getvalue()).decode()}" alt="of one colour">'


def shown(*bundles):
    outputs = [new_output("display_data", data=bundle) for bundle in bundles]
    return new_notebook(cells=[new_code_cell("show()", outputs=outputs)])


def converted(notebook):
    changed, _ = FiguresForLatex().preprocess(notebook, {"unique_key": "x", "outputs": {}})
    return [output.data for output in changed.cells[0].outputs]


def test_nbconvert_writes_every_figure_of_a_lesson_with_its_caption(pandoc, tmp_path):
    before = LESSON.read_bytes()
    command = [
        sys.executable,
        "-m",
        "jupyter",
        "nbconvert",
        "--to",
        "latex",
        LESSON,
        "--output-dir",
        tmp_path,
    ]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    tex = (tmp_path / "05_interpolation.tex").read_text(encoding="utf-8")
    html = "".join(
        "".join(output.data.get("text/html", ""))
        for cell in nbformat.read(LESSON, as_version=4).cells
        for output in cell.get("outputs", [])
        if "data" in output
    )
    included = re.findall(r"\{([^{}]+\.png)\}", tex)
    assert len(set(included)) == html.count("<img ") >= 13
    for name in included:
        with Image.open(tmp_path / name) as image:
            assert image.format == "PNG" and min(image.size) > 50
    for caption in re.findall("<figcaption>(.*?)</figcaption>", html):
        assert re.match(r"[\w ,]+", caption)[0] in " ".join(tex.split())
    assert LESSON.read_bytes() == before


def test_a_picture_stays_as_it_is_and_its_caption_follows():
    html = f"<figure>{picture((200, 0, 0))}<figcaption>50 % of &alpha;_1 &amp; more</figcaption></figure>"
    first, second = converted(shown({"text/html": html, "text/plain": "red"}))
    assert first == {"image/png": re.search('base64,(.*?)"', html)[1]}
    assert second["text/latex"] == "\\begin{center}50 \\% of α\\_1 \\& more\\end{center}"


def test_an_animation_becomes_frames_from_the_first_to_the_last():
    (only,) = converted(shown({"text/html": picture((0, 0, 0), "gif", frames=41)}))
    sheet = Image.open(io.BytesIO(base64.b64decode(only["image/png"])))
    assert sheet.size == (8, 5 * 4)
    assert [sheet.getpixel((4, 4 * row + 2))[0] for row in range(5)] == [0, 10, 20, 30, 40]


@pytest.mark.parametrize(
    "bundle",
    [
        {"text/html": "<p>words</p>", "text/plain": "words"},
        {"text/html": '<img src="https://example.org/x.png">'},
        {"text/plain": "a number"},
        {"image/png": "aaaa", "text/html": picture((1, 2, 3))},
    ],
)
def test_other_outputs_stay(bundle):
    assert converted(shown(bundle)) == [bundle]


def test_pdf_by_way_of_a_browser_shows_the_figures(monkeypatch):
    with sync_playwright() as playwright:
        path = browser_path(playwright)
    launch = BrowserType.launch
    monkeypatch.setattr(  # nbconvert knows only the browser that Playwright downloads
        BrowserType,
        "launch",
        lambda self, **given: launch(self, **given | {"executable_path": path, "args": FLAGS}),
    )
    colours = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]
    notebook = shown(*({"text/html": f"<figure>{picture(colour)}</figure>"} for colour in colours))
    pdf, _ = WebPDFExporter().from_notebook_node(notebook)
    assert pdf.startswith(b"%PDF") and len(re.findall(rb"/Subtype\s*/Image", pdf)) == 3
