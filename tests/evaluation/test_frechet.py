"""The distance is that of two Gaussians, and orders pictures whose order is known."""

import pytest
import torch
import torch.nn.functional as F

from vae_lessons.data.digits import draw
from vae_lessons.evaluation.frechet import between_gaussians, frechet_distance
from vae_lessons.evaluation.judge import judge_features

IMAGES, LABELS, _ = draw(4000, seed=3)
REFERENCE, REAL = IMAGES[:2000], IMAGES[2000:3000] / 255
CHANCE = torch.Generator().manual_seed(0)
CONTROLS = {
    "real": REAL,
    "hard-edged": (REAL > 0.4).float(),
    "slightly blurred": F.avg_pool2d(REAL, 3, 1, 1),
    "half of it overlaid": torch.cat([REAL[:500], torch.maximum(REAL[500:], REAL[:500])]),
    "one digit only": (IMAGES[LABELS == 3] / 255),
    "blurred": F.avg_pool2d(REAL, 5, 1, 2),
    "overlaid": torch.maximum(REAL, REAL.roll(1, 0)),
    "blank": torch.zeros_like(REAL),
    "noise": torch.rand(REAL.shape, generator=CHANCE),
}


def distances(*names):
    return [frechet_distance(CONTROLS[name], REFERENCE) for name in names]


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_it_is_the_closed_form_where_one_set_is_the_other_stretched_and_moved(scale):
    features = torch.randn(500, 6, generator=CHANCE) @ torch.randn(6, 6, generator=CHANCE)
    moved = scale * features + torch.tensor([1.0, -2.0, 0.0, 0.5, 0.0, 3.0])
    shift = ((scale - 1) * features.mean(0) + torch.tensor([1.0, -2.0, 0.0, 0.5, 0.0, 3.0])).square().sum()
    expected = shift + (scale - 1) ** 2 * torch.cov(features.T).trace()
    assert between_gaussians(moved, features) == pytest.approx(expected.item(), rel=1e-4, abs=1e-6)
    assert between_gaussians(features, moved) == pytest.approx(expected.item(), rel=1e-4, abs=1e-6)


def test_real_digits_are_nearer_than_anything_spoilt():
    real, *others = distances(*CONTROLS)
    assert real < 0.2
    assert 2 * real < min(others)


@pytest.mark.parametrize(
    "order",
    [
        ("real", "hard-edged", "slightly blurred", "blurred", "blank", "noise"),
        ("real", "half of it overlaid", "overlaid", "blank"),
        ("real", "one digit only", "blank"),
    ],
    ids=["softness", "overlaid", "variety"],
)
def test_worse_and_less_varied_pictures_are_farther(order):
    found = distances(*order)
    assert all(1.5 * nearer < farther for nearer, farther in zip(found, found[1:], strict=False)), found


def test_copies_of_training_images_are_as_near_as_real_ones_so_it_cannot_see_copying():
    copies, fresh = IMAGES[3000:] / 255, CONTROLS["real"]
    assert frechet_distance(copies, REFERENCE) == pytest.approx(frechet_distance(fresh, REFERENCE), abs=0.1)


def test_features_are_64_numbers_of_each_picture_however_it_is_stored_or_batched():
    features = judge_features(IMAGES[:5])
    assert features.shape == (5, 64)
    torch.testing.assert_close(judge_features(IMAGES[:5] / 255, batch_size=2), features)


@pytest.mark.parametrize("shape", [(8, 1, 32, 32), (8, 3, 28, 28)])
def test_images_that_the_judge_does_not_know_are_refused(shape):
    with pytest.raises(ValueError, match="28 x 28|grey") as error:
        frechet_distance(torch.zeros(shape), REFERENCE)
    assert len(str(error.value).splitlines()) <= 5
