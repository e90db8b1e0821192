"""Slides, pages and the website hold what the lessons hold, and their links and their search lead somewhere."""

import json
import re

import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from tests.classroom.pages.tiny_course import already, put_in_place, soup
from vae_lessons.classroom import lessons, pages


def test_a_deck_has_its_slides_notes_and_fragments_and_no_skipped_cell(deck, out):
    assert (out / "03_reparameterization.slides.html").is_file()
    stacks = deck.select(".slides > section")
    assert [len(stack.find_all("section", recursive=False)) for stack in stacks] == [1, 2, 3, 4, 1]
    assert "torch.manual_seed" not in deck.main.get_text()
    assert "The formula" in deck.select_one("section aside.notes").get_text()
    assert deck.select_one(".fragment").get_text(strip=True).startswith("A second thought.")
    parts = [slide.get("data-part") for slide in stacks[2].find_all("section", recursive=False)]
    assert parts == [None, "Touch it", "Touch it"]


def test_a_deck_shows_of_a_tagged_cell_its_output_only(deck):
    text = deck.main.get_text()
    assert "plotting.axes" not in text and "An empty frame." in text
    assert "x = 1" in text


def test_a_lesson_without_slides_is_refused_in_a_sentence(kept, out, tmp_path, monkeypatch):
    plain = new_notebook(cells=[new_markdown_cell("# Plain")])
    put_in_place(monkeypatch, lambda _: plain, tmp_path, notes="")
    with pytest.raises(ValueError, match="Lesson 03 has no slides"):
        pages.slides("03", out, execute=already)
    with pytest.raises(ValueError, match=r"There is no lesson 77.\nGive one of 00"):
        pages.page("77", out)


def local_targets(path):
    for tag, attribute in (("a", "href"), ("link", "href"), ("script", "src")):
        for found in soup(path).select(f"{tag}[{attribute}]"):
            yield found[attribute]


def test_every_link_of_the_site_leads_somewhere(kept, named_lessons, out):
    first = pages.site(out, execute=already)
    assert first == out / "index.html"
    stems = [path.stem for path in lessons.paths()]
    for stem in ["index", *stems, "glossary"]:
        for target in local_targets(out / f"{stem}.html"):
            file, _, anchor = target.partition("#")
            assert not re.match("https?:", file), target
            assert file == "" or (out / file).is_file(), target
            assert not anchor or soup(out / (file or f"{stem}.html")).find(id=anchor), target
    ways = [link["href"] for link in soup(out / "03_reparameterization.html").select(".ways a")]
    assert ways == ["02_vae.html", "04_kl_balance.html"]
    listed = soup(out / "index.html").select("article ol a")
    assert [link["href"] for link in listed] == [f"{stem}.html" for stem in stems]
    entry = soup(out / "index.html").select_one("article li").get_text(" ").split()
    assert entry[-5:] == ["Does", "it", "open?", "5", "minutes"]


def test_the_search_index_holds_headings_text_captions_and_terms(kept, named_lessons, out):
    pages.site(out, execute=already)
    text = (out / "assets" / "search-index.js").read_text("utf-8")
    entries = json.loads(re.search(r"window.searchIndex = (.*);", text)[1])
    by_url = {entry["url"]: entry for entry in entries}
    assert len(by_url) == len(entries)
    assert "A second thought." in by_url["03_reparameterization.html#the-idea"]["text"]
    assert "An empty frame." in by_url["03_reparameterization.html#the-idea"]["text"]
    assert "average" in by_url["glossary.html#unbiased"]["text"]


def test_real_lessons_and_the_glossary_have_one_title_each_and_links_with_anchors(kept, out):
    pages.site(out, execute=already)
    for path in out.glob("*.html"):
        text = soup(path)
        assert len(text.select("h1")) == 1, path
        levels = [int(heading.name[1]) for heading in text.select("h1, h2, h3, h4")]
        assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False)), path
        for link in text.select("article a[href]"):
            file, _, anchor = link["href"].partition("#")
            if not re.match("https?:", file):
                assert soup(out / (file or path.name)).find(id=anchor or True), f"{path}: {link}"


def test_nothing_is_written_of_a_lesson_that_stops(kept, out):
    def stops(notebook, widgets, after_cell):
        raise ValueError("The cell x stopped")

    with pytest.raises(ValueError, match="The cell x stopped"):
        pages.page("03", out, execute=stops)
    assert not out.exists()
