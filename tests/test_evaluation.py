"""Oracles: quadrature over a two-dimensional latent space, and distances written out by hand."""

import math

import pytest
import torch

from vae_lessons import evaluation
from vae_lessons.data import binarize
from vae_lessons.digits import draw
from vae_lessons.evaluation import importance_weighted_bound, judge_confidence, nearest_distance
from vae_lessons.training import TrainConfig, fit
from vae_lessons.vae import VAE


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = VAE(latent_dim=2, hidden_dim=64)
    fit(model, draw(3000, seed=0)[0], TrainConfig(epochs=6))
    return model


@pytest.fixture(scope="module")
def images():
    return binarize(draw(40, seed=1)[0])


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
    elbo = evaluation.test_elbo(model, images)
    bounds = [importance_weighted_bound(model, images, k=k) for k in (1, 10, 1000)]
    assert elbo < truth
    assert bounds[0] < bounds[1] < bounds[2] < truth + 0.1
    assert truth - bounds[2] < 0.4 * (truth - elbo)


def test_bound_with_one_sample_is_the_elbo_up_to_sampling_noise(model, images):
    many = images.repeat(50, 1, 1, 1)
    difference = importance_weighted_bound(model, many, k=1) - evaluation.test_elbo(model, many)
    assert abs(difference) < 1.0  # nats; both average 2,000 one-sample estimates


def test_elbo_does_not_depend_on_the_batch_size_beyond_noise_and_repeats_exactly(model, images):
    assert evaluation.test_elbo(model, images, seed=3) == evaluation.test_elbo(model, images, seed=3)
    assert evaluation.test_elbo(model, images, seed=3) != evaluation.test_elbo(model, images, seed=4)
    many = images.repeat(50, 1, 1, 1)
    ragged = evaluation.test_elbo(model, many, batch_size=999)
    assert abs(ragged - evaluation.test_elbo(model, many, batch_size=2000)) < 1.0


def test_evaluation_leaves_the_callers_random_numbers_alone(model, images):
    torch.manual_seed(1)
    expected = torch.randn(2)
    torch.manual_seed(1)
    evaluation.test_elbo(model, images), importance_weighted_bound(model, images, k=2)
    assert torch.equal(torch.randn(2), expected)


def test_bytes_and_floats_are_evaluated_alike(model, images):
    assert evaluation.test_elbo(model, images) == evaluation.test_elbo(model, images / 255)


def test_k_below_one_and_images_that_do_not_fit_are_refused(model, images):
    with pytest.raises(ValueError, match="k=0"):
        importance_weighted_bound(model, images, k=0)
    for function in (evaluation.test_elbo, importance_weighted_bound):
        with pytest.raises((TypeError, ValueError)):
            function(model, images[:, 0])


def test_nearest_distance_is_the_euclidean_distance_in_pixels():
    known = torch.zeros(3, 1, 28, 28)
    known[1, 0, :2, :2] = 1.0
    known[2] = 1.0
    picture = torch.zeros(1, 1, 28, 28)
    picture[0, 0, 0, :3] = 1.0
    distance, index = nearest_distance(picture, known)
    # three wrong pixels from the black image, three from the square (two missing, one too many)
    assert distance.item() == pytest.approx(math.sqrt(3), abs=1e-3)
    assert index.item() in (0, 1)
    assert nearest_distance(known, known)[0].max() < 1e-2


def test_judge_is_sure_of_digits_and_unsure_of_noise_and_of_blends_of_two():
    digits, labels, _ = draw(600, seed=5)
    digit_confidence, seen = judge_confidence(digits)
    noise = torch.rand(600, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    blends = (digits / 255 + digits.roll(1, 0) / 255) / 2
    assert (seen == labels).float().mean() > 0.97
    assert digit_confidence.median() > 0.9
    assert judge_confidence(noise)[0].median() < 0.7
    assert judge_confidence(blends[labels != labels.roll(1)])[0].median() < 0.7
