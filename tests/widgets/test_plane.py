"""The map shows every code and the prior, along the latents that were asked for."""

import numpy as np
import pytest
import torch

from tests.widgets.samples import IMAGES, LABELS, X, close, encoded, places, vae
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.widgets import (
    LatentPlane,
)


def spread(model, by=1.0, around=0.0):
    """The model with codes `by` times as far apart, around another centre."""
    model.to_mu.weight.data *= by
    model.to_mu.bias.data += around
    return model


@pytest.mark.parametrize("dims", [(0, 1), (1, 3), (3, 0)])
def test_a_plane_of_two_latents_shows_these_two(dims):
    model = vae(4)
    plane = LatentPlane(model, IMAGES, dims=dims)
    mu, logvar = encoded(model, X)
    close(plane._codes, mu)
    close(plane._stds, (logvar / 2).exp())
    close(places(plane, mu), mu[:, list(dims)])
    assert plane._axes == [f"z[{j}]" for j in dims]
    assert plane._gallery == list(range(8))
    assert plane.chosen == 0
    close(plane.z, mu[0])
    assert plane._images == IMAGES.numpy().tobytes()


@pytest.mark.parametrize("which", [{"dims": (1, 2)}, {"through": (1, 2, 3)}])
@pytest.mark.parametrize(
    ("by", "around"), [(0.01, 0.0), (30.0, 0.0), (1.0, 8.0)], ids=["near", "far", "aside"]
)
def test_the_map_shows_every_code_and_the_prior(by, around, which):
    model = spread(vae(4), by, around)
    plane = LatentPlane(model, IMAGES, **which)
    assert plane._has_prior
    centre = places(plane, np.zeros(4))
    shown = np.concatenate([places(plane, plane._codes), centre + [[-3, 0], [3, 0], [0, -3], [0, 3]]])
    left, bottom, side = plane._box
    assert (shown >= [left, bottom]).all()
    assert (shown <= [left + side, bottom + side]).all()
    assert side < 1.3 * np.ptp(shown, 0).max()


def test_the_map_of_an_autoencoder_shows_its_codes_and_no_prior():
    torch.manual_seed(0)
    model = Autoencoder(3, 16)
    plane = LatentPlane(model, IMAGES)
    codes = model.encode(X).detach()
    close(plane._codes, codes)
    assert (plane._has_prior, plane._stds) == (False, [])
    assert plane._box[2] == pytest.approx(1.04 * np.ptp(codes[:, :2].numpy(), 0).max(), rel=1e-4)


def test_points_are_drawn_as_the_first_letter_of_their_class():
    named = LatentPlane(vae(), IMAGES, LABELS.clamp(max=2), ["Bag", "Coat", "Dress"])
    assert (named._labels, named._glyphs) == (LABELS.clamp(max=2).tolist(), ["B", "C", "D"])
    assert LatentPlane(vae(), IMAGES, LABELS.clamp(max=2))._glyphs == ["0", "1", "2"]
    assert LatentPlane(vae(), IMAGES)._labels == []
