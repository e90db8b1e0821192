"""Measurements find the angles, widths, edges and distances that pictures were drawn with."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from vae_lessons import evaluation
from vae_lessons.data.digits import draw
from vae_lessons.evaluation.pictures import measured_slant, measured_thickness, nearest_distance, sharpness


def test_nearest_distance_is_the_euclidean_distance_in_pixels():
    known = torch.zeros(3, 1, 28, 28)
    known[1, 0, :2, :2] = 1.0
    known[2] = 1.0
    picture = torch.zeros(1, 1, 28, 28)
    picture[0, 0, 0, :3] = 1.0
    distance, index = nearest_distance(picture, known)
    # three wrong pixels from the black image, three from the square (two missing, one too many)
    assert distance.item() == pytest.approx(math.sqrt(3), abs=1e-3)
    assert index.item() in (0, 1)
    assert nearest_distance(known, known)[0].max() < 1e-2


@pytest.fixture(scope="module")
def drawn():
    return draw(3000, seed=3)


SIDE = torch.arange(64.0) - 31.3


def bar(lean, width=3.0, length=44.0):
    """A soft-edged bar whose top leans to the right by so many degrees, (1, 1, 64, 64)."""
    down, right = SIDE[:, None], SIDE[None, :]
    c, s = math.cos(math.radians(lean)), math.sin(math.radians(lean))
    across, along = (right * c + down * s).abs(), (down * c - right * s).abs()
    return ((width / 2 - across + 0.5).clamp(0, 1) * (length / 2 - along + 0.5).clamp(0, 1))[None, None]


def ring(width, radius):
    """A closed stroke with edges two pixels soft, (1, 1, 64, 64)."""
    distance = (SIDE[:, None] ** 2 + SIDE[None, :] ** 2).sqrt()
    return ((width / 2 - (distance - radius).abs()) / 2 + 0.5).clamp(0, 1)[None, None]


def correlation(a, b):
    return torch.corrcoef(torch.stack([a, b]))[0, 1].item()


@pytest.mark.parametrize("lean", [-40, -15, 0, 10, 30, 45])
def test_the_slant_of_a_bar_is_the_angle_it_was_drawn_at(lean):
    assert measured_slant(bar(lean)).item() == pytest.approx(lean, abs=1)


def test_shearing_any_picture_adds_the_shears_tangent_to_that_of_its_slant():
    pictures = torch.zeros(20, 1, 12, 40)
    pictures[:, :, :, 14:26] = torch.rand(20, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    # each row one pixel further to the left than the row above it: a lean of 45 degrees to the right
    sheared = torch.stack([pictures[:, :, row].roll(-row, 2) for row in range(12)], 2)
    before, after = (torch.deg2rad(measured_slant(p)).tan() for p in (pictures, sheared))
    torch.testing.assert_close(after, before + 1, atol=1e-4, rtol=1e-4)


def test_slant_does_not_depend_on_where_the_ink_is_or_how_dark(drawn):
    pictures = torch.zeros(50, 1, 40, 48)
    pictures[:, :, :28, :28] = drawn[0][:50] / 255
    moved = 0.3 * pictures.roll((9, 17), (2, 3))
    torch.testing.assert_close(measured_slant(moved), measured_slant(pictures), atol=1e-2, rtol=1e-3)


def test_the_mirror_turns_the_slant_around(drawn):
    torch.testing.assert_close(measured_slant(drawn[0].flip(3)), -measured_slant(drawn[0]), atol=1e-2, rtol=0)


def test_measured_slant_follows_the_slant_that_each_digit_was_drawn_with(drawn):
    images, labels, factors = drawn
    slant = measured_slant(images)
    for digit in range(10):
        alike = labels == digit
        assert correlation(slant[alike], factors["slant"][alike]) > 0.75
        per_degree = np.polyfit(factors["slant"][alike].numpy(), slant[alike].numpy(), 1)[0]
        assert 0.75 < per_degree < 1.1


def test_the_width_of_a_stripe_from_edge_to_edge_is_exact():
    stripes = torch.zeros(3, 1, 20, 30)
    for row, width in enumerate((1, 4, 9)):
        stripes[row, 0, :, 10 : 10 + width] = 1
    # the last row has no row below it to compare with, so its edge is missing
    torch.testing.assert_close(measured_thickness(stripes), torch.tensor([1.0, 4, 9]) * 20 / 19)


@pytest.mark.parametrize("radius", [12, 20])
@pytest.mark.parametrize("width", [3, 4, 6])
def test_the_width_of_a_closed_stroke_does_not_depend_on_its_length(width, radius):
    assert measured_thickness(ring(width, radius)).item() == pytest.approx(width, rel=0.06)


def test_measured_thickness_is_the_pens_that_a_digit_was_drawn_with(drawn):
    images, _, factors = drawn
    thickness = measured_thickness(images)
    assert correlation(thickness, factors["thickness"]) > 0.95
    assert (thickness - factors["thickness"]).abs().mean() < 0.2


def test_a_hard_edge_has_a_sharpness_of_one_and_a_ramp_its_share_of_the_step():
    pictures = torch.zeros(4, 1, 20, 30)
    for picture, steps in enumerate((1, 2, 4, 8)):
        pictures[picture, 0] = (torch.arange(30) - 10).div(steps).clamp(0, 1)
    torch.testing.assert_close(sharpness(pictures), torch.tensor([1, 1 / 2, 1 / 4, 1 / 8]))


def test_a_hard_and_a_soft_edge_count_by_the_height_of_their_steps():
    picture = torch.zeros(1, 1, 20, 30)
    picture[0, 0, :, :10] = 1 - torch.arange(10).div(4).clamp(0, 1)  # four steps of a quarter
    picture[0, 0, :, 20:] = 1  # one step of 1
    assert sharpness(picture).item() == pytest.approx((4 * 0.25**2 + 1) / (4 * 0.25 + 1))


def test_sharpness_does_not_depend_on_how_many_edges_there_are():
    one, three = torch.zeros(2, 1, 1, 20, 30)
    one[..., 4:7] = 0.5
    for left in (4, 12, 20):
        three[..., left : left + 3] = 0.5
    torch.testing.assert_close(sharpness(one), sharpness(three))
    torch.testing.assert_close(sharpness(one), torch.tensor([0.5]))


def test_every_blur_makes_every_digit_less_sharp(drawn):
    x = drawn[0][:500] / 255
    for _ in range(5):
        blurred = nn.functional.avg_pool2d(x, 3, stride=1, padding=1)
        assert (sharpness(blurred) < sharpness(x)).all()
        x = blurred


@pytest.mark.parametrize("measure", [measured_slant, measured_thickness, sharpness])
def test_each_picture_is_measured_by_itself_in_bytes_as_in_floats(drawn, measure):
    images = drawn[0][:30]
    together = measure(images)
    assert together.shape == (30,)
    torch.testing.assert_close(together, torch.cat([measure(image[None]) for image in images]))
    torch.testing.assert_close(together, measure(images.double() / 255), atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("name", ["measured_slant", "measured_thickness", "sharpness"])
def test_measurements_of_pictures_refuse_floats_beyond_one(name):
    with pytest.raises(ValueError, match="255"):
        getattr(evaluation, name)(draw(3, seed=0)[0].float())
