"""check, hint and solution as a student meets them."""

import pytest
import torch

from vae_lessons.exercises import check, hint, record, require, solution
from vae_lessons.exercises.check import NotYet, _latest
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.kl import kl_closed_form


def right(mu, logvar):
    return (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum(1)


def negative(mu, logvar):
    return -right(mu, logvar)


def stub(mu, logvar): ...


def failing(mu, logvar):
    return mu @ logvar


def test_a_right_function_comes_back(notes):
    assert check("2.3", right) is right
    assert notes[-1].startswith("✓ 2.3 The KL in closed form · right")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (stub, "not attempted yet"),
        (negative, "Your KL is negative"),
        (failing, "of failing: return mu @ logvar"),
        (lambda mu, logvar: right(mu, logvar) + 1e-2, "yours"),
        (None, "You passed None"),
        (torch.nn.Linear(2, 2), "TypeError"),  # it may be called, and takes one tensor
        (torch.ones(3), 'check("2.3", name), with no brackets'),
    ],
)
def test_for_anything_else_the_course_s_own_function_comes_back(notes, answer, said):
    assert check("2.3", answer) is kl_closed_form
    assert said in notes[-1]
    assert "the course's own is used" in notes[-1]
    assert "Incorrect" not in notes[-1]


@pytest.mark.parametrize("answer", [stub, negative, failing, None])
def test_strict_raises_for_whatever_is_not_right(notes, monkeypatch, answer):
    monkeypatch.setenv("VAE_LESSONS_STRICT", "1")
    with pytest.raises(NotYet, match="2.3 The KL in closed form"):
        check("2.3", answer)
    assert check("2.3", right) is right


def test_an_unknown_number_is_told_and_the_function_comes_back(notes):
    assert check("2.33", right) is right
    assert "There is no exercise 2.33" in notes[-1]
    assert notes[-1].splitlines()[1] == "There are 2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8."
    hint("nonsense"), solution("nonsense")
    assert len(notes) == 3


CURVES = {2: 40.0, 8: 30.0, 32: 10.0, 64: 5.0}


def test_a_number_read_off_the_run_handed_over_is_right_there_and_only_there(notes):
    def by_eye(pca_errors, reached):
        return 32

    assert check("1.5", by_eye, CURVES, 10.0) is by_eye
    assert check("1.5", by_eye, CURVES, 30.0) is not by_eye
    assert "yours  32" in notes[-1] and "true" not in notes[-1]


@pytest.mark.parametrize("measured", [(), (None, 10.0), (CURVES,), (CURVES, "ten"), ({}, 10.0)])
def test_a_reading_without_its_run_is_asked_for_it_and_counts_as_no_try(notes, measured):
    check("1.5", lambda pca_errors, reached: 32, *measured)
    assert "needs what your run measured" in notes[-1]
    assert "1.5" not in record.read()["exercises"]


def test_a_run_handed_to_a_function_that_needs_none_is_told(notes):
    assert check("2.3", right, CURVES) is kl_closed_form
    assert 'check("2.3", name) takes nothing else' in notes[-1]


def test_a_defect_of_the_check_does_not_stop_the_notebook(notes, monkeypatch):
    def broken(self, answer):
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(Exercise, "assess", broken)
    assert check("2.3", right) is kl_closed_form
    assert "The check itself failed (ZeroDivisionError: ours)" in notes[-1]


def test_hints_come_one_at_a_time_and_are_counted(notes):
    for count in (1, 2, 3, 4):
        hint("2.3")
        assert notes[-1].count("Hint ") == min(count, 3)
    assert record.read()["exercises"]["2.3"]["hints"] == 3
    assert 'hint("2.3") once more' in notes[0]
    assert "once more" not in notes[2]


def test_hints_after_solving_cost_nothing(notes):
    check("2.3", right)
    hint("2.3")
    assert notes[-1].count("Hint ") == 3
    assert record.read()["exercises"]["2.3"]["hints"] == 0


def test_the_solution_is_the_package_s_source_and_looking_is_counted_before_solving_only(notes):
    solution("2.3")
    assert "def kl_closed_form(" in notes[-1]
    assert "def kl_per_latent(" in notes[-1]
    assert record.read()["exercises"]["2.3"]["solution"] is True
    check(
        "2.1",
        lambda x_logits, x: __import__("vae_lessons.likelihoods").likelihoods.bernoulli_log_likelihood(
            x_logits, x
        ),
    )
    solution("2.1")
    assert record.read()["exercises"]["2.1"] == {"tries": 1, "solved": True, "hints": 0, "solution": False}


def test_tries_are_counted_until_solved_and_a_stub_is_none(notes):
    for answer in (stub, negative, failing, right, negative):
        check("2.3", answer)
    assert record.read()["exercises"]["2.3"] == {"tries": 3, "solved": True, "hints": 0, "solution": False}


def test_require_raises_until_the_latest_check_found_the_answer_right(notes):
    _latest.clear()
    with pytest.raises(NotYet, match="2.2 .*not attempted. It was not checked in this session"):
        require("2.2")
    check("2.3", negative)
    with pytest.raises(NotYet, match="2.3 The KL in closed form: "):
        require("2.3")
    check("2.3", kl_closed_form)
    require("2.3")
    require(2.3)
    check("2.3", negative)
    with pytest.raises(NotYet):
        require("2.3")
    with pytest.raises(NotYet):
        require("9.99")
