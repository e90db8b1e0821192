"""Lessons as files that open from disk: what is in them, where links lead, what is fetched and what is never lost."""

import io
import json
import re
import subprocess
import tarfile
from copy import deepcopy
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from vae_lessons import export, notebooks
from vae_lessons.classroom.pages import render, scripts

MODELS = """
import torch
from vae_lessons import digits
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
predict("2-error", ["shorter", "longer", "as it was"])
kl = check("2.3", lambda mu, logvar: None)
"""


def cell(source, slide=None, *tags):
    new = (new_markdown_cell if source.startswith(("#", "-", "*", "A ")) else new_code_cell)(source)
    new.metadata = {"tags": list(tags), "slideshow": {"slide_type": slide}} if slide or tags else {}
    return new


def tiny():
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
        cell("print('a long line ' * 8)", "fragment", "deck-output"),
        cell("**Say.** The formula $\\mu$ aloud.", "notes"),
        cell(FIGURE, "subslide", "deck-output"),
        cell("## Touch it\n\n**Question:** does it move?", "slide"),
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


def named(notebook, path):
    """The notebook with the title of the lesson whose path it stands at."""
    notebook = deepcopy(notebook)
    title = notebooks.FOLDER.joinpath(path.name).read_text("utf-8").split("# ")[1].split("\\n")[0]
    notebook.cells[0].source = notebook.cells[0].source.replace("03 · Tiny: a lesson", title)
    return notebook


@pytest.fixture(scope="module")
def executed():
    notebook = tiny()
    notebooks.execute(notebook, widgets=True)
    return notebook


def already(notebook, widgets, after_cell):
    """Stands in for notebooks.execute where a notebook has run."""


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """A cache that has all packages, so that nothing is fetched."""
    monkeypatch.setenv("VAE_LESSONS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(scripts, "fetch", lambda package: pytest.fail(f"{package} is asked of the network"))
    for package, names in scripts.PACKAGES.items():
        for name in names:
            file = scripts.kept_in() / package / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(f"// {package}")


@pytest.fixture
def out(tmp_path):
    return tmp_path / "out"


def soup(path):
    return BeautifulSoup(path.read_text("utf-8"), "html.parser")


@pytest.fixture
def deck(kept, executed, out):
    return soup(export.slides("03", out, lambda _: executed, already))


@pytest.fixture
def page(kept, executed, out):
    return soup(export.page("03", out, lambda _: executed, already))


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


def test_a_lesson_without_slides_is_refused_in_a_sentence(kept, out):
    plain = new_notebook(cells=[new_markdown_cell("# Plain")])
    with pytest.raises(ValueError, match="Lesson 03 has no slides"):
        export.slides("03", out, lambda _: plain, already)
    with pytest.raises(ValueError, match=r"There is no lesson 77.\nGive one of 00"):
        export.page("77", out)


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


def local_targets(path):
    for tag, attribute in (("a", "href"), ("link", "href"), ("script", "src")):
        for found in soup(path).select(f"{tag}[{attribute}]"):
            yield found[attribute]


def test_every_link_of_the_site_leads_somewhere(kept, executed, out):
    first = export.site(out, lambda path: named(executed, path), already)
    assert first == out / "index.html"
    stems = [path.stem for path in notebooks.lessons()]
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


def test_the_search_index_holds_headings_text_captions_and_terms(kept, executed, out):
    export.site(out, lambda path: named(executed, path), already)
    text = (out / "assets" / "search-index.js").read_text("utf-8")
    entries = json.loads(re.search(r"window.searchIndex = (.*);", text)[1])
    by_url = {entry["url"]: entry for entry in entries}
    assert len(by_url) == len(entries)
    assert "A second thought." in by_url["03_reparameterization.html#the-idea"]["text"]
    assert "An empty frame." in by_url["03_reparameterization.html#the-idea"]["text"]
    assert "average" in by_url["glossary.html#unbiased"]["text"]


def test_real_lessons_and_the_glossary_have_one_title_each_and_links_with_anchors(kept, out):
    export.site(out, execute=already)
    for path in out.glob("*.html"):
        text = soup(path)
        assert len(text.select("h1")) == 1, path
        levels = [int(heading.name[1]) for heading in text.select("h1, h2, h3, h4")]
        assert all(b <= a + 1 for a, b in zip(levels, levels[1:], strict=False)), path
        for link in text.select("article a[href]"):
            file, _, anchor = link["href"].partition("#")
            if not re.match("https?:", file):
                assert soup(out / (file or path.name)).find(id=anchor or True), f"{path}: {link}"


def test_files_of_others_are_never_overwritten_and_own_ones_are(kept, executed, out):
    export.page("03", out, lambda _: executed, already)
    export.page("03", out, lambda _: executed, already)
    for name in ("03_reparameterization.html", "assets/page.css"):
        (out / name).write_text("mine")
        with pytest.raises(FileExistsError, match=r"is there already(.|\n)*choose another folder"):
            export.page("03", out, lambda _: executed, already)
        assert (out / name).read_text() == "mine"
        (out / name).unlink()
    (out / "thesis.html").write_text("mine")
    export.page("03", out, lambda _: executed, already)
    assert (out / "thesis.html").read_text() == "mine"


def test_nothing_is_written_of_a_lesson_that_stops(kept, out):
    def stops(notebook, widgets, after_cell):
        raise ValueError("The cell x stopped")

    with pytest.raises(ValueError, match="The cell x stopped"):
        export.page("03", out, execute=stops)
    assert not out.exists()


def test_a_slug_is_githubs():
    for heading, anchor in {
        "Why the logarithm?": "why-the-logarithm",
        "p(x|z), in nats": "pxz-in-nats",
        "One-hot": "one-hot",
        " Naïve über_all ": "naïve-über_all",
    }.items():
        assert render.slug(heading) == anchor


# ---- What is fetched


@pytest.fixture
def npm(tmp_path, monkeypatch):
    """A stand-in for npm that packs a package with the wanted files; it lists what it was asked."""
    asked = []

    def run(command, cwd, **_):
        asked.append(command[-1])
        with tarfile.open(Path(cwd) / "packed.tgz", "w:gz") as archive:
            for name in [*scripts.PACKAGES[command[-1]], "unused.js"]:
                entry = tarfile.TarInfo(f"package/{name}")
                entry.size = len(name)
                archive.addfile(entry, io.BytesIO(name.encode()))
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setenv("VAE_LESSONS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(scripts.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.setattr(scripts.subprocess, "run", run)
    scripts._say.cache_clear()
    return asked


def test_scripts_are_fetched_once_and_only_what_is_used_is_kept(npm, tmp_path, capsys):
    for _ in range(2):
        urls = scripts.lay_beside(["mathjax", "@jupyter-widgets/html-manager"], tmp_path)
    assert npm == ["@jupyter-widgets/html-manager@1.0.15", "mathjax@3.2.2"]
    assert urls["mathjax"] == "assets/mathjax@3.2.2"
    assert (tmp_path / urls["mathjax"] / "es5/tex-svg-full.js").read_text() == "es5/tex-svg-full.js"
    assert (tmp_path / urls["anywidget"] / "index.js").is_file()
    kept = [path.name for path in scripts.kept_in().rglob("*") if path.is_file()]
    assert sorted(kept) == ["LICENSE", "embed-amd.js", "embed.js.LICENSE.txt", "tex-svg-full.js"]
    assert capsys.readouterr().err == ""


def test_what_is_kept_in_part_is_fetched_again(npm, tmp_path):
    scripts.lay_beside(["mathjax"], tmp_path)
    (scripts.kept_in() / "mathjax@3.2.2" / "LICENSE").unlink()
    scripts.lay_beside(["mathjax"], tmp_path)
    assert npm == ["mathjax@3.2.2"] * 2


@pytest.mark.parametrize("trouble", ["no npm", "no network"])
def test_without_npm_or_network_pages_use_a_cdn_and_say_so_once(npm, monkeypatch, tmp_path, capsys, trouble):
    scripts.fetch("requirejs@2.3.7")
    if trouble == "no npm":
        monkeypatch.setattr(scripts.shutil, "which", lambda _: None)
    failed = subprocess.CompletedProcess([], 1, "", "npm error network\nrequest failed")
    monkeypatch.setattr(scripts.subprocess, "run", lambda *_, **__: failed)
    for _ in range(2):
        urls = scripts.lay_beside(["requirejs", "mathjax", "minisearch"], tmp_path)
    assert urls["requirejs"] == "assets/requirejs@2.3.7"
    assert urls["mathjax"] == "https://cdn.jsdelivr.net/npm/mathjax@3.2.2"
    said = capsys.readouterr().err
    assert said.count("mathjax@3.2.2, minisearch@7.2.0") == 1 and len(said.splitlines()) <= 5
    assert ("no npm" if trouble == "no npm" else "request failed") in said
