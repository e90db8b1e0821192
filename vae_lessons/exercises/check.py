"""The functions that a student calls: check, hint and solution. None of them stops a notebook."""

import inspect
import os
import textwrap

from torch import nn

from vae_lessons.exercises import banner, record
from vae_lessons.exercises.catalogue import exercises
from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import (
    DIAGNOSED,
    NOT_ATTEMPTED,
    RAISED,
    RIGHT,
    Exercise,
    Verdict,
    lesson_of,
)
from vae_lessons.exercises.engine.time_limit import inside

NOTHING_TO_RUN = "nothing to run"
_latest: dict[str, Verdict] = {}  # by the number of the exercise, in this process


class NotYet(AssertionError):
    """Raised where an exercise is not solved by require, and by check with VAE_LESSONS_STRICT=1."""


def check(number: str, answer: Answer, *measured: object) -> Answer:
    """Say whether a function solves an exercise, or which mistake it makes; returns it if right, else the course's own.

    Runs the function on small inputs, for at most five seconds of computing (longer where the exercise trains a model),
    and nothing else of the student's; random states are left as they were. measured: for an answer that is read off
    the student's own run, what that run measured, as the exercise's cell hands it over. Raises only with
    VAE_LESSONS_STRICT=1, NotYet for whatever is not right.

    >>> kl = check("2.3", kl)
    """
    if inside():
        raise RecursionError(
            "check was called by the very function that it checks; call it after the function."
        )
    exercise = _find(number)
    if exercise is None:
        return answer
    needed = _what_is_needed(exercise, answer, measured)
    if needed:
        verdict = Verdict(NOTHING_TO_RUN, needed)
    else:
        try:
            verdict = (exercise.on_run(*measured) if exercise.reads else exercise).assess(answer)
        except Exception as error:  # a defect of ours must not stop a student
            said = f"The check itself failed ({type(error).__name__}: {error}). Please report it."
            verdict = Verdict(RAISED, said)
    _latest[exercise.number] = verdict
    lost = ""
    if verdict.state not in (NOT_ATTEMPTED, NOTHING_TO_RUN):
        lost = record.update(lambda kept: _count(record.entry(kept, exercise.number), verdict))
    _say(exercise, verdict, lost)
    if verdict.state == RIGHT:
        return answer
    if os.environ.get("VAE_LESSONS_STRICT") == "1":
        require(number)
    return exercise.reference


def require(number: str) -> None:
    """Raise NotYet unless the last check of an exercise in this session found its answer right, for graders."""
    verdict = _latest.get(str(number), Verdict(NOT_ATTEMPTED, "It was not checked in this session."))
    if verdict.state != RIGHT:
        exercise = _find(number)
        raise NotYet(f"{_title(exercise) if exercise else number}: {verdict.state}. {verdict.sentence}")


def hint(number: str) -> None:
    """Show one more of the three hints of an exercise, from a nudge to nearly there; counted until it is solved."""
    exercise = _find(number)
    if exercise is None:
        return
    record.update(lambda kept: _one_more_hint(record.entry(kept, exercise.number), len(exercise.hints)))
    kept = record.entry(record.current(), exercise.number)
    seen = len(exercise.hints) if kept["solved"] else kept["hints"]
    hints = [f"Hint {place} of 3. {text}" for place, text in enumerate(exercise.hints[:seen], start=1)]
    more = f'`hint("{number}")` once more for the next.' if seen < len(exercise.hints) else ""
    banner.show("information", _title(exercise), *hints, more)


def solution(number: str) -> None:
    """Show the course's own lines; looking at them before the exercise is solved is counted."""
    exercise = _find(number)
    if exercise is None:
        return
    record.update(lambda kept: _looked(record.entry(kept, exercise.number)))
    sources = [
        textwrap.dedent(inspect.getsource(part)).rstrip() for part in exercise.shown or (exercise.reference,)
    ]
    banner.show(
        "information", f"{_title(exercise)} · the course's lines", banner.Lines("\n\n\n".join(sources))
    )


def _what_is_needed(exercise: Exercise, answer: object, measured: tuple) -> str:
    """What is wrong with the arguments of check; nothing if they can be used."""
    if answer is None:
        return "You passed None, not a function. Run the cell that defines it, then this one."
    if not callable(answer) or (isinstance(exercise.reference, type) and isinstance(answer, nn.Module)):
        what = "class itself, not an instance" if callable(answer) else "function itself, not a call"
        return (
            f'`check` needs the {what}: `check("{exercise.number}", name)`, with no brackets after the name.'
        )
    if exercise.reads is None:
        return f'`check("{exercise.number}", name)` takes nothing else.' if measured else ""
    try:
        exercise.reference(*measured)
    except Exception as error:
        return (
            "After the function `check` needs what your run measured, as in the cell you were given "
            f"({type(error).__name__}: {error}). Run the cells above that measure it, then this one."
        )
    return ""


def _say(exercise: Exercise, verdict: Verdict, lost: str) -> None:
    title = _title(exercise)
    if verdict.state == RIGHT:
        banner.show("right", f"✓ {title} · right", "From here on this notebook uses yours.", lost)
        return
    until = f'Until it is right, the course\'s own is used. `hint("{exercise.number}")` gives a nudge.'
    evidence = banner.Lines(verdict.evidence)
    if verdict.state in (NOT_ATTEMPTED, NOTHING_TO_RUN):
        words = f"{verdict.state} yet" if verdict.state == NOT_ATTEMPTED else verdict.state
        banner.show("open", f"○ {title} · {words}", verdict.sentence, until)
    else:
        words = {DIAGNOSED: "recognised", RAISED: "stopped by an error"}.get(verdict.state, "not yet")
        banner.show("not yet", f"→ {title} · {words}", verdict.sentence, evidence, until, lost)


def _count(kept: dict, verdict: Verdict) -> None:
    kept["tries"] += not kept["solved"]
    kept["solved"] = kept["solved"] or verdict.state == RIGHT


def _one_more_hint(kept: dict, hints: int) -> None:
    kept["hints"] = min(kept["hints"] + (not kept["solved"]), hints)


def _looked(kept: dict) -> None:
    kept["solution"] = kept["solution"] or not kept["solved"]


def _title(exercise: Exercise) -> str:
    return f"{exercise.number} {exercise.title}"


def _find(number: str) -> Exercise | None:
    found = exercises().get(str(number))
    if found is None:
        numbers = [other for other in exercises() if lesson_of(other) == lesson_of(str(number))]
        banner.show(
            "open", f"There is no exercise {number}", f"There are {', '.join(numbers or exercises())}."
        )
    return found
