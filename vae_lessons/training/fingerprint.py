"""A fingerprint of everything that decides the result of a training run.

A trained model may be loaded from disk only if training it again would give the same one. File names and version
numbers cannot promise that. Neither can a pickle, which names a function but does not hold its code: students change
a model in a notebook cell and run it again under the same name. So the fingerprint covers what would be executed (the
bytecode of the model, of the loop and of whatever they call) and what it is executed on: starting weights, images,
conditions and settings. What comes from a library counts by its name and by PyTorch's version. If something has no
fingerprint (an open file, say), there is none at all, and the run is not kept.
"""

import dis
import hashlib
import inspect
import sys
import sysconfig
import weakref
from collections.abc import Callable, Mapping
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType

import numpy as np
import torch
from torch import Tensor, nn

_PYTHON = sysconfig.get_path("stdlib")
_INSTALLED = {
    "site-packages",
    "dist-packages",
}  # wherever they lie: in an environment, of a user, of a system
_PLAIN = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    torch.dtype,
    torch.device,
    Path,
    type(...),
    slice,
)


def fingerprint(*values: object, weights: bool = True) -> str | None:
    """A digest of values, functions, tensors and models, in 32 hexadecimal digits; None where something has none.

    weights=False leaves out the weights of models and keeps everything else in them.

    >>> fingerprint(1, "a") == fingerprint(1, "a")
    True
    """
    description = _Fingerprint(weights)
    try:
        description.add(values)
    except (TypeError, ValueError, RuntimeError):
        return None
    return description.digest.hexdigest()[:32]


class _Fingerprint:
    """A digest to which values are added one after the other; each function, class and module is described once."""

    def __init__(self, weights: bool) -> None:
        self.digest, self.weights, self.seen = hashlib.sha256(torch.__version__.encode()), weights, {}

    def say(self, *words: object) -> None:
        self.digest.update(repr(words).encode())

    def add(self, what: object) -> None:
        if isinstance(what, _PLAIN):
            self.say(type(what).__name__, what)
        elif isinstance(what, Tensor):
            self.say(what.shape, what.dtype, what.device, what.requires_grad)
            if isinstance(what, nn.Parameter) and not self.weights:
                return  # a GRU has a second list of its weights
            self.digest.update(what.detach().cpu().flatten().contiguous().view(torch.uint8).numpy())
        elif isinstance(what, weakref.ref):
            self.add(what())
        elif isinstance(what, np.ndarray):
            self.say(what.shape, what.dtype)
            self.digest.update(np.ascontiguousarray(what).tobytes())
        elif isinstance(what, tuple | list):
            self.say(type(what).__name__, len(what))
            for one in what:
                self.add(one)
        elif isinstance(what, Mapping):
            self.add([(name, value) for name, value in what.items()])
        elif isinstance(what, set | frozenset):
            self.add(sorted(what, key=repr))
        elif isinstance(what, nn.Module):
            self._once(what, self._module)
        elif isinstance(what, type):
            self._once(what, self._class)
        elif isinstance(what, MethodType):
            self.add((what.__self__, what.__func__))
        elif isinstance(what, BuiltinFunctionType):
            self.say(what.__qualname__)
            self.add(what.__self__ if not isinstance(what.__self__, ModuleType) else what.__self__.__name__)
        elif isinstance(what, FunctionType):
            self._once(inspect.unwrap(what), self._function)
        else:
            raise TypeError(f"a {type(what).__name__} has no fingerprint")

    def _once(self, what: object, describe: Callable[[object], None]) -> None:
        known = id(what) in self.seen
        self.say(type(what).__name__, self.seen.setdefault(id(what), len(self.seen)))
        if not known:
            self.say(getattr(what, "__qualname__", ""))
            describe(what)

    def _module(self, module: nn.Module) -> None:
        self.add(type(module))
        kept_with_weights = set() if self.weights else {*module._parameters, *module._buffers}
        kept_with_weights -= module._non_persistent_buffers_set
        for name, value in vars(module).items():
            if name in ("_parameters", "_buffers"):
                value = {key: tensor for key, tensor in value.items() if key not in kept_with_weights}
            if name != "training":
                self.say(name)
                self.add(value)

    def _class(self, kind: type) -> None:
        if _is_library(kind, getattr(sys.modules.get(kind.__module__), "__file__", None)):
            return
        self.add(kind.__bases__)
        for name, value in vars(kind).items():
            value = getattr(value, "__func__", getattr(value, "fget", value))  # of static, class and property
            if isinstance(value, FunctionType) or not name.startswith("__"):
                self.say(name)
                self.add(value)

    def _function(self, function: FunctionType) -> None:
        if _is_library(function, function.__code__.co_filename):
            return
        self.add((function.__defaults__, function.__kwdefaults__))
        self.add([cell.cell_contents for cell in function.__closure__ or ()])
        names, attributes = self._code(function.__code__)
        for name in sorted(names & function.__globals__.keys()):
            value = function.__globals__[name]
            self.say(name)
            if not isinstance(value, ModuleType):
                self.add(value)
            elif value.__name__.startswith("vae_lessons."):
                self.add([vars(value)[other] for other in sorted(attributes & vars(value).keys())])

    def _code(self, code: CodeType) -> tuple[set[str], set[str]]:
        """Add the bytecode; returns the global names and the attributes that it and the functions inside it use."""
        self.digest.update(code.co_code)
        self.say(code.co_names, code.co_varnames, code.co_freevars, code.co_flags)
        steps = list(dis.get_instructions(code))
        names = {step.argval for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
        attributes = {step.argval for step in steps if step.opname in ("LOAD_ATTR", "LOAD_METHOD")}
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                inner = self._code(constant)
                names, attributes = names | inner[0], attributes | inner[1]
            else:
                self.add(constant)
        return names, attributes


def _is_library(thing: type | FunctionType, file: str | None) -> bool:
    """Whether this comes from Python or an installed package, and not from the course or its student."""
    package = (thing.__module__ or "").partition(".")[0]
    if package in ("__main__", "vae_lessons"):
        return False
    return file is None or file.startswith(_PYTHON) or not _INSTALLED.isdisjoint(Path(file).parts)
