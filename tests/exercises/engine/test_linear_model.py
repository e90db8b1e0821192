"""The linear model's exact ELBO agrees with draws, and no other Gaussian has a higher one than its best."""

import torch

from vae_lessons.exercises.engine.linear_model import LinearModel


def case():
    model, generator = LinearModel(pixel_std=0.7), torch.Generator().manual_seed(0)
    x = torch.randn(4, 1, 3, 4, generator=generator)
    mu, logvar = torch.randn(4, 3, generator=generator), 0.5 * torch.randn(4, 3, generator=generator)
    return model, x, mu, logvar, generator


@torch.no_grad()
def test_the_exact_elbo_is_the_average_over_draws():
    model, x, mu, logvar, generator = case()
    z = mu + (0.5 * logvar).exp() * torch.randn(20_000, *mu.shape, generator=generator)
    log_px_z = torch.stack([model.log_likelihood(model.decode(one), x) for one in z])
    kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)
    error = log_px_z.std(0) / len(z) ** 0.5
    assert ((log_px_z.mean(0) - kl - model.elbo(x, mu, logvar)).abs() < 4 * error).all()


def test_no_gaussian_nearby_has_a_higher_elbo_than_the_best():
    model, x, _, _, generator = case()
    mu, logvar = model.best(x)
    for _ in range(50):
        moved, wider = (0.1 * torch.randn(mu.shape, generator=generator) for _ in range(2))
        assert (model.elbo(x, mu + moved, logvar + wider) < model.elbo(x, mu, logvar)).all()
