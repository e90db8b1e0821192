"""The log-density is that of torch.distributions and integrates to one."""

import numpy as np
import pytest
import torch

from tests.posteriors import LOGVAR, MU, normal
from vae_lessons.gaussians import log_density


def test_log_density_equals_torch_distributions():
    z = torch.tensor([[0.1, -0.2, 1.0, 2.0, -1.0]]).expand(3, 5)
    torch.testing.assert_close(log_density(z, MU, LOGVAR), normal(MU, LOGVAR).log_prob(z))


def test_density_integrates_to_one():
    z = np.linspace(-12, 12, 20_001)
    density = log_density(torch.from_numpy(z)[:, None], torch.tensor([0.7]), torch.tensor([0.9])).exp()
    assert np.trapezoid(density.numpy(), z) == pytest.approx(1, abs=1e-7)
