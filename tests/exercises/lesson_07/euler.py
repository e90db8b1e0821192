"""Answers to exercise 7.3: right ones in many styles, and some with two mistakes at once."""

import torch


def by_loop(velocity, z, steps):
    for k in range(steps):
        z = z + velocity(z, (k / steps) * torch.ones(len(z), 1)) / steps
    return z


def by_linspace(velocity, z, steps):
    for t in torch.linspace(0, 1, steps + 1)[:-1]:
        z = z + velocity(z, t.expand(len(z), 1)) / steps
    return z


def by_while(velocity, z, steps):
    points, done = z.clone(), 0
    while done < steps:
        points = points + (1 / steps) * velocity(points, torch.full((points.shape[0], 1), done / steps))
        done += 1
    return points


def by_recursion(velocity, z, steps):
    def go(point, step):
        if step == steps:
            return point
        return go(point + velocity(point, torch.full_like(point[:, :1], step / steps)) / steps, step + 1)

    return go(z, 0)


def by_differences(velocity, z, steps):
    times = torch.arange(steps + 1) / steps
    for now, after in zip(times[:-1], times[1:], strict=True):
        z = z + (after - now) * velocity(z, now.repeat(len(z), 1))
    return z


def backwards_whole_steps(velocity, z, steps):
    for k in range(steps):
        z = z - velocity(z, torch.full((len(z), 1), k / steps))
    return z


def too_late_and_too_many(velocity, z, steps):
    for k in range(steps + 1):
        z = z + velocity(z, torch.full((len(z), 1), (k + 1) / steps)) / steps
    return z


RIGHT = [by_loop, by_linspace, by_while, by_recursion, by_differences]
COMBINED = [backwards_whole_steps, too_late_and_too_many]
