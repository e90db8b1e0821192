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
    codes move for one unit of smile. It runs, but the smile does not grow by the amount requested. Find the one
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
        "The length of the direction is the size of one unit. Which line changes it?",
        "Test yourself: a direction twice as long must move the codes twice as far. Does every line keep that true?",
    ),
    given=add_smile_as_given,
)


EXERCISE.recognise(
    """You decode the direction by itself and add the result to the image, so the smile is laid over the pixels and the
    code is not moved.""",
    lambda model, x, direction, amount: (
        model.decode(model.encode(x)[0]).sigmoid() + amount * model.decode(direction[None]).sigmoid()
    ),
)


EXERCISE.recognise(
    """You decode the direction by itself and add its x_logits: the smile is still laid over the pixels, only before the
    sigmoid.""",
    lambda model, x, direction, amount: (
        model.decode(model.encode(x)[0]) + amount * model.decode(direction[None])
    ).sigmoid(),
)


EXERCISE.recognise(
    """Two calls give different faces: z is sampled, so more than the smile changes.""",
    lambda model, x, direction, amount: model.decode(
        reparameterize(*model.encode(x)) + amount * direction
    ).sigmoid(),
)


EXERCISE.recognise(
    """amount multiplies mu as well, so at an amount of 0 every face is the same.""",
    lambda model, x, direction, amount: model.decode(amount * (model.encode(x)[0] + direction)).sigmoid(),
)


EXERCISE.recognise(
    """amount multiplies mu instead of the direction: the faces are exaggerated, and the smile added is always one
    unit.""",
    lambda model, x, direction, amount: model.decode(amount * model.encode(x)[0] + direction).sigmoid(),
)


EXERCISE.recognise(
    """You always add one unit, whatever amount is.""",
    lambda model, x, direction, amount: model.decode(model.encode(x)[0] + direction).sigmoid(),
)


EXERCISE.recognise(
    """You subtract the direction, so an amount of 1 takes a smile away.""",
    lambda model, x, direction, amount: add_smile(model, x, direction, -amount),
)


EXERCISE.recognise(
    """You now divide by the squared length, which turns long directions into short ones.""",
    lambda model, x, direction, amount: add_smile(model, x, direction / (direction @ direction), amount),
)


EXERCISE.recognise(
    """You now multiply by the direction's length, so it counts twice.""",
    lambda model, x, direction, amount: add_smile(model, x, direction * direction.norm(), amount),
)


EXERCISE.recognise(
    """You divide by amount, so twice the amount is half the step.""",
    lambda model, x, direction, amount: add_smile(model, x, direction, 1 / amount),
)


EXERCISE.recognise(
    """You add amount to every latent, and always one unit of the direction.""",
    lambda model, x, direction, amount: model.decode(model.encode(x)[0] + direction + amount).sigmoid(),
)


EXERCISE.recognise(
    """mu is missing, so all faces become the same.""",
    lambda model, x, direction, amount: model.decode((amount * direction).expand(len(x), -1)).sigmoid(),
)


EXERCISE.recognise(
    """You move logvar, the log-variance of q(z|x): encode returns mu first.""",
    lambda model, x, direction, amount: model.decode(model.encode(x)[1] + amount * direction).sigmoid(),
)


@EXERCISE.mistake
def moved_by_std(model: nn.Module, x: Tensor, direction: Tensor, amount: float) -> Tensor:
    """You scale the direction by each image's std, so the step is smaller where q(z|x) is narrow; one unit of smile is
    the same step for all images."""
    mu, logvar = model.encode(x)
    return model.decode(mu + amount * direction * (0.5 * logvar).exp()).sigmoid()


EXERCISE.recognise(
    """The codes are right, but you return x_logits: x_hat is their sigmoid.""",
    lambda model, x, direction, amount: model.decode(model.encode(x)[0] + amount * direction),
)


EXERCISE.recognise(
    """You reconstruct the images and add nothing.""",
    lambda model, x, direction, amount: add_smile(model, x, direction, 0.0),
)


@EXERCISE.mistake
def mean_face(model: nn.Module, x: Tensor, direction: Tensor, amount: float) -> Tensor:
    """You average the codes over the batch, so every image becomes the same average face."""
    mu = model.encode(x)[0]
    return model.decode(mu.mean(0).expand_as(mu) + amount * direction).sigmoid()


EXERCISE.recognise(
    """You move only the first image of the batch; the task asks for one image per x, (B, 1, H, W).""",
    lambda model, x, direction, amount: add_smile(model, x[:1], direction, amount),
)


@EXERCISE.mistake
def direction_scaled_in_place(model: nn.Module, x: Tensor, direction: Tensor, amount: float) -> Tensor:
    """The images of this call are right, but direction *= amount changed the caller's direction, and the next call
    starts from there."""
    direction *= amount
    return add_smile(model, x, direction, 1.0)


@EXERCISE.mistake
def smile_set(model: nn.Module, x: Tensor, direction: Tensor, amount: float) -> Tensor:
    """You first take out how far the code lies along the direction, so the smile is set to the amount; it should grow
    by it."""
    mu = model.encode(x)[0]
    along = (mu @ direction / (direction @ direction))[:, None]
    return model.decode(mu + (amount - along) * direction).sigmoid()


EXERCISE.recognise(
    """You add to the pixels of x. The code is what moves: encode, add the direction, decode.""",
    lambda model, x, direction, amount: (x + amount * model.decode(direction[None]).sigmoid()).clamp(0, 1),
    lambda model, x, direction, amount: x + amount * model.decode(direction[None]).sigmoid(),
)


EXERCISE.recognise(
    """You interpolate from mu to the direction, so mu gets smaller as amount grows; the direction is added to mu as it
    is.""",
    lambda model, x, direction, amount: model.decode(
        (1 - amount) * model.encode(x)[0] + amount * direction
    ).sigmoid(),
)


EXERCISE.recognise(
    """You use only the sign of the direction, so every latent moves equally far.""",
    lambda model, x, direction, amount: add_smile(model, x, direction.sign(), amount),
)
