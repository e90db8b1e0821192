"""Answers to exercise 3.4: right ones in many styles, and some with two mistakes at once."""

import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence

from tests.exercises.lesson_03.draws import half
from vae_lessons.elbo import beta_loss, elbo, elbo_terms, elbo_terms_per_latent
from vae_lessons.kl import kl_closed_form
from vae_lessons.likelihoods import bernoulli_log_likelihood


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


RIGHT = [
    step_at_hand,
    step_forgetting_first,
    step_forgetting_last,
    step_from_the_parts,
    step_by_distributions,
    step_by_closure,
    step_image_by_image,
    step_by_autograd,
    step_of_several_draws,
]
COMBINED = [
    step_summed_and_no_kl,
    step_not_forgetting_and_no_kl,
    step_of_the_elbo_summed,
    step_wide_and_at_zero,
    step_with_another_decoder,
]
