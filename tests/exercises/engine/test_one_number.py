"""One number is one number, in whatever it is wrapped; several are named as such."""

import math

import numpy as np
import pytest
import torch

from vae_lessons.exercises.engine.comparing import observe
from vae_lessons.exercises.engine.one_number import number_in, one_number


@pytest.mark.parametrize(
    "returned",
    [2.5, np.float32(2.5), torch.tensor(2.5), torch.tensor([[2.5]]), [2.5], (torch.tensor([2.5]),), [[2.5]]],
    ids=str,
)
def test_one_number_is_found_in_its_wrapping(returned):
    number = number_in(returned)
    assert number.shape == () and number == 2.5


@pytest.mark.parametrize("returned", [[1.0, 2.0], (1.0, 2.0), torch.ones(3), np.ones((2, 2))], ids=str)
def test_several_numbers_are_not_one(returned):
    assert number_in(returned) == "several numbers"


def test_a_probe_calls_the_answer_by_position_and_judges_what_it_returns():
    probe = one_number(
        "the root",
        {"a": 9.0},
        {"a": 16.0},
        judge=lambda number, a: ("right" if number == math.sqrt(a) else number, f"{number} of {a}"),
    )
    seen = list(observe(probe, lambda value: [value**0.5]).values())
    assert [one.value for one in seen] == ["right", "right"]
    wrong = next(iter(observe(probe, lambda value: value).values()))
    assert wrong.value == 9 and wrong.words == "9.0 of 9.0"
