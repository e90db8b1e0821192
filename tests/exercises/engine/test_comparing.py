"""What an answer did is told in few numbers and in the student's own lines, whatever it returned or raised."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_lessons.exercises.engine.comparing import in_words
from vae_lessons.exercises.engine.exercise import DIAGNOSED, RAISED, RIGHT, WRONG


def test_an_error_is_shown_with_the_students_own_lines_only(doubling):
    def inner(x):
        return torch.cat([x, torch.ones(2, 2)])

    def outer(x):
        return inner(x)

    verdict = doubling.assess(outer)
    assert verdict.state == RAISED
    lines = verdict.evidence.splitlines()
    assert len(lines) == 3
    assert "of outer: return inner(x)" in lines[0]
    assert "of inner: return torch.cat" in lines[1]
    assert lines[2].startswith("RuntimeError: ")


def test_a_wrong_shape_is_told_as_a_shape(doubling):
    verdict = doubling.assess(lambda x: (2 * x)[:, None])
    assert "yours  [[1.4]], shape (1, 1)\n  true   [1.4], shape (1,)" in verdict.evidence


@pytest.mark.parametrize(
    "value",
    ["text", {"a": 1}, {1, 2}, object(), 1j, [1, [2]], [None], (), [], b"x", float("nan"), torch.nn.ReLU()],
    ids=lambda value: type(value).__name__,
)
def test_odd_values_are_never_right_and_never_raise(doubling, value):
    assert doubling.assess(lambda x: value).state in (WRONG, RAISED, DIAGNOSED)


def test_a_value_with_hostile_methods_is_left_alone(doubling):
    class Hostile:
        def __getattribute__(self, name):
            if name == "__class__":
                return object.__getattribute__(self, name)
            raise AssertionError("touched")

        __eq__ = __bool__ = __float__ = __len__ = __repr__ = __hash__ = None

    assert doubling.assess(lambda x: Hostile()).state in (WRONG, DIAGNOSED)


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=8))
def test_numbers_in_words_are_right_to_four_digits(numbers):
    tensor = torch.tensor(numbers, dtype=torch.float64)
    read = torch.tensor(eval(in_words(tensor)), dtype=torch.float64)
    assert torch.allclose(read, tensor, rtol=6e-4)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU")
def test_answers_that_come_back_from_a_gpu_are_right(doubling):
    assert doubling.assess(lambda x: 2 * x.cuda()).state == RIGHT


@pytest.mark.parametrize(
    "value",
    [
        torch.nested.nested_tensor([torch.ones(2), torch.ones(1)], layout=torch.jagged),
        torch.ones(1, device="meta"),
        torch.ones(1).to_sparse(),
    ],
    ids=["nested", "meta", "sparse"],
)
def test_tensors_of_odd_kinds_are_wrong_and_the_check_goes_on(doubling, value):
    verdict = doubling.assess(lambda x: value)
    assert verdict.state in (WRONG, RAISED, DIAGNOSED)
    assert verdict.evidence
