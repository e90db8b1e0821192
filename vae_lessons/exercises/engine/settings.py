"""What an answer may change in the process, and a check puts back: settings, random states, functions of libraries."""

import builtins
import contextlib
import math
import os
import random
import sys
import warnings
from collections.abc import Iterator

import numpy as np
import torch
import torch.nn.functional as F
from torch.distributions import Distribution

_LIBRARIES = (torch, F, torch.Tensor, torch.linalg, np, np.random, math, random, builtins, os)


@contextlib.contextmanager
def settings_kept(seed: int) -> Iterator[None]:
    """Inside, all is as in a new process: float32 on the CPU, gradients on, drawn from a seed; put back afterwards.

    Functions that an answer has replaced in a library, like allclose, are those of before again.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(_functions_kept())
        for keep in (_random_states, _of_torch, _of_numpy, _of_python):
            stack.enter_context(keep())
        stack.enter_context(torch.inference_mode(False))
        stack.enter_context(torch.enable_grad())
        torch.manual_seed(seed)
        np.random.seed(seed)  # noqa: NPY002  (theirs, not ours)
        random.seed(seed)
        yield


@contextlib.contextmanager
def _functions_kept() -> Iterator[None]:
    before = [dict(vars(library)) for library in _LIBRARIES]
    try:
        yield
    finally:
        for library, functions in zip(_LIBRARIES, before, strict=True):
            for name, function in functions.items():
                if vars(library).get(name) is not function:
                    setattr(library, name, function)
            if isinstance(library, type):  # a method in front of an inherited one; modules load parts late
                for name in set(vars(library)) - set(functions):
                    delattr(library, name)


@contextlib.contextmanager
def _random_states() -> Iterator[None]:
    numpy_state, python_state = np.random.get_state(), random.getstate()  # noqa: NPY002
    with torch.random.fork_rng():
        try:
            yield
        finally:
            np.random.set_state(numpy_state)  # noqa: NPY002
            random.setstate(python_state)


@contextlib.contextmanager
def _of_torch() -> Iterator[None]:
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    anomaly = torch.is_anomaly_enabled(), torch.is_anomaly_check_nan_enabled()
    deterministic = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    printing = vars(torch._tensor_str.PRINT_OPTS).copy()
    validating = Distribution._validate_args
    Distribution.set_default_validate_args(True)  # the first torch.compile of a process switches it off
    torch.set_default_dtype(torch.float32)
    torch.set_default_device(None)
    torch.set_anomaly_enabled(False)
    if deterministic:
        torch.use_deterministic_algorithms(False)
    try:
        with _compiled_runs_eagerly():
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_default_device(None if device.type == "cpu" else device)
        torch.set_anomaly_enabled(*anomaly)
        if torch.are_deterministic_algorithms_enabled() != deterministic:  # it may take seconds
            torch.use_deterministic_algorithms(deterministic, warn_only=warn_only)
        torch.set_float32_matmul_precision(precision)
        if torch.get_num_threads() != threads:
            torch.set_num_threads(threads)
        vars(torch._tensor_str.PRINT_OPTS).update(printing)
        Distribution.set_default_validate_args(validating)


def _compiled_runs_eagerly() -> contextlib.AbstractContextManager:
    """Compiling takes half a minute, which would look like an endless loop; what is computed is the same without."""
    if "torch._dynamo" not in sys.modules:  # nothing can have been compiled, and importing it takes seconds
        return contextlib.nullcontext()
    return torch.compiler.set_stance("force_eager")


@contextlib.contextmanager
def _of_numpy() -> Iterator[None]:
    with np.errstate(), np.printoptions():
        yield


@contextlib.contextmanager
def _of_python() -> Iterator[None]:
    limit, environment, folder = sys.getrecursionlimit(), dict(os.environ), os.getcwd()
    try:
        with warnings.catch_warnings():
            # Those of an answer come when it is used, those of mistakes concern nobody.
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.setrecursionlimit(limit)
        if dict(os.environ) != environment:
            os.environ.clear()
            os.environ.update(environment)
        with contextlib.suppress(OSError):
            os.chdir(folder)
