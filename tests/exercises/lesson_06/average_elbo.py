"""Answers to exercise 6.5: right ones in many styles, and some with two mistakes at once."""

import torch

from vae_lessons.elbo import elbo_terms
from vae_lessons.kl import kl_closed_form


def average_by_weights(model, images, labels, batch_size):
    model.eval()
    average = 0.0
    with torch.no_grad():
        for x, y in zip(images.split(batch_size), labels.split(batch_size), strict=True):
            x_logits, mu, logvar = model(x, y)
            elbo = model.log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)
            average += elbo.mean().item() * len(x) / len(images)
    return average


@torch.inference_mode()
def average_by_cat(model, images, labels, batch_size):
    model.train(False)
    each = []
    for start in range(0, len(images), batch_size):
        x, y = images[start : start + batch_size], labels[start : start + batch_size]
        x_logits, mu, logvar = model(x, y)
        each.append(model.log_likelihood(x_logits, x) - kl_closed_form(mu, logvar))
    return torch.cat(each).mean()


@torch.no_grad()
def average_by_the_course(model, images, labels, batch_size):
    model = model.eval()
    total = 0.0
    for indices in torch.arange(len(images)).split(batch_size):
        log_px_z, kl = elbo_terms(model, images[indices], labels[indices])
        total += (log_px_z - kl).double().sum().item()
    return total / len(images)


def average_by_loader(model, images, labels, batch_size):
    model.eval()
    pairs = torch.utils.data.TensorDataset(images, labels)
    total, count = torch.zeros(()), 0
    with torch.no_grad():
        for x, y in torch.utils.data.DataLoader(pairs, batch_size=batch_size):
            x_logits, mu, logvar = model(x, y)
            total += model.log_likelihood(x_logits, x).sum()
            total -= (0.5 * (mu**2 + logvar.exp() - 1 - logvar)).sum()
            count += x.shape[0]
    return float(total / count)


def average_in_a_while(model, images, labels, batch_size):
    model.eval()
    before = torch.is_grad_enabled()
    torch.set_grad_enabled(False)
    total = start = 0
    while start < images.shape[0]:
        stop = min(start + batch_size, images.shape[0])
        x_logits, mu, logvar = model(images[start:stop], labels[start:stop])
        for value in model.log_likelihood(x_logits, images[start:stop]) - kl_closed_form(mu, logvar):
            total += value.item()
        start = stop
    torch.set_grad_enabled(before)
    return total / start


def average_added_kl_with_gradients(model, images, labels, batch_size):
    model.eval()
    total = 0.0
    for x, y in zip(images.split(batch_size), labels.split(batch_size), strict=True):
        x_logits, mu, logvar = model(x, y)
        total += (model.log_likelihood(x_logits, x) + kl_closed_form(mu, logvar)).sum().item()
    return total / len(images)


def average_of_batches_per_pixel(model, images, labels, batch_size):
    model.eval()
    values = []
    with torch.no_grad():
        for x, y in zip(images.split(batch_size), labels.split(batch_size), strict=True):
            x_logits, mu, logvar = model(x, y)
            values.append((model.log_likelihood(x_logits, x) / 6 - kl_closed_form(mu, logvar)).mean())
    return torch.stack(values).mean().item()


RIGHT = [
    average_by_weights,
    average_by_cat,
    average_by_the_course,
    average_by_loader,
    average_in_a_while,
]
COMBINED = [average_added_kl_with_gradients, average_of_batches_per_pixel]
