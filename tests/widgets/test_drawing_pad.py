"""The pad hands the drawing to the encoder and maps the latents that know most."""

import numpy as np
import pytest
import torch
from traitlets import TraitError

from tests.widgets.samples import IMAGES, X, close, decoded, encoded, ink, places, vae
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.widgets import (
    DrawingPad,
)


def test_x_is_the_drawing_as_the_encoder_sees_it():
    model = vae()
    pad = DrawingPad(model, IMAGES[3:])
    close(pad.x, X[3:4])
    close(pad.z, encoded(model, X[3:4])[0][0])
    drawing = np.random.default_rng(0).integers(0, 256, (28, 28), dtype=np.uint8)
    update = {"method": "update", "state": {"z": [1, 2, 3]}, "buffer_paths": [["drawing"]]}
    message = {
        "content": {"data": update},
        "buffers": [memoryview(drawing.tobytes())],
    }  # as it comes to the kernel
    pad._handle_msg(message)
    assert pad.error == ""
    assert pad.z == (1.0, 2.0, 3.0)
    close(255 * pad.x[0, 0], drawing)
    assert pad.x.shape == (1, 1, 28, 28)
    figure = pad.still()[0]
    close(ink(figure, 0), pad.x[0, 0])
    close(ink(figure, 1), decoded(model, encoded(model, pad.x)[0])[0, 0])


def test_the_pad_maps_the_two_latents_that_know_most():
    model = vae(6)
    model.to_mu.bias.data = torch.tensor([0.0, 0.0, 3.0, 0.0, -5.0, 1.0])
    pad = DrawingPad(model, IMAGES)
    assert pad._axes == ["z[2]", "z[4]"]
    close(places(pad, pad._codes), encoded(model, X)[0][:, [2, 4]])


def test_a_pad_needs_two_latents_and_a_whole_drawing():
    with pytest.raises(ValueError, match="two latents"):
        DrawingPad(vae(1), IMAGES)
    pad = DrawingPad(vae(), IMAGES)
    with pytest.raises(TraitError, match="784 bytes, not 3"):
        pad.drawing = b"123"
    close(pad.x, X[:1])


def test_the_pad_maps_the_first_two_latents_of_an_autoencoder():
    assert DrawingPad(Autoencoder(4, 16), IMAGES)._axes == ["z[0]", "z[1]"]
