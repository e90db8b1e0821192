"""A VAE of short strings: its decoder sees z and all tokens so far (Bowman et al. 2016)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_lessons.reparameterization import reparameterize

END = 0  # the token that ends a string; what follows it is padding, and the same token


def counted(x: Tensor) -> Tensor:
    """Which positions of strings (B, T) count, (B, T) of bool: all tokens and the first END, but no padding.

    >>> counted(torch.tensor([[5, 3, 0, 0]])).tolist()
    [[True, True, True, False]]
    """
    ends = (x == END).long()  # (B, T)
    ends_before = ends.cumsum(1) - ends  # how many ENDs stand before each position
    return ends_before == 0


def cut(x: Tensor) -> Tensor:
    """The same strings (B, T) with nothing but END after their first END."""
    return x.masked_fill(~counted(x), END)


def token_log_likelihood(x_logits: Tensor, x: Tensor) -> Tensor:
    """Log-probability of each string (B, T), summed over the positions that count: (B,) in nats, at most 0.

    x_logits: (B, T, V), of V tokens at each position.
    """
    log_p = -F.cross_entropy(x_logits.transpose(1, 2), x, reduction="none")  # (B, T)
    return (log_p * counted(x)).sum(1)  # (B,)


class StringEncoder(nn.Module):
    """A GRU that reads strings (B, T) of so many tokens; its state at the end gives mu (B, J) and logvar (B, J)."""

    def __init__(self, tokens: int, latent_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(tokens, 32)
        self.gru = nn.GRU(32, hidden_dim, batch_first=True)
        self.to_mu = nn.Linear(hidden_dim, latent_dim)
        self.to_logvar = nn.Linear(hidden_dim, latent_dim)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        states, _ = self.gru(self.embed(x))  # (B, T, H)
        end = counted(x).sum(1) - 1  # (B,) where END stands
        h = states[torch.arange(len(x), device=x.device), end]  # (B, H)
        return self.to_mu(h), self.to_logvar(h)


class StringDecoder(nn.Module):
    """A GRU that is given z (B, J) and tokens (B, T): logits (B, T, V) of the token after each, and its last state.

    It begins with a state made of z, or goes on from the state (1, B, H) that it is given. Token number V stands for
    a hidden one.
    """

    def __init__(self, tokens: int, latent_dim: int, hidden_dim: int) -> None:
        super().__init__()
        self.embed = nn.Embedding(tokens + 1, 32)
        self.to_state = nn.Linear(latent_dim, hidden_dim)
        self.gru = nn.GRU(32 + latent_dim, hidden_dim, batch_first=True)
        self.to_logits = nn.Linear(hidden_dim, tokens)

    def forward(self, z: Tensor, before: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if state is None:
            state = self.to_state(z).tanh()[None]  # (1, B, H)
        at_each = z[:, None].expand(-1, before.shape[1], -1)  # (B, T, J)
        states, state = self.gru(torch.cat([self.embed(before), at_each], 2), state)  # (B, T, H)
        return self.to_logits(states), state


class SequenceVAE(nn.Module):
    """q(z|x) by a GRU that reads the string; p(x|z) by another one, which is given z and the tokens so far.

    tokens: how many there are, END among them. word_dropout: the share of the tokens so far that training hides from
    the decoder.

    >>> x_logits, mu, logvar = SequenceVAE(tokens=27)(torch.zeros(5, 12, dtype=torch.int64))
    >>> x_logits.shape, mu.shape
    (torch.Size([5, 12, 27]), torch.Size([5, 16]))
    """

    def __init__(
        self, tokens: int, latent_dim: int = 16, hidden_dim: int = 128, word_dropout: float = 0.0
    ) -> None:
        super().__init__()
        self.latent_dim, self.word_dropout = latent_dim, word_dropout
        self.mask_token = tokens  # one more than there are in strings
        self.encode = StringEncoder(tokens, latent_dim, hidden_dim)
        self.decoder = StringDecoder(tokens, latent_dim, hidden_dim)

    def decode(self, z: Tensor, x: Tensor) -> Tensor:
        """x_logits (B, T, V) of each token of x (B, T), given z (B, J) and the true tokens before it."""
        before = F.pad(x, (1, 0), value=END)[:, :-1]  # (B, T) moved by one: END stands for the start
        if self.training and self.word_dropout:
            hide = torch.rand(before.shape, device=x.device) < self.word_dropout
            before = before.masked_fill(hide, self.mask_token)
        return self.decoder(z, before)[0]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """x (B, T) -> x_logits (B, T, V), mu (B, J), logvar (B, J)."""
        mu, logvar = self.encode(x)
        z = reparameterize(mu, logvar)  # (B, J)
        return self.decode(z, x), mu, logvar

    def log_likelihood(self, x_logits: Tensor, x: Tensor) -> Tensor:
        """log p(x|z) per string, (B,) in nats."""
        return token_log_likelihood(x_logits, x)


@torch.no_grad()
def write(model: SequenceVAE, z: Tensor, length: int, draw: bool = False) -> Tensor:
    """Strings (B, length) of z (B, J), token by token: the likeliest each time, or drawn from p(x_t | x_<t, z)."""
    x, state = torch.full((len(z), 1), END, device=z.device), None  # the start
    for _ in range(length):
        x_logits, state = model.decoder(z, x[:, -1:], state)  # (B, 1, V)
        p = x_logits[:, 0].softmax(1)  # (B, V)
        token = torch.multinomial(p, 1) if draw else p.argmax(1, keepdim=True)  # (B, 1)
        x = torch.cat([x, token], 1)
    return cut(x[:, 1:])
