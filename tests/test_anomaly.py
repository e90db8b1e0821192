"""Measures agree with counting, scores with exact models, and controls come out as they must."""

import math
import zlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_lessons.anomaly import (
    alarm_threshold,
    auroc,
    average_precision,
    complexity,
    intersection_over_union,
    likelihood_regret,
    negative_elbo,
)
from vae_lessons.data.digits import draw
from vae_lessons.data.images import binarize
from vae_lessons.exercises.engine.linear_model import LinearModel
from vae_lessons.vae import VAE

SCORES = st.lists(st.integers(-3, 3), min_size=1, max_size=30).map(
    lambda values: torch.tensor(values, dtype=torch.float)
)


@given(SCORES, SCORES)
def test_auroc_is_the_share_of_pairs_in_the_right_order_ties_half(normal, anomalous):
    pairs = [1.0 if a > n else 0.5 if a == n else 0.0 for a in anomalous.tolist() for n in normal.tolist()]
    assert auroc(normal, anomalous) == pytest.approx(sum(pairs) / len(pairs))


@given(SCORES, SCORES)
def test_auroc_is_turned_by_the_sign_and_kept_by_any_rising_function(normal, anomalous):
    assert auroc(-normal, -anomalous) == pytest.approx(1 - auroc(normal, anomalous))
    assert auroc(normal.exp() + 7, anomalous.exp() + 7) == pytest.approx(auroc(normal, anomalous))


@given(SCORES, SCORES)
def test_average_precision_counts_what_scores_as_high_as_each_anomaly(normal, anomalous):
    shares = []
    for score in anomalous.tolist():
        hits = sum(other >= score for other in anomalous.tolist())
        shares.append(hits / (hits + sum(other >= score for other in normal.tolist())))
    assert average_precision(normal, anomalous) == pytest.approx(sum(shares) / len(shares))


def test_a_blind_score_gets_a_half_and_the_share_of_anomalies():
    same = torch.zeros(30)
    assert auroc(same, same[:10]) == 0.5
    assert average_precision(same, same[:10]) == pytest.approx(0.25)


def test_a_score_that_is_never_wrong_gets_one():
    normal, anomalous = torch.arange(50.0), torch.arange(60.0, 70.0)
    assert auroc(normal, anomalous) == average_precision(normal, anomalous) == 1


@pytest.mark.parametrize("share", [0.01, 0.05, 0.5])
def test_the_threshold_lets_that_share_of_new_normal_images_raise_an_alarm(share):
    torch.manual_seed(0)
    threshold = alarm_threshold(torch.randn(200_000), share)
    assert (torch.randn(200_000) > threshold).float().mean().item() == pytest.approx(share, rel=0.1)


@given(st.integers(0, 2**32 - 1))
def test_iou_counts_pixels(seed):
    found, mask = np.random.default_rng(seed).random((2, 5, 1, 4, 4)) < 0.3
    expected = []
    for f, m in zip(found.reshape(5, -1), mask.reshape(5, -1), strict=True):
        f, m = set(np.flatnonzero(f)), set(np.flatnonzero(m))
        expected.append(len(f & m) / len(f | m) if f | m else 1.0)
    assert intersection_over_union(torch.from_numpy(found), torch.from_numpy(mask)).tolist() == pytest.approx(
        expected
    )


class PoorlyEncoded(LinearModel):
    """A model whose ELBO and best q(z|x) are known exactly, with an encoder that is far from it."""

    def encode(self, x):
        mu = x.flatten(1)[:, :3] / 3
        return mu, torch.full_like(mu, -1.0)

    def forward(self, x):
        mu, logvar = self.encode(x)
        return self.decode(mu + (0.5 * logvar).exp() * torch.randn_like(mu)), mu, logvar


@pytest.fixture
def few():
    torch.manual_seed(0)
    return torch.randn(6, *PoorlyEncoded().image_shape)


def test_minus_the_elbo_is_that_of_an_exact_model(few):
    torch.manual_seed(0)
    model = PoorlyEncoded()
    found = negative_elbo(model, few, draws=4_000)
    torch.testing.assert_close(found, -model.elbo(few, *model.encode(few)), rtol=0, atol=0.5)


def test_regret_is_what_the_best_gaussian_gains(few):
    torch.manual_seed(0)
    model = PoorlyEncoded()
    exact = model.elbo(few, *model.best(few)) - model.elbo(few, *model.encode(few))
    found = (
        likelihood_regret(model, few.repeat(100, 1, 1, 1), steps=300).view(100, 6).mean(0)
    )  # one run is noisy
    torch.testing.assert_close(found, exact, rtol=0.05, atol=0.5)


def test_regret_leaves_the_model_as_it_was():
    torch.manual_seed(0)
    model, x = VAE(2, 16), binarize(draw(5)[0]) / 255
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    regret = likelihood_regret(model, x, steps=3)
    assert regret.shape == (5,)
    assert not regret.requires_grad
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())


@settings(max_examples=20)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1))
def test_complexity_is_the_size_of_what_zlib_writes_in_nats(seed, ink):
    pixels = (np.random.default_rng(seed).random((3, 1, 28, 28)) < ink).astype(np.uint8)
    expected = [len(zlib.compress(bytes(image.ravel().tolist()), 9)) * 8 * math.log(2) for image in pixels]
    assert complexity(torch.from_numpy(pixels).float()).tolist() == pytest.approx(expected)


def test_a_blank_page_is_simpler_than_a_digit_and_noise_is_the_most_complex():
    digit = binarize(draw(1)[0]) / 255
    noise = torch.randint(2, digit.shape, generator=torch.Generator().manual_seed(0)).float()
    blank, drawn, random = complexity(torch.cat([torch.zeros_like(digit), digit, noise]))
    assert blank < drawn < random
    assert random > 784 * math.log(2)
