"""Checks that know the mistake: each declared mistake gets its own diagnosis, no right answer is refused."""

import os
from importlib import import_module
from pkgutil import iter_modules

import pytest
import torch

from vae_lessons.exercises.catalogue import exercises
from vae_lessons.exercises.engine.exercise import DIAGNOSED, RAISED, RIGHT, WRONG, diagnosis


def in_lessons(package):
    """The modules in the lessons' folders of a package, by their place in it, like "lesson_02.kl"."""
    for folder in iter_modules(import_module(package).__path__):
        if folder.name.startswith("lesson_"):
            for module in iter_modules(import_module(f"{package}.{folder.name}").__path__):
                place = f"{folder.name}.{module.name}"
                yield place, import_module(f"{package}.{place}")


DECLARED = {
    place: module.EXERCISE
    for place, module in in_lessons("vae_lessons.exercises")
    if hasattr(module, "EXERCISE")
}
ANSWERS = {place: module for place, module in in_lessons("tests.exercises") if hasattr(module, "RIGHT")}
EXERCISES = list(exercises().values())


def answers_to(exercise, kind):
    """The answers of this kind to an exercise, from the file at its module's place."""
    (place,) = (place for place, declared in DECLARED.items() if declared is exercise)
    return getattr(ANSWERS.get(place), kind, [])


def answers(kind):
    """(exercise, answer) of every answer of this kind, with readable ids."""
    return [
        pytest.param(exercise, answer, id=f"{exercise.number}-{number}")
        for exercise in EXERCISES
        for number, answer in enumerate(answers_to(exercise, kind))
    ]


def test_every_exercise_has_its_answers_and_all_answers_have_their_exercise():
    assert sorted(DECLARED) == sorted(ANSWERS)
    assert sorted(exercises()) == sorted(declared.number for declared in DECLARED.values())


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.number)
def test_every_mistake_gets_its_own_diagnosis(exercise):
    for mistake in exercise.mistakes:
        verdict = exercise.assess(mistake)
        assert (verdict.state, verdict.sentence) == (DIAGNOSED, diagnosis(mistake)), verdict


def spread_by_loop(mu, logvar, samples):
    q, p = torch.distributions.Normal(mu, (0.5 * logvar).exp()), torch.distributions.Normal(0.0, 1.0)
    z = [q.sample() for _ in range(samples)]
    ratios = torch.stack([(q.log_prob(one) - p.log_prob(one)).sum(-1) for one in z])
    return ratios.mean(0), ratios.std(0)


def wide_by_rows(mu, logvar):
    return torch.stack([m + v.exp() * torch.randn(len(m)) for m, v in zip(mu, logvar, strict=True)])


def uniform_by_distribution(mu, logvar):
    return mu + (0.5 * logvar).exp() * torch.distributions.Uniform(0.0, 1.0).sample(mu.shape)


@pytest.mark.parametrize(
    ("number", "answer", "sentence"),
    [
        ("2.4", spread_by_loop, "The estimate is right; the second number is the standard deviation"),
        ("3.1", wide_by_rows, "You use exp(logvar), the variance, as the standard deviation"),
        ("3.1", uniform_by_distribution, "The noise is uniform from 0 to 1"),
    ],
)
def test_a_mistake_is_recognised_however_it_draws(number, answer, sentence):
    for seed in range(5):
        assert exercises()[number].assess(answer, seed=seed).sentence.startswith(sentence)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.number)
def test_at_least_five_styles_of_right_answers_are_tried(exercise):
    assert len(answers_to(exercise, "RIGHT")) >= 5


@pytest.mark.parametrize(("exercise", "answer"), answers("RIGHT"))
def test_right_answers_of_any_style_pass_under_every_seed(exercise, answer):
    seeds = int(os.environ.get("VAE_LESSONS_SEEDS", 2))  # ten were tried
    for seed in range(seeds if exercise.seconds <= 20 else 2):  # fewer where each takes long
        verdict = exercise.assess(answer, seed=seed)
        assert verdict.state == RIGHT, verdict


@pytest.mark.parametrize(("exercise", "answer"), answers("COMBINED"))
def test_two_mistakes_at_once_never_pass_and_show_where_they_differ(exercise, answer):
    verdict = exercise.assess(answer)
    assert verdict.state in (WRONG, RAISED, DIAGNOSED)
    assert verdict.evidence
