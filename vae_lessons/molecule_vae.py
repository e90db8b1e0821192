"""A VAE of molecules as strings, whose z also says a property, and the way uphill (Gomez-Bombarelli et al. 2018)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.distributions import Normal

from vae_lessons.kl import kl_per_latent
from vae_lessons.reparameterization import reparameterize
from vae_lessons.sequence_vae import cut, token_log_likelihood


class MoleculeVAE(nn.Module):
    """q(z|x) of all tokens at once; p(x|z) of each token by itself; and p(y|z) = N(property_of(z), property_std^2).

    x: strings (B, T) of so many tokens; y (B,): a property of each. z has to explain both.

    >>> model = MoleculeVAE(tokens=22, length=23)
    >>> model.decode(torch.zeros(5, 24)).shape, model.property_of(torch.zeros(5, 24)).shape
    (torch.Size([5, 23, 22]), torch.Size([5]))
    """

    def __init__(
        self, tokens: int, length: int, latent_dim: int = 24, hidden_dim: int = 400, property_std: float = 0.3
    ) -> None:
        super().__init__()
        self.tokens, self.latent_dim, self.property_std = tokens, latent_dim, property_std
        self.encoder = nn.Sequential(
            nn.Linear(length * tokens, hidden_dim), nn.ReLU(), nn.Linear(hidden_dim, hidden_dim), nn.ReLU()
        )
        self.to_mu = nn.Linear(hidden_dim, latent_dim)
        self.to_logvar = nn.Linear(hidden_dim, latent_dim)
        self.decoder = nn.Sequential(
            nn.Linear(latent_dim, hidden_dim),
            nn.ReLU(),
            nn.Linear(hidden_dim, hidden_dim),
            nn.ReLU(),
            nn.Linear(hidden_dim, length * tokens),
            nn.Unflatten(1, (length, tokens)),
        )
        self.to_property = nn.Sequential(
            nn.Linear(latent_dim, 64), nn.Tanh(), nn.Linear(64, 1), nn.Flatten(0)
        )

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, T) -> mu (B, J), logvar (B, J)."""
        h = self.encoder(F.one_hot(x, self.tokens).float().flatten(1))  # (B, H)
        return self.to_mu(h), self.to_logvar(h)

    def decode(self, z: Tensor) -> Tensor:
        """z (B, J) -> x_logits (B, T, V) of the token at each position."""
        return self.decoder(z)

    def property_of(self, z: Tensor) -> Tensor:
        """The property that z (B, J) promises, (B,)."""
        return self.to_property(z)

    def joint_terms(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """For strings (B, T) and properties (B,): log p(x|z) + log p(y|z), (B,), and the KL (B, J), in nats."""
        mu, logvar = self.encode(x)
        z = reparameterize(mu, logvar)  # (B, J)
        log_py_z = Normal(self.property_of(z), self.property_std).log_prob(y)  # (B,)
        return token_log_likelihood(self.decode(z), x) + log_py_z, kl_per_latent(mu, logvar)

    @torch.no_grad()
    def write(self, z: Tensor) -> Tensor:
        """The likeliest string (B, T) of each z (B, J)."""
        return cut(self.decode(z).argmax(2))


def climb(model: MoleculeVAE, z: Tensor, steps: int, length: float = 0.1, penalty: float = 0.0) -> Tensor:
    """Walk from z (B, J) up the property that the model predicts: all points (steps + 1, B, J).

    Each step has this length, in the direction of the gradient of property - penalty * |z|^2 / 2. The second part is
    penalty * log p(z), up to a constant.
    """
    points = [z]
    for _ in range(steps):
        z = points[-1].detach().requires_grad_()
        goal = model.property_of(z) - penalty * (z**2).sum(1) / 2  # (B,)
        (uphill,) = torch.autograd.grad(goal.sum(), z)  # (B, J)
        points.append(z.detach() + length * F.normalize(uphill))
    return torch.stack(points)
