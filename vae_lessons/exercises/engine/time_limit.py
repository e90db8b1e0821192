"""A time limit for a student's function, which runs in a thread that can be left behind."""

import builtins
import contextlib
import ctypes
import io
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType

from IPython.utils.capture import capture_output

TIME_LIMIT = 5.0  # seconds for all probes of one answer together, unless the exercise says otherwise
_NAME = "an answer that is checked"


def inside() -> bool:
    """Whether this is called by work that runs within its time limit, like an answer that is being checked."""
    return threading.current_thread().name == _NAME


class TimeIsUp(BaseException):
    """Thrown into an answer that runs too long; no except Exception of the student's catches it."""


def within_time_limit(work: Callable[[], object], seconds: float = TIME_LIMIT) -> object:
    """Run work in a thread and return its result; the thread can be left behind, and what it prints, draws or shows
    is dropped. Nobody answers where it asks for input.

    Raises what work raises, and TimeoutError after these seconds of computing, or four times as long where the machine
    is busy or work only waits.
    """
    result: dict[str, object] = {}

    def run() -> None:
        with contextlib.suppress(TimeIsUp):
            try:
                result["value"] = work()
            except BaseException as error:  # a defect of the probe, or SystemExit of the student's
                result["error"] = error

    thread = threading.Thread(target=run, daemon=True, name=_NAME)
    with _nothing_shown():
        thread.start()
        try:
            computed, began = time.process_time(), time.monotonic()
            # Half an import would break the kernel, so it is never cut, and its time is not the answer's.
            while thread.is_alive() and (
                _is_importing(thread)
                or not (
                    min(time.process_time() - computed, time.monotonic() - began) > seconds
                    or time.monotonic() - began > 4 * seconds
                )
            ):
                before = time.process_time(), time.monotonic()
                thread.join(0.05)
                if _is_importing(thread):
                    computed += time.process_time() - before[0]
                    began += time.monotonic() - before[1]
            if thread.is_alive():
                raise TimeoutError
        finally:
            _stop(thread)
    if "error" in result:
        raise result["error"]
    return result.get("value")


@contextlib.contextmanager
def _nothing_shown() -> Iterator[None]:
    """Drop what is printed or displayed, close figures that were opened, and let input() fail instead of asking."""
    ask, pyplot = builtins.input, sys.modules.get("matplotlib.pyplot")
    figures = set(pyplot.get_fignums()) if pyplot else set()
    streams = sys.stdin, sys.stdout, sys.stderr
    builtins.input, sys.stdin = _nobody_there, io.StringIO()
    try:
        with capture_output():
            yield
    finally:
        builtins.input = ask
        sys.stdin, sys.stdout, sys.stderr = streams  # whatever a thread that was stopped has put back
        pyplot = sys.modules.get("matplotlib.pyplot")
        for number in set(pyplot.get_fignums()) - figures if pyplot else ():
            pyplot.close(number)


def _nobody_there(prompt: object = "") -> str:
    raise EOFError("a function that is checked cannot ask for input")


def _stop(thread: threading.Thread) -> None:
    """Throw TimeIsUp into a thread until it ends, for a second: an `except: pass` in a loop catches the first ones."""
    for _ in range(20):
        if not thread.is_alive():
            return
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(TimeIsUp))
        thread.join(0.05)


def _is_importing(thread: threading.Thread) -> bool:
    frame: FrameType | None = sys._current_frames().get(thread.ident)
    while frame is not None:
        if "importlib" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False
