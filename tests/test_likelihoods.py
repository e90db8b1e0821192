"""Oracles: torch.distributions, and sums over every image that exists."""

import itertools
import math

import pytest
import torch
from torch.distributions import Bernoulli, Normal

from vae_lessons.likelihoods import bernoulli_log_likelihood, gaussian_log_likelihood

X_LOGITS = torch.linspace(-4, 5, 3 * 1 * 4 * 5).reshape(3, 1, 4, 5)
BINARY = (torch.arange(60).reshape(3, 1, 4, 5) % 3 == 0).float()
GREY = torch.linspace(0.02, 0.97, 60).reshape(3, 1, 4, 5)


def test_bernoulli_equals_torch_distributions_summed_over_pixels():
    expected = Bernoulli(logits=X_LOGITS).log_prob(BINARY).sum((1, 2, 3))
    torch.testing.assert_close(bernoulli_log_likelihood(X_LOGITS, BINARY), expected)


def test_bernoulli_probabilities_of_all_binary_images_sum_to_one():
    images = torch.tensor(list(itertools.product([0.0, 1.0], repeat=6))).reshape(64, 1, 2, 3)
    x_logits = torch.tensor([-2.0, 0.3, 1.7, -0.4, 3.1, 0.9]).reshape(1, 1, 2, 3).expand(64, 1, 2, 3)
    assert bernoulli_log_likelihood(x_logits, images).exp().sum().item() == pytest.approx(1, abs=1e-5)


def test_bernoulli_on_grey_pixels_is_the_negative_cross_entropy():
    p = X_LOGITS.double().sigmoid()
    expected = (GREY * p.log() + (1 - GREY) * (1 - p).log()).sum((1, 2, 3))
    torch.testing.assert_close(bernoulli_log_likelihood(X_LOGITS, GREY), expected.float())


def test_bernoulli_stays_finite_at_extreme_logits():
    x_logits = torch.tensor([-200.0, 200.0]).reshape(1, 1, 1, 2)
    value = bernoulli_log_likelihood(x_logits, torch.tensor([1.0, 0.0]).reshape(1, 1, 1, 2)).item()
    assert value == pytest.approx(-400)


@pytest.mark.parametrize("logit", [0.0, 1e-6, -3.0, 40.0, -120.0])
def test_bernoulli_gradient_is_the_pixel_minus_its_probability_also_at_zero(logit):
    for pixel in (0.0, 0.3, 1.0):
        x_logits = torch.full((1, 1, 1, 1), logit, requires_grad=True)
        bernoulli_log_likelihood(x_logits, torch.full((1, 1, 1, 1), pixel)).sum().backward()
        assert x_logits.grad.item() == pytest.approx(pixel - 1 / (1 + math.exp(-logit)), abs=1e-6)


@pytest.mark.parametrize("std", [0.1, 0.7])
def test_gaussian_equals_torch_distributions_summed_over_pixels(std):
    x_hat = X_LOGITS.sigmoid()
    expected = Normal(x_hat, std).log_prob(GREY).sum((1, 2, 3))
    torch.testing.assert_close(gaussian_log_likelihood(x_hat, GREY, std), expected)


def test_gaussian_differences_are_squared_errors_over_twice_the_variance():
    a, b = X_LOGITS.sigmoid(), GREY.roll(1, 0)
    difference = gaussian_log_likelihood(a, GREY, 0.5) - gaussian_log_likelihood(b, GREY, 0.5)
    squared = ((b - GREY) ** 2 - (a - GREY) ** 2).sum((1, 2, 3))
    torch.testing.assert_close(difference, squared / (2 * 0.25))


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(AssertionError, match="would broadcast"):
        gaussian_log_likelihood(GREY, GREY[:, 0], 1.0)
    with pytest.raises(AssertionError, match="would broadcast"):
        bernoulli_log_likelihood(X_LOGITS, BINARY[:, 0])
