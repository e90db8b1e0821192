"""How far a set of pictures is from a set of real ones: the Frechet distance between their features."""

import torch
from torch import Tensor

from vae_lessons.evaluation.judge import judge_features


def frechet_distance(images: Tensor, reference: Tensor) -> float:
    """Distance between the features of two sets of pictures, each summed up as a Gaussian; 0 where both are alike.

    images (N, 1, 28, 28) and reference (M, 1, 28, 28), uint8 or float in [0, 1]: real images, and not those that the
    images were made from. The features are the judge's (judge_features), so it makes sense for digits only. It grows
    when pictures are worse and when they are less varied than the reference, and for small N by chance: compare equal
    numbers, 500 or more. Copies of training images are as good as real ones to it. Source: Heusel et al. 2017, eq. 6.
    """
    return between_gaussians(judge_features(images), judge_features(reference))


def between_gaussians(features: Tensor, reference: Tensor) -> float:
    """|mu - mu'|^2 + trace(C + C' - 2 (C C')^(1/2)) of features (N, F) and reference (M, F); N and M at least 2."""
    mu, other_mu = features.double().mean(0), reference.double().mean(0)  # (F,)
    covariance, other = torch.cov(features.double().T), torch.cov(reference.double().T)  # (F, F)
    roots = torch.linalg.eigvals(covariance @ other).real.clamp(min=0).sqrt()  # (F,), real but for rounding
    return (((mu - other_mu) ** 2).sum() + covariance.trace() + other.trace() - 2 * roots.sum()).item()
