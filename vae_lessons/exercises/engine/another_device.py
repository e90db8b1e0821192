"""Pretend that inputs are on another device, to catch tensors that an answer makes on the CPU."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

DEVICE = torch.device("xpu", 0)  # a kind that students' machines do not have, so that no "cuda" fits by luck
_COPIES = {Tensor.copy_, Tensor.__setitem__, Tensor.tolist, Tensor.item}  # these cross from device to device


@contextmanager
def another_device() -> Iterator[Callable[[Tensor], Tensor]]:
    """Yields a function that moves a tensor to a pretended device, whose `device` it says to be on.

    Inside, a tensor of more than one number that lies elsewhere does not fit such a tensor, whichever way it was
    made; .to(device), factories that are given the device, and whatever is computed from such tensors are there.
    """
    with _AnotherDevice():
        yield lambda tensor: tensor.as_subclass(_There)


class _There(Tensor):
    """A tensor that pretends to be on the other device, and lies on the CPU."""


class _AnotherDevice(TorchFunctionMode):
    def __torch_function__(
        self, function: Callable, types: object, args: tuple = (), kwargs: dict | None = None
    ):
        kwargs = dict(kwargs or {})
        if function is torch.device or getattr(function, "__module__", "") == "torch.autograd":
            return function(*args, **kwargs)
        tensors = [one for one in _flat([args, kwargs]) if isinstance(one, Tensor)]
        there = [one for one in tensors if isinstance(one, _There)]
        with torch._C.DisableTorchFunctionSubclass():
            if there and function == Tensor.device.__get__:
                return DEVICE
            if there and function in (Tensor.numpy, Tensor.__array__):
                raise TypeError(
                    f"can't convert {DEVICE} device type tensor to numpy. Use Tensor.cpu() first."
                )
            asked = [one for one in [*args, *kwargs.values()] if _names_a_device(function, one)]
            goes_there = any(_is_there(one) for one in asked)
            plain, named = _as_plain(args), _as_plain(kwargs)
            if asked:  # of .to(...) and factories
                plain = tuple(torch.device("cpu") if _names_a_device(function, one) else one for one in plain)
                named = {
                    name: torch.device("cpu") if _names_a_device(function, one) else one
                    for name, one in named.items()
                }
            result = function(*plain, **named)
            if function in (Tensor.cpu, Tensor.cuda) or (asked and not goes_there):
                return result
            if function in (Tensor.to, Tensor.type_as) and not asked:  # like another tensor, or its type
                return _as_there(result) if isinstance(tensors[-1], _There) else result
            elsewhere = [one for one in tensors if not isinstance(one, _There) and one.ndim > 0]
            if there and elsewhere and function not in _COPIES and not _takes_its_place(function):
                raise RuntimeError(
                    f"Expected all tensors to be on the same device, but found at least two devices, {DEVICE} and cpu!"
                )
        return _as_there(result) if there or goes_there else result


def _names_a_device(function: Callable, one: object) -> bool:
    if isinstance(one, torch.device):
        return True
    return (
        isinstance(one, str)
        and function is not torch.einsum
        and one.split(":")[0] in ("cpu", "cuda", "xpu", "mps")
    )


def _is_there(one: object) -> bool:
    return torch.device(one).type == DEVICE.type


def _takes_its_place(function: Callable) -> bool:
    """Whether it reads or writes an attribute, like .data or .grad, of a tensor."""
    return getattr(function, "__name__", "") in ("__get__", "__set__")


def _flat(value: object) -> Iterator[object]:
    if isinstance(value, list | tuple):
        for one in value:
            yield from _flat(one)
    elif isinstance(value, dict):
        yield from _flat(list(value.values()))
    else:
        yield value


def _mapped(value: object, change: Callable[[Tensor], Tensor]) -> object:
    if isinstance(value, Tensor):
        return change(value)
    if type(value) in (list, tuple):
        return type(value)(_mapped(one, change) for one in value)
    if type(value) is dict:
        return {name: _mapped(one, change) for name, one in value.items()}
    return value


def _as_plain(value: object) -> object:
    return _mapped(value, lambda one: one.as_subclass(Tensor) if isinstance(one, _There) else one)


def _as_there(value: object) -> object:
    return _mapped(value, lambda one: one.as_subclass(_There))
