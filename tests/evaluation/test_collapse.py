"""The KL and the activity of each latent are those of models whose posterior is known beforehand."""

import math

import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from vae_lessons.autoencoder import Autoencoder
from vae_lessons.evaluation.collapse import active_units, average_kl_per_latent


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
    for given in (None, condition):
        mu = images[:, 0, 0] + (0 if given is None else given)
        expected = kl_divergence(Normal(mu, images[:, 0, 1]), Normal(torch.zeros(3), 1.0)).mean(0)
        kl = average_kl_per_latent(Reader(), images, given)
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
