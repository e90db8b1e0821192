"""What an exercise is, and how an answer is judged: by what it does on probes, never by its text."""

import contextlib
import ctypes
import io
import random
import sys
import sysconfig
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from inspect import getdoc
from pathlib import Path
from types import FrameType

import numpy as np
import torch
from torch import Tensor

Answer = Callable[..., object]
NOT_ATTEMPTED, RAISED, DIAGNOSED, WRONG, RIGHT = "not attempted", "raised", "diagnosed", "wrong", "right"
TIME_LIMIT = 5.0  # seconds for all probes of one answer together
_COURSE, _LIBRARIES = str(Path(__file__).parents[1]), sysconfig.get_path("stdlib")


@dataclass(frozen=True)
class Seen:
    """One thing an answer did: its value for some input, a slope, a statistic of its draws, or an error."""

    what: str  # "the result", "the gradient for mu"
    value: Tensor | str
    given: str  # the input, as the student reads it
    tolerance: float = 1e-4  # absolute, and relative to the true value
    error: BaseException | None = None
    aside: bool = False  # told when all else is right; does not hide another mistake


Probe = Callable[[Answer], Iterator[Seen]]


@dataclass(frozen=True)
class Verdict:
    """What a check found: a state, a sentence to the student, and lines that show it."""

    state: str
    sentence: str
    evidence: str = ""


@dataclass
class Exercise:
    """A task with its right answer, the probes that tell answers apart, and the mistakes it recognises.

    probe yields what an answer does, smallest input first. A mistake is a wrong answer that can be run; its
    docstring is the diagnosis. shown: what `solution` prints, the reference by default. given: the wrong answer that
    the notebook hands out to be mended, if it does.
    """

    number: str  # lesson.exercise
    title: str
    task: str
    minutes: int
    difficulty: int  # 1 to 3
    reference: Answer
    probe: Probe
    hints: tuple[str, str, str]
    shown: tuple[object, ...] = ()
    given: Answer | None = None
    mistakes: list[Answer] = field(default_factory=list)
    _truths: dict[int, dict] = field(default_factory=dict, repr=False)  # what the reference does, by seed

    def mistake(self, answer: Answer) -> Answer:
        """Add a wrong answer, as a decorator; its docstring tells the student what it is."""
        self.mistakes.append(answer)
        return answer

    def recognise(self, sentence: str, *answers: Answer) -> None:
        """Add short wrong answers that share one diagnosis."""
        for answer in answers:
            answer.__doc__ = sentence
            self.mistakes.append(answer)

    @cached_property
    def _known(self) -> list[tuple[str, dict]]:
        """Each mistake's diagnosis and what it does."""
        return [(diagnosis(answer), observe(self.probe, answer)) for answer in self.mistakes]

    def _truth(self, seed: int) -> dict:
        if seed not in self._truths:
            self._truths[seed] = observe(self.probe, self.reference)
        return self._truths[seed]

    def judge(self, answer: Answer, seed: int = 0) -> Verdict:
        """Compare what an answer does with what the reference does, then with each mistake.

        The answer runs in a thread of its own with a time limit; random states are put back. Raises nothing that the
        answer raises.
        """
        with _settings_kept(seed):
            truth = self._truth(seed)
            torch.manual_seed(seed)
            try:
                seen = within_time_limit(lambda: observe(self.probe, answer))
            except TimeoutError:
                said = f"ran longer than {TIME_LIMIT:.0f} seconds on small inputs. Is there a loop that never ends?"
                return Verdict(RAISED, f"Your function {said}")
            if all(isinstance(one.value, str) and one.value == "None" for one in seen.values()):
                said = "Nothing is returned yet. If you have written your lines, the last one still needs return."
                return Verdict(NOT_ATTEMPTED, said)
            difference = _first_difference(seen, truth)
            if difference is None:
                return Verdict(RIGHT, "Right.")
            shown = _counter_example(*difference)
            torch.set_default_dtype(torch.float32)  # whatever the answer made of it
            if self.given is not None and _first_difference(seen, observe(self.probe, self.given)) is None:
                return Verdict(NOT_ATTEMPTED, "It still does what it did as handed out.")
            for aside, slack in ((True, 1), (True, 3), (False, 1), (False, 3)):
                for sentence, what_it_does in self._known:
                    if _first_difference(seen, what_it_does, slack, aside) is None:
                        return Verdict(DIAGNOSED, sentence, shown)
        error = next((one.error for one in seen.values() if one.error), None)
        if error is not None:
            return Verdict(RAISED, f"Your function stopped with {type(error).__name__}.", own_lines(error))
        return Verdict(WRONG, "Not yet, and not in a way this check knows. The smallest difference:", shown)


@dataclass(frozen=True)
class Prediction:
    """A question of a lesson: which of its choices comes true (counted from 0), and why."""

    key: str  # lesson-word
    question: str
    right: int
    because: str

    @property
    def explanation(self) -> str:
        """Why, on one line."""
        return " ".join(self.because.split())


def diagnosis(mistake: Answer) -> str:
    """The sentence of a mistake: its docstring on one line."""
    return " ".join((getdoc(mistake) or "").split())


def observe(probe: Probe, answer: Answer) -> dict[tuple[int, str], Seen]:
    """What an answer does on all probes, by number of the input and name, in the probe's order."""
    seen, inputs = {}, []
    for one in probe(answer):
        if one.given not in inputs:
            inputs.append(one.given)
        seen[inputs.index(one.given), one.what] = one
    return seen


def own_lines(error: BaseException) -> str:
    """The traceback without the frames of libraries and of this course: at most three lines, then the error."""
    frames = [
        f"line {frame.lineno} of {frame.name}: {frame.line}"
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((_COURSE, _LIBRARIES)) and "site-packages" not in frame.filename
    ]
    return "\n".join([*frames[-3:], f"{type(error).__name__}: {first_line(error)}"])


def first_line(error: BaseException) -> str:
    """What an error says, on one line, at most 200 characters."""
    try:
        return (str(error).strip().splitlines() or [""])[0][:200]
    except Exception:  # an error of the student's whose own text fails
        return "no message"


def as_tensor(value: object) -> Tensor | str:
    """A returned number, list of numbers, array or tensor as a double tensor on the CPU; else what kind of thing."""
    if value is None:
        return "None"
    kind = type(value).__name__
    try:
        if isinstance(value, list | tuple) and any(isinstance(part, Tensor) for part in value):
            return f"a {kind} of {len(value)}"
        if isinstance(value, bool | int | float | np.ndarray | np.generic | list | tuple):
            value = torch.as_tensor(value)
        if (
            not isinstance(value, Tensor)
            or value.is_complex()
            or value.is_sparse
            or value.numel() > 10_000_000
        ):
            return f"a {kind}"
        return value.detach().cpu().to(torch.float64)
    except Exception:  # whatever stands in a list, and tensors without numbers
        return f"a {kind}"


def in_words(value: Tensor | str) -> str:
    """A value as the student reads it: four digits, and the shape where there are many numbers."""
    if isinstance(value, str):
        return value
    if value.numel() > 8:
        beginning = ", ".join(f"{number:.4g}" for number in value.flatten()[:6].tolist())
        return f"[{beginning}, ...] of shape {tuple(value.shape)}"
    return _rounded(value.tolist())


def _rounded(value: float | list) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_rounded(inner) for inner in value)}]"
    return f"{value:.4g}"


def _first_difference(
    seen: dict, truth: dict, slack: float = 1, aside: bool = True
) -> tuple[Seen, Seen] | None:
    """The first thing in which two answers differ, or None.

    slack widens tolerances for chance, since one mistake may draw in several ways; aside=False leaves asides out.
    """
    for key in truth | seen:
        mine, true = seen.get(key), truth.get(key)
        if not aside and (mine or true).aside:
            continue
        if mine is None or true is None:
            other = next(
                (one for place, one in (seen if mine is None else truth).items() if place[0] == key[0]), None
            )
            present = mine or true
            absent = other or Seen(present.what, "nothing", present.given)
            return (absent, present) if mine is None else (present, absent)
        tolerance = true.tolerance if true.tolerance < 0.01 else slack * true.tolerance
        if not _same(mine.value, true.value, tolerance):
            return mine, true
    return None


def _same(mine: Tensor | str, true: Tensor | str, tolerance: float) -> bool:
    if isinstance(mine, str) or isinstance(true, str):
        return isinstance(mine, str) and isinstance(true, str) and mine == true
    same_shape = mine.shape == true.shape
    return same_shape and torch.allclose(mine.double(), true.double(), tolerance, tolerance, equal_nan=True)


def _counter_example(mine: Seen, true: Seen) -> str:
    """The input, the student's value, the true value."""
    yours, truth = in_words(mine.value), in_words(true.value)
    if (
        isinstance(mine.value, Tensor)
        and isinstance(true.value, Tensor)
        and mine.value.shape != true.value.shape
    ):
        yours, truth = (f"{in_words(one.value)}, shape {tuple(one.value.shape)}" for one in (mine, true))
    label = true.what if mine.what == true.what else f"{mine.what}, where {true.what} was asked"
    return f"Given {true.given}\n{label}\n  yours  {yours}\n  true   {truth}"


class TimeIsUp(BaseException):
    """Thrown into an answer that runs too long; no except Exception of the student's catches it."""


def within_time_limit(work: Callable[[], object]) -> object:
    """What work returns. It runs in a thread, which can be left behind on every system; what it prints is dropped.

    Raises what work raises, and TimeoutError after TIME_LIMIT of computing, or four times as long where the machine is
    busy or work only waits.
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
                min(time.process_time() - computed, time.monotonic() - began) > TIME_LIMIT
                or time.monotonic() - began > 4 * TIME_LIMIT
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


@contextlib.contextmanager
def _settings_kept(seed: int) -> Iterator[None]:
    """Draw from a seed inside, with gradients and float32; leave torch, numpy and Python's random as they were."""
    numpy_state, python_state, dtype = np.random.get_state(), random.getstate(), torch.get_default_dtype()  # noqa: NPY002
    with torch.random.fork_rng(), torch.inference_mode(False), torch.enable_grad():
        try:
            torch.set_default_dtype(torch.float32)
            torch.manual_seed(seed)
            np.random.seed(seed)  # noqa: NPY002  (theirs, not ours)
            random.seed(seed)
            yield
        finally:
            np.random.set_state(numpy_state)  # noqa: NPY002
            random.setstate(python_state)
            torch.set_default_dtype(dtype)
