"""Oracles: a linear Gaussian model, whose log p(x) and posterior are known in closed form, and torch.distributions."""

import math

import pytest
import torch
from torch import nn
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from vae_lessons.autoencoder import Autoencoder
from vae_lessons.elbo import beta_loss, elbo, elbo_terms, elbo_terms_per_latent
from vae_lessons.likelihoods import gaussian_log_likelihood
from vae_lessons.reparameterization import reparameterize
from vae_lessons.vae import VAE


class LinearGaussian(nn.Module):
    """x = W z + noise, with the true posterior as its encoder when exact is True."""

    def __init__(self, exact: bool) -> None:
        super().__init__()
        self.W = torch.tensor([[1.2, 0.0], [0.5, 0.0], [0.0, -0.8], [0.0, 0.3]])  # orthogonal columns (D, J)
        self.noise, self.exact = 0.6, exact

    def forward(self, x):
        precision = 1 + (self.W**2).sum(0) / self.noise**2  # (J,) diagonal, as the columns are orthogonal
        mu = x.flatten(1) @ self.W / self.noise**2 / precision
        logvar = -precision.log().expand_as(mu)
        if not self.exact:
            mu, logvar = mu + 0.3, logvar - 0.5
        z = reparameterize(mu, logvar)
        return (z @ self.W.T).reshape(x.shape), mu, logvar

    def log_likelihood(self, x_hat, x):
        return gaussian_log_likelihood(x_hat, x, self.noise)

    def log_px(self, x):
        covariance = self.W @ self.W.T + self.noise**2 * torch.eye(4)
        return MultivariateNormal(torch.zeros(4), covariance).log_prob(x.flatten(1))


X = torch.tensor([[0.4, -1.1, 0.8, 0.2], [1.5, 0.3, -0.6, 0.9]]).reshape(2, 1, 2, 2)


def average_elbo(model, repeats=20_000):
    torch.manual_seed(0)
    values = elbo(*elbo_terms(model, X.repeat(repeats, 1, 1, 1))).reshape(repeats, 2)
    return values.mean(0), values.std(0) / math.sqrt(repeats)


def test_elbo_equals_log_px_when_q_is_the_posterior():
    model = LinearGaussian(exact=True)
    value, error = average_elbo(model)
    assert ((value - model.log_px(X)).abs() < 5 * error + 1e-5).all()


def test_elbo_is_below_log_px_by_the_kl_to_the_posterior():
    model, exact = LinearGaussian(exact=False), LinearGaussian(exact=True)
    (_, mu, logvar), (_, true_mu, true_logvar) = model(X), exact(X)
    ratio = (logvar - true_logvar).exp()
    gap = 0.5 * (ratio + (mu - true_mu) ** 2 / true_logvar.exp() - 1 - ratio.log()).sum(1)
    value, error = average_elbo(model)
    assert (gap > 0.1).all()
    assert ((model.log_px(X) - value - gap).abs() < 5 * error).all()


def test_terms_come_per_image_and_the_kl_is_not_negative():
    log_px_z, kl = elbo_terms(VAE(latent_dim=3, hidden_dim=16), torch.rand(7, 1, 28, 28))
    assert log_px_z.shape == kl.shape == (7,)
    assert (kl >= 0).all()
    assert (log_px_z < 0).all()


def test_an_autoencoder_has_no_kl():
    log_px_z, kl = elbo_terms(Autoencoder(latent_dim=3, hidden_dim=16), torch.rand(7, 1, 28, 28))
    assert log_px_z.shape == (7,)
    assert torch.equal(kl, torch.zeros(7))


def test_terms_per_latent_are_the_kl_of_each_and_add_up_to_the_terms():
    model = LinearGaussian(exact=False)
    torch.manual_seed(0)
    log_px_z, kl = elbo_terms_per_latent(model, X)
    _, mu, logvar = model(X)
    torch.testing.assert_close(kl, kl_divergence(Normal(mu, (logvar / 2).exp()), Normal(torch.zeros(2), 1.0)))
    torch.manual_seed(0)
    same_log_px_z, summed = elbo_terms(model, X)
    assert torch.equal(log_px_z, same_log_px_z)
    torch.testing.assert_close(summed, kl[:, 0] + kl[:, 1])


def test_an_autoencoder_has_no_kl_in_any_latent():
    _, kl = elbo_terms_per_latent(Autoencoder(latent_dim=3, hidden_dim=16), torch.rand(7, 1, 28, 28))
    assert torch.equal(kl, torch.zeros(7, 3))


@pytest.mark.parametrize("terms", [elbo_terms, elbo_terms_per_latent])
def test_a_condition_reaches_the_model_and_its_absence_too(terms):
    class Shifted(LinearGaussian):
        """Believes that x is the condition plus noise, and without one that it is 0 plus noise."""

        def forward(self, x, condition=None):
            zero = torch.zeros(len(x), 2)
            return torch.zeros_like(x) if condition is None else condition, zero, zero

    model, other = Shifted(exact=True), X.flip(0)
    for condition, mean in ((other, other), (None, torch.zeros_like(X))):
        log_px_z, kl = terms(model, X, condition)
        torch.testing.assert_close(log_px_z, Normal(mean, 0.6).log_prob(X).sum((1, 2, 3)))
        assert torch.equal(kl, torch.zeros_like(kl))


def test_loss_is_the_negative_elbo_only_at_beta_one():
    log_px_z, kl = torch.tensor([-90.0, -110.0]), torch.tensor([20.0, 30.0])
    assert beta_loss(log_px_z, kl).item() == pytest.approx(-elbo(log_px_z, kl).mean().item())
    assert beta_loss(log_px_z, kl, beta=0.0).item() == pytest.approx(100)
    assert beta_loss(log_px_z, kl, beta=4.0).item() == pytest.approx(100 + 4 * 25)
