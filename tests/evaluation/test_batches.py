"""Batches hold all images in order, scaled and with their conditions, and the seed alone decides the noise."""

import numpy as np
import pytest
import torch
from torch import nn

from vae_lessons import evaluation
from vae_lessons.conditional_vae import ConditionalVAE, OneHot
from vae_lessons.data.digits import draw
from vae_lessons.evaluation.batches import batches

MODEL = nn.Linear(1, 1)  # it is only asked where it is
BYTES = torch.randint(0, 256, (10, 1, 3, 2), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize(("batch_size", "sizes"), [(4, [4, 4, 2]), (10, [10]), (1000, [10])])
def test_all_images_come_in_order_and_in_zero_to_one(batch_size, sizes):
    for images in (BYTES, BYTES.double() / 255):
        pairs = list(batches(MODEL, images, None, batch_size=batch_size))
        assert [len(x) for x, _ in pairs] == sizes
        assert all(condition == () and x.dtype == torch.float32 for x, condition in pairs)
        together = np.concatenate([x.numpy() for x, _ in pairs])
        np.testing.assert_allclose(together, BYTES.numpy() / 255, rtol=1e-6)


def test_each_image_has_its_own_condition_beside_it():
    labels = torch.arange(10, dtype=torch.int32)
    attributes = torch.linspace(-30, 200, 20, dtype=torch.float64).view(10, 2)
    for conditions, expected in ((labels, labels), (attributes, attributes), (BYTES, BYTES.double() / 255)):
        given = [condition for _, (condition,) in batches(MODEL, BYTES, conditions, batch_size=4)]
        assert [len(condition) for condition in given] == [4, 4, 2]
        np.testing.assert_allclose(torch.cat(given).numpy(), expected.numpy(), rtol=1e-6)


def noise(seed):
    """Drawn in each of three batches, as a model does it, and once more by the caller afterwards."""
    drawn = [torch.randn(2) for _ in batches(MODEL, BYTES, None, seed=seed, batch_size=4)]
    return torch.cat(drawn), torch.randn(2)


@pytest.mark.parametrize("seed", [0, 5])
def test_the_seed_alone_decides_the_noise_and_the_callers_goes_on_as_before(seed):
    decided = torch.Generator().manual_seed(seed)
    expected = torch.cat([torch.randn(2, generator=decided) for _ in range(3)])
    for caller in (1, 2):
        torch.manual_seed(caller)
        during, after = noise(seed)
        assert torch.equal(during, expected)
        assert torch.equal(after, torch.randn(2, generator=torch.Generator().manual_seed(caller)))


def test_what_is_no_image_is_refused():
    with pytest.raises(ValueError, match="unsqueeze"):
        next(batches(MODEL, BYTES[:, 0], None))


def test_conditions_that_do_not_belong_to_the_images_are_refused_by_every_measurement():
    torch.manual_seed(0)
    cvae, pictures = ConditionalVAE(OneHot(10), 10, hidden_dim=16), draw(20, seed=1)[0]
    labels = torch.zeros(30, dtype=torch.int64)
    for measure in (
        evaluation.test_elbo,
        evaluation.importance_weighted_bound,
        evaluation.average_kl_per_latent,
        evaluation.active_units,
    ):
        with pytest.raises(ValueError, match=r"20 images, but conditions have the shape \(30,\)"):
            measure(cvae, pictures, labels)
