"""Observations of what an answer does, and the first difference between two answers."""

import sysconfig
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, allclose  # as they are now: an answer may put another function in their place

Answer = Callable[..., object]
_COURSE, _LIBRARIES = str(Path(__file__).parents[2]), sysconfig.get_path("stdlib")


@dataclass(frozen=True)
class Seen:
    """One observation of an answer: its value for an input, a gradient, a statistic of its draws, or an error."""

    what: str  # "the result", "the gradient for mu"
    value: Tensor | str
    given: str  # the input, as the student reads it
    tolerance: float = 1e-4  # absolute, and relative to the true value unless that is secret
    error: BaseException | None = None
    aside: bool = False  # reported when all else is right; does not hide another mistake
    words: str = ""  # what the student reads in place of the value
    secret: bool = False  # the true value is not told, since it is the answer


Probe = Callable[[Answer], Iterator[Seen]]


def observe(probe: Probe, answer: Answer) -> dict[tuple[int, str], Seen]:
    """All observations of an answer, by number of the input and name, in the order of the probe."""
    seen, inputs = {}, []

    def keep(one: Seen) -> None:
        if one.given not in inputs:
            inputs.append(one.given)
        seen[inputs.index(one.given), one.what] = one

    try:
        for one in probe(answer):
            keep(one)
    except Exception as error:  # where the probe looks at something returned that is no ordinary tensor
        said = f"{type(error).__name__}: {first_line(error)[:100]}"
        given = inputs[-1] if inputs else "the first input"
        keep(Seen("what is returned cannot be used", said, given, error=error))
    return seen


def first_difference(
    seen: dict, truth: dict, slack: float = 1, aside: bool = True
) -> tuple[Seen, Seen] | None:
    """The first thing in which two answers differ, or None.

    slack widens tolerances for chance, since one mistake may draw in several ways; aside=False leaves asides out.
    """
    for key in truth | seen:
        mine, true = seen.get(key), truth.get(key)
        if not aside and (mine or true).aside:
            continue
        if mine is None or true is None:
            other = next(
                (one for place, one in (seen if mine is None else truth).items() if place[0] == key[0]), None
            )
            present = mine or true
            absent = other or Seen(present.what, "nothing", present.given)
            return (absent, present) if mine is None else (present, absent)
        tolerance = true.tolerance if true.tolerance < 0.01 else slack * true.tolerance
        if not same(mine, true, tolerance):
            return mine, true
    return None


def same(mine: Seen, true: Seen, tolerance: float | None = None) -> bool:
    """Whether two observations agree, within the true one's tolerance unless another one is given."""
    mine_is, true_is = mine.value, true.value
    if isinstance(mine_is, str) or isinstance(true_is, str):
        return isinstance(mine_is, str) and isinstance(true_is, str) and mine_is == true_is
    within = true.tolerance if tolerance is None else tolerance
    relative = 0.0 if true.secret else within
    return mine_is.shape == true_is.shape and allclose(
        mine_is.double(), true_is.double(), relative, within, equal_nan=True
    )


def counter_example(mine: Seen, true: Seen) -> str:
    """The input, the student's value, and the true value unless it is secret."""
    yours, truth = (one.words or in_words(one.value) for one in (mine, true))
    if (
        isinstance(mine.value, Tensor)
        and isinstance(true.value, Tensor)
        and mine.value.shape != true.value.shape
    ):
        yours, truth = (f"{in_words(one.value)}, shape {tuple(one.value.shape)}" for one in (mine, true))
    label = true.what if mine.what == true.what else f"{mine.what}, where {true.what} was expected"
    told = [f"Given {true.given}", label, f"  yours  {yours}", f"  true   {truth}"]
    return "\n".join(told[:-1] if true.secret else told)


def as_tensor(value: object) -> Tensor | str:
    """A returned number, list, array or tensor as a double tensor on the CPU; anything else as words for its kind."""
    if value is None:
        return "None"
    kind = type(value).__name__
    try:
        if isinstance(value, list | tuple) and any(isinstance(part, Tensor) for part in value):
            return f"a {kind} of {len(value)}"
        if isinstance(value, bool | int | float | np.ndarray | np.generic | list | tuple):
            value = torch.as_tensor(value)
        if isinstance(value, Tensor) and value.is_meta:
            return "a tensor without numbers, on the device meta"
        if isinstance(value, Tensor) and value.is_nested:
            return "a nested tensor"
        if (
            not isinstance(value, Tensor)
            or value.is_complex()
            or value.is_sparse
            or value.numel() > 10_000_000
        ):
            return f"a {kind}"
        return value.detach().cpu().to(torch.float64).as_subclass(Tensor)
    except Exception:  # whatever stands in a list, and tensors without numbers
        return f"a {kind}"


def in_words(value: Tensor | str) -> str:
    """A value as the student reads it: four digits, and the shape where there are many numbers."""
    if isinstance(value, str):
        return value
    if value.numel() > 8:
        beginning = ", ".join(f"{number:.4g}" for number in value.flatten()[:6].tolist())
        return f"[{beginning}, ...] of shape {tuple(value.shape)}"
    return _rounded(value.tolist())


def _rounded(value: float | list) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_rounded(inner) for inner in value)}]"
    return f"{value:.4g}"


def own_lines(error: BaseException) -> str:
    """The traceback without the frames of libraries and of this course: at most three lines, then the error."""
    frames = [
        f"line {frame.lineno} of {frame.name}: {frame.line}"
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((_COURSE, _LIBRARIES)) and "site-packages" not in frame.filename
    ]
    return "\n".join([*frames[-3:], f"{type(error).__name__}: {first_line(error)}"])


def first_line(error: BaseException) -> str:
    """What an error says, on one line, at most 200 characters."""
    try:
        return (str(error).strip().splitlines() or [""])[0][:200]
    except Exception:  # an error of the student's whose own text fails
        return "no message"
