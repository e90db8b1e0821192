"""Bounds lie where quadrature over two latents says, and for models with a known answer they are that answer."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli

from vae_lessons.data.digits import draw
from vae_lessons.evaluation.bounds import importance_weighted_bound, test_elbo


@torch.no_grad()
def log_px_by_quadrature(model, images, reach=6.0, points=401):
    """log of the integral of p(x|z) p(z) over a grid: the exact value, as two dimensions allow it."""
    line = torch.linspace(-reach, reach, points)
    z = torch.cartesian_prod(line, line)
    log_pz = -0.5 * (z**2).sum(1) - math.log(2 * math.pi)
    x = (images / 255).flatten(1)
    log_px_z = torch.cat([x @ logits.T + torch.nn.functional.logsigmoid(-logits).sum(1) for logits in
                          (model.decode(part).flatten(1) for part in z.split(20_000))], 1)  # fmt: skip
    return (log_px_z + log_pz).logsumexp(1) + 2 * math.log(float(line[1] - line[0]))


def test_elbo_is_below_the_exact_log_likelihood_and_the_bound_closes_the_gap_with_k(model, images):
    truth = log_px_by_quadrature(model, images).mean().item()
    elbo = test_elbo(model, images)
    bounds = [importance_weighted_bound(model, images, k=k) for k in (1, 10, 1000)]
    assert elbo < truth
    assert bounds[0] < bounds[1] < bounds[2] < truth + 0.1
    assert truth - bounds[2] < 0.4 * (truth - elbo)


def test_bound_with_one_sample_is_the_elbo_up_to_sampling_noise(model, images):
    many = images.repeat(50, 1, 1, 1)
    difference = importance_weighted_bound(model, many, k=1) - test_elbo(model, many)
    assert abs(difference) < 1.0  # nats; both average 2,000 one-sample estimates


def test_elbo_does_not_depend_on_the_batch_size_beyond_noise_and_repeats_exactly(model, images):
    assert test_elbo(model, images, seed=3) == test_elbo(model, images, seed=3)
    assert test_elbo(model, images, seed=3) != test_elbo(model, images, seed=4)
    many = images.repeat(50, 1, 1, 1)
    ragged = test_elbo(model, many, batch_size=999)
    assert abs(ragged - test_elbo(model, many, batch_size=2000)) < 1.0


def test_evaluation_leaves_the_callers_random_numbers_alone(model, images):
    torch.manual_seed(1)
    expected = torch.randn(2)
    torch.manual_seed(1)
    test_elbo(model, images), importance_weighted_bound(model, images, k=2)
    assert torch.equal(torch.randn(2), expected)


def test_bytes_and_floats_are_evaluated_alike(model, images):
    assert test_elbo(model, images) == test_elbo(model, images / 255)


def test_k_below_one_and_images_that_do_not_fit_are_refused(model, images):
    with pytest.raises(ValueError, match="k=0"):
        importance_weighted_bound(model, images, k=0)
    for function in (test_elbo, importance_weighted_bound):
        with pytest.raises((TypeError, ValueError)):
            function(model, images[:, 0])


# --- models with conditions ---


class Listener(nn.Module):
    """Ignores the image, has the prior as its posterior and draws its condition: log p(x|c) is known exactly."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def encode(self, x, condition):
        return torch.zeros(len(x), 2), torch.zeros(len(x), 2)

    def decode(self, z, condition):
        return 4 * condition - 2

    def forward(self, x, condition):
        return self.decode(None, condition), *self.encode(x, condition)

    def log_likelihood(self, x_logits, x):
        return Bernoulli(logits=x_logits).log_prob(x).sum((1, 2, 3))


@pytest.mark.parametrize("batch_size", [7, 40])
def test_each_image_is_judged_with_its_own_condition(images, batch_size):
    greys = draw(40, seed=1)[0]  # what the binary images were drawn from, as uint8
    p = torch.sigmoid(4 * (greys.double() / 255) - 2)
    expected = torch.where(images == 255, p, 1 - p).log().sum((1, 2, 3)).mean().item()
    for value in (
        test_elbo(Listener(), images, greys, batch_size=batch_size),
        importance_weighted_bound(Listener(), images, greys, k=1, batch_size=batch_size),
        importance_weighted_bound(Listener(), images, greys, k=5, batch_size=batch_size),
        test_elbo(Listener(), images, greys.double() / 255, batch_size=batch_size),
    ):
        assert value == pytest.approx(expected, rel=1e-5)
