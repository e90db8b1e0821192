"""A class on one machine: how long does a lesson take, and how much memory, when all students run it at once?

    uv run python -m tests.benchmarks.class_load 8                  # one student alone, then eight at once, lesson 02
    uv run python -m tests.benchmarks.class_load 8 --lesson 04 --cache /shared/cache
    uv run python -m tests.benchmarks.class_load --each             # every lesson alone, one after another

Each student is a process of its own with a kernel of its own, and all press Run All at the same moment: a class is
kinder. Models come from the cache of trained models (--cache sets VAE_LESSONS_CACHE), which a first run fills whose
time is not compared, or are trained anew (--fresh sets VAE_LESSONS_FRESH). A cell of five minutes counts as a failure.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import nbformat
import psutil

from vae_lessons.classroom import lessons
from vae_lessons.device import cores

GB = 1e9
CLASS = 30  # students to extrapolate to
TARGET = 1.5 * GB  # for one kernel
TICK, TICKS_A_SECOND = 0.2, 5  # RSS is looked at every 0.2 seconds, PSS, which is slow to count, every second


@dataclass
class Student:
    """What one run took; memory is of the kernel and whatever it starts, at its peak, in bytes."""

    process: subprocess.Popen
    start: float = field(default_factory=time.perf_counter)
    seconds: float = 0.0
    cpu: float = 0.0  # seconds of one core
    rss: int = 0  # with what it shares with others
    error: str = ""


def study(lesson: str) -> None:
    """Run a lesson as the child process of the benchmark; the last line says how it went."""
    notebook = nbformat.read(lessons.find(lesson), as_version=4)
    error = ""
    try:
        lessons.execute(notebook)
    except Exception as failure:  # whatever it is, it is this student's result
        error = next(
            (line for line in reversed(str(failure).splitlines()) if line.strip()), type(failure).__name__
        )
    print(json.dumps(error))


def measured(lesson: str, count: int, settings: Mapping[str, str]) -> tuple[list[Student], int]:
    """So many students at once, and the peak of the memory of all kernels together, shared pages counted once."""
    command = [sys.executable, "-m", "tests.benchmarks.class_load", "--student", lesson]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True, "encoding": "utf-8"}
    environment = {**os.environ, **settings}
    students = [Student(subprocess.Popen(command, env=environment, **pipes)) for _ in range(count)]
    kernels: dict[int, list[psutil.Process]] = {}
    together, tick = 0, 0
    try:
        while running := [student for student in students if not student.seconds]:
            time.sleep(TICK)
            if tick % TICKS_A_SECOND == 0:
                kernels = {student.process.pid: _descendants(student.process.pid) for student in running}
                together = max(together, sum(_own(kernel) for found in kernels.values() for kernel in found))
            tick += 1
            for student in running:
                rss, cpu = _rss_and_cpu(kernels.get(student.process.pid, []))
                student.rss, student.cpu = max(student.rss, rss), max(student.cpu, cpu)
                if student.process.poll() is not None:
                    student.seconds = time.perf_counter() - student.start
                    student.error = _last_word(student.process)
    finally:
        for student in students:
            for process in [*_descendants(student.process.pid), student.process]:
                process.kill()
    return students, together


def _last_word(process: subprocess.Popen) -> str:
    lines = process.stdout.read().splitlines()
    return json.loads(lines[-1]) if lines and process.returncode == 0 else f"ended with {process.returncode}"


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _rss_and_cpu(processes: list[psutil.Process]) -> tuple[int, float]:
    rss, cpu = 0, 0.0
    for process in processes:
        try:
            rss += process.memory_info().rss
            times = process.cpu_times()
            cpu += times.user + times.system
        except psutil.Error:  # it ended just now
            continue
    return rss, cpu


def _own(process: psutil.Process) -> int:
    """Memory in bytes with its share of what is used by several (PSS, on Linux), elsewhere only what is its own."""
    try:
        info = process.memory_full_info()
    except psutil.Error:
        return 0
    return getattr(info, "pss", info.uss)


def forecast(alone: int, together: int, count: int, students: int) -> float:
    """Bytes for so many students: those for one, and for each further one what each further one took among count."""
    return alone + (students - 1) * (together - alone) / max(1, count - 1)


def shared(seconds: float, cpu: float, students: int, among: int) -> float:
    """Seconds for all when the cores are shared evenly and nothing else is short; never less than alone."""
    return max(seconds, students * cpu / among)


def at_once(lesson: str, count: int, settings: Mapping[str, str]) -> int:
    here = cores()
    print(f"lesson {lesson} on {here} cores, {_conditions(settings)}", flush=True)
    (first,), _ = measured(
        lesson, 1, settings
    )  # what it trains and keeps, all others find, as it finds the files cold
    print(f"  first of all: {first.seconds:.0f} s, {first.cpu:.0f} s of CPU", flush=True)
    (one,), alone = measured(lesson, 1, settings)
    print(f"  alone: {one.seconds:.0f} s, {one.cpu:.0f} s of CPU; {_memory(one.rss, alone)}", flush=True)
    students, together = measured(lesson, count, settings)
    seconds = sorted(student.seconds for student in students)
    middle, cpu = statistics.median(seconds), statistics.median(student.cpu for student in students)
    kernels = sorted(student.rss / GB for student in students)
    print(
        f"  {count} at once: {seconds[0]:.0f} / {middle:.0f} / {seconds[-1]:.0f} s (min / median / max), ",
        end="",
    )
    print(f"{middle / one.seconds:.1f} times as long as alone; {cpu:.0f} s of CPU each")
    print(
        f"    a kernel's peak {kernels[0]:.2f} to {kernels[-1]:.2f} GB (RSS), all at once {together / GB:.2f} GB (PSS)"
    )
    print(f"    evenly shared cores would give {shared(one.seconds, one.cpu, count, here):.0f} s")
    errors = [student.error for student in [first, one, *students] if student.error]
    print(f"    {len(errors)} of {count + 2} runs failed", *errors, sep="\n    ! ")
    print(f"  {CLASS} at once, extrapolated, and a Jupyter server for each comes on top:")
    print(f"    {forecast(alone, together, count, CLASS) / GB:.1f} GB, if each further kernel takes as much")
    for among in sorted({here, 8, 16, 32}):
        print(
            f"    {shared(one.seconds, cpu, CLASS, among):.0f} s on {among} cores like these, evenly shared"
        )
    return 1 if errors else 0


def each(settings: Mapping[str, str]) -> int:
    print(
        f"one kernel after another on {cores()} cores, {_conditions(settings)}; target {TARGET / GB:.1f} GB"
    )
    missed = 0
    for path in lessons.paths():
        (one,), alone = measured(path.stem[:2], 1, settings)
        verdict = one.error or ("" if one.rss <= TARGET else "over the target")
        print(f"  {path.stem[:2]}  {one.seconds:4.0f} s, {_memory(one.rss, alone)}  {verdict}", flush=True)
        missed += bool(verdict)
    return 1 if missed else 0


def _memory(rss: int, own: int) -> str:
    return f"{rss / GB:.2f} GB at the peak (RSS), {own / GB:.2f} GB without what is shared (PSS)"


def _conditions(settings: Mapping[str, str]) -> str:
    seen = {**os.environ, **settings}
    threads = f"OMP_NUM_THREADS={seen['OMP_NUM_THREADS']}, " if "OMP_NUM_THREADS" in seen else ""
    if seen.get("VAE_LESSONS_FRESH") == "1":
        return threads + "models trained anew"
    return threads + (
        "models from VAE_LESSONS_CACHE" if "VAE_LESSONS_CACHE" in seen else "models from the course's cache"
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.class_load")
    parser.add_argument("students", nargs="?", type=int, default=8, help="how many at once (8)")
    parser.add_argument("--lesson", default="02", help="which lesson (02)")
    parser.add_argument(
        "--each", action="store_true", help="every lesson alone instead, with its peak memory"
    )
    parser.add_argument("--cache", help="the folder of trained models, VAE_LESSONS_CACHE")
    parser.add_argument("--fresh", action="store_true", help="train anew whatever the cache holds")
    parser.add_argument("--student", metavar="LESSON", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.student:
        study(given.student)
        return 0
    if given.students < 2 and not given.each:
        parser.error("give at least 2 students: one alone is measured anyway")
    settings = {"VAE_LESSONS_DEVICE": "cpu"}
    if given.cache:
        settings["VAE_LESSONS_CACHE"] = os.path.abspath(given.cache)
    if given.fresh:
        settings["VAE_LESSONS_FRESH"] = "1"
    return each(settings) if given.each else at_once(given.lesson, given.students, settings)


if __name__ == "__main__":
    sys.exit(main())
