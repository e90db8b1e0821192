"""A flow from noise to codes, trained by flow matching (Lipman et al. 2023; Liu et al. 2023)."""

import torch
from torch import Tensor, nn


class VelocityNetwork(nn.Module):
    """The velocity of a point at time t: z (B, J) and t (B, 1) in [0, 1] -> (B, J)."""

    def __init__(self, latent_dim: int, hidden_dim: int = 256) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.layers = nn.Sequential(
            nn.Linear(latent_dim + 1, hidden_dim),
            nn.SiLU(),
            nn.Linear(hidden_dim, hidden_dim),
            nn.SiLU(),
            nn.Linear(hidden_dim, latent_dim),
        )

    def forward(self, z: Tensor, t: Tensor) -> Tensor:
        return self.layers(torch.cat([z, t], 1))


def flow_matching_loss(velocity: nn.Module, data: Tensor) -> Tensor:
    """The squared error of the velocity on straight lines from noise to data (B, J): one number, per point.

    On average over pairs the best velocity is E[data - noise | where the line is], which carries noise to data.
    """
    noise, t = torch.randn_like(data), torch.rand(len(data), 1, device=data.device)  # (B, J), (B, 1)
    between = (1 - t) * noise + t * data  # (B, J)
    return ((velocity(between, t) - (data - noise)) ** 2).sum(1).mean()


@torch.no_grad()
def flow(velocity: nn.Module, z: Tensor, steps: int = 50) -> Tensor:
    """Carry noise z (N, J) along the velocity from time 0 to 1 in Euler steps: all points (steps + 1, N, J)."""
    points = [z]
    for step in range(steps):
        t = torch.full((len(z), 1), step / steps, device=z.device)
        points.append(points[-1] + velocity(points[-1], t) / steps)
    return torch.stack(points)
