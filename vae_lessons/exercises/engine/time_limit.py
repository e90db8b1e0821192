"""A time limit for a student's function, which runs in a thread that can be left behind."""

import contextlib
import ctypes
import io
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType

TIME_LIMIT = 5.0  # seconds for all probes of one answer together, unless the exercise says otherwise


class TimeIsUp(BaseException):
    """Thrown into an answer that runs too long; no except Exception of the student's catches it."""


def within_time_limit(work: Callable[[], object], seconds: float = TIME_LIMIT) -> object:
    """Run work in a thread and return its result; the thread can be left behind, and what it prints is dropped.

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

    thread = threading.Thread(target=run, daemon=True)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        thread.start()
        try:
            computed, began = time.process_time(), time.monotonic()
            while thread.is_alive() and not (
                min(time.process_time() - computed, time.monotonic() - began) > seconds
                or time.monotonic() - began > 4 * seconds
            ):
                thread.join(0.05)
            while thread.is_alive() and _is_importing(thread):  # half an import would break the kernel
                thread.join(0.1)
            if thread.is_alive():
                raise TimeoutError
        finally:
            _stop(thread)
    if "error" in result:
        raise result["error"]
    return result.get("value")


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
