"""A lesson in small, and how pages are made of it in place of the course's own: for tests here and in a browser."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from vae_lessons.classroom import lessons, speaker_notes
from vae_lessons.classroom.pages import course

MODELS = """
import torch
from vae_lessons.data import digits
from vae_lessons.vae import VAE
from vae_lessons.widgets import LatentPlane, LatentSliders

torch.manual_seed(0)
vae = VAE(latent_dim=2).eval()
for name, weight in vae.named_parameters():  # untrained, but of pictures worth telling apart
    gain = (1.7 if "decoder" in name else 1) / weight[0].numel() ** 0.5
    torch.nn.init.normal_(weight, std=gain if weight.ndim > 1 else 0.5)
images, labels, _ = digits.draw(50, seed=3)
"""
FIGURE = """
import sys
from tqdm.auto import tqdm
from vae_lessons import plotting
for _ in tqdm(range(3)):
    print("noise", "of the machine", file=sys.stderr)
for n in range(3):
    print("line", n, flush=True)
figure, _ = plotting.axes()
plotting.show(figure, "An empty frame. Look for nothing.", "Two axes without a curve.")
"""
EXERCISE = """
from vae_lessons.exercises import check, predict
predict("2-error")
kl = check("2.3", lambda mu, logvar: None)
"""
NOTES = """# Tiny

## The idea (5 minutes)

### long-line
**Say.** The formula $\\mu$ aloud.
"""


def cell(source: str, slide: str | None = None, *tags: str, **fields: str) -> NotebookNode:
    make = new_markdown_cell if source.startswith(("#", "-", "*", "A ")) else new_code_cell
    metadata = {"tags": list(tags), "slideshow": {"slide_type": slide}} if slide or tags else {}
    return make(source, metadata=metadata, **fields)


def tiny() -> NotebookNode:
    """A lesson in small: everything that lessons hold, and nothing that takes long."""
    cells = [
        cell(
            "# 03 · Tiny: a lesson\n\n**Question.** Does it\nopen?\n\n- in (5 minutes), with $z$; "
            "see [unbiased](glossary.md#unbiased) and [lesson 04](04_kl_balance.ipynb)",
            "slide",
        ),
        cell(MODELS, "skip"),
        cell("## The idea\n\nA formula: $z = \\mu + \\sigma\\varepsilon$ and\n\n$$p(x|z) < 1$$", "slide"),
        cell("A second thought.", "fragment"),
        cell("print('a long line ' * 8)", "fragment", "deck-output", id="long-line"),
        cell(FIGURE, "subslide", "deck-output"),
        cell("## Touch it\n\n**Question:** does $z$ move?", "slide"),
        cell("LatentSliders(vae, images)", "subslide", "deck-output"),
        cell("LatentPlane(vae, images, labels)", "subslide", "deck-output"),
        cell("## Your turn", "slide"),
        cell(EXERCISE),
        cell("- a list\n\n<details><summary>Answer</summary>It is `code`.</details>", "subslide"),
        cell("x = 1\n" * 20 + f"y = '{'long ' * 25}'", "subslide"),
        cell("for n in range(200):\n    print(n)", "subslide", "deck-output"),
        cell("## The idea\n\n### A part\n\nThe last words.", "slide"),
    ]
    return new_notebook(cells=cells)


def named(notebook: NotebookNode, path: Path) -> NotebookNode:
    """The notebook with the title of the lesson whose path it stands at."""
    notebook = deepcopy(notebook)
    title = lessons.FOLDER.joinpath(path.name).read_text("utf-8").split("# ")[1].split("\\n")[0]
    notebook.cells[0].source = notebook.cells[0].source.replace("03 · Tiny: a lesson", title)
    return notebook


def already(notebook, widgets, after_cell) -> None:
    """Stands in for lessons.execute where a notebook has run."""


def put_in_place(
    patch: pytest.MonkeyPatch, read: Callable[[Path], NotebookNode], folder: Path, notes: str = NOTES
) -> None:
    """Let pages be made of the notebook that `read` gives for a lesson's path.

    Its speaker notes are the tiny lesson's unless others are given; they are written into the folder.
    """
    for path in lessons.paths():
        (folder / f"{path.stem}.md").write_text(notes, encoding="utf-8")
    patch.setattr(course, "read", read)
    patch.setattr(speaker_notes, "NOTES", folder)


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")
