"""Answers to exercise 9.5: right ones by different methods, and some with two mistakes at once."""

import numpy as np
import torch
from torch.distributions import Normal, kl_divergence

from vae_lessons.anomaly import likelihood_regret


def elbo_of(model, x, mu, logvar, draws):
    z = mu + (0.5 * logvar).exp() * torch.randn(draws, *mu.shape)
    log_px_z = torch.stack([model.log_likelihood(model.decode(one), x) for one in z]).mean(0)
    return log_px_z - 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)


def by_adam(model, x):
    mu, logvar = (value.detach().clone().requires_grad_() for value in model.encode(x))
    before = elbo_of(model, x, mu, logvar, 100).detach()
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(500):
        optimizer.zero_grad()
        (-elbo_of(model, x, mu, logvar, 4).mean()).backward()
        optimizer.step()
    return elbo_of(model, x, mu, logvar, 100) - before


def by_the_library(model, x):
    return likelihood_regret(model, x, steps=600)


def image_by_image(model, x):
    regrets = []
    for place in range(len(x)):
        one = x[place : place + 1]
        mu, logvar = (value.detach() for value in model.encode(one))
        q = torch.cat([mu, logvar]).requires_grad_()
        optimizer = torch.optim.Adam([q], lr=0.1)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 200)
        for _ in range(200):
            optimizer.zero_grad()
            (-elbo_of(model, one, q[:1], q[1:], 4)).sum().backward()
            optimizer.step()
            schedule.step()
        with torch.no_grad():
            gain = elbo_of(model, one, q[:1], q[1:], 200) - elbo_of(model, one, mu, logvar, 200)
        regrets.append(gain.item())
    return regrets


def with_the_same_noise(model, x):
    half = torch.randn(64, len(x), model.latent_dim)
    noise = torch.cat([half, -half])

    def elbo(mu, logvar):
        z = mu + (0.5 * logvar).exp() * noise
        log_px_z = torch.stack([model.log_likelihood(model.decode(one), x) for one in z]).mean(0)
        return log_px_z - kl_divergence(Normal(mu, (0.5 * logvar).exp()), Normal(0.0, 1.0)).sum(1)

    start = [value.detach() for value in model.encode(x)]
    q = [value.clone().requires_grad_() for value in start]
    optimizer = torch.optim.LBFGS(q, max_iter=100)

    def closure():
        optimizer.zero_grad()
        loss = -elbo(*q).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return (elbo(*q) - elbo(*start)).detach().numpy()


def from_the_prior(model, x):
    with torch.no_grad():
        mu, logvar = model.encode(x)
    q = torch.zeros(2, *mu.shape, requires_grad=True)
    optimizer = torch.optim.Adam([q], lr=0.05)
    for _ in range(500):
        optimizer.zero_grad()
        loss = -elbo_of(model, x, q[0], q[1], 4)
        loss.sum().backward()
        optimizer.step()
    return [
        a - b for a, b in zip(elbo_of(model, x, *q, 200), elbo_of(model, x, mu, logvar, 200), strict=True)
    ]


def by_curvature(model, x):
    """Newton's method for the mode, then the curvature of each latent there (Laplace)."""
    with torch.no_grad():
        mu, logvar = model.encode(x)
    better = [torch.empty_like(mu), torch.empty_like(logvar)]
    for place in range(len(x)):

        def log_joint(z, one=x[place : place + 1]):
            return (model.log_likelihood(model.decode(z[None]), one) - 0.5 * (z**2).sum()).sum()

        z = mu[place]
        for _ in range(3):
            bend = torch.autograd.functional.hessian(log_joint, z)
            z = z - torch.linalg.solve(bend, torch.autograd.functional.jacobian(log_joint, z))
        better[0][place], better[1][place] = z, -(-bend.diagonal()).log()
    with torch.no_grad():
        return np.asarray(elbo_of(model, x, *better, 300) - elbo_of(model, x, mu, logvar, 300))


def averaged_and_inverted(model, x):
    return -by_adam(model, x).mean()


def after_the_search_as_a_column(model, x):
    mu, logvar = model.encode(x)
    return elbo_of(model, x, mu, logvar, 10)[:, None]


RIGHT = [
    by_adam,
    by_the_library,
    image_by_image,
    with_the_same_noise,
    from_the_prior,
    by_curvature,
]
COMBINED = [averaged_and_inverted, after_the_search_as_a_column]
