"""Training does what its config says, step by step as written out by hand; what does not fit is refused before it."""

import math
from dataclasses import FrozenInstanceError

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.training.models import IMAGES, LABELS, QUICK, same, small_cvae, small_vae, weights
from vae_lessons.training.loop import TrainConfig, fit, pixels
from vae_lessons.vae import VAE


def test_training_raises_the_elbo():
    history = fit(small_vae(), IMAGES, TrainConfig(epochs=6))
    assert len(history.log_px_z) == len(history.kl) == 6
    assert history.elbo[-1] > history.elbo[0] + 50
    assert history.elbo[-1] == history.log_px_z[-1] - history.kl[-1]
    assert min(history.kl) >= 0
    assert not history.interrupted


def test_same_seed_gives_the_same_model_and_history_bit_for_bit():
    runs = []
    for _ in range(2):
        model = small_vae()
        torch.randn(runs.__len__() + 1)  # what the caller drew in between must not matter
        history = fit(model, IMAGES, QUICK)
        runs.append((weights(model), history.log_px_z, history.kl))
    assert same(runs[0][0], runs[1][0])
    assert runs[0][1:] == runs[1][1:]


@pytest.mark.parametrize("steps", range(1, 8))
def test_a_run_of_any_number_of_steps_ends_by_itself(steps):
    history = fit(small_vae(), IMAGES[:steps], TrainConfig(epochs=1, batch_size=1), progress=False)
    assert len(history.kl) == 1 and not history.interrupted


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(1, 300))
def test_any_count_of_images_epochs_and_batch_size_makes_all_its_steps(count, epochs, batch_size):
    steps = epochs * math.ceil(count / batch_size)
    if steps > 300:  # what takes too long is left to others
        epochs = max(1, 300 // math.ceil(count / batch_size))
    model = Pulled([1.0, -2.0])
    images = torch.arange(count, dtype=torch.uint8).view(-1, 1, 1, 1).expand(-1, 1, 2, 2) + torch.tensor(
        [0, 7], dtype=torch.uint8
    )
    config = TrainConfig(epochs=epochs, batch_size=batch_size)
    history = fit(model, images, config, progress=False, resume=False)
    assert len(history.kl) == epochs and not history.interrupted
    assert len(model.force) == epochs * math.ceil(count / batch_size)


def test_another_seed_gives_another_model():
    models = [small_vae(), small_vae()]
    for seed, model in enumerate(models):
        fit(model, IMAGES, TrainConfig(epochs=1, seed=seed))
    assert not same(*map(weights, models))


def test_one_step_equals_the_same_step_written_out():
    class OneStep(VAE):
        calls = 0

        def forward(self, x):
            self.calls += 1
            if self.calls == 3:  # the first call only tries one image
                raise KeyboardInterrupt
            return super().forward(x)

    config = TrainConfig(epochs=10, batch_size=700, learning_rate=1e-2, beta=3.0, binarize=False)
    torch.manual_seed(0)
    model, twin = OneStep(latent_dim=4, hidden_dim=32), small_vae(seed=0)
    fit(model, IMAGES, config)
    torch.manual_seed(config.seed)
    order = torch.randperm(700)
    x = IMAGES[order].float() / 255
    h = torch.relu(x.flatten(1) @ twin.encoder[1].weight.T + twin.encoder[1].bias)
    mu, logvar = twin.to_mu(h), twin.to_logvar(h)
    z = mu + (logvar / 2).exp() * torch.randn(700, 4)
    x_hat = torch.sigmoid(twin.decoder(z))
    cross_entropy = -(x * x_hat.log() + (1 - x) * (1 - x_hat).log()).sum((1, 2, 3))
    kl = -0.5 * (1 + logvar - mu**2 - logvar.exp()).sum(1)
    (cross_entropy + 3 * kl).mean().backward()
    # Adam's first step is learning_rate * sign(gradient), and OneCycleLR starts at a twenty-fifth of its peak
    for name, parameter in twin.named_parameters():
        clear = parameter.grad.abs() > 1e-3
        expected = parameter - 1e-2 / 25 * parameter.grad.sign()
        assert torch.allclose(model.get_parameter(name)[clear], expected[clear], atol=2e-6), name


def test_beta_zero_forgets_the_prior_and_a_large_beta_collapses_onto_it():
    kl = {}
    for beta in (0.0, 1.0, 50.0):
        kl[beta] = fit(small_vae(), IMAGES, TrainConfig(epochs=8, beta=beta)).kl[-1]
    assert kl[0.0] > 1.5 * kl[1.0] > kl[50.0]
    assert kl[50.0] < 0.5


class Pulled(nn.Module):
    """Two latents whose posterior N(mu, 1) does not depend on the image, and the force on each mu, step by step.

    The KL of one image is mu^2 / 2 per latent, so its gradient with respect to mu is mu itself.
    """

    def __init__(self, mu):
        super().__init__()
        self.mu = nn.Parameter(torch.tensor(mu))
        self.force = []

    def forward(self, x):
        mu = self.mu.expand(len(x), 2)  # (B, J)
        if mu.requires_grad:
            mu.register_hook(lambda gradient: self.force.append(gradient.sum(0)))
        return x, mu, torch.zeros_like(mu)

    def log_likelihood(self, x_logits, x):
        return torch.zeros(len(x))


ALL_AT_ONCE = {"batch_size": 700, "learning_rate": 1e-9}  # one step per epoch that moves next to nothing


@pytest.mark.parametrize(
    ("schedule", "epochs", "betas"),
    [
        ("constant", 4, [3, 3, 3, 3]),
        ("warm_up", 8, [0, 0.75, 1.5, 2.25, 3, 3, 3, 3]),
        ("cyclical", 16, [0, 1.5, 3, 3] * 4),
    ],
)
def test_the_kl_weighs_at_each_step_what_the_schedule_says(schedule, epochs, betas):
    model = Pulled([1.0, -2.0])
    fit(model, IMAGES, TrainConfig(epochs=epochs, beta=3.0, beta_schedule=schedule, **ALL_AT_ONCE))
    expected = torch.tensor(betas, dtype=torch.float32)[:, None] * torch.tensor([1.0, -2.0])
    torch.testing.assert_close(torch.stack(model.force), expected, atol=1e-6, rtol=1e-5)


def test_a_schedule_counts_steps_and_not_epochs():
    model = Pulled([1.0, 0.0])
    fit(model, IMAGES, TrainConfig(epochs=1, batch_size=175, learning_rate=1e-9, beta_schedule="warm_up"))
    betas = [force[0].item() for force in model.force]
    assert betas == pytest.approx([0, 0.5, 1, 1], abs=1e-6)


def test_latents_below_their_free_bits_are_not_pulled_and_the_history_counts_all_nats():
    model = Pulled([1.0, 0.1])  # a KL of 0.5 and of 0.005
    history = fit(model, IMAGES, TrainConfig(epochs=2, beta=3.0, free_bits=0.02, **ALL_AT_ONCE))
    torch.testing.assert_close(torch.stack(model.force), torch.tensor([[3.0, 0.0]] * 2))
    assert history.kl == pytest.approx([0.505, 0.505], rel=1e-5)


def test_free_bits_keep_latents_alive_under_a_beta_that_would_collapse_them():
    kl = {}
    for free in (0.0, 1.0):
        kl[free] = fit(small_vae(), IMAGES, TrainConfig(epochs=8, beta=50.0, free_bits=free)).kl[-1]
    assert kl[0.0] < 0.5
    assert 2 < kl[1.0] < 4.5  # four latents with up to a nat each


def test_each_image_is_told_its_own_condition_in_every_batch():
    class Mirror(nn.Module):
        """Counts the images that come with their own picture as the condition."""

        deterministic = True

        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))
            self.right, self.seen = 0, 0

        def forward(self, x, condition):
            self.right += (x == condition).flatten(1).all(1).sum().item()
            self.seen += len(x)
            return x * self.weight, self.weight.expand(len(x), 1)

        def log_likelihood(self, x_logits, x):
            return x_logits.flatten(1).sum(1)

    for images, conditions in ((IMAGES, IMAGES), (IMAGES / 255, IMAGES), (IMAGES, IMAGES.double() / 255)):
        model = Mirror()
        fit(model, images, TrainConfig(epochs=2, binarize=False), conditions)
        assert model.right == model.seen == 2 * 700 + 1  # one to try the shapes


def test_a_conditional_model_trains_alike_twice_and_differently_with_other_conditions():
    runs = []
    for labels in (LABELS, LABELS, LABELS.flip(0)):
        runs.append(small_cvae())
        fit(runs[-1], IMAGES, QUICK, labels)
    assert same(weights(runs[0]), weights(runs[1]))
    assert not same(weights(runs[0]), weights(runs[2]))


@pytest.mark.parametrize(
    ("conditions", "cause"),
    [
        (None, "needs\nconditions"),
        (LABELS[:-1], r"700 images, but conditions have the shape \(699,\)"),
        (LABELS.repeat(2), r"700 images, but conditions have the shape \(1400,\)"),
        (LABELS.float(), r"conditions \(N,\) of torch.float32: labels are whole numbers"),
        (LABELS[:, None], r"conditions of shape \(1,\)"),
        (LABELS + 10, "conditions"),
        (torch.cat([LABELS[:-1], torch.tensor([10])]), "conditions"),
    ],
    ids=[
        "none",
        "too few",
        "too many",
        "not whole",
        "a column",
        "no such class",
        "no such class, at the end",
    ],
)
def test_conditions_that_do_not_fit_are_refused_before_a_step_is_made(conditions, cause):
    model = small_cvae()
    before = weights(model)
    with pytest.raises(ValueError, match=cause) as error:
        fit(model, IMAGES, QUICK, conditions)
    assert len(str(error.value).splitlines()) <= 5
    assert same(before, weights(model))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", [torch.float16, torch.float32, torch.float64])
def test_a_condition_that_is_no_number_is_refused_wherever_it_stands(value, dtype):
    attributes = torch.zeros(700, 2, dtype=dtype)
    attributes[654, 1] = value
    model = small_cvae(embed=nn.Identity(), condition_dim=2)
    with pytest.raises(ValueError, match="conditions are NaN or infinite; leave") as error:
        fit(model, IMAGES, QUICK, attributes)
    assert len(str(error.value).splitlines()) <= 5


def test_conditions_for_a_model_that_takes_none_are_refused():
    with pytest.raises(ValueError, match="VAE.*conditions") as error:
        fit(small_vae(), IMAGES, QUICK, LABELS)
    assert len(str(error.value).splitlines()) <= 5


def test_binarised_pixels_are_zero_or_one_with_the_grey_value_as_probability():
    torch.manual_seed(0)
    x = pixels(torch.full((1, 1, 500, 500), 51, dtype=torch.uint8), binarize=True)
    assert set(x.unique().tolist()) == {0.0, 1.0}
    assert x.mean().item() == pytest.approx(0.2, abs=5 * math.sqrt(0.2 * 0.8 / 250_000))
    grey = pixels(torch.tensor([[[[0, 51, 255]]]], dtype=torch.uint8), binarize=False)
    torch.testing.assert_close(grey, torch.tensor([[[[0.0, 0.2, 1.0]]]]))


def test_float_images_in_zero_to_one_train_like_their_bytes():
    models = [small_vae(), small_vae()]
    config = TrainConfig(epochs=1, binarize=False)
    for model, images in zip(models, (IMAGES, IMAGES / 255), strict=True):
        fit(model, images, config)
    assert same(*map(weights, models))


def test_images_of_another_size_are_refused_with_both_sizes():
    with pytest.raises(ValueError, match=r"\(1, 32, 32\)") as error:
        fit(small_vae(), torch.zeros(5, 1, 32, 32), QUICK)
    assert "(1, 28, 28)" in str(error.value)
    assert len(str(error.value).splitlines()) <= 5


@pytest.mark.parametrize(
    "images", [IMAGES[:, 0], IMAGES.float(), IMAGES.numpy(), IMAGES[:0], IMAGES / math.nan]
)
def test_images_that_do_not_fit_are_refused_before_a_step_is_made(images):
    model = small_vae()
    before = weights(model)
    with pytest.raises((TypeError, ValueError)) as error:
        fit(model, images, QUICK)
    assert len(str(error.value).splitlines()) <= 5
    assert same(before, weights(model))


@pytest.mark.parametrize(
    "wrong",
    [{"epochs": 0}, {"epochs": 2.5}, {"batch_size": 0}, {"learning_rate": -1.0}, {"learning_rate": math.nan}]
    + [{"beta": -0.1}, {"beta": math.inf}, {"beta_schedule": "linear"}, {"beta_schedule": None}]
    + [{"free_bits": -0.1}, {"free_bits": math.nan}, {"free_bits": math.inf}],
)
def test_settings_that_make_no_sense_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        TrainConfig(**wrong)


def test_settings_cannot_change_under_a_run():
    with pytest.raises(FrozenInstanceError):
        QUICK.epochs = 3


def test_conditions_that_are_no_tensor_are_refused_with_the_fix():
    with pytest.raises(TypeError, match=r"torch\.as_tensor"):
        fit(small_cvae(), IMAGES, QUICK, LABELS.tolist())


@pytest.mark.parametrize("deterministic", [True, False])
def test_a_model_that_returns_something_else_is_refused_with_what_is_needed(deterministic):
    class Odd(VAE):
        def forward(self, x):
            results = super().forward(x)
            return results if self.deterministic else results[:2]

    Odd.deterministic = deterministic
    needed, returned = (
        ("x_logits, z.", "3 results") if deterministic else ("x_logits, mu, logvar.", "2 results")
    )
    with pytest.raises(ValueError, match=f"Odd returns {returned}, and training needs {needed}") as error:
        fit(Odd(latent_dim=2, hidden_dim=8), IMAGES, QUICK)
    assert "deterministic = True" in str(error.value)
    assert len(str(error.value).splitlines()) <= 5


def test_images_of_another_shape_are_refused_with_the_argument_that_makes_a_model_for_them():
    colour = torch.rand(5, 3, 32, 32)
    with pytest.raises(ValueError, match=r"image_shape=\(3, 32, 32\) makes one for these") as error:
        fit(small_vae(), colour, QUICK)
    assert len(str(error.value).splitlines()) <= 5
    fit(
        VAE(latent_dim=2, hidden_dim=8, image_shape=(3, 32, 32)),
        colour,
        TrainConfig(epochs=1),
        progress=False,
    )
