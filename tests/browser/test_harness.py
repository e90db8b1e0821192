"""The harness itself: it drives a widget, and it sees what is wrong where something is."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests.browser.offline import executed
from vae_lessons.classroom import lessons

WIDGET = '''
import anywidget, traitlets

class Strength(anywidget.AnyWidget):
    _esm = """
    function render({ model, el }) {
        const label = document.createElement("label"), input = document.createElement("input");
        const bar = document.createElement("output");
        input.type = "range";
        input.max = 10;
        input.value = model.get("value");
        label.append("strength ", input);
        el.append(label, bar);
        el.className = "strength";
        const draw = () => { bar.textContent = "#".repeat(model.get("length")); };
        input.addEventListener("input", () => {
            model.set("value", Number(input.value));
            model.save_changes();
        });
        model.on("change:length", draw);
        draw();
    }
    export default { render };
    """
    value = traitlets.Int(3).tag(sync=True)
    length = traitlets.Int(3).tag(sync=True)

    @traitlets.observe("value")
    def _answer(self, change):
        self.length = change.new

    def _repr_mimebundle_(self, **kwargs):
        bundle, _ = super()._repr_mimebundle_(**kwargs)
        return bundle | {"text/html": '<p class="vae-lessons-still">still</p>'}

Strength()
'''
BARE = WIDGET.replace('label.append("strength ", input);', "label.append(input);")
BROKEN = WIDGET.replace("draw();\n    }", "draw();\n        el.missing.x;\n    }")
BROKEN_LATER = WIDGET.replace("model.save_changes();", "model.savechanges();")
SAVE = """() => {
    const { context } = window.jupyterapp.shell.currentWidget;
    context.model.dirty = true;
    context.save();
}"""


def notebook(*sources):
    return new_notebook(cells=[new_code_cell(source) for source in sources])


def until_a_problem(page):
    """The first thing that went wrong on the page; fails where nothing does."""
    for _ in range(100):
        if page.problems:
            return page.problems[0]
        page.wait_for_timeout(100)
    pytest.fail("no problem was seen")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_widget_in_jupyterlab_answers_the_hand_through_the_kernel(open_notebook, theme):
    page = open_notebook(notebook(WIDGET), theme=theme, width=900, height=700)
    page.locator(".strength input").fill("7")
    page.get_by_text("#######", exact=True).wait_for()
    assert page.evaluate("document.body.dataset.jpThemeLight") == str(theme == "light").lower()
    assert page.viewport_size == {"width": 900, "height": 700}
    assert page.problems == []


def test_an_error_in_a_widgets_script_is_seen(open_notebook):
    assert "reading 'x'" in until_a_problem(open_notebook(notebook(BROKEN)))


def test_an_error_while_the_hand_moves_a_widget_is_seen(open_notebook):
    page = open_notebook(notebook(BROKEN_LATER))
    page.locator(".strength input").fill("7")
    assert "savechanges is not a function" in until_a_problem(page)


def test_a_cell_that_raises_fails_the_test_with_its_traceback(open_notebook):
    with pytest.raises(AssertionError, match="(?s)1 / 0.*ZeroDivisionError"):
        open_notebook(notebook("x = 1", "1 / 0", "x"))


def test_a_notebook_opened_without_running_it_asks_no_one_but_the_server(open_notebook, lab):
    page = open_notebook(notebook("print('ran')"), run=False)
    assert page.locator(".jp-OutputArea-output").count() == 0
    asked = page.evaluate("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [url for url in asked if not url.startswith((lab.url, "blob:", "data:"))] == []
    news = lab.request("GET", "lab/api/settings/@jupyterlab/apputils-extension:notification")
    assert news["schema"]["properties"]["fetchNews"]["default"] == "false"


def test_no_kernel_is_left_by_the_tests_before(lab):
    assert lab.request("GET", "api/kernels") == []


def test_axe_names_an_input_without_a_label_and_passes_one_that_has_it(open_notebook, axe):
    page = open_notebook(notebook(WIDGET, BARE))
    page.locator(".strength").nth(1).wait_for()
    page.evaluate("document.querySelectorAll('.strength').forEach((el, i) => { el.id = `widget-${i}`; })")
    assert axe(page, "#widget-0") == []
    (violation,) = axe(page, "#widget-1")
    assert violation.startswith("label: ")
    assert '<input type="range"' in violation


def test_a_saved_notebook_shows_the_still_when_it_is_opened_again(open_notebook, lab):
    page = open_notebook(notebook(WIDGET))
    page.locator(".strength input").wait_for()
    for _ in range(2):  # the second save would ask, had the first left the file other than JupyterLab thinks
        page.evaluate(SAVE)
        page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
    path = max(lab.root.glob("*.ipynb"), key=lambda path: path.stat().st_mtime)
    (output,) = nbformat.read(path, as_version=4).cells[0].outputs
    assert sorted(output.data) == ["text/html", "text/plain"]
    assert page.locator(".strength input").is_visible()
    page.reload()
    page.get_by_text("still", exact=True).wait_for()
    assert page.problems == []


def test_an_exported_page_draws_its_widgets_and_asks_the_network_for_nothing(exported_page):
    page = exported_page(executed(notebook(WIDGET)))
    page.get_by_text("###", exact=True).wait_for()
    page.locator(".strength input").fill("7")
    assert page.url.startswith("file://")
    assert page.requests == []
    assert page.problems == []


def test_an_exported_page_that_asks_the_network_is_seen(exported_page):
    page = exported_page(
        executed(notebook("from IPython.display import HTML; HTML('<img src=http://127.0.0.1/a.png>')"))
    )
    assert page.requests == ["http://127.0.0.1/a.png"]


def changed(page):
    """Whether JupyterLab shows the notebook as changed, some seconds after its kernel was ready."""
    page.wait_for_timeout(3000)
    return page.evaluate("window.jupyterapp.shell.currentWidget.context.model.dirty")


@pytest.mark.parametrize("path", lessons.paths()[:2], ids=lambda path: path.stem)
def test_opening_a_lesson_changes_nothing_and_a_notebook_that_names_no_python_shows_that_this_is_seen(
    open_notebook, path
):
    lesson = nbformat.read(path, as_version=4)
    assert not changed(open_notebook(lesson, run=False))
    del lesson.metadata["vae_lessons"]
    assert changed(open_notebook(lesson, run=False))
