"""Lessons presented in a real JupyterLab: every slide fits, widgets follow the hand there, notes follow the slides."""

import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from playwright.sync_api import Page, expect

from tests.browser.hand import soon
from tests.browser.test_lessons import touch_sliders
from tests.browser.test_widgets import SETUP
from vae_lessons.classroom import editions, lessons
from vae_lessons.classroom.cleaning import slide_type
from vae_lessons.classroom.speaker_notes import speaker_notes

LESSONS = lessons.paths()
WALK = """async () => {  // every slide as it is when all its fragments are there: its cells, and what lies outside
    const { commands } = window.jupyterapp;
    const panel = document.querySelector(".jp-NotebookPanel.jp-Deck");
    const parts = "p, li, pre, td, figcaption, img, canvas, svg, button, label, .cm-line";
    const outside = () => [...panel.querySelectorAll(".jp-deck-mod-visible")]
        .flatMap((cell) => [...cell.querySelectorAll(parts)])
        .filter((part) => {
            const box = part.getBoundingClientRect();
            return box.width && box.height && (box.bottom > innerHeight || box.right > innerWidth);
        })
        .map((part) => `${part.tagName} ${part.textContent.slice(0, 40)}`);
    const pause = () => new Promise((go) => setTimeout(go, 30));
    const seen = [];
    for (let still = 0; still < 3; ) {
        const active = panel.querySelector(".jp-Cell.jp-mod-active");
        const cells = [...panel.querySelectorAll(".jp-deck-mod-visible")].map((cell) => cell.dataset.jpfCellId);
        const last = seen.at(-1);
        const slide = { cells, outside: outside() };
        if (last && cells[0] === last.cells[0]) seen[seen.length - 1] = slide;
        else seen.push(slide);
        await commands.execute("deck:go", { direction: "down", alternate: "forward" });
        await pause();
        still = active === panel.querySelector(".jp-Cell.jp-mod-active") ? still + 1 : 0;
    }
    return seen;
}"""


@pytest.fixture
def deck(open_notebook):
    """A function that opens a notebook as slides on a small projector."""

    def start(notebook, run=False) -> Page:
        page = open_notebook(notebook, width=1280, height=720, run=run)
        page.locator(".jp-NotebookPanel-toolbar [data-command='deck:toggle']").click()
        page.wait_for_selector(".jp-deck-mod-visible")
        return page

    return start


@pytest.fixture(autouse=True)
def stop_presenting(lab):
    """JupyterLab remembers that it presents, and the next test expects that it does not."""
    yield
    lab.request("PUT", "lab/api/settings/jupyterlab-slideshow:plugin", {"raw": '{"active": false}'})


def slides(notebook):
    """The first cell of each slide, in order."""
    types = [(cell.id, slide_type(cell)) for cell in notebook.cells]
    return [name for name, slide_type in types if slide_type in ("slide", "subslide")]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_slide_of_a_lesson_fits_the_projector_in_large_type(deck, path):
    notebook = nbformat.read(path, as_version=4)
    page = deck(notebook)
    text = page.locator(".jp-deck-mod-visible .jp-MarkdownOutput p").first
    assert float(text.evaluate("p => getComputedStyle(p).fontSize").removesuffix("px")) >= 22
    seen = page.evaluate(WALK)
    assert [slide["cells"][0] for slide in seen] == slides(notebook)
    assert [slide for slide in seen if slide["outside"]] == []
    page.get_by_title("Exit Deck").click()
    expect(page.locator(".jp-Deck")).to_have_count(0)


def test_a_widget_on_a_slide_is_large_and_follows_mouse_and_keys(deck):
    sliders = "shown = [LatentSliders(bold(VAE(latent_dim=4)), images)]\nshown[0]"
    notebook = new_notebook(
        metadata=nbformat.read(LESSONS[0], as_version=4).metadata,  # with the style of slides
        cells=[
            new_markdown_cell("# Touch it", metadata={"slideshow": {"slide_type": "slide"}}),
            new_code_cell(SETUP, metadata={"slideshow": {"slide_type": "skip"}}),
            new_code_cell(
                sliders, metadata={"slideshow": {"slide_type": "subslide"}, "tags": ["deck-output"]}
            ),
        ],
    )
    page = deck(notebook, run=True)
    page.keyboard.press("Space")
    root = page.locator(".vae-lessons")
    expect(root).to_be_in_viewport(ratio=1)
    assert root.locator("figcaption").first.bounding_box()["height"] >= 20  # of one line
    touch_sliders(root, "shown[0]")


def test_a_prediction_can_be_read_from_the_last_row_before_and_after_the_vote(deck, tmp_path):
    lesson = nbformat.read(lessons.find("04"), as_version=4)
    (asks,) = (cell for cell in lesson.cells if '"4-blur"' in cell.source)
    nobody = f"import os\nos.environ['VAE_LESSONS_STATE'] = {str(tmp_path)!r}"
    asks.source = f"{nobody}\nfrom vae_lessons.exercises import predict\n{asks.source}"
    asks.metadata["slideshow"] = {"slide_type": "slide"}
    page = deck(new_notebook(metadata=lesson.metadata, cells=[asks]), run=True)
    choices = page.locator(".jp-deck-mod-visible .jupyter-button")
    choices.first.click()
    for part in (choices.first, page.get_by_text("What happens").last):
        expect(part).to_be_in_viewport(ratio=1)
        assert float(part.evaluate("e => getComputedStyle(e).fontSize").removesuffix("px")) >= 20


@pytest.fixture
def lecture(open_notebook):
    """Lesson 03 for its instructor, its first cell run: the page, and the window of notes after Start."""
    edition = editions.instructor(nbformat.read(lessons.find("03"), as_version=4), "03_reparameterization")
    page = open_notebook(edition, width=1280, height=720, run=False)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    return page, lambda: start(page)


def start(page: Page) -> Page:
    with page.expect_popup() as opened:
        page.get_by_role("button", name="Start the lecture").click()
    page.wait_for_selector(".jp-deck-mod-visible")
    return opened.value


def test_notes_follow_the_slides_and_keys_work_in_both_windows(lecture):
    page, begin = lecture
    notes = begin()
    sections = speaker_notes("03_reparameterization")
    said = [
        note.split("\n")[0].removeprefix("**Say.** ")[:20]
        for section in sections
        for note in section.notes.values()
    ]
    main, header = notes.locator("main"), notes.locator("header")
    expect(main).to_contain_text(said[0])
    expect(header).to_contain_text(f"until minute {sections[0].minutes} of 35")
    expect(notes.locator("footer")).to_contain_text("Next: The idea")
    page.keyboard.press("Space")
    expect(main).to_contain_text("The idea")
    expect(header).to_contain_text(f"until minute {sections[0].minutes + sections[1].minutes} of 35")
    notes.keyboard.press("Space")
    expect(main).not_to_contain_text(said[1])
    notes.keyboard.press("ArrowUp")
    expect(main).to_contain_text(said[1])
    notes.get_by_role("button", name="Next").click()
    expect(main).not_to_contain_text(said[1])
    assert notes.locator("mjx-container").count() == 0
    width = "document.querySelector('main math')?.getBoundingClientRect().width ?? 0"
    for _ in range(30):
        if notes.evaluate(width) > 5:
            break
        notes.keyboard.press("Space")
        notes.wait_for_timeout(150)
    assert notes.evaluate(width) > 5, "no formula that can be seen"
    soon(notes, lambda: notes.locator("#clock").inner_text() >= "0:02", "the clock does not run")
    assert page.problems == []


def test_a_lecture_started_again_begins_at_its_first_slide(lecture):
    page, begin = lecture
    notes = begin()
    for _ in range(6):
        page.keyboard.press("Space")
    page.get_by_title("Exit Deck").click()
    expect(page.locator(".jp-Deck")).to_have_count(0)
    page.get_by_role("button", name="Start the lecture").click()  # the window of notes is still open
    expect(page.locator(".jp-deck-mod-visible h1")).to_contain_text("Reparameterization")
    expect(notes.locator("main")).to_contain_text("03 · Reparameterization")
    expect(notes.locator("#clock")).to_have_text(re.compile("0:0[0-3]"))


def test_without_the_extension_the_button_says_how_to_start(open_notebook):
    page = open_notebook(
        new_notebook(cells=[new_code_cell("from vae_lessons.classroom.lecture import Lecture\nLecture()")])
    )
    page.evaluate("document.querySelector('[data-command=\"deck:toggle\"]').remove()")
    page.get_by_role("button", name="Start the lecture").click()
    expect(page.get_by_role("status").filter(has_text="extension")).to_contain_text(
        "uv run --extra lecture jupyter lab"
    )
