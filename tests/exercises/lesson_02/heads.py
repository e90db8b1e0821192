"""Answers to exercise 2.6: right ones in many styles, and some with two mistakes at once."""

import torch
from torch import nn


class HeadsTwoLayers(nn.Module):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__()
        self.mu = nn.Linear(hidden_dim, latent_dim)
        self.logvar = nn.Linear(hidden_dim, latent_dim)

    def forward(self, h):
        mu = self.mu(h)
        logvar = self.logvar(h)
        return mu, logvar


class HeadsCutInTwo(nn.Module):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__()
        self.both = nn.Linear(hidden_dim, 2 * latent_dim)

    def forward(self, h):
        return self.both(h).chunk(2, dim=-1)


class HeadsInAList(nn.Module):
    def __init__(self, n, m):
        super().__init__()
        self.m = m
        self.heads = nn.ModuleList([nn.Linear(n, m, bias=False) for _ in ("mu", "logvar")])

    def forward(self, features):
        return [head(features) for head in self.heads]


class HeadsByParameters(nn.Module):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(2, hidden_dim, latent_dim) / hidden_dim**0.5)
        self.bias = nn.Parameter(torch.zeros(2, 1, latent_dim))

    def forward(self, h):
        mu, logvar = torch.einsum("bd,kdj->kbj", h, self.weight) + self.bias
        return mu, logvar


class HeadsWithTrunk(nn.Module):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__()
        self.trunk = nn.Sequential(nn.Linear(hidden_dim, 16), nn.ReLU())
        self.heads = nn.ModuleDict({"mu": nn.Linear(16, latent_dim), "logvar": nn.Linear(16, latent_dim)})

    def forward(self, h):
        h = self.trunk(h)
        return self.heads["mu"](h), self.heads["logvar"](h)


class HeadsOnNarrowTrunk(nn.Module):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__()
        self.trunk = nn.Sequential(
            nn.LayerNorm(hidden_dim), nn.Linear(hidden_dim, hidden_dim // 2), nn.Tanh()
        )
        self.mu, self.logvar = nn.LazyLinear(latent_dim), nn.LazyLinear(latent_dim)
        self.unused = nn.Linear(hidden_dim, latent_dim)
        nn.init.zeros_(self.unused.weight)

    def forward(self, h):
        h = self.trunk(h)
        return [self.mu(h), self.logvar(h)]


class HeadsSplit(nn.Sequential):
    def __init__(self, hidden_dim, latent_dim):
        super().__init__(nn.Linear(hidden_dim, 2 * latent_dim), nn.Unflatten(1, (2, latent_dim)))

    def forward(self, h):
        return super().forward(h).unbind(1)


def heads_wide_and_relu(hidden_dim, latent_dim):
    """Twice too wide, and a ReLU at the end."""
    module = HeadsTwoLayers(hidden_dim, 2 * latent_dim)
    module.forward = lambda h: (module.mu(h).relu(), module.logvar(h))
    return module


def heads_shared_and_relu(hidden_dim, latent_dim):
    module = HeadsTwoLayers(hidden_dim, latent_dim)
    module.forward = lambda h: (module.mu(h).relu(), module.mu(h).relu())
    return module


def heads_tanh_and_sigmoid(hidden_dim, latent_dim):
    module = HeadsTwoLayers(hidden_dim, latent_dim)
    module.forward = lambda h: (module.mu(h).tanh(), module.logvar(h).sigmoid())
    return module


RIGHT = [
    HeadsTwoLayers,
    HeadsCutInTwo,
    HeadsInAList,
    HeadsByParameters,
    HeadsWithTrunk,
    HeadsOnNarrowTrunk,
    HeadsSplit,
]
COMBINED = [heads_wide_and_relu, heads_shared_and_relu, heads_tanh_and_sigmoid]
