"""The pretended GPU refuses what a real one would refuse, and nothing else."""

import pytest
import torch

from vae_lessons.exercises.engine.another_device import another_device
from vae_lessons.exercises.engine.probes import MU


@pytest.mark.parametrize(
    ("draw", "fits"),
    [
        (lambda mu: mu + torch.randn_like(mu), True),
        (lambda mu: mu + torch.randn(mu.shape, device=mu.device), True),
        (lambda mu: mu + torch.randn(mu.shape).to(mu), True),
        (lambda mu: mu + torch.randn(()), True),
        (lambda mu: torch.distributions.Normal(mu, 1.0).rsample(), True),
        (lambda mu: mu + torch.randn(mu.shape), False),
        (lambda mu: mu + torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5]), False),
        (lambda mu: mu * (torch.zeros(mu.shape) + 1), False),
        (lambda mu: torch.addcmul(mu, mu, torch.normal(0.0, 1.0, mu.shape)), False),
    ],
)
def test_the_pretended_gpu_refuses_what_a_gpu_would_refuse(draw, fits):
    with another_device():
        if fits:
            assert draw(MU).shape == MU.shape
        else:
            with pytest.raises(RuntimeError, match="same device"):
                draw(MU)
