"""Notebooks are read whatever wrote them, as far as they go; of their code, which names it makes."""

import ast
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from vae_lessons.notebook_cells import CodeCell, code_cells, names_made, parsed, read


def saved(path, encoding, line_end):
    notebook = new_notebook(cells=[new_markdown_cell("# Größe\n\ntext"), new_code_cell("x = 'ä'\ny = 2")])
    path.write_bytes(nbformat.writes(notebook).replace("\n", line_end).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_byte_order_marks_and_line_ends_make_no_difference(tmp_path, encoding, line_end):
    path = saved(tmp_path / "a.ipynb", encoding, line_end)
    assert [cell.source for cell in read(path).cells] == ["# Größe\n\ntext", "x = 'ä'\ny = 2"]
    assert code_cells(path) == [CodeCell("x = 'ä'\ny = 2", "Größe")]


def test_line_ends_of_windows_within_cells_are_read_as_line_ends(tmp_path):
    notebook = new_notebook(cells=[new_code_cell("if x:\r\n    y = 1\r\n")])
    path = tmp_path / "a.ipynb"
    path.write_text(nbformat.writes(notebook), encoding="utf-8")
    assert read(path).cells[0].source == code_cells(path)[0].source == "if x:\n    y = 1\n"


NO_NOTEBOOKS = ["", "[]", "3", '{"cells": 3, "worksheets": []}', "not json", '{"nbformat": 4}', "[" * 100_000]


@pytest.mark.parametrize("content", NO_NOTEBOOKS)
def test_what_is_no_notebook_is_refused_or_empty(tmp_path, content):
    (tmp_path / "a.ipynb").write_text(content)
    try:
        assert code_cells(tmp_path / "a.ipynb") == []
    except ValueError as error:
        assert "a.ipynb is not a Jupyter notebook" in str(error)


@pytest.mark.parametrize("content", [*NO_NOTEBOOKS, "\xff"])
def test_reading_whole_notebooks_refuses_all_others_kindly(tmp_path, content):
    (tmp_path / "a.ipynb").write_text(content, encoding="latin-1")
    with pytest.raises(ValueError, match="a.ipynb is not a Jupyter notebook"):
        read(tmp_path / "a.ipynb")


def test_cells_that_are_no_cells_are_passed_over(tmp_path):
    good = {"cell_type": "code", "source": ["x = 1\n", 3, "y = 2"]}
    cells = [
        3,
        None,
        {},
        {"cell_type": "code", "source": 12},
        {"source": "z = 1"},
        good,
        {"cell_type": "code"},
    ]
    (tmp_path / "a.ipynb").write_text(json.dumps({"cells": cells}))
    assert [cell.source for cell in code_cells(tmp_path / "a.ipynb")] == ["x = 1\ny = 2", ""]


def test_a_notebook_of_the_old_format_is_read(tmp_path):
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n", "y = 2"]}]}]}
    (tmp_path / "a.ipynb").write_text(json.dumps(old))
    assert code_cells(tmp_path / "a.ipynb") == [CodeCell("x = 1\ny = 2", "the top")]


@pytest.mark.parametrize(
    "source", ["%%bash\nls", "%%html\n<b>", "def (", "\x00", "x = " + "(" * 300, "%%timeless\n1"]
)
def test_what_is_no_python_is_nothing(source):
    assert parsed(source).body == []


@pytest.mark.parametrize(
    "source",
    [
        "x = f(1)",
        "%time x = f(1)",
        "%%time\nx = f(1)",
        "\n\n%%capture --no-stderr\nx = f(1)",
        "%timeit -n 3 -r 2 x = f(1)",
        "x?\nx = f(1)",
        "!ls\nx = f(1)",
        "%matplotlib inline\nx = f(1)",
        "files = !ls\nx = f(1)",
    ],
)
def test_python_is_found_among_the_syntax_of_notebooks(source):
    assert ast.unparse(parsed(source).body[-1]) == "x = f(1)"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import numpy as np, os.path", {"np", "os"}),
        ("from torch import nn as n, optim", {"n", "optim"}),
        ("def f(x):\n    y = x", {"f"}),
        ("class A:\n    b = 1", {"A"}),
        ("a, (b, *c) = d", {"a", "b", "c"}),
        ("with open('x') as file, x:\n    y: int = 3", {"file", "y"}),
        ("for n in range(3):\n    if (m := n):\n        s += 1", {"n", "m", "s"}),
        ("squares = [k * k for k in range(3)]", {"squares"}),
        ("match x:\n    case [first, *rest] | {'a': first, **rest}:\n        pass", {"first", "rest"}),
        ("table['a'] = 1\nmodel.weight = 2", set()),
        ("", set()),
    ],
)
def test_names_are_those_that_get_a_value_where_the_code_stands(source, names):
    assert names_made(ast.parse(source)) == names
