"""Answers to exercise 5.5: right ones in many styles, and some with two mistakes at once."""

import torch

from vae_lessons.interpolation import lerp


def walk_one_by_one(model, x_start, x_end, t):
    a, b = model.encode(x_start[None])[0][0], model.encode(x_end[None])[0][0]
    return torch.cat([torch.sigmoid(model.decode(((1 - s) * a + s * b)[None])) for s in t])


def walk_without_gradient(model, first, last, steps):
    with torch.no_grad():
        mu_first, _ = model.encode(first.unsqueeze(0))
        mu_last, _ = model.encode(last.unsqueeze(0))
        z = mu_first + steps.unsqueeze(1) * (mu_last - mu_first)
        return torch.sigmoid(model.decode(z))


def walk_by_stack(model, x_start, x_end, t):
    mu = model.encode(torch.stack((x_start, x_end)))[0]
    return model.decode(torch.stack([1 - t, t], 1) @ mu).sigmoid()


def walk_by_cat(model, x_start, x_end, t):
    mu, logvar = model.encode(torch.cat([x_start, x_end])[:, None])
    return torch.special.expit(model.decode(lerp(*mu, t)).detach())


def walk_by_hand(model, x_start, x_end, t):
    z = torch.zeros(len(t), 2)
    a, b = model.encode(x_start[None])[0], model.encode(x_end[None])[0]
    for place, s in enumerate(t.tolist()):
        z[place] = a[0] * (1 - s) + b[0] * s
    return 1 / (1 + (-model.decode(z)).exp())


def walk_backwards_in_logits(model, x_start, x_end, t):
    mu, _ = model.encode(torch.stack([x_end, x_start]))
    return model.decode(lerp(*mu, t))


def walk_of_pixels_squeezed(model, x_start, x_end, t):
    return (x_start + t.view(-1, 1, 1, 1) * (x_end - x_start)).sigmoid()


RIGHT = [walk_one_by_one, walk_without_gradient, walk_by_stack, walk_by_cat, walk_by_hand]
COMBINED = [walk_backwards_in_logits, walk_of_pixels_squeezed]
