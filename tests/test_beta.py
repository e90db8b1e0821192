"""Schedules take the values worked out by hand, and the effective beta pulls where the loss it was found in pulls."""

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae_lessons.beta import beta_at, cyclical, effective_beta, implied_pixel_std, warm_up

shares = st.floats(0, 1, exclude_max=True)
weights = st.floats(1e-4, 1e4)


# --- schedules ---


@pytest.mark.parametrize("progress", [0.0, 0.3, 1.0])
def test_beta_is_whole_all_the_time_unless_a_schedule_is_asked_for(progress):
    assert beta_at(progress) == beta_at(progress, "constant") == 1


@pytest.mark.parametrize(
    ("progress", "beta"), [(0, 0), (0.125, 0.25), (0.25, 0.5), (0.375, 0.75), (0.5, 1), (0.75, 1), (1, 1)]
)
def test_warm_up_rises_evenly_over_the_first_half_and_stays(progress, beta):
    assert beta_at(progress, "warm_up") == beta


@pytest.mark.parametrize(
    ("progress", "beta"),
    [(0, 0), (1 / 16, 0.5), (1 / 8, 1), (3 / 16, 1), (1 / 4, 0), (5 / 16, 0.5), (0.5, 0), (15 / 16, 1)],
)
def test_cyclical_warms_up_in_each_quarter(progress, beta):
    assert beta_at(progress, "cyclical") == beta


def test_share_and_number_of_cycles_are_the_callers():
    assert [warm_up(progress, share=0.8) for progress in (0.2, 0.4, 0.8)] == [0.25, 0.5, 1]
    assert [cyclical(progress, cycles=2, share=1.0) for progress in (0.25, 0.375, 0.5, 0.75)] == [
        *(0.5, 0.75),
        *(0, 0.5),
    ]


@given(shares, st.sampled_from(["constant", "warm_up", "cyclical"]))
def test_a_schedule_gives_a_share_of_beta(progress, schedule):
    assert 0 <= beta_at(progress, schedule) <= 1


@given(st.integers(0, 255), st.integers(0, 3))
def test_every_cycle_is_like_the_first(step, cycle):
    assert beta_at(step / 1024 + cycle / 4, "cyclical") == beta_at(step / 1024, "cyclical")


def test_an_unknown_schedule_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="'linear'.*constant.*warm_up.*cyclical"):
        beta_at(0.5, "linear")


# --- the beta of other people's losses ---

B, D, J = 5, 12, 3


class Written:
    """The parts of a VAE's loss on a fixed batch, for the gradient of whatever somebody makes of them."""

    def __init__(self):
        rng = torch.Generator().manual_seed(0)
        self.x = torch.rand(B, D, generator=rng, dtype=torch.float64)
        self.weights = [
            torch.randn(shape, generator=rng, dtype=torch.float64).requires_grad_()
            for shape in ((D, J), (D, J), (J, D))
        ]
        eps = torch.randn(B, J, generator=rng, dtype=torch.float64)
        to_mu, to_logvar, decoder = self.weights
        self.mu, self.logvar = self.x @ to_mu, 0.1 * self.x @ to_logvar
        self.x_logits = (self.mu + (self.logvar / 2).exp() * eps) @ decoder
        self.kl = -0.5 * (1 + self.logvar - self.mu**2 - self.logvar.exp())  # (B, J)

    def direction(self, loss):
        gradient = torch.cat(
            [g.flatten() for g in torch.autograd.grad(loss, self.weights, retain_graph=True)]
        )
        return gradient / gradient.norm()

    def direction_of_beta_loss(self, beta, pixels):
        posterior = Normal(self.mu, (self.logvar / 2).exp())
        kl = kl_divergence(posterior, Normal(torch.zeros_like(self.mu), 1.0)).sum(1)
        return self.direction(-(pixels.log_prob(self.x).sum(1) - beta * kl).mean())


def cross_entropy(v, reduction):
    return F.binary_cross_entropy_with_logits(v.x_logits, v.x, reduction=reduction)


CROSS_ENTROPY_LOSSES = {
    "sums": (lambda v: cross_entropy(v, "sum") + v.kl.sum(), 1, 1),
    "sums, weighted": (lambda v: cross_entropy(v, "sum") + 4 * v.kl.sum(), 1, 4),
    "pixels averaged": (lambda v: cross_entropy(v, "mean") + v.kl.sum(1).mean(), 1 / D, 1),
    "all averaged": (lambda v: cross_entropy(v, "mean") + v.kl.mean(), 1 / D, 1 / J),
    "only latents averaged": (lambda v: cross_entropy(v, "sum") / B + v.kl.mean(), 1, 1 / J),
    "small weight": (lambda v: cross_entropy(v, "mean") + 0.00025 * v.kl.sum(1).mean(), 1 / D, 0.00025),
    "large weight": (lambda v: 500 * cross_entropy(v, "mean") + v.kl.sum(1).mean(), 500 / D, 1),
    "batch forgotten": (lambda v: cross_entropy(v, "sum") + v.kl.sum(1).mean(), 1, 1 / B),
}


@pytest.mark.parametrize("name", CROSS_ENTROPY_LOSSES)
def test_a_loss_with_cross_entropy_pulls_where_the_loss_with_its_effective_beta_pulls(name):
    loss, pixel_weight, kl_weight = CROSS_ENTROPY_LOSSES[name]
    v = Written()
    beta = effective_beta(pixel_weight, kl_weight)
    # binary_cross_entropy takes grey levels as they are, so does this
    pixels = Bernoulli(logits=v.x_logits, validate_args=False)
    torch.testing.assert_close(v.direction(loss(v)), v.direction_of_beta_loss(beta, pixels))


SQUARED_ERROR_LOSSES = {
    "sums": (lambda v, x_hat: F.mse_loss(x_hat, v.x, reduction="sum") + v.kl.sum(), 1, 1),
    "pixels averaged": (lambda v, x_hat: F.mse_loss(x_hat, v.x) + v.kl.sum(1).mean(), 1 / D, 1),
    "small weight": (
        lambda v, x_hat: F.mse_loss(x_hat, v.x) + 0.00025 * v.kl.sum(1).mean(),
        1 / D,
        0.00025,
    ),
}


@pytest.mark.parametrize("name", SQUARED_ERROR_LOSSES)
@pytest.mark.parametrize("pixel_std", [0.1, 0.5, 2.0])
def test_a_loss_with_squared_error_has_the_effective_beta_of_the_assumed_pixel_std(name, pixel_std):
    loss, pixel_weight, kl_weight = SQUARED_ERROR_LOSSES[name]
    v = Written()
    x_hat = v.x_logits.sigmoid()
    beta = effective_beta(pixel_weight, kl_weight, pixel_std=pixel_std)
    expected = v.direction_of_beta_loss(beta, Normal(x_hat, pixel_std))
    torch.testing.assert_close(v.direction(loss(v, x_hat)), expected)


@pytest.mark.parametrize("name", SQUARED_ERROR_LOSSES)
def test_with_the_implied_pixel_std_a_loss_with_squared_error_is_the_negative_elbo(name):
    loss, pixel_weight, kl_weight = SQUARED_ERROR_LOSSES[name]
    v = Written()
    x_hat = v.x_logits.sigmoid()
    elbo = v.direction_of_beta_loss(1, Normal(x_hat, implied_pixel_std(pixel_weight, kl_weight)))
    torch.testing.assert_close(v.direction(loss(v, x_hat)), elbo)


@given(weights, weights)
def test_the_implied_pixel_std_is_the_one_that_makes_beta_one(pixel_weight, kl_weight):
    pixel_std = implied_pixel_std(pixel_weight, kl_weight)
    assert effective_beta(pixel_weight, kl_weight, pixel_std) == pytest.approx(1)


@given(weights, weights, st.floats(1e-3, 1e3))
def test_beta_does_not_depend_on_a_factor_before_the_whole_loss(pixel_weight, kl_weight, factor):
    beta = effective_beta(pixel_weight, kl_weight)
    assert effective_beta(factor * pixel_weight, factor * kl_weight) == pytest.approx(beta)


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        ({"pixel_weight": 0, "kl_weight": 1}, "pixel_weight=0"),
        ({"pixel_weight": math.nan, "kl_weight": 1}, "pixel_weight=nan"),
        ({"pixel_weight": 1, "kl_weight": -1}, "kl_weight=-1"),
        ({"pixel_weight": 1, "kl_weight": 1, "pixel_std": 0}, "pixel_std"),
        ({"pixel_weight": 1, "kl_weight": 1, "pixel_std": math.nan}, "pixel_std"),
    ],
)
def test_weights_that_make_no_loss_are_refused_by_name(arguments, cause):
    with pytest.raises(ValueError, match=cause):
        effective_beta(**arguments)
