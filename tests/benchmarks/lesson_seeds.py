"""Run lessons under other seeds and print how far every number in them moves.

uv run python -m tests.benchmarks.lesson_seeds 04 0 1 2 3 4            # lesson 04 on drawn digits, seeds 0 to 4
VAE_LESSONS_DATASET=mnist uv run python -m tests.benchmarks.lesson_seeds 06 0
"""

import re
import sys
import time

import nbformat

from vae_lessons.classroom import lessons

NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*\.?\d*(?!\w)")
SEED = re.compile(r"^seed, (.+) = 0, ", re.MULTILINE)


def printed(lesson: str, seed: int) -> list[str]:
    """All lines that a lesson prints when its seed is replaced, and the last line says how it went."""
    path = lessons.find(lesson)
    notebook = nbformat.read(path, as_version=4)
    replaced = 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source, count = SEED.subn(rf"seed, \1 = {seed}, ", cell.source)
            replaced += count
    assert replaced == 1, f"{path.name} has no line 'seed, ... = 0, ...'"
    start = time.perf_counter()
    try:
        lessons.execute(notebook, {"VAE_LESSONS_DEVICE": "cpu", "VAE_LESSONS_FRESH": "1"})
        result = "all claims hold"
    except ValueError as error:
        result = f"FAILED: {error}"
    texts = [
        output.text
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if output.output_type == "stream" and output.name == "stdout"
    ]
    return [*"".join(texts).splitlines(), f"{result} after {time.perf_counter() - start:.0f} s"]


def spread(lines: list[str]) -> str:
    """One line for the same line of several runs, each number as its smallest and largest value."""
    numbers = [NUMBER.findall(line) for line in lines]
    if len({len(found) for found in numbers}) > 1:
        return " | ".join(lines)
    ranges = iter(zip(*numbers, strict=True))

    def replace(_match: re.Match) -> str:
        values = sorted(next(ranges), key=lambda text: float(text.replace(",", "")))
        return values[0] if values[0] == values[-1] else f"[{values[0]} .. {values[-1]}]"

    return NUMBER.sub(replace, lines[0])


def main(lesson: str, *seeds: str) -> None:
    runs = []
    for seed in seeds or ("0", "1", "2", "3", "4"):
        runs.append(printed(lesson, int(seed)))
        print(f"lesson {lesson}, seed {seed}: {runs[-1][-1]}", flush=True)
    complete = [run for run in runs if "all claims hold" in run[-1]]
    for lines in zip(*complete, strict=False):
        print("   ", spread(list(lines)))


if __name__ == "__main__":
    main(*sys.argv[1:])
