"""Samples have the mean and the spread asked for, and the gradients through them equal finite differences."""

import math

import torch

from tests.posteriors import LOGVAR, MU
from vae_lessons.reparameterization import reparameterize

STD = (LOGVAR / 2).exp()


def test_samples_have_the_mean_and_standard_deviation_asked_for():
    torch.manual_seed(0)
    n = 200_000
    z = reparameterize(MU[:1].expand(n, 5), LOGVAR[:1].expand(n, 5))
    standard_error = STD[0] / math.sqrt(n)
    assert ((z.mean(0) - MU[0]).abs() < 5 * standard_error).all()
    assert ((z.std(0) / STD[0] - 1).abs() < 5 / math.sqrt(2 * n)).all()


def test_every_image_and_every_dimension_gets_its_own_noise():
    torch.manual_seed(0)
    eps = (reparameterize(MU, LOGVAR) - MU) / STD
    assert len(eps.flatten().unique()) == eps.numel()


def test_gradients_through_a_sample_equal_finite_differences():
    mu, logvar = MU.double().requires_grad_(), LOGVAR.double().requires_grad_()

    def objective(mu, logvar):
        torch.manual_seed(3)
        return (reparameterize(mu, logvar) ** 3).sum()

    assert torch.autograd.gradcheck(objective, (mu, logvar))
