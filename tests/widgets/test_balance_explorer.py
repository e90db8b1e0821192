"""The explorer measures rate and distortion and decodes the same points with every model."""

import numpy as np
import pytest
import torch
from traitlets import TraitError

from tests.widgets.samples import IMAGES, X, close, decoded, encoded, ink, vae
from vae_lessons import evaluation
from vae_lessons.data.images import binarize
from vae_lessons.vae import VAE
from vae_lessons.widgets import (
    BalanceExplorer,
)


def as_bytes(images):
    return np.rint(255 * images.numpy()).astype(np.uint8).tobytes()


def test_rate_and_distortion_are_those_of_binary_images():
    torch.manual_seed(0)
    models = {"beta 1": VAE(2, 16), "beta 4": VAE(4, 16)}
    explorer = BalanceExplorer(models, IMAGES)
    assert explorer._names == list(models)
    x = binarize(IMAGES) / 255
    noise = torch.Generator().manual_seed(3)
    for model, numbers in zip(models.values(), explorer._numbers, strict=True):
        mu, logvar = (code.double() for code in encoded(model, x))
        rate = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1).mean().item()
        assert numbers["rate"] == pytest.approx(rate, rel=1e-4)
        z = mu + (logvar / 2).exp() * torch.randn(200, *mu.shape, generator=noise)
        with torch.no_grad():
            logits = model.decode(z.float().flatten(0, 1)).double().view(200, *x.shape)
        cross_entropy = ((logits.exp() + 1).log() - x * logits).sum((2, 3, 4)).mean().item()
        assert numbers["distortion"] == pytest.approx(cross_entropy, rel=0.01)
        elbo = evaluation.test_elbo(model, binarize(IMAGES))
        assert numbers["rate"] + numbers["distortion"] == pytest.approx(-elbo, rel=1e-5)


def test_the_explorer_rebuilds_images_and_decodes_the_same_points_with_every_model():
    first, second = vae(2), vae(4, seed=1)
    second.decoder[0].weight.data[:, :2] = first.decoder[0].weight.data
    second.decoder[0].weight.data[:, 2:] = 0.0
    second.decoder[0].bias.data = first.decoder[0].bias.data
    second.decoder[2] = first.decoder[2]
    explorer = BalanceExplorer({"first": first, "second": second}, X, samples=5)
    rebuilt = torch.cat([decoded(model, encoded(model, X[:8])[0]) for model in (first, second)])
    found = np.frombuffer(explorer._rebuilt, np.uint8).astype(float)
    close(found, 255 * rebuilt.flatten(), atol=0.51)
    assert explorer._images == as_bytes(X[:8])
    here, there = np.frombuffer(explorer._sampled, np.uint8).reshape(2, 5, 784)
    close(here, there)
    assert len(np.unique(here, axis=0)) == 5


def test_the_chosen_model_is_the_one_on_the_still_picture():
    models = {"weak": vae(), "middle": vae(seed=1), "strong": vae(seed=2)}
    explorer = BalanceExplorer(models, IMAGES)
    assert explorer.chosen == "middle"
    explorer.set_state({"chosen": "strong"})
    figure, caption, _ = explorer.still()
    assert caption.startswith(f"strong: rate {explorer._numbers[2]['rate']:.1f}, ")
    close(ink(figure, 8), decoded(models["strong"], encoded(models["strong"], X[:1])[0])[0, 0])
    for wrong in ("stronger", "", 3, None):
        with pytest.raises(TraitError, match="chosen") as error:
            explorer.chosen = wrong
        assert len(str(error.value).splitlines()) <= 2
    assert explorer.chosen == "strong"


def test_no_model_is_refused():
    with pytest.raises(ValueError, match="no model"):
        BalanceExplorer({}, IMAGES)
