"""The plane lies where it was asked for, and its picture shows the cross and what is decoded there."""

import numpy as np
import pytest
from traitlets import TraitError

from tests.widgets.samples import IMAGES, LABELS, X, close, decoded, encoded, ink, places, vae
from vae_lessons.widgets import (
    LatentPlane,
)


def test_a_plane_through_three_images_holds_their_codes():
    model = vae(6)
    plane = LatentPlane(model, IMAGES, through=(7, 3, 11))
    codes = encoded(model, X)[0][[7, 3, 11]].double().numpy()
    basis = np.array(plane._basis)
    close(basis @ basis.T, np.eye(2))
    close(np.array(plane._origin) + places(plane, codes) @ basis, codes)
    close(plane.z, codes[0])
    (x0, y0), (x1, y1), (_, y2) = places(plane, codes)
    assert (x0, y0, y1) == pytest.approx((0, 0, 0), abs=1e-5)
    assert x1 > 0.01
    assert y2 > 0.01
    assert plane._gallery == [7, 3, 11]


def test_the_still_picture_of_a_plane_has_the_cross_at_z_and_what_is_decoded_there():
    model = vae(4)
    plane = LatentPlane(model, IMAGES, LABELS, dims=(1, 3))
    plane.z = (0.5, -1.0, 2.0, 1.5)
    figure, _, alt = plane.still()
    close(figure.axes[0].lines[-1].get_xydata(), [[-1.0, 1.5]])
    close(ink(figure, 1), decoded(model, [plane.z])[0, 0])
    assert "-1.00, 1.50" in alt


ALIKE = IMAGES[[4, 4, 9, 17]]


@pytest.mark.parametrize(
    ("images", "labels", "more", "text"),
    [
        (IMAGES, LABELS, {"dims": (1, 1)}, "dims.*0 to 2"),
        (IMAGES, LABELS, {"dims": (0, 3)}, "dims.*0 to 2"),
        (IMAGES, LABELS, {"dims": (-1, 0)}, "dims.*0 to 2"),
        (IMAGES, LABELS, {"dims": (0, 1, 2)}, "dims.*0 to 2"),
        (IMAGES, LABELS, {"through": (1, 2, 2)}, "through.*below 60"),
        (IMAGES, LABELS, {"through": (1, 2, 60)}, "through.*below 60"),
        (IMAGES, LABELS, {"through": (1, 2)}, "through.*below 60"),
        (ALIKE, None, {"through": (0, 1, 2)}, "through"),
        (ALIKE, None, {"through": (0, 2, 1)}, "through"),
        (ALIKE, None, {"through": (2, 0, 1)}, "through"),
        (IMAGES, LABELS[:-1], {}, "60 images.*59 labels"),
        (IMAGES.repeat(9, 1, 1, 1), LABELS.repeat(9)[:-1], {}, "540 images.*539 labels"),
    ],
)
def test_a_plane_that_cannot_be_laid_is_refused(images, labels, more, text):
    with pytest.raises(ValueError, match=text) as error:
        LatentPlane(vae(), images, labels, **more)
    assert len(str(error.value).splitlines()) <= 5


def test_only_an_image_on_the_map_can_be_chosen():
    plane = LatentPlane(vae(), IMAGES)
    plane.chosen = 59
    for wrong in (60, -2):
        with pytest.raises(TraitError, match="0 to 59"):
            plane.chosen = wrong
    assert plane.chosen == 59
    plane.chosen = -1
