"""Checks that know the mistake: each declared mistake gets its own diagnosis, no right answer is refused."""

import importlib

import pytest

from vae_lessons.exercises.catalogue import LESSONS, exercises
from vae_lessons.exercises.exercise import DIAGNOSED, RAISED, RIGHT, WRONG, diagnosis

ANSWERS = {name: importlib.import_module(f"tests.exercises.answers_{name}") for name in LESSONS}
EXERCISES = list(exercises().values())


def answers(kind):
    """(exercise, answer) of every answer of this kind, with readable ids."""
    return [
        pytest.param(exercise, answer, id=f"{exercise.number}-{place}")
        for exercise in EXERCISES
        for place, answer in enumerate(
            getattr(ANSWERS[f"0{exercise.number[0]}"], kind).get(exercise.number, [])
        )
    ]


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.number)
def test_every_mistake_gets_its_own_diagnosis(exercise):
    for mistake in exercise.mistakes:
        verdict = exercise.judge(mistake)
        assert (verdict.state, verdict.sentence) == (DIAGNOSED, diagnosis(mistake)), verdict


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.number)
def test_at_least_five_styles_of_right_answers_are_tried(exercise):
    assert len(ANSWERS[f"0{exercise.number[0]}"].RIGHT[exercise.number]) >= 5


@pytest.mark.parametrize(("exercise", "answer"), answers("RIGHT"))
def test_right_answers_of_any_style_pass_under_every_seed(exercise, answer):
    for seed in range(20):
        verdict = exercise.judge(answer, seed=seed)
        assert verdict.state == RIGHT, verdict


@pytest.mark.parametrize(("exercise", "answer"), answers("COMBINED"))
def test_two_mistakes_at_once_never_pass_and_show_where_they_differ(exercise, answer):
    verdict = exercise.judge(answer)
    assert verdict.state in (WRONG, RAISED, DIAGNOSED)
    assert verdict.evidence
