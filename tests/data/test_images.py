"""Good images pass, others are refused with a fix that works, and conversions keep what the values mean."""

import re

import pytest
import torch

from tests.data.messages import kind
from vae_lessons.data.images import binarize, check_images, to_condition


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
        (GREY * 2 - 1, ValueError, "images.clamp(0, 1)"),
    ],
)
def test_the_fix_that_an_error_names_works(images, error, fix):
    with pytest.raises(error) as caught:
        check_images(images)
    assert fix in kind(caught)
    check_images(eval(fix))


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
