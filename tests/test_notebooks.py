"""The committed notebooks are as the cleaning command leaves them, make good slides, and teach the package's code."""

import ast
import inspect
import re
from html.parser import HTMLParser

import nbformat
import pytest

from tests.committed import code_cells, committed, plain, slides
from vae_lessons import (
    anomaly,
    autoencoder,
    beta,
    bits_back,
    classifier,
    conditional_vae,
    elbo,
    flow_matching,
    free_bits,
    gaussians,
    importance,
    interpolation,
    kl,
    latent_space,
    likelihoods,
    mixture,
    molecule_vae,
    networks,
    reparameterization,
    semi_supervised,
    sequence_vae,
    vae,
)
from vae_lessons.classroom import cleaning, lessons
from vae_lessons.classroom.cleaning import slide_type

LESSONS = lessons.paths()
TAUGHT = {  # what each lesson writes out in full, and the modules it is imported from afterwards
    "01_autoencoder": (networks, autoencoder),
    "02_vae": (gaussians, kl, reparameterization, likelihoods, elbo, vae),
    "04_kl_balance": (beta, free_bits),
    "05_interpolation": (interpolation, latent_space),
    "06_conditional_vae": (conditional_vae,),
    "07_prior": (mixture, flow_matching),
    "08_bits_back": (bits_back, importance),
    "09_anomalies": (anomaly,),
    "10_few_labels": (classifier, semi_supervised),
    "11_strings": (sequence_vae, molecule_vae),
}
ELSEWHERE = {
    "layer_shapes",
    "likelihood_regret",
    "propagate",
    "unlabelled_bound",
}  # two instruments, shown by what they print; and the answers of exercises 9.5 and 10.1
ON_SLIDES = ("slide", "subslide", "fragment")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def test_is_as_the_cleaning_command_leaves_it(path, notebook):
    assert path.read_text(encoding="utf-8") == cleaning.dump(cleaning.clean(notebook)), (
        f"{path.name} was not left by the cleaning command; run: uv run python -m vae_lessons notebooks"
    )


def test_outputs_belong_to_the_code_that_stands_there(path, notebook):
    assert notebook.metadata["vae_lessons"]["outputs_of"] == cleaning.digest(notebook), (
        f"the code of {path.name} changed after it was run; run: uv run python -m vae_lessons notebooks"
    )
    assert all(cell.outputs for cell in code_cells(notebook)), (
        "every cell ends in a number, a shape or a figure"
    )


def test_is_small_and_says_nothing_about_the_machine(path, notebook):
    assert path.stat().st_size < 1_000_000
    assert "widgets" not in notebook.metadata
    for count, cell in enumerate(code_cells(notebook), start=1):
        assert cell.execution_count == count
        assert not cleaning.MACHINE_PATH.search(cleaning.text_of_outputs(cell))
        assert not cleaning.MACHINE_PATH.search(cell.source)


class Figures(HTMLParser):
    def __init__(self):
        super().__init__()
        self.alts, self.captions, self.in_caption = [], [], False

    def handle_starttag(self, tag, attributes):
        if tag == "img":
            self.alts.append(dict(attributes).get("alt", ""))
        self.in_caption = tag == "figcaption"

    def handle_data(self, data):
        if self.in_caption:
            self.captions.append(data)


def test_every_figure_has_a_caption_and_alt_text(notebook):
    figures = Figures()
    for cell in code_cells(notebook):
        for output in cell.outputs:
            figures.feed(output.get("data", {}).get("text/html", ""))
            assert "image/png" not in output.get("data", {}), "show figures by plotting.show"
    assert figures.alts
    assert len(figures.captions) == len(figures.alts)
    assert min(map(len, figures.alts)) > 10


def test_links_to_other_lessons_lead_somewhere(notebook):
    for cell in notebook.cells:
        for target in re.findall(r"\]\(([^)#:]+\.(?:ipynb|md))(?:#[^)]*)?\)", cell.source):
            assert (lessons.FOLDER / target).is_file(), target


def test_every_lesson_is_a_deck_of_20_to_40_slides(notebook):
    deck = slides(notebook)
    assert 20 <= len(deck) <= 40
    assert slide_type(deck[0][0]) == "slide" and deck[0][0].source.startswith("# ")
    for cell in notebook.cells:
        assert slide_type(cell) in (*ON_SLIDES, "skip", None)
        if "import" in cell.source and cell.id.endswith("02") and cell.cell_type == "code":
            assert slide_type(cell) == "skip"
    shown = [cell for slide in deck for cell in slide]
    assert any("plotting.show(" in cell.source for cell in shown if cell.cell_type == "code")
    assert any("from vae_lessons.widgets import" in cell.source for cell in shown), "something to touch"


def test_a_slide_holds_what_can_be_read_from_the_last_row(notebook):
    for slide in slides(notebook):
        texts = [cell.source for cell in slide if cell.cell_type == "markdown"]
        read = re.sub(r"<details>.*?</details>|[|]|---", " ", "\n".join(texts), flags=re.DOTALL)
        words = len(read.split())
        lines = sum(
            len(cell.source.splitlines())
            for cell in slide
            if cell.cell_type == "code" and "deck-output" not in cell.metadata.get("tags", [])
        )
        assert words <= 120 and lines <= 20 and words / 120 + lines / 20 <= 1.5, (slide[0].id, words, lines)


GLOSSARY = (lessons.FOLDER / "glossary.md").read_text(encoding="utf-8")
TERMS = re.findall(r"^### (.+)$", GLOSSARY, re.MULTILINE)
LINK = re.compile(r"\[[^\]]+\]\(glossary\.md#([\w-]+)\)")


def glossary_links():
    """(lesson, anchor) of every link into the glossary, in reading order, without those to the papers."""
    for path in LESSONS:
        for cell in nbformat.read(path, as_version=4).cells:
            for anchor in LINK.findall(cell.source if cell.cell_type == "markdown" else ""):
                if anchor != "papers":
                    yield path.stem, anchor


def test_glossary_defines_every_term_once_in_alphabetical_order():
    assert sorted(set(TERMS)) == TERMS
    for term in TERMS:
        assert len(re.search(rf"^### {term}\n(.+)", GLOSSARY, re.MULTILINE)[1]) > 20, term


def test_every_term_is_linked_once_from_the_lesson_that_the_glossary_names():
    links = dict(reversed([(anchor, lesson) for lesson, anchor in glossary_links()]))
    assert sorted(links) == [term.replace(" ", "-") for term in TERMS]
    assert len(list(glossary_links())) == len(TERMS), "a term is linked at its first use only"
    for term in TERMS:
        entry = GLOSSARY.split(f"### {term}\n")[1].split("\n### ")[0].split("\n## ")[0]
        named = re.findall(r"Lesson (\d\d)\.", entry)
        assert named == [links[term.replace(" ", "-")][:2]], (
            f"{term}: linked from {links[term.replace(' ', '-')]}"
        )


def test_sources_of_the_lessons_are_in_the_list_of_papers():
    papers = set(re.findall(r"^- \*\*([\w-]+) (\d{4})", GLOSSARY, re.MULTILINE))
    for path in LESSONS:
        text = "\n".join(
            c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown"
        )
        cited = re.findall(
            r"([A-Z][\w-]*[a-z])(?:(?:,| &) [A-Z][\w-]*[a-z])*(?: et al\.)? ((?:19|20)\d{2})", text
        )
        missing = set(cited) - papers
        assert not missing, f"{path.name} cites {sorted(missing)}, which the glossary does not list"


def definitions(source):
    kinds = ast.FunctionDef | ast.ClassDef
    return {node.name: plain(node) for node in ast.parse(source).body if isinstance(node, kinds)}


@pytest.mark.parametrize("lesson", TAUGHT)
def test_what_a_lesson_writes_out_is_what_the_package_holds(lesson):
    cells = code_cells(committed(lesson))
    in_notebook = {}  # the first definition of a name: exercises ask for some of them again
    for cell in cells:
        in_notebook = {**definitions(cell.source), **in_notebook}
    for module in TAUGHT[lesson]:
        for name, code in definitions(inspect.getsource(module)).items():
            if name not in ELSEWHERE and not name.startswith("_"):
                assert in_notebook.get(name) == code, f"{name} differs between {lesson} and {module.__name__}"
