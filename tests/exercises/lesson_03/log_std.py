"""Lesson 03: right answers in many styles, and answers with two mistakes at once."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Independent, MultivariateNormal, Normal, kl_divergence

from vae_lessons.elbo import beta_loss, elbo, elbo_terms, elbo_terms_per_latent
from vae_lessons.gaussians import kl_closed_form, reparameterize
from vae_lessons.likelihoods import bernoulli_log_likelihood

# 3.1 and 3.3: width(second) is the standard deviation


def half(logvar):
    return torch.exp(logvar / 2)


def draws(width):
    """Right draws in many styles."""

    def at_hand(mu, second):
        return mu + width(second) * torch.randn_like(mu)

    def by_rsample(mu, second):
        return Normal(mu, width(second)).rsample()

    def by_independent(m, s):
        return Independent(Normal(m, width(s)), 1).rsample()

    def by_many_normals(mu, second):
        return MultivariateNormal(mu, torch.diag_embed(width(second) ** 2)).rsample()

    def with_a_minus(mu, second):
        eps = torch.randn(mu.shape, device=mu.device, dtype=mu.dtype)
        return mu - eps * width(second)

    def by_addcmul(mu, second):
        return torch.addcmul(mu, width(second), torch.randn_like(mu))

    def by_normal_in_place(mu, second):
        eps = torch.empty_like(mu).normal_()
        return eps.mul(width(second)).add(mu)

    def in_own_tensor(mu, second):
        z = torch.zeros_like(mu)
        z += mu
        z += width(second) * torch.randn_like(second)
        return z

    def in_double(mu, second):
        z = mu.double() + width(second.double()) * torch.randn_like(mu, dtype=torch.float64)
        return z.to(mu.dtype)

    def row_by_row(mu, second):
        return torch.stack([m + width(s) * torch.randn_like(m) for m, s in zip(mu, second, strict=True)])

    def latent_by_latent(mu, second):
        eps = torch.randn(mu.shape).to(mu.device)
        columns = [mu[:, j] + width(second[:, j]) * eps[:, j] for j in range(mu.shape[1])]
        return torch.stack(columns, dim=1)

    def by_torch_normal(mu, second):
        eps = torch.normal(torch.zeros_like(mu), torch.ones_like(mu))
        eps.requires_grad_()
        return mu + width(second) * eps

    def by_einsum(mu, second):
        eps = torch.randn(*mu.size(), device=second.device)
        return mu + torch.einsum("bj,bj->bj", width(second), eps.detach())

    def by_numpy(mu, second):
        eps = torch.tensor(np.random.randn(*mu.shape), dtype=mu.dtype, device=mu.device)  # noqa: NPY002
        return mu + width(second) * eps

    def by_generator(mu, second, luck=torch.Generator()):  # noqa: B008  (as students write it)
        return mu + width(second) * torch.randn(mu.shape, generator=luck).to(mu)

    def by_transposing(mu, second):
        return (mu.T + width(second.T) * torch.randn_like(mu.T)).T

    return [
        at_hand,
        by_rsample,
        by_independent,
        by_many_normals,
        with_a_minus,
        by_addcmul,
        by_normal_in_place,
        in_own_tensor,
        in_double,
        row_by_row,
        latent_by_latent,
        by_torch_normal,
        by_einsum,
        by_numpy,
        by_generator,
        by_transposing,
    ]


def draw_by_root(mu, logvar):
    return mu + logvar.exp().sqrt() * torch.randn_like(mu)


def draw_by_power(mu, logvar):
    return mu + logvar.exp() ** 0.5 * torch.randn_like(mu)


def draw_variance_and_uniform(mu, logvar):
    return mu + logvar.exp() * torch.rand_like(mu)


def draw_variance_and_no_mean(mu, logvar):
    return logvar.exp() * torch.randn_like(mu)


def draw_no_exp_and_detached(mu, logvar):
    return mu.detach() + logvar * torch.randn_like(mu)


def draw_a_little_narrow(mu, logvar):
    return mu + 0.85 * half(logvar) * torch.randn_like(mu)


def draw_without_tails(mu, logvar):
    return mu + half(logvar) * torch.randn_like(mu).clamp(-2, 2)


def draw_in_opposite_pairs(mu, logvar):
    eps = torch.randn_like(mu[::2])
    return mu + half(logvar) * torch.cat([eps, -eps])


def log_std_squared_and_uniform(mu, log_std):
    return mu + (2 * log_std).exp() * torch.rand_like(mu)


def log_std_raw_and_detached(mu, log_std):
    return mu + log_std.detach() * torch.randn_like(mu)


def log_std_halved_and_sampled(mu, log_std):
    return torch.normal(mu, (0.5 * log_std).exp())


# 3.2


def score_at_hand(f, z, mu, std):
    d_mu = (f * (z - mu) / std**2).mean()
    d_std = (f * ((z - mu) ** 2 - std**2) / std**3).mean()
    return d_mu, d_std


def score_by_autograd(f, z, mu, std):
    mu = torch.tensor(mu, requires_grad=True)
    std = torch.tensor(std, requires_grad=True)
    (f * Normal(mu, std).log_prob(z)).mean().backward()
    return mu.grad, std.grad


def score_by_loop(values, draws, mu, std):
    d_mu = d_std = 0.0
    for f, z in zip(values.tolist(), draws.tolist(), strict=True):
        eps = (z - mu) / std
        d_mu += f * eps / std
        d_std += f * (eps * eps - 1) / std
    return [d_mu / len(values), d_std / len(values)]


def score_by_dot(f, z, mu, std):
    eps, n = (z - mu) / std, len(z)
    return f @ eps / (n * std), torch.dot(f, eps.square() - 1) / (n * std)


def score_by_numpy(f, z, mu, std):
    f, z = f.numpy(), z.numpy()
    return np.mean(f * (z - mu) / std**2), np.mean(f * ((z - mu) ** 2 / std**3 - 1 / std))


def score_in_one_tensor(f, z, mu, std):
    eps = (z - mu) / std
    return torch.stack([eps / std, (eps**2 - 1) / std]) @ f / f.numel()


def score_by_slopes_per_draw(f, z, mu, std):
    mus = torch.full_like(z, mu, dtype=torch.float64, requires_grad=True)
    stds = torch.full_like(z, std, dtype=torch.float64, requires_grad=True)
    log_q = -((z - mus) ** 2) / (2 * stds**2) - stds.log() - 0.5 * math.log(2 * math.pi)
    slopes = torch.autograd.grad(log_q.sum(), [mus, stds])
    return tuple((f * slope).mean() for slope in slopes)


def score_no_square_and_sum(f, z, mu, std):
    return (f * (z - mu) / std).sum(), (f * ((z - mu) ** 2 / std**2 - 1) / std).sum()


def score_signs_and_no_f(f, z, mu, std):
    return ((mu - z) / std**2).mean(), (((mu - z) ** 2 / std**2 - 1) / std).mean()


def score_swapped_and_log_std(f, z, mu, std):
    return (f * ((z - mu) ** 2 / std**2 - 1)).mean(), (f * (z - mu) / std**2).mean()


# 3.4


def step_at_hand(model, optimizer, x):
    log_px_z, kl = elbo_terms(model, x)
    loss = -(log_px_z - kl).mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def step_forgetting_first(model, optimizer, x):
    model.train()
    optimizer.zero_grad(set_to_none=True)
    log_px_z, kl = elbo_terms(model, x)
    loss = kl.mean() - log_px_z.mean()
    loss.backward(retain_graph=True)
    optimizer.step()
    return loss


def step_forgetting_last(model, optimizer, x):
    loss = -elbo(*elbo_terms(model, x)).mean()
    loss.backward()
    optimizer.step()
    model.zero_grad()
    return float(loss.detach())


def step_from_the_parts(model, optimizer, x):
    mu, logvar = model.encode(x)
    z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
    x_logits = model.decode(z)
    rebuilt = F.binary_cross_entropy_with_logits(x_logits, x, reduction="sum") / len(x)
    kl = -0.5 * torch.sum(1 + logvar - mu**2 - logvar.exp()) / len(x)
    loss = rebuilt + kl
    optimizer.zero_grad(set_to_none=False)
    loss.backward()
    optimizer.step()
    return loss.detach()


def step_by_distributions(model, optimizer, x):
    mu, logvar = model.encode(x)
    q = Normal(mu, half(logvar))
    kl = kl_divergence(q, Normal(0.0, 1.0)).sum(1)
    log_px_z = bernoulli_log_likelihood(model.decode(q.rsample()), x)
    for weight in model.parameters():
        weight.grad = None
    loss = beta_loss(log_px_z, kl)
    loss.backward()
    optimizer.step()
    return loss.detach().numpy()


def step_by_closure(model, optimizer, x):
    def closure():
        optimizer.zero_grad()
        loss = beta_loss(*elbo_terms(model, x))
        loss.backward()
        return loss

    return optimizer.step(closure).item()


def step_image_by_image(model, optimizer, x):
    optimizer.zero_grad()
    total = 0.0
    for image in x.split(1):
        x_logits, mu, logvar = model(image)
        loss = (kl_closed_form(mu, logvar) - bernoulli_log_likelihood(x_logits, image)).squeeze() / len(x)
        loss.backward()
        total += loss.item()
    optimizer.step()
    return total


def step_by_autograd(model, optimizer, x):
    log_px_z, kl = elbo_terms_per_latent(model, x)
    loss = -(log_px_z - kl.sum(-1)).sum() / x.shape[0]
    weights = list(model.parameters())
    for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = slope
    optimizer.step()
    return loss.item()


def step_of_several_draws(model, optimizer, x):
    losses = [beta_loss(*elbo_terms(model, x)) for _ in range(3)]
    loss = torch.stack(losses).mean()
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1e9)
    optimizer.step()
    return loss.item()


def step_summed_and_no_kl(model, optimizer, x):
    loss = -elbo_terms(model, x)[0].sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def step_not_forgetting_and_no_kl(model, optimizer, x):
    loss = -elbo_terms(model, x)[0].mean()
    loss.backward()
    optimizer.step()
    return loss.item()


def step_of_the_elbo_summed(model, optimizer, x):
    log_px_z, kl = elbo_terms(model, x)
    loss = (log_px_z - kl).sum()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def step_wide_and_at_zero(model, optimizer, x):
    mu, logvar = model.encode(x)
    log_px_z = bernoulli_log_likelihood(model.decode(logvar.exp() * torch.randn_like(mu)), x)
    loss = beta_loss(log_px_z, kl_closed_form(mu, logvar))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def step_with_another_decoder(model, optimizer, x):
    loss = step_at_hand(model, optimizer, x)
    model.decoder = torch.nn.Linear(5, 784)
    return loss


RIGHT = {
    "3.1": [*draws(half), draw_by_root, draw_by_power, reparameterize],
    "3.2": [
        score_at_hand,
        score_by_autograd,
        score_by_loop,
        score_by_dot,
        score_by_numpy,
        score_in_one_tensor,
        score_by_slopes_per_draw,
    ],
    "3.3": draws(torch.exp),
    "3.4": [
        step_at_hand,
        step_forgetting_first,
        step_forgetting_last,
        step_from_the_parts,
        step_by_distributions,
        step_by_closure,
        step_image_by_image,
        step_by_autograd,
        step_of_several_draws,
    ],
}
COMBINED = {
    "3.1": [
        draw_variance_and_uniform,
        draw_variance_and_no_mean,
        draw_no_exp_and_detached,
        draw_a_little_narrow,
        draw_without_tails,
        draw_in_opposite_pairs,
    ],
    "3.2": [score_no_square_and_sum, score_signs_and_no_f, score_swapped_and_log_std],
    "3.3": [log_std_squared_and_uniform, log_std_raw_and_detached, log_std_halved_and_sampled],
    "3.4": [
        step_summed_and_no_kl,
        step_not_forgetting_and_no_kl,
        step_of_the_elbo_summed,
        step_wide_and_at_zero,
        step_with_another_decoder,
    ],
}
