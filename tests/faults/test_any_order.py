"""The cells of a lesson in any order: each runs, or says which name it lacks; nothing hangs, and Run All mends it."""

import ast
import os
import random

import pytest

from tests.committed import code_cells, committed
from tests.conftest import Hurried, cut_down, quick_judge, use_few_strings
from vae_lessons import data, plotting
from vae_lessons.evaluation import judge
from vae_lessons.exercises import banner

ORDERS = int(os.environ.get("VAE_LESSONS_ORDERS", 1))  # twenty were tried, some seconds each
# What a cell may raise because one before it has not run: names that are not there, or are still another cell's.
LACKING = (
    NameError,
    AttributeError,
    TypeError,
    ValueError,
    KeyError,
    IndexError,
    RuntimeError,
    AssertionError,
)


@pytest.mark.parametrize("order", range(ORDERS))
def test_a_lesson_in_a_random_order_raises_only_for_what_has_not_run(lesson, order, monkeypatch, capfd):
    monkeypatch.setattr(data, "load", cut_down(data.load))
    use_few_strings(monkeypatch.setattr)
    monkeypatch.setattr(judge, "_judge", quick_judge)
    monkeypatch.setattr(plotting, "show", lambda figure, caption, alt: None)
    monkeypatch.setattr(banner, "show_as", lambda bundle: None)
    cells = code_cells(committed(lesson))
    chance = random.Random(f"{lesson} {order}")
    shuffled = [cells[0], *chance.sample(cells[1:], len(cells) - 1)]  # without the imports none would run
    space, ran = {"__name__": "__main__"}, 0
    for cell in shuffled:
        code = compile(ast.fix_missing_locations(Hurried().visit(ast.parse(cell.source))), "cell", "exec")
        try:
            exec(code, space)
            ran += 1
        except LACKING as error:
            missing = isinstance(error, NameError)
            assert missing or str(error), f"{cell.id} says nothing: {error!r}"
            if not missing:
                assert str(error).count("\n") < 12, f"{cell.id}: {error}"
    assert ran > len(cells) / 10
