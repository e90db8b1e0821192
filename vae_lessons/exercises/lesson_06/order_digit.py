"""Exercises of lesson 06: labels as rows, who is told, halves of images, a fair measure, digits on order."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_lessons.conditional_vae import OneHot
from vae_lessons.exercises.exercise import Answer, Exercise, Prediction, Seen, as_tensor
from vae_lessons.exercises.probes import attempt, cut_off, each, in_short, look
from vae_lessons.gaussians import kl_closed_form, kl_per_latent, reparameterize
from vae_lessons.likelihoods import bernoulli_log_likelihood

# 6.1


def one_hot(y: Tensor, classes: int) -> Tensor:
    """Labels (B,), whole numbers below classes, as rows (B, classes): 1 in the label's column, 0 elsewhere."""
    return F.one_hot(y, classes).float()


def one_hot_probe(answer: Answer) -> Iterator[Seen]:
    for y, classes in ((torch.tensor([1]), 3), (torch.tensor([0, 3, 1]), 5), (torch.tensor([4, 4]), 5)):
        inputs = {"y": y, "classes": classes}
        returned, failed = attempt(lambda y=y, classes=classes: answer(y.clone(), classes), in_short(inputs))
        if failed or returned is None:
            yield failed or Seen("the result", "None", in_short(inputs))
            return
        yield from look(answer, inputs)
        yield Seen("its numbers are", _kind(returned), in_short(inputs))


def _kind(value: object) -> str:
    """Of which kind the numbers of a tensor, an array or a list are."""
    tensor, failed = attempt(lambda: torch.as_tensor(value), "")
    if failed:
        return f"a {type(value).__name__}"
    return (
        "floats"
        if tensor.is_floating_point()
        else "True and False"
        if tensor.dtype == torch.bool
        else "integers"
    )


ONE_HOT = Exercise(
    number="6.1",
    title="One-hot",
    task="""Turn labels into rows that a layer can add up: y (B,) holds whole numbers below classes, as int64. Return
    (B, classes): 1 in the column of the label, 0 elsewhere, as floats.""",
    minutes=3,
    difficulty=1,
    reference=one_hot,
    probe=one_hot_probe,
    hints=(
        "Compare every label with every class number from 0 to classes - 1.",
        "F.one_hot does it; look at its second argument, and at the dtype it returns.",
        "F.one_hot(y, classes) is (B, classes) of integers, and .float() makes them floats.",
    ),
    shown=(one_hot, OneHot),
)


@ONE_HOT.mistake
def integers(y: Tensor, classes: int) -> Tensor:
    """The zeros and ones are right, but they are integers, and a linear layer multiplies floats: add .float()."""
    return F.one_hot(y, classes)


ONE_HOT.recognise(
    """You return True and False; a linear layer multiplies floats: add .float().""",
    lambda y, classes: y[:, None] == torch.arange(classes),
)
ONE_HOT.recognise(
    """You count the classes from the largest label of this batch, so a batch without a 9 gets narrower rows: use the
    argument, F.one_hot(y, classes).""",
    lambda y, classes: F.one_hot(y).float(),
)
ONE_HOT.recognise(
    """Two things: the width comes from the largest label of this batch instead of classes, and the numbers are
    integers. Give F.one_hot its second argument, and add .float().""",
    lambda y, classes: F.one_hot(y),
)
ONE_HOT.recognise(
    """You return the label itself as one number, as if a 4 were twice a 2: each class needs a column of its own.""",
    lambda y, classes: y[:, None].float(),
)
ONE_HOT.recognise(
    """You return the labels as floats, (B,): each class needs a column of its own, (B, classes).""",
    lambda y, classes: y.float(),
)
ONE_HOT.recognise(
    """Your 1 stands one column too far to the right: counting begins at 0, so label 0 has the first column.""",
    lambda y, classes: one_hot((y + 1) % classes, classes),
)
ONE_HOT.recognise(
    """Your 1 stands one column too far to the left: labels begin at 0, so nothing is subtracted from y.""",
    lambda y, classes: one_hot((y - 1) % classes, classes),
)
ONE_HOT.recognise(
    """There is a column too many: labels 0 to classes - 1 need `classes` columns.""",
    lambda y, classes: one_hot(y, classes + 1),
)
ONE_HOT.recognise(
    """The numbers are right, but each label stands in a column, (classes, B): a label is a row, (B, classes).""",
    lambda y, classes: one_hot(y, classes).T,
)
ONE_HOT.recognise(
    """There is an axis too many, (B, 1, classes), which does not fit beside features (B, H): give y as (B,), without
    a new axis.""",
    lambda y, classes: one_hot(y, classes)[:, None],
)
ONE_HOT.recognise(
    """Your other columns hold -1; they hold 0, so that a linear layer picks just one column of its weights.""",
    lambda y, classes: 2 * one_hot(y, classes) - 1,
)
ONE_HOT.recognise(
    """This is the opposite, 0 in the label's column and 1 elsewhere.""",
    lambda y, classes: 1 - one_hot(y, classes),
)
ONE_HOT.recognise(
    """You divide by the number of classes: the label's column holds 1.""",
    lambda y, classes: one_hot(y, classes) / classes,
)
ONE_HOT.recognise(
    """You write the label's number into its column, so a 0 leaves no trace: write 1.""",
    lambda y, classes: one_hot(y, classes) * y[:, None],
)
ONE_HOT.recognise(
    """All columns hold 1, whatever the label is: only the label's column does.""",
    lambda y, classes: torch.ones(len(y), classes),
)
ONE_HOT.recognise(
    """All columns hold 0: nothing was written. (scatter without the underscore returns a new tensor; rows[index][y] =
    1 writes into a copy.)""",
    lambda y, classes: torch.zeros(len(y), classes),
)
ONE_HOT.recognise(
    """Your ones fill the row up to the label, as on a thermometer, so labels seem to have an order: only the label's
    own column holds 1.""",
    lambda y, classes: (torch.arange(classes) <= y[:, None]).float(),
)
ONE_HOT.recognise(
    """Every row has the ones of all labels in the batch: rows[:, y] = 1 writes into all rows. Pair each row with its
    own label: rows[torch.arange(B), y] = 1.""",
    lambda y, classes: one_hot(y, classes).amax(0).repeat(len(y), 1),
)
ONE_HOT.recognise(
    """You count how often each label occurs in the batch: return one row for each label.""",
    lambda y, classes: one_hot(y, classes).sum(0),
)
ONE_HOT.recognise(
    """You apply softmax to the row, so every class is a little true: the row is 0 and 1.""",
    lambda y, classes: one_hot(y, classes).softmax(1),
)
ONE_HOT.recognise(
    """The numbers are right, but in one long row: return (B, classes).""",
    lambda y, classes: one_hot(y, classes).flatten(),
)


# 6.2


class _Told(nn.Module):
    """A module with fixed weights that an evidence line can name."""

    def __init__(self, told: str, inputs: int, outputs: int, seed: int) -> None:
        super().__init__()
        self.told = told
        weights = torch.randn(outputs, inputs, generator=torch.Generator().manual_seed(seed))
        self.weight = nn.Parameter(weights / inputs**0.5)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x.flatten(1) if x.ndim == 4 else x, self.weight)


def encode(
    encoder: nn.Module, to_mu: nn.Module, to_logvar: nn.Module, x: Tensor, c: Tensor
) -> tuple[Tensor, Tensor]:
    """x (B, 1, H, W) and its embedded condition c (B, C) -> mu (B, J), logvar (B, J)."""
    h = torch.cat([encoder(x), c], 1)  # (B, H + C)
    return to_mu(h), to_logvar(h)


_IMAGES = torch.tensor(
    [[0.9, 0.2, 0.7, 0.1, 0.6, 0.3], [0.15, 0.8, 0.35, 0.95, 0.05, 0.55], [0.4, 0.65, 0.25, 0.5, 0.85, 0.45]]
).view(3, 1, 2, 3)  # (B, C, H, W)
_CONDITIONS = torch.tensor([[0.7, -1.2, 0.4], [-0.3, 0.6, 1.9], [1.4, -0.8, -0.5]])  # (B, C)
_PARTS = {
    "encoder": _Told("a module", 6, 4, seed=1),
    "to_mu": _Told("a module", 7, 2, seed=2),
    "to_logvar": _Told("a module", 7, 2, seed=3),
}

ENCODE = Exercise(
    number="6.2",
    title="A conditional encoder",
    task="""Write encode(encoder, to_mu, to_logvar, x, c) for q(z|x,c): encoder turns x (B, 1, H, W) into features (B,
    hidden), c (B, C) is the embedded condition, and the two heads to_mu and to_logvar take hidden + C numbers, the
    features first. Return mu and logvar, (B, J) each.""",
    minutes=6,
    difficulty=1,
    reference=encode,
    probe=each(
        {**_PARTS, "x": _IMAGES[:1], "c": _CONDITIONS[:1]},
        {**_PARTS, "x": _IMAGES, "c": _CONDITIONS},
        results=("mu", "logvar"),
        gradients=["x", "c"],
    ),
    hints=(
        "Both heads should see everything that is known: what the image shows and what was told.",
        "Put the rows side by side: torch.cat joins along axis 0 unless told otherwise.",
        "h = torch.cat([encoder(x), c], 1) is (B, hidden + C); give it to to_mu and to to_logvar.",
    ),
)


def _encode_mistake(sentence: str, for_mu, for_logvar=None, after=lambda mu, logvar: (mu, logvar)) -> None:
    """A wrong encode: what each head is given, made from features and condition (the same by default), and what
    happens after."""

    def answer(
        encoder: nn.Module, to_mu: nn.Module, to_logvar: nn.Module, x: Tensor, c: Tensor
    ) -> tuple[Tensor, Tensor]:
        h = encoder(x)
        return after(to_mu(for_mu(h, c)), to_logvar((for_logvar or for_mu)(h, c)))

    ENCODE.recognise(sentence, answer)


def _both(h: Tensor, c: Tensor) -> Tensor:
    return torch.cat([h, c], 1)


def _features_only(h: Tensor, c: Tensor) -> Tensor:
    return torch.cat([h, torch.zeros_like(c)], 1)


def _condition_only(h: Tensor, c: Tensor) -> Tensor:
    return torch.cat([torch.zeros_like(h), c], 1)


_encode_mistake(
    """The heads get the features alone, and miss the C numbers of the condition, which is why PyTorch complains: join
    c to them with torch.cat.""",
    lambda h, c: h,
)
_encode_mistake(
    """The heads get the condition alone: join it to the features of x with torch.cat.""",
    lambda h, c: c,
)
_encode_mistake(
    """torch.cat joins along axis 0, below each other, unless told otherwise; the condition belongs beside the
    features, axis 1.""",
    lambda h, c: torch.cat([h, c]),
)
_encode_mistake(
    """You add the condition to the features, but they have different widths, and would blur each other if they had
    not: join them with torch.cat, axis 1.""",
    lambda h, c: h + c,
)
_encode_mistake(
    """You fill the place of the condition with zeros, so the shapes fit but the encoder is told nothing: join c
    itself.""",
    _features_only,
)
_encode_mistake(
    """Zeros stand where the features of x belong, so every image with the same condition gets the same code: join
    encoder(x) and c.""",
    _condition_only,
)
_encode_mistake(
    """Only mu is told the condition; how wide a region has to be depends on it as well. Give both heads the same
    row.""",
    _both,
    _features_only,
)
_encode_mistake(
    """Only logvar is told the condition; where a region lies depends on it as well. Give both heads the same row.""",
    _features_only,
    _both,
)
_encode_mistake(
    """The condition stands before the features, so each meets the weights that were made for the other: features
    first.""",
    lambda h, c: torch.cat([c, h], 1),
)
_encode_mistake(
    """mu gets the features first, logvar the condition first: give both heads the same row, features first.""",
    _both,
    lambda h, c: torch.cat([c, h], 1),
)
_encode_mistake(
    """logvar gets the features first, mu the condition first: give both heads the same row, features first.""",
    lambda h, c: torch.cat([c, h], 1),
    _both,
)
_encode_mistake(
    """All images are told the condition of the first one: each row of features has its own row of c.""",
    lambda h, c: torch.cat([h, c[:1].expand(len(h), -1)], 1),
)
_encode_mistake(
    """The conditions stand in the reverse order, so images are told those of others: row n of c belongs to image
    n.""",
    lambda h, c: torch.cat([h, c.flip(0)], 1),
)
_encode_mistake(
    """The conditions are shifted by a row, so each image is told that of another: row n of c belongs to image n.""",
    lambda h, c: torch.cat([h, c.roll(1, 0)], 1),
)
_encode_mistake(
    """All images are told the average condition of the batch: row n of c belongs to image n.""",
    lambda h, c: torch.cat([h, c.mean(0).expand_as(c)], 1),
)
_encode_mistake(
    """You apply softmax to the condition, which changes what is told: it is embedded already, so join it as it is.""",
    lambda h, c: torch.cat([h, c.softmax(1)], 1),
)
_encode_mistake(
    """You cut the condition down to its largest number: it is embedded already, so join it as it is.""",
    lambda h, c: torch.cat([h, F.one_hot(c.argmax(1), 3).float()], 1),
)
_encode_mistake(
    """You put a ReLU on the row before the heads, which wipes out every negative number of the condition: join the
    features and c as they are.""",
    lambda h, c: _both(h, c).relu(),
)
_encode_mistake(
    """The numbers are right, but the condition is detached, so an embedding in front of it could never learn: join c
    as it comes.""",
    lambda h, c: torch.cat([h, c.detach()], 1),
)
_encode_mistake(
    """The numbers are right, but the features are detached, so the encoder could never learn: join them as they
    come.""",
    lambda h, c: torch.cat([h.detach(), c], 1),
)
_encode_mistake(
    """Your second result is a std, exp(logvar / 2); asked for is logvar, as its head gives it.""",
    _both,
    after=lambda mu, logvar: (mu, (0.5 * logvar).exp()),
)
_encode_mistake(
    """Your second result is a variance, exp(logvar); asked for is logvar, as its head gives it.""",
    _both,
    after=lambda mu, logvar: (mu, logvar.exp()),
)
_encode_mistake(
    """The two results changed places: mu comes first.""",
    _both,
    after=lambda mu, logvar: (logvar, mu),
)
_encode_mistake(
    """Both results come from to_mu, the same numbers twice: logvar has a head of its own.""",
    _both,
    after=lambda mu, logvar: (mu, mu),
)
_encode_mistake(
    """Both results come from to_logvar, the same numbers twice: mu has a head of its own.""",
    _both,
    after=lambda mu, logvar: (logvar, logvar),
)
_encode_mistake(
    """You return one tensor; a region needs a place and a width: return two, mu and logvar, (B, J) each.""",
    _both,
    after=lambda mu, logvar: mu,
)
ENCODE.mistake(cut_off(encode))


# 6.3


class Teller(nn.Module):
    """Embedding, encode and decode of a conditional VAE with 2 latents and 3 classes, bare and with fixed weights.

    Its x_logits are so wide that z and c can be read off them again.
    """

    told = "a small conditional VAE"
    latent_dim = 2

    def __init__(self) -> None:
        super().__init__()
        numbers = torch.Generator().manual_seed(7)
        self.listening: dict[
            str, bool
        ] = {}  # whether what encode and decode were told can teach the embedding
        self.table = nn.Parameter(torch.tensor([[0.7, -1.2, 0.4], [-0.3, 0.6, 1.9], [1.4, -0.8, -0.5]]))
        self.to_mu = nn.Parameter(0.8 * torch.randn(2, 9, generator=numbers))
        self.to_logvar = nn.Parameter(0.2 * torch.randn(2, 9, generator=numbers))
        self.out = nn.Parameter(
            2.5 * torch.linalg.qr(torch.randn(6, 5, generator=numbers)).Q
        )  # (D, J + C), upright columns

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
    yield Seen("the decoder is told", _who(model, model.heard(x_logits)[1]), given)
    for name, weight in (
        ("mu's head", model.to_mu),
        ("logvar's head", model.to_logvar),
        ("embed", model.table),
    ):
        yield Seen(f"the gradient of x_logits reaches {name}", _reaches(x_logits, weight), given)
    for name in ("encode", "decode"):
        yield Seen(f"what {name} is told can teach the embedding", str(model.listening.get(name)), given)
    yield Seen("the gradient of mu reaches its head", _reaches(mu, model.to_mu), given)
    yield Seen("the gradient of logvar reaches its head", _reaches(logvar, model.to_logvar), given)
    yield from _draws(answer, model)


def _draws(answer: Answer, model: Teller, copies: int = 1200) -> Iterator[Seen]:
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


def _reaches(result: Tensor, weight: Tensor) -> str:
    if not result.requires_grad:
        return "no"
    found, failed = attempt(
        lambda: torch.autograd.grad(result.sum(), weight, retain_graph=True, allow_unused=True)[0], ""
    )
    return "no" if failed or found is None or not (found != 0).any() else "yes"


def _spread(z: Tensor, z_again: Tensor, given: str) -> Iterator[Seen]:
    """How the draws of two calls lie, (N, J) each; ends where chance alone would decide."""
    repeats, one_for_all = torch.allclose(z, z_again, 1e-3, 1e-3), bool((z.std(0) < 1e-3).all())
    yield Seen("two calls", "decode the same z" if repeats else "decode different z", given)
    yield Seen("within a call", "one z for all" if one_for_all else "a z for each", given)
    if one_for_all and not repeats:
        return
    yield Seen("the mean of z, within chance", z.mean(0), given, tolerance=0.25)
    if one_for_all:
        return
    yield Seen("the logarithm of the std of z, within chance", z.std(0).log(), given, tolerance=0.15)
    shared = abs(torch.corrcoef(z.T)[0, 1].item()) > 0.9
    yield Seen(
        "the noise of an image", "is the same for all latents" if shared else "differs by latent", given
    )
    far = ((z - z.mean(0)) / z.std(0)).abs().max().item()
    yield Seen("the farthest draws", "beyond 2.2 std" if far > 2.2 else "within 2.2 std", given)


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
        (name for name, true in candidates.items() if torch.allclose(c, true, 1e-3, 1e-3)), "something else"
    )


FORWARD = Exercise(
    number="6.3",
    title="A conditional VAE, forward",
    task="""Write forward(model, x, y) of a conditional VAE for images x (B, 1, H, W) and labels y (B,). Here
    model.embed(y) gives the condition c (B, C), model.encode(x, c) gives mu and logvar, (B, J), and model.decode(z,
    c) gives x_logits. Draw z with reparameterize, which is at hand, and return x_logits, mu, logvar, in this
    order.""",
    minutes=10,
    difficulty=2,
    reference=forward,
    probe=forward_probe,
    hints=(
        "It is the forward of lesson 02 with one more thing said, in two places.",
        "Embed y once; c goes into encode beside x, and into decode beside z.",
        "mu, logvar = model.encode(x, c); z = reparameterize(mu, logvar); then model.decode(z, c) is the first "
        "result.",
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

    FORWARD.recognise(sentence, answer)


def _noise(mu: Tensor) -> Tensor:
    return torch.randn_like(mu)


_forward_mistake(
    """Only the encoder is told: the decoder gets zeros for c and draws what it likes. Give decode the same c.""",
    in_decoder=lambda c, y: torch.zeros_like(c),
)
_forward_mistake(
    """Only the decoder is told: the encoder gets zeros for c, so z has to hold the label again. Give encode the same
    c.""",
    in_encoder=lambda c, y: torch.zeros_like(c),
)
_forward_mistake(
    """Nobody is told: zeros stand for c in the encoder and in the decoder, which is a plain VAE. Give both the
    embedding.""",
    embed=lambda model, y: torch.zeros_like(model.embed(y)),
)
_forward_mistake(
    """The decoder is told the labels of other images, shifted by a row: give it the same c as the encoder.""",
    in_decoder=lambda c, y: c.roll(1, 0),
)
_forward_mistake(
    """The decoder is told the labels in reverse order: give it the same c as the encoder.""",
    in_decoder=lambda c, y: c.flip(0),
)
_forward_mistake(
    """The encoder is told the labels of other images, shifted by a row: row n of c belongs to image n.""",
    in_encoder=lambda c, y: c.roll(1, 0),
)
_forward_mistake(
    """The encoder is told the labels in reverse order: row n of c belongs to image n.""",
    in_encoder=lambda c, y: c.flip(0),
)
_forward_mistake(
    """The decoder is told the first label for all images: give it the same c as the encoder.""",
    in_decoder=lambda c, y: c[:1].expand_as(c),
)
_forward_mistake(
    """You give encode the labels as they are, and it takes their embedding: c = model.embed(y) first.""",
    in_encoder=lambda c, y: y,
)
_forward_mistake(
    """You give decode the labels as they are, and it takes their embedding, the same c as the encoder.""",
    in_decoder=lambda c, y: y,
)
_forward_mistake(
    """You make the labels a column of floats, as if a 2 were twice a 1; encode takes their embedding,
    model.embed(y).""",
    in_encoder=lambda c, y: y[:, None].float(),
)
_forward_mistake(
    """You turn the labels into one-hot rows of your own, but this model has an embedding, which has to be used so
    that it learns: c = model.embed(y).""",
    embed=lambda model, y: F.one_hot(y, 3).float(),
)
_forward_mistake(
    """The encoder gets the embedding, the decoder a one-hot row: they should be told the same, model.embed(y).""",
    in_decoder=lambda c, y: F.one_hot(y, 3).float(),
)
_forward_mistake(
    """The decoder gets the embedding, the encoder a one-hot row: they should be told the same, model.embed(y).""",
    in_encoder=lambda c, y: F.one_hot(y, 3).float(),
)
_forward_mistake(
    """You detach the condition on its way to the decoder, so what is drawn cannot teach the embedding fully: use c as
    it comes in both places.""",
    in_encoder=lambda c, y: c.detach(),
    in_decoder=lambda c, y: c.detach(),
)
_forward_mistake(
    """You detach the condition on its way to the decoder, so what is drawn cannot teach the embedding: use c as it
    is in both places.""",
    in_decoder=lambda c, y: c.detach(),
)
_forward_mistake(
    """You detach the condition on its way to the encoder, so the KL cannot teach the embedding: use c as it is in
    both places.""",
    in_encoder=lambda c, y: c.detach(),
)
_forward_mistake(
    """z is mu: nothing is drawn, so the decoder never meets the region around it, and logvar learns nothing from the
    images. Use reparameterize.""",
    draw=lambda mu, logvar: mu,
)
_forward_mistake(
    """z is drawn from the prior, whatever the image is: draw it from q(z|x,c) with reparameterize(mu, logvar).""",
    draw=lambda mu, logvar: _noise(mu),
)
_forward_mistake(
    """You hand reparameterize the std, but it takes logvar and makes the std itself: reparameterize(mu, logvar).""",
    draw=lambda mu, logvar: reparameterize(mu, (0.5 * logvar).exp()),
)
_forward_mistake(
    """You hand reparameterize the variance, but it takes logvar and does the rest itself: reparameterize(mu,
    logvar).""",
    draw=lambda mu, logvar: reparameterize(mu, logvar.exp()),
)
_forward_mistake(
    """You hand reparameterize its arguments in the wrong order: mu first, then logvar.""",
    draw=lambda mu, logvar: reparameterize(logvar, mu),
)
_forward_mistake(
    """You multiply the noise by exp(logvar), the variance; the std is exp(logvar / 2), as reparameterize has it.""",
    draw=lambda mu, logvar: mu + logvar.exp() * _noise(mu),
)
_forward_mistake(
    """You multiply the noise by logvar itself; the std is exp(logvar / 2), as reparameterize has it.""",
    draw=lambda mu, logvar: mu + logvar * _noise(mu),
)
_forward_mistake(
    """Your noise always has a std of 1, whatever logvar says: use reparameterize.""",
    draw=lambda mu, logvar: mu + _noise(mu),
)
_forward_mistake(
    """Your noise is right, but mu is not added, so all images decode from around 0: use reparameterize.""",
    draw=lambda mu, logvar: (0.5 * logvar).exp() * _noise(mu),
)
_forward_mistake(
    """Your noise is uniform, always positive: the region is a bell curve around mu. Use reparameterize.""",
    draw=lambda mu, logvar: mu + (0.5 * logvar).exp() * torch.rand_like(mu),
)
_forward_mistake(
    """One draw of noise serves all images of the batch: each needs its own, as in reparameterize(mu, logvar).""",
    draw=lambda mu, logvar: mu + (0.5 * logvar).exp() * torch.randn(mu.shape[1]),
)
_forward_mistake(
    """One draw of noise serves all latents of an image: each needs its own, as in reparameterize(mu, logvar).""",
    draw=lambda mu, logvar: mu + (0.5 * logvar).exp() * torch.randn(len(mu), 1),
)
_forward_mistake(
    """Two calls draw the very same noise: a seed is set inside, so training would see one draw for ever. Leave the
    seed to the caller.""",
    draw=lambda mu, logvar: (
        mu + (0.5 * logvar).exp() * torch.randn(mu.shape, generator=torch.Generator().manual_seed(0))
    ),
)
_forward_mistake(
    """z is right, but no gradient passes through it: .sample(), detach or no_grad cut it off, so the images teach the
    encoder nothing. Use reparameterize (or rsample).""",
    draw=lambda mu, logvar: reparameterize(mu, logvar).detach(),
)
_forward_mistake(
    """You return x_hat, the sigmoid; a conditional VAE returns x_logits, and the likelihood does the rest.""",
    after=lambda x_logits, mu, logvar, z: (x_logits.sigmoid(), mu, logvar),
)
_forward_mistake(
    """x_logits should come first, then mu, then logvar: yours comes last.""",
    after=lambda x_logits, mu, logvar, z: (mu, logvar, x_logits),
)
_forward_mistake(
    """mu and logvar changed places among the results: x_logits, mu, logvar.""",
    after=lambda x_logits, mu, logvar, z: (x_logits, logvar, mu),
)
_forward_mistake(
    """Your third result is the std, exp(logvar / 2): return logvar as the encoder gives it.""",
    after=lambda x_logits, mu, logvar, z: (x_logits, mu, (0.5 * logvar).exp()),
)
_forward_mistake(
    """You return x_logits alone; the KL needs mu and logvar too: return x_logits, mu, logvar.""",
    after=lambda x_logits, mu, logvar, z: x_logits,
)
_forward_mistake(
    """You return z as well: three results are asked for, x_logits, mu, logvar.""",
    after=lambda x_logits, mu, logvar, z: (x_logits, mu, logvar, z),
)
_forward_mistake(
    """mu and logvar are detached, so the KL could teach the encoder nothing: return them as they come.""",
    after=lambda x_logits, mu, logvar, z: (x_logits, mu.detach(), logvar.detach()),
)
FORWARD.mistake(cut_off(forward))


# 6.4


def halves(images: Tensor) -> tuple[Tensor, Tensor]:
    """Images (B, 1, 28, 28) as given, their upper 14 rows, and wanted, their lower 14; the rest of each is 0."""
    given, wanted = images.clone(), images.clone()
    given[..., 14:, :], wanted[..., :14, :] = 0, 0
    return given, wanted


def halves_probe(answer: Answer) -> Iterator[Seen]:
    for count in (1, 3):
        numbers = torch.Generator().manual_seed(count)
        images = 0.1 + 0.7 * torch.rand(count, 1, 28, 28, generator=numbers)  # no pixel is 0, 0.5 or 1
        given, handed = f"images ({count}, 1, 28, 28), no pixel of which is 0", images.clone()
        returned, failed = attempt(lambda handed=handed: answer(handed), given)
        if failed or returned is None:
            yield failed or Seen("the results", "None", given)
            return
        after = "as they were" if torch.equal(handed, images) else _kept(handed.double(), images.double())
        yield Seen("images after the call", after, given)
        if not (isinstance(returned, tuple | list) and len(returned) == 2):
            yield Seen("the results", f"one {type(returned).__name__}", given)
            return
        for name, result in zip(("given", "wanted"), returned, strict=True):
            yield Seen(name, _kept(as_tensor(result), images.double()), given)


def _kept(result: Tensor | str, images: Tensor) -> str:
    """In words, which part of images a result keeps, and what stands elsewhere."""
    if isinstance(result, str):
        return result
    if result.shape != images.shape:
        begins = [
            name
            for name, part in {"upper": images[..., :14, :], "lower": images[..., 14:, :]}.items()
            if result.shape == part.shape and torch.allclose(result, part)
        ]
        return f"shape {tuple(result.shape)}" + "".join(f", the {name} half" for name in begins)
    same = torch.isclose(result, images).all(0)[0]  # (H, W)
    rest = result[:, 0][:, ~same].unique()
    others = "nothing else" if bool(same.all()) else f"{rest[0].item():.3g} elsewhere"
    others = "something else elsewhere" if len(rest) > 1 else others
    if not same.any():
        for name, shift in (("upper", 14), ("lower", -14)):
            if torch.allclose(result, halves(images)[name == "lower"].roll(shift, 2)):
                return f"the {name} half, moved into the other"
        return f"nothing kept, {others}"
    rows, columns = same.any(1).nonzero()[:, 0].tolist(), same.any(0).nonzero()[:, 0].tolist()
    whole = same[rows][:, columns].all() and len(rows) == rows[-1] - rows[0] + 1
    place = (
        f"rows {rows[0]} to {rows[-1]}, columns {columns[0]} to {columns[-1]} kept"
        if whole
        else "single pixels kept"
    )
    return f"{place}, {others}"


HALVES = Exercise(
    number="6.4",
    title="Half an image",
    task="""Cut images (B, 1, 28, 28) for a model that completes them: return given, which keeps the upper 14 rows and
    is 0 below, and wanted, which is 0 above and keeps the lower 14 rows. Both are (B, 1, 28, 28). The images you were
    handed stay as they are.""",
    minutes=5,
    difficulty=1,
    reference=halves,
    probe=halves_probe,
    hints=(
        "Which of the four axes counts rows? Row 0 is at the top.",
        "Two copies, and in each of them one half set to 0: a tensor assigned to a second name is still the same "
        "tensor.",
        "given = images.clone(), then given[..., 14:, :] = 0; wanted likewise, with :14.",
    ),
)


def _halves_mistake(sentence: str, given, wanted) -> None:
    """Wrong halves, each made from the images."""

    def answer(images: Tensor) -> tuple[Tensor, Tensor]:
        return given(images), wanted(images)

    HALVES.recognise(sentence, answer)


def _rows(first: int, last: int, blank: float = 0.0):
    """Keep rows first to last, the latter not included."""

    def cut(images: Tensor) -> Tensor:
        result = torch.full_like(images, blank)
        result[..., first:last, :] = images[..., first:last, :]
        return result

    return cut


def _columns(first: int, last: int):
    return lambda images: _rows(first, last)(images.mT).mT


_UPPER, _LOWER = _rows(0, 14), _rows(14, 28)
_halves_mistake(
    """You cut the images into left and right: the last axis counts columns, the one before it rows.""",
    _columns(0, 14),
    _columns(14, 28),
)
_halves_mistake(
    """You cut the images into left and right, and the right one is given: rows are counted by the last axis but one,
    and the upper half is given.""",
    _columns(14, 28),
    _columns(0, 14),
)
_halves_mistake(
    """The two halves changed places: the upper one is given, the lower one wanted.""",
    _LOWER,
    _UPPER,
)
_halves_mistake(
    """You set the wrong axis to 0: with 1 channel and few images, 14: finds nothing there and :14 everything. Rows
    are the last axis but one.""",
    _rows(0, 28),
    _rows(0, 0),
)
_halves_mistake(
    """You cut the halves out, (B, 1, 14, 28): both should keep the size of an image, with 0 in the other half.""",
    lambda images: images[..., :14, :],
    lambda images: images[..., 14:, :],
)
_halves_mistake(
    """Row 14 is in both halves: the upper one ends before row 14, and :14 stops there.""",
    _rows(0, 15),
    _LOWER,
)
_halves_mistake(
    """Row 13 is in both halves: the lower one begins at row 14.""",
    _UPPER,
    _rows(13, 28),
)
_halves_mistake(
    """Row 13 is in neither half: the upper one has rows 0 to 13, and :13 stops before row 13.""",
    _rows(0, 13),
    _LOWER,
)
_halves_mistake(
    """Row 14 is in neither half: the lower one begins at row 14, not at 15.""",
    _UPPER,
    _rows(15, 28),
)
_halves_mistake(
    """Both cuts are one row too low: rows 0 to 13 are given, rows 14 to 27 wanted.""",
    _rows(0, 15),
    _rows(15, 28),
)
_halves_mistake(
    """Both cuts are one row too high: rows 0 to 13 are given, rows 14 to 27 wanted.""",
    _rows(0, 13),
    _rows(13, 28),
)
_halves_mistake(
    """wanted is the whole image, so the model would have to draw what it was given, too: set the upper rows to 0.""",
    _UPPER,
    lambda images: images.clone(),
)
_halves_mistake(
    """given is the whole image, so nothing is left to complete: set the lower rows to 0.""",
    lambda images: images.clone(),
    _LOWER,
)
_halves_mistake(
    """Both results are the upper half: wanted is the other one.""",
    _UPPER,
    _UPPER,
)
_halves_mistake(
    """Both results are the lower half: given is the other one.""",
    _LOWER,
    _LOWER,
)
_halves_mistake(
    """You fill the missing half with grey, 0.5: it should be 0, the colour of paper.""",
    _rows(0, 14, 0.5),
    _rows(14, 28, 0.5),
)
_halves_mistake(
    """You fill the missing half with 1, which is ink: it should be 0.""",
    _rows(0, 14, 1.0),
    _rows(14, 28, 1.0),
)
_halves_mistake(
    """You fill the missing half with -1: it should be 0, the colour of paper.""",
    _rows(0, 14, -1.0),
    _rows(14, 28, -1.0),
)
_halves_mistake(
    """wanted holds the lower half in its upper rows: leave it where it was, or it would not fit below the given
    one.""",
    _UPPER,
    lambda images: _LOWER(images).roll(-14, 2),
)
_halves_mistake(
    """You return the masks, ones where an image is kept: multiply the images by them.""",
    lambda images: _UPPER(torch.ones_like(images)),
    lambda images: _LOWER(torch.ones_like(images)),
)


@HALVES.mistake
def one_tensor_three_names(images: Tensor) -> tuple[Tensor, Tensor]:
    """given and wanted are one and the same tensor, and that of the caller: = makes no copy, so all rows end as 0 and
    the images are lost. Use images.clone() for each."""
    given = wanted = images
    given[..., 14:, :] = 0
    wanted[..., :14, :] = 0
    return given, wanted


@HALVES.mistake
def one_copy_two_names(images: Tensor) -> tuple[Tensor, Tensor]:
    """given and wanted are one and the same tensor, so all its rows end as 0: one copy for each, images.clone()."""
    given = wanted = images.clone()
    given[..., 14:, :] = 0
    wanted[..., :14, :] = 0
    return given, wanted


@HALVES.mistake
def given_in_place(images: Tensor) -> tuple[Tensor, Tensor]:
    """Both halves are right, but given is the caller's tensor itself, and its images lost their lower half: use
    images.clone() for both."""
    given, wanted = images, images.clone()
    given[..., 14:, :], wanted[..., :14, :] = 0, 0
    return given, wanted


@HALVES.mistake
def wanted_in_place(images: Tensor) -> tuple[Tensor, Tensor]:
    """Both halves are right, but wanted is the caller's tensor itself, and its images lost their upper half: use
    images.clone() for both."""
    given, wanted = images.clone(), images
    given[..., 14:, :], wanted[..., :14, :] = 0, 0
    return given, wanted


@HALVES.mistake
def copied_too_late(images: Tensor) -> tuple[Tensor, Tensor]:
    """You set the lower half of the images to 0 before you copy them for wanted, so nothing is left there: make both
    copies first."""
    given = images
    given[..., 14:, :] = 0
    wanted = images.clone()
    wanted[..., :14, :] = 0
    return given, wanted


HALVES.recognise(
    """You return one tensor with both halves: return two, given and wanted, (B, 1, 28, 28) each.""",
    lambda images: torch.cat(halves(images), 1),
)


# 6.5


class Recorder(nn.Module):
    """A conditional VAE without chance, which notes how it was called and sees its images differently while
    training."""

    told = "a small conditional VAE in training mode"

    def __init__(self) -> None:
        super().__init__()
        numbers = torch.Generator().manual_seed(11)
        self.table = nn.Parameter(torch.randn(3, 2, generator=numbers))
        self.weight = nn.Parameter(0.7 * torch.randn(2, 6, generator=numbers))
        self.out = nn.Parameter(torch.randn(6, 2, generator=numbers))
        self.modes, self.slopes, self.sizes = [], [], []

    def forward(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if len(x) != len(y):
            raise ValueError(f"{len(x)} images came with {len(y)} labels")
        self.modes.append("training" if self.training else "eval")
        self.slopes.append("on" if torch.is_grad_enabled() else "off")
        self.sizes.append(str(len(x)))
        h = (x.flatten(1) - 0.5) * (1.5 if self.training else 1.0)
        mu = h @ self.weight.T + self.table[y]
        return (mu @ self.out.T).view_as(x), mu, 0.5 * mu - 0.8

    def log_likelihood(self, x_logits: Tensor, x: Tensor) -> Tensor:
        return bernoulli_log_likelihood(x_logits, x)


def average_elbo(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int) -> float:
    """The ELBO averaged over all images (N, 1, H, W), in nats per image; leaves the model in eval mode."""
    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in zip(images.split(batch_size), labels.split(batch_size), strict=True):
            x_logits, mu, logvar = model(x, y)
            total += (model.log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)).sum().item()
    return total / len(images)


def average_elbo_as_given(model, images, labels, batch_size):
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(images), batch_size):
            x = images[start : start + batch_size]
            y = labels[start : start + batch_size]
            x_logits, mu, logvar = model(x, y)
            elbo = model.log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)
            total += elbo.mean().item()
    return total / len(images)


_MANY = torch.cat([_IMAGES, _IMAGES.flip(0).sqrt(), _IMAGES[:1] ** 3])  # (7, 1, 2, 3)
_THEIR_LABELS = torch.tensor([2, 0, 1, 1, 0, 2, 0])


def elbo_probe(answer: Answer) -> Iterator[Seen]:
    for count, batch_size in ((2, 2), (4, 2), (7, 3)):
        model = Recorder()
        inputs = {"images": _MANY[:count], "labels": _THEIR_LABELS[:count], "batch_size": batch_size}
        given = f"{count} images, their labels, batch_size = {batch_size}"
        handed = [inputs["images"].clone(), inputs["labels"].clone(), batch_size]
        with torch.enable_grad():
            returned, failed = attempt(lambda model=model, handed=handed: answer(model, *handed), given)
            slopes_after = "on" if torch.is_grad_enabled() else "off"
        if failed or returned is None:
            yield failed or Seen("the result", "None", given)
            return
        yield Seen("the model's mode at work", " and ".join(sorted(set(model.modes))), given)
        yield Seen("gradients at work", " and ".join(sorted(set(model.slopes))), given)
        yield Seen("the model's mode afterwards", "training" if model.training else "eval", given)
        yield Seen("gradients afterwards", slopes_after, given)
        yield Seen("images per batch", ", ".join(model.sizes), given)
        yield Seen("the average ELBO", as_tensor(returned), given)


AVERAGE_ELBO = Exercise(
    number="6.5",
    title="Mend this cell: an evaluation loop",
    task="""average_elbo(model, images, labels, batch_size) should return the ELBO of a conditional VAE, averaged over
    all images (N, 1, H, W), in nats per image: one number. model(x, y) gives x_logits, mu, logvar, and
    model.log_likelihood(x_logits, x) and kl_closed_form(mu, logvar) are (B,). It works on batch_size images at a
    time, in eval mode, without building gradients, and leaves the model in eval mode. The cell runs, but its number
    depends on batch_size. Find the one bug and mend it.""",
    minutes=10,
    difficulty=3,
    reference=average_elbo,
    probe=elbo_probe,
    hints=(
        "Take 7 images in batches of 3 and ask of each image: how much does it weigh in the result?",
        "elbo.mean() has divided by the images of its batch already. Which numbers have to be added up, and what is "
        "their sum divided by? (The number of batches will not do: the last one is not full.)",
        "Add up elbo.sum().item() over the batches, and divide by len(images) at the end.",
    ),
    given=average_elbo_as_given,
)


def _elbo_mistake(
    sentence: str,
    before=nn.Module.eval,
    slopes=torch.no_grad,
    labels_of=lambda labels, start, x: labels[start : start + len(x)],
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)
    ),
    together=lambda values, batches, images, batch_size: torch.cat(values).sum().item() / len(images),
    after=lambda model: None,
    rows=lambda images, batch_size: list(range(0, len(images), batch_size)),
) -> None:
    """A wrong average_elbo: the steps that differ."""

    def answer(model: nn.Module, images: Tensor, labels: Tensor, batch_size: int) -> object:
        before(model)
        values = []
        with slopes():
            for start in rows(images, batch_size):
                x = images[start : start + batch_size]
                x_logits, mu, logvar = model(x, labels_of(labels, start, x))
                values.append(score(model, x, x_logits, mu, logvar))
        result = together(values, len(values), images, batch_size)
        after(model)
        return result

    AVERAGE_ELBO.recognise(sentence, answer)


def _of_batches(values: list[Tensor], batches: int, images: Tensor, batch_size: int) -> float:
    return sum(batch.mean().item() for batch in values) / batches


def _full_batches(images: Tensor, batch_size: int) -> list[int]:
    return list(range(0, len(images) - batch_size + 1, batch_size))


_elbo_mistake(
    """The average is right, but the model stays in training mode, where dropout and its like change its numbers: call
    model.eval() first.""",
    before=lambda model: None,
    after=lambda model: model.eval(),
)
_elbo_mistake(
    """The average is mended, but the model is in training mode now, where dropout and its like change its numbers:
    model.eval() belongs before the loop.""",
    before=lambda model: None,
)
_elbo_mistake(
    """The model is in training mode, and the averages of batches are averaged: call model.eval() before the loop, and
    let every image count alike.""",
    before=lambda model: None,
    together=_of_batches,
)
_elbo_mistake(
    """The number is right, but gradients are built and thrown away, which costs memory and time: keep
    torch.no_grad().""",
    slopes=torch.enable_grad,
)
_elbo_mistake(
    """The average is mended, but eval mode and no_grad are gone: both are needed while measuring.""",
    before=lambda model: None,
    slopes=torch.enable_grad,
)
_elbo_mistake(
    """The number is right, but you leave the model in training mode; the task asks to leave it in eval mode.""",
    after=lambda model: model.train(),
)
_elbo_mistake(
    """The number is right, but gradients stay switched off afterwards, for everybody: use `with torch.no_grad():`,
    which puts them back.""",
    after=lambda model: torch.set_grad_enabled(False),
)
_elbo_mistake(
    """You leave out the last batch when it is not full, so some images never count: keep it, and weigh it by its
    images.""",
    rows=_full_batches,
    together=lambda values, batches, images, batch_size: torch.cat(values).mean().item(),
)
_elbo_mistake(
    """You leave out the last batch when it is not full, and still divide by all images: keep it.""",
    rows=_full_batches,
)
_elbo_mistake(
    """You divide by the number of batches times batch_size, as if the last batch were full: divide by len(images).""",
    together=lambda values, batches, images, batch_size: (
        torch.cat(values).sum().item() / (batches * batch_size)
    ),
)
_elbo_mistake(
    """You multiply each batch's average by batch_size, though the last batch has fewer images: multiply by len(x), or
    add up the images.""",
    together=lambda values, batches, images, batch_size: (
        sum(batch.mean().item() for batch in values) * batch_size / len(images)
    ),
)
_elbo_mistake(
    """You add up the images of each batch, but divide by the number of batches: divide by the number of images.""",
    together=lambda values, batches, images, batch_size: torch.cat(values).sum().item() / batches,
)
_elbo_mistake(
    """You average the averages of the batches: the last one is ragged, and its few images count as much as those of a
    full batch. Let every image count alike: add up elbo.sum(), divide by len(images).""",
    together=_of_batches,
)
_elbo_mistake(
    """You divide the sum by batch_size instead of by the number of all images.""",
    together=lambda values, batches, images, batch_size: torch.cat(values).sum().item() / batch_size,
)
_elbo_mistake(
    """This is the sum over all images: divide by their number.""",
    together=lambda values, batches, images, batch_size: torch.cat(values).sum().item(),
)
_elbo_mistake(
    """You return one number for each image; asked for is their average.""",
    together=lambda values, batches, images, batch_size: torch.cat(values),
)
_elbo_mistake(
    """You return one number for each batch; asked for is the average over all images.""",
    together=lambda values, batches, images, batch_size: [batch.mean().item() for batch in values],
)
_elbo_mistake(
    """Only the last batch counts: the total is overwritten in every round. Use +=, or collect the numbers.""",
    together=lambda values, batches, images, batch_size: values[-1].mean().item(),
)
_elbo_mistake(
    """The last batch's sum is divided by the number of all images: the total is overwritten in every round. Use
    +=.""",
    together=lambda values, batches, images, batch_size: values[-1].sum().item() / len(images),
)
_elbo_mistake(
    """You return after the first batch: the return stands inside the loop.""",
    rows=lambda images, batch_size: [0],
    together=lambda values, batches, images, batch_size: values[0].mean().item(),
)
_elbo_mistake(
    """You return after the first batch: the return stands inside the loop, and divides by all images.""",
    rows=lambda images, batch_size: [0],
)
_elbo_mistake(
    """All batches get the first labels again: cut the labels at the same places as the images.""",
    labels_of=lambda labels, start, x: labels[: len(x)],
)
_elbo_mistake(
    """Every batch gets all labels, which are more than its images: cut them at the same places.""",
    labels_of=lambda labels, start, x: labels,
    rows=lambda images, batch_size: (
        [0] if len(images) == batch_size else list(range(0, len(images), batch_size))
    ),
)
_elbo_mistake(
    """The labels stand in the reverse order, so images get those of others: label n belongs to image n.""",
    labels_of=lambda labels, start, x: labels.flip(0)[start : start + len(x)],
)
_elbo_mistake(
    """You ignore the labels and tell the model 0 each time: hand it the labels of the batch.""",
    labels_of=lambda labels, start, x: torch.zeros(len(x), dtype=torch.int64),
)
_elbo_mistake(
    """The KL is missing, so this is log p(x|z) alone: subtract kl_closed_form(mu, logvar).""",
    score=lambda model, x, x_logits, mu, logvar: model.log_likelihood(x_logits, x),
)
_elbo_mistake(
    """You add the KL: the ELBO is log p(x|z) minus the KL.""",
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x_logits, x) + kl_closed_form(mu, logvar)
    ),
)
_elbo_mistake(
    """This is minus the ELBO, a loss: log p(x|z) - KL.""",
    score=lambda model, x, x_logits, mu, logvar: (
        kl_closed_form(mu, logvar) - model.log_likelihood(x_logits, x)
    ),
)
_elbo_mistake(
    """You average over the pixels, so an image counts as one pixel beside its KL: log_likelihood has summed them
    already.""",
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x_logits, x) / x[0].numel() - kl_closed_form(mu, logvar)
    ),
)
_elbo_mistake(
    """You average the KL over the latents: they add up, as kl_closed_form has it.""",
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x_logits, x) - kl_per_latent(mu, logvar).mean(1)
    ),
)
_elbo_mistake(
    """You hand log_likelihood the sigmoid, and it applies sigmoid itself: hand it x_logits.""",
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x_logits.sigmoid(), x) - kl_closed_form(mu, logvar)
    ),
)
_elbo_mistake(
    """You swapped the arguments of log_likelihood: x_logits first, then x.""",
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x, x_logits) - kl_closed_form(mu, logvar)
    ),
)
_elbo_mistake(
    """You swapped mu and logvar in the KL: mu comes first.""",
    score=lambda model, x, x_logits, mu, logvar: (
        model.log_likelihood(x_logits, x) - kl_closed_form(logvar, mu)
    ),
)
AVERAGE_ELBO.recognise(
    """The number is right, but all images go through the model at once, which for a whole test set may not fit in
    memory: go batch by batch.""",
    lambda model, images, labels, batch_size: average_elbo(model, images, labels, len(images)),
)
AVERAGE_ELBO.recognise(
    """The number is right, but you go image by image, which takes long: take batch_size images at a time.""",
    lambda model, images, labels, batch_size: average_elbo(model, images, labels, 1),
)


# 6.6


class Clerk(nn.Module):
    """A conditional VAE of 4 classes whose pictures show which z and which labels were decoded."""

    told = "a small conditional VAE"
    latent_dim = 2

    def __init__(self) -> None:
        super().__init__()
        numbers = torch.Generator().manual_seed(13)
        self.out = nn.Parameter(torch.linalg.qr(torch.randn(6, 6, generator=numbers)).Q)
        self.dark_corner = torch.tensor([-9.0, 0.0, 0.0, 0.0, 0.0, 0.0])  # below a half, whatever z is

    def encode(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
        """Codes around (1.6, -1.3), far from the middle of the prior."""
        if len(x) != len(y):
            raise ValueError(f"encode was given {len(x)} images and {len(y)} labels")
        mu = torch.tensor([1.6, -1.3]) + 0.5 * (x.flatten(1)[:, :2] - 0.5)
        return mu, torch.full_like(mu, -2.0)

    def decode(self, z: Tensor, y: Tensor) -> Tensor:
        shape = tuple(y.shape) if isinstance(y, Tensor) else type(y).__name__
        if shape != (len(z),):
            raise ValueError(f"decode takes one label for each z, ({len(z)},), and was given {shape}")
        if y.dtype != torch.int64:
            raise ValueError(f"decode takes labels as int64 and was given {y.dtype}")
        x_logits = torch.cat([z, 3 * F.one_hot(y, 4)], 1) @ self.out.T + self.dark_corner
        return x_logits.view(-1, 1, 2, 3)

    def heard(self, x_hat: Tensor) -> tuple[Tensor, Tensor]:
        """The z (B, 2) and y (B,) of pictures."""
        x_logits = x_hat.detach().double().logit().flatten(1) - self.dark_corner
        both = x_logits @ self.out.detach().double()
        return both[:, :2], both[:, 2:].argmax(1)


def order(model: nn.Module, label: int, n: int, images: Tensor) -> Tensor:
    """n new images x_hat (n, 1, H, W) of one label, from the prior; what other images look like does not matter."""
    z = torch.randn(n, model.latent_dim)  # (n, J)
    y = torch.full((n,), label)  # (n,)
    return model.decode(z, y).sigmoid()


_TEST_IMAGES = torch.rand(1200, 1, 2, 3, generator=torch.Generator().manual_seed(17))


def order_probe(answer: Answer) -> Iterator[Seen]:
    model = Clerk()
    for label, n in ((2, 3), (1, 1200)):
        given = f"label = {label}, n = {n}"
        pictures = []
        for _ in range(2):
            returned, failed = attempt(
                lambda label=label, n=n: answer(model, label, n, _TEST_IMAGES.clone()), given
            )
            if failed or returned is None:
                yield failed or Seen("the result", "None", given)
                return
            pictures.append(as_tensor(returned))
        one, two = pictures
        if isinstance(one, str) or isinstance(two, str):
            yield Seen("the result", one if isinstance(one, str) else two, given)
            return
        yield Seen("the shape of the result", str(tuple(one.shape)), given)
        if one.shape != (n, 1, 2, 3) or two.shape != one.shape:
            return
        kind = _pixels(one)
        yield Seen("its pixels", kind, given)
        if kind != "lie between 0 and 1":
            return
        z, y = model.heard(one)
        yield Seen("the labels decoded", _labels(y, label), given)
        if n == 3:
            continue
        yield from _spread(z, model.heard(two)[0], given)
        if (z.std(0) > 1e-3).all():
            yield Seen("the largest z lie", _reach(z), given)


def _reach(z: Tensor) -> str:
    """How far draws go: a bell curve and a flat one can have the same mean and std, but not this."""
    largest = z.abs().max().item()
    return "beyond 2.5" if largest > 2.5 else "between 1.2 and 2.5" if largest > 1.2 else "within 1.2"


def _pixels(x_hat: Tensor) -> str:
    if x_hat.isnan().any():
        return "are not numbers"
    if (x_hat < 0).any() or (x_hat > 1).any():
        return "leave the range from 0 to 1"
    if ((x_hat == 0) | (x_hat == 1)).any():
        return "are exactly 0 or 1, some at least"
    if (x_hat[:, 0, 0, 0] >= 0.5).all():
        return "never fall below a half"
    return "lie between 0 and 1"


def _labels(y: Tensor, label: int) -> str:
    found = y.unique().tolist()
    return f"all {found[0]}" if len(found) == 1 else "several"


ORDER = Exercise(
    number="6.6",
    title="Order a digit",
    task="""Write order(model, label, n, images): n new images x_hat (n, 1, H, W), in [0, 1], of one label, a whole
    number, drawn from the prior of a conditional VAE. model.decode(z, y) takes z (n, J) and labels y (n,), int64, and
    returns x_logits; model.latent_dim is J. You also get test images (N, 1, H, W) and model.encode(x, y), which
    returns mu and logvar; whether you need them is yours to decide.""",
    minutes=8,
    difficulty=2,
    reference=order,
    probe=order_probe,
    hints=(
        "Which of z and y says what the digit is, and which says how it is written? One is ordered, the other drawn.",
        "The prior is N(0, I) whatever the label is: torch.randn(n, model.latent_dim). New images need no old ones.",
        "y = torch.full((n,), label) has one label for each z; decode gives x_logits, and sigmoid makes x_hat of "
        "them.",
    ),
)


def _order_mistake(
    sentence: str,
    draw=lambda model, n, images, y: torch.randn(n, model.latent_dim),
    labels=lambda label, n: torch.full((n,), label),
    after=torch.sigmoid,
) -> None:
    """A wrong order: the steps that differ."""

    def answer(model: nn.Module, label: int, n: int, images: Tensor) -> Tensor:
        y = labels(label, n)
        return after(model.decode(draw(model, n, images, y), y))

    ORDER.recognise(sentence, answer)


_order_mistake(
    """All n images share one z, so you get the same picture n times: draw a z for each.""",
    draw=lambda model, n, images, y: torch.randn(1, model.latent_dim).expand(n, -1),
)
_order_mistake(
    """Each z has one number, used for all its latents: draw (n, latent_dim) numbers.""",
    draw=lambda model, n, images, y: torch.randn(n, 1).expand(-1, model.latent_dim),
)
_order_mistake(
    """z is 0, so you get the one average picture of the label n times: draw z from the prior.""",
    draw=lambda model, n, images, y: torch.zeros(n, model.latent_dim),
)
_order_mistake(
    """You encode test images and decode their mu, so these are old digits with another label: new ones come from z
    drawn from the prior, N(0, I).""",
    draw=lambda model, n, images, y: model.encode(images[:n], y)[0],
)
_order_mistake(
    """You draw z around codes of test images, so these are variations of old digits: new ones come from z drawn
    from the prior, N(0, I).""",
    draw=lambda model, n, images, y: reparameterize(*model.encode(images[:n], y)),
)
_order_mistake(
    """Your z is uniform between 0 and 1, a corner of the prior: the prior is N(0, I), torch.randn.""",
    draw=lambda model, n, images, y: torch.rand(n, model.latent_dim),
)
_order_mistake(
    """Your z is uniform between -1 and 1; the prior is N(0, I), and a third of its draws lie beyond 1:
    torch.randn.""",
    draw=lambda model, n, images, y: 2 * torch.rand(n, model.latent_dim) - 1,
)
_order_mistake(
    """Your z is spread about as wide as the prior, but flat, and never goes far: torch.rand is uniform, and the prior
    is a bell curve, torch.randn.""",
    draw=lambda model, n, images, y: 4 * torch.rand(n, model.latent_dim) - 2,
)
_order_mistake(
    """You draw z with half the prior's std: tidy pictures, but not the variety the prior has. The std is 1.""",
    draw=lambda model, n, images, y: 0.5 * torch.randn(n, model.latent_dim),
)
_order_mistake(
    """You draw z with twice the prior's std, so many lie where nothing was encoded: the std is 1.""",
    draw=lambda model, n, images, y: 2 * torch.randn(n, model.latent_dim),
)
_order_mistake(
    """Two calls give the very same images: a seed is set inside, so every order is filled with the same n pictures.
    Leave the seed to the caller.""",
    draw=lambda model, n, images, y: torch.randn(
        n, model.latent_dim, generator=torch.Generator().manual_seed(0)
    ),
)
_order_mistake(
    """You order the label after the one asked for: labels count from 0, as the column of a one-hot row does.""",
    labels=lambda label, n: torch.full((n,), label + 1),
)
_order_mistake(
    """You order the label before the one asked for: labels count from 0, so nothing is subtracted.""",
    labels=lambda label, n: torch.full((n,), label - 1),
)
_order_mistake(
    """You order a 0 whatever is asked: fill y with the label.""",
    labels=lambda label, n: torch.zeros(n, dtype=torch.int64),
)
_order_mistake(
    """You order several labels: all n images should have the one asked for.""",
    labels=lambda label, n: torch.arange(n) % 4,
)
_order_mistake(
    """Your labels are floats, and decode takes them as int64: torch.full((n,), label) makes int64 of a whole
    number.""",
    labels=lambda label, n: torch.ones(n) * label,
)
_order_mistake(
    """You hand decode one number for all labels; it takes one for each z, (n,).""",
    labels=lambda label, n: label,
)
_order_mistake(
    """You hand decode a single label, (1,), for n codes; it takes one for each z, (n,).""",
    labels=lambda label, n: torch.tensor([label]),
)
_order_mistake(
    """These are no pixels in [0, 1]: x_logits as they are, or their tanh. x_hat is their sigmoid.""",
    after=lambda x_logits: x_logits,
)
_order_mistake(
    """You apply sigmoid twice, so no pixel is below a half: once turns x_logits into x_hat.""",
    after=lambda x_logits: x_logits.sigmoid().sigmoid(),
)
_order_mistake(
    """Some of your pixels are exactly 0 or 1: rounded, drawn, cut off by clamp, or a softmax over a single
    channel. x_hat is the sigmoid of
    x_logits, which lies between.""",
    after=lambda x_logits: (x_logits > 0).float(),
)
_order_mistake(
    """The images are right, but flat rows: return (n, 1, H, W), as decode gives them.""",
    after=lambda x_logits: x_logits.sigmoid().flatten(1),
)
_order_mistake(
    """The images are right, but their channel axis is gone: return (n, 1, H, W), as decode gives them.""",
    after=lambda x_logits: x_logits.sigmoid()[:, 0],
)
_order_mistake(
    """You average over the n images, which leaves one blurred picture: return all of them.""",
    after=lambda x_logits: x_logits.sigmoid().mean(0),
)
ORDER.recognise(
    """You return one image; n were ordered, each with a z of its own.""",
    lambda model, label, n, images: order(model, label, 1, images),
)
ORDER.recognise(
    """You return as many images as there are test images; n were ordered.""",
    lambda model, label, n, images: order(model, label, len(images), images),
)


EXERCISES = (ONE_HOT, ENCODE, FORWARD, HALVES, AVERAGE_ELBO, ORDER)

PREDICTIONS = (
    Prediction(
        key="6-told",
        question="Whose samples show the digit that was ordered?",
        right=2,
        because="""A condition told to the encoder alone is lost: the decoder never hears the order. Told to the
        decoder alone it is followed less often, since z still separates the classes, and a draw from the
        prior may lie among the 4s while a 7 is ordered.""",
    ),
)
