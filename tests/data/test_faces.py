"""Drawn faces: the same from the same seed, honest about their factors, and a smile that can be measured."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv2d

from tests.conftest import NO_COUNT_OR_SEED
from vae_lessons.data import faces

RANGES = {
    "smile": (-1, 1),
    "mouth_opening": (0, 1),
    "glasses": (0, 1),
    "hair_length": (0, 1),
    "face_width": (16.5, 21.5),
    "skin": (0.05, 0.55),
    "brow": (-1, 1),
}


@pytest.fixture(scope="module")
def drawn():
    return faces.draw(8_000, seed=7)


@pytest.fixture
def vary(monkeypatch):
    """vary("smile", skin=0.3): ink (300, 28, 28) in 0..1 of plain faces that differ in their smile only, and it."""

    def draw(name, **fixed):
        plain = dict.fromkeys(RANGES, 0) | {"face_width": 19, "skin": 0.2} | fixed
        ranges = {factor: (value, value) for factor, value in plain.items()}
        monkeypatch.setattr(faces, "RANGES", ranges | {name: RANGES[name]})
        images, factors = faces.draw(300, seed=5)
        order = factors[name].argsort()
        return images[order, 0].numpy() / 255, factors[name][order].numpy()

    return draw


def equal(a, b):
    """Are two answers of draw the same, bit for bit?"""
    (images, factors), (other_images, other_factors) = a, b
    same = [torch.equal(factors[name], other_factors[name]) for name in factors]
    return torch.equal(images, other_images) and factors.keys() == other_factors.keys() and all(same)


def first(answer, m):
    images, factors = answer
    return images[:m], {name: values[:m] for name, values in factors.items()}


def correlation(a, b):
    return np.corrcoef(a, b)[0, 1]


def mean_row(ink):
    """The row on which ink (N, H, W) balances, in px below the first one."""
    return (ink * np.arange(ink.shape[1])[:, None]).sum((1, 2)) / ink.sum((1, 2))


# The contract


@pytest.mark.parametrize("n", [0, 1, 7, np.int64(3)])
def test_shapes_and_dtypes(n):
    images, factors = faces.draw(n)
    assert images.shape == (n, 1, 28, 28) and images.dtype == torch.uint8
    assert list(factors) == list(RANGES)
    assert all(values.shape == (n,) and values.dtype == torch.float32 for values in factors.values())


def test_same_seed_same_faces_and_other_seed_other_faces():
    assert equal(faces.draw(50, seed=4), faces.draw(50, seed=4))
    assert equal(faces.draw(50), faces.draw(50, seed=0))
    assert not torch.equal(faces.draw(50, seed=4)[0], faces.draw(50, seed=5)[0])


@given(m=st.integers(0, 40), more=st.integers(0, 60), seed=st.integers(0, 2**70), chunk=st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_more_images_never_change_the_first_ones(m, more, seed, chunk):
    with pytest.MonkeyPatch.context() as patch:
        longer = faces.draw(m + more, seed)
        patch.setattr(faces, "_CHUNK", chunk)
        assert equal(faces.draw(m, seed), first(longer, m))


def test_global_random_states_are_left_alone():
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 (the legacy state is the point)
    faces.draw(20, seed=9)
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("n, seed, named", NO_COUNT_OR_SEED)
def test_bad_input_is_named_in_a_short_error(n, seed, named):
    value = n if named == "n" else seed
    with pytest.raises(ValueError, match=rf"faces.draw: {named} must be .*{re.escape(repr(value))}") as error:
        faces.draw(n, seed)
    assert "draw(60, seed=0)" in str(error.value) and len(str(error.value).splitlines()) <= 5


# The factors


def test_factors_are_uniform_over_their_ranges(drawn):
    quarters = torch.linspace(0, 1, 5)
    for name, (low, high) in RANGES.items():
        values = drawn[1][name]
        assert low <= values.min() and values.max() <= high, name
        assert ((values - low) / (high - low)).quantile(quarters).sub(quarters).abs().max() < 0.02, name


def test_factors_are_independent_of_each_other(drawn):
    table = np.corrcoef([values.numpy() for values in drawn[1].values()])
    assert abs(table - np.eye(len(table))).max() < 0.04


PLACES = {  # factor: the rows and columns of the left half outside of which it changes nothing
    "smile": (slice(15, 27), slice(7, 14)),
    "mouth_opening": (slice(15, 27), slice(7, 14)),
    "glasses": (slice(7, 19), slice(4, 14)),
    "brow": (slice(4, 11), slice(4, 13)),
    "skin": (slice(2, 28), slice(2, 14)),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_factor_changes_the_picture_in_its_own_place_only(vary, name):
    ink, _ = vary(name)
    change = np.ptp(ink, axis=0)
    assert np.array_equal(change, change[:, ::-1])
    change = change[:, :14]
    inside = change[PLACES[name]].sum()
    assert inside > 5 and change.sum() == pytest.approx(inside)


def test_a_smile_lifts_the_corners_of_the_mouth_above_its_middle(vary):
    for opening in (0, 0.5, 1):
        ink, smile = vary("smile", skin=0.05, mouth_opening=opening)
        corner = mean_row(np.where(ink > 0.3, ink, 0)[:, 17:25, 8:9])  # the left one
        middle = mean_row(np.where(ink > 0.3, ink, 0)[:, 15:26, 13:14]) - 2
        assert correlation(middle - corner, smile) > 0.99, opening
        assert 2 < (middle - corner)[smile > 0.9].mean() < 4, opening
        assert -4 < (middle - corner)[smile < -0.9].mean() < -2, opening
        assert abs(middle - corner)[abs(smile) < 0.05].mean() < 0.3, opening


def test_mouth_opening_is_how_much_higher_the_mouth_gets(vary):
    ink, opening = vary("mouth_opening", skin=0)
    height = ink[:, 15:26, 13].sum(1)  # px
    assert np.polyfit(opening, height, 1) == pytest.approx([4.4, 1.6], abs=0.2)


def test_glasses_grow_from_nothing_to_thick_dark_frames(vary):
    ink, glasses = vary("glasses")
    frames = ink[:, 8:19, 4:24].sum((1, 2))
    assert (np.diff(frames) > -1e-6).all()
    assert frames[-1] - frames[0] > 40  # px of ink
    nose = ink[:, 12, 13]  # a pixel on the bridge
    assert nose[0] == pytest.approx(0.2, abs=0.02) and nose[-1] > 0.95


def test_hair_grows_down_beside_the_face(vary):
    ink, length = vary("hair_length")
    beside = ink[:, :, :4] - ink[0, :, :4]  # left of the head, beyond the ears that all have
    assert (np.diff(beside.sum((1, 2))) > -1e-6).all()
    reach = np.where(beside.max(2) > 0.35, np.arange(28), 0).max(1)  # lowest row with hair
    assert 24 <= reach[-1] <= 26
    assert correlation(reach[length > 0.6], length[length > 0.6]) > 0.98  # below the ears
    assert np.ptp(ink[:, 8:24, 8:20], axis=0).max() == 0  # no hair in the face


def test_face_width_is_the_heads_width_in_px(vary):
    ink, width = vary("face_width", skin=0.9)  # as dark as the outline
    assert abs(ink[:, 18, :7].sum(1) / 0.9 + 14 + ink[:, 18, 21:].sum(1) / 0.9 - width).max() < 0.1


def test_skin_is_the_grey_level_of_the_face(drawn):
    images, factors = drawn
    for row, column in ((7, 13), (24, 9)):  # forehead, chin
        assert (images[:, 0, row, column] / 255 - factors["skin"]).abs().max() < 0.6 / 255


def test_brows_turn_from_worried_to_cross(vary):
    ink, brow = vary("brow", skin=0)
    inner, outer = mean_row(ink[:, 5:10, 10:12]), mean_row(ink[:, 5:10, 6:8])
    assert correlation(inner - outer, brow) > 0.97
    assert (inner - outer)[brow > 0.8].min() > 1 and (inner - outer)[brow < -0.8].max() < -1


# The instrument


def blurred(images):
    """Images in [0, 1] under a binomial window of 5 x 5 px: a standard deviation of one pixel."""
    line = torch.tensor([1, 4, 6, 4, 1]) / 16
    return conv2d(images / 255, (line[:, None] * line).view(1, 1, 5, 5), padding=2)


def mouth(ends, middle):
    """A mouth of one pixel's height on white: its ends in one row, its middle in another."""
    image = torch.zeros(1, 1, 28, 28)
    image[..., ends, 7:11] = image[..., ends, 17:21] = image[..., middle, 11:17] = 1
    return image


def test_measured_smile_reads_the_smile_whatever_the_other_factors_are(drawn):
    images, factors = drawn
    reading, smile = faces.measured_smile(images), factors["smile"]
    assert reading.shape == (8_000,) and reading.dtype == torch.float32
    for name, (low, high) in RANGES.items():
        quarter = ((factors[name] - low) / (high - low) * 4).clamp(max=3.99).int()
        for q in range(4):
            r, s = reading[quarter == q].numpy(), smile[quarter == q].numpy()
            assert abs(r - s).mean() < 0.03, (name, q)
            if name != "smile":
                assert correlation(r, s) > 0.99, (name, q)
                assert np.polyfit(s, r, 1) == pytest.approx([1, 0], abs=0.03), (name, q)


def test_measured_smile_reads_soft_and_pale_pictures(drawn):
    images, factors = drawn[0][:2000], drawn[1]["smile"][:2000]
    for picture in (blurred(images), images / 255 * 0.2, blurred(images) * 0.2):
        reading = faces.measured_smile(picture)
        assert correlation(reading, factors) > 0.98
        assert 0.75 < np.polyfit(factors, reading, 1)[0] < 1.05


def test_measured_smile_is_the_same_for_bytes_and_floats(drawn):
    images = drawn[0][:100]
    assert torch.allclose(
        faces.measured_smile(images), faces.measured_smile(images.double() / 255), atol=1e-5
    )


def test_measured_smile_of_a_mouth_made_by_hand():
    up, level, down = (faces.measured_smile(mouth(*rows)).item() for rows in ((19, 23), (21, 21), (23, 19)))
    assert up == pytest.approx(1.5, abs=0.1) and down == pytest.approx(-1.5, abs=0.1)
    assert level == pytest.approx(0, abs=0.02)
    crooked = mouth(19, 21)
    crooked[..., 14:] = mouth(23, 21)[..., 14:]  # a smile on the left only
    assert faces.measured_smile(crooked) == pytest.approx(0, abs=0.02)


def test_measured_smile_is_smooth(drawn):
    images = blurred(drawn[0][:200]).requires_grad_()
    (slope,) = torch.autograd.grad(faces.measured_smile(images).sum(), images)
    assert slope.isfinite().all() and slope.abs().amax((1, 2, 3)).min() > 0
    path = torch.linspace(0, 1, 201)[:, None, None, None]
    sad, laughing = mouth(23, 19), mouth(19, 23)
    reading = faces.measured_smile((1 - path) * sad + path * laughing)
    assert (reading.diff() > 0).all() and reading.diff().max() < 0.05


@pytest.mark.parametrize("grey", [0.0, 1e-6, 0.5, 1.0])
def test_measured_smile_of_no_face_is_none(grey):
    assert faces.measured_smile(torch.full((2, 1, 28, 28), grey)).tolist() == [0, 0]


def test_measured_smile_of_noise_is_within_bounds():
    noise = torch.rand(500, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for picture in (noise, noise * 1e-3, (noise > 0.99).float()):
        reading = faces.measured_smile(picture)
        assert reading.isfinite().all() and reading.abs().max() <= 2.7


@pytest.mark.parametrize("shape", [(28, 28), (1, 28, 28), (5, 784), (5, 1, 32, 32), (5, 3, 28, 28)])
def test_measured_smile_refuses_other_shapes(shape):
    with pytest.raises(ValueError, match=re.escape(str(shape))) as error:
        faces.measured_smile(torch.zeros(shape))
    assert len(str(error.value).splitlines()) <= 5
