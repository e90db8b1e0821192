"""What nothing is copied from scores a half, and copies are caught, also softened, noisy, or a quarter of all."""

import pytest
import torch
import torch.nn.functional as F

from vae_lessons.data.digits import draw
from vae_lessons.data.images import binarize
from vae_lessons.evaluation.copying import nearer_to_training

IMAGES = draw(5000, seed=0)[0]
TRAINING, UNSEEN, FRESH = IMAGES[:2000], IMAGES[2000:4000], IMAGES[4000:]
COPIES = TRAINING[::2] / 255  # (1000, 1, 28, 28)
NOISE = 0.1 * torch.randn(COPIES.shape, generator=torch.Generator().manual_seed(0))


def share(images):
    return nearer_to_training(images, TRAINING, UNSEEN)


def test_images_that_nobody_has_seen_score_a_half_within_chance():
    assert share(FRESH) == pytest.approx(0.5, abs=3 * 0.5 / 1000**0.5)
    assert share(FRESH) + nearer_to_training(FRESH, UNSEEN, TRAINING) == pytest.approx(1)


@pytest.mark.parametrize("copied", [0.25, 0.5, 1.0])
def test_copies_raise_the_share_by_half_their_own(copied):
    count = round(1000 * copied)
    mixed = torch.cat([COPIES[:count], FRESH[count:] / 255])
    assert share(mixed) == pytest.approx(0.5 + copied / 2, abs=0.04)


@pytest.mark.parametrize(
    "copies",
    [
        F.avg_pool2d(COPIES, 3, 1, 1),
        (COPIES + NOISE).clamp(0, 1),
        binarize(COPIES),
        0.7 * COPIES,
        COPIES.roll(1, -1),
    ],
    ids=["blurred", "noisy", "binary", "paler", "moved by a pixel"],
)
def test_copies_that_were_changed_are_caught_too(copies):
    assert share(copies) > 0.75


def test_paleness_alone_is_no_copying():
    paler = 0.7 * FRESH / 255
    assert share(paler) == pytest.approx(share(FRESH), abs=0.05)


def test_a_tie_counts_half():
    assert nearer_to_training(COPIES, TRAINING, TRAINING) == 0.5


def test_unequal_numbers_are_refused_with_the_reason():
    with pytest.raises(ValueError, match="2000 training images and 1000 unseen") as error:
        nearer_to_training(FRESH, TRAINING, UNSEEN[:1000])
    assert len(str(error.value).splitlines()) <= 5
