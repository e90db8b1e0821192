"""Slides and pages opened from disk in Chromium, without server, kernel or network: they work by hand and by keys."""

import re
import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import missing
from tests.browser.hand import data, drag, pixels, press
from tests.classroom.pages.tiny_course import MODELS, already, named, put_in_place, tiny
from vae_lessons.classroom import lessons, pages

OVERFLOWS = """() => [Reveal.getCurrentSlide()].filter(slide => {
    const page = slide.getBoundingClientRect();
    return ![...slide.querySelectorAll("p, li, pre, img, figcaption, canvas, mjx-container")].every(part => {
        const box = part.getBoundingClientRect();
        return box.width === 0 || slide.classList.contains("scrolls") || part.closest(".notes") ||
            (box.left >= page.left - 1 && box.right <= page.right + 1 && box.bottom <= page.bottom + 1);
    }) || slide.scrollWidth > slide.clientWidth;
}).map(slide => slide.textContent.trim().slice(0, 60))"""
PLACE = "() => [Reveal.getSlidePastCount(), Reveal.getCurrentSlide().querySelectorAll('.fragment.visible').length]"
AXE = """async () => (await axe.run({ preload: false })).violations
    .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(node => node.html).join(" ")}`)"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder with the site and a deck of small lessons, their scripts fetched by npm."""
    if shutil.which("npm") is None:
        missing("no npm on this machine", "https://nodejs.org")
    out, notebook = tmp_path_factory.mktemp("written"), tiny()
    lessons.execute(notebook, widgets=True)
    with pytest.MonkeyPatch.context() as patch:
        put_in_place(patch, lambda path: named(notebook, path), tmp_path_factory.mktemp("notes"))
        pages.site(out, already)
        pages.slides("03", out, already)
    if "cdn." in (out / "03_reparameterization.slides.html").read_text("utf-8"):
        missing("npm could not download the scripts", "see what it said above")
    return out


@pytest.fixture
def deck(visit):
    def opened(width=1280, height=720, at=0):
        page = visit("03_reparameterization.slides.html", width=width, height=height)
        page.wait_for_selector("html[data-ready]")
        for _ in range(at):
            page.keyboard.press("ArrowRight")
        return page

    return opened


@pytest.fixture(scope="module")
def widgets():
    world = {}
    exec(MODELS, world)
    return world


LESSON = "03_reparameterization.html"
TO_SLIDERS = 6  # steps from the title; the plane comes next


# ---- Pages


def test_a_lessons_formulas_are_drawn_and_its_widgets_follow_hand_and_keys(visit):
    page = visit(LESSON)
    expect(page.locator(".vae-lessons")).to_have_count(2, timeout=30_000)
    assert page.locator("article mjx-container > svg").count() == 4
    sliders = page.locator(".vae-lessons").first
    seen = [pixels(sliders.locator(".vl-big"))]
    drag(sliders.locator("input[type=range]").first, (0.5, 0.5), (0.9, 0.5))
    seen.append(pixels(sliders.locator(".vl-big")))
    press(sliders.locator("input[type=range]").nth(1), *["ArrowRight"] * 20)
    seen.append(pixels(sliders.locator(".vl-big")))
    assert seen[0] != seen[1] != seen[2]
    drag(page.get_by_role("slider", name="Plane of"), (0.5, 0.5), (0.7, 0.2))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", ["index", "03_reparameterization", "glossary"])
def test_axe_finds_nothing(visit, npm_package, theme, name):
    page = visit(f"{name}.html", theme)
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    if name.startswith("03"):
        expect(page.locator(".vae-lessons")).to_have_count(2, timeout=30_000)
    page.locator("#query").fill("latent")
    page.evaluate((npm_package("axe-core", "4.11.0") / "axe.min.js").read_text("utf-8"))
    assert page.evaluate(AXE) == []


def test_the_theme_follows_the_system_until_the_button_is_used_and_is_then_remembered(visit):
    page = visit("index.html", "dark")
    html = page.locator("html")
    expect(html).to_have_attribute("data-theme", "dark")
    page.get_by_role("button", name="Light theme").click()
    expect(html).to_have_attribute("data-theme", "light")
    page.get_by_role("link", name="03 ·").click()
    page.wait_for_url("**/03_*")
    expect(html).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="Dark theme").press("Enter")
    page.reload()
    expect(html).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"


def test_search_finds_over_pages_by_keys_and_leads_to_the_heading(visit):
    page = visit("index.html")
    page.keyboard.press("/")
    page.keyboard.type("unbaised")  # with a slip of the hand
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^(The best 12 of )?\d+ places:$"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")  # the glossary's term comes first
    page.wait_for_url("**/glossary.html#unbiased")
    expect(page.locator("#unbiased")).to_be_in_viewport()
    page.get_by_role("searchbox").fill("zeppelin")
    expect(page.get_by_role("status")).to_have_text("Nothing found for “zeppelin”.")
    page.get_by_role("searchbox").fill("list answer")
    page.locator("#results a", has_text="03 ·").click()
    page.wait_for_url("**/03_reparameterization.html#your-turn")
    expect(page.locator(".vae-lessons")).to_have_count(2, timeout=30_000)  # above the heading, and drawn late
    page.wait_for_function(
        "Math.abs(document.querySelector('#your-turn').getBoundingClientRect().y - 72) < 20"
    )
    page.keyboard.press("/")
    page.keyboard.type("idea")
    page.keyboard.press("Escape")
    expect(page.locator("#results")).to_be_hidden()


def test_previous_and_next_lead_from_the_first_page_to_the_glossary_and_back(visit):
    page = visit("index.html")
    first, last = (lessons.paths()[place].stem for place in (0, -1))
    for way, stem in [("next", first), ("prev", "index")]:
        page.locator(f".ways [rel={way}]").click()
        page.wait_for_url(f"**/{stem}.html")
    page = visit(f"{last}.html")
    for way, stem in [("next", "glossary"), ("prev", last)]:
        page.locator(f".ways [rel={way}]").click()
        page.wait_for_url(f"**/{stem}.html")


def test_a_page_fits_a_telephone(visit):
    page = visit(LESSON, width=390, height=800)
    expect(page.locator(".vae-lessons")).to_have_count(2, timeout=30_000)
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_skip_link_is_first_and_leads_to_the_text(visit):
    page = visit(LESSON)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the text")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


# ---- Slides


def test_arrow_keys_walk_all_slides_and_fragments_and_nothing_overflows(deck):
    page = deck()
    total, places = page.evaluate("Reveal.getTotalSlides()"), [[0, 0]]
    while not page.evaluate("Reveal.isLastSlide()"):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(100)
        assert page.evaluate(OVERFLOWS) == []
        places.append(page.evaluate(PLACE))
    assert [place for place, _ in places] == sorted(place for place, _ in places)
    assert {place for place, _ in places} == set(range(total)) and total == 11
    assert places[1:3] == [[1, 0], [1, 1]]  # the fragment is a step of its own
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(PLACE)[0] == total - 2


def test_type_is_large_and_a_slide_that_is_too_long_scrolls(deck):
    page = deck()
    sizes = "s => [...document.querySelectorAll(s)].map(e => parseFloat(getComputedStyle(e).fontSize))"
    assert min(page.evaluate(sizes, "section.present :is(p, li)")) >= 22
    while not page.evaluate("Reveal.getCurrentSlide().matches('.scrolls')"):
        page.keyboard.press("ArrowRight")
        assert not page.evaluate("Reveal.isLastSlide()"), "no slide scrolls"
    page.locator("section.scrolls").hover()
    page.mouse.wheel(0, 400)
    page.wait_for_function("document.querySelector('section.scrolls').scrollTop > 100")


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (1024, 768)])
def test_widgets_on_slides_follow_the_mouse_to_the_pixel(deck, widgets, width, height):
    page = deck(width, height, at=TO_SLIDERS)
    sliders = page.locator("section.present section.present .vae-lessons")
    sliders.wait_for()
    page.wait_for_timeout(300)
    before, first = pixels(sliders.locator(".vl-big")), sliders.locator("input[type=range]").first
    low, high = (float(first.get_attribute(end)) for end in ("min", "max"))
    drag(first, (0.5, 0.5), (0.75, 0.5))
    value = float(first.input_value())
    assert value == pytest.approx(low + 0.75 * (high - low), abs=0.05 * (high - low))
    assert pixels(sliders.locator(".vl-big")) != before
    page.keyboard.press("ArrowRight")  # belongs to the slider
    assert float(first.input_value()) > value
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    plane = page.locator("section.present section.present").get_by_role("slider", name="Plane of")
    plane.wait_for()
    page.wait_for_timeout(300)
    drag(plane, (0.4, 0.4), (0.7, 0.2))
    left, bottom, side = eval("LatentPlane(vae, images, labels)", widgets)._box
    reached = data(page.locator("section.present section.present .vae-lessons"), "z")
    assert reached == pytest.approx([left + 0.7 * side, bottom + 0.8 * side], abs=0.01 * side)
    page.keyboard.press("Shift+ArrowLeft")
    assert data(page.locator("section.present section.present .vae-lessons"), "z")[0] < reached[0]
    page.keyboard.press("PageDown")  # a presenter's remote control always turns the page
    expect(page.locator("section.present h2")).to_have_text("Your turn")


def test_the_speaker_view_opens_from_disk_with_notes_and_turns_the_slides(deck):
    page = deck(at=1)
    with page.context.expect_page() as opened:
        page.keyboard.press("s")
    view = opened.value
    notes = view.locator(".speaker-controls-notes .value")
    expect(notes).to_contain_text("Say. The formula", timeout=30_000)
    assert notes.locator("mjx-container svg").count() == 1
    assert notes.locator("mjx-assistive-mml").count() == 0
    view.frame_locator("#current-slide iframe").locator("html[data-ready]").wait_for()  # it takes the keys
    for _ in range(3):
        place = page.evaluate(PLACE)
        view.keyboard.press("ArrowRight")
        page.wait_for_function(f"place => JSON.stringify(({PLACE})()) !== JSON.stringify(place)", arg=place)
        view.wait_for_timeout(300)  # the deck tells the view its place: a key before that is taken back
    assert page.evaluate("Reveal.getSlidePastCount()") == 2
    expect(view.locator(".speaker-controls-notes")).to_have_class(re.compile("hidden"))
