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
    title="Interpolating between two images",
    task="""Interpolate between two images in latent space. x_start and x_end are (1, H, W) in [0, 1], t is (T,).
    model.encode takes images (B, 1, H, W) and returns mu and logvar, (B, J); model.decode takes codes (B, J) and
    returns x_logits. Go in a straight line from one mu to the other and return the images x_hat (T, 1, H, W), in [0,
    1]. lerp is available.""",
    minutes=5,
    difficulty=2,
    reference=walk,
    probe=_repeatable(
        {"model": SmallVAE(), "x_start": _IMAGES[0], "x_end": _IMAGES[1], "t": torch.tensor([0.3])},
        {
            "model": SmallVAE(),
            "x_start": _IMAGES[1],
            "x_end": _IMAGES[2],
            "t": torch.tensor([0.85, 0.2, 0.45]),
        },
    ),
    hints=(
        "Three stages: two images become two codes, two codes become T codes, T codes become T images.",
        "encode wants a batch: x_start[None] is (1, 1, H, W), and torch.stack([x_start, x_end]) is (2, 1, H, W). Keep "
        "mu.",
        "lerp gives T codes, (T, J), which are a batch: decode them together. What do x_logits lack to be in [0, 1]?",
    ),
    shown=(lerp, walk),
)


def _ends(model: nn.Module, x_start: Tensor, x_end: Tensor) -> tuple[Tensor, Tensor]:
    return model.encode(torch.stack([x_start, x_end]))


EXERCISE.recognise(
    """You mix the pixels of the two images and never use the model: one fades while the other appears.""",
    lambda model, x_start, x_end, t: lerp(x_start.flatten(), x_end.flatten(), t).view(-1, *x_start.shape),
)


@EXERCISE.mistake
def pixels_mixed_and_encoded(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You mix the pixels and send each blend through the model, which reconstructs double exposures."""
    blends = lerp(x_start.flatten(), x_end.flatten(), t).view(-1, *x_start.shape)
    return model.decode(model.encode(blends)[0]).sigmoid()


@EXERCISE.mistake
def rebuilt_images_mixed(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You decode the two ends and mix their pixels, so between them both images show at once."""
    x_hat = model.decode(_ends(model, x_start, x_end)[0]).sigmoid()
    return lerp(x_hat[0].flatten(), x_hat[1].flatten(), t).view(-1, *x_start.shape)


@EXERCISE.mistake
def logits_mixed(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You decode the two ends and mix their x_logits, which is still mixing pixels, only before the sigmoid."""
    x_logits = model.decode(_ends(model, x_start, x_end)[0])
    return lerp(x_logits[0].flatten(), x_logits[1].flatten(), t).view(-1, *x_start.shape).sigmoid()


EXERCISE.recognise(
    """You return x_logits, which may be any number: x_hat is their sigmoid, between 0 and 1.""",
    lambda model, x_start, x_end, t: model.decode(lerp(*_ends(model, x_start, x_end)[0], t)),
)


EXERCISE.recognise(
    """You apply sigmoid twice, so no pixel is below a half.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, t).sigmoid(),
)


EXERCISE.recognise(
    """You apply sigmoid to the codes, which may be any number, and not to what the decoder returns.""",
    lambda model, x_start, x_end, t: model.decode(lerp(*_ends(model, x_start, x_end)[0], t).sigmoid()),
)


EXERCISE.recognise(
    """The sigmoid after the decoder is right, but you also apply one to the codes, which may be any number.""",
    lambda model, x_start, x_end, t: model.decode(
        lerp(*_ends(model, x_start, x_end)[0], t).sigmoid()
    ).sigmoid(),
)


EXERCISE.recognise(
    """Two calls give different images: something in yours is sampled, as reparameterize or model(x) do. The ends are
    the means, mu.""",
    lambda model, x_start, x_end, t: model.decode(
        lerp(*reparameterize(*_ends(model, x_start, x_end)), t)
    ).sigmoid(),
)


EXERCISE.recognise(
    """You interpolate between the two logvar, which say how wide each q(z|x) is: encode returns mu first.""",
    lambda model, x_start, x_end, t: model.decode(lerp(*_ends(model, x_start, x_end)[1], t)).sigmoid(),
)


@EXERCISE.mistake
def walk_of_std(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You add one std to each mu, so your ends are not the means of q(z|x)."""
    mu, logvar = _ends(model, x_start, x_end)
    return model.decode(lerp(*(mu + (0.5 * logvar).exp()), t)).sigmoid()


EXERCISE.recognise(
    """You go from x_end to x_start: at t = 0 the image should be the reconstruction of x_start.""",
    lambda model, x_start, x_end, t: walk(model, x_end, x_start, t),
)


EXERCISE.recognise(
    """You return the reconstructions of the two ends; the task asks for one image for each t.""",
    lambda model, x_start, x_end, t: model.decode(_ends(model, x_start, x_end)[0]).sigmoid(),
)


EXERCISE.recognise(
    """You return the reconstruction of x_start for each t. Is x_end encoded, too?""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_start, t),
)


EXERCISE.recognise(
    """You use only the length of t, not its values, and make even steps of your own.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, torch.linspace(0, 1, len(t))),
)


EXERCISE.recognise(
    """Your path is the arc; the task asks for the straight line between the two mu, lerp.""",
    lambda model, x_start, x_end, t: model.decode(slerp(*_ends(model, x_start, x_end)[0], t)).sigmoid(),
)


EXERCISE.recognise(
    """You round x_hat to 0 and 1, which hides how sure the model is: return the probabilities as they are.""",
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


def _walked(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """The x_logits along the straight line, (T, 1, H, W)."""
    mu, _ = model.encode(torch.stack([x_start, x_end]))
    return model.decode(lerp(mu[0], mu[1], t))


EXERCISE.recognise(
    """Your images are in the order of t from small to large, whatever the order it comes in. Each image belongs to the
    t at its place.""",
    lambda model, x_start, x_end, t: walk(model, x_start, x_end, t.sort().values),
)


EXERCISE.recognise(
    """You clamp x_logits to [0, 1], which makes nearly all pixels white or black: x_hat is their sigmoid.""",
    lambda model, x_start, x_end, t: _walked(model, x_start, x_end, t).clamp(0, 1),
)


EXERCISE.recognise(
    """You stretch x_logits to [0, 1] by their smallest and largest value, so each sheet has its own greys: x_hat is
    their sigmoid.""",
    lambda model, x_start, x_end, t: (lambda y: (y - y.min()) / (y.max() - y.min()))(
        _walked(model, x_start, x_end, t)
    ),
)


@EXERCISE.mistake
def ends_replaced(model: nn.Module, x_start: Tensor, x_end: Tensor, t: Tensor) -> Tensor:
    """You put the two images themselves in the first and the last place. t says where each place lies, and what is
    asked for is decoded there, too."""
    images = walk(model, x_start, x_end, t).clone()
    images[0], images[-1] = x_start, x_end
    return images
