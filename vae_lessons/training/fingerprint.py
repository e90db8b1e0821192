"""Trained weights kept on disk, found again by all that decides them: code, starting weights, images, settings."""

import dis
import hashlib
import inspect
import json
import os
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

LIMIT = 2_000_000_000  # bytes: beyond them the runs that were not used for longest are forgotten
_LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))
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


def folder() -> Path:
    """Where what can be made again is kept: VAE_LESSONS_CACHE, else data/cache beside the package."""
    default = Path(__file__).parents[1] / "data" / "cache"
    return Path(os.environ.get("VAE_LESSONS_CACHE") or default).expanduser()


def path_of(*what: object) -> Path | None:
    """The file for a run that is decided by these values, functions, tensors and models; None if they cannot be told.

    Functions and classes count by their bytecode and by that of whatever they call, models by their code, weights
    and attributes, and what comes from a library by its name and PyTorch's version.
    """
    told = _told(what, weights=True)
    return told and folder() / "trained" / f"{told}.safetensors"


def beside_weights(model: nn.Module) -> str | None:
    """A fingerprint of all that a model is beside its weights; None if it cannot be told."""
    return _told(model, weights=False)


def load(path: Path, model: nn.Module) -> dict | None:
    """Put the kept weights into the model and return what was kept with them; None where there is no whole file."""
    try:
        with safe_open(path, framework="pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
            told = json.loads(file.metadata()["told"])
        shapes = {name: tensor.shape for name, tensor in weights.items()}
        if shapes != {name: tensor.shape for name, tensor in model.state_dict().items()}:
            return None  # load_state_dict would load what fits before it complains
        model.load_state_dict(weights)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError):
        return None
    with suppress(OSError):
        os.utime(path)  # used just now
    return told


def save(path: Path, model: nn.Module, told: dict) -> None:
    """Keep the model's weights and what is told of them; where nothing can be written, nothing is kept."""
    with suppress(OSError):
        write_weights(path, model, {"told": json.dumps(told)})
        runs = sorted(path.parent.glob("*.safetensors"), key=lambda run: run.stat().st_mtime, reverse=True)
        kept = 0
        for run in runs:
            kept += run.stat().st_size
            if kept > LIMIT:
                run.unlink()


def write_weights(path: Path, model: nn.Module, metadata: Mapping[str, str]) -> None:
    """Write the weights to one .safetensors file: to a temporary file first, renamed when complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".partial")
    os.close(handle)
    try:
        save_file(weights, partial, metadata=dict(metadata))
        os.chmod(partial, 0o644)  # one prepares it, a class reads it
        os.replace(partial, path)
    finally:
        Path(partial).unlink(missing_ok=True)


def _told(what: object, weights: bool) -> str | None:
    description = _Description(weights)
    try:
        description.add(what)
    except (TypeError, ValueError, RuntimeError):  # that cannot be told: then nothing is kept
        return None
    return description.told.hexdigest()[:32]


class _Description:
    """A hash of everything that a result depends on, each function, class and module once."""

    def __init__(self, weights: bool) -> None:
        self.told, self.weights, self.seen = hashlib.sha256(torch.__version__.encode()), weights, {}

    def say(self, *words: object) -> None:
        self.told.update(repr(words).encode())

    def add(self, what: object) -> None:
        if isinstance(what, _PLAIN):
            self.say(type(what).__name__, what)
        elif isinstance(what, Tensor):
            self.say(what.shape, what.dtype, what.device, what.requires_grad)
            self.told.update(what.detach().cpu().flatten().contiguous().view(torch.uint8).numpy())
        elif isinstance(what, np.ndarray):
            self.say(what.shape, what.dtype)
            self.told.update(np.ascontiguousarray(what).tobytes())
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
            raise TypeError(f"a {type(what).__name__} has more to it than can be told")

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
        self.told.update(code.co_code)
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
    return package not in ("__main__", "vae_lessons") and (file is None or file.startswith(_LIBRARIES))
