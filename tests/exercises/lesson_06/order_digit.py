"""Answers to exercise 6.6: right ones in many styles, and some with two mistakes at once."""

import torch

from vae_lessons.reparameterization import reparameterize


def order_by_sample(model, label, n, images):
    z = torch.randn(n, model.latent_dim)
    y = torch.tensor([label] * n)
    with torch.no_grad():
        return torch.sigmoid(model.decode(z, y))


def order_one_by_one(model, label, n, images):
    pictures = [
        model.decode(torch.randn(1, model.latent_dim), torch.tensor([label])).sigmoid() for _ in range(n)
    ]
    return torch.cat(pictures)


def order_by_distribution(model, label, n, images):
    z = torch.distributions.Normal(0, 1).sample((n, model.latent_dim))
    return model.decode(z, torch.ones(n).long() * label).sigmoid().detach()


def order_by_repeat(model, label, n, images):
    y = torch.LongTensor([label]).repeat(n)
    z = torch.empty(n, model.latent_dim).normal_()
    return 1 / (1 + torch.exp(-model.decode(z, y)))


def order_by_reparameterize(model, label, n, images):
    zero = torch.zeros(n, model.latent_dim)
    y = torch.full([n], label, dtype=torch.long)
    return model.decode(reparameterize(zero, zero), y).sigmoid()


def order_by_normal(model, digit, count, _):
    z = torch.normal(0.0, 1.0, size=(count, model.latent_dim))
    return model.decode(z, torch.zeros(count, dtype=torch.int64) + digit).sigmoid()


def order_next_label_at_zero(model, label, n, images):
    return model.decode(torch.zeros(n, model.latent_dim), torch.full((n,), label + 1)).sigmoid()


def order_logits_of_test_images(model, label, n, images):
    y = torch.full((n,), label)
    return model.decode(model.encode(images[:n], y)[0], y)


def order_narrow_and_shifted(model, label, n, images):
    return model.decode(0.5 + 0.5 * torch.randn(n, model.latent_dim), torch.full((n,), label)).sigmoid()


RIGHT = [
    order_by_sample,
    order_one_by_one,
    order_by_distribution,
    order_by_repeat,
    order_by_reparameterize,
    order_by_normal,
]
COMBINED = [order_next_label_at_zero, order_logits_of_test_images, order_narrow_and_shifted]
