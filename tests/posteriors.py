"""Three posteriors over five latents, for the tests of formulas about Gaussians."""

import torch
from torch.distributions import Independent, Normal

MU = torch.tensor([[0.3, -1.7, 2.2, 0.6, -0.4], [1.1, 0.2, -0.9, -2.3, 0.7], [-0.5, 1.4, 0.1, 0.8, 1.9]])
LOGVAR = torch.tensor(
    [[-1.2, 0.4, -0.3, 1.1, -2.0], [0.5, -0.8, 0.9, -1.5, 0.2], [-0.6, 1.3, -1.1, 0.7, -0.2]]
)


def normal(mu, logvar):
    return Independent(Normal(mu, (logvar / 2).exp()), 1)
