"""The line and the arc pass through points worked out by hand, evenly in length and angle."""

import math

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from vae_lessons.interpolation import lerp, slerp

T = torch.linspace(0, 1, 9, dtype=torch.float64)
points = st.lists(st.floats(-4, 4), min_size=5, max_size=5).map(
    lambda values: torch.tensor(values, dtype=torch.float64)
)


def angles(first, second):
    """Between rows, in radians, by Kahan's formula: accurate for small angles too."""
    u, v = torch.nn.functional.normalize(first, dim=-1), torch.nn.functional.normalize(second, dim=-1)
    return 2 * torch.atan2((u - v).norm(dim=-1), (u + v).norm(dim=-1))


def test_lerp_passes_evenly_from_start_to_end():
    way = lerp(torch.tensor([0.0, 8.0]), torch.tensor([4.0, 0.0]), torch.tensor([0.0, 0.25, 0.5, 1.0]))
    assert way.tolist() == [[0, 8], [1, 6], [2, 4], [4, 0]]


def test_slerp_turns_evenly_by_a_quarter():
    way = slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0]), torch.tensor([0.0, 1 / 3, 2 / 3, 1.0]))
    root = math.sqrt(3) / 2
    torch.testing.assert_close(way, torch.tensor([[1, 0], [root, 0.5], [0.5, root], [0, 1]]))


def test_slerp_between_unequal_lengths_is_halfway_in_angle_and_in_length():
    way = slerp(torch.tensor([1.0, 0.0]), torch.tensor([0.0, 3.0]), torch.tensor([0.5]))
    torch.testing.assert_close(way, torch.tensor([[math.sqrt(2), math.sqrt(2)]]))


@given(points, points)
def test_both_ways_begin_at_start_and_stop_at_end(start, end):
    for way in (lerp(start, end, T), slerp(start, end, T)):
        assert way.shape == (9, 5)
        torch.testing.assert_close(way[0], start)
        torch.testing.assert_close(way[-1], end, atol=1e-6, rtol=1e-6)


@given(points, points)
def test_slerp_changes_length_and_angle_evenly_in_the_plane_of_its_ends(start, end):
    assume(min(start.norm(), end.norm()) > 1e-2)
    whole = angles(start, end)
    assume(0.05 < whole < math.pi - 0.05)
    way = slerp(start, end, T)
    torch.testing.assert_close(way.norm(dim=1), (1 - T) * start.norm() + T * end.norm())
    torch.testing.assert_close(angles(way, start), T * whole)
    torch.testing.assert_close(angles(way, end), (1 - T) * whole)  # together the whole: no way round


@pytest.mark.parametrize(
    "end", [[2.0, 4.0, 4.0], [1.0, 2.0, 2.0], [-1.0, -2.0, -2.0], [0.0, 0.0, 0.0]], ids=str
)
def test_slerp_is_straight_where_no_arc_is_shortest(end):
    start, end, t = torch.tensor([1.0, 2.0, 2.0]), torch.tensor(end), torch.tensor([0.0, 0.25, 1.0])
    expected = torch.stack([start, 0.75 * start + 0.25 * end, end])
    torch.testing.assert_close(slerp(start, end, t), expected)
    torch.testing.assert_close(slerp(end, start, 1 - t), expected)


def test_halfway_between_two_draws_the_arc_is_as_long_as_a_draw_and_the_line_shorter():
    torch.manual_seed(0)
    start, end = torch.randn(2, 4000)
    half = torch.tensor([0.5])
    assert slerp(start, end, half).norm().item() == pytest.approx(math.sqrt(4000), rel=0.05)
    assert lerp(start, end, half).norm().item() == pytest.approx(math.sqrt(4000 / 2), rel=0.05)
