"""Oracles: quadrature over a two-dimensional latent space, models whose numbers are known beforehand, distributions,
NumPy's fits, the factors that pictures were drawn with, and distances, angles and widths written out by hand."""

import math
from statistics import NormalDist

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Bernoulli, Normal, kl_divergence

from vae_lessons import evaluation
from vae_lessons.autoencoder import Autoencoder
from vae_lessons.conditional_vae import ConditionalVAE, OneHot
from vae_lessons.data.images import binarize
from vae_lessons.data.digits import draw
from vae_lessons.evaluation.collapse import active_units, average_kl_per_latent
from vae_lessons.evaluation.latents import factor_regression, linear_probe
from vae_lessons.evaluation.bounds import importance_weighted_bound
from vae_lessons.evaluation.judge import judge_confidence
from vae_lessons.evaluation.pictures import measured_slant, measured_thickness, nearest_distance, sharpness
from vae_lessons.training.loop import TrainConfig, fit
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


# --- models that are told something ---


class Listener(nn.Module):
    """Ignores the image, has the prior as its posterior and draws what it is told: log p(x|c) is known exactly."""

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
        evaluation.test_elbo(Listener(), images, greys, batch_size=batch_size),
        importance_weighted_bound(Listener(), images, greys, k=1, batch_size=batch_size),
        importance_weighted_bound(Listener(), images, greys, k=5, batch_size=batch_size),
        evaluation.test_elbo(Listener(), images, greys.double() / 255, batch_size=batch_size),
    ):
        assert value == pytest.approx(expected, rel=1e-5)


# --- what the latents hold ---


class Reader(nn.Module):
    """Its posterior stands in the picture: mu in the first row, std in the second; and the condition is added to mu."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))

    def encode(self, x, condition=0.0):
        return x[:, 0, 0] + condition, 2 * x[:, 0, 1].log()

    def forward(self, x, condition=0.0):
        return x, *self.encode(x, condition)

    def log_likelihood(self, x_logits, x):
        return torch.zeros(len(x))


def posteriors(n=1203):  # more than one batch, and a ragged last one
    return 0.05 + 0.9 * torch.rand(n, 1, 2, 3, generator=torch.Generator().manual_seed(0))


def test_average_kl_per_latent_is_that_of_torch_distributions_over_all_images():
    images = posteriors()
    condition = torch.linspace(-3, 3, 1203)[:, None]
    for told in (None, condition):
        mu = images[:, 0, 0] + (0 if told is None else told)
        expected = kl_divergence(Normal(mu, images[:, 0, 1]), Normal(torch.zeros(3), 1.0)).mean(0)
        kl = average_kl_per_latent(Reader(), images, told)
        torch.testing.assert_close(kl, expected, rtol=1e-4, atol=1e-5)
        assert not kl.requires_grad


def test_an_autoencoder_has_an_average_kl_of_zero_per_latent(images):
    kl = average_kl_per_latent(Autoencoder(latent_dim=3, hidden_dim=16), images)
    assert torch.equal(kl, torch.zeros(3))


def test_a_trained_model_spends_its_kl_in_its_active_latents(model, images):
    class WithIdle(nn.Module):
        """The trained model with a third latent between its two that stays at the prior."""

        def __init__(self):
            super().__init__()
            self.model = model

        def encode(self, x):
            return tuple(torch.stack([t[:, 0], 0 * t[:, 0], t[:, 1]], 1) for t in model.encode(x))

        def forward(self, x):
            return model(x)[0], *self.encode(x)

        def log_likelihood(self, x_logits, x):
            return model.log_likelihood(x_logits, x)

    assert active_units(WithIdle(), images).tolist() == [True, False, True]
    kl = average_kl_per_latent(WithIdle(), images)
    assert kl[1] == 0 and kl[[0, 2]].min() > 0.5


def test_latents_whose_mean_moves_are_active_however_wide_their_region():
    images = torch.full((1203, 1, 2, 3), 0.5)
    rng = torch.Generator().manual_seed(0)
    for latent, std in enumerate((0.08, 0.12)):  # variances of 0.0064 and 0.0144; the third does not move
        images[:, 0, 0, latent] += std * (torch.rand(1203, generator=rng) - 0.5) * math.sqrt(12)
    images[:, 0, 1, 2] = torch.rand(1203, generator=rng)
    assert active_units(Reader(), images).tolist() == [False, True, False]
    assert active_units(Reader(), images, threshold=0.005).tolist() == [True, True, False]
    assert active_units(Reader(), images, threshold=0.02).tolist() == [False, False, False]


def test_a_latent_that_moves_only_from_one_batch_to_the_next_is_active():
    images = torch.full((2000, 1, 2, 3), 0.5)
    images[1000:, 0, 0, 1] = 1.0
    assert active_units(Reader(), images).tolist() == [False, True, False]


def test_a_latent_may_be_active_by_what_it_is_told():
    images, condition = torch.full((100, 1, 2, 3), 0.5), torch.zeros(100, 3)
    condition[:50, 2] = 1
    assert active_units(Reader(), images).tolist() == [False] * 3
    assert active_units(Reader(), images, condition).tolist() == [False, False, True]


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


# --- what can be measured in a picture ---


@pytest.fixture(scope="module")
def drawn():
    return draw(3000, seed=3)


SIDE = torch.arange(64.0) - 31.3


def bar(lean, width=3.0, length=44.0):
    """A soft-edged bar whose top leans to the right by so many degrees, (1, 1, 64, 64)."""
    down, right = SIDE[:, None], SIDE[None, :]
    c, s = math.cos(math.radians(lean)), math.sin(math.radians(lean))
    across, along = (right * c + down * s).abs(), (down * c - right * s).abs()
    return ((width / 2 - across + 0.5).clamp(0, 1) * (length / 2 - along + 0.5).clamp(0, 1))[None, None]


def ring(width, radius):
    """A closed stroke with edges two pixels soft, (1, 1, 64, 64)."""
    distance = (SIDE[:, None] ** 2 + SIDE[None, :] ** 2).sqrt()
    return ((width / 2 - (distance - radius).abs()) / 2 + 0.5).clamp(0, 1)[None, None]


def correlation(a, b):
    return torch.corrcoef(torch.stack([a, b]))[0, 1].item()


@pytest.mark.parametrize("lean", [-40, -15, 0, 10, 30, 45])
def test_the_slant_of_a_bar_is_the_angle_it_was_drawn_at(lean):
    assert measured_slant(bar(lean)).item() == pytest.approx(lean, abs=1)


def test_shearing_any_picture_adds_the_shears_tangent_to_that_of_its_slant():
    pictures = torch.zeros(20, 1, 12, 40)
    pictures[:, :, :, 14:26] = torch.rand(20, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    # each row one pixel further to the left than the row above it: a lean of 45 degrees to the right
    sheared = torch.stack([pictures[:, :, row].roll(-row, 2) for row in range(12)], 2)
    before, after = (torch.deg2rad(measured_slant(p)).tan() for p in (pictures, sheared))
    torch.testing.assert_close(after, before + 1, atol=1e-4, rtol=1e-4)


def test_slant_does_not_depend_on_where_the_ink_is_or_how_dark(drawn):
    pictures = torch.zeros(50, 1, 40, 48)
    pictures[:, :, :28, :28] = drawn[0][:50] / 255
    moved = 0.3 * pictures.roll((9, 17), (2, 3))
    torch.testing.assert_close(measured_slant(moved), measured_slant(pictures), atol=1e-2, rtol=1e-3)


def test_the_mirror_turns_the_slant_around(drawn):
    torch.testing.assert_close(measured_slant(drawn[0].flip(3)), -measured_slant(drawn[0]), atol=1e-2, rtol=0)


def test_measured_slant_follows_the_slant_that_each_digit_was_drawn_with(drawn):
    images, labels, factors = drawn
    slant = measured_slant(images)
    for digit in range(10):
        alike = labels == digit
        assert correlation(slant[alike], factors["slant"][alike]) > 0.75
        per_degree = np.polyfit(factors["slant"][alike].numpy(), slant[alike].numpy(), 1)[0]
        assert 0.75 < per_degree < 1.1


def test_the_width_of_a_stripe_from_edge_to_edge_is_exact():
    stripes = torch.zeros(3, 1, 20, 30)
    for row, width in enumerate((1, 4, 9)):
        stripes[row, 0, :, 10 : 10 + width] = 1
    # the last row has no row below it to compare with, so its edge is missing
    torch.testing.assert_close(measured_thickness(stripes), torch.tensor([1.0, 4, 9]) * 20 / 19)


@pytest.mark.parametrize("radius", [12, 20])
@pytest.mark.parametrize("width", [3, 4, 6])
def test_the_width_of_a_closed_stroke_does_not_depend_on_its_length(width, radius):
    assert measured_thickness(ring(width, radius)).item() == pytest.approx(width, rel=0.06)


def test_measured_thickness_is_the_pens_that_a_digit_was_drawn_with(drawn):
    images, _, factors = drawn
    thickness = measured_thickness(images)
    assert correlation(thickness, factors["thickness"]) > 0.95
    assert (thickness - factors["thickness"]).abs().mean() < 0.2


def test_a_hard_edge_has_a_sharpness_of_one_and_a_ramp_its_share_of_the_step():
    pictures = torch.zeros(4, 1, 20, 30)
    for picture, steps in enumerate((1, 2, 4, 8)):
        pictures[picture, 0] = (torch.arange(30) - 10).div(steps).clamp(0, 1)
    torch.testing.assert_close(sharpness(pictures), torch.tensor([1, 1 / 2, 1 / 4, 1 / 8]))


def test_a_hard_and_a_soft_edge_count_by_the_height_of_their_steps():
    picture = torch.zeros(1, 1, 20, 30)
    picture[0, 0, :, :10] = 1 - torch.arange(10).div(4).clamp(0, 1)  # four steps of a quarter
    picture[0, 0, :, 20:] = 1  # one step of 1
    assert sharpness(picture).item() == pytest.approx((4 * 0.25**2 + 1) / (4 * 0.25 + 1))


def test_sharpness_does_not_depend_on_how_many_edges_there_are():
    one, three = torch.zeros(2, 1, 1, 20, 30)
    one[..., 4:7] = 0.5
    for left in (4, 12, 20):
        three[..., left : left + 3] = 0.5
    torch.testing.assert_close(sharpness(one), sharpness(three))
    torch.testing.assert_close(sharpness(one), torch.tensor([0.5]))


def test_every_blur_makes_every_digit_less_sharp(drawn):
    x = drawn[0][:500] / 255
    for _ in range(5):
        blurred = nn.functional.avg_pool2d(x, 3, stride=1, padding=1)
        assert (sharpness(blurred) < sharpness(x)).all()
        x = blurred


@pytest.mark.parametrize("measure", [measured_slant, measured_thickness, sharpness])
def test_each_picture_is_measured_by_itself_in_bytes_as_in_floats(drawn, measure):
    images = drawn[0][:30]
    together = measure(images)
    assert together.shape == (30,)
    torch.testing.assert_close(together, torch.cat([measure(image[None]) for image in images]))
    torch.testing.assert_close(together, measure(images.double() / 255), atol=1e-3, rtol=1e-4)


def test_conditions_that_do_not_belong_to_the_images_are_refused_by_every_measurement():
    torch.manual_seed(0)
    cvae, pictures = ConditionalVAE(OneHot(10), 10, hidden_dim=16), draw(20, seed=1)[0]
    labels = torch.zeros(30, dtype=torch.int64)
    for measure in (
        evaluation.test_elbo,
        importance_weighted_bound,
        evaluation.average_kl_per_latent,
        evaluation.active_units,
    ):
        with pytest.raises(ValueError, match=r"20 images, but conditions have the shape \(30,\)"):
            measure(cvae, pictures, labels)


def test_probing_codes_leaves_random_numbers_and_gradients_alone():
    z, labels = torch.randn(40, 3, requires_grad=True) * 1.0, torch.arange(40) % 2
    state = torch.get_rng_state()
    evaluation.linear_probe(z, labels)
    assert torch.equal(torch.get_rng_state(), state)


def test_factors_without_a_second_axis_and_factors_that_never_change_are_refused():
    with pytest.raises(ValueError, match=r"factor\[:, None\]"):
        evaluation.factor_regression(torch.randn(10, 2), torch.randn(10))
    with pytest.raises(ValueError, match="same value in every row"):
        evaluation.factor_regression(torch.randn(10, 2), torch.ones(10, 1))


@pytest.mark.parametrize("name", ["measured_slant", "measured_thickness", "sharpness"])
def test_measurements_of_pictures_refuse_floats_beyond_one(name):
    with pytest.raises(ValueError, match="255"):
        getattr(evaluation, name)(draw(3, seed=0)[0].float())
