"""Inputs that tell answers apart, and what is looked at: values, gradients, changed inputs."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, equal

from vae_lessons.exercises.engine.comparing import (
    Answer,
    Probe,
    Seen,
    as_tensor,
    first_line,
    in_words,
)
from vae_lessons.exercises.engine.time_limit import TimeIsUp

# Three images, five latents: no two numbers alike, none of them 0 or 1, and N is none of 1, 2 and D.
MU = torch.tensor([[0.5, -1.2, 0.3, 2.1, -0.7], [-0.4, 0.9, -1.6, 0.2, 1.3], [1.7, -0.3, 0.6, -2.2, 0.8]])
LOGVAR = torch.tensor(
    [[-0.5, 0.7, -1.3, 0.4, -2.1], [0.9, -0.8, 0.25, -1.7, 0.6], [-0.3, 1.2, -0.9, 0.35, -1.1]]
)


Reading = Callable[[object, Mapping[str, object]], tuple[Tensor | str, str]]


def as_returned(result: object, _inputs: Mapping[str, object]) -> tuple[Tensor | str, str]:
    """A result as a tensor, which is read as it is."""
    return as_tensor(result), ""


def each(
    *inputs: Mapping[str, object],
    results: Sequence[str] = ("the result",),
    gradients: Sequence[str] = (),
    tolerance: float = 1e-4,
    reading: Reading = as_returned,
) -> Probe:
    """A probe that calls the answer with each of these inputs by position, the smallest first.

    Looks at every result, at the gradient for the inputs named in gradients, and at whether a tensor handed in was
    changed in place. results names what the answer returns, several when it returns a tuple. reading turns a result
    and the inputs into what is compared, and into words for it, if it is not to be read as it is.
    """

    def probe(answer: Answer) -> Iterator[Seen]:
        for arguments in inputs:
            yield from look(answer, arguments, results, gradients, tolerance, reading)

    return probe


def look(
    answer: Answer,
    inputs: Mapping[str, object],
    results: Sequence[str] = ("the result",),
    gradients: Sequence[str] = (),
    tolerance: float = 1e-4,
    reading: Reading = as_returned,
) -> Iterator[Seen]:
    """The observations of one call, as described in `each`."""
    given = in_short(inputs)
    leaves = {name: inputs[name].clone().requires_grad_() for name in gradients}
    # Not the leaves themselves: those cannot be edited in place, and an edit should be seen, not stopped.
    handed = {
        name: leaves[name].clone() if name in leaves else copy.deepcopy(value)
        for name, value in inputs.items()
    }
    returned, failed = attempt(lambda: answer(*handed.values()), given)
    if failed or returned is None:
        yield failed or Seen(results[0], "None", given)
        return
    parts = [returned] if len(results) == 1 else list(returned) if isinstance(returned, list | tuple) else []
    if len(parts) != len(results):
        yield Seen("the result", f"a {type(returned).__name__}, not {len(results)} results", given)
        return
    for name, part in zip(results, parts, strict=True):
        value, words = reading(part, inputs)
        yield Seen(name, value, given, tolerance, words=words)
    for name, value in inputs.items():
        if isinstance(value, Tensor):
            kept = equal(handed[name].detach(), value)
            yield Seen(f"{name} after the call", "as it was" if kept else "changed", given)
    if leaves:
        slopes, failed = attempt(lambda: slopes_of(parts, list(leaves.values())), given)
        if failed:
            yield failed
            return
        for name, slope in zip(leaves, slopes, strict=True):
            yield Seen(f"the gradient for {name}", slope, given, tolerance)


def read_off(what: str, truth: Callable[..., float], tolerance: float) -> Callable[..., Probe]:
    """For an answer read off the student's run: the probe for what such a run measured, given to the answer as well.

    truth reads it off exactly; an answer may be off by this share of it, and its true value is not told.
    """

    def reads(*measured: object) -> Probe:
        def probe(answer: Answer) -> Iterator[Seen]:
            given = "what your run measured"
            returned, failed = attempt(lambda: answer(*copy.deepcopy(measured)), given)
            if failed or returned is None:
                yield failed or Seen(what, "None", given)
                return
            number = as_tensor(returned)
            words = in_words(number)
            one = isinstance(number, Tensor) and number.numel() == 1
            kind = "one number" if one else number if isinstance(number, str) else f"{number.numel()} numbers"
            kind = "no positive number" if one and not number > 0 else kind
            yield Seen(
                "what is returned", kind, given, words="" if kind == "one number" else f"{kind}, {words}"
            )
            if kind != "one number":
                return
            number = (number.reshape(()) / truth(*measured)).log()  # so that the tolerance is a share
            yield Seen(what, number, given, tolerance, words=words, secret=True)

        return probe

    return reads


def attempt(call: Callable[[], object], given: str) -> tuple[object, Seen | None]:
    """What a call returns, or what is seen when it raises."""
    try:
        return call(), None
    except TimeIsUp:
        raise
    except BaseException as error:  # SystemExit and the like must not end the student's kernel
        return None, Seen(
            "an error", f"{type(error).__name__}: {first_line(error)[:100]}", given, error=error
        )


def slopes_of(results: Sequence[object], leaves: Sequence[Tensor]) -> list[Tensor]:
    """Gradients of a weighted sum of all results, zeros where none arrives; every element has its own weight."""
    total = torch.zeros((), dtype=torch.float64)
    for place, result in enumerate(results):
        if isinstance(result, Tensor) and result.requires_grad:
            weights = torch.linspace(1, 2, result.numel(), dtype=torch.float64) + 0.31 * place
            total = total + (result.cpu().double().flatten() * weights).sum()
    return [slope.double() for slope in gradients_of(total, leaves)]


def gradients_of(total: Tensor, leaves: Sequence[Tensor]) -> list[Tensor]:
    """The gradient of a scalar for each leaf, zeros where none arrives."""
    if not total.requires_grad:
        return [torch.zeros_like(leaf) for leaf in leaves]
    found = torch.autograd.grad(total, leaves, allow_unused=True)
    pairs = zip(found, leaves, strict=True)
    return [torch.zeros_like(leaf) if slope is None else slope for slope, leaf in pairs]


def in_short(inputs: Mapping[str, object]) -> str:
    """Inputs as the student reads them: name = value, small tensors in full."""
    words = []
    for name, value in inputs.items():
        shown = (
            in_words(as_tensor(value))
            if isinstance(value, Tensor | int | float)
            else getattr(value, "in_words", value)
        )
        words.append(f"{name} = {shown}")
    return ", ".join(words)
