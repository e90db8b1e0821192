"""Whatever an answer sets in the process, the notebook and the next check find it as it was."""

import builtins
import os
import random
import sys
import warnings

import numpy as np
import pytest
import torch
from torch.distributions import Bernoulli, Distribution

from vae_lessons.exercises.catalogue import exercises
from vae_lessons.exercises.engine.exercise import RIGHT
from vae_lessons.kl import kl_closed_form

SETTINGS = {
    "default dtype": (lambda: torch.set_default_dtype(torch.float64), torch.get_default_dtype),
    "default device": (lambda: torch.set_default_device("meta"), torch.get_default_device),
    "anomaly detection": (lambda: torch.autograd.set_detect_anomaly(True), torch.is_anomaly_enabled),
    "determinism": (
        lambda: torch.use_deterministic_algorithms(True),
        torch.are_deterministic_algorithms_enabled,
    ),
    "printing": (lambda: torch.set_printoptions(precision=1), lambda: str(torch.tensor(0.123456))),
    "threads": (lambda: torch.set_num_threads(torch.get_num_threads() + 1), torch.get_num_threads),
    "matmul": (
        lambda: torch.set_float32_matmul_precision("medium"),
        torch.get_float32_matmul_precision,
    ),
    "validation": (
        lambda: Distribution.set_default_validate_args(False),
        lambda: Distribution._validate_args,
    ),
    "numpy's errors": (lambda: np.seterr(all="raise"), np.geterr),
    "numpy's printing": (lambda: np.set_printoptions(precision=1), lambda: str(np.array(0.123456))),
    "recursion": (lambda: sys.setrecursionlimit(5000), sys.getrecursionlimit),
    "warnings": (lambda: warnings.simplefilter("ignore"), lambda: list(warnings.filters)),
    "environment": (lambda: os.environ.update(VAE_LESSONS_STRICT="1"), lambda: dict(os.environ)),
    "folder": (lambda: os.chdir("/"), os.getcwd),
    "torch's random numbers": (lambda: torch.manual_seed(3), lambda: torch.get_rng_state().tolist()),
    "numpy's random numbers": (
        lambda: np.random.seed(3),  # noqa: NPY002
        lambda: np.random.get_state()[1].tolist(),  # noqa: NPY002
    ),
    "Python's random numbers": (lambda: random.seed(3), random.getstate),
    "a function of torch": (lambda: setattr(torch, "allclose", lambda *_: True), lambda: torch.allclose),
    "a method of tensors": (lambda: setattr(torch.Tensor, "exp", torch.Tensor.log), lambda: torch.Tensor.exp),
    "a builtin": (lambda: setattr(builtins, "sum", max), lambda: builtins.sum),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_setting_is_put_back(name):
    change, state = SETTINGS[name]
    before = state()

    def answer(mu, logvar):
        result = kl_closed_form(mu, logvar)
        change()
        return result

    exercises()["2.3"].assess(answer)
    assert state() == before
    assert exercises()["2.3"].assess(kl_closed_form).state == RIGHT


def test_a_comparison_that_was_replaced_in_the_notebook_passes_nothing(monkeypatch):
    for name in ("allclose", "equal", "isclose"):
        monkeypatch.setattr(torch, name, lambda *_, **__: True)
    for number in ("2.3", "2.6", "3.1", "3.4", "6.4"):
        reference = exercises()[number].reference
        wrong = exercises()[number].mistakes[0]
        assert exercises()[number].assess(wrong).state != RIGHT
        assert exercises()[number].assess(reference).state == RIGHT


def test_distributions_validate_in_a_check_though_torch_compile_has_switched_that_off(monkeypatch):
    monkeypatch.setattr(Distribution, "_validate_args", False)

    def grey_as_black_or_white(x_logits, x):
        return Bernoulli(logits=x_logits).log_prob(x).sum((1, 2, 3))

    verdict = exercises()["2.1"].assess(grey_as_black_or_white)
    assert verdict.state != RIGHT and "accepts only 0 and 1" in verdict.sentence
    assert not Distribution._validate_args


def test_a_device_that_was_set_before_the_first_check_spoils_no_later_one():
    exercise = exercises()["1.3"]
    exercise._truths.clear()
    torch.set_default_device("meta")
    try:
        assert exercise.assess(exercise.reference).state == RIGHT
    finally:
        torch.set_default_device(None)
    assert exercise.assess(exercise.reference).state == RIGHT
