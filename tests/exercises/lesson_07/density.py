"""Answers to exercise 7.5: right ones by different methods, and some with two mistakes at once."""

import math

import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, MultivariateNormal, Normal

from vae_lessons.mixture import fit_mixture


def many_components(codes):
    mixture = fit_mixture(codes, 25, rounds=40, floor=1e-2)
    return mixture.log_prob, lambda n: mixture.sample(torch.Size([n]))


def a_gaussian_around_every_code(codes, width=0.18):
    def log_prob(z):
        parts = []
        for some in z.split(2_000):
            squared = torch.cdist(some, codes) ** 2
            parts.append((-squared / (2 * width**2)).logsumexp(1))
        return torch.cat(parts) - math.log(len(codes)) - 3 * math.log(width * math.sqrt(2 * math.pi))

    def sample(n):
        return codes[torch.randint(len(codes), (n,))] + width * torch.randn(n, 3)

    return log_prob, sample


def diagonal_components(codes):
    chosen = codes[torch.randperm(len(codes))[:60]]
    scale = torch.full((60, 3), 0.35)
    weights = torch.full((60,), 1 / 60)
    for _ in range(40):
        mixture = MixtureSameFamily(Categorical(weights), Independent(Normal(chosen, scale), 1))
        joint = mixture.component_distribution.log_prob(codes[:, None]) + weights.log()
        share = joint.softmax(1)
        count = share.sum(0) + 1e-6
        weights, chosen = count / count.sum(), share.T @ codes / count[:, None]
        scale = ((share.T @ codes**2 / count[:, None] - chosen**2).clamp(min=0) + 1e-2).sqrt()
    return mixture.log_prob, lambda n: mixture.sample((n,))


def the_two_bars_apart(codes):
    side = (codes[:, 0] * codes[:, 1]) > 0
    parts = [fit_mixture(codes[side == which], 8) for which in (False, True)]
    weights = torch.tensor([(~side).float().mean(), side.float().mean()])

    def log_prob(z):
        return torch.stack(
            [part.log_prob(z) + w.log() for part, w in zip(parts, weights, strict=True)]
        ).logsumexp(0)

    def sample(n):
        which = torch.rand(n) < weights[1]
        return torch.where(which[:, None], parts[1].sample((n,)), parts[0].sample((n,)))

    return log_prob, sample


def with_a_safe_background(codes):
    mixture, wide = fit_mixture(codes, 15), MultivariateNormal(codes.mean(0), torch.cov(codes.T))

    def log_prob(z):
        both = torch.stack([mixture.log_prob(z) + math.log(0.97), wide.log_prob(z) + math.log(0.03)])
        return both.logsumexp(0)

    def sample(n):
        from_wide = torch.rand(n, 1) < 0.03
        return torch.where(from_wide, wide.sample((n,)), mixture.sample((n,)))

    return [log_prob, sample]


def gaussian_and_no_density(codes):
    gaussian = MultivariateNormal(codes.mean(0), torch.cov(codes.T))
    return lambda z: gaussian.log_prob(z) + 2, lambda n: gaussian.sample((n,))


def wrong_shape_and_prior(codes):
    return lambda z: Normal(0.0, 1.0).log_prob(z), lambda n: torch.randn(n)


RIGHT = [
    many_components,
    a_gaussian_around_every_code,
    diagonal_components,
    the_two_bars_apart,
    with_a_safe_background,
]
COMBINED = [gaussian_and_no_density, wrong_shape_and_prior]
