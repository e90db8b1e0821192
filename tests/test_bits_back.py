"""Bits back: every image comes out as it went in, a file is as long as the probabilities say, damage is refused."""

import math
from fractions import Fraction

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from vae_lessons.bits_back import (
    POSTERIOR,
    Stack,
    compress,
    decompress,
    posterior_starts,
    put_in,
    take_out,
)
from vae_lessons.data.digits import draw
from vae_lessons.data.images import binarize
from vae_lessons.evaluation import test_elbo
from vae_lessons.vae import VAE

DIGITS = binarize(draw(200, seed=5)[0]) / 255  # (N, 1, 28, 28)


def model(seed=0, strength=3.0, **more):
    """An untrained VAE with weights so large that its images differ and its posteriors are no prior."""
    torch.manual_seed(seed)
    made = VAE(**{"latent_dim": 6, "hidden_dim": 32, **more})
    for weight in made.parameters():
        weight.data *= strength if weight.ndim > 1 else 1
    return made


class Known(nn.Module):
    """A model whose posterior is the prior and whose pixels are ink with one probability, whatever z is."""

    latent_dim, image_shape = 4, (1, 8, 12)

    def __init__(self, ink):
        super().__init__()
        self.logit = math.log(ink / (1 - ink))

    def encode(self, x):
        return torch.zeros(len(x), 4), torch.zeros(len(x), 4)

    def decode(self, z):
        return torch.full((len(z), 1, 8, 12), self.logit)


# --- the stack ---


@st.composite
def pushes(draw):
    """Rounds of pushes: precision, and start and width of one to five intervals below 2**precision."""
    rounds = []
    for _ in range(draw(st.integers(1, 40))):
        precision = draw(st.integers(1, 26))
        symbols = []
        for _ in range(draw(st.integers(1, 5))):
            width = draw(st.integers(1, 2**precision - 1))
            symbols.append((draw(st.integers(0, 2**precision - width)), width))
        rounds.append((precision, np.array(symbols)))
    return rounds


@settings(deadline=None)
@given(pushes())
def test_what_is_pushed_can_be_popped_in_reverse_order_and_leaves_the_stack_as_it_was(rounds):
    stack, empty = Stack(5, spare=3), Stack(5, spare=3)
    for precision, symbols in rounds:
        stack.push(*symbols.T, precision)
        assert (stack.heads >= np.uint64(2**32)).all()
    for precision, symbols in reversed(rounds):
        start, width = symbols.T
        slot = stack.peek(len(symbols), precision)
        assert (start <= slot).all() and (slot < start + width).all()
        stack.pop(start, width, precision)
    assert stack.words == empty.words and (stack.heads == empty.heads).all()


@settings(deadline=None)
@given(pushes())
def test_a_pop_before_the_first_push_is_undone_by_pushing_the_same_symbol(rounds):
    stack, empty = Stack(5, spare=300), Stack(5, spare=300)
    popped = []
    for precision, symbols in rounds:
        slot = stack.peek(len(symbols), precision)
        width = np.minimum(symbols[:, 1], 2**precision - slot)  # an interval that begins at the slot
        popped.append((slot, width, precision))
        stack.pop(slot, width, precision)
    for each in reversed(popped):
        stack.push(*each)
    assert stack.words == empty.words and (stack.heads == empty.heads).all()


def test_one_lane_does_what_exact_arithmetic_on_one_whole_number_does():
    rng = np.random.default_rng(0)
    stack, number = Stack(1), None
    number = Fraction(int(stack.heads[0]))
    for _ in range(300):
        width = int(rng.integers(1, 2**12))
        stack.push(np.array([0]), np.array([width]), 12)
        number *= Fraction(2**12, width)
    length = math.log2(number.numerator) - math.log2(number.denominator)
    assert stack.bits() == pytest.approx(length, abs=0.01)


def test_an_empty_stack_says_so():
    stack = Stack(2)
    with pytest.raises(ValueError, match="ends too early"):
        for _ in range(9):
            stack.pop(stack.peek(2, 16), np.array([1, 1]), 16)


# --- images ---


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**16),
    count=st.integers(0, 5),
    channels=st.sampled_from([1, 3]),
    height=st.integers(1, 9),
    width=st.integers(1, 40),
    latents=st.integers(1, 40),
    ink=st.floats(0, 1),
    strength=st.floats(0.1, 30),
)
def test_any_images_of_any_size_come_out_of_any_model_as_they_went_in(
    seed, count, channels, height, width, latents, ink, strength
):
    shape = (channels, height, width)
    coder = model(seed, strength, latent_dim=latents, image_shape=shape)
    images = (torch.rand(count, *shape, generator=torch.Generator().manual_seed(seed)) < ink).float()
    file = compress(coder, images)
    assert torch.equal(decompress(coder, file), images)


def test_images_come_out_in_the_order_in_which_they_went_in_whatever_the_architecture():
    for architecture in ("mlp", "conv"):
        coder = model(architecture=architecture)
        assert torch.equal(decompress(coder, compress(coder, DIGITS[:20])), DIGITS[:20])


def test_bytes_and_truth_values_are_coded_like_floats():
    coder = model()
    file = compress(coder, DIGITS[:3])
    assert compress(coder, DIGITS[:3].to(torch.uint8)) == compress(coder, DIGITS[:3].bool()) == file


@pytest.mark.parametrize("ink", [0.5, 0.1, 0.97])
def test_where_z_says_nothing_an_image_costs_what_its_pixels_cost(ink):
    coder = Known(ink)
    images = (torch.rand(60, 1, 8, 12, generator=torch.Generator().manual_seed(1)) < ink).float()
    stack, before = Stack.for_model(coder), Stack.for_model(coder).bits()
    for x in images.split(1):
        put_in(stack, coder, x)
    due = -(images.sum() * math.log2(ink) + (1 - images).sum() * math.log2(1 - ink)).item()
    assert stack.bits() - before == pytest.approx(due, rel=2e-3)


def test_a_file_is_as_long_as_minus_the_elbo_and_little_more():
    coder = model(strength=1.5)
    stack, before = Stack.for_model(coder), Stack.for_model(coder).bits()
    for x in DIGITS.split(1):
        put_in(stack, coder, x)
    due = -np.mean([test_elbo(coder, DIGITS, seed=seed) for seed in range(20)]) / math.log(2)
    assert (stack.bits() - before) / len(DIGITS) == pytest.approx(
        due, rel=0.015
    )  # one draw of z each against twenty
    overhead = 8 * len(compress(coder, DIGITS)) - (stack.bits() - before)
    assert 0 < overhead < 64 * 28 + 32 * coder.latent_dim + 100


def test_an_encoder_and_a_decoder_that_are_sure_are_coded_too():
    class Sure(Known):
        def encode(self, x):
            mu = torch.tensor([[0.0, 3.0, -20.0, 100.0]])
            return mu, torch.tensor([[-60.0, -40.0, -30.0, 30.0]])

        def decode(self, z):
            return torch.where(torch.arange(12) < 6, 500.0, -500.0).expand(len(z), 1, 8, 12)

    images = torch.randint(2, (4, 1, 8, 12)).float()
    assert torch.equal(decompress(Sure(0.5), compress(Sure(0.5), images)), images)


def test_an_image_taken_out_leaves_the_message_as_it_was_before():
    coder, states = model(), []
    stack = Stack.for_model(coder)
    for x in DIGITS[:5].split(1):
        states.append((stack.heads.copy(), list(stack.words)))
        put_in(stack, coder, x)
    for x, (heads, words) in zip(reversed(DIGITS[:5]), reversed(states), strict=True):
        assert torch.equal(take_out(stack, coder)[0], x)
        assert (stack.heads == heads).all() and stack.words == words


def test_intervals_of_the_posterior_fill_the_whole_range_without_a_gap():
    starts = posterior_starts(model(), DIGITS[:1])
    assert (starts[:, 0] == 0).all() and (starts[:, -1] == 2**POSTERIOR).all()
    assert (np.diff(starts) >= 1).all()


# --- what goes wrong ---


CODER = model()
FILE = compress(CODER, DIGITS[:4])


@settings(deadline=None)
@given(place=st.integers(0, len(FILE) - 1), change=st.integers(1, 255))
def test_a_file_with_one_wrong_byte_is_refused(place, change):
    damaged = bytearray(FILE)
    damaged[place] ^= change
    with pytest.raises(ValueError, match="damaged or cut off"):
        decompress(CODER, bytes(damaged))


@pytest.mark.parametrize("kept", [0, 1, 7, 100, len(FILE) - 1])
def test_a_file_that_is_cut_off_is_refused(kept):
    with pytest.raises(ValueError, match="damaged or cut off"):
        decompress(CODER, FILE[:kept])


@pytest.mark.parametrize("seed", range(1, 9))
def test_another_models_file_is_refused(seed):
    with pytest.raises(ValueError, match="another model"):
        decompress(model(seed), FILE)


@pytest.mark.parametrize(
    "images",
    [
        DIGITS[:2] * 0.5,
        DIGITS[:2, :, :20],
        DIGITS[0],
        255 * DIGITS[:2].to(torch.uint8),
        DIGITS[:2] * math.nan,
    ],
)
def test_images_that_cannot_be_coded_are_refused_with_the_fix(images):
    with pytest.raises(ValueError, match="zeros and ones") as error:
        compress(CODER, images)
    assert len(str(error.value).splitlines()) <= 5
