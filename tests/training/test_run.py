"""Oracles: plain arithmetic, a loop written out by hand, and files damaged on purpose."""

import json
import math
from dataclasses import FrozenInstanceError

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from vae_lessons.autoencoder import Autoencoder
from vae_lessons.conditional_vae import ConditionalVAE, OneHot
from vae_lessons.data.digits import draw
from vae_lessons.training.loop import TrainConfig, fit, pixels
from vae_lessons.training.checkpoints import load_checkpoint, save_checkpoint
from vae_lessons.vae import VAE

IMAGES, LABELS, _ = draw(700, seed=0)  # not a multiple of the batch size
QUICK = TrainConfig(epochs=2)


def small_vae(seed=0):
    torch.manual_seed(seed)
    return VAE(latent_dim=4, hidden_dim=32)


def small_cvae(seed=0, embed=None, condition_dim=10):
    torch.manual_seed(seed)
    return ConditionalVAE(embed or OneHot(10), condition_dim, latent_dim=4, hidden_dim=32)


def weights(model):
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def same(first, second):
    return all(torch.equal(first[name], second[name]) for name in first)


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


def test_another_seed_gives_another_model():
    models = [small_vae(), small_vae()]
    for seed, model in enumerate(models):
        fit(model, IMAGES, TrainConfig(epochs=1, seed=seed))
    assert not same(*map(weights, models))


def test_the_callers_random_numbers_and_matmul_precision_are_left_alone():
    torch.manual_seed(5)
    expected = torch.randn(3)
    torch.manual_seed(5)
    precision = torch.get_float32_matmul_precision()
    model = VAE(latent_dim=2, hidden_dim=8)
    torch.manual_seed(5)
    fit(model, IMAGES, QUICK)
    assert torch.equal(torch.randn(3), expected)
    assert torch.get_float32_matmul_precision() == precision


def test_history_averages_over_images_and_not_over_batches():
    class Constant(nn.Module):
        """log p(x|z) is minus the number of black pixels, whatever the weights; so the truth is known."""

        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(1))

        def forward(self, x):
            return x * self.weight, self.weight.expand(len(x), 1)

        def log_likelihood(self, x_logits, x):
            return -x.flatten(1).sum(1) + 0 * self.weight

    history = fit(Constant(), IMAGES, TrainConfig(epochs=1, batch_size=512, binarize=False))
    expected = -(IMAGES / 255).flatten(1).sum(1).mean().item()
    assert history.log_px_z[0] == pytest.approx(expected, rel=1e-5)
    assert history.kl == [0.0]


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


def test_the_bar_is_shown_unless_it_is_not_wanted(capsys):
    fit(small_vae(), IMAGES, QUICK, progress=False)
    assert capsys.readouterr() == ("", "")
    fit(small_vae(), IMAGES, QUICK)
    assert "12/12" in capsys.readouterr().err  # six steps an epoch


class Watcher:
    """Remembers what it is shown, and at one step raises what it is given."""

    def __init__(self, at=None, error=None):
        self.steps, self.ended, self.at, self.error = [], 0, at, error

    def step(self, done, log_px_z, kl):
        assert not self.ended
        self.steps.append((done, log_px_z, kl))
        if len(self.steps) == self.at:
            raise self.error

    def end(self):
        self.ended += 1


def test_a_monitor_sees_both_terms_of_every_image_in_every_step_and_the_end():
    watcher = Watcher()
    history = fit(small_vae(), IMAGES, QUICK, progress=False, monitor=watcher)
    assert [done for done, _, _ in watcher.steps] == pytest.approx([step / 12 for step in range(1, 13)])
    for epoch in range(2):
        steps = watcher.steps[6 * epoch : 6 * epoch + 6]
        for place, average in ((1, history.log_px_z[epoch]), (2, history.kl[epoch])):
            terms = torch.cat([step[place] for step in steps])
            assert terms.shape == (700,)
            assert not terms.requires_grad
            assert terms.mean().item() == pytest.approx(average, rel=1e-5)
    assert watcher.ended == 1


def test_a_monitor_changes_nothing():
    models = [small_vae(), small_vae()]
    for model, monitor in zip(models, (None, Watcher()), strict=True):
        fit(model, IMAGES, QUICK, progress=False, monitor=monitor)
    assert same(*map(weights, models))


def test_a_monitor_ends_training_as_the_stop_button_does():
    model, watcher = small_vae(), Watcher(at=10, error=KeyboardInterrupt)
    history = fit(model, IMAGES, TrainConfig(epochs=5), progress=False, monitor=watcher)
    assert history.interrupted
    assert len(history.elbo) == 1
    assert (len(watcher.steps), watcher.ended) == (10, 1)
    assert not model.training
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_a_monitor_is_told_the_end_after_an_error_too():
    watcher = Watcher()
    with pytest.raises(FloatingPointError, match="learning_rate"):
        fit(small_vae(), IMAGES, TrainConfig(learning_rate=1e4), progress=False, monitor=watcher)
    assert watcher.ended == 1
    model, watcher = small_vae(), Watcher(at=2, error=OSError("a full disk"))
    with pytest.raises(OSError, match="a full disk"):
        fit(model, IMAGES, QUICK, progress=False, monitor=watcher)
    assert watcher.ended == 1
    assert not model.training


def test_showing_the_bar_changes_nothing():
    models = [small_vae(), small_vae()]
    for model, progress in zip(models, (True, False), strict=True):
        fit(model, IMAGES, QUICK, progress=progress)
    assert same(*map(weights, models))


def test_each_image_is_told_its_own_condition_in_every_batch():
    class Mirror(nn.Module):
        """Counts the images that come with their own picture as the condition."""

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
        (LABELS.float(), "conditions"),  # one_hot takes whole numbers
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


def test_an_interrupt_returns_the_history_so_far_and_a_usable_model():
    class Impatient(Autoencoder):
        calls = 0

        def forward(self, x):
            self.calls += 1
            if self.calls == 10:  # one trial and six steps an epoch: in the second epoch
                raise KeyboardInterrupt
            return super().forward(x)

    model = Impatient(latent_dim=2, hidden_dim=16)
    history = fit(model, IMAGES, TrainConfig(epochs=5))
    assert history.interrupted
    assert len(history.elbo) == 1
    assert not model.training
    assert torch.isfinite(model(IMAGES[:2] / 255)[0]).all()


def test_a_loss_that_turns_nan_stops_at_that_step_and_says_where():
    class Broken(Autoencoder):
        calls = 0

        def log_likelihood(self, x_logits, x):
            self.calls += 1
            return super().log_likelihood(x_logits, x) * (math.nan if self.calls == 8 else 1.0)

    model = Broken(latent_dim=2, hidden_dim=16)
    with pytest.raises(FloatingPointError, match="nan in epoch 2, step 8") as error:
        fit(model, IMAGES, TrainConfig(epochs=5))
    assert model.calls == 8
    assert len(str(error.value).splitlines()) <= 5


def test_a_learning_rate_that_explodes_is_reported_and_not_trained_through():
    with pytest.raises(FloatingPointError, match="learning_rate"):
        fit(small_vae(), IMAGES, TrainConfig(epochs=5, learning_rate=1e4))


def test_weights_that_are_nan_before_training_are_named():
    model = small_vae()
    with torch.no_grad():
        model.to_mu.weight[0, 0] = math.inf
    with pytest.raises(FloatingPointError, match=r"before training.*to_mu\.weight"):
        fit(model, IMAGES, QUICK)


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


def test_a_checkpoint_brings_back_weights_and_settings(tmp_path):
    model = small_vae()
    config = TrainConfig(epochs=3, beta=0.5, beta_schedule="cyclical", free_bits=0.25)
    save_checkpoint(tmp_path / "runs" / "vae.safetensors", model, config)
    other = small_vae(seed=9)
    assert load_checkpoint(tmp_path / "runs" / "vae.safetensors", other) == config
    assert same(weights(model), weights(other))
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["vae.safetensors"]


def test_a_checkpoint_brings_back_a_conditional_model_with_its_embedding(tmp_path):
    model, other = (small_cvae(seed, nn.Embedding(10, 6), 6) for seed in (0, 9))
    save_checkpoint(tmp_path / "cvae.safetensors", model, QUICK)
    load_checkpoint(tmp_path / "cvae.safetensors", other)
    assert same(weights(model), weights(other))
    torch.manual_seed(0)
    expected = model.sample(LABELS[:5])
    torch.manual_seed(0)
    assert torch.equal(other.sample(LABELS[:5]), expected)
    with pytest.raises(ValueError, match=r"embed\.weight"):
        load_checkpoint(tmp_path / "cvae.safetensors", small_cvae())


def test_a_checkpoint_is_never_overwritten_unasked(tmp_path):
    path = tmp_path / "vae.safetensors"
    save_checkpoint(path, small_vae(0), QUICK)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="overwrite=True"):
        save_checkpoint(path, small_vae(1), QUICK)
    assert path.read_bytes() == before
    save_checkpoint(path, small_vae(1), QUICK, overwrite=True)
    assert path.read_bytes() != before


def test_a_write_that_fails_leaves_the_old_checkpoint_and_no_debris(tmp_path, monkeypatch):
    path = tmp_path / "vae.safetensors"
    save_checkpoint(path, small_vae(0), QUICK)
    before = path.read_bytes()

    def full_disk(weights, filename, metadata):
        with open(filename, "wb") as file:
            file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr("vae_lessons.training_cache.save_file", full_disk)
    with pytest.raises(OSError, match="space"):
        save_checkpoint(path, small_vae(1), QUICK, overwrite=True)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def damaged(path, how):
    data = path.read_bytes()
    path.write_bytes({"cut": data[: len(data) // 2], "html": b"<html>404</html>", "empty": b""}[how])


@pytest.mark.parametrize("how", ["cut", "html", "empty"])
def test_a_damaged_checkpoint_is_named_and_the_model_untouched(tmp_path, how):
    path = tmp_path / "vae.safetensors"
    save_checkpoint(path, small_vae(0), QUICK)
    damaged(path, how)
    model = small_vae(1)
    before = weights(model)
    with pytest.raises(ValueError, match="vae.safetensors") as error:
        load_checkpoint(path, model)
    assert len(str(error.value).splitlines()) <= 5
    assert same(before, weights(model))


def test_a_checkpoint_of_another_model_or_size_is_refused_with_the_difference(tmp_path):
    path = tmp_path / "vae.safetensors"
    save_checkpoint(path, small_vae(), QUICK)
    with pytest.raises(ValueError, match=r"decoder\.0\.weight"):
        load_checkpoint(path, VAE(latent_dim=5, hidden_dim=32))
    with pytest.raises(ValueError, match="holds a VAE, and your model is a Autoencoder"):
        load_checkpoint(path, Autoencoder(latent_dim=4, hidden_dim=32))
    with pytest.raises(FileNotFoundError, match=r"nowhere\.safetensors"):
        load_checkpoint(tmp_path / "nowhere.safetensors", small_vae())


def test_a_safetensors_file_of_someone_else_is_refused(tmp_path):
    from safetensors.torch import save_file

    save_file({"a": torch.zeros(2)}, tmp_path / "other.safetensors")
    with pytest.raises(ValueError, match="holds a None"):
        load_checkpoint(tmp_path / "other.safetensors", small_vae())


def test_conditions_that_are_no_tensor_are_refused_with_the_fix():
    with pytest.raises(TypeError, match=r"torch\.as_tensor"):
        fit(small_cvae(), IMAGES, QUICK, LABELS.tolist())


def test_a_checkpoint_with_unknown_settings_is_refused_and_the_model_stays_as_it_was(tmp_path):
    model, path = small_vae(seed=0), tmp_path / "old.safetensors"
    metadata = {"config": json.dumps({"epochs": 1, "progress": True}), "model": "VAE"}
    save_file(small_vae(seed=1).state_dict(), path, metadata=metadata)
    before = weights(model)
    with pytest.raises(ValueError, match="settings that this version does not know"):
        load_checkpoint(path, model)
    assert same(before, weights(model))
