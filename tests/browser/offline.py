"""A notebook as a folder that opens without Jupyter and without a network."""

import shutil
from pathlib import Path

from jupyter_core.paths import jupyter_path
from nbclient import NotebookClient
from nbconvert import HTMLExporter
from nbformat import NotebookNode


def executed(notebook: NotebookNode) -> NotebookNode:
    """The notebook, run without a browser, with the widgets' state in its metadata."""
    return NotebookClient(notebook, kernel_name="python3", store_widget_state=True).execute()


def to_offline_html(notebook: NotebookNode, folder: Path, scripts: list[Path]) -> Path:
    """Write index.html and the scripts it loads into the folder, and return its path.

    notebook: executed, with the widgets' state in its metadata. scripts: require.js, and embed-amd.js of
    @jupyter-widgets/html-manager; anywidget's script is the installed one. Formulas stay TeX.
    """
    anywidget = map(Path, jupyter_path("nbextensions", "anywidget", "index.js"))
    shutil.copyfile(next(filter(Path.is_file, anywidget)), folder / "anywidget.js")
    for script in scripts:
        shutil.copyfile(script, folder / script.name)
    exporter = HTMLExporter(
        require_js_url="require.js", widget_renderer_url="embed-amd.js", mathjax_url="", mermaid_js_url=""
    )
    html, _ = exporter.from_notebook_node(notebook)
    page = folder / "index.html"
    page.write_text(html, encoding="utf-8")
    return page
