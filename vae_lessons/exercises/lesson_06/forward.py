"""Exercise 6.3: the forward pass of a conditional VAE."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, allclose, nn

from vae_lessons.exercises.engine.common_mistakes import cut_off
from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt
from vae_lessons.exercises.lesson_06.inputs import _IMAGES, _spread
from vae_lessons.reparameterization import reparameterize


class Teller(nn.Module):
    """Embedding, encode and decode of a conditional VAE with 2 latents and 3 classes, bare and with fixed weights.

    Its x_logits are so wide that z and c can be read off them again.
    """

    in_words = "a small conditional VAE"
    latent_dim = 2

    def __init__(self) -> None:
        super().__init__()
        numbers = torch.Generator().manual_seed(7)
        self.listening: dict[str, bool] = {}  # whether a part was given what can teach the embedding
        self.table = nn.Parameter(torch.tensor([[0.7, -1.2, 0.4], [-0.3, 0.6, 1.9], [1.4, -0.8, -0.5]]))
        self.to_mu = nn.Parameter(0.8 * torch.randn(2, 9, generator=numbers))
        self.to_logvar = nn.Parameter(0.2 * torch.randn(2, 9, generator=numbers))
        upright = torch.linalg.qr(torch.randn(6, 5, generator=numbers)).Q  # (D, J + C)
        self.out = nn.Parameter(2.5 * upright)

    def embed(self, y: Tensor) -> Tensor:
        return self.table[y]

    def encode(self, x: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        _check_condition("encode", c, len(x))
        h = torch.cat([x.flatten(1), c], 1)
        self.listening["encode"] = c.requires_grad
        return h @ self.to_mu.T, h @ self.to_logvar.T

    def decode(self, z: Tensor, c: Tensor) -> Tensor:
        _check_condition("decode", c, len(z))
        self.listening["decode"] = c.requires_grad
        return (torch.cat([z, c], 1) @ self.out.T).view(-1, 1, 2, 3)

    def heard(self, x_logits: Tensor) -> tuple[Tensor, Tensor]:
        """The z (B, 2) and c (B, 3) that decode was given."""
        return (
            x_logits.detach().flatten(1).double() @ torch.linalg.pinv(self.out.detach().double()).T
        ).split([2, 3], 1)


def _check_condition(name: str, c: Tensor, batch: int) -> None:
    shape = tuple(c.shape) if isinstance(c, Tensor) else type(c).__name__
    if shape != (batch, 3) or not c.is_floating_point():
        raise ValueError(f"{name} takes the embedded condition, floats ({batch}, 3), and was given {shape}")


def forward(model: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """x (B, 1, H, W) and labels y (B,) -> x_logits (B, 1, H, W), mu (B, J), logvar (B, J)."""
    c = model.embed(y)  # (B, C)
    mu, logvar = model.encode(x, c)
    z = reparameterize(mu, logvar)  # (B, J)
    return model.decode(z, c), mu, logvar


_LABELS = torch.tensor([2, 0, 1])


def forward_probe(answer: Answer) -> Iterator[Seen]:
    model, given = Teller(), "three images x (3, 1, 2, 3) and y = [2, 0, 1]"
    returned, failed = attempt(lambda: answer(model, _IMAGES.clone(), _LABELS.clone()), given)
    if failed or returned is None:
        yield failed or Seen("the results", "None", given)
        return
    if not (isinstance(returned, tuple | list) and all(isinstance(part, Tensor) for part in returned)):
        yield Seen("the results", f"one {type(returned).__name__}", given)
        return
    odd = [one for one in map(as_tensor, returned) if isinstance(one, str)]
    if odd:
        yield Seen("the results", odd[0], given)
        return
    shapes = ", ".join(str(tuple(part.shape)) for part in returned)
    yield Seen("the shapes of the results", shapes, given)
    if shapes != "(3, 1, 2, 3), (3, 2), (3, 2)":
        return
    x_logits, mu, logvar = returned
    yield Seen("mu", as_tensor(mu), given)
    yield Seen("logvar", as_tensor(logvar), given)
    inside = bool(((x_logits >= 0) & (x_logits <= 1)).all())
    yield Seen("x_logits all lie between 0 and 1", str(inside), given)
    if inside:
        return
    yield Seen("the decoder is given", _who(model, model.heard(x_logits)[1]), given)
    for name, weight in (
        ("mu's head", model.to_mu),
        ("logvar's head", model.to_logvar),
        ("embed", model.table),
    ):
        yield Seen(f"the gradient of x_logits reaches {name}", _reaches(x_logits, weight), given)
    for name in ("encode", "decode"):
        yield Seen(f"what {name} is given can teach the embedding", str(model.listening.get(name)), given)
    yield Seen("the gradient of mu reaches its head", _reaches(mu, model.to_mu), given)
    yield Seen("the gradient of logvar reaches its head", _reaches(logvar, model.to_logvar), given)
    yield from _draws(answer, model)


def _draws(answer: Answer, model: Teller, copies: int = 3000) -> Iterator[Seen]:
    """How z is spread over copies of one image, read off the x_logits."""
    given = f"{copies} copies of one image with y = 1"
    x, y = _IMAGES[:1].repeat(copies, 1, 1, 1), torch.ones(copies, dtype=torch.int64)
    returned, failed = attempt(lambda: answer(model, x.clone(), y.clone())[0], given)
    again, failed_again = attempt(lambda: answer(model, x.clone(), y.clone())[0], given)
    if failed or failed_again:
        yield failed or failed_again
        return
    if returned.shape != (copies, 1, 2, 3) or again.shape != returned.shape:
        yield Seen("the shape of x_logits", str(tuple(returned.shape)), given)
        return
    yield from _spread(model.heard(returned)[0], model.heard(again)[0], given)
    model.eval()
    evaluated, failed = attempt(
        lambda: [answer(model, x[:2].clone(), y[:2].clone())[0] for _ in range(2)], given
    )
    repeats = not failed and allclose(*evaluated)
    yield failed or Seen("two calls in evaluation mode", "the same z" if repeats else "different z", given)


def _reaches(result: Tensor, weight: Tensor) -> str:
    if not result.requires_grad:
        return "no"
    found, failed = attempt(
        lambda: torch.autograd.grad(result.sum(), weight, retain_graph=True, allow_unused=True)[0], ""
    )
    return "no" if failed or found is None or not (found != 0).any() else "yes"


def _who(model: Teller, c: Tensor) -> str:
    """In words, which conditions c (3, C) the decoder was given for the labels 2, 0, 1."""
    own = model.embed(_LABELS).detach().double()
    candidates = {
        "the embedding of y": own,
        "zeros": torch.zeros_like(own),
        "the embeddings shifted by a row": own.roll(1, 0),
        "the embeddings in reverse order": own.flip(0),
        "the first embedding for all": own[:1].expand_as(own),
        "the average embedding": own.mean(0).expand_as(own),
        "a one-hot row": F.one_hot(_LABELS, 3).double(),
    }
    return next(
        (name for name, true in candidates.items() if allclose(c, true, 1e-3, 1e-3)), "something else"
    )


EXERCISE = Exercise(
    number="6.3",
    title="Warm-up: a conditional VAE, forward",
    task="""Write forward(model, x, y) of a conditional VAE for images x (B, 1, H, W) and labels y (B,). Here
    model.embed(y) gives the condition c (B, C), model.encode(x, c) gives mu and logvar, (B, J), and model.decode(z, c)
    gives x_logits. Draw z with reparameterize, which is available, and return x_logits, mu, logvar, in this order.""",
    minutes=2,
    difficulty=1,
    reference=forward,
    probe=forward_probe,
    hints=(
        "It is the forward of lesson 02 with one more input, in two places.",
        "Embed y once; c goes into encode beside x, and into decode beside z.",
        "Four lines: embed, encode, draw, decode. Test yourself: another y with the same x must change mu, logvar and "
        "x_logits.",
    ),
)


def _forward_mistake(
    sentence: str,
    embed=lambda model, y: model.embed(y),
    in_encoder=lambda c, y: c,
    draw=reparameterize,
    in_decoder=lambda c, y: c,
    after=lambda x_logits, mu, logvar, z: (x_logits, mu, logvar),
) -> None:
    """A wrong forward: the steps that differ."""

    def answer(model: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        c = embed(model, y)
        mu, logvar = model.encode(x, in_encoder(c, y))
        z = draw(mu, logvar)
        return after(model.decode(z, in_decoder(c, y)), mu, logvar, z)

    EXERCISE.recognise(sentence, answer)


def _noise(mu: Tensor) -> Tensor:
    return torch.randn_like(mu)


_forward_mistake(
    """Only the encoder gets the condition: the decoder gets zeros for c, so it does not know what was requested.""",
    in_decoder=lambda c, y: torch.zeros_like(c),
)


_forward_mistake(
    """Only the decoder gets the condition: the encoder gets zeros for c, so z still separates the classes.""",
    in_encoder=lambda c, y: torch.zeros_like(c),
)


_forward_mistake(
    """Neither part gets the condition: c is zeros in the encoder and in the decoder, which makes a plain VAE.""",
    embed=lambda model, y: torch.zeros_like(model.embed(y)),
)


_forward_mistake(
    """The decoder gets the conditions of other images, shifted by a row.""",
    in_decoder=lambda c, y: c.roll(1, 0),
)


_forward_mistake(
    """The decoder gets the conditions in reverse order.""",
    in_decoder=lambda c, y: c.flip(0),
)


_forward_mistake(
    """The encoder gets the conditions of other images, shifted by a row.""",
    in_encoder=lambda c, y: c.roll(1, 0),
)


_forward_mistake(
    """The encoder gets the conditions in reverse order.""",
    in_encoder=lambda c, y: c.flip(0),
)


_forward_mistake(
    """The decoder gets the condition of the first image for all.""",
    in_decoder=lambda c, y: c[:1].expand_as(c),
)


_forward_mistake(
    """You pass encode the labels themselves; it takes their embedding, model.embed(y).""",
    in_encoder=lambda c, y: y,
)


_forward_mistake(
    """You pass decode the labels themselves; it takes their embedding, the same c as the encoder.""",
    in_decoder=lambda c, y: y,
)


_forward_mistake(
    """You turn the labels into a column of floats, as if a 2 were twice a 1; encode takes their embedding.""",
    in_encoder=lambda c, y: y[:, None].float(),
)


_forward_mistake(
    """You turn the labels into one-hot rows yourself, so the model's own embedding is never used and learns
    nothing.""",
    embed=lambda model, y: F.one_hot(y, 3).float(),
)


_forward_mistake(
    """The encoder gets the embedding, the decoder a one-hot row; both should get the same c.""",
    in_decoder=lambda c, y: F.one_hot(y, 3).float(),
)


_forward_mistake(
    """The decoder gets the embedding, the encoder a one-hot row; both should get the same c.""",
    in_encoder=lambda c, y: F.one_hot(y, 3).float(),
)


_forward_mistake(
    """You detach the condition on its way to both parts, so the embedding learns nothing.""",
    in_encoder=lambda c, y: c.detach(),
    in_decoder=lambda c, y: c.detach(),
)


_forward_mistake(
    """You detach the condition on its way to the decoder, so the decoder cannot train the embedding.""",
    in_decoder=lambda c, y: c.detach(),
)


_forward_mistake(
    """You detach the condition on its way to the encoder, so the KL cannot train the embedding.""",
    in_encoder=lambda c, y: c.detach(),
)


_forward_mistake(
    """z is mu: nothing is drawn, so the decoder never sees the rest of q(z|x,c), and its reconstructions teach logvar
    nothing.""",
    draw=lambda mu, logvar: mu,
)


_forward_mistake(
    """z is drawn from the prior, whatever the image is.""",
    draw=lambda mu, logvar: _noise(mu),
)


_forward_mistake(
    """You pass reparameterize the std, but it takes logvar and computes the std itself.""",
    draw=lambda mu, logvar: reparameterize(mu, (0.5 * logvar).exp()),
)


_forward_mistake(
    """You pass reparameterize the variance, but it takes logvar.""",
    draw=lambda mu, logvar: reparameterize(mu, logvar.exp()),
)


_forward_mistake(
    """You pass reparameterize its arguments in the wrong order: mu first, then logvar.""",
    draw=lambda mu, logvar: reparameterize(logvar, mu),
)


_forward_mistake(
    """You multiply the noise by exp(logvar), which is the variance.""",
    draw=lambda mu, logvar: mu + logvar.exp() * _noise(mu),
)


_forward_mistake(
    """You multiply the noise by logvar itself, which is not a std and may be negative.""",
    draw=lambda mu, logvar: mu + logvar * _noise(mu),
)


_forward_mistake(
    """Your noise always has a std of 1, whatever logvar is.""",
    draw=lambda mu, logvar: mu + _noise(mu),
)


_forward_mistake(
    """Your noise is right, but mu is not added, so all images decode from around 0.""",
    draw=lambda mu, logvar: (0.5 * logvar).exp() * _noise(mu),
)


_forward_mistake(
    """Your noise is uniform and always positive, but q(z|x,c) is a Gaussian around mu.""",
    draw=lambda mu, logvar: mu + (0.5 * logvar).exp() * torch.rand_like(mu),
)


_forward_mistake(
    """One draw of noise is used for all images of the batch; each needs its own.""",
    draw=lambda mu, logvar: mu + (0.5 * logvar).exp() * torch.randn(mu.shape[1]),
)


_forward_mistake(
    """One draw of noise is used for all latents of an image; each needs its own.""",
    draw=lambda mu, logvar: mu + (0.5 * logvar).exp() * torch.randn(len(mu), 1),
)


_forward_mistake(
    """Two calls draw the very same noise: a seed is set inside, so training would see the same draw every time.""",
    draw=lambda mu, logvar: (
        mu + (0.5 * logvar).exp() * torch.randn(mu.shape, generator=torch.Generator().manual_seed(0))
    ),
)


_forward_mistake(
    """z is right, but no gradient passes through it: .sample(), detach or no_grad cuts it off, so the reconstruction
    teaches the encoder nothing. Use reparameterize (or rsample).""",
    draw=lambda mu, logvar: reparameterize(mu, logvar).detach(),
)


_forward_mistake(
    """You return x_hat, the sigmoid; a conditional VAE returns x_logits, as the likelihood needs them.""",
    after=lambda x_logits, mu, logvar, z: (x_logits.sigmoid(), mu, logvar),
)


_forward_mistake(
    """x_logits should come first, then mu, then logvar: yours comes last.""",
    after=lambda x_logits, mu, logvar, z: (mu, logvar, x_logits),
)


_forward_mistake(
    """mu and logvar are swapped in your results: x_logits, mu, logvar.""",
    after=lambda x_logits, mu, logvar, z: (x_logits, logvar, mu),
)


_forward_mistake(
    """Your third result is the std, exp(logvar / 2): return logvar as the encoder gives it.""",
    after=lambda x_logits, mu, logvar, z: (x_logits, mu, (0.5 * logvar).exp()),
)


_forward_mistake(
    """You return x_logits alone, but the KL needs mu and logvar, too.""",
    after=lambda x_logits, mu, logvar, z: x_logits,
)


_forward_mistake(
    """You return z as well; the task asks for three results: x_logits, mu, logvar.""",
    after=lambda x_logits, mu, logvar, z: (x_logits, mu, logvar, z),
)


_forward_mistake(
    """mu and logvar are detached, so the KL could teach the encoder nothing.""",
    after=lambda x_logits, mu, logvar, z: (x_logits, mu.detach(), logvar.detach()),
)


EXERCISE.mistake(cut_off(forward))


for _sentence, _eps in {
    """The draws come in pairs, each eps twice, as it is or with the other sign, so the images of a batch are not
    independent.""": lambda mu: _noise(mu[: (len(mu) + 1) // 2]).repeat(2, 1)[: len(mu)],
    """Your noise is too narrow: eps should have a std of 1 before it is scaled.""": lambda mu: (
        0.9 * _noise(mu)
    ),
    """The noise is clamped, so no draw goes far: q(z|x,c) is a Gaussian with its tails.""": lambda mu: (
        _noise(mu).clamp(-2, 2)
    ),
    """The noise is uniform: centred and with a std of 1, but q(z|x,c) is a Gaussian.""": lambda mu: (
        12**0.5 * (torch.rand_like(mu) - 0.5)
    ),
}.items():
    _forward_mistake(_sentence, draw=lambda mu, logvar, eps=_eps: mu + (0.5 * logvar).exp() * eps(mu))


@EXERCISE.mistake
def mean_in_evaluation(model: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Right in training, but in evaluation mode you decode mu. forward draws in both; whoever wants mu calls encode
    and decode."""
    c = model.embed(y)
    mu, logvar = model.encode(x, c)
    return model.decode(reparameterize(mu, logvar) if model.training else mu, c), mu, logvar
