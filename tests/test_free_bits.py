"""What each latent has for free is neither counted nor felt: values and gradients worked out by hand."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vae_lessons.free_bits import free_bits


@given(st.lists(st.lists(st.floats(0, 50, width=32), min_size=3, max_size=3), min_size=1, max_size=5))
def test_without_free_bits_the_average_kl_counts(rows):
    expected = math.fsum(map(math.fsum, rows)) / len(rows)
    assert free_bits(torch.tensor(rows), 0.0).item() == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_a_latent_below_the_floor_counts_as_the_floor_and_the_others_in_full():
    kl = torch.tensor([[0.1, 2.0], [0.3, 4.0]])  # averages 0.2 and 3
    assert free_bits(kl, 0.5).item() == pytest.approx(0.5 + 3)


def test_the_floor_is_for_the_average_over_the_batch_and_not_for_each_image():
    kl = torch.tensor([[0.0, 2.0], [2.0, 0.0]])  # image by image it would be (0.5 + 2) / 2 per latent
    assert free_bits(kl, 0.5).item() == pytest.approx(2)


def test_a_latent_below_the_floor_feels_nothing_and_the_others_all_of_it():
    kl = torch.tensor([[0.1, 2.0], [0.3, 4.0]], requires_grad=True)
    free_bits(kl, 0.5).backward()
    torch.testing.assert_close(kl.grad, torch.tensor([[0, 0.5], [0, 0.5]]))
