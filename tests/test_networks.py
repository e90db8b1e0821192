"""Oracles: the arithmetic of layer sizes, worked out here by hand, and torch's own parameter counts."""

import pytest
import torch
from torch import nn

from vae_lessons.networks import (
    conv_decoder,
    conv_encoder,
    encoder_and_decoder,
    layer_shapes,
    mlp_decoder,
    mlp_encoder,
)


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
@pytest.mark.parametrize(("latent_dim", "hidden_dim"), [(1, 16), (2, 400), (20, 64)])
def test_decoder_returns_the_shape_that_the_encoder_takes(architecture, latent_dim, hidden_dim):
    encoder, decoder = encoder_and_decoder(architecture, latent_dim, hidden_dim)
    x = torch.rand(3, 1, 28, 28)
    assert encoder(x).shape == (3, hidden_dim)
    assert decoder(torch.randn(3, latent_dim)).shape == x.shape


def test_each_convolution_halves_the_side_and_each_transposed_one_doubles_it():
    down = [shape for name, shape in layer_shapes(conv_encoder(64), (1, 28, 28)) if name == "Conv2d"]
    up = [shape for name, shape in layer_shapes(conv_decoder(8, 64), (8,)) if name == "ConvTranspose2d"]
    assert down == [(16, 14, 14), (32, 7, 7)]
    assert up == [(16, 14, 14), (1, 28, 28)]


def test_layer_shapes_lists_the_input_and_every_layer_in_order():
    assert layer_shapes(mlp_decoder(2, 400), (2,)) == [
        ("input", (2,)),
        ("Linear", (400,)),
        ("ReLU", (400,)),
        ("Linear", (784,)),
        ("Unflatten", (1, 28, 28)),
    ]


def test_mlp_has_the_number_of_weights_that_its_sizes_say():
    def count(network):
        return sum(parameter.numel() for parameter in network.parameters())

    assert count(mlp_encoder(400)) == 784 * 400 + 400
    assert count(mlp_decoder(20, 400)) == 20 * 400 + 400 + 400 * 784 + 784


def test_a_layer_that_does_not_fit_is_named_in_at_most_five_lines():
    network = nn.Sequential(nn.Flatten(), nn.Linear(784, 30), nn.ReLU(), nn.Linear(31, 2))
    with pytest.raises(ValueError, match="layer 3 does not fit") as error:
        layer_shapes(network, (1, 28, 28))
    message = str(error.value)
    assert "(30,)" in message
    assert len(message.splitlines()) <= 5


def test_an_unknown_architecture_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="'resnet'.*mlp.*conv"):
        encoder_and_decoder("resnet", 2, 400)


def test_layer_shapes_leaves_batch_statistics_and_weights_alone():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    layer_shapes(network, (1, 8, 8))
    assert all(torch.equal(before[name], tensor) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize("architecture", ["mlp", "conv"])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("height", "width"), [(28, 28), (32, 32), (64, 64), (20, 36)])
def test_a_pair_fits_images_of_any_side_with_one_or_three_channels(architecture, channels, height, width):
    encoder, decoder = encoder_and_decoder(architecture, 5, 16, image_shape=(channels, height, width))
    assert encoder(torch.rand(2, channels, height, width)).shape == (2, 16)
    assert decoder(torch.randn(2, 5)).shape == (2, channels, height, width)


def test_the_fully_connected_layer_counts_what_two_halvings_leave():
    linear = next(layer for layer in conv_encoder(64, (3, 32, 64)) if isinstance(layer, nn.Linear))
    assert linear.in_features == 32 * 8 * 16
    assert [shape for _, shape in layer_shapes(conv_decoder(8, 64, (3, 32, 64)), (8,))][-1] == (3, 32, 64)


@pytest.mark.parametrize("shape", [(1, 30, 28), (1, 28, 30), (3, 33, 33)])
def test_a_side_that_cannot_be_halved_twice_is_refused_with_the_reason(shape):
    with pytest.raises(ValueError, match="multiples of 4"):
        encoder_and_decoder("conv", 2, 16, shape)
    encoder, decoder = encoder_and_decoder("mlp", 2, 16, shape)
    assert decoder(encoder(torch.rand(1, *shape))[:, :2]).shape == (1, *shape)
