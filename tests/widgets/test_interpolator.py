"""The interpolated point lies on the line or the arc between two codes, here and in the browser."""

import math

import pytest
import torch
from traitlets import TraitError

from tests.widgets.readers import in_node, needs_node
from tests.widgets.samples import IMAGES, X, close, decoded, encoded, ink, vae
from vae_lessons import interpolation
from vae_lessons.widgets import (
    Interpolator,
)


@pytest.mark.parametrize("way", ["lerp", "slerp"])
@pytest.mark.parametrize("t", [0.0, 0.3, 1.0])
def test_the_interpolated_point_is_on_the_way_from_code_to_code(way, t):
    model = vae()
    interpolator = Interpolator(model, IMAGES)
    mu, _ = encoded(model, X)
    close(interpolator._codes, mu[:8])
    assert interpolator._images == IMAGES[:8].numpy().tobytes()
    interpolator.set_state({"start": 6, "end": 2, "way": way, "t": t})
    close(interpolator.z, getattr(interpolation, way)(mu[6], mu[2], torch.tensor([t]))[0])
    if t in (0.0, 1.0):
        close(interpolator.z, mu[2 if t else 6])


@pytest.mark.parametrize("way", ["lerp", "slerp"])
def test_the_still_picture_of_an_interpolator_shows_both_ways_from_end_to_end(way):
    model = vae()
    interpolator = Interpolator(model, IMAGES)
    interpolator.set_state({"start": 6, "end": 2, "way": way})
    figure = interpolator.still()[0]
    mu, _ = encoded(model, X)
    points = getattr(interpolation, way)(mu[6], mu[2], torch.linspace(0, 1, 9))
    for n in range(9):
        close(ink(figure, n), (1 - n / 8) * X[6, 0] + n / 8 * X[2, 0])
        close(ink(figure, 9 + n), decoded(model, points[n : n + 1])[0, 0])


@needs_node
@pytest.mark.parametrize("start", [[1.0, 2.0, 3.0], [0.0, 0.0, 0.0], [-2.0, 0.1, 0.4]])
def test_the_arc_in_the_browser_is_the_arc_in_python(start):
    end, t = [4.0, -0.2, -0.8], [0.0, 0.25, 0.9, 1.0]
    points = in_node(
        "const answer = data.t.map((t) => slerp(data.start, data.end, t));",
        {"start": start, "end": end, "t": t},
        "interpolator",
    )
    close(points, interpolation.slerp(torch.tensor(start), torch.tensor(end), torch.tensor(t)))


@pytest.mark.parametrize(
    "wrong", [{"start": 8}, {"end": 8}, {"start": -1}, {"t": 1.5}, {"t": math.nan}, {"way": "arc"}]
)
def test_what_is_not_between_two_images_is_refused(wrong):
    interpolator = Interpolator(vae(), IMAGES)
    ((trait, value),) = wrong.items()
    before = getattr(interpolator, trait)
    with pytest.raises(TraitError, match=trait) as error:
        setattr(interpolator, trait, value)
    assert len(str(error.value).splitlines()) <= 2
    assert getattr(interpolator, trait) == before


def test_one_image_is_no_way():
    with pytest.raises(ValueError, match="two or more"):
        Interpolator(vae(), IMAGES[:1])
