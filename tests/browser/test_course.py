"""The real course, solved and run once, in brief: every check says right; website and slides from it work offline."""

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.hand import drag, pixels, press
from tests.browser.test_export import AXE, OVERFLOWS
from tests.browser.test_lessons import IN_LESSON
from tests.classroom.pages.tiny_course import already
from tests.committed import code_cells
from tests.conftest import brief, mnist_folder
from vae_lessons.classroom import editions, lessons, pages
from vae_lessons.classroom.cleaning import slide_type, text_of_outputs
from vae_lessons.classroom.pages import course
from vae_lessons.classroom.solutions import calls
from vae_lessons.exercises.catalogue import exercises
from vae_lessons.notebook_cells import read

ON_SLIDES = ("slide", "subslide")


@pytest.fixture(scope="module")
def ran():
    """Each lesson's instructor's edition by its name, run in brief: on MNIST where it is, else on digits."""
    settings, folder, found = dict(lessons.COMMITTED), mnist_folder(), {}
    if folder is not None:
        settings |= {"VAE_LESSONS_DATASET": "mnist", "VAE_LESSONS_DATA": str(folder.parents[1])}
    for path in lessons.paths():
        found[path.stem] = brief(editions.instructor(read(path), path.stem))
        lessons.execute(found[path.stem], settings, widgets=True)
    return found


@pytest.fixture(scope="module")
def written(ran, tmp_path_factory):
    """A folder with the website of the students' edition, and lesson 04 as slides with its notes."""
    out = tmp_path_factory.mktemp("website")

    def as_run(path):
        edition = editions.student(read(path), path.stem)
        outputs = {cell.id: cell.outputs for cell in code_cells(ran[path.stem])}
        for cell in code_cells(edition):
            cell.outputs = outputs[cell.id]
        edition.metadata["widgets"] = ran[path.stem].metadata["widgets"]
        return edition

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "read", as_run)
        pages.site(out, already)
        pages.slides("04", out, already)
    return out


@pytest.mark.parametrize("lesson", IN_LESSON)
def test_the_instructors_edition_runs_and_every_check_says_right(ran, lesson):
    checked = 0
    for cell in code_cells(ran[lesson]):
        said = "".join(output.get("data", {}).get("text/html", "") for output in cell.outputs)
        for function, (number, *_) in calls(cell.source):
            if function == "check":
                checked += 1
                assert "· right" in said, f"{number}: {said[:300]}"
    assert checked == sum(exercise.lesson == lesson.partition("_")[0] for exercise in exercises().values())


@pytest.mark.parametrize("lesson", IN_LESSON)
def test_lessons_run_on_mnist(mnist_raw, ran, lesson):
    """Whether their claims hold there is measured by tests.benchmarks.lesson_seeds."""
    if not any("data.load()" in cell.source for cell in code_cells(ran[lesson])):
        pytest.skip("this lesson has no images")
    assert "mnist" in "".join(map(text_of_outputs, ran[lesson].cells)).lower()


@pytest.mark.parametrize("lesson", IN_LESSON)
def test_every_page_of_the_website_is_whole_and_open_to_everybody(visit, npm_package, lesson):
    page = visit(f"{lesson}.html")
    widgets = len(IN_LESSON[lesson])
    expect(page.locator(".vae-lessons")).to_have_count(widgets, timeout=60_000)
    assert page.locator("article figure img").count() >= 2
    assert page.locator("mjx-merror").count() == 0
    assert page.locator("article mjx-container > svg").count() > 0 or lesson.startswith("00")
    page.evaluate((npm_package("axe-core", "4.11.0") / "axe.min.js").read_text("utf-8"))
    assert page.evaluate(AXE) == []
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate(AXE) == []


def test_sliders_of_the_website_change_the_picture(visit):
    page = visit("05_interpolation.html")
    sliders = page.locator(".vae-lessons").nth(1)
    first = sliders.locator("input[type=range]").first
    seen = [pixels(sliders.locator(".vl-big"))]
    drag(first, (0.5, 0.5), (0.9, 0.5))
    seen.append(pixels(sliders.locator(".vl-big")))
    press(first, *["ArrowLeft"] * 10)
    seen.append(pixels(sliders.locator(".vl-big")))
    assert seen[0] != seen[1] != seen[2]


def test_search_goes_through_all_lessons(visit):
    page = visit("index.html")
    page.get_by_role("searchbox").fill("posterior collapse")
    expect(page.locator("#results a", has_text="04 ·").first).to_be_visible()
    page.locator("#results a", has_text="Glossary").first.click()
    page.wait_for_url("**/glossary.html#posterior-collapse")


def test_the_slides_of_a_lesson_fit_and_its_widget_moves(visit):
    page = visit("04_kl_balance.slides.html")
    page.wait_for_selector("html[data-ready]")
    notebook = nbformat.read(lessons.find("04"), as_version=4)
    types = [slide_type(cell) for cell in notebook.cells]
    assert page.evaluate("Reveal.getTotalSlides()") == sum(one in ON_SLIDES for one in types)
    touched = False
    while not page.evaluate("Reveal.isLastSlide()"):
        page.keyboard.press("PageDown")
        page.wait_for_timeout(60)
        assert page.evaluate(OVERFLOWS) == []
        widget = page.locator("section.present section.present .vae-lessons")
        if widget.count() and not touched:
            touched = True
            tiles = widget.locator(".vl-tile")
            before = [pixels(tile) for tile in tiles.all()[8:16]]
            press(widget.get_by_role("slider", name="beta"), "End")
            page.wait_for_timeout(200)
            assert [pixels(tile) for tile in tiles.all()[8:16]] != before
            page.keyboard.press("Escape")
    assert touched
