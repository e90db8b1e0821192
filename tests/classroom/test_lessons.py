"""The committed notebooks: left by the cleaning command, and true to the package."""

import ast
import inspect
import json
import re
from html.parser import HTMLParser

import nbformat
import pytest

from vae_lessons import (
    autoencoder,
    beta_schedules,
    conditional_vae,
    elbo,
    gaussians,
    latent_space,
    likelihoods,
    networks,
    notebooks,
    vae,
)

LESSONS = notebooks.lessons()
TAUGHT = {  # what each lesson writes out in full, and the module it is imported from afterwards
    "01_autoencoder": (networks, autoencoder),
    "02_vae": (gaussians, likelihoods, elbo, vae),
    "04_kl_balance": (beta_schedules,),
    "05_interpolation": (latent_space,),
    "06_conditional_vae": (conditional_vae,),
}
ELSEWHERE = {"layer_shapes"}  # an instrument, shown by what it prints

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_is_as_the_cleaning_command_leaves_it(path, notebook):
    assert path.read_text(encoding="utf-8") == notebooks.dump(notebooks.clean(notebook)), (
        f"{path.name} was not left by the cleaning command; run: uv run python -m vae_lessons notebooks"
    )


def test_outputs_belong_to_the_code_that_stands_there(path, notebook):
    assert notebook.metadata["vae_lessons"]["outputs_of"] == notebooks.digest(notebook), (
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
        assert not notebooks.MACHINE_PATH.search(notebooks.text_of_outputs(cell))
        assert not notebooks.MACHINE_PATH.search(cell.source)


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
            assert (notebooks.FOLDER / target).is_file(), target


GLOSSARY = (notebooks.FOLDER / "glossary.md").read_text(encoding="utf-8")
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
    papers = set(re.findall(r"^- \*\*(\w+) (\d{4})", GLOSSARY, re.MULTILINE))
    for path in LESSONS:
        text = "\n".join(
            c.source for c in nbformat.read(path, as_version=4).cells if c.cell_type == "markdown"
        )
        cited = re.findall(r"([A-Z][a-zü]+)(?:(?:,| &) [A-Z][a-zü]+)*(?: et al\.)? ((?:19|20)\d{2})", text)
        missing = set(cited) - papers
        assert not missing, f"{path.name} cites {sorted(missing)}, which the glossary does not list"


def plain(node):
    """A definition without docstrings and annotations: what it does, not how it is described."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner) is not None:
            inner.body = inner.body[1:] or [ast.Pass()]
        if isinstance(inner, ast.FunctionDef):
            inner.returns = None
        if isinstance(inner, ast.arg):
            inner.annotation = None
    return ast.unparse(node)


def definitions(source):
    kinds = ast.FunctionDef | ast.ClassDef
    return {node.name: plain(node) for node in ast.parse(source).body if isinstance(node, kinds)}


@pytest.mark.parametrize("lesson", TAUGHT)
def test_what_a_lesson_writes_out_is_what_the_package_holds(lesson):
    cells = code_cells(nbformat.read(notebooks.FOLDER / f"{lesson}.ipynb", as_version=4))
    in_notebook = {}  # the first definition of a name: exercises ask for some of them again
    for cell in cells:
        in_notebook = {**definitions(cell.source), **in_notebook}
    for module in TAUGHT[lesson]:
        for name, code in definitions(inspect.getsource(module)).items():
            if name not in ELSEWHERE and not name.startswith("_"):
                assert in_notebook.get(name) == code, f"{name} differs between {lesson} and {module.__name__}"


def test_cleaning_forgets_the_run_and_keeps_what_readers_see():
    from nbformat.v4 import new_code_cell, new_notebook, new_output

    widget = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "HBox()"}
    cell = new_code_cell("1 + 1", execution_count=7, metadata={"execution": {"iopub": "1"}, "tags": ["kept"]})
    cell.outputs = [
        new_output("stream", name="stderr", text="100%|####| 3/3 [00:01<00:00]"),
        new_output("stream", name="stdout", text="one "),
        new_output("stream", name="stderr", text="100%|####| 3/3 [00:01<00:00]"),
        new_output("stream", name="stdout", text="two\n"),
        new_output("display_data", data=dict(widget)),
        new_output("display_data", data={**widget, "text/html": "<figure></figure>"}),
        new_output("execute_result", data={"text/plain": "2"}, execution_count=7),
    ]
    notebook = new_notebook(cells=[cell], metadata={"widgets": {"state": {}}, "name": "mine"})
    notebooks.clean(notebook)
    assert [output.get("text") or dict(output.data) for output in cell.outputs] == [
        "one two\n",
        {"text/html": "<figure></figure>", "text/plain": "HBox()"},
        {"text/plain": "2"},
    ]
    assert cell.execution_count == cell.outputs[-1].execution_count == 1
    assert cell.metadata == {"tags": ["kept"]}
    assert "widgets" not in notebook.metadata
    fonts = notebook.metadata.pop("@deathbeds/jupyterlab-fonts")
    assert fonts == {"styles": json.loads(notebooks.DECK_STYLE.read_text(encoding="utf-8"))}
    assert sorted(notebook.metadata) == ["kernelspec", "language_info", "vae_lessons"]


def test_refreshing_executes_in_place_and_leaves_a_notebook_that_raises_untouched(tmp_path, monkeypatch):
    from nbformat.v4 import new_code_cell, new_notebook

    monkeypatch.setenv("VAE_LESSONS_DATASET", "mnist")  # must not reach the committed outputs
    monkeypatch.setenv("VAE_LESSONS_STATE", "mine")
    monkeypatch.setenv("VAE_LESSONS_STRICT", "1")
    good, bad, telling = (tmp_path / f"{name}.ipynb" for name in ("good", "bad", "telling"))
    asked = "import os; print(*[os.environ.get(f'VAE_LESSONS_{name}') for name in ('DATASET', 'STRICT')])"
    not_mine = "os.environ['VAE_LESSONS_STATE'] == 'mine'"
    nbformat.write(new_notebook(cells=[new_code_cell(asked), new_code_cell(not_mine)]), good)
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0")]), bad)
    nbformat.write(new_notebook(cells=[new_code_cell("print('/home/' + 'someone/data')")]), telling)
    notebooks.refresh([good])
    refreshed = nbformat.read(good, as_version=4)
    assert refreshed.cells[0].outputs[0].text == "digits None\n"
    assert refreshed.cells[1].outputs[0].data["text/plain"] == "False"
    before = bad.read_bytes()
    with pytest.raises(ValueError, match="stopped at ZeroDivisionError: division by zero"):
        notebooks.refresh([bad])
    with pytest.raises(ValueError, match="cell 0 prints a path"):
        notebooks.refresh([telling])
    assert bad.read_bytes() == before
    assert sorted(tmp_path.iterdir()) == sorted([good, bad, telling])


def test_preparing_runs_every_lesson_and_says_where_one_stops(tmp_path, monkeypatch, capsys):
    from nbformat.v4 import new_code_cell, new_notebook

    from vae_lessons.__main__ import main

    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    ran = "open('ran.txt', 'a').write(__import__('os').environ['VAE_LESSONS_FRESH'])"
    for name in ("01_a", "02_b"):
        nbformat.write(new_notebook(cells=[new_code_cell(ran)]), tmp_path / f"{name}.ipynb")
    before = (tmp_path / "01_a.ipynb").read_bytes()
    assert main(["prepare"]) == main(["prepare", "--fresh"]) == 0
    assert (tmp_path / "ran.txt").read_text() == "0011"
    assert (tmp_path / "01_a.ipynb").read_bytes() == before, "outputs of one machine are not written"
    nbformat.write(new_notebook(cells=[new_code_cell("1 / 0", id="broken")]), tmp_path / "03_c.ipynb")
    capsys.readouterr()
    assert main(["prepare"]) == 1
    said = capsys.readouterr().err
    assert "The cell broken stopped at ZeroDivisionError" in said


def test_a_lesson_is_found_by_its_number():
    assert notebooks.lesson("04").stem == notebooks.lesson("4").stem == "04_kl_balance"
    with pytest.raises(ValueError, match="There is no lesson 99.\nGive one of 00, 01"):
        notebooks.lesson("99")


def test_a_cell_that_stops_is_named_with_what_to_do(monkeypatch):
    from nbformat.v4 import new_code_cell, new_notebook

    for code, said in (
        ("1 / 0", "The cell culprit stopped at ZeroDivisionError: division by zero"),
        ("import os; os._exit(1)", "The cell culprit ended its kernel"),
    ):
        notebook = new_notebook(
            cells=[new_code_cell("1"), new_code_cell(code, id="culprit"), new_code_cell("2")]
        )
        with pytest.raises(ValueError, match=said) as caught:
            notebooks.execute(notebook)
        assert len(str(caught.value).splitlines()) <= 5
