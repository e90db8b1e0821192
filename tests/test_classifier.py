"""A classifier makes as many steps as it is told, learns what is there, and shifted images hold the same ink."""

import numpy as np
import pytest
import torch
from torch import nn

from vae_lessons.classifier import accuracy, draw_from, image_classifier, shift_and_shear, train_classifier


def test_the_classifier_turns_images_into_logits():
    assert image_classifier()(torch.rand(5, 1, 28, 28)).shape == (5, 10)
    assert image_classifier(classes=3)(torch.rand(2, 1, 28, 28)).shape == (2, 3)


def test_drawn_images_keep_their_labels_and_all_of_them_come():
    y = torch.arange(7)
    x = 10.0 * y[:, None]  # (7, 1), so that each can be told by its value
    torch.manual_seed(0)
    some_x, some_y = draw_from(x, y, 200)
    assert some_x.shape == (200, 1) and torch.equal(some_x[:, 0], 10.0 * some_y)
    assert some_y.bincount().min() > 10


@pytest.mark.parametrize("steps", [1, 7, 30])
def test_training_makes_as_many_steps_as_it_is_told(steps):
    batches = []

    def draw():
        batches.append(torch.randn(4, 2))
        return batches[-1], torch.tensor([0, 1, 1, 0])

    network = train_classifier(nn.Linear(2, 2), draw, steps)
    assert len(batches) == steps and not network.training


def test_training_finds_a_line_between_two_clouds():
    torch.manual_seed(0)
    y = torch.arange(2).repeat(200)
    x = torch.randn(400, 2) + torch.tensor([3.0, -3.0]) * (2 * y[:, None] - 1)
    network = train_classifier(nn.Linear(2, 2), lambda: draw_from(x, y), steps=600)
    assert accuracy(network, x, y) > 99


def test_accuracy_is_the_share_of_highest_scores_in_per_cent():
    scores = torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.6, 0.4], [0.3, 0.7], [0.2, 0.3]])
    assert accuracy(
        lambda rows: scores[rows], torch.arange(5), torch.tensor([1, 0, 1, 1, 0])
    ) == pytest.approx(60)


def spot(row, column):
    image = torch.zeros(1, 28, 28)
    image[0, row - 1 : row + 2, column - 1 : column + 2] = 1
    return image


def centre(images):
    """Mean row and column of the ink of each image, in numpy."""
    ink = images[:, 0].numpy()
    down, right = np.indices(ink.shape[1:])
    total = ink.sum((1, 2))
    return (ink * down).sum((1, 2)) / total, (ink * right).sum((1, 2)) / total


def test_images_move_by_no_more_than_the_shift_and_keep_their_ink():
    torch.manual_seed(0)
    x = spot(14, 14).repeat(500, 1, 1, 1)
    moved = shift_and_shear(x, shift=2, shear=0)
    rows, columns = centre(moved)
    assert moved.shape == x.shape
    np.testing.assert_allclose(moved.sum((1, 2, 3)), 9, rtol=1e-4)
    for places in (rows - 14, columns - 14):
        assert places.min() == pytest.approx(-2, abs=0.05) and places.max() == pytest.approx(2, abs=0.05)
        assert abs(places.mean()) < 0.15


def test_shear_moves_the_top_one_way_and_the_bottom_the_other():
    x = (spot(4, 14) + spot(23, 14)).repeat(300, 1, 1, 1)
    torch.manual_seed(0)
    moved = shift_and_shear(x, shift=0, shear=0.3)
    _, top = centre(moved[:, :, :14])
    _, bottom = centre(moved[:, :, 14:])
    np.testing.assert_allclose(top - 14, 14 - bottom, atol=0.1)
    assert (top - bottom).max() == pytest.approx(0.3 * 19, abs=0.3)


def test_no_shift_and_no_shear_leave_the_image_as_it_is():
    x = torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(shift_and_shear(x, shift=0, shear=0), x, atol=1e-4, rtol=0)
