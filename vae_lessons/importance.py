"""The importance-weighted bound of Burda et al. (2016): several samples per image make a tighter bound."""

import math

from torch import Tensor


def importance_weighted(log_px_z: Tensor, log_pz: Tensor, log_qz_x: Tensor) -> Tensor:
    """The bound of each image from K draws of z from q(z|x): their weights averaged, all in logarithms.

    log_px_z, log_pz, log_qz_x: (K, B). Returns (B,) in nats. Source: Burda et al. 2016, eq. 8.
    """
    log_weights = log_px_z + log_pz - log_qz_x  # (K, B)
    return log_weights.logsumexp(0) - math.log(len(log_weights))  # (B,)
