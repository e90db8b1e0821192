"""What runs in the process that grades: the steps of a lesson and of a submission, and a verdict for each check."""

import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from vae_lessons.exercises.catalogue import exercises
from vae_lessons.exercises.engine.exercise import RAISED, RIGHT
from vae_lessons.exercises.engine.time_limit import within_time_limit

SECONDS, MEMORY = 30, 4 << 30  # to start the process; bytes an answer may use beyond what torch needs itself


def main() -> None:
    """What runs in the process: limits, then the steps one by one, and for each verdict a line of JSON."""
    task = json.load(sys.stdin)
    assess = {int(place): number for place, number in task["assess"].items()}
    for number in assess.values():  # what is loaded at first use, before memory is limited
        exercises()[number].assess(exercises()[number].reference)
    _limit()
    out, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: SIM115  (kept for the life of the process)
    for found in assessed(task["lesson"], task["submission"], assess):
        print(json.dumps(found), file=out, flush=True)
    os._exit(0)  # not waiting for threads that were left behind


def assessed(
    lesson: list[dict], submission: list[dict], assess: dict[int, str]
) -> Iterator[tuple[str, str, str]]:
    """Run the steps of a lesson and of a submission in this process; (number, state, sentence) of each check.

    assess: the places of the checks that count, with their exercise.
    """
    space: dict[str, object] = {"__name__": "submission"}
    for step in lesson:
        with suppress(Exception):  # one that needs the lesson's data, like images=train_images
            exec(compile(step["code"], "lesson", "exec"), space)
    failed: dict[str, str] = {}  # name: why the line that makes it did not run
    for place, step in enumerate(submission):
        if step["number"]:
            answer = exercises()[step["number"]].reference if step["number"] in exercises() else None
            if place in assess:
                state, sentence, answer = _verdict(step, space, failed, answer)
                yield assess[place], state, sentence
            if step["target"]:
                space[step["target"]] = answer
            continue
        why = step["why"]
        if not why:
            try:
                within_time_limit(lambda: exec(compile(step["code"], "submission", "exec"), space))  # noqa: B023
                continue
            except TimeoutError:
                why = "it took too long"
            except BaseException as error:
                why = f"{type(error).__name__}: {error}"
        line = step["code"].splitlines()[0][:60]
        for name in step["makes"]:
            failed[name] = f"the grader did not run `{line}`: {why}"
            space.pop(name, None)  # what it was before would be another answer


def _verdict(step: dict, space: dict, failed: dict[str, str], own: object) -> tuple[str, str, object]:
    """State and sentence of one check, and what it returns: the answer if it is right, else the course's own."""
    try:
        answer = within_time_limit(lambda: eval(step["code"], space))
        verdict = exercises()[step["number"]].grade(answer)
        state, sentence = verdict.state, " ".join([verdict.sentence, *verdict.evidence.split("\n")]).strip()
    except TimeoutError:
        return RAISED, "Its definition took too long.", own
    except BaseException as error:
        state, sentence = RAISED, f"{type(error).__name__}: {error}"
    reasons = [
        why
        for name, why in failed.items()
        if state != RIGHT and re.search(rf"\b{re.escape(name)}\b", sentence)
    ]
    if state != RIGHT and not reasons and step["code"] in failed:
        reasons = [failed[step["code"]]]
    return (
        state,
        " ".join([sentence, *(f"({why}.)" for why in reasons[:1])]),
        answer if state == RIGHT else own,
    )


def _limit() -> None:
    """No file longer than nothing, no core dump, bounded memory and processor time; nothing of this on Windows."""
    try:
        import resource
    except ImportError:
        return
    used = (
        int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        if sys.platform == "linux"
        else 0
    )
    limits = {"RLIMIT_FSIZE": 0, "RLIMIT_CORE": 0, "RLIMIT_CPU": 10 * SECONDS, "RLIMIT_AS": used + MEMORY}
    for name, value in limits.items():
        if name != "RLIMIT_AS" or used:  # what torch maps beforehand is known on Linux only
            with suppress(OSError, ValueError):
                resource.setrlimit(getattr(resource, name), (value, value))


if __name__ == "__main__":
    main()
