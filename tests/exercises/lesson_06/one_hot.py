"""Lesson 06: right answers in many styles, and answers with two mistakes at once."""

import numpy as np
import torch
import torch.nn.functional as F

from vae_lessons.elbo import elbo_terms
from vae_lessons.gaussians import kl_closed_form, reparameterize


def one_hot_by_torch(y, classes):
    return F.one_hot(y, num_classes=classes).to(torch.float32)


def one_hot_by_comparing(y, classes):
    return (y.unsqueeze(1) == torch.arange(classes)).double()


def one_hot_by_eye(labels, n):
    return torch.eye(n)[labels]


def one_hot_by_scatter(y, classes):
    return torch.zeros(len(y), classes).scatter_(1, y[:, None], 1.0)


def one_hot_by_loop(y, classes):
    rows = torch.zeros((y.shape[0], classes))
    for place, label in enumerate(y.tolist()):
        rows[place, label] = 1
    return rows


def one_hot_by_lists(y, classes):
    return [[1.0 if label == column else 0.0 for column in range(classes)] for label in y]


def one_hot_by_numpy(y, classes):
    return np.eye(classes)[y.numpy()]


def encode_in_one_line(encoder, to_mu, to_logvar, x, c):
    return to_mu(torch.cat([encoder(x), c], 1)), to_logvar(torch.cat([encoder(x), c], 1))


def encode_by_hstack(encoder, to_mu, to_logvar, x, c):
    h = torch.hstack((encoder(x), c))
    return [to_mu(h), to_logvar(h)]


def encode_one_by_one(encoder, to_mu, to_logvar, x, c):
    rows = [torch.cat([encoder(image[None])[0], told]) for image, told in zip(x, c, strict=True)]
    mu = torch.stack([to_mu(row) for row in rows])
    logvar = torch.stack([to_logvar(row) for row in rows])
    return mu, logvar


def encode_into_an_empty_row(encoder, to_mu, to_logvar, x, c):
    features = encoder(x)
    h = features.new_empty(len(x), features.shape[1] + c.shape[1])
    h[:, : features.shape[1]] = features
    h[:, features.shape[1] :] = c
    return to_mu(h), to_logvar(h)


def encode_by_padding(encoder, to_mu, to_logvar, x, c):
    h = encoder(x)
    h = F.pad(h, (0, c.shape[1])) + F.pad(c, (h.shape[1], 0))
    return to_mu(h), to_logvar(h)


def encode_last_axis(encoder, to_mu, to_logvar, images, condition):
    return tuple(head(torch.concat((encoder(images), condition), dim=-1)) for head in (to_mu, to_logvar))


def encode_swapped_and_untold(encoder, to_mu, to_logvar, x, c):
    h = torch.cat([encoder(x), torch.zeros_like(c)], 1)
    return to_logvar(h), to_mu(h)


def encode_condition_first_as_variance(encoder, to_mu, to_logvar, x, c):
    h = torch.cat([c, encoder(x)], 1)
    return to_mu(h), to_logvar(h).exp()


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
    told = model.embed(labels)
    q = model.encode(images, told)
    eps = torch.randn(q[0].shape)
    return model.decode(torch.addcmul(q[0], q[1].exp().sqrt(), eps), told), *q


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


def halves_by_mask(images):
    upper = (torch.arange(28) < 14)[:, None]
    return images * upper, images * ~upper


def halves_by_zeros(images):
    given, wanted = torch.zeros_like(images), torch.zeros_like(images)
    given[:, :, :14] = images[:, :, :14]
    wanted[:, :, 14:] = images[:, :, 14:]
    return given, wanted


def halves_by_cat(images):
    top, bottom = images.chunk(2, dim=2)
    blank = torch.zeros_like(top)
    return torch.cat([top, blank], 2), torch.cat([blank, bottom], 2)


def halves_by_pad(images):
    return F.pad(images[..., :14, :], (0, 0, 0, 14)), F.pad(images[..., 14:, :], (0, 0, 14, 0))


def halves_by_difference(images):
    given = images.clone()
    given[:, 0, 14:] = 0
    return given, images - given


def halves_by_numpy(images):
    given, wanted = images.numpy().copy(), images.numpy().copy()
    given[:, :, 14:, :] = 0
    wanted[:, :, :14, :] = 0
    return given, wanted


def halves_grey_and_swapped(images):
    given, wanted = images.clone(), images.clone()
    given[..., :14, :], wanted[..., 14:, :] = 0.5, 0.5
    return given, wanted


def halves_left_in_place(images):
    wanted = images.clone()
    images[..., 14:], wanted[..., :14] = 0, 0
    return images, wanted


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


RIGHT = {
    "6.1": [
        one_hot_by_torch,
        one_hot_by_comparing,
        one_hot_by_eye,
        one_hot_by_scatter,
        one_hot_by_loop,
        one_hot_by_lists,
        one_hot_by_numpy,
    ],
    "6.2": [
        encode_in_one_line,
        encode_by_hstack,
        encode_one_by_one,
        encode_into_an_empty_row,
        encode_by_padding,
        encode_last_axis,
    ],
    "6.3": [
        forward_by_parts,
        forward_embedding_twice,
        forward_by_rsample,
        forward_one_by_one,
        forward_by_variance,
    ],
    "6.4": [
        halves_by_mask,
        halves_by_zeros,
        halves_by_cat,
        halves_by_pad,
        halves_by_difference,
        halves_by_numpy,
    ],
    "6.5": [
        average_by_weights,
        average_by_cat,
        average_by_the_course,
        average_by_loader,
        average_in_a_while,
    ],
    "6.6": [
        order_by_sample,
        order_one_by_one,
        order_by_distribution,
        order_by_repeat,
        order_by_reparameterize,
        order_by_normal,
    ],
}
COMBINED = {
    "6.1": [
        lambda y, classes: 1 - F.one_hot(y, classes),
        lambda y, classes: torch.eye(classes)[(y + 1) % classes].T,
    ],
    "6.2": [encode_swapped_and_untold, encode_condition_first_as_variance],
    "6.3": [forward_untold_decoder_at_mu, forward_swapped_and_squeezed, forward_prior_scaled],
    "6.4": [halves_grey_and_swapped, halves_left_in_place],
    "6.5": [average_added_kl_with_gradients, average_of_batches_per_pixel],
    "6.6": [order_next_label_at_zero, order_logits_of_test_images, order_narrow_and_shifted],
}
