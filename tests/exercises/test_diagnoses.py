"""Answers as students write them, each with words that its diagnosis must hold, or that it is right."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.distributions import Normal

from vae_lessons.elbo import beta_loss, elbo_terms
from vae_lessons.exercises.catalogue import exercises
from vae_lessons.exercises.engine.exercise import DIAGNOSED
from vae_lessons.gaussians import log_density
from vae_lessons.interpolation import lerp


def std(logvar):
    return (0.5 * logvar).exp()


def ratios(z, mu, logvar):
    zero = torch.zeros_like(z)
    return log_density(z, mu.expand_as(z), logvar.expand_as(z)) - log_density(z, zero, zero)


def one_eps_for_all_images(mu, logvar, samples):
    found = ratios(mu + std(logvar) * torch.randn(samples, 1, mu.shape[1]), mu, logvar)
    return found.mean(0), found.std(0) / samples**0.5


def drawn_then_expanded(mu, logvar, samples):
    found = ratios((mu + std(logvar) * torch.randn_like(mu)).expand(samples, *mu.shape), mu, logvar)
    return found.mean(0), found.std(0) / samples**0.5


def too_narrow(mu, logvar, samples):
    found = ratios(mu + 0.9 * std(logvar) * torch.randn(samples, *mu.shape), mu, logvar)
    return found.mean(0), found.std(0) / samples**0.5


def kl_by_drawing(mu, logvar):
    z = mu + std(logvar) * torch.randn(1000, *mu.shape)
    return (Normal(mu, std(logvar)).log_prob(z) - Normal(0.0, 1.0).log_prob(z)).sum(-1).mean(0)


def loss_after_the_step(model, optimizer, x):
    loss = beta_loss(*elbo_terms(model, x))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return beta_loss(*elbo_terms(model, x)).item()


def detached_then_required(model, optimizer, x):
    loss = beta_loss(*elbo_terms(model, x)).detach().requires_grad_()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def turned(start, end, t, angle):
    t = t[:, None]
    unit = (
        ((1 - t) * angle).sin() * start / start.norm() + (t * angle).sin() * end / end.norm()
    ) / angle.sin()
    return unit * ((1 - t) * start.norm() + t * end.norm())


def arc_with_equal_zero(start, end, t):
    angle = torch.acos(start / start.norm() @ (end / end.norm()))
    return lerp(start, end, t) if angle.sin() == 0 else turned(start, end, t, angle)


def arc_from_45_degrees(start, end, t):
    angle = torch.acos((start / start.norm() @ (end / end.norm())).clamp(-1, 1))
    near = not math.pi / 4 < angle < math.pi - 1e-3
    return lerp(start, end, t) if near else turned(start, end, t, angle)


def low_rank(x, latent_dim):
    centred = x - x.mean(0)
    v = torch.pca_lowrank(x, q=latent_dim)[2]
    return ((centred - centred @ v @ v.T) ** 2).sum(1).mean()


def ordered(draw):
    def answer(model, label, n, images):
        return model.decode(draw(n, model.latent_dim), torch.full((n,), label)).sigmoid()

    return answer


class Detached(nn.Module):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__()
        self.mu, self.logvar = nn.Linear(hidden_dim, latent_dim), nn.Linear(hidden_dim, latent_dim)

    def forward(self, h):
        h = h.detach()
        return self.mu(h), self.logvar(h)


def pair(last_of_encoder):
    def answer(latent_dim):
        encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, latent_dim), last_of_encoder(latent_dim))
        return encoder, nn.Sequential(nn.Linear(latent_dim, 784), nn.Unflatten(1, (1, 28, 28)))

    return answer


SEEN = [
    ("1.2", pair(lambda n: nn.ELU()), "a little below 0"),
    ("1.2", pair(lambda n: nn.Hardtanh(-5, 5)), "clamped"),
    ("1.2", pair(nn.LayerNorm), "normalised"),
    ("1.2", pair(nn.BatchNorm1d), "a single image"),
    ("1.3", low_rank, "at random"),
    ("2.3", kl_by_drawing, "at random"),
    ("2.3", lambda mu, logvar: [None] * len(mu), "a list"),
    ("2.4", one_eps_for_all_images, "All images share one eps"),
    ("2.4", drawn_then_expanded, "draw once for each image"),
    ("2.4", too_narrow, "too narrow"),
    ("2.6", Detached, "detached on their way into your heads"),
    (
        "3.1",
        lambda mu, lv: mu + std(lv).mean() * torch.randn_like(mu),
        "One standard deviation is used for all",
    ),
    ("3.1", lambda mu, lv: mu + Normal(mu, std(lv)).rsample(), "mu is added twice"),
    (
        "3.1",
        lambda mu, lv: mu + std(lv) * torch.randn(mu.shape, dtype=torch.float64),
        "eps is float64, and made on",
    ),
    ("3.1", lambda mu, lv: mu + std(lv.detach()) * torch.randn_like(mu), "is detached"),
    ("3.1", lambda mu, lv: mu + std(lv) * torch.randn_like(mu).clamp(-1, 1), "clamped"),
    ("3.1", lambda mu, lv: mu + 0.5 * std(lv) * torch.randn_like(mu), "half the standard deviation"),
    ("3.1", lambda mu, lv: mu + std(lv) * (torch.rand_like(mu) - 0.5) * 12**0.5, "uniform: centred"),
    ("3.1", lambda mu, lv: (mu + std(lv) * torch.randn_like(mu)).clamp(-3, 3), "z itself is clamped"),
    ("3.1", lambda mu, lv: mu + std(lv) * Normal(0, 1).sample(mu.shape), "Right on a CPU"),
    ("3.1", lambda mu, lv: mu + std(lv) * torch.randn(mu.shape, device="cpu"), "Right on a CPU"),
    ("3.1", lambda mu, lv: mu + std(lv) * torch.FloatTensor(mu.shape).normal_(), "Right on a CPU"),
    ("3.2", lambda f, z, mu, std: ((2 * z).mean(), (2 * z * (z - mu) / std).mean()), "You take f for z**2"),
    ("3.4", loss_after_the_step, "after the weights have moved"),
    ("3.4", detached_then_required, "requires_grad was set on it afterwards"),
    ("4.1", lambda log_px_z, kl, beta: (beta * log_px_z + kl).mean(), "beta multiplies the distortion"),
    ("4.5", lambda mu, threshold=0.01: (mu.var(0) > threshold).int(), "numbers 0 and 1"),
    ("5.1", lambda start, end, t: lerp(start, end, t.sort().values), "in the order of t from small to large"),
    ("5.2", arc_with_equal_zero, "with == 0"),
    ("5.2", arc_from_45_degrees, "too early"),
    ("5.2", lambda start, end, t: F.normalize(lerp(start, end, t), dim=1), "the turn is not even"),
    ("6.1", lambda y, classes: F.one_hot(y, classes).double(), "no float32"),
    ("6.4", lambda images: torch.cat([images[:, :, :14], 0 * images[:, :, 14:]], 2), "the given half alone"),
    ("6.6", lambda model, label, n, images: images[:n], "You return test images"),
    ("6.6", ordered(lambda n, j: 0.9 * torch.randn(n, j)), "a little too narrow"),
    ("6.6", ordered(lambda n, j: torch.randn(n, j) + 0.15), "an offset"),
    ("6.6", ordered(lambda n, j: torch.randn(n, j).clamp(-1.5, 1.5)), "You clamp z"),
    ("6.6", ordered(lambda n, j: torch.randn((n + 1) // 2, j).repeat(2, 1)[:n]), "come twice"),
]


@pytest.mark.parametrize(("number", "answer", "words"), SEEN)
def test_what_a_student_did_is_what_is_said(number, answer, words):
    verdict = exercises()[number].assess(answer)
    assert verdict.state == DIAGNOSED
    assert words in verdict.sentence
