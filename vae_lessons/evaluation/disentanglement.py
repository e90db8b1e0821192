"""Disentanglement: whether each known factor sits in a single latent, by the mutual information gap."""

import math

import torch
from torch import Tensor


def mutual_information(z: Tensor, factors: Tensor, bins: int = 20) -> Tensor:
    """I(factor; latent) of every pair, (F, J) in nats: z (N, J), factors (N, F), both continuous.

    Every column is cut into bins of equally many rows, and the information is that of their joint histogram. It is a
    little too high, by about (bins - 1)**2 / 2N nats; log(bins) is the most there can be. Raises ValueError where z
    and factors have different numbers of rows, or fewer than bins.
    """
    if z.ndim != 2 or factors.ndim != 2 or len(z) != len(factors):
        raise ValueError(
            f"z must be (N, J) and factors (N, F), but they are {tuple(z.shape)} and {tuple(factors.shape)}.\n"
            "For a single factor give factor[:, None]."
        )
    if not 2 <= bins <= len(z):
        raise ValueError(f"bins={bins} for {len(z)} rows: give at least 2, and no more than there are rows.")
    of_z, of_factors = _binned(z, bins), _binned(factors, bins)
    information = torch.empty(factors.shape[1], z.shape[1])  # (F, J)
    for factor, latent in torch.cartesian_prod(*map(torch.arange, information.shape)).tolist():
        cells = of_factors[:, factor] * bins + of_z[:, latent]
        joint = torch.bincount(cells, minlength=bins**2).double().view(bins, bins) / len(z)
        apart = joint.sum(1, keepdim=True) * joint.sum(0)  # what the histogram would be without any relation
        seen = joint > 0
        information[factor, latent] = (joint[seen] * (joint[seen] / apart[seen]).log()).sum()
    return information


def mutual_information_gap(z: Tensor, factors: Tensor, bins: int = 20) -> Tensor:
    """The MIG of each factor, (F,) in [0, 1] (Chen et al. 2018, section 4.1): z (N, J) with J >= 2, factors (N, F).

    How much more the most informative latent says about the factor than the second one, as a share of all there is
    to know: 1 if one latent holds the factor alone, 0 if two hold it equally. It does not see a latent that holds
    several factors. Raises ValueError as mutual_information does.
    """
    first, second = mutual_information(z, factors, bins).topk(2, dim=1).values.unbind(1)  # (F,) each
    return (first - second) / math.log(bins)


def _binned(columns: Tensor, bins: int) -> Tensor:
    """In which of its bins each value lies, (N, C) from 0 to bins - 1."""
    ranks = columns.argsort(0).argsort(0)  # (N, C)
    return ranks * bins // len(columns)
