"""Drawn digits: the same from the same seed, honest about their factors, and legible."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks.digits_transfer import predict, train
from tests.conftest import NO_COUNT_OR_SEED, read_mnist
from vae_lessons.data import digits

RANGES = {  # factor: lowest and highest value, the least standard deviation that a viewer notices
    "slant": (-32, 48, 10),
    "thickness": (1.0, 5.0, 0.4),
    "scale": (17.5, 21.5, 0.4),
    "rotation": (-18, 18, 4),
    "aspect": (0.5, 1.6, 0.1),
    "sloppiness": (0.3, 2.5, 0.2),
}


@pytest.fixture(scope="module")
def drawn():
    return digits.draw(14_000, seed=3)


@pytest.fixture(scope="module")
def model(drawn):
    images, labels, _ = drawn
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a network gains nothing from two, and loses much on a busy machine
    yield train(images[:12_000], labels[:12_000], epochs=2)
    torch.set_num_threads(threads)


def equal(a, b):
    """Are two answers of draw the same, bit for bit?"""
    tensors = [(*images_labels, *factors.values()) for *images_labels, factors in (a, b)]
    return a[2].keys() == b[2].keys() and all(torch.equal(s, t) for s, t in zip(*tensors, strict=True))


def first(answer, m):
    images, labels, factors = answer
    return images[:m], labels[:m], {name: values[:m] for name, values in factors.items()}


def correlation(a, b):
    return np.corrcoef(a, b)[0, 1]


def ink_of(drawn, digit, style=None):
    """Ink (N, 28, 28) in 0..1 of one digit or style, and its factors, as arrays."""
    images, labels, factors = drawn
    who = (labels == digit) & ((factors["style"] == style) if style is not None else True)
    return images[who, 0].numpy() / 255, {name: values[who].numpy() for name, values in factors.items()}


def lean(ink):
    """How far the ink leans right, in degrees, from its second moments."""
    mass, rows, columns = ink.sum((1, 2)), np.arange(28)[:, None], np.arange(28)
    x = columns - ((ink * columns).sum((1, 2)) / mass)[:, None, None]
    y = rows - ((ink * rows).sum((1, 2)) / mass)[:, None, None]
    return np.degrees(np.arctan(-(ink * x * y).sum((1, 2)) / (ink * y * y).sum((1, 2))))


def sides(ink):
    """Height and width of the ink in px, with a grey edge pixel counted in part."""
    return ink.max(2).sum(1), ink.max(1).sum(1)


# The contract


@pytest.mark.parametrize("n", [0, 1, 7, np.int64(3)])
def test_shapes_and_dtypes(n):
    images, labels, factors = digits.draw(n)
    assert images.shape == (n, 1, 28, 28) and images.dtype == torch.uint8
    assert labels.shape == (n,) and labels.dtype == torch.int64
    assert set(factors) == {"style", *RANGES}
    assert all(values.shape == (n,) for values in factors.values())
    assert factors["style"].dtype == torch.int64
    assert all(factors[name].dtype == torch.float32 for name in RANGES)


def test_same_seed_same_digits_and_other_seed_other_digits():
    assert equal(digits.draw(50, seed=4), digits.draw(50, seed=4))
    assert equal(digits.draw(50), digits.draw(50, seed=0))
    assert not torch.equal(digits.draw(50, seed=4)[0], digits.draw(50, seed=5)[0])


def test_first_twelve_of_thirty_are_the_first_twelve_of_sixty():
    assert equal(first(digits.draw(30, seed=1), 12), first(digits.draw(60, seed=1), 12))


@given(m=st.integers(0, 40), more=st.integers(0, 60), seed=st.integers(0, 2**70), chunk=st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_more_images_never_change_the_first_ones(m, more, seed, chunk):
    with pytest.MonkeyPatch.context() as patch:
        longer = digits.draw(m + more, seed)
        patch.setattr(digits, "_CHUNK", chunk)
        assert equal(digits.draw(m, seed), first(longer, m))


@pytest.mark.parametrize("chunk", [1, 7, 500])
def test_chunk_size_changes_nothing(monkeypatch, chunk):
    expected = digits.draw(1500, seed=2)
    monkeypatch.setattr(digits, "_CHUNK", chunk)
    assert equal(digits.draw(1500, seed=2), expected)


def test_thread_count_changes_nothing():
    code = "from vae_lessons.data import digits; print(digits.draw(300, 8)[0].numpy().tobytes().hex())"
    env = os.environ | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "3")
    there = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert bytes.fromhex(there.stdout) == digits.draw(300, 8)[0].numpy().tobytes()


def test_global_random_states_are_left_alone():
    before = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002 (the legacy state is the point)
    digits.draw(20, seed=9)
    assert torch.equal(before[0], torch.get_rng_state())
    assert np.array_equal(before[1], np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("n, seed, named", NO_COUNT_OR_SEED)
def test_bad_input_is_named_in_a_short_error(n, seed, named):
    value = n if named == "n" else seed
    with pytest.raises(ValueError, match=rf"{named} must be .*{re.escape(repr(value))}") as error:
        digits.draw(n, seed)
    assert "draw(60, seed=0)" in str(error.value) and len(str(error.value).splitlines()) <= 5


# Labels, styles, ink


def test_labels_and_styles_are_about_uniform(drawn):
    _, labels, factors = drawn
    assert abs(labels.bincount(minlength=10) / len(labels) - 0.1).max() < 0.012
    for digit, styles in enumerate(digits.STYLES):
        counts = factors["style"][labels == digit].bincount()
        assert len(counts) == len(styles)
        assert (counts / counts.sum() * len(styles) - 1).abs().max() < 0.4


def test_style_names_the_skeleton_that_was_drawn(monkeypatch):
    monkeypatch.setattr(digits, "STYLES", [["50,0 50,100", "0,50 100,50"]] * 10)  # upright, level
    images, _, factors = digits.draw(300)
    height, width = sides(images[:, 0].numpy() / 255)
    steep = (factors["slant"] + factors["rotation"]).abs().numpy() < 30  # lean further, and upright lies down
    assert np.array_equal((width > height)[steep], factors["style"].numpy()[steep] == 1)


def test_ink_is_that_of_handwriting(drawn):
    ink = drawn[0][:, 0].numpy() / 255
    assert 31 < 255 * ink.mean() < 35
    assert ink.max((1, 2)).min() > 0.6  # no pen is too thin to see
    assert ink[:, [0, -1]].max() == 0 and ink[:, :, [0, -1]].max() == 0  # nothing touches the border
    assert 19 < np.median(np.maximum(*sides(ink))) < 21
    for axis in (1, 2):  # centred on pixel 14, as MNIST is
        centre = (ink.sum(3 - axis) * np.arange(28)).sum(1) / ink.sum((1, 2))
        assert abs(centre.mean() - 14) < 0.15
        assert np.quantile(abs(centre - 14), 0.98) < 1


def test_strokes_show_no_beads():
    images, labels, factors = digits.draw(4000, seed=6)
    straight = (labels == 1) & (factors["style"] == 0) & (factors["slant"] + factors["rotation"]).abs().lt(4)
    rows = (
        images[straight, 0, 9:19].float().sum(2) / 255
    )  # (N, 10): stroke width row by row, away from the ends
    assert straight.sum() > 5 and rows.diff(dim=1).abs().mean() < 0.05 * rows.mean()


# The factors are the true ones


def test_factors_vary_visibly_within_their_ranges(drawn):
    for name, (low, high, spread) in RANGES.items():
        values = drawn[2][name]
        assert low <= values.min() and values.max() <= high and values.std() > spread, name
    assert 2.1 < drawn[2]["thickness"].median() < 2.5


def test_factors_are_independent_of_label_and_each_other(drawn):
    _, labels, factors = drawn
    table = np.corrcoef([labels.numpy(), *(factors[name].numpy() for name in RANGES)])
    assert abs(table - np.eye(len(table))).max() < 0.04


def test_slant_and_rotation_are_the_lean_of_a_straight_stroke(drawn):
    ink, f = ink_of(drawn, 1, style=0)
    design = np.stack([f["slant"], f["rotation"], np.ones(len(ink))], 1)
    (slant, rotation, _), *_ = np.linalg.lstsq(design, lean(ink))
    assert 0.8 < slant < 1.2 and 0.75 < rotation < 1.25
    assert correlation(lean(ink), f["slant"] + f["rotation"]) > 0.95


def test_slant_leans_every_style(drawn):
    for digit, styles in enumerate(digits.STYLES):
        for style in range(len(styles)):
            ink, f = ink_of(drawn, digit, style)
            assert correlation(lean(ink), f["slant"]) > 0.6, (digit, style)


def test_rotation_tilts_level_strokes_and_slant_does_not(monkeypatch):
    monkeypatch.setattr(
        digits, "STYLES", [["0,0 100,0 | 50,0 50,30"]] * 10
    )  # a T: its bar stays level under slant
    images, _, factors = digits.draw(600)
    ink, columns = images[:, 0].numpy() / 255, np.arange(28)
    top = np.where(
        ink.max(1) > 0.4, (ink > 0.4).argmax(1), np.nan
    )  # (N, 28): first inked row of every column
    slopes = [np.polyfit(columns[k], t[k], 1)[0] for t, k in zip(top, ~np.isnan(top), strict=True)]
    design = np.stack([factors["slant"], factors["rotation"], torch.ones(len(ink))], 1)
    (slant, rotation, _), *_ = np.linalg.lstsq(design, np.degrees(np.arctan(slopes)))
    assert abs(slant) < 0.15 and 0.75 < rotation < 1.25


def test_thickness_is_the_width_of_a_straight_stroke_in_px(drawn):
    ink, f = ink_of(drawn, 1, style=0)
    width = np.median(ink[:, 10:19].sum(2), 1) * np.cos(
        np.radians(lean(ink))
    )  # row width, seen square to the stroke
    assert np.median(abs(width - f["thickness"])) < 0.15
    assert correlation(width, f["thickness"]) > 0.95


def test_thickness_is_the_stroke_width_as_drawn_of_every_digit(drawn):
    for digit in range(10):
        ink, f = ink_of(drawn, digit)
        down, right = np.gradient(ink, axis=(1, 2))
        width = 2 * ink.sum((1, 2)) / np.hypot(down, right).sum((1, 2))  # area over half the outline's length
        assert correlation(width, f["thickness"]) > 0.8, digit
        assert 0.8 < np.median(width / f["thickness"]) < 1.25, digit


def test_scale_is_the_longest_side_with_ink_in_px(drawn):
    for digit in range(10):
        ink, f = ink_of(drawn, digit)
        firm = f["thickness"] > 2.2  # black throughout, so that sides() counts whole pixels
        longest, scale = np.maximum(*sides(ink[firm])), f["scale"][firm]
        assert np.median(abs(longest - scale)) < 0.35, digit
        assert correlation(longest, scale) > 0.75, digit


def test_aspect_widens(drawn):
    for digit in (0, 3, 5, 8):
        ink, f = ink_of(drawn, digit, style=0)
        height, width = sides(ink)
        assert correlation(np.log(width / height), np.log(f["aspect"])) > 0.5, digit


def test_sloppiness_bends_straight_strokes(drawn):
    ink, f = ink_of(drawn, 1, style=0)
    rows = np.arange(9, 20)
    centre = (ink[:, rows] * np.arange(28)).sum(2) / ink[:, rows].sum(
        2
    )  # (N, rows): where the stroke crosses each row
    bend = abs(centre[:, 0] - 2 * centre[:, 5] + centre[:, 10])
    sloppy = f["sloppiness"] > np.median(f["sloppiness"])
    assert bend[sloppy].mean() > 1.25 * bend[~sloppy].mean()


# They pass for handwriting


def test_a_small_network_reads_unseen_drawn_digits(drawn, model):
    images, labels, _ = drawn
    right = predict(model, images[12_000:]) == labels[12_000:]
    assert right.float().mean() >= 0.98


def test_a_network_that_saw_only_drawn_digits_reads_mnist(model, mnist_raw):
    images, labels = read_mnist(mnist_raw, "t10k")
    right = predict(model, images[:2000]) == labels[:2000]
    assert right.float().mean() >= 0.90
