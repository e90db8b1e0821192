"""Both KLs equal torch.distributions' and numerical quadrature: one to rounding, the other within its error bar."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.distributions import Normal, kl_divergence

from tests.posteriors import LOGVAR, MU, normal
from vae_lessons.kl import kl_closed_form, kl_monte_carlo, kl_per_latent
from vae_lessons.reparameterization import reparameterize

numbers = st.floats(-3, 3, allow_nan=False)


def test_kl_equals_torch_distributions_per_image():
    expected = kl_divergence(normal(MU, LOGVAR), normal(torch.zeros_like(MU), torch.zeros_like(MU)))
    torch.testing.assert_close(kl_closed_form(MU, LOGVAR), expected)


@pytest.mark.parametrize("shape", [(15,), (3, 5), (5, 1, 3)])
def test_kl_of_each_latent_equals_torch_distributions_in_any_shape(shape):
    mu, logvar = MU.reshape(shape), LOGVAR.reshape(shape)
    expected = kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(torch.zeros(shape), 1.0))
    torch.testing.assert_close(kl_per_latent(mu, logvar), expected)


def test_kl_of_a_latent_does_not_depend_on_the_others():
    mu, logvar = MU.clone(), LOGVAR.clone()
    mu[:, 1], logvar[:, 1] = 9.0, -9.0
    others = [0, 2, 3, 4]
    assert torch.equal(kl_per_latent(mu, logvar)[:, others], kl_per_latent(MU, LOGVAR)[:, others])


@given(numbers, numbers)
def test_kl_of_a_latent_is_never_negative_and_half_of_it_is_the_squared_mean(mu, logvar):
    pairs = torch.tensor([[mu, 0.0], [logvar, logvar]], dtype=torch.float64)
    at_mu, at_zero = kl_per_latent(*pairs).tolist()
    assert at_zero >= -1e-15  # rounding
    assert at_mu - at_zero == pytest.approx(mu**2 / 2, abs=1e-12)


def test_kl_equals_quadrature_in_one_dimension():
    mu, logvar = 0.8, -0.7
    z = np.linspace(-10, 10, 20_001)
    q = np.exp(-((z - mu) ** 2) / (2 * math.exp(logvar))) / math.sqrt(2 * math.pi * math.exp(logvar))
    p = np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    inside = q > 1e-300
    truth = np.trapezoid(q[inside] * np.log(q[inside] / p[inside]), z[inside])
    assert kl_closed_form(torch.tensor([[mu]]), torch.tensor([[logvar]])).item() == pytest.approx(
        truth, abs=1e-6
    )


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=6))
def test_kl_is_never_negative_and_zero_only_at_the_prior(pairs):
    mu, logvar = (torch.tensor([list(values)], dtype=torch.float64) for values in zip(*pairs, strict=True))
    kl = kl_closed_form(mu, logvar).item()
    if max(abs(value) for pair in pairs for value in pair) < 1e-6:
        assert kl == pytest.approx(0, abs=1e-10)
    elif max(abs(value) for pair in pairs for value in pair) > 1e-3:
        assert kl > 0


@pytest.mark.parametrize("logvar", [-40.0, 40.0])
def test_kl_stays_finite_far_out(logvar):
    assert torch.isfinite(kl_closed_form(torch.zeros(1, 2), torch.full((1, 2), logvar))).all()


def test_gradient_of_kl_equals_finite_differences():
    inputs = MU.double().requires_grad_(), LOGVAR.double().requires_grad_()
    assert torch.autograd.gradcheck(kl_closed_form, inputs)


def test_inputs_are_not_changed():
    mu, logvar = MU.clone(), LOGVAR.clone()
    reparameterize(mu, logvar), kl_closed_form(mu, logvar), kl_monte_carlo(mu, logvar, 8)
    assert torch.equal(mu, MU)
    assert torch.equal(logvar, LOGVAR)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_monte_carlo_kl_lands_within_its_error_bar(seed):
    torch.manual_seed(seed)
    estimate, standard_error = kl_monte_carlo(MU, LOGVAR, samples=2000)
    assert estimate.shape == standard_error.shape == (3,)
    assert ((estimate - kl_closed_form(MU, LOGVAR)).abs() < 6 * standard_error).all()


def test_monte_carlo_error_shrinks_with_the_square_root_of_the_samples():
    torch.manual_seed(0)
    small, large = (kl_monte_carlo(MU, LOGVAR, samples)[1] for samples in (1000, 100_000))
    assert ((small / large / 10 - 1).abs() < 0.25).all()
