"""Damage is where the mask says and nowhere else, looks as its name says, and comes back from its seed."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_lessons.data.defects import KINDS, damage
from vae_lessons.data.digits import draw as draw_digits
from vae_lessons.data.faces import draw

FACES, _ = draw(60, seed=3)
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
def test_pixels_change_inside_the_mask_and_only_there(kind):
    damaged, mask = damage(FACES, kind, seed=1)
    difference = (damaged.int() - FACES.int()).abs()
    assert damaged.shape == mask.shape == FACES.shape
    assert (damaged.dtype, mask.dtype) == (torch.uint8, torch.bool)
    assert (difference[mask] >= 5).all()
    assert (difference[~mask] <= 6).all()


@every_kind
@settings(max_examples=10)
@given(seed=st.integers(0, 2**31), n=st.integers(1, 60))
def test_the_same_seed_gives_the_same_damage_to_the_first_of_more_faces(kind, seed, n):
    damaged, mask = damage(FACES, kind, seed)
    fewer = damage(FACES[:n], kind, seed)
    assert torch.equal(fewer[0], damaged[:n])
    assert torch.equal(fewer[1], mask[:n])


def test_one_eye_is_missing_left_or_right_and_looks_like_skin():
    damaged, mask = damage(FACES, "missing eye")
    columns = (
        mask.float().sum((1, 2)) @ torch.arange(28.0) / mask.flatten(1).sum(1)
    )  # (N,) middle of the change
    left = columns < 14
    assert 15 < left.sum() < 45
    for eye, some in ((9, left), (18, ~left)):
        forehead = damaged[some][:, 0, 5:9, 13:15].float().mean((1, 2))
        here = damaged[some][:, 0, 12:14, eye : eye + 1].float().mean((1, 2))
        torch.testing.assert_close(here, forehead, rtol=0, atol=3)


@pytest.mark.parametrize(
    ("kind", "fewest", "most"), [("mole", 2, 9), ("third eye", 8, 12), ("scratch", 4, 24)]
)
def test_what_is_drawn_is_small_and_darker_than_before(kind, fewest, most):
    damaged, mask = damage(FACES, kind)
    assert (damaged[mask] > FACES[mask]).all()
    sizes = mask.flatten(1).sum(1)
    assert fewest <= sizes.float().mean() <= most


def test_the_third_eye_is_in_the_middle_of_the_forehead():
    _, mask = damage(FACES, "third eye")
    rows, columns = mask.any(3).float(), mask.any(2).float()
    assert mask[:, 0, 8, 13].all()
    assert (rows[:, 0, 11:].sum() == 0) and (columns[:, 0, :11].sum() == 0)


def test_scratches_run_in_all_directions():
    _, mask = damage(FACES, "scratch")
    height, width = mask.any(3).sum((1, 2)), mask.any(2).sum((1, 2))
    assert (height > width + 2).any() and (width > height + 2).any()


def test_the_faces_given_are_left_alone():
    before = FACES.clone()
    damage(FACES, "mole")
    assert torch.equal(FACES, before)


def test_grey_levels_from_0_to_1_are_damaged_alike():
    assert torch.equal(damage(FACES / 255, "scratch")[0], damage(FACES, "scratch")[0])


def test_another_kind_or_other_images_are_refused_in_plain_words():
    with pytest.raises(ValueError, match="there is no defect 'wart': choose one of missing eye, mole"):
        damage(FACES, "wart")
    with pytest.raises(ValueError, match="faces"):
        damage(draw_digits(3)[0][:, :, :20], "mole")
