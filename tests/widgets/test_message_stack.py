"""The stack shows what the codec does: the bits of each step, the checksum that comes back, and what fits the ELBO."""

import math

import pytest
import torch
from traitlets import TraitError

from tests.widgets.samples import IMAGES, vae
from vae_lessons.bits_back import Stack, put_in
from vae_lessons.data.images import binarize
from vae_lessons.evaluation import test_elbo
from vae_lessons.widgets import MessageStack


def stack(**more):
    return MessageStack({"first": vae(3), "second": vae(5, seed=1)}, IMAGES, **more)


def test_the_lengths_are_those_of_the_message_after_each_image():
    made, coder = stack(), vae(5, seed=1)
    message = Stack.for_model(coder)
    assert made._bits[1][0] == pytest.approx(message.bits(), abs=0.01)
    for place, x in enumerate((binarize(IMAGES[:16]) / 255).split(1), start=1):
        put_in(message, coder, x)
        assert made._bits[1][3 * place] == pytest.approx(message.bits(), abs=0.01)


def test_each_image_pops_its_code_and_pushes_pixels_and_code():
    for run, latents in zip(stack()._bits, (3, 5), strict=True):
        steps = torch.tensor(run).diff().view(16, 3)
        assert (steps[:, 0] < 0).all() and (steps[:, 1] > 0).all()
        assert steps[:, 2].tolist() == pytest.approx([10 * latents] * 16, abs=0.1)  # bins of 10 bits a latent


def test_every_state_of_the_message_has_a_checksum_of_its_own():
    for sums in stack()._sums:
        assert len(sums) == len(set(sums)) == 1 + 3 * 16


def test_the_line_to_reach_is_minus_the_elbo_of_these_images_in_bits_per_pixel():
    images = (binarize(IMAGES[:16]) / 255).repeat(40, 1, 1, 1)
    for found, coder in zip(stack()._elbos, (vae(3), vae(5, seed=1)), strict=True):
        due = -test_elbo(coder, images, seed=7) / math.log(2) / 784
        assert found == pytest.approx(due, rel=0.05)


def test_the_model_that_was_handed_in_stays_on_its_device_and_as_it_was():
    coder = vae()
    before = [weight.clone() for weight in coder.parameters()]
    MessageStack({"VAE": coder}, IMAGES[:2])
    assert all(torch.equal(a, b) for a, b in zip(before, coder.parameters(), strict=True))


def test_the_still_picture_shows_the_steps_of_the_image_on_top_and_a_line_for_each_model():
    made = stack()
    for done, bars in ((0, 0), (1, 1), (2, 2), (3, 3), (7, 1), (48, 3)):
        made.done = done
        figure, caption, _ = made.still()
        assert len(figure.axes[0].patches) == bars
        assert f"{done // 3} images" in caption
    widths = [bar.get_width() for bar in figure.axes[0].patches]
    assert widths == pytest.approx(torch.tensor(made._bits[0][45:]).diff().tolist(), abs=0.02)
    assert len(figure.axes[1].lines) == 4  # two models, and their ELBOs


def test_no_model_is_refused_and_so_are_images_in_colour():
    with pytest.raises(ValueError, match="no model"):
        MessageStack({}, IMAGES)
    with pytest.raises(ValueError, match="grey"):
        MessageStack({"VAE": vae()}, IMAGES.repeat(1, 3, 1, 1))


@pytest.mark.parametrize(("trait", "value"), [("chosen", "third"), ("done", -1), ("done", 49)])
def test_a_trait_takes_only_what_there_is(trait, value):
    with pytest.raises(TraitError, match=trait):
        setattr(stack(), trait, value)
