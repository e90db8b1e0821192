"""Good images pass, others are refused with a fix that works, and conversions keep what the values mean."""

import re
import warnings

import pytest
import torch

from tests.data.messages import kind
from vae_lessons.data.images import (
    binarize,
    check_images,
    to_condition,
    to_unit,
    warn_of_images_without_content,
)


def test_binarize_draws_each_pixel_with_its_grey_value():
    greys = torch.tensor([0, 1, 51, 128, 254, 255], dtype=torch.uint8)
    images = greys.repeat_interleave(28 * 28 * 20).view(-1, 1, 28, 28)  # 20 images of each grey
    before, state = images.clone(), torch.get_rng_state()
    binary = binarize(images, seed=3)
    assert binary.shape == images.shape and binary.dtype == torch.uint8
    assert set(binary.unique().tolist()) == {0, 255}
    assert torch.equal(images, before) and torch.equal(torch.get_rng_state(), state)
    share = (binary == 255).view(6, -1).double().mean(1)  # of pixels that are on, for each grey
    p = greys / 255.0
    assert share[0] == 0 and share[-1] == 1
    n = 28 * 28 * 20
    assert ((share - p).abs() <= 5 * (p * (1 - p) / n).sqrt()).all()


def test_binarize_depends_on_the_seed_alone():
    images = torch.randint(0, 256, (10, 1, 28, 28), generator=torch.Generator().manual_seed(0)).to(
        torch.uint8
    )
    assert torch.equal(binarize(images, seed=1), binarize(images, seed=1))
    assert not torch.equal(binarize(images, seed=1), binarize(images, seed=2))
    assert torch.equal(binarize(images, seed=1), binarize(images / 255, seed=1))
    check_images(binarize(images))


def test_binarize_never_inks_paper(monkeypatch):
    monkeypatch.setattr(
        torch, "rand", lambda shape, generator: torch.zeros(shape)
    )  # the lowest that rand draws
    assert binarize(torch.zeros(1, 1, 28, 28)).sum() == 0


def test_binarize_refuses_what_is_no_image():
    with pytest.raises(ValueError, match="unsqueeze"):
        binarize(torch.zeros(3, 28, 28))


def test_conditions_that_are_images_become_floats_between_zero_and_one():
    images = torch.tensor([0, 51, 255], dtype=torch.uint8).view(3, 1, 1, 1)
    expected = torch.tensor([0, 0.2, 1]).view(3, 1, 1, 1)
    torch.testing.assert_close(to_condition(images), expected)


@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_conditions_that_are_numbers_keep_their_values_in_single_precision(dtype):
    attributes = torch.tensor([[-30.0, 0.25], [128.0, 1e4]], dtype=dtype)
    condition = to_condition(attributes)
    assert condition.dtype == torch.float32
    assert condition.tolist() == attributes.tolist()


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.uint8])
def test_conditions_that_are_labels_become_int64_and_are_never_scaled(dtype):
    condition = to_condition(torch.tensor([0, 1, 9]).to(dtype))
    assert condition.dtype == torch.int64
    assert condition.tolist() == [0, 1, 9]


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_good_images_pass(dtype):
    check_images(torch.ones(2, 1, 28, 28, dtype=dtype))
    check_images(torch.zeros(1, 1, 5, 7, dtype=dtype))


GREY = torch.linspace(0, 1, 2 * 784).view(2, 1, 28, 28)


@pytest.mark.parametrize(
    ("images", "error", "fix"),
    [
        (GREY.numpy(), TypeError, "torch.from_numpy(images)"),
        (GREY.tolist(), TypeError, "torch.as_tensor(images)"),
        ((GREY * 255).long(), TypeError, "images.to(torch.uint8)"),
        (GREY > 0.5, TypeError, "images.float()"),
        (GREY[:, 0], ValueError, "images.unsqueeze(1)"),
        (GREY[0, 0], ValueError, "images[None, None]"),
        (GREY.view(2, 784), ValueError, "images.view(-1, 1, 28, 28)"),
        (GREY.view(1, 2, 1, 28, 28), ValueError, "images.view(-1, 1, 28, 28)"),
        (GREY.permute(0, 2, 3, 1), ValueError, "images.permute(0, 3, 1, 2)"),
        (GREY.expand(2, 4, 28, 28), ValueError, "images.float().mean(1, keepdim=True)"),
        (GREY * 255, ValueError, "images / 255"),
        (GREY * 2 - 1, ValueError, "(images + 1) / 2"),
        (GREY * 1.2 - 0.1, ValueError, "images.clamp(0, 1)"),
    ],
)
def test_the_fix_that_an_error_names_works(images, error, fix):
    with pytest.raises(error) as caught:
        check_images(images)
    assert fix in kind(caught)
    check_images(eval(fix))


# What students bring: values, and the share of ink that the advice must leave (a ramp has one half).
RAMP = torch.linspace(0, 1, 28 * 28, dtype=torch.float64).view(1, 1, 28, 28)
BROUGHT = {
    "a mask": RAMP > 0.5,
    "0 and 1 as int32": (RAMP > 0.5).int(),
    "8 bits as int32": (255 * RAMP).round().int(),
    "8 bits as int64": (255 * RAMP).round().long(),
    "dark, as int16": (100 * RAMP).round().short(),
    "signed bytes": (255 * RAMP - 128).round().to(torch.int8),
    "10 bits": (1023 * RAMP).round().short(),
    "12 bits": (4095 * RAMP).round().short(),
    "16 bits as int32": (65514 * RAMP).round().int(),
    "16 bits as uint16": (65535 * RAMP).round().long().to(torch.uint16),
    "far below 0 as int64": (1000 * RAMP - 500).round().long(),
    "0 to 16, as in small digits": 16 * RAMP,
    "0 to 255": (255 * RAMP).float(),
    "0 to 200": (200 * RAMP).float(),
    "0 to 65535": 65535 * RAMP,
    "0 to 2": (2 * RAMP).float(),
    "-1 to 1": (2 * RAMP - 1).float(),
    "-1 to 1, rounded": (2 * RAMP - 1).float() * 1.0000003,
    "standardised": ((RAMP - 0.1307) / 0.3081).float(),
    "an overshoot": (1.2 * RAMP - 0.1).float(),
    "half precision": (255 * RAMP).half(),
}


@pytest.mark.parametrize("name", BROUGHT)
def test_who_follows_the_advice_keeps_the_picture(name):
    images = BROUGHT[name]
    with pytest.raises((TypeError, ValueError)) as caught:
        check_images(images)
    fix = re.search(r"Try (.*?)(?:, which .*|, if .*)?\.$", kind(caught).splitlines()[-1])[1]
    mended = eval(fix)
    with warnings.catch_warnings(action="ignore"):
        check_images(mended)
    ink = to_unit(mended)
    assert 0.35 < ink.mean() < 0.65  # neither nearly black nor nearly white
    assert (ink.flatten().diff() >= 0).all()  # and the ramp still rises


def test_whole_numbers_of_one_value_are_led_to_where_they_come_from():
    with pytest.raises(TypeError, match="65535 everywhere: look where"):
        check_images(torch.full((2, 1, 5, 5), 65535, dtype=torch.int32))


@pytest.mark.parametrize("above", [1.0000002, 1.0009])
@pytest.mark.parametrize("below", [-3e-8, 0.0])
def test_rounding_passes_with_a_warning_that_shows_the_value_in_full_and_is_clipped(above, below):
    images = GREY.clone()
    images[0, 0, 0, 0], images[1, 0, 3, 3] = below, above
    with pytest.warns(UserWarning, match=f"reach {re.escape(str(images.max().numpy()))}.*clipped"):
        check_images(images)
    assert to_unit(images).min() == 0 and to_unit(images).max() == 1


def test_an_image_that_was_resized_smoothly_passes():
    small = torch.nn.functional.interpolate(
        torch.ones(1, 1, 28, 28), size=17, mode="bilinear", antialias=True
    )
    assert small.max() > 1
    with pytest.warns(UserWarning, match="rounding"):
        check_images(small)


def test_attributes_are_not_clipped_where_images_are():
    assert to_condition(torch.tensor([[1.5, -2.0]])).tolist() == [[1.5, -2.0]]


@pytest.mark.parametrize(
    ("images", "said"),
    [
        (torch.ones(3, 1, 5, 5), "one value only, 1.0 in the first"),
        (torch.zeros(3, 1, 5, 5, dtype=torch.uint8), "one value only, 0 in"),
        (torch.rand(3, 1, 1, 1).expand(3, 1, 5, 5), "one value only"),
        (GREY / 255, "nearly black: their largest value is 0.0039"),
        ((GREY > 0.25).to(torch.uint8), "largest value is 1, and uint8 ones count from 0 to 255"),
    ],
)
def test_images_that_show_nothing_are_warned_of(images, said):
    with pytest.warns(UserWarning, match=said):
        warn_of_images_without_content(images)


def test_images_that_show_something_are_not_warned_of():
    warn_of_images_without_content(GREY)
    warn_of_images_without_content((GREY * 255).to(torch.uint8))
    warn_of_images_without_content(
        torch.cat([torch.zeros(9, 1, 28, 28), 0.1 * GREY])
    )  # blank ones among others


def test_a_colour_image_with_channels_last_is_led_to_one_channel():
    images = GREY.permute(0, 2, 3, 1).expand(2, 28, 28, 3)
    with pytest.raises(ValueError, match=re.escape("images.permute(0, 3, 1, 2)")):
        check_images(images)
    with pytest.raises(ValueError, match="mean"):
        check_images(images.permute(0, 3, 1, 2), grey=True)


def test_colour_images_pass_except_where_images_must_be_grey():
    images = GREY.expand(2, 3, 28, 28)
    check_images(images)
    with pytest.raises(ValueError, match="must be grey") as caught:
        check_images(images, grey=True)
    fix = "images.float().mean(1, keepdim=True)"
    assert fix in kind(caught)
    check_images(eval(fix), grey=True)


def test_a_data_set_instead_of_its_images(drawn):
    with pytest.raises(TypeError, match=re.escape("images.train_images")):
        check_images(drawn)


@pytest.mark.parametrize("shape", [(0, 1, 28, 28), (3, 1, 0, 28)])
def test_no_images(shape):
    with pytest.raises(ValueError, match="no image") as error:
        check_images(torch.zeros(shape))
    kind(error)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 300.0, -0.001, 1.001])
def test_the_first_wrong_value_is_named(value):
    images = GREY.repeat(2, 1, 1, 1)
    images[2, 0, 5, 9] = images[2, 0, 5, 10] = images[3, 0, 0, 0] = value
    with pytest.raises(ValueError, match=re.escape(f"images[2, 0, 5, 9] is {value:.6g}")) as error:
        check_images(images)
    kind(error)
