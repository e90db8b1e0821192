"""The plain autoencoder: an image becomes a point of latent space, and a point becomes an image."""

from torch import Tensor, nn

from vae_lessons.likelihoods import bernoulli_log_likelihood
from vae_lessons.networks import encoder_and_decoder


class Autoencoder(nn.Module):
    """Encoder and decoder around a bottleneck of latent_dim numbers; architecture "mlp" or "conv".

    image_shape: (C, H, W) of the images it takes and makes. Raises ValueError for what the architecture cannot do.
    """

    deterministic = True  # an image has one code z, not a distribution of codes

    def __init__(
        self,
        latent_dim: int = 2,
        hidden_dim: int = 400,
        architecture: str = "mlp",
        image_shape: tuple[int, int, int] = (1, 28, 28),
    ) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.image_shape = image_shape
        self.encoder, self.decoder = encoder_and_decoder(architecture, latent_dim, hidden_dim, image_shape)
        self.to_z = nn.Linear(hidden_dim, latent_dim)

    def encode(self, x: Tensor) -> Tensor:
        """x (B, C, H, W) in [0, 1] -> z (B, J)."""
        return self.to_z(self.encoder(x))

    def decode(self, z: Tensor) -> Tensor:
        """z (B, J) -> x_logits (B, C, H, W); sigmoid gives the image x_hat."""
        return self.decoder(z)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """x (B, C, H, W) -> x_logits (B, C, H, W), z (B, J)."""
        z = self.encode(x)  # (B, J)
        return self.decode(z), z

    def log_likelihood(self, x_logits: Tensor, x: Tensor) -> Tensor:
        """log p(x|z) per image, (B,) in nats; minus this is the cross-entropy an autoencoder minimises."""
        return bernoulli_log_likelihood(x_logits, x)
