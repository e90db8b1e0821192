"""The images that exercises of lesson 02 are tried on."""

import torch

LOGITS = torch.tensor(
    [[2.3, -0.6, 0.4, -3.1, 1.7, -0.2], [-1.4, 0.8, 2.6, -0.5, 0.3, -2.2], [0.7, -1.9, 3.2, 1.1, -0.9, 0.6]]
)


PIXELS = torch.tensor(
    [[0.9, 0.2, 0.7, 0.1, 0.6, 0.3], [0.15, 0.8, 0.95, 0.35, 0.55, 0.05], [0.65, 0.25, 0.85, 0.45, 0.1, 0.75]]
)


LOGITS, PIXELS = LOGITS.view(3, 1, 2, 3), PIXELS.view(3, 1, 2, 3)  # (B, C, H, W)
