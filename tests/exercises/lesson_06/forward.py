"""Answers to exercise 6.3: right ones in many styles, and some with two mistakes at once."""

import torch

from vae_lessons.reparameterization import reparameterize


def forward_by_parts(model, x, y):
    c = model.embed(y)
    mu, logvar = model.encode(x, c)
    std = torch.exp(logvar / 2)
    z = mu + std * torch.randn_like(std)
    x_logits = model.decode(z, c)
    return x_logits, mu, logvar


def forward_embedding_twice(model, x, y):
    mu, logvar = model.encode(x, model.embed(y))
    return model.decode(reparameterize(mu, logvar), model.embed(y)), mu, logvar


def forward_by_rsample(model, x, y):
    c = model.embed(y)
    mu, logvar = model.encode(x, c)
    z = torch.distributions.Normal(mu, (0.5 * logvar).exp()).rsample()
    return [model.decode(z, c), mu, logvar]


def forward_one_by_one(model, x, y):
    results = []
    for n in range(len(x)):
        c = model.embed(y[n : n + 1])
        mu, logvar = model.encode(x[n : n + 1], c)
        results.append((model.decode(reparameterize(mu, logvar), c), mu, logvar))
    return tuple(torch.cat(parts) for parts in zip(*results, strict=True))


def forward_by_variance(model, images, labels):
    condition = model.embed(labels)
    q = model.encode(images, condition)
    eps = torch.randn(q[0].shape)
    return model.decode(torch.addcmul(q[0], q[1].exp().sqrt(), eps), condition), *q


def forward_untold_decoder_at_mu(model, x, y):
    c = model.embed(y)
    mu, logvar = model.encode(x, c)
    return model.decode(mu, torch.zeros_like(c)), mu, logvar


def forward_swapped_and_squeezed(model, x, y):
    c = model.embed(y)
    mu, logvar = model.encode(x, c)
    return model.decode(reparameterize(mu, logvar), c).sigmoid(), logvar, mu


def forward_prior_scaled(model, x, y):
    c = model.embed(y)
    mu, logvar = model.encode(x, c)
    return model.decode(0.5 * torch.randn_like(mu), c), mu, logvar


RIGHT = [
    forward_by_parts,
    forward_embedding_twice,
    forward_by_rsample,
    forward_one_by_one,
    forward_by_variance,
]
COMBINED = [forward_untold_decoder_at_mu, forward_swapped_and_squeezed, forward_prior_scaled]
