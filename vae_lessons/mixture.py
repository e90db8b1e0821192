"""A mixture of Gaussians fitted to codes by expectation maximisation (Dempster, Laird & Rubin 1977)."""

import torch
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal


def mixture_of(weights: Tensor, means: Tensor, covariances: Tensor) -> MixtureSameFamily:
    """The distribution with these weights (K,), means (K, J) and covariances (K, J, J)."""
    return MixtureSameFamily(Categorical(weights), MultivariateNormal(means, covariances))


def shares(mixture: MixtureSameFamily, z: Tensor) -> Tensor:
    """How likely each component is to have drawn each code: (N, J) -> (N, K), rows that sum to 1."""
    joint = (
        mixture.component_distribution.log_prob(z[:, None]) + mixture.mixture_distribution.logits
    )  # (N, K)
    return joint.softmax(1)


def fit_mixture(z: Tensor, components: int, rounds: int = 30, floor: float = 1e-3) -> MixtureSameFamily:
    """Fit a mixture to codes (N, J), starting at codes chosen at random; floor is added to every variance.

    Each round raises the average log-density of z, up to what the floor costs. Raises ValueError for fewer codes than
    components.
    """
    if len(z) < components:
        raise ValueError(
            f"{len(z)} codes cannot start {components} components; give more codes or fewer components."
        )
    n, latents = z.shape
    ridge = floor * torch.eye(latents, device=z.device)  # (J, J)
    weights = torch.full((components,), 1 / components, device=z.device)  # (K,)
    means = z[torch.randperm(n, device=z.device)[:components]]  # (K, J)
    covariances = (torch.cov(z.T) + ridge).expand(components, -1, -1)  # (K, J, J)
    for _ in range(rounds):
        share = shares(mixture_of(weights, means, covariances), z)  # (N, K) expectation
        count = share.sum(0).clamp(min=1e-6)  # (K,) maximisation, from here
        weights, means = count / n, share.T @ z / count[:, None]
        covariances = torch.stack(
            [(s[:, None] * (z - m)).T @ (z - m) / c for s, m, c in zip(share.T, means, count, strict=True)]
        )
        covariances = covariances + ridge  # (K, J, J)
    return mixture_of(weights, means, covariances)
