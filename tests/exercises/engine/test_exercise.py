"""An exercise tells right answers, known mistakes and unknown ones apart, in order, and leaves no trace."""

import random

import numpy as np
import pytest
import torch

from vae_lessons.exercises.engine.exercise import (
    DIAGNOSED,
    NOT_ATTEMPTED,
    RAISED,
    RIGHT,
    WRONG,
    Exercise,
    Prediction,
    Verdict,
    lesson_of,
)


def test_a_right_answer_is_right(doubling):
    assert doubling.assess(lambda x: x + x) == Verdict(RIGHT, "Right.")


def test_a_known_mistake_is_named_and_shown_on_the_smallest_input(doubling):
    verdict = doubling.assess(lambda x: x + x + x)
    assert (verdict.state, verdict.sentence) == (DIAGNOSED, "You took it three times.")
    assert verdict.evidence == "Given x = [0.7]\nthe result\n  yours  [2.1]\n  true   [1.4]"


def test_an_unknown_mistake_shows_the_smallest_input_where_it_differs(doubling):
    verdict = doubling.assess(lambda x: 2 * x + (x - x.max()) ** 3)
    assert verdict.state == WRONG
    assert verdict.evidence == (
        "Given x = [0.7, -1.3, 0.4]\nthe result\n  yours  [1.4, -10.6, 0.773]\n  true   [1.4, -2.6, 0.8]"
    )


def test_a_stub_is_not_attempted(doubling):
    def stub(x): ...

    assert doubling.assess(stub).state == NOT_ATTEMPTED


def test_what_was_handed_out_counts_as_not_attempted_until_it_changes(doubling):
    doubling.given = lambda x: x * 1
    assert doubling.assess(lambda x: x + 0).state == NOT_ATTEMPTED
    assert doubling.assess(lambda x: x + 1).state == WRONG


@pytest.mark.parametrize("error", [ValueError, SystemExit, RecursionError, KeyboardInterrupt])
def test_whatever_an_answer_raises_is_told_not_raised(doubling, error):
    def answer(x):
        raise error("because")

    verdict = doubling.assess(answer)
    assert verdict.state == RAISED
    assert "because" in verdict.evidence or error is KeyboardInterrupt


def test_random_states_are_left_as_they_were_and_prints_are_dropped(doubling, capsys):
    def answer(x):
        torch.rand(3), np.random.rand(3), random.random()  # noqa: NPY002
        torch.manual_seed(5), np.random.seed(5), random.seed(5)  # noqa: NPY002
        print("hello")
        return 2 * x

    states = torch.random.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    assert doubling.assess(answer).state == RIGHT
    assert torch.equal(torch.random.get_rng_state(), states[0])
    assert (np.random.get_state()[1] == states[1]).all()  # noqa: NPY002
    assert random.getstate() == states[2]
    assert capsys.readouterr().out == ""


def test_an_answer_that_changes_the_default_type_changes_no_verdict(doubling):
    def answer(x):
        torch.set_default_dtype(torch.float64)
        return 3 * x

    before = torch.get_default_dtype()
    assert doubling.assess(answer).state == DIAGNOSED
    assert torch.get_default_dtype() == before


def test_a_check_inside_no_grad_still_sees_gradients(doubling):
    with torch.no_grad():
        assert doubling.assess(doubling.reference).state == RIGHT


def numbered(number):
    return Exercise(number, "", "", 3, 1, reference=abs, probe=iter, hints=("", "", ""))


def test_exercises_are_ordered_by_lesson_and_number_and_not_by_their_digits():
    numbers = ["10.1", "2.10", "2.9", "1.1", "2.1"]
    ordered = sorted(map(numbered, numbers), key=lambda exercise: exercise.place)
    assert [exercise.number for exercise in ordered] == ["1.1", "2.1", "2.9", "2.10", "10.1"]


@pytest.mark.parametrize(
    ("number", "lesson"),
    [("2.9", "02"), ("2.10", "02"), ("10.1", "10"), ("4-collapse", "04"), ("10-far", "10")],
)
def test_the_lesson_is_all_that_stands_before_the_point_or_the_dash(number, lesson):
    assert lesson_of(number) == lesson
    assert numbered(number).lesson == lesson
    assert Prediction(number, "", ("", ""), 0, "").lesson == lesson
