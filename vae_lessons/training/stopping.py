"""The stop button (Ctrl-C): where an interrupt would leave half a thing behind, it waits."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module

import torch
from IPython import get_ipython
from torch.optim import Optimizer


@contextmanager
def interrupt_waits() -> Iterator[None]:
    """Inside, an interrupt waits: KeyboardInterrupt is raised at the end of the block instead of in its middle.

    Outside of the main thread, which is the only one that is interrupted, and where no Python function handles
    interrupts, nothing changes.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    came: list[tuple] = []
    signal.signal(signal.SIGINT, lambda *interrupt: came.append(interrupt))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came:
        before(*came[0])


def optimizers_are_imported_whole() -> None:
    """Let an interrupt wait while the first optimizer of this process is made.

    PyTorch then imports for some seconds, and half of that import would leave a process in which no optimizer can be
    made.
    """
    init = Optimizer.__init__

    @wraps(init)
    def first(self: Optimizer, *args: object, **kwargs: object) -> None:
        with interrupt_waits():
            import_module("torch._dynamo")
        Optimizer.__init__ = init
        init(self, *args, **kwargs)

    Optimizer.__init__ = first


def a_stop_leaves_gradients_on() -> None:
    """In a notebook, record gradients again after a cell that was stopped.

    A stop at the moment when torch.no_grad() begins leaves them off, and no model could be trained any more.
    """
    shell = get_ipython()
    if shell is not None and _gradients_on not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _gradients_on)


def _gradients_on(result: object) -> None:
    if isinstance(result.error_in_exec, KeyboardInterrupt):
        torch.set_grad_enabled(True)
