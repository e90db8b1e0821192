"""What a student calls: check, hint, solution. None of them stops a notebook."""

import inspect
import os
import textwrap
from difflib import get_close_matches

from vae_lessons.exercises import banner, record
from vae_lessons.exercises.catalogue import exercises
from vae_lessons.exercises.exercise import (
    DIAGNOSED,
    NOT_ATTEMPTED,
    RAISED,
    RIGHT,
    Answer,
    Exercise,
    Verdict,
)


class NotYet(AssertionError):
    """With VAE_LESSONS_STRICT=1: an exercise that is not solved."""


def check(number: str, answer: Answer) -> Answer:
    """Say whether a function solves an exercise, or which mistake it makes; returns it if right, else the course's own.

    Runs the function on small inputs, for at most five seconds, and nothing else of the student's; random states are
    left as they were. Raises only with VAE_LESSONS_STRICT=1, NotYet for whatever is not right.

    >>> kl = check("2.3", kl)
    """
    exercise = _find(number)
    if exercise is None:
        return answer
    if callable(answer):
        try:
            verdict = exercise.judge(answer)
        except Exception as error:  # a defect of ours must not stop a student
            verdict = Verdict(
                RAISED, f"The check itself failed ({type(error).__name__}: {error}). Please report it."
            )
    else:
        said = (
            f'`check` needs the function itself: `check("{number}", name)`, with no brackets after its name.'
        )
        verdict = Verdict(RAISED, said if answer is not None else "There is no function yet, but None.")
    lost = ""
    if verdict.state != NOT_ATTEMPTED:
        lost = record.update(lambda kept: _count(record.entry(kept, exercise.number), verdict))
    _say(exercise, verdict, lost)
    if verdict.state == RIGHT:
        return answer
    if os.environ.get("VAE_LESSONS_STRICT") == "1":
        raise NotYet(f"{_title(exercise)}: {verdict.state}. {verdict.sentence}")
    return exercise.reference


def hint(number: str) -> None:
    """Show one more of the three hints of an exercise, from a nudge to nearly there; they are counted."""
    exercise = _find(number)
    if exercise is None:
        return
    record.update(lambda kept: _one_more_hint(record.entry(kept, exercise.number), len(exercise.hints)))
    seen = record.entry(record.current(), exercise.number)["hints"]
    hints = [f"Hint {place} of 3. {text}" for place, text in enumerate(exercise.hints[:seen], start=1)]
    more = f'`hint("{number}")` once more for the next.' if seen < len(exercise.hints) else ""
    banner.show("told", _title(exercise), *hints, more)


def solution(number: str) -> None:
    """Show the course's own lines; looking at them before the exercise is solved is counted."""
    exercise = _find(number)
    if exercise is None:
        return
    record.update(lambda kept: _looked(record.entry(kept, exercise.number)))
    sources = [
        textwrap.dedent(inspect.getsource(part)).rstrip() for part in exercise.shown or (exercise.reference,)
    ]
    banner.show("told", f"{_title(exercise)}: the course's lines", banner.Lines("\n\n\n".join(sources)))


def _say(exercise: Exercise, verdict: Verdict, lost: str) -> None:
    title = _title(exercise)
    if verdict.state == RIGHT:
        banner.show("right", f"✓ {title}: right", "From here on this notebook uses your function.", lost)
        return
    until = f'Until then the course\'s own function is used. `hint("{exercise.number}")` gives a nudge.'
    evidence = banner.Lines(verdict.evidence)
    if verdict.state == NOT_ATTEMPTED:
        banner.show("open", f"○ {title}: not attempted yet", verdict.sentence, evidence, until)
    else:
        words = {DIAGNOSED: "recognised", RAISED: "stopped by an error"}.get(verdict.state, "not yet")
        banner.show("not yet", f"→ {title}: {words}", verdict.sentence, evidence, until, lost)


def _count(kept: dict, verdict: Verdict) -> None:
    kept["tries"] += not kept["solved"]
    kept["solved"] = kept["solved"] or verdict.state == RIGHT


def _one_more_hint(kept: dict, hints: int) -> None:
    kept["hints"] = min(kept["hints"] + 1, hints)


def _looked(kept: dict) -> None:
    kept["solution"] = kept["solution"] or not kept["solved"]


def _title(exercise: Exercise) -> str:
    return f"{exercise.number} {exercise.title}"


def _find(number: str) -> Exercise | None:
    found = exercises().get(str(number))
    if found is None:
        near = get_close_matches(str(number), exercises(), n=3, cutoff=0.3)
        banner.show("open", f"There is no exercise {number}", f"Did you mean {' or '.join(near or ['1.1'])}?")
    return found
