"""The conditional VAE of Sohn et al. (2015): encoder and decoder are given what is known about the image."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_lessons.likelihoods import bernoulli_log_likelihood
from vae_lessons.networks import encoder_and_decoder
from vae_lessons.reparameterization import reparameterize


class OneHot(nn.Module):
    """Class labels as indicator vectors: (B,) whole numbers below `classes` -> (B, classes) of zeros and ones."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.classes = classes

    def forward(self, y: Tensor) -> Tensor:
        return F.one_hot(y, self.classes).float()  # (B, Y)


class ConditionalVAE(nn.Module):
    """A VAE of p(x|c): encoder q(z|x,c), prior p(z) = N(0, I) whatever c is, decoder p(x|z,c), Bernoulli pixels.

    embed turns a batch of conditions into (B, condition_dim): OneHot(10) or nn.Embedding(10, 10) for labels,
    nn.Identity() for attributes, an encoder network for images. condition_in says which part is given the
    condition: "both", "encoder" or "decoder" (the other one gets zeros); architecture and image_shape as for VAE.

    >>> cvae = ConditionalVAE(OneHot(10), condition_dim=10, latent_dim=8)
    >>> cvae.sample(torch.tensor([3, 3, 7])).shape
    torch.Size([3, 1, 28, 28])
    """

    def __init__(
        self,
        embed: nn.Module,
        condition_dim: int,
        latent_dim: int = 8,
        hidden_dim: int = 400,
        architecture: str = "mlp",
        condition_in: str = "both",
        image_shape: tuple[int, int, int] = (1, 28, 28),
    ) -> None:
        super().__init__()
        if condition_in not in ("both", "encoder", "decoder"):
            raise ValueError(f'condition_in={condition_in!r}: choose "both", "encoder" or "decoder".')
        self.latent_dim = latent_dim
        self.condition_in = condition_in
        self.image_shape = image_shape
        self.embed = embed
        self.encoder, self.decoder = encoder_and_decoder(
            architecture, latent_dim + condition_dim, hidden_dim, image_shape
        )
        self.to_mu = nn.Linear(hidden_dim + condition_dim, latent_dim)
        self.to_logvar = nn.Linear(hidden_dim + condition_dim, latent_dim)

    def condition_for(self, part: str, condition: Tensor) -> Tensor:
        """What the "encoder" or "decoder" is given of a condition (B, ...): its embedding (B, E), or zeros.

        Raises TypeError for labels (B,) that are not int64.
        """
        if condition.ndim == 1 and condition.dtype != torch.int64:
            raise TypeError(f"labels (B,) must be int64, but are {condition.dtype}. Try .long().")
        c = self.embed(condition)  # (B, E)
        return c if self.condition_in in ("both", part) else torch.zeros_like(c)

    def encode(self, x: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, C, H, W) in [0, 1] and its condition (B, ...) -> mu (B, J), logvar (B, J)."""
        h = torch.cat([self.encoder(x), self.condition_for("encoder", condition)], 1)  # (B, H + E)
        return self.to_mu(h), self.to_logvar(h)

    def decode(self, z: Tensor, condition: Tensor) -> Tensor:
        """z (B, J) and condition (B, ...) -> x_logits (B, C, H, W); sigmoid gives x_hat."""
        return self.decoder(torch.cat([z, self.condition_for("decoder", condition)], 1))

    def forward(self, x: Tensor, condition: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (B, C, H, W), condition (B, ...) -> x_logits (B, C, H, W), mu (B, J), logvar (B, J)."""
        mu, logvar = self.encode(x, condition)
        z = reparameterize(mu, logvar)  # (B, J)
        return self.decode(z, condition), mu, logvar

    def log_likelihood(self, x_logits: Tensor, x: Tensor) -> Tensor:
        """log p(x|z,c) per image, (B,) in nats."""
        return bernoulli_log_likelihood(x_logits, x)

    @torch.no_grad()
    def sample(self, condition: Tensor) -> Tensor:
        """One image x_hat per condition (B, ...), from the prior: (B, C, H, W) in [0, 1]."""
        z = torch.randn(len(condition), self.latent_dim, device=self.to_mu.weight.device)  # (B, J)
        return self.decode(z, condition).sigmoid()
