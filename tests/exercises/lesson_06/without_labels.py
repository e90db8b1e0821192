"""Answers to exercise 6.7: right ones by different methods, and some with two mistakes at once."""

import torch

from vae_lessons.evaluation import judge_confidence


def from_q_of_random_images(model, label, n, images, labels):
    mine = images[labels == label]
    mu, logvar = model.encode(mine[torch.randint(len(mine), (n,))])
    return torch.sigmoid(model.decode(mu + (logvar / 2).exp() * torch.randn_like(mu)))


def codes_with_a_little_noise(model, label, n, images, labels):
    with torch.no_grad():
        mu = model.encode(images)[0][labels == label]
        return model.decode(mu[torch.randperm(len(mu))[:n]] + 0.1 * torch.randn(n, mu.shape[1])).sigmoid()


def between_neighbours(model, label, n, images, labels):
    mu = model.encode(images[labels == label])[0]
    ends = mu[torch.randint(len(mu), (n,))]
    nearest = torch.cdist(ends, mu).topk(3, largest=False).indices[:, 2]
    share = 0.1 + 0.8 * torch.rand(n, 1)
    return model.decode(torch.lerp(ends, mu[nearest], share)).sigmoid().numpy()


def from_the_prior_until_the_judge_agrees(model, label, n, images, labels):
    kept = []
    while sum(map(len, kept)) < n:
        drawn = model.decode(torch.randn(3000, model.latent_dim)).sigmoid()
        confidence, digit = judge_confidence(drawn)
        kept.append(drawn[(confidence > 0.5) & (digit == label)])
    return torch.cat(kept)[:n]


def from_the_prior_near_the_codes(model, label, n, images, labels):
    mu = model.encode(images)[0]
    kept = []
    while sum(map(len, kept)) < n:
        z = mu[torch.randint(len(mu), (2000,))] + 0.15 * torch.randn(2000, mu.shape[1])
        votes = labels[torch.cdist(z, mu).topk(7, largest=False).indices]  # of the seven nearest images
        kept.append(z[(votes == label).all(1)])
    return model.decode(torch.cat(kept)[:n]).sigmoid()


def one_logit_too_many(model, label, n, images, labels):
    return model.decode(torch.randn(n + 1, model.latent_dim))


def mean_of_all(model, label, n, images, labels):
    return model.decode(model.encode(images)[0].mean(0, keepdim=True).repeat(n, 1)).sigmoid()


RIGHT = [
    from_q_of_random_images,
    codes_with_a_little_noise,
    between_neighbours,
    from_the_prior_until_the_judge_agrees,
    from_the_prior_near_the_codes,
]
COMBINED = [one_logit_too_many, mean_of_all]
