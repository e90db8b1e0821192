"""The variational autoencoder of Kingma & Welling (2014): an image is encoded as a Gaussian over latent space."""

import torch
from torch import Tensor, nn

from vae_lessons.likelihoods import bernoulli_log_likelihood, gaussian_log_likelihood
from vae_lessons.networks import encoder_and_decoder
from vae_lessons.reparameterization import reparameterize


class VAE(nn.Module):
    """Encoder q(z|x) = N(mu, diag(exp(logvar))), prior p(z) = N(0, I), decoder p(x|z).

    architecture: "mlp" or "conv". pixel_std: None for Bernoulli pixels, or the standard deviation
    of Gaussian pixels (levels in [0, 1]). image_shape: (C, H, W) of the images it takes and makes. Raises ValueError
    for an unknown architecture, a shape that it cannot do, or a pixel_std that is not positive.

    >>> x_logits, mu, logvar = VAE(latent_dim=2)(torch.rand(5, 1, 28, 28))
    >>> x_logits.shape, mu.shape
    (torch.Size([5, 1, 28, 28]), torch.Size([5, 2]))
    """

    def __init__(
        self,
        latent_dim: int = 20,
        hidden_dim: int = 400,
        architecture: str = "mlp",
        pixel_std: float | None = None,
        image_shape: tuple[int, int, int] = (1, 28, 28),
    ) -> None:
        super().__init__()
        if pixel_std is not None and not pixel_std > 0:
            raise ValueError(f"pixel_std={pixel_std}: give a positive number, or None for Bernoulli pixels.")
        self.latent_dim = latent_dim
        self.pixel_std = pixel_std
        self.image_shape = image_shape
        self.encoder, self.decoder = encoder_and_decoder(architecture, latent_dim, hidden_dim, image_shape)
        self.to_mu = nn.Linear(hidden_dim, latent_dim)
        self.to_logvar = nn.Linear(hidden_dim, latent_dim)

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, C, H, W) in [0, 1] -> mu (B, J), logvar (B, J)."""
        h = self.encoder(x)  # (B, H)
        return self.to_mu(h), self.to_logvar(h)

    def decode(self, z: Tensor) -> Tensor:
        """z (B, J) -> x_logits (B, C, H, W); sigmoid gives x_hat, the mean of p(x|z)."""
        return self.decoder(z)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (B, C, H, W) -> x_logits (B, C, H, W), mu (B, J), logvar (B, J)."""
        mu, logvar = self.encode(x)
        z = reparameterize(mu, logvar)  # (B, J)
        return self.decode(z), mu, logvar

    def log_likelihood(self, x_logits: Tensor, x: Tensor) -> Tensor:
        """log p(x|z) per image, (B,) in nats."""
        if self.pixel_std is None:
            return bernoulli_log_likelihood(x_logits, x)
        return gaussian_log_likelihood(x_logits.sigmoid(), x, self.pixel_std)

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """n images x_hat (n, C, H, W) in [0, 1] decoded from the prior."""
        z = torch.randn(n, self.latent_dim, device=self.to_mu.weight.device)  # (n, J)
        return self.decode(z).sigmoid()
