"""Checks and predictions in a real JupyterLab: read, clicked, typed, and there again after a restart."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.browser.hand import soon

PREDICT = "from vae_lessons.exercises import predict\npredict('2-error')"
CHECKS = [
    "def right(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)",
    "from vae_lessons.exercises import check, hint, predict, progress, solution\nhint('2.3')\nsolution('2.3')",
    "_ = check('2.3', right)",
    "_ = check('2.3', lambda mu, logvar: -right(mu, logvar))",
    "_ = check('2.3', lambda mu, logvar: mu @ logvar)",
    "_ = check('2.3', lambda mu, logvar: None)",
    "progress()",
]


@pytest.fixture
def cells(tmp_path):
    """Notebook of code cells whose kernel keeps its record in a folder of the test."""

    def notebook(*sources):
        first = f"import os\nos.environ['VAE_LESSONS_STATE'] = {str(tmp_path)!r}"
        return new_notebook(cells=[new_code_cell(source) for source in (first, *sources)])

    return notebook


def choice(tmp_path):
    file = tmp_path / "progress.json"
    return json.loads(file.read_text())["predictions"].get("2-error") if file.exists() else None


def by_click(page):
    page.get_by_role("button", name="100 times shorter", exact=True).click()


def by_keys(page):
    page.get_by_role("button", name="100 times shorter", exact=True).focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize(("theme", "choose"), [("light", by_click), ("dark", by_keys)])
def test_what_is_said_can_be_read_by_everyone_and_a_choice_is_recorded(
    open_notebook, cells, axe, tmp_path, theme, choose
):
    page = open_notebook(cells(*CHECKS, PREDICT), theme=theme)
    for said in ("right", "recognised", "stopped by an error", "not attempted yet", "Hint 1 of 3", "2.3 ◑"):
        assert page.locator(".jp-OutputArea", has_text=said).count(), said
    choose(page)
    page.get_by_text("You expected: 100 times shorter. It is: 10 times shorter.").wait_for()
    soon(page, lambda: choice(tmp_path) == {"choice": 0, "right": False}, "no choice was recorded")
    assert axe(page, ".jp-OutputArea") == []
    assert page.problems == []


def test_without_widgets_a_number_is_typed_and_a_choice_is_there_after_a_restart(
    open_notebook, cells, tmp_path
):
    page = open_notebook(cells("os.environ['VAE_LESSONS_WIDGETS'] = '0'", PREDICT), wait=False)
    box = page.locator(".jp-Stdin-input")
    box.wait_for()
    box.fill("2")
    box.press("Enter")
    soon(page, lambda: choice(tmp_path) == {"choice": 1, "right": True}, "no choice was recorded")
    again = open_notebook(cells(PREDICT))
    again.get_by_text("You predicted it: 10 times shorter.").wait_for()
    assert again.get_by_role("button", name="hardly shorter").is_disabled()
