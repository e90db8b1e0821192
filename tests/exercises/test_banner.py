"""A note says the same in a notebook and as plain text, and nothing that a student writes becomes markup."""

import re

import pytest

from vae_lessons.exercises import banner


@pytest.mark.parametrize("kind", banner.COLOURS)
def test_a_note_of_every_kind_holds_its_title_and_parts(kind):
    markup = banner.markup(kind, "2.3 The KL", "Use `exp`.", banner.Lines("a  b\nc"), "")
    assert banner.COLOURS[kind] in markup
    assert "2.3 The KL" in markup and "<code>exp</code>" in markup
    assert re.search(r"<pre[^>]*>a  b\nc</pre>", markup)
    assert (
        banner.plain("2.3 The KL", "Use `exp`.", banner.Lines("a  b\nc"), "")
        == "2.3 The KL\nUse exp.\na  b\nc"
    )


def test_what_looks_like_markup_is_shown_as_it_is():
    markup = banner.markup("open", "<b>", "<script>`<i>`", banner.Lines("x < y"))
    assert not re.search("<b>|<script>|<i>", markup)
    assert "x &lt; y" in markup


def test_a_note_is_displayed_in_both_forms(monkeypatch):
    shown = []
    monkeypatch.setattr(banner, "display", lambda bundle, raw: shown.append((bundle, raw)))
    monkeypatch.setattr(banner, "get_ipython", object)
    banner.show("right", "Title", "Words.")
    ((bundle, raw),) = shown
    assert raw and bundle == {
        "text/html": banner.markup("right", "Title", "Words."),
        "text/plain": "Title\nWords.",
    }


def test_at_a_plain_python_prompt_a_note_is_its_text(capsys):
    banner.show("right", "Title", "Words with `code`.")
    assert capsys.readouterr().out == "Title\nWords with code.\n"
