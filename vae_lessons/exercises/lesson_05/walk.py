"""Exercise 5.5: the decoded path between two images."""

import torch
from torch import Tensor, nn

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_05.inputs import _IMAGES, SmallVAE, _repeatable
from vae_lessons.interpolation import lerp, slerp
from vae_lessons.reparameterization import reparameterize


def walk(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """Images x_hat (T, 1, H, W) along the straight line between the codes of two images (1, H, W)."""
    mu, _ = model.encode(torch.stack([x_start, x_end]))  # (2, J)
    return model.decode(lerp(mu[0], mu[1], t)).sigmoid()


EXERCISE = Exercise(
    number="5.5",
    title="A walk between two images",
    task="""Walk from one image to another through latent space. x_start and x_end are (1, H, W) in [0, 1], t is (T,).
    model.encode takes images (B, 1, H, W) and returns mu and logvar, (B, J); model.decode takes codes (B, J) and
    returns x_logits. Go straight from one mu to the other and return the images x_hat (T, 1, H, W), in [0, 1]. lerp
    is at hand.""",
    minutes=8,
    difficulty=2,
    reference=walk,
    probe=_repeatable(
        {"model": SmallVAE(), "x_start": _IMAGES[0], "x_end": _IMAGES[1], "t": torch.tensor([0.3])},
        {
            "model": SmallVAE(),
            "x_start": _IMAGES[1],
            "x_end": _IMAGES[2],
            "t": torch.tensor([0.2, 0.45, 0.85]),
        },
    ),
    hints=(
        "Three stations: two images become two codes, two codes become T codes, T codes become T images.",
        "encode wants a batch: x_start[None] is (1, 1, H, W), and torch.stack([x_start, x_end]) is (2, 1, H, W). Keep "
        "mu.",
        "lerp(mu[0], mu[1], t) is (T, J): a batch of codes. Decode it, and remember what x_logits lack to be in [0, "
        "1].",
    ),
    shown=(lerp, walk),
)


def _ends(model: nn.Module, x_start: Tensor, x_end: Tensor) -> tuple[Tensor, Tensor]:
    return model.encode(torch.stack([x_start, x_end]))


EXERCISE.recognise(
    """You mix the pixels of the two images, and the model has no say: one fades while the other appears. Encode both,
    mix the codes, decode.""",
    lambda model, x_start, x_end, t: lerp(x_start.flatten(), x_end.flatten(), t).view(-1, *x_start.shape),
)


@EXERCISE.mistake
def pixels_mixed_and_encoded(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You mix the pixels and send each blend through the model: it rebuilds double exposures. Encode the two images
    alone, and mix their codes."""
    blends = lerp(x_start.flatten(), x_end.flatten(), t).view(-1, *x_start.shape)
    return model.decode(model.encode(blends)[0]).sigmoid()


@EXERCISE.mistake
def rebuilt_images_mixed(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You decode the two ends and mix their pixels, so between them both images show at once: mix the codes, then
    decode each mixture."""
    x_hat = model.decode(_ends(model, x_start, x_end)[0]).sigmoid()
    return lerp(x_hat[0].flatten(), x_hat[1].flatten(), t).view(-1, *x_start.shape)


@EXERCISE.mistake
def logits_mixed(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You decode the two ends and mix their x_logits, which is mixing pixels in other units: mix the codes, then
    decode each mixture."""
    x_logits = model.decode(_ends(model, x_start, x_end)[0])
    return lerp(x_logits[0].flatten(), x_logits[1].flatten(), t).view(-1, *x_start.shape).sigmoid()


EXERCISE.recognise(
    """You return x_logits, which may be any number: x_hat is their sigmoid, between 0 and 1.""",
    lambda model, x_start, x_end, t: model.decode(lerp(*_ends(model, x_start, x_end)[0], t)),
)


EXERCISE.recognise(
    """You apply sigmoid twice, so no pixel is below a half: once turns x_logits into x_hat.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, t).sigmoid(),
)


EXERCISE.recognise(
    """You apply sigmoid to the codes before decoding: codes may be any number. It belongs behind the decoder.""",
    lambda model, x_start, x_end, t: model.decode(lerp(*_ends(model, x_start, x_end)[0], t).sigmoid()),
)


EXERCISE.recognise(
    """The sigmoid behind the decoder is right, but you apply one to the codes as well, and these may be any
    number.""",
    lambda model, x_start, x_end, t: model.decode(
        lerp(*_ends(model, x_start, x_end)[0], t).sigmoid()
    ).sigmoid(),
)


EXERCISE.recognise(
    """Two calls give different walks: something in yours is drawn, as reparameterize or model(x) do. Walk between the
    centres, mu.""",
    lambda model, x_start, x_end, t: model.decode(
        lerp(*reparameterize(*_ends(model, x_start, x_end)), t)
    ).sigmoid(),
)


EXERCISE.recognise(
    """You walk from one logvar to the other: they say how wide the regions are, mu says where. encode returns mu
    first.""",
    lambda model, x_start, x_end, t: model.decode(lerp(*_ends(model, x_start, x_end)[1], t)).sigmoid(),
)


@EXERCISE.mistake
def walk_of_std(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You add one std to each mu, which is a corner of the region and not its centre: walk between the mu
    themselves."""
    mu, logvar = _ends(model, x_start, x_end)
    return model.decode(lerp(*(mu + (0.5 * logvar).exp()), t)).sigmoid()


EXERCISE.recognise(
    """You walk from x_end to x_start: at t = 0 the picture should be x_start, rebuilt.""",
    lambda model, x_start, x_end, t: walk(model, x_end, x_start, t),
)


EXERCISE.recognise(
    """You rebuild the two ends and return them: between them one image is wanted for each t.""",
    lambda model, x_start, x_end, t: model.decode(_ends(model, x_start, x_end)[0]).sigmoid(),
)


EXERCISE.recognise(
    """You return x_start, rebuilt, for each t: the walk never leaves. Have you encoded x_end, too?""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_start, t),
)


EXERCISE.recognise(
    """You use only the length of t and make even steps of your own: take the t you were given.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, torch.linspace(0, 1, len(t))),
)


EXERCISE.recognise(
    """This walk takes the arc; here the straight line between the two mu is asked for, lerp.""",
    lambda model, x_start, x_end, t: model.decode(slerp(*_ends(model, x_start, x_end)[0], t)).sigmoid(),
)


EXERCISE.recognise(
    """You round x_hat to black and white, which hides how sure the model is: return the probabilities as they are.""",
    lambda model, x_start, x_end, t: (walk(model, x_start, x_end, t) > 0.5).float(),
)


EXERCISE.recognise(
    """The numbers are right, but the images are flat rows: return (T, 1, H, W), as decode gives them.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, t).flatten(1),
)


EXERCISE.recognise(
    """The numbers are right, but the channel axis is gone, (T, H, W): return (T, 1, H, W), as decode gives them.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, t)[:, 0],
)


EXERCISE.recognise(
    """The images are right, but they come in a list: join them into one tensor, (T, 1, H, W).""",
    lambda model, x_start, x_end, t: list(walk(model, x_start, x_end, t)),
)


EXERCISE.recognise(
    """The numbers are right, but there is one axis too many, as when batches of one image are stacked: join them with
    torch.cat, or decode all codes at once.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, t)[:, None],
)
