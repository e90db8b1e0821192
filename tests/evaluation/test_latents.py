"""Regressions find what was put into the codes, and nothing that is not there, on rows that they have not seen."""

import math
from statistics import NormalDist

import numpy as np
import pytest
import torch

from vae_lessons.evaluation.collapse import active_units, average_kl_per_latent
from vae_lessons.evaluation.latents import factor_regression, linear_probe


def normals(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_lines_read_linear_factors_from_all_latents_and_from_each_what_it_knows():
    z = normals(8000, 3)
    factors = torch.stack([z[:, 0], 5 * z[:, 0] - 5 * z[:, 2] + 100, normals(8000, seed=1)], 1)
    together, alone = factor_regression(z, factors)
    torch.testing.assert_close(together, torch.tensor([1.0, 1, 0]), atol=0.01, rtol=0)
    expected = torch.tensor([[1, 0, 0], [0.5, 0, 0.5], [0, 0, 0]])
    torch.testing.assert_close(alone, expected, atol=0.04, rtol=0)


def test_r_squared_of_a_latent_alone_is_that_of_numpys_line_on_the_rows_it_did_not_see():
    z = normals(200, 2)
    factors = (z @ torch.tensor([[1.0, -0.3], [0.5, 2.0]])) ** 2 + normals(200, 2, seed=1)
    _, alone = factor_regression(z, factors)
    for factor in range(2):
        y = factors[:, factor].double().numpy()
        for latent in range(2):
            x = z[:, latent].double().numpy()
            error = y[100:] - np.polyval(np.polyfit(x[:100], y[:100], 1), x[100:])
            expected = 1 - (error**2).mean() / y[100:].var()
            assert alone[factor, latent].item() == pytest.approx(expected, abs=1e-5)


def test_lines_that_remember_and_do_not_read_are_found_out():
    z, factors = normals(400, 150), normals(400, 2, seed=1)
    seen = torch.linalg.lstsq(z[:200], factors[:200]).solution
    assert (z[:200] @ seen - factors[:200]).var(0).max() < 0.5  # they fit the rows they saw
    assert factor_regression(z, factors)[0].max() < -0.5


def test_a_relation_that_turns_around_in_the_second_half_is_worse_than_the_mean():
    z = normals(10_000, 1)
    factor = torch.cat([z[:5000], -z[5000:]])
    # wrong by 2 z everywhere: a squared error of 4 variances
    assert factor_regression(z, factor)[0].item() == pytest.approx(1 - 4, abs=0.01)


def test_an_idle_latent_and_one_that_repeats_another_do_no_harm():
    z = normals(2000, 2)
    factors = z + normals(2000, 2, seed=1)
    crowded = torch.cat([z, z[:, :1], torch.zeros(2000, 1)], 1)
    together, alone = factor_regression(crowded, factors)
    torch.testing.assert_close(together, factor_regression(z, factors)[0], atol=1e-4, rtol=0)
    assert alone.shape == (2, 4)
    torch.testing.assert_close(alone[:, 2], alone[:, 0])
    torch.testing.assert_close(alone[:, 3], torch.zeros(2), atol=0.01, rtol=0)


def test_a_linear_classifier_reads_separate_classes_and_guesses_random_ones():
    labels = torch.randint(10, (4000,), generator=torch.Generator().manual_seed(0))
    centres = 6 * normals(10, 8, seed=1)
    assert linear_probe(centres[labels] + normals(4000, 8), labels) > 0.99
    guessed = linear_probe(normals(4000, 8), labels)
    assert guessed == pytest.approx(0.1, abs=5 * math.sqrt(0.1 * 0.9 / 2000))


def test_a_linear_classifier_reads_overlapping_classes_as_well_as_can_be():
    labels = torch.randint(2, (20_000,), generator=torch.Generator().manual_seed(0))
    z = normals(20_000, 1) + 2 * labels[:, None]
    best = NormalDist().cdf(1)  # of all classifiers: a cut halfway between two normals 2 apart
    assert linear_probe(z, labels) == pytest.approx(best, abs=0.02)


def test_a_linear_classifier_is_judged_on_rows_that_it_has_not_seen():
    labels = torch.randint(2, (400,), generator=torch.Generator().manual_seed(0))
    z = normals(400, 300)  # room enough to remember 200 rows
    assert linear_probe(z, labels) == pytest.approx(0.5, abs=0.18)
    turned = torch.cat([labels[:200], 1 - labels[200:]])
    assert linear_probe(labels[:, None] + 0.1 * normals(400, 1), turned) < 0.01


def test_a_linear_classifier_cannot_read_what_no_line_separates():
    z = normals(4000, 2)
    assert linear_probe(z, (z[:, 0] * z[:, 1] > 0).long()) < 0.6


def test_units_of_the_codes_and_idle_latents_do_not_matter_to_the_classifier():
    labels = torch.randint(3, (3000,), generator=torch.Generator().manual_seed(0))
    z = normals(3000, 2) + 2 * normals(3, 2, seed=1)[labels]
    strange = torch.cat([1000 * z[:, :1] + 5000, 0.001 * z[:, 1:], torch.ones(3000, 1)], 1)
    assert linear_probe(strange, labels) == pytest.approx(linear_probe(z, labels), abs=0.005)


def test_measuring_what_latents_hold_leaves_the_callers_random_numbers_alone(model, images):
    torch.manual_seed(1)
    expected = torch.randn(2)
    torch.manual_seed(1)
    average_kl_per_latent(model, images), active_units(model, images)
    factor_regression(normals(40, 2), normals(40, 2))
    assert torch.equal(torch.randn(2), expected)


def test_probing_codes_leaves_random_numbers_and_gradients_alone():
    z, labels = torch.randn(40, 3, requires_grad=True) * 1.0, torch.arange(40) % 2
    state = torch.get_rng_state()
    linear_probe(z, labels)
    assert torch.equal(torch.get_rng_state(), state)


def test_factors_without_a_second_axis_and_factors_that_never_change_are_refused():
    with pytest.raises(ValueError, match=r"factor\[:, None\]"):
        factor_regression(torch.randn(10, 2), torch.randn(10))
    with pytest.raises(ValueError, match="same value in every row"):
        factor_regression(torch.randn(10, 2), torch.ones(10, 1))
