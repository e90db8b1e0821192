"""Right draws from a Gaussian in many styles, for any way of writing its width."""

import numpy as np
import torch
from torch.distributions import Independent, MultivariateNormal, Normal


def half(logvar):
    return torch.exp(logvar / 2)


def draws(width):
    """Right draws in many styles."""

    def at_hand(mu, second):
        return mu + width(second) * torch.randn_like(mu)

    def by_rsample(mu, second):
        return Normal(mu, width(second)).rsample()

    def by_independent(m, s):
        return Independent(Normal(m, width(s)), 1).rsample()

    def by_many_normals(mu, second):
        return MultivariateNormal(mu, torch.diag_embed(width(second) ** 2)).rsample()

    def with_a_minus(mu, second):
        eps = torch.randn(mu.shape, device=mu.device, dtype=mu.dtype)
        return mu - eps * width(second)

    def by_addcmul(mu, second):
        return torch.addcmul(mu, width(second), torch.randn_like(mu))

    def by_normal_in_place(mu, second):
        eps = torch.empty_like(mu).normal_()
        return eps.mul(width(second)).add(mu)

    def in_own_tensor(mu, second):
        z = torch.zeros_like(mu)
        z += mu
        z += width(second) * torch.randn_like(second)
        return z

    def in_double(mu, second):
        z = mu.double() + width(second.double()) * torch.randn_like(mu, dtype=torch.float64)
        return z.to(mu.dtype)

    def row_by_row(mu, second):
        return torch.stack([m + width(s) * torch.randn_like(m) for m, s in zip(mu, second, strict=True)])

    def latent_by_latent(mu, second):
        eps = torch.randn(mu.shape).to(mu.device)
        columns = [mu[:, j] + width(second[:, j]) * eps[:, j] for j in range(mu.shape[1])]
        return torch.stack(columns, dim=1)

    def by_torch_normal(mu, second):
        eps = torch.normal(torch.zeros_like(mu), torch.ones_like(mu))
        eps.requires_grad_()
        return mu + width(second) * eps

    def by_einsum(mu, second):
        eps = torch.randn(*mu.size(), device=second.device)
        return mu + torch.einsum("bj,bj->bj", width(second), eps.detach())

    def by_numpy(mu, second):
        eps = torch.tensor(np.random.randn(*mu.shape), dtype=mu.dtype, device=mu.device)  # noqa: NPY002
        return mu + width(second) * eps

    def by_generator(mu, second, luck=torch.Generator()):  # noqa: B008  (as students write it)
        return mu + width(second) * torch.randn(mu.shape, generator=luck).to(mu)

    def by_transposing(mu, second):
        return (mu.T + width(second.T) * torch.randn_like(mu.T)).T

    return [
        at_hand,
        by_rsample,
        by_independent,
        by_many_normals,
        with_a_minus,
        by_addcmul,
        by_normal_in_place,
        in_own_tensor,
        in_double,
        row_by_row,
        latent_by_latent,
        by_torch_normal,
        by_einsum,
        by_numpy,
        by_generator,
        by_transposing,
    ]
