"""The mutual information is that of Gaussians where it is known, and the gap orders codes whose order is known."""

import math

import pytest
import torch

from vae_lessons.evaluation.disentanglement import mutual_information, mutual_information_gap


def numbers(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_mutual_information_is_that_of_two_correlated_gaussians(correlation):
    both = numbers(100_000, 2)
    other = correlation * both[:, :1] + math.sqrt(1 - correlation**2) * both[:, 1:]
    known = -0.5 * math.log(1 - correlation**2)
    found = mutual_information(both[:, :1], other).item()
    assert found == pytest.approx(known, abs=0.01 + 0.06 * known)  # bins lose some of a strong relation


def test_a_factor_that_a_latent_holds_alone_has_a_gap_of_one_whatever_its_scale_or_sign():
    factors = numbers(20_000, 3)
    noise = torch.randn(20_000, 2, generator=torch.Generator().manual_seed(1))
    z = torch.stack([-7 * factors[:, 2], noise[:, 0], factors[:, 0].exp(), factors[:, 1] + 5, noise[:, 1]], 1)
    assert (mutual_information_gap(z, factors) > 0.98).all()


def test_two_latents_that_share_two_factors_equally_have_no_gap():
    factors = numbers(20_000, 2)
    z = factors @ torch.tensor([[1.0, 1.0], [1.0, -1.0]]) / math.sqrt(2)  # turned by 45 degrees
    assert (mutual_information_gap(z, factors) < 0.02).all()
    assert (mutual_information(z, factors) > 0.3).all()  # and yet both are known


def test_the_gap_falls_as_the_codes_are_turned_away_from_the_factors_and_is_zero_for_noise():
    factors = numbers(20_000, 2)
    gaps = []
    for degrees in (0, 10, 20, 30, 45):
        angle = math.radians(degrees)
        turn = torch.tensor([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
        gaps.append(mutual_information_gap(factors @ turn, factors).mean().item())
    assert gaps == sorted(gaps, reverse=True)
    noise = torch.randn(20_000, 2, generator=torch.Generator().manual_seed(1))
    assert (mutual_information_gap(noise, factors) < 0.01).all()


def test_a_pruned_latent_that_never_changes_says_nothing():
    factors = numbers(20_000, 1)
    z = torch.cat([torch.zeros(20_000, 1), factors], 1)
    assert mutual_information(z, factors)[0, 0] < 0.02
    assert mutual_information_gap(z, factors) > 0.98


@pytest.mark.parametrize(
    ("z", "factors", "bins", "said"),
    [
        (torch.zeros(10, 2), torch.zeros(10), 5, "factor\\[:, None\\]"),
        (torch.zeros(10, 2), torch.zeros(9, 1), 5, "they are"),
        (torch.zeros(10, 2), torch.zeros(10, 1), 20, "bins=20"),
        (torch.zeros(10, 2), torch.zeros(10, 1), 1, "bins=1"),
    ],
)
def test_wrong_shapes_and_bins_are_refused_with_advice(z, factors, bins, said):
    with pytest.raises(ValueError, match=said):
        mutual_information_gap(z, factors, bins)
