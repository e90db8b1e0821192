"""Exercise 6.1: one-hot labels."""

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_lessons.conditional_vae import OneHot
from vae_lessons.exercises.engine.comparing import Answer, Seen
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt, in_short, look


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
    """Of which kind the numbers are; the weights of a linear layer are float32."""
    if not isinstance(value, Tensor):
        return f"in a {type(value).__name__}"
    if value.dtype == torch.bool:
        return "True and False"
    if not value.is_floating_point():
        return "integers"
    if value.dtype != torch.float32:
        return f"of type {str(value.dtype).removeprefix('torch.')}"
    return "floats, 0 and 1" if ((value == 0) | (value == 1)).all() else "floats, not all 0 or 1"


EXERCISE = Exercise(
    number="6.1",
    title="Warm-up: one-hot",
    task="""Turn labels into rows for a linear layer: y (B,) holds whole numbers below classes, as int64. Return (B,
    classes): 1 in the column of the label, 0 elsewhere, as floats.""",
    minutes=2,
    difficulty=1,
    reference=one_hot,
    probe=one_hot_probe,
    hints=(
        "Compare every label with every class number from 0 to classes - 1.",
        "F.one_hot does it; look at its second argument and at the dtype it returns.",
        "The width must not depend on the labels of this batch, and the result needs another dtype. Test yourself: y "
        "= [1] with classes = 3 gives [[0., 1., 0.]].",
    ),
    shown=(one_hot, OneHot),
)


@EXERCISE.mistake
def integers(y: Tensor, classes: int) -> Tensor:
    """The zeros and ones are right, but they are integers, and a linear layer needs floats: add .float()."""
    return F.one_hot(y, classes)


EXERCISE.recognise(
    """You return True and False; a linear layer needs floats: add .float().""",
    lambda y, classes: y[:, None] == torch.arange(classes),
)


EXERCISE.recognise(
    """You count the classes from the largest label of this batch, so a batch without a 9 gets narrower rows: F.one_hot
    takes the number of classes as its second argument.""",
    lambda y, classes: F.one_hot(y).float(),
)


EXERCISE.recognise(
    """Two things: the width comes from the largest label of this batch instead of classes, and the numbers are
    integers.""",
    lambda y, classes: F.one_hot(y),
)


EXERCISE.recognise(
    """You return the label itself as one number, as if a 4 were twice a 2; each class needs its own column.""",
    lambda y, classes: y[:, None].float(),
)


EXERCISE.recognise(
    """You return the labels as floats, (B,); each class needs its own column, (B, classes).""",
    lambda y, classes: y.float(),
)


EXERCISE.recognise(
    """Your 1 is one column too far to the right: label 0 has the first column.""",
    lambda y, classes: one_hot((y + 1) % classes, classes),
)


EXERCISE.recognise(
    """Your 1 is one column too far to the left: labels already begin at 0.""",
    lambda y, classes: one_hot((y - 1) % classes, classes),
)


EXERCISE.recognise(
    """There is one column too many: the labels go from 0 to classes - 1.""",
    lambda y, classes: one_hot(y, classes + 1),
)


EXERCISE.recognise(
    """The numbers are right, but each label is a column, (classes, B), instead of a row.""",
    lambda y, classes: one_hot(y, classes).T,
)


EXERCISE.recognise(
    """There is one axis too many, (B, 1, classes), which does not fit beside features (B, H).""",
    lambda y, classes: one_hot(y, classes)[:, None],
)


EXERCISE.recognise(
    """Your other columns hold -1; with 0 there, a linear layer picks just one column of its weights.""",
    lambda y, classes: 2 * one_hot(y, classes) - 1,
)


EXERCISE.recognise(
    """This is inverted, with 0 in the label's column and 1 elsewhere.""",
    lambda y, classes: 1 - one_hot(y, classes),
)


EXERCISE.recognise(
    """You divide by the number of classes, so the label's column does not hold 1.""",
    lambda y, classes: one_hot(y, classes) / classes,
)


EXERCISE.recognise(
    """You write the label's number into its column, so a label of 0 leaves no trace.""",
    lambda y, classes: one_hot(y, classes) * y[:, None],
)


EXERCISE.recognise(
    """All columns hold 1, whatever the label is.""",
    lambda y, classes: torch.ones(len(y), classes),
)


EXERCISE.recognise(
    """All columns hold 0: nothing was written. (scatter without the underscore returns a new tensor; rows[index][y] =
    1 writes into a copy.)""",
    lambda y, classes: torch.zeros(len(y), classes),
)


EXERCISE.recognise(
    """Your ones fill the row up to the label, as on a thermometer, so labels seem to have an order.""",
    lambda y, classes: (torch.arange(classes) <= y[:, None]).float(),
)


EXERCISE.recognise(
    """Every row has the ones of all labels in the batch: rows[:, y] = 1 writes into all rows. Pair each row with its
    own label: rows[torch.arange(B), y] = 1.""",
    lambda y, classes: one_hot(y, classes).amax(0).repeat(len(y), 1),
)


EXERCISE.recognise(
    """You count how often each label occurs in the batch; the task asks for one row for each label.""",
    lambda y, classes: one_hot(y, classes).sum(0),
)


EXERCISE.recognise(
    """You apply softmax to the row, so no entry is 0 or 1 any more.""",
    lambda y, classes: one_hot(y, classes).softmax(1),
)


EXERCISE.recognise(
    """The numbers are right, but in one long row: return (B, classes).""",
    lambda y, classes: one_hot(y, classes).flatten(),
)


EXERCISE.recognise(
    """The numbers are right, but they are no float32, which the weights of a linear layer are: it refuses them.
    .float() makes them so.""",
    lambda y, classes: F.one_hot(y, classes).double(),
    lambda y, classes: F.one_hot(y, classes).half(),
)


EXERCISE.recognise(
    """The numbers are right, but in a list or a NumPy array, which a linear layer refuses. torch.tensor makes a tensor
    of it.""",
    lambda y, classes: F.one_hot(y, classes).tolist(),
    lambda y, classes: F.one_hot(y, classes).float().tolist(),
    lambda y, classes: F.one_hot(y, classes).numpy(),
    lambda y, classes: F.one_hot(y, classes).float().numpy(),
    lambda y, classes: F.one_hot(y, classes).double().numpy(),
)


for _share in (0.1, 0.05, 0.2):
    EXERCISE.recognise(
        """You smooth the labels: the 1 is less, and the zeros share the rest. The task asks for 1 and 0.""",
        lambda y, classes, share=_share: F.one_hot(y, classes).float() * (1 - share) + share / classes,
    )
