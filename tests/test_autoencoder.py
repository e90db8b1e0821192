"""Oracle: PCA, the best that any linear code of the same size can do."""

import itertools

import torch

from vae_lessons.autoencoder import Autoencoder
from vae_lessons.data.digits import draw
from vae_lessons.training.loop import TrainConfig, fit


def test_shapes_from_image_to_code_and_back():
    for architecture, image_shape in itertools.product(("mlp", "conv"), ((1, 28, 28), (3, 32, 64))):
        model = Autoencoder(3, hidden_dim=32, architecture=architecture, image_shape=image_shape)
        x = torch.rand(5, *image_shape)
        x_logits, z = model(x)
        assert z.shape == (5, 3)
        assert x_logits.shape == x.shape
        assert torch.equal(model.decode(model.encode(x)), x_logits)  # no noise anywhere


def test_a_trained_autoencoder_rebuilds_better_than_pca_of_the_same_size():
    images, test = draw(6000, seed=0)[0], draw(500, seed=1)[0] / 255
    torch.manual_seed(0)
    model = Autoencoder(latent_dim=8, hidden_dim=200)
    fit(model, images, TrainConfig(epochs=8, binarize=False))
    with torch.no_grad():
        error = ((model(test)[0].sigmoid() - test) ** 2).sum((1, 2, 3)).mean()
    train = (images / 255).flatten(1)
    mean = train.mean(0)
    axes = torch.pca_lowrank(train - mean, q=8, center=False, niter=8)[2]  # (784, 8)
    centred = test.flatten(1) - mean
    pca_error = ((centred - centred @ axes @ axes.T) ** 2).sum(1).mean()
    assert error < 0.85 * pca_error
