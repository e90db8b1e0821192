"""Exercise 5.6: mend the attribute arithmetic that adds a smile."""

import torch
from torch import Tensor, nn

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_05.inputs import _IMAGES, SmallVAE, _repeatable
from vae_lessons.reparameterization import reparameterize


def add_smile(model: nn.Module, x: Tensor, direction: Tensor, amount: float) -> Tensor:
    """Images x_hat (B, 1, H, W) of x, moved by amount along a direction (J,) in latent space."""
    mu, _ = model.encode(x)  # (B, J)
    return model.decode(mu + amount * direction).sigmoid()


def add_smile_as_given(model, x, direction, amount):
    mu, logvar = model.encode(x)
    step = direction / direction.norm()
    x_logits = model.decode(mu + amount * step)
    return x_logits.sigmoid()


EXERCISE = Exercise(
    number="5.6",
    title="Mend this cell: adding a smile",
    task="""The cell should add a smile to images x (B, 1, H, W): take their codes mu, move them so that the smile
    grows by `amount` units, and return x_hat (B, 1, H, W). direction (J,) comes from attribute_direction: how far
    codes move for one unit of smile. It runs, but asked for one unit it gives more or less than that. Find the one
    bug and mend it.""",
    minutes=5,
    difficulty=1,
    reference=add_smile,
    probe=_repeatable(
        {"model": SmallVAE(), "x": _IMAGES[:1], "direction": torch.tensor([0.6, -1.1]), "amount": 0.7},
        {"model": SmallVAE(), "x": _IMAGES, "direction": torch.tensor([0.3, 0.4]), "amount": -1.6},
    ),
    hints=(
        "Read the cell line by line and ask what each line does to a direction of length 3.",
        "The length of the direction is the size of one unit. Which line throws it away?",
        "Move by amount * direction, with the direction as it came.",
    ),
    given=add_smile_as_given,
)


EXERCISE.recognise(
    """You decode the direction by itself and add it to the picture, so the smile is laid over the pixels: add it to
    the codes, and decode once.""",
    lambda model, x, direction, amount: (
        model.decode(model.encode(x)[0]).sigmoid() + amount * model.decode(direction[None]).sigmoid()
    ),
)


EXERCISE.recognise(
    """You decode the direction by itself and add its x_logits, so the smile is laid over the pixels: add it to the
    codes, and decode once.""",
    lambda model, x, direction, amount: (
        model.decode(model.encode(x)[0]) + amount * model.decode(direction[None])
    ).sigmoid(),
)


EXERCISE.recognise(
    """Two calls give different faces: something is drawn, so more than the smile changes. Move the centre, mu.""",
    lambda model, x, direction, amount: model.decode(
        reparameterize(*model.encode(x)) + amount * direction
    ).sigmoid(),
)


EXERCISE.recognise(
    """amount multiplies mu as well, so at an amount of 0 every face is the same: only the direction is multiplied.""",
    lambda model, x, direction, amount: model.decode(amount * (model.encode(x)[0] + direction)).sigmoid(),
)


EXERCISE.recognise(
    """amount multiplies mu instead of the direction: the faces are exaggerated, and the smile added is always one
    unit.""",
    lambda model, x, direction, amount: model.decode(amount * model.encode(x)[0] + direction).sigmoid(),
)


EXERCISE.recognise(
    """You always add one unit, whatever amount says: multiply the direction by it.""",
    lambda model, x, direction, amount: model.decode(model.encode(x)[0] + direction).sigmoid(),
)


EXERCISE.recognise(
    """You subtract the direction, so an amount of 1 takes a smile away: add it.""",
    lambda model, x, direction, amount: add_smile(model, x, direction, -amount),
)


EXERCISE.recognise(
    """You divide by the squared length now, which turns long directions into short ones: divide by nothing.""",
    lambda model, x, direction, amount: add_smile(model, x, direction / (direction @ direction), amount),
)


EXERCISE.recognise(
    """You multiply by the direction's length now, so it counts twice: it is in the direction already.""",
    lambda model, x, direction, amount: add_smile(model, x, direction * direction.norm(), amount),
)


EXERCISE.recognise(
    """You divide by amount where it multiplies: twice the amount is twice the step.""",
    lambda model, x, direction, amount: add_smile(model, x, direction, 1 / amount),
)


EXERCISE.recognise(
    """You add amount to every latent instead of multiplying the direction by it: the step is amount * direction.""",
    lambda model, x, direction, amount: model.decode(model.encode(x)[0] + direction + amount).sigmoid(),
)


EXERCISE.recognise(
    """mu is gone, so all faces become one and the same: move from mu by amount * direction.""",
    lambda model, x, direction, amount: model.decode((amount * direction).expand(len(x), -1)).sigmoid(),
)


EXERCISE.recognise(
    """You move logvar, which says how wide a region is: mu says where, and encode returns it first.""",
    lambda model, x, direction, amount: model.decode(model.encode(x)[1] + amount * direction).sigmoid(),
)


@EXERCISE.mistake
def moved_by_std(model: nn.Module, x: Tensor, direction: Tensor, amount: float) -> Tensor:
    """You scale the direction by each image's std, so a sure code moves less: one unit of smile is the same step for
    all."""
    mu, logvar = model.encode(x)
    return model.decode(mu + amount * direction * (0.5 * logvar).exp()).sigmoid()


EXERCISE.recognise(
    """The codes are right, but you return x_logits: x_hat is their sigmoid.""",
    lambda model, x, direction, amount: model.decode(model.encode(x)[0] + amount * direction),
)


EXERCISE.recognise(
    """You rebuild the images and add nothing: move mu by amount * direction before decoding.""",
    lambda model, x, direction, amount: add_smile(model, x, direction, 0.0),
)


@EXERCISE.mistake
def mean_face(model: nn.Module, x: Tensor, direction: Tensor, amount: float) -> Tensor:
    """You average the codes over the batch, so one face comes out for all: every image keeps its own mu."""
    mu = model.encode(x)[0]
    return model.decode(mu.mean(0).expand_as(mu) + amount * direction).sigmoid()


EXERCISE.recognise(
    """You move only the first image of the batch: return one picture for each, (B, 1, H, W).""",
    lambda model, x, direction, amount: add_smile(model, x[:1], direction, amount),
)


@EXERCISE.mistake
def direction_scaled_in_place(model: nn.Module, x: Tensor, direction: Tensor, amount: float) -> Tensor:
    """The pictures of this call are right, but direction *= amount changed the direction of the caller, and the next
    call starts from there: write amount * direction."""
    direction *= amount
    return add_smile(model, x, direction, 1.0)
