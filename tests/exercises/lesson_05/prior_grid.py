"""Answers to exercise 5.4: right ones in many styles, and some with two mistakes at once."""

import math

import numpy as np
import torch


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


RIGHT = [grid_by_loops, grid_by_ndtri, grid_by_product, grid_by_erfinv, grid_in_place, grid_by_numpy]
COMBINED = [grid_downwards_in_even_places, grid_square_of_shares]
