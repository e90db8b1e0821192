"""A probe looks beyond the numbers: at gradients, at inputs that an answer has edited, at the run it is read off."""

import pytest
import torch

from vae_lessons.exercises.engine.exercise import DIAGNOSED, RIGHT, Exercise
from vae_lessons.exercises.engine.probes import read_off


def test_right_numbers_without_a_gradient_are_not_right(doubling):
    verdict = doubling.assess(lambda x: 2 * x.detach())
    assert verdict.sentence.startswith("Your numbers are right, but no gradient reaches x")
    assert "the gradient for x" in verdict.evidence


def test_an_edited_input_is_seen(doubling):
    verdict = doubling.assess(lambda x: x.mul_(2))
    assert verdict.sentence.startswith("Your numbers are right, but the call changed x")
    assert "x after the call\n  yours  changed\n  true   as it was" in verdict.evidence


def lowest(errors):
    """The setting with the lowest error."""
    return min(errors, key=errors.get)


@pytest.fixture
def reading():
    """The best setting of a sweep, read off it, with one mistake that is known: the error itself."""
    made = Exercise(
        number="9.2",
        title="Read: the best setting",
        task="Which setting has the lowest error?",
        minutes=3,
        difficulty=1,
        reference=lowest,
        reads=read_off("the best setting", lowest, tolerance=0.1),
        course_runs={"digits": ({1.0: 5.0, 4.0: 3.0},), "mnist": ({1.0: 3.0, 4.0: 5.0},)},
        hints=("Lowest.", "Of the errors.", "min."),
    )
    made.recognise("This is the error; asked is the setting.", lambda errors: min(errors.values()))
    return made


@pytest.mark.parametrize("answer", [8.0, 8.7, 7.3, torch.tensor([8.0])])
def test_a_number_read_off_the_student_s_own_run_is_right_within_the_tolerance(reading, answer):
    assert reading.on_run({2.0: 6.0, 8.0: 1.0}).assess(lambda errors: answer).state == RIGHT


def test_a_reading_of_another_run_is_wrong_and_the_true_number_is_not_told(reading):
    verdict = reading.on_run({2.0: 6.0, 8.0: 1.0}).assess(lambda errors: 4.0)
    assert verdict.sentence == "Your number is too small, by more than a reading may be off."
    assert verdict.evidence == "Given what your run measured\nthe best setting\n  yours  4"


def test_a_known_misreading_is_named_on_any_run(reading):
    for run in ({2.0: 6.0, 8.0: 1.0}, {3.0: 0.5, 5.0: 0.7}):
        verdict = reading.on_run(run).assess(lambda errors: min(errors.values()))
        assert verdict.sentence == "This is the error; asked is the setting."


@pytest.mark.parametrize("answer", [0.0, -8.0, float("nan"), "8", [8.0, 8.0]])
def test_what_is_no_positive_number_is_no_reading(reading, answer):
    verdict = reading.on_run({8.0: 1.0}).assess(lambda errors: answer)
    assert verdict.sentence.startswith("What is returned: ") and verdict.state == DIAGNOSED


def test_an_answer_that_changes_the_run_it_reads_changes_no_verdict(reading):
    run = {2.0: 6.0, 8.0: 1.0}

    def answer(errors):
        errors.clear()
        return 8.0

    assert reading.on_run(run).assess(answer).state == RIGHT
    assert run == {2.0: 6.0, 8.0: 1.0}


@pytest.mark.parametrize(("answer", "state"), [(4.0, RIGHT), (1.0, RIGHT), (2.0, DIAGNOSED)])
def test_a_reading_is_graded_by_the_course_s_own_runs(reading, answer, state):
    assert reading.grade(lambda errors: answer).state == state
