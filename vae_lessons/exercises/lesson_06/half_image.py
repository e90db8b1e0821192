"""Exercise 6.4: split an image into condition and target."""

from collections.abc import Iterator

import torch
from torch import Tensor, allclose, equal, isclose

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt


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
        after = "as they were" if equal(handed, images) else _kept(handed.double(), images.double())
        yield Seen("images after the call", after, given)
        if not (isinstance(returned, tuple | list) and len(returned) == 2):
            kept = isinstance(returned, Tensor) and _kept(as_tensor(returned), images.double())
            yield Seen("the results", f"one {type(returned).__name__}" + f", {kept}" * bool(kept), given)
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
            if result.shape == part.shape and allclose(result, part)
        ]
        return f"shape {tuple(result.shape)}" + "".join(f", the {name} half" for name in begins)
    same = isclose(result, images).all(0)[0]  # (H, W)
    rest = result[:, 0][:, ~same].unique()
    others = "nothing else" if bool(same.all()) else f"{rest[0].item():.3g} elsewhere"
    others = "something else elsewhere" if len(rest) > 1 else others
    if not same.any():
        for name, shift in (("upper", 14), ("lower", -14)):
            if allclose(result, halves(images)[name == "lower"].roll(shift, 2)):
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


EXERCISE = Exercise(
    number="6.4",
    title="Warm-up: half an image",
    task="""Split images (B, 1, 28, 28) for a model that completes them: return given, which keeps the upper 14 rows and
    is 0 below, and wanted, which is 0 above and keeps the lower 14 rows. Both are (B, 1, 28, 28). The images passed in
    must stay as they are.""",
    minutes=2,
    difficulty=1,
    reference=halves,
    probe=halves_probe,
    hints=(
        "Which of the four axes counts rows? Row 0 is at the top.",
        "Two copies, and in each of them one half set to 0: a tensor assigned to a second name is still the same "
        "tensor.",
        "One slice of the last axis but one is set to 0 in each copy. Test yourself: given + wanted equals images, "
        "also after the call.",
    ),
)


def _halves_mistake(sentence: str, given, wanted) -> None:
    """Wrong halves, each made from the images."""

    def answer(images: Tensor) -> tuple[Tensor, Tensor]:
        return given(images), wanted(images)

    EXERCISE.recognise(sentence, answer)


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
    """You cut the images into left and right, and the right half is given: rows are the last axis but one, and the
    upper half is given.""",
    _columns(14, 28),
    _columns(0, 14),
)


_halves_mistake(
    """The two halves are swapped: the upper one is given, the lower one wanted.""",
    _LOWER,
    _UPPER,
)


_halves_mistake(
    """You set the wrong axis to 0: with 1 channel and few images, 14: selects nothing there and :14 everything. Rows
    are the last axis but one.""",
    _rows(0, 28),
    _rows(0, 0),
)


_halves_mistake(
    """You cut the halves out, (B, 1, 14, 28), but both should keep the size of an image.""",
    lambda images: images[..., :14, :],
    lambda images: images[..., 14:, :],
)


_halves_mistake(
    """Row 14 is in both halves: the upper one ends with row 13.""",
    _rows(0, 15),
    _LOWER,
)


_halves_mistake(
    """Row 13 is in both halves: the lower one begins at row 14.""",
    _UPPER,
    _rows(13, 28),
)


_halves_mistake(
    """Row 13 is in neither half: :13 stops before row 13.""",
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
    """wanted is the whole image, so the model would have to draw what it was given, too.""",
    _UPPER,
    lambda images: images.clone(),
)


_halves_mistake(
    """given is the whole image, so nothing is left to complete.""",
    lambda images: images.clone(),
    _LOWER,
)


_halves_mistake(
    """Both results are the upper half.""",
    _UPPER,
    _UPPER,
)


_halves_mistake(
    """Both results are the lower half.""",
    _LOWER,
    _LOWER,
)


_halves_mistake(
    """You fill the missing half with grey, 0.5, instead of 0, the colour of paper.""",
    _rows(0, 14, 0.5),
    _rows(14, 28, 0.5),
)


_halves_mistake(
    """You fill the missing half with 1, which is ink, instead of 0.""",
    _rows(0, 14, 1.0),
    _rows(14, 28, 1.0),
)


_halves_mistake(
    """You fill the missing half with -1 instead of 0, the colour of paper.""",
    _rows(0, 14, -1.0),
    _rows(14, 28, -1.0),
)


_halves_mistake(
    """wanted holds the lower half in its upper rows, so it would not fit below the given one.""",
    _UPPER,
    lambda images: _LOWER(images).roll(-14, 2),
)


_halves_mistake(
    """You return the masks, ones where an image is kept, not the images.""",
    lambda images: _UPPER(torch.ones_like(images)),
    lambda images: _LOWER(torch.ones_like(images)),
)


@EXERCISE.mistake
def one_tensor_three_names(images: Tensor) -> tuple[Tensor, Tensor]:
    """given and wanted are the caller's tensor itself under two new names: = makes no copy, so all rows end as 0 and
    the images are lost."""
    given = wanted = images
    given[..., 14:, :] = 0
    wanted[..., :14, :] = 0
    return given, wanted


@EXERCISE.mistake
def one_copy_two_names(images: Tensor) -> tuple[Tensor, Tensor]:
    """given and wanted are one and the same copy, so all its rows end as 0."""
    given = wanted = images.clone()
    given[..., 14:, :] = 0
    wanted[..., :14, :] = 0
    return given, wanted


@EXERCISE.mistake
def given_in_place(images: Tensor) -> tuple[Tensor, Tensor]:
    """Both halves are right, but given is the caller's tensor itself, so its images lost their lower half."""
    given, wanted = images, images.clone()
    given[..., 14:, :], wanted[..., :14, :] = 0, 0
    return given, wanted


@EXERCISE.mistake
def wanted_in_place(images: Tensor) -> tuple[Tensor, Tensor]:
    """Both halves are right, but wanted is the caller's tensor itself, so its images lost their upper half."""
    given, wanted = images.clone(), images
    given[..., 14:, :], wanted[..., :14, :] = 0, 0
    return given, wanted


@EXERCISE.mistake
def copied_too_late(images: Tensor) -> tuple[Tensor, Tensor]:
    """You set the lower half of the images to 0 before you copy them for wanted, so nothing is left there."""
    given = images
    given[..., 14:, :] = 0
    wanted = images.clone()
    wanted[..., :14, :] = 0
    return given, wanted


EXERCISE.recognise(
    """You return one tensor with both halves: return two, given and wanted, (B, 1, 28, 28) each.""",
    lambda images: torch.cat(halves(images), 1),
)


EXERCISE.recognise(
    """You return the given half alone: return two, given and wanted, (B, 1, 28, 28) each.""",
    lambda images: _UPPER(images),
)


EXERCISE.recognise(
    """You return the wanted half alone: return two, given and wanted, (B, 1, 28, 28) each.""",
    lambda images: _LOWER(images),
)
