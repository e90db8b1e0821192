"""Pretend that inputs are on a GPU, to catch tensors that an answer makes on the CPU."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


@contextmanager
def another_device() -> Iterator[None]:
    """Inside, inputs behave as if they lay on a GPU: a tensor made without saying where does not fit them.

    It needs no GPU. What .to(...) and factories given a device return is taken to be with the inputs.
    """
    with _AnotherDevice():
        yield


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


class _Elsewhere(Tensor):
    """A tensor that pretends to lie on the CPU while its partners lie on a GPU."""
