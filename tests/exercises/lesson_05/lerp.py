"""Answers to exercise 5.1: right ones in many styles, and some with two mistakes at once."""

import torch

from vae_lessons.interpolation import lerp


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


RIGHT = [lerp_by_steps, lerp_by_torch, lerp_by_loop, lerp_by_outer, lerp_by_einsum, lerp_by_numpy]
COMBINED = [lambda start, end, t: end + t[:, None] * start, lambda start, end, t: lerp(end, start, t).T]
