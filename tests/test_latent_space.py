"""Grids and walks stay in the prior, and directions are those of NumPy's fits and of differences worked out by hand."""

import math
from statistics import NormalDist

import numpy as np
import pytest
import torch

from vae_lessons.latent_space import analogy, attribute_direction, prior_grid, random_walk, traverse

# --- single latents and grids ---


def test_traverse_changes_one_latent_and_leaves_the_point_alone():
    z = torch.tensor([0.5, -1.0, 2.0])
    assert traverse(z, 1, torch.tensor([-3.0, 0.0, 3.0])).tolist() == [
        [0.5, -3, 2],
        [0.5, 0, 2],
        [0.5, 3, 2],
    ]
    assert z.tolist() == [0.5, -1, 2]


@pytest.mark.parametrize("margin", [0.02, 0.1])
def test_grid_points_are_evenly_spaced_in_the_priors_probability(margin):
    grid = prior_grid(5, margin)
    assert grid.shape == (25, 2)
    line = [NormalDist().inv_cdf(margin + step * (1 - 2 * margin) / 4) for step in range(5)]
    torch.testing.assert_close(grid.view(5, 5, 2)[2, :, 0], torch.tensor(line), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(grid.view(5, 5, 2)[:, 3, 1], torch.tensor(line[::-1]), atol=1e-5, rtol=1e-5)


def test_grid_is_read_like_a_page_with_the_first_latent_to_the_right_and_the_second_upwards():
    rows = prior_grid(4).view(4, 4, 2)
    assert (rows[:, 1:, 0] > rows[:, :-1, 0]).all() and (rows[:, :, 0] == rows[0, :, 0]).all()
    assert (rows[1:, :, 1] < rows[:-1, :, 1]).all() and (rows[:, :, 1] == rows[:, :1, 1]).all()


# --- walks ---


def test_a_walk_begins_at_its_start_and_has_the_length_asked_for():
    start = torch.tensor([3.0, -2.0])
    way = random_walk(start, 7)
    assert way.shape == (7, 2)
    assert torch.equal(way[0], start)
    assert len(way.unique(dim=0)) == 7


@pytest.mark.parametrize("stride", [0.1, 0.3, 0.8, 1.0])
def test_a_walk_from_a_draw_stays_a_draw_and_remembers_as_much_as_its_stride_leaves(stride):
    torch.manual_seed(0)
    n = 40_000  # latents walk independently, so this is as many walks
    way = random_walk(torch.randn(n), 30, stride)
    assert (way.mean(1).abs() < 5 / math.sqrt(n)).all()
    assert ((way.var(1) - 1).abs() < 5 * math.sqrt(2 / n)).all()
    for apart in (1, 3):
        memory = (way[:-apart] * way[apart:]).mean(1)
        assert ((memory - (1 - stride**2) ** (apart / 2)).abs() < 5 * math.sqrt(2 / n)).all()


def test_a_walk_of_stride_zero_stands_still():
    start = torch.tensor([3.0, -2.0])
    assert torch.equal(random_walk(start, 4, stride=0), start.expand(4, 2))


# --- directions ---


def codes(n=500, j=3):
    rng = torch.Generator().manual_seed(0)
    return torch.randn(n, j, generator=rng) + 2, torch.randn(n, generator=rng) - 5


def test_the_direction_of_an_attribute_that_is_there_or_not_is_the_difference_of_means():
    z, attribute = codes()
    there = (attribute > -5.3).float()
    torch.testing.assert_close(attribute_direction(z, there), z[there == 1].mean(0) - z[there == 0].mean(0))


def test_the_direction_of_a_number_is_the_slope_of_numpys_line_through_each_latent():
    noise, attribute = codes()
    z = noise + attribute[:, None] * torch.tensor([1.5, 0.0, -0.2])
    expected = np.polyfit(attribute.double().numpy(), z.double().numpy(), 1)[0]
    np.testing.assert_allclose(attribute_direction(z, attribute), expected, rtol=1e-4)


def test_a_step_along_the_direction_is_one_unit_of_the_attribute():
    _, degrees = codes()
    z = degrees[:, None] * torch.tensor([0.1, -0.4]) + 7
    torch.testing.assert_close(attribute_direction(z, degrees), torch.tensor([0.1, -0.4]))
    torch.testing.assert_close(attribute_direction(z, degrees / 60), torch.tensor([6.0, -24.0]))


def test_an_analogy_does_to_another_point_what_was_done_to_the_first():
    thin, thick, other = torch.tensor([1.0, 1.0]), torch.tensor([1.0, 4.0]), torch.tensor([-2.0, 0.5])
    assert analogy(thin, thick, other).tolist() == [-2, 3.5]
    assert analogy(thin, thick, thin).tolist() == thick.tolist()
    assert analogy(thin.expand(2, 2), thick.expand(2, 2), torch.stack([other, thin])).tolist() == [
        [-2, 3.5],
        [1, 4],
    ]
