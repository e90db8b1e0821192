"""What grading takes from a notebook: statements that define something, and checks, however they are written."""

import json

import pytest

from vae_lessons.classroom.handed_in import Step, code_cells, made, parsed, steps


def kept(*cells, **options):
    """The code that runs, and the checks, as (number, answer, target)."""
    found = steps(list(cells), **options)
    return [(one.number, one.code, one.target) if one.number else one.code for one in found if not one.why]


@pytest.mark.parametrize(
    "line",
    [
        "import math",
        "from torch import nn",
        "def f(x):\n    return x",
        "class A:\n    pass",
        "half = 0.5",
        "half: float = 1 / 2",
        "f = lambda x: train(x)",
        "sizes = [2 ** n for n in range(3)]",
        "half, one = (0.5, 1)",
        "try:\n    import jax\nexcept ImportError:\n    jax = None",
    ],
)
def test_imports_definitions_and_constants_are_kept(line):
    assert kept(line) == [line]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("vae = VAE()", "it calls VAE"),
        ("history = fit(vae, images)", "it calls fit"),
        ("print(3)", "neither an import"),
        ("for n in range(3):\n    x = n", "neither an import"),
        ("open('f', 'w').write('x')", "neither an import"),
        ("text = open('f').read()", "it calls open"),
    ],
)
def test_what_computes_or_acts_is_left_out_with_a_reason(line, why):
    (step,) = steps([line])
    assert why in step.why


def test_calls_of_libraries_that_return_at_once_are_kept():
    assert (
        len(
            kept(
                "import math, torch\nimport numpy as np", "a = math.log(2)\nb = torch.eye(3)\nc = np.ones(2)"
            )
        )
        == 5
    )


def test_the_lesson_s_own_names_keep_their_definition_unless_they_are_checked():
    cells = ["def kl():\n    return 1", "def loss():\n    return 2", "loss = check('2.5', loss)"]
    of_the_lesson = frozenset({"kl", "loss"})
    assert kept(*cells, of_the_lesson=of_the_lesson) == [cells[1], ("2.5", "loss", "loss")]


def test_all_checks_of_a_cell_are_found_in_their_order():
    assert kept("a = check('2.1', a)\ncheck(2.3, b)") == [("2.1", "a", "a"), ("2.3", "b", "")]


@pytest.mark.parametrize("source", ["%%bash\nls", "%%html\n<b>", "def (", "\x00", "x = " + "(" * 300])
def test_what_is_no_python_is_nothing(source):
    assert parsed(source).body == []


def test_names_are_those_that_a_step_gives_a_value():
    assert made(Step("import numpy as np")) == {"np"}
    assert made(Step("def f(x):\n    y = x")) == {"f"}
    assert made(Step("a, (b, c) = 1, (2, 3)")) == {"a", "b", "c"}


@pytest.mark.parametrize(
    "content", ["", "[]", "3", '{"cells": 3, "worksheets": []}', "not json", '{"nbformat": 4}', "[" * 100_000]
)
def test_what_is_no_notebook_is_refused_or_empty(tmp_path, content):
    (tmp_path / "a.ipynb").write_text(content)
    try:
        assert code_cells(tmp_path / "a.ipynb") == []
    except ValueError as error:
        assert "a.ipynb is not a Jupyter notebook" in str(error)


def test_a_notebook_of_the_old_format_is_read(tmp_path):
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["x = 1\n", "y = 2"]}]}]}
    (tmp_path / "a.ipynb").write_text(json.dumps(old))
    assert code_cells(tmp_path / "a.ipynb") == ["x = 1\ny = 2"]
