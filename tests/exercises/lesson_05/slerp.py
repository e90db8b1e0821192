"""Answers to exercise 5.2: right ones in many styles, and some with two mistakes at once."""

import numpy as np
import torch
import torch.nn.functional as F

from vae_lessons.interpolation import lerp


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


RIGHT = [slerp_by_cases, slerp_by_similarity, slerp_in_the_plane, slerp_in_double, slerp_by_numpy]
COMBINED = [slerp_unit_length_in_degrees, slerp_backwards_of_constant_length]
