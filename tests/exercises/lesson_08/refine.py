"""Answers to exercise 8.5: right ones by different methods, and some with two mistakes at once."""

import torch


def loss_of(model, x, mu, logvar, draws):
    z = mu + (0.5 * logvar).exp() * torch.randn(draws, *mu.shape)
    log_px_z = torch.stack([model.log_likelihood(model.decode(one), x) for one in z]).mean(0)
    return (0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1) - log_px_z).sum()


def by_adam(model, x, mu, logvar):
    mu, logvar = mu.clone().requires_grad_(), logvar.clone().requires_grad_()
    optimizer = torch.optim.Adam([mu, logvar], lr=0.03)
    for _ in range(400):
        optimizer.zero_grad()
        loss_of(model, x, mu, logvar, 10).backward()
        optimizer.step()
    return mu.detach(), logvar.detach()


def with_a_falling_rate(model, x, mu, logvar):
    both = torch.nn.Parameter(torch.stack([mu, logvar]))
    optimizer = torch.optim.Adam([both], lr=0.1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 300)
    for _ in range(300):
        optimizer.zero_grad()
        loss_of(model, x, both[0], both[1], 6).backward()
        optimizer.step()
        schedule.step()
    return tuple(both.detach())


def with_the_same_noise(model, x, mu, logvar):
    noise = torch.randn(32, *mu.shape)
    noise = torch.cat([noise, -noise])
    mu, logvar = mu.clone().requires_grad_(), logvar.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([mu, logvar], max_iter=60)

    def closure():
        optimizer.zero_grad()
        z = mu + (0.5 * logvar).exp() * noise
        log_px_z = torch.stack([model.log_likelihood(model.decode(one), x) for one in z]).mean(0)
        loss = (0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1) - log_px_z).sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return mu.detach(), logvar.detach()


def by_hand(model, x, mu, logvar):
    for step in range(400):
        mu, logvar = mu.detach().requires_grad_(), logvar.detach().requires_grad_()
        slopes = torch.autograd.grad(loss_of(model, x, mu, logvar, 8), [mu, logvar])
        rate = 0.02 / (1 + step / 100)
        mu, logvar = mu - rate * slopes[0], logvar - rate * slopes[1]
    return mu.detach(), logvar.detach()


def by_curvature(model, x, mu, logvar):
    """Newton's method for the mode, then the curvature of each latent there (Laplace)."""

    def log_joint(z):
        return (model.log_likelihood(model.decode(z[None]), x[place : place + 1]) - 0.5 * (z**2).sum()).sum()

    better = [torch.empty_like(mu), torch.empty_like(logvar)]
    for place in range(len(x)):
        z = mu[place]
        for _ in range(3):
            slope = torch.autograd.functional.jacobian(log_joint, z)
            bend = torch.autograd.functional.hessian(log_joint, z)
            z = z - torch.linalg.solve(bend, slope)
        better[0][place], better[1][place] = z, -(-bend.diagonal()).log()
    return better


def uphill_without_kl(model, x, mu, logvar):
    mu, logvar = mu.clone().requires_grad_(), logvar.clone()
    (slope,) = torch.autograd.grad(model.log_likelihood(model.decode(mu), x).sum(), mu)
    return (mu - slope).detach(), logvar - 3


def one_image_and_std(model, x, mu, logvar):
    better = by_adam(model, x[:1], mu[:1], logvar[:1])
    return better[0], (0.5 * better[1]).exp()


RIGHT = [by_adam, with_a_falling_rate, with_the_same_noise, by_hand, by_curvature]
COMBINED = [uphill_without_kl, one_image_and_std]
