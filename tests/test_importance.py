"""The bound is the logarithm of the average weight: by plain arithmetic, far out, and where all weights are alike."""

import math

import pytest
import torch
from torch.distributions import Normal

from vae_lessons.importance import importance_weighted


@pytest.mark.parametrize("k", [1, 2, 7])
def test_the_bound_is_the_logarithm_of_the_average_weight_of_each_image(k):
    log_px_z, log_pz, log_qz_x = torch.randn(3, k, 4, generator=torch.Generator().manual_seed(0)).double()
    bound = importance_weighted(log_px_z, log_pz, log_qz_x)
    assert bound.shape == (4,)
    for image in range(4):
        likelihood, prior, posterior = (
            [math.exp(value) for value in terms[:, image].tolist()] for terms in (log_px_z, log_pz, log_qz_x)
        )
        weights = [p * r / q for p, r, q in zip(likelihood, prior, posterior, strict=True)]
        assert bound[image].item() == pytest.approx(math.log(sum(weights) / k), abs=1e-12)


def test_weights_too_small_or_large_for_floats_are_averaged_all_the_same():
    for far in (-1e4, 1e4):
        log_weights = torch.tensor([[far], [far + math.log(3)]])  # their average is twice the first
        zero = torch.zeros(2, 1)
        bound = importance_weighted(log_weights, zero, zero)
        assert bound.item() == pytest.approx(far + math.log(2), abs=2e-3)


def test_with_the_true_posterior_one_draw_is_as_good_as_many():
    x = torch.tensor([0.4, -1.3], dtype=torch.float64)  # x = z + noise, both standard normal
    z = torch.randn(5, 2, generator=torch.Generator().manual_seed(0)).double()  # (K, B), whatever they are
    zero, one = torch.zeros_like(z), torch.ones_like(z)
    log_qz_x = Normal(x / 2, math.sqrt(0.5)).log_prob(z)
    bound = importance_weighted(Normal(z, one).log_prob(x), Normal(zero, one).log_prob(z), log_qz_x)
    torch.testing.assert_close(bound, Normal(0.0, math.sqrt(2)).log_prob(x))
