"""A model whose ELBO is known exactly, on which exercises 8.5 and 9.5 try a search."""

import math

import torch
from torch import Tensor, nn


class LinearModel(nn.Module):
    """A linear decoder with Gaussian pixels, whose ELBO is known exactly."""

    def __init__(self, pixel_std: float = 0.5) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.weight = nn.Parameter(torch.randn(12, 3, generator=generator) / 2)  # (D, J)
        self.latent_dim, self.image_shape, self.pixel_std = 3, (1, 3, 4), pixel_std

    def decode(self, z: Tensor) -> Tensor:
        return (z @ self.weight.T).view(-1, 1, 3, 4)

    def log_likelihood(self, x_logits: Tensor, x: Tensor) -> Tensor:
        squared = ((x - x_logits) ** 2).flatten(1).sum(1)
        return -0.5 * (squared / self.pixel_std**2 + 12 * math.log(2 * math.pi * self.pixel_std**2))

    @torch.no_grad()
    def elbo(self, x: Tensor, mu: Tensor, logvar: Tensor) -> Tensor:
        """Exact, (B,) in nats: the expectation over q in closed form."""
        spread = 0.5 * (logvar.exp() * self.weight.square().sum(0)).sum(1) / self.pixel_std**2  # (B,)
        kl = 0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)  # (B,)
        return self.log_likelihood(self.decode(mu), x) - spread - kl

    @torch.no_grad()
    def best(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The Gaussian with independent latents that has the highest ELBO."""
        precision = torch.eye(3) + self.weight.T @ self.weight / self.pixel_std**2  # (J, J)
        mu = torch.linalg.solve(precision, self.weight.T @ x.flatten(1).T / self.pixel_std**2).T  # (B, J)
        return mu, -precision.diagonal().log().expand_as(mu)
