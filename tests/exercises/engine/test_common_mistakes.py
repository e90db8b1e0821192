"""A common mistake does what its sentence says, and nothing else."""

import pytest
import torch

from vae_lessons.exercises.engine.common_mistakes import column, cut_off, listed, writes_into


def squares(x, y):
    return (x**2 + y).sum(1)


@pytest.fixture
def inputs():
    return torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True), torch.tensor([[0.5, 0.5], [1.0, 1.0]])


def test_cut_off_gives_the_right_numbers_and_no_gradient(inputs):
    result = cut_off(squares)(*inputs)
    assert result.tolist() == [6.0, 27.0]
    assert not result.requires_grad


def test_a_column_stands_and_a_list_is_no_tensor(inputs):
    assert column(squares)(*inputs).tolist() == [[6.0], [27.0]]
    rows = listed(squares)(*inputs)
    assert isinstance(rows, list) and [row.item() for row in rows] == [6.0, 27.0]


@pytest.mark.parametrize("place", [0, 1])
def test_an_input_is_written_into_at_the_place_that_is_named(inputs, place):
    inputs = [tensor.detach().clone() for tensor in inputs]
    before = [tensor.clone() for tensor in inputs]
    assert writes_into(squares, place)(*inputs).tolist() == [6.0, 27.0]
    assert [torch.equal(a, b) for a, b in zip(inputs, before, strict=True)] == [place != 0, place != 1]


@pytest.mark.parametrize(
    "mistake", [cut_off(squares), column(squares), listed(squares), writes_into(squares, 0)]
)
def test_every_common_mistake_has_a_sentence_for_the_student(mistake):
    assert len(mistake.__doc__) > 60
