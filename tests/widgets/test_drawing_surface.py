"""A drawing is centred as MNIST is, and comes to Python as one byte a pixel."""

import numpy as np
import pytest
from traitlets import TraitError

from tests.widgets.readers import in_node, needs_node
from tests.widgets.samples import made

PADS = pytest.mark.parametrize("name", ["AnomalyPad", "DrawingPad"])


def centred(boxes, shape=(28, 28)):
    """What the page makes of a drawing: a 1 in each box (top, bottom, left, right) of its 280 x 280 pixels."""
    code = """
        const ink = new Float32Array(PAD * PAD);
        for (const [top, bottom, left, right] of data.boxes)
          for (let y = top; y < bottom; y++) ink.fill(1, y * PAD + left, y * PAD + right);
        const answer = Array.from(new Uint8Array(bytes(centred(ink, data.shape)).buffer));"""
    return np.array(in_node(code, {"boxes": boxes, "shape": shape}, "drawing_surface")).reshape(shape)


@needs_node
@pytest.mark.parametrize(("top", "left", "side"), [(0, 0, 40), (200, 30, 60), (40, 40, 200)])
def test_a_square_fills_twenty_pixels_in_the_middle_wherever_it_was_drawn(top, left, side):
    due = np.zeros((28, 28))
    due[4:24, 4:24] = 255
    assert np.array_equal(centred([(top, top + side, left, left + side)]), due)


@needs_node
def test_the_centre_of_mass_comes_to_the_middle():
    pixels = centred([(10, 110, 20, 40), (90, 110, 20, 80)])  # an L
    inked = np.argwhere(pixels > 127)
    assert (np.ptp(inked, axis=0) + 1).tolist() == [20, 12]
    middle = np.average(np.indices(pixels.shape) + 0.5, axis=(1, 2), weights=np.stack([pixels, pixels]))
    assert middle.tolist() == pytest.approx([14, 14], abs=0.05)


@needs_node
def test_a_blank_drawing_is_blank():
    assert not centred([], (20, 24)).any()


@PADS
def test_the_drawing_of_the_page_is_x(name):
    pad = made(name)
    drawing = np.where(np.arange(784).reshape(28, 28) % 3 == 0, 255, 0).astype(np.uint8)
    pad.set_state({"drawing": memoryview(drawing.tobytes())})
    assert pad.x.shape == (1, 1, 28, 28)
    assert np.array_equal(255 * pad.x[0, 0].numpy(), drawing)


@PADS
@pytest.mark.parametrize("count", [0, 783, 785])
def test_a_drawing_of_another_size_is_refused_and_the_last_one_stays(name, count):
    pad = made(name)
    before = pad.drawing
    with pytest.raises(TraitError, match=f"784 bytes, not {count}"):
        pad.drawing = bytes(count)
    assert pad.drawing == before
