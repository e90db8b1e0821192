"""The numbers that exercises of lesson 04 are tried on."""

import torch

LOG_PX_Z = torch.tensor([-7.3, -2.6, 1.8])  # (B,), the last a density, as Gaussian pixels may give


DENSITIES = torch.tensor([-1.3, 2.6, 4.8])  # (B,), positive even on average


KL = torch.tensor(  # (B, J): averages over the batch 0.2, 0.7, 1.5, 0.3, 0.6, of which each hides large and small ones
    [[0.05, 1.3, 2.4, 0.75, 0.17], [0.38, 0.22, 1.9, 0.06, 1.15], [0.17, 0.58, 0.2, 0.09, 0.48]]
)
