"""Grade a handed-in notebook: its functions, one by one, in a pristine copy of the lesson."""

import ast
import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import nbformat

from vae_lessons.classroom import lessons
from vae_lessons.exercises.catalogue import exercises
from vae_lessons.exercises.engine.exercise import NOT_ATTEMPTED, RAISED, lesson_of
from vae_lessons.exercises.engine.time_limit import within_time_limit

SECONDS, MEMORY = 30, 4 << 30  # to start the process; bytes an answer may use beyond what torch needs itself
_DEFINES = ast.FunctionDef | ast.ClassDef
_IMPORTS = ast.Import | ast.ImportFrom


@dataclass(frozen=True)
class Grade:
    """The result of one exercise of a submission."""

    number: str
    title: str
    state: str
    sentence: str


def grade(path: str | os.PathLike) -> list[Grade]:
    """Assess every exercise of the lessons that a submitted notebook belongs to, in a process of its own.

    Of the submission only the cells that call check are looked at, and of these only imports and the definitions of
    functions and classes. They run after the imports and definitions of the course's own copy of the lesson. See
    README for what the process is kept from. Raises ValueError for a file that is no such notebook.
    """
    path = Path(path).expanduser()
    try:
        submitted = nbformat.read(path, as_version=4)
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no notebook at {path}.") from None
    except Exception as error:  # whatever a broken file makes nbformat raise
        raise ValueError(f"{path} is not a Jupyter notebook ({type(error).__name__}).") from None
    handed_in: dict[str, tuple[str, str]] = {}
    for cell in submitted.cells:
        handed_in |= _checked_in(cell)  # the last one counts
    known = [exercise.lesson for exercise in exercises().values()]
    submitted_lessons = {lesson_of(number) for number in handed_in}.intersection(known)
    if not submitted_lessons:
        raise ValueError(
            f"{path} calls check for no exercise of this course.\n"
            f"Is it the notebook of a lesson {known[0]} to {known[-1]}?"
        )
    tasks = [
        {"number": number, "name": name, "before": _pristine(number), "code": code}
        for number, (name, code) in handed_in.items()
        if number in exercises()
    ]
    verdicts = _verdicts(tasks)
    missing = NOT_ATTEMPTED, "The submission has no cell that checks it."
    return [
        Grade(number, exercise.title, *verdicts.get(number, missing))
        for number, exercise in exercises().items()
        if exercise.lesson in submitted_lessons
    ]


def _checked_in(cell: nbformat.NotebookNode) -> dict[str, tuple[str, str]]:
    """For each check in a cell: number -> (name of the function, the cell's imports and definitions)."""
    tree, found = _parsed(cell), {}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name("check"), args=[ast.Constant(str(number)), ast.Name(name), *_]):
                found[number] = name, _definitions(tree)
    return found


def _parsed(cell: nbformat.NotebookNode) -> ast.Module:
    """The code of a cell; an empty module for prose, and for what is no Python."""
    lines = cell.source.splitlines() if cell.cell_type == "code" else []
    with suppress(SyntaxError, ValueError):
        return ast.parse("\n".join("" if line.lstrip().startswith(("%", "!")) else line for line in lines))
    return ast.Module([], [])


def _definitions(tree: ast.Module) -> str:
    return "\n".join(ast.unparse(node) for node in tree.body if isinstance(node, _DEFINES | _IMPORTS))


def _pristine(number: str) -> str:
    """Imports and definitions of the course's own copy of a lesson, without those of its exercises."""
    path = lessons.find(lesson_of(number))
    cells = nbformat.read(path, as_version=4)
    return "\n".join(_definitions(_parsed(cell)) for cell in cells.cells if not _checked_in(cell))


def _verdicts(tasks: list[dict]) -> dict[str, tuple[str, str]]:
    """number -> (state, sentence). One process assesses all in turn; where it dies, another goes on after that one."""
    allowed = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV")
    environment = {key: os.environ[key] for key in allowed if key in os.environ}
    verdicts: dict[str, tuple[str, str]] = {}
    while waiting := [task for task in tasks if task["number"] not in verdicts]:
        with tempfile.TemporaryDirectory() as folder:
            environment |= {"VAE_LESSONS_STATE": folder, "HOME": folder, "OMP_NUM_THREADS": "1"}
            process = subprocess.Popen(
                [sys.executable, "-c", "from vae_lessons.classroom.grading import _inside; _inside()"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=folder,
                env=environment,
            )
            try:
                said, error = process.communicate(json.dumps(waiting), timeout=SECONDS + 10 * len(waiting))
                why = f"The process ended without a verdict. {(error.strip().splitlines() or [''])[-1][:200]}"
            except subprocess.TimeoutExpired:
                process.kill()
                said, _ = process.communicate()
                why = "It did not end in time."
        for line in said.splitlines():
            with suppress(ValueError, TypeError):
                number, state, sentence = json.loads(line)
                verdicts[str(number)] = str(state), str(sentence)
        for task in waiting:
            if task["number"] not in verdicts:
                verdicts[task["number"]] = "stopped", why.strip()
                break
    return verdicts


def _inside() -> None:
    """What runs in the process: limits, then for each task two pieces of code and the verdict as a line of JSON."""
    tasks = json.load(sys.stdin)
    for task in tasks:  # what is loaded at first use, before memory is limited
        exercises()[task["number"]].assess(exercises()[task["number"]].reference)
    _limit()
    out, sys.stdout = sys.stdout, open(os.devnull, "w")  # noqa: SIM115  (kept for the life of the process)
    for task in tasks:
        space: dict[str, object] = {"__name__": "submission"}
        try:
            for definition in ast.parse(task["before"]).body:
                with suppress(Exception):  # one that needs the lesson's data, like images=train_images
                    exec(compile(ast.Module([definition], []), "lesson", "exec"), space)
            within_time_limit(lambda: exec(task["code"], space))  # noqa: B023  (called at once)
            verdict = exercises()[task["number"]].grade(space[task["name"]])
            result = verdict.state, " ".join([verdict.sentence, *verdict.evidence.split("\n")]).strip()
        except TimeoutError:
            result = RAISED, "Its definition took too long."
        except BaseException as error:
            result = RAISED, f"{type(error).__name__}: {error}"
        print(json.dumps([task["number"], *result]), file=out, flush=True)
    os._exit(0)  # not waiting for threads that were left behind


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
