"""Learning from a few labels and many images without one: named components, propagated labels, and the model M2."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Normal

from vae_lessons.kl import kl_per_latent
from vae_lessons.reparameterization import reparameterize


def name_components(share: Tensor, y: Tensor, classes: int = 10) -> Tensor:
    """What label each component of a mixture stands for, p(y|k) (K, Y), from labelled codes.

    share (N, K): which part of each code each component claims; y (N,): its label. A component that claims no
    labelled code gets all labels alike.
    """
    counts = share.T @ F.one_hot(y, classes).float() + 1e-3  # (K, Y)
    return counts / counts.sum(1, keepdim=True)


def propagate(points: Tensor, y: Tensor, classes: int = 10, neighbours: int = 10, rounds: int = 50) -> Tensor:
    """Labels of all points (N, D), of which the first len(y) have labels y: scores (N, Y), the highest is the label.

    Labels spread along a graph that joins each point with its nearest neighbours, and every round the labelled points
    add their own again (label spreading, Zhou et al. 2004).
    """
    distance, neighbour = torch.cdist(points, points).topk(neighbours + 1, largest=False)  # itself first
    width = distance[:, neighbours // 2, None]  # (N, 1)
    graph = torch.zeros(len(points), len(points), device=points.device)  # (N, N)
    graph.scatter_(1, neighbour[:, 1:], (-((distance[:, 1:] / width) ** 2)).exp())
    graph = torch.maximum(graph, graph.T)
    degree = graph.sum(1).clamp(min=1e-12)  # (N,)
    graph = graph / (degree[:, None] * degree).sqrt()
    known = torch.zeros(len(points), classes, device=points.device)  # (N, Y)
    known[: len(y)] = F.one_hot(y, classes).float()
    score = known
    for _ in range(rounds):
        score = 0.95 * graph @ score + 0.05 * known
    return score


class SemiSupervisedVAE(nn.Module):
    """The model M2 of Kingma et al. 2014: p(y) p(z) p(x|y,z), with q(z|x,y) and the classifier q(y|x).

    x is a vector (B, D): codes, with Gaussian p(x|y,z) whose standard deviations are learned, or black-and-white
    pixels, with Bernoulli p(x|y,z) where binary=True. p(y) is uniform, p(z) = N(0, I).
    """

    def __init__(
        self,
        data_dim: int,
        classes: int = 10,
        latent_dim: int = 4,
        hidden_dim: int = 128,
        binary: bool = False,
    ) -> None:
        super().__init__()
        self.classes, self.binary = classes, binary
        self.classifier = nn.Sequential(
            nn.Linear(data_dim, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, classes)
        )
        self.features = nn.Sequential(nn.Linear(data_dim, hidden_dim), nn.ReLU())
        self.posterior = nn.Linear(hidden_dim + classes, 2 * latent_dim)  # mu and logvar of q(z|x,y)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim + classes, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, data_dim)
        )
        self.log_std = nn.Parameter(torch.zeros(data_dim))

    def elbos(self, x: Tensor) -> Tensor:
        """For x (B, D) and every label: a lower bound on log p(x, y), (B, Y) in nats, by one draw of z each."""
        y = torch.eye(self.classes, device=x.device).expand(len(x), -1, -1)  # (B, Y, Y)
        h = self.features(x)[:, None].expand(-1, self.classes, -1)  # (B, Y, H)
        mu, logvar = self.posterior(torch.cat([h, y], 2)).chunk(2, 2)  # (B, Y, J) each
        z = reparameterize(mu, logvar)  # (B, Y, J)
        decoded, x = self.decoder(torch.cat([z, y], 2)), x[:, None]  # (B, Y, D), (B, 1, D)
        if self.binary:
            log_px = (x * decoded - F.softplus(decoded)).sum(2)  # (B, Y)
        else:
            log_px = Normal(decoded, self.log_std.exp()).log_prob(x).sum(2)  # (B, Y)
        return log_px - kl_per_latent(mu, logvar).sum(2) - math.log(self.classes)


def unlabelled_bound(elbos: Tensor, q_logits: Tensor) -> Tensor:
    """A lower bound on log p(x), (B,) in nats, from those on log p(x, y), (B, Y), and the logits of q(y|x), (B, Y)."""
    log_q = q_logits.log_softmax(1)  # (B, Y)
    return (log_q.exp() * (elbos - log_q)).sum(1)


def semi_supervised_loss(
    model: SemiSupervisedVAE, x: Tensor, y: Tensor, unlabelled: Tensor, weight: float
) -> Tensor:
    """Minus both bounds, of labelled x (B, D), y (B,) and of unlabelled ones (M, D), and weight * cross-entropy."""
    labelled = model.elbos(x).gather(1, y[:, None]).mean()  # log p(x, y) of the label that is there
    without = unlabelled_bound(model.elbos(unlabelled), model.classifier(unlabelled)).mean()
    return weight * F.cross_entropy(model.classifier(x), y) - labelled - without
