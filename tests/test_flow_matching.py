"""The flow follows a velocity as worked out by hand, and training approaches the velocity that is known to be best."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from vae_lessons.flow_matching import VelocityNetwork, flow, flow_matching_loss


def test_the_flow_of_a_constant_velocity_is_a_straight_line():
    points = flow(lambda z, t: torch.tensor([[1.0, -2.0]]).expand_as(z), torch.zeros(3, 2), steps=4)
    assert points.shape == (5, 3, 2)
    np.testing.assert_allclose(points[:, 1], np.linspace([0, 0], [1, -2], 5), atol=1e-6)


def test_the_flow_asks_for_the_time_at_which_each_step_begins():
    times = []

    def velocity(z, t):
        times.append(t[:, 0].tolist())
        return torch.zeros_like(z)

    flow(velocity, torch.randn(2, 3), steps=4)
    assert times == [[0, 0], [0.25, 0.25], [0.5, 0.5], [0.75, 0.75]]


def test_many_euler_steps_approach_the_exponential():
    ends = flow(lambda z, t: z, torch.ones(1, 1), steps=2_000)[-1]
    assert ends.item() == pytest.approx(math.e, rel=1e-3)


class Best(nn.Module):
    """E[data - noise | z] where the data are N(0, s^2), from the formula for jointly Gaussian numbers."""

    def __init__(self, s, error=0.0):
        super().__init__()
        self.s, self.error = s, error

    def forward(self, z, t):
        slope = (t * self.s**2 - (1 - t)) / (t**2 * self.s**2 + (1 - t) ** 2)
        return (slope + self.error) * z


def loss_of(velocity, s):
    torch.manual_seed(0)
    return flow_matching_loss(velocity, s * torch.randn(200_000, 1)).item()


@pytest.mark.parametrize("s", [0.3, 2.0])
def test_the_loss_is_least_at_the_conditional_mean(s):
    best = loss_of(Best(s), s)
    for error in (-0.2, 0.2):
        assert loss_of(Best(s, error), s) > best + 0.005


@pytest.mark.parametrize("s", [0.3, 2.0])
def test_the_best_velocity_carries_noise_to_the_data_s_spread(s):
    torch.manual_seed(0)
    ends = flow(Best(s), torch.randn(20_000, 1), steps=400)[-1]
    assert ends.std().item() == pytest.approx(s, rel=0.03)


def test_a_network_learns_to_carry_noise_to_two_places():
    torch.manual_seed(0)
    data = torch.where(torch.rand(4_000, 1) < 0.5, -2.0, 2.0) + 0.2 * torch.randn(4_000, 1)
    velocity = VelocityNetwork(1, hidden_dim=64)
    optimizer = torch.optim.Adam(velocity.parameters(), lr=5e-3)
    for _ in range(400):
        loss = flow_matching_loss(velocity, data[torch.randint(len(data), (256,))])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    ends = flow(velocity, torch.randn(2_000, 1))[-1]
    assert (ends.abs() > 1).float().mean() > 0.9
    assert 0.4 < (ends > 0).float().mean() < 0.6
