"""Lesson 05: right answers in many styles, and answers with two mistakes at once."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from vae_lessons.latent_space import lerp


def lerp_by_steps(start, end, t):
    return start + t.unsqueeze(1) * (end - start)


def lerp_by_torch(start, end, t):
    return torch.lerp(start, end, t[:, None])


def lerp_by_loop(a, b, steps):
    points = []
    for s in steps:
        points.append((1 - s) * a + s * b)
    return torch.stack(points)


def lerp_by_outer(start, end, t):
    return torch.outer(1 - t, start) + torch.outer(t, end)


def lerp_by_einsum(start, end, t):
    return torch.einsum("kt,kj->tj", torch.stack([1 - t, t]), torch.stack([start, end]))


def lerp_by_numpy(start, end, t):
    start, end, t = start.numpy(), end.numpy(), t.double().numpy().reshape(-1, 1)
    return (1 - t) * start + t * end


def slerp_by_cases(start, end, t):
    a, b = start.norm(), end.norm()
    if a == 0 or b == 0:
        return lerp(start, end, t)
    u, v = start / a, end / b
    cosine = torch.clamp(torch.dot(u, v), -1.0, 1.0)
    if cosine.abs() > 0.9995:
        return lerp(start, end, t)
    omega = torch.acos(cosine)
    rows = []
    for s in t:
        direction = (torch.sin((1 - s) * omega) * u + torch.sin(s * omega) * v) / torch.sin(omega)
        rows.append(((1 - s) * a + s * b) * direction)
    return torch.stack(rows)


def slerp_by_similarity(start, end, t):
    cosine = F.cosine_similarity(start, end, dim=0).clamp(-1, 1)
    angle = cosine.acos()
    if angle.sin() < 1e-3 or start.norm() * end.norm() == 0:
        return lerp(start, end, t)
    t = t.unsqueeze(1)
    u, v = F.normalize(start, dim=0), F.normalize(end, dim=0)
    direction = ((1 - t) * angle).sin() / angle.sin() * u + (t * angle).sin() / angle.sin() * v
    return direction * ((1 - t) * start.norm() + t * end.norm())


def slerp_in_the_plane(start, end, t):
    """Turn start towards the part of end at right angles to it."""
    a, b = start.norm(), end.norm()
    if a < 1e-9 or b < 1e-9:
        return lerp(start, end, t)
    u, v = start / a, end / b
    aside = v - (v @ u) * u
    if aside.norm() < 1e-3:
        return lerp(start, end, t)
    angle = torch.atan2(aside.norm(), v @ u)
    turned = torch.outer((t * angle).cos(), u) + torch.outer((t * angle).sin(), aside / aside.norm())
    return lerp(a[None], b[None], t) * turned


def slerp_in_double(start, end, t):
    p, q, s = start.double(), end.double(), t.double()[:, None]
    lengths = p.norm() * q.norm()
    angle = torch.arccos((p @ q / lengths).clamp(-1, 1)) if lengths > 0 else torch.tensor(0.0)
    if torch.sin(angle) < 1e-4:
        return (1 - s) * p + s * q
    weights = torch.sin(torch.cat([1 - s, s], 1) * angle) / torch.sin(angle)
    return ((1 - s) * p.norm() + s * q.norm()) * (weights @ torch.stack([p / p.norm(), q / q.norm()]))


def slerp_by_numpy(start, end, t):
    a, b, t = start.numpy().astype(float), end.numpy().astype(float), t.numpy().astype(float)[:, None]
    la, lb = np.linalg.norm(a), np.linalg.norm(b)
    if la * lb == 0 or 1 - abs(a @ b) / (la * lb) < 1e-6:
        return (1 - t) * a + t * b
    w = np.arccos(a @ b / la / lb)
    return ((1 - t) * la + t * lb) * (np.sin((1 - t) * w) * a / la + np.sin(t * w) * b / lb) / np.sin(w)


def slerp_unit_length_in_degrees(start, end, t):
    u, v = F.normalize(start, dim=0), F.normalize(end, dim=0)
    angle = torch.rad2deg(torch.arccos((u @ v).clamp(-1, 1)))[None]
    return (torch.sin((1 - t[:, None]) * angle) * u + torch.sin(t[:, None] * angle) * v) / torch.sin(angle)


def slerp_backwards_of_constant_length(start, end, t):
    u, v = start / start.norm(), end / end.norm()
    angle = torch.arccos((u @ v).clamp(-1, 1))
    t = t[:, None]
    return start.norm() * (torch.sin(t * angle) * u + torch.sin((1 - t) * angle) * v) / torch.sin(angle)


def direction_by_torch(z, attribute):
    both = torch.cat([z, attribute[:, None]], 1).T
    c = torch.cov(both)
    return c[:-1, -1] / c[-1, -1]


def direction_by_lstsq(z, attribute):
    rows = torch.stack([attribute, torch.ones_like(attribute)], 1)
    return torch.linalg.lstsq(rows, z).solution[0]


def direction_by_loop(z, a):
    slopes = []
    for j in range(z.shape[1]):
        above = sum((z[n, j] - z[:, j].mean()) * (a[n] - a.mean()) for n in range(len(z)))
        slopes.append(above / sum((value - a.mean()) ** 2 for value in a))
    return torch.stack(slopes)


def direction_by_means(z, attribute):
    covariance = (z * attribute[:, None]).mean(0) - z.mean(0) * attribute.mean()
    return covariance / (attribute**2).mean().sub(attribute.mean() ** 2)


def direction_by_polyfit(z, attribute):
    return np.polyfit(attribute.double().numpy(), z.double().numpy(), 1)[0]


def direction_one_side_centred(z, attribute):
    a = attribute - attribute.mean()
    return torch.einsum("n,nj->j", a, z) / a.square().sum()


def direction_by_variance(z, attribute):
    a = attribute - attribute.mean()
    return (a @ (z - z.mean(0)) / (len(a) - 1)) / attribute.var()


def grid_by_loops(side, margin=0.02):
    line = [torch.distributions.Normal(0, 1).icdf(p) for p in torch.linspace(margin, 1 - margin, side)]
    return torch.tensor([[x, y] for y in reversed(line) for x in line])


def grid_by_ndtri(side, margin=0.02):
    line = torch.special.ndtri(torch.linspace(margin, 1 - margin, side, dtype=torch.float64))
    return torch.stack([line.repeat(side), line.flip(0).repeat_interleave(side)], 1)


def grid_by_product(side, margin=0.02):
    line = torch.distributions.Normal(0.0, 1.0).icdf(torch.linspace(margin, 1 - margin, side))
    return torch.cartesian_prod(-line, line).flip(1)


def grid_by_erfinv(side, margin=0.02):
    shares = margin + (1 - 2 * margin) * torch.arange(side) / (side - 1)
    line = math.sqrt(2) * torch.erfinv(2 * shares - 1)
    up, across = torch.meshgrid(line.flip(0), line, indexing="ij")
    return torch.stack([across.flatten(), up.flatten()], -1)


def grid_in_place(side, margin=0.02):
    line = torch.distributions.Normal(0, 1).icdf(torch.linspace(margin, 1 - margin, side))
    sheet = torch.empty(side, side, 2)
    sheet[..., 0] = line
    sheet[..., 1] = -line[:, None]
    return sheet.reshape(-1, 2)


def grid_by_numpy(side, margin=0.02):
    line = torch.special.ndtri(torch.linspace(margin, 1 - margin, side)).numpy()
    return np.stack(np.meshgrid(line, line[::-1]), -1).reshape(-1, 2)


def grid_downwards_in_even_places(side, margin=0.02):
    line = torch.linspace(-2, 2, side)
    return torch.stack(torch.meshgrid(line, line, indexing="xy"), -1).view(-1, 2)


def grid_square_of_shares(side, margin=0.02):
    line = torch.linspace(margin, 1 - margin, side)
    return torch.stack(torch.meshgrid(line, line.flip(0), indexing="xy"), -1)


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


def smile_mended(model, x, direction, amount):
    mu, logvar = model.encode(x)
    x_logits = model.decode(mu + amount * direction)
    return x_logits.sigmoid()


def smile_one_by_one(model, x, direction, amount):
    faces = []
    for face in x:
        mu = model.encode(face[None])[0]
        faces.append(torch.sigmoid(model.decode(mu + direction * amount))[0])
    return torch.stack(faces)


def smile_in_place(model, x, direction, amount):
    with torch.no_grad():
        z = model.encode(x)[0].clone()
        z += amount * direction
        return model.decode(z).sigmoid()


def smile_given_and_given_back(model, x, direction, amount):
    mu, _ = model.encode(x)
    length = direction.norm()
    step = direction / length
    return model.decode(mu + amount * length * step).sigmoid()


def smile_by_add(model, x, direction, amount):
    return torch.sigmoid(model.decode(torch.add(model.encode(x)[0], direction, alpha=amount)))


def smile_unit_and_drawn_down(model, x, direction, amount):
    mu, _ = model.encode(x)
    return model.decode(mu - amount * direction / direction.norm()).sigmoid()


def smile_scaled_logits(model, x, direction, amount):
    return model.decode(amount * (model.encode(x)[0] + direction))


RIGHT = {
    "5.1": [lerp_by_steps, lerp_by_torch, lerp_by_loop, lerp_by_outer, lerp_by_einsum, lerp_by_numpy],
    "5.2": [slerp_by_cases, slerp_by_similarity, slerp_in_the_plane, slerp_in_double, slerp_by_numpy],
    "5.3": [
        direction_by_torch,
        direction_by_lstsq,
        direction_by_loop,
        direction_by_means,
        direction_by_polyfit,
        direction_one_side_centred,
        direction_by_variance,
    ],
    "5.4": [grid_by_loops, grid_by_ndtri, grid_by_product, grid_by_erfinv, grid_in_place, grid_by_numpy],
    "5.5": [walk_one_by_one, walk_without_gradient, walk_by_stack, walk_by_cat, walk_by_hand],
    "5.6": [smile_mended, smile_one_by_one, smile_in_place, smile_given_and_given_back, smile_by_add],
}
COMBINED = {
    "5.1": [lambda start, end, t: end + t[:, None] * start, lambda start, end, t: lerp(end, start, t).T],
    "5.2": [slerp_unit_length_in_degrees, slerp_backwards_of_constant_length],
    "5.3": [
        lambda z, a: -F.normalize((z - z.mean(0)).T @ (a - a.mean()), dim=0),
        lambda z, a: (z.T @ a / len(z) / a.var())[None],
    ],
    "5.4": [grid_downwards_in_even_places, grid_square_of_shares],
    "5.5": [walk_backwards_in_logits, walk_of_pixels_squeezed],
    "5.6": [smile_unit_and_drawn_down, smile_scaled_logits],
}
