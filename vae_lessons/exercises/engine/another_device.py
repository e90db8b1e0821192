"""Inputs that tell answers apart, and what is looked at: values, slopes, changed inputs, draws, devices."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from vae_lessons.exercises.exercise import Answer, Probe, Seen, TimeIsUp, as_tensor, first_line, in_words

# Three images, five latents: no two numbers alike, none of them 0 or 1, and N is none of 1, 2 and D.
MU = torch.tensor([[0.5, -1.2, 0.3, 2.1, -0.7], [-0.4, 0.9, -1.6, 0.2, 1.3], [1.7, -0.3, 0.6, -2.2, 0.8]])
LOGVAR = torch.tensor(
    [[-0.5, 0.7, -1.3, 0.4, -2.1], [0.9, -0.8, 0.25, -1.7, 0.6], [-0.3, 1.2, -0.9, 0.35, -1.1]]
)


def each(
    *inputs: Mapping[str, object],
    results: Sequence[str] = ("the result",),
    gradients: Sequence[str] = (),
    tolerance: float = 1e-4,
) -> Probe:
    """A probe that calls the answer with each of these inputs by position, the smallest first.

    Looks at every result, at the gradient for the inputs named in gradients, and at whether a tensor handed in was
    changed in place. results names what the answer returns, several when it returns a tuple.
    """

    def probe(answer: Answer) -> Iterator[Seen]:
        for arguments in inputs:
            yield from look(answer, arguments, results, gradients, tolerance)

    return probe


def look(
    answer: Answer,
    inputs: Mapping[str, object],
    results: Sequence[str] = ("the result",),
    gradients: Sequence[str] = (),
    tolerance: float = 1e-4,
) -> Iterator[Seen]:
    """What one call does; see each."""
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
        yield Seen(name, as_tensor(part), given, tolerance)
    for name, value in inputs.items():
        if isinstance(value, Tensor):
            kept = torch.equal(handed[name].detach(), value)
            yield Seen(f"{name} after the call", "as it was" if kept else "changed", given)
    if leaves:
        slopes, failed = attempt(lambda: slopes_of(parts, list(leaves.values())), given)
        if failed:
            yield failed
            return
        for name, slope in zip(leaves, slopes, strict=True):
            yield Seen(f"the gradient for {name}", slope, given, tolerance)


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
        told = (
            in_words(as_tensor(value))
            if isinstance(value, Tensor | int | float)
            else getattr(value, "told", value)
        )
        words.append(f"{name} = {told}")
    return ", ".join(words)


def cut_off(reference: Answer) -> Answer:
    """The mistake of an answer that is right in its numbers and passes no gradient on."""

    def answer(*arguments: object) -> object:
        with torch.no_grad():
            return reference(*arguments)

    answer.__doc__ = """Your numbers are right, but no gradient leaves your function, so nothing in front of it
    could learn: look for .item(), float(), .numpy(), .detach(), .data or no_grad, and stay in tensors to the end."""
    return answer


def column(reference: Answer) -> Answer:
    """The mistake of an answer whose numbers (B,) stand in a column (B, 1)."""

    def answer(*arguments: object) -> Tensor:
        return reference(*arguments)[:, None]

    answer.__doc__ = """Your numbers are right, but they stand in a column, (B, 1): the next (B,) that meets them would
    make a table of (B, B) without a word. Sum over all axes but the first, without keepdim."""
    return answer


def listed(reference: Answer) -> Answer:
    """The mistake of an answer whose numbers (B,) stand in a Python list."""

    def answer(*arguments: object) -> list[Tensor]:
        return list(reference(*arguments))

    answer.__doc__ = """You return a Python list of tensors; torch.stack makes one tensor of them, (B,), with which
    the rest of the loss can be computed."""
    return answer


def writes_into(reference: Answer, place: int) -> Answer:
    """The mistake of an answer that is right and has changed the tensor handed in at this place."""

    def answer(*arguments: object) -> object:
        result = reference(*(one.clone() if isinstance(one, Tensor) else one for one in arguments))
        arguments[place].mul_(1.5)
        return result

    answer.__doc__ = """The numbers are right, but a tensor that you were given is another one now, and the next line
    that uses it gets that: +=, *= and names that end in an underscore, like mul_ and exp_, write into their tensor.
    Use the forms that make a new one."""
    return answer


class _Elsewhere(Tensor):
    """A tensor that pretends to lie on the CPU while its partners lie on a GPU."""


class _AnotherDevice(TorchFunctionMode):
    """Tensors made without a device are marked; meeting an unmarked one raises, as it would between CPU and GPU."""

    MAKES = {
        torch.randn,
        torch.rand,
        torch.normal,
        torch.zeros,
        torch.ones,
        torch.empty,
        torch.full,
        torch.tensor,
    }
    MOVES = {Tensor.to, Tensor.cuda, Tensor.type_as}

    def __torch_function__(
        self, function: Callable, types: object, args: tuple = (), kwargs: dict | None = None
    ):
        kwargs = kwargs or {}
        tensors = [a for a in [*args, *kwargs.values()] if isinstance(a, Tensor) and a.ndim > 0]
        elsewhere = [t for t in tensors if isinstance(t, _Elsewhere)]
        with torch._C.DisableTorchFunctionSubclass():
            plain = [a.as_subclass(Tensor) if isinstance(a, _Elsewhere) else a for a in args]
            named = {k: a.as_subclass(Tensor) if isinstance(a, _Elsewhere) else a for k, a in kwargs.items()}
            if function in self.MAKES and "device" not in kwargs and not tensors:
                made = function(*plain, **named)
                return made.as_subclass(_Elsewhere) if made.ndim > 0 else made
            if function in self.MOVES:
                return function(*plain, **named)
            if elsewhere and len(elsewhere) < len(tensors):
                raise RuntimeError(
                    "Expected all tensors to be on the same device, but found two, cpu and a GPU"
                )
            result = function(*plain, **named)
        is_tensor = isinstance(result, Tensor) and type(result) is not _Elsewhere
        return result.as_subclass(_Elsewhere) if elsewhere and is_tensor else result


@contextmanager
def another_device() -> Iterator[None]:
    """Inside, inputs behave as if they lay on a GPU: a tensor made without saying where does not fit them.

    It needs no GPU. What .to(...) and factories given a device return is taken to be with the inputs.
    """
    with _AnotherDevice():
        yield
