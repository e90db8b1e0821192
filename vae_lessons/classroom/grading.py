"""Grade a handed-in notebook: its answers, one by one, in a pristine copy of the lesson."""

import ast
import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from vae_lessons.classroom import lessons
from vae_lessons.classroom.assessing import SECONDS
from vae_lessons.classroom.handed_in import Step, steps, without_copies
from vae_lessons.exercises.catalogue import exercises
from vae_lessons.exercises.engine.exercise import NOT_ATTEMPTED, lesson_of
from vae_lessons.notebook_cells import code_cells

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
                [sys.executable, "-m", "vae_lessons.classroom.assessing"],
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
