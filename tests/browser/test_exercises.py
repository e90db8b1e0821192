"""Checks and predictions in a real JupyterLab: read, clicked, typed, and there again after a restart."""

import json

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.browser.hand import soon

CHOICES = '["100 times shorter", "10 times shorter", "hardly shorter"]'
CHECKS = [
    "def right(mu, logvar):\n    return 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(-1)",
    "from vae_lessons.exercises import check, hint, predict, progress, solution\n_ = check('2.3', right)",
    "_ = check('2.3', lambda mu, logvar: -right(mu, logvar))",
    "_ = check('2.3', lambda mu, logvar: mu @ logvar)",
    "_ = check('2.3', lambda mu, logvar: None)",
    "hint('2.3')\nsolution('2.3')\nprogress()",
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


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_checks_say_can_be_read_by_everyone(open_notebook, cells, axe, theme):
    page = open_notebook(cells(*CHECKS, f"predict('2-error', {CHOICES})"), theme=theme)
    for said in ("right", "recognised", "stopped by an error", "not attempted yet", "Hint 1 of 3", "2.3 ◑"):
        assert page.locator(".jp-OutputArea", has_text=said).count(), said
    assert axe(page, ".jp-OutputArea") == []
    assert page.problems == []


def test_a_click_records_a_prediction_and_it_is_there_after_a_restart(open_notebook, cells, axe, tmp_path):
    page = open_notebook(cells(f"from vae_lessons.exercises import predict\npredict('2-error', {CHOICES})"))
    page.get_by_role("button", name="100 times shorter", exact=True).click()
    page.get_by_text("You expected: 100 times shorter. It is: 10 times shorter.").wait_for()
    assert choice(tmp_path) == {"choice": 0, "right": False}
    assert axe(page, ".jp-OutputArea") == []
    again = open_notebook(cells(f"from vae_lessons.exercises import predict\npredict('2-error', {CHOICES})"))
    again.get_by_text("You expected: 100 times shorter.").wait_for()
    assert again.get_by_role("button", name="hardly shorter").is_disabled()


def test_a_prediction_is_made_by_keys(open_notebook, cells, tmp_path):
    page = open_notebook(cells(f"from vae_lessons.exercises import predict\npredict('2-error', {CHOICES})"))
    page.get_by_role("button", name="100 times shorter", exact=True).focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    soon(page, lambda: choice(tmp_path) == {"choice": 1, "right": True}, "no choice was recorded")
    page.get_by_text("You predicted it").wait_for()


def test_without_widgets_the_cell_asks_for_a_number(open_notebook, cells, tmp_path):
    asked = f"from vae_lessons.exercises import predict\npredict('2-error', {CHOICES})"
    page = open_notebook(cells("os.environ['VAE_LESSONS_WIDGETS'] = '0'", asked), wait=False)
    box = page.locator(".jp-Stdin-input")
    box.wait_for()
    box.fill("2")
    box.press("Enter")
    soon(page, lambda: choice(tmp_path) == {"choice": 1, "right": True}, "no choice was recorded")
