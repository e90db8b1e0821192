"""Grade a handed-in notebook: its answers, one by one, in a pristine copy of the lesson."""

import ast
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from vae_lessons.classroom import lessons
from vae_lessons.classroom.handed_in import Step, steps, without_copies
from vae_lessons.exercises.catalogue import exercises
from vae_lessons.exercises.engine.exercise import NOT_ATTEMPTED, RAISED, RIGHT, lesson_of
from vae_lessons.exercises.engine.time_limit import within_time_limit
from vae_lessons.notebook_cells import code_cells

SECONDS, MEMORY = 30, 4 << 30  # to start the process; bytes an answer may use beyond what torch needs itself
_DEFINES = (ast.FunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)


@dataclass(frozen=True)
class Grade:
    """The result of one exercise of a submission."""

    number: str
    title: str
    state: str
    sentence: str


def grade(path: str | os.PathLike) -> list[Grade]:
    """Assess every exercise of the lessons that a submitted notebook belongs to, in a process of its own.

    Of the submission, imports, definitions and constants run in the order of its cells, after the imports and
    definitions of the course's own copy of the lesson. See README for what the process is kept from. Raises ValueError
    for a file that is no such notebook.
    """
    path = Path(path).expanduser()
    submission = steps([cell.source for cell in code_cells(path)])
    known = {exercise.lesson for exercise in exercises().values()}
    checked = [step.number for step in submission if step.number]
    submitted_lessons = sorted({lesson_of(number) for number in checked}.intersection(known))
    if not submitted_lessons:
        raise ValueError(
            f"{path} calls check for no exercise of this course.\n"
            f"Is it the notebook of a lesson {min(known)} to {max(known)}?"
        )
    lesson = [step for number in submitted_lessons for step in _of_the_lesson(number)]
    names = {name for step in lesson for name in step.makes}
    verdicts = _verdicts(lesson, without_copies(submission, names))
    missing = NOT_ATTEMPTED, "The submission has no cell that checks it."
    return [
        Grade(number, exercise.title, *verdicts.get(number, missing))
        for number, exercise in exercises().items()
        if exercise.lesson in submitted_lessons
    ]


def _of_the_lesson(number: str) -> list[Step]:
    """Imports and definitions of the course's own copy of a lesson, without those of its exercises."""
    own = steps([cell.source for cell in code_cells(lessons.find(number))])
    return [
        step
        for step in own
        if not (step.why or step.number or step.beside_check)
        and isinstance(ast.parse(step.code).body[0], _DEFINES)
    ]


def _verdicts(lesson: list[Step], submission: list[Step]) -> dict[str, tuple[str, str]]:
    """number -> (state, sentence). One process assesses all in turn; where it dies, another goes on after that one."""
    allowed = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV")
    environment = {key: os.environ[key] for key in allowed if key in os.environ}
    last = {step.number: place for place, step in enumerate(submission) if step.number in exercises()}
    verdicts: dict[str, tuple[str, str]] = {}
    while waiting := [number for number in last if number not in verdicts]:
        task = {
            "lesson": [asdict(step) for step in lesson],
            "submission": [asdict(step) for step in submission],
            "assess": {str(last[number]): number for number in waiting},
        }
        with tempfile.TemporaryDirectory() as folder:
            environment |= {"VAE_LESSONS_STATE": folder, "HOME": folder, "OMP_NUM_THREADS": "1"}
            process = subprocess.Popen(
                [sys.executable, "-c", "from vae_lessons.classroom.grading import _inside; _inside()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                cwd=folder,
                env={**environment, "PYTHONUTF8": "1"},
            )
            try:
                said, error = process.communicate(json.dumps(task), timeout=SECONDS + 10 * len(waiting))
                why = f"The process ended without a verdict. {(error.strip().splitlines() or [''])[-1][:200]}"
            except subprocess.TimeoutExpired:
                process.kill()
                said, _ = process.communicate()
                why = "It did not end in time."
        for line in said.splitlines():
            with suppress(ValueError, TypeError):
                number, state, sentence = json.loads(line)
                verdicts[str(number)] = str(state), str(sentence)
        for number in waiting:
            if number not in verdicts:
                verdicts[number] = "stopped", why.strip()
                break
    return verdicts


def _inside() -> None:
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
