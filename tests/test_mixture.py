"""A mixture of Gaussians has the densities of its parts, EM raises it round by round, and finds what was drawn."""

import math

import numpy as np
import pytest
import torch

from vae_lessons.mixture import fit_mixture, mixture_of, shares

WEIGHTS = torch.tensor([0.3, 0.7])
MEANS = torch.tensor([[-2.0, 1.0], [1.5, -0.5]])
COVARIANCES = torch.tensor([[[1.0, 0.6], [0.6, 0.8]], [[0.3, -0.1], [-0.1, 0.5]]])


def drawn(n, seed=0):
    torch.manual_seed(seed)
    return mixture_of(WEIGHTS, MEANS, COVARIANCES).sample((n,))


def normal(z, mean, covariance):
    """The density by its formula, in numpy."""
    away = np.asarray(z - mean)
    inverse, determinant = np.linalg.inv(covariance), np.linalg.det(covariance)
    return math.exp(-0.5 * away @ inverse @ away) / math.sqrt((2 * math.pi) ** len(away) * determinant)


def test_the_density_is_the_weighted_sum_of_the_parts_and_the_shares_are_their_terms():
    points = torch.tensor([[0.2, -0.3], [-1.7, 1.4], [4.0, 4.0]])
    mixture = mixture_of(WEIGHTS, MEANS, COVARIANCES)
    for point, log_density, share in zip(
        points, mixture.log_prob(points), shares(mixture, points), strict=True
    ):
        terms = [
            w * normal(point.numpy(), m.numpy(), c.numpy())
            for w, m, c in zip(WEIGHTS.tolist(), MEANS, COVARIANCES, strict=True)
        ]
        assert log_density.item() == pytest.approx(math.log(sum(terms)), rel=1e-4)
        assert share.tolist() == pytest.approx([term / sum(terms) for term in terms], abs=1e-4)


def test_one_component_has_the_mean_and_the_covariance_of_the_codes():
    z = drawn(500)
    one = fit_mixture(z, 1, rounds=1, floor=0.01).component_distribution
    np.testing.assert_allclose(one.loc[0], z.numpy().mean(0), atol=1e-5)
    expected = np.cov(z.numpy().T, bias=True) + 0.01 * np.eye(2)
    np.testing.assert_allclose(one.covariance_matrix[0], expected, atol=1e-4)


def test_two_components_find_the_two_that_were_drawn_from():
    torch.manual_seed(1)
    found = fit_mixture(drawn(20_000), 2, rounds=60)
    order = found.component_distribution.loc[:, 0].argsort()
    np.testing.assert_allclose(found.mixture_distribution.probs[order], WEIGHTS, atol=0.02)
    np.testing.assert_allclose(found.component_distribution.loc[order], MEANS, atol=0.05)
    np.testing.assert_allclose(found.component_distribution.covariance_matrix[order], COVARIANCES, atol=0.05)


@pytest.mark.parametrize("components", [2, 5])
def test_no_round_lowers_the_density_of_the_codes(components):
    z, values = drawn(2_000), []
    for rounds in range(1, 12):
        torch.manual_seed(3)
        values.append(fit_mixture(z, components, rounds, floor=1e-6).log_prob(z).mean().item())
    assert all(before <= after + 1e-5 for before, after in zip(values, values[1:], strict=False))
    assert values[-1] > values[0] + 0.01


def test_a_component_on_a_single_point_does_not_shrink_to_nothing():
    z = torch.cat([torch.zeros(50, 2), torch.randn(200, 2, generator=torch.Generator().manual_seed(0)) + 5])
    fitted = fit_mixture(z, 8, rounds=50)
    assert torch.linalg.eigvalsh(fitted.component_distribution.covariance_matrix).min() > 5e-4
    assert fitted.log_prob(z).isfinite().all()


def test_more_components_than_codes_are_refused():
    with pytest.raises(ValueError, match="3 codes cannot start 4 components"):
        fit_mixture(torch.randn(3, 2), 4)
