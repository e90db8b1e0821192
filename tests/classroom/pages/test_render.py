"""A page shows what a reader needs, with anchors and links that lead somewhere, and never replaces a file of others."""

import json

import pytest

from tests.classroom.pages.tiny_course import already, soup
from vae_lessons.classroom import pages
from vae_lessons.classroom.pages import render


def test_what_is_shown_has_no_progress_bars_no_warnings_and_only_widgets_that_work_alone(page, executed):
    text = page.main.get_text()
    assert "noise of the machine" not in text
    assert "line 0\nline 1\nline 2" in text
    assert len(page.select('script[type="application/vnd.jupyter.widget-view+json"]')) == 2
    state = json.loads(page.find("script", type="application/vnd.jupyter.widget-state+json").string)
    assert {model["model_module"] for model in state["state"].values()} == {
        "anywidget",
        "@jupyter-widgets/base",
    }
    assert "What happens" in text  # the still form of the prediction
    assert executed.metadata.widgets  # and the notebook given is as it was


def test_a_page_keeps_alt_texts_formulas_and_markdown_in_details(page):
    assert page.find("img", alt="Two axes without a curve.")["width"] == "700"
    assert r"$z = \mu + \sigma\varepsilon$" in page.main.get_text()
    assert page.select_one("details:has(summary) code").get_text() == "code"
    assert "In [" not in page.main.get_text()


def test_headings_have_the_anchors_of_github_and_are_listed(page):
    assert [heading["id"] for heading in page.select("article h2")] == [
        *("the-idea", "touch-it", "your-turn", "the-idea-1"),
    ]
    assert [link["href"] for link in page.select(".contents a")][:2] == ["#the-idea", "#touch-it"]
    assert len(page.select("h1")) == 1 and page.html["lang"] == "en"


def test_a_single_page_links_to_the_glossary_beside_it_and_to_no_lesson_that_is_not_there(page, out):
    targets = [link["href"] for link in page.select("article a")]
    assert targets == ["glossary.html#unbiased"]
    assert soup(out / "glossary.html").find(id="unbiased")
    assert "lesson 04" in page.select_one("article li").get_text()
    assert not page.select("search")


def test_files_of_others_are_never_overwritten_and_own_ones_are(kept, tiny_lessons, out):
    pages.page("03", out, execute=already)
    pages.page("03", out, execute=already)
    for name in ("03_reparameterization.html", "assets/page.css"):
        (out / name).write_text("mine")
        with pytest.raises(FileExistsError, match=r"is there already(.|\n)*choose another folder"):
            pages.page("03", out, execute=already)
        assert (out / name).read_text() == "mine"
        (out / name).unlink()
    (out / "thesis.html").write_text("mine")
    pages.page("03", out, execute=already)
    assert (out / "thesis.html").read_text() == "mine"


def test_a_slug_is_githubs():
    for heading, anchor in {
        "Why the logarithm?": "why-the-logarithm",
        "p(x|z), in nats": "pxz-in-nats",
        "One-hot": "one-hot",
        " Naïve über_all ": "naïve-über_all",
    }.items():
        assert render.slug(heading) == anchor
