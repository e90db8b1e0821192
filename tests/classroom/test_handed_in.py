"""What grading takes from a notebook: statements that define something, and checks, however they are written."""

import pytest

from vae_lessons.classroom.handed_in import steps, without_copies


def kept(*cells, of_the_lesson=()):
    """The code that runs, and the checks, as (number, answer, target)."""
    found = without_copies(steps(list(cells)), set(of_the_lesson))
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


def test_a_step_says_which_names_it_makes():
    makes = [
        step.makes for step in steps(["import numpy as np", "def f(x):\n    y = x", "a, (b, c) = 1, (2, 3)"])
    ]
    assert makes == [("np",), ("f",), ("a", "b", "c")]
