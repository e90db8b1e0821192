"""Run lessons under other seeds, print how far every number in them moves, and keep the tables on which they rank.

uv run python -m tests.benchmarks.lesson_seeds 04 0 1 2 3 4            # lesson 04 on drawn digits, seeds 0 to 4
VAE_LESSONS_DATASET=mnist uv run python -m tests.benchmarks.lesson_seeds 06 0

A lesson ranks in a code cell that is followed by a markdown cell with the tag "five-seeds". What such cells print is
written to five_seeds/, one file per lesson and data set; tests/test_five_seeds.py holds the lessons to it.
"""

import copy
import json
import os
import re
import sys
import time
from pathlib import Path

import nbformat

from vae_lessons.classroom import lessons

KEPT = Path(__file__).with_name("five_seeds")

NUMBER = re.compile(r"(?<![\w.^])[-+]?\d[\d,]*\.?\d*(?!\w)")
SEED = re.compile(r"^seed, (.+) = 0, ", re.MULTILINE)


def stdout(cell: nbformat.NotebookNode) -> str:
    """What a code cell printed."""
    outputs = [o for o in cell.get("outputs", []) if o.output_type == "stream" and o.name == "stdout"]
    return "".join(output.text for output in outputs)


def rankings(notebook: nbformat.NotebookNode) -> list[tuple[nbformat.NotebookNode, nbformat.NotebookNode]]:
    """Every code cell that ranks, with the markdown cell below it that has the tag "five-seeds"."""
    pairs = zip(notebook.cells, notebook.cells[1:], strict=False)
    return [(cell, below) for cell, below in pairs if "five-seeds" in below.metadata.get("tags", [])]


def run(notebook: nbformat.NotebookNode, seed: int) -> tuple[nbformat.NotebookNode, str]:
    """A copy of the lesson executed with its seed replaced, and how it went."""
    notebook, replaced = copy.deepcopy(notebook), 0
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source, count = SEED.subn(rf"seed, \1 = {seed}, ", cell.source)
            replaced += count
    assert replaced == 1, "the lesson has no line 'seed, ... = 0, ...'"
    start = time.perf_counter()
    try:
        lessons.execute(notebook, {"VAE_LESSONS_DEVICE": "cpu", "VAE_LESSONS_FRESH": "1"})
        result = "all claims hold"
    except ValueError as error:
        result = f"FAILED: {error}"
    return notebook, f"{result} after {time.perf_counter() - start:.0f} s"


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


def keep(lesson: str, seeds: list[str], notebooks: list[nbformat.NotebookNode], results: list[str]) -> Path:
    """Write what the ranking cells printed, seed by seed."""
    dataset = os.environ.get("VAE_LESSONS_DATASET", "digits")
    cells = [{cell.id: stdout(cell).splitlines() for cell, _ in rankings(notebook)} for notebook in notebooks]
    kept = {
        "claims": {seed: result.split(" after ")[0] for seed, result in zip(seeds, results, strict=True)},
        "cells": {name: [run[name] for run in cells] for name in cells[0]},
    }
    KEPT.mkdir(exist_ok=True)
    path = KEPT / f"{lesson}_{dataset}.json"
    path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def main(lesson: str, *seeds: str) -> None:
    seeds = seeds or ("0", "1", "2", "3", "4")
    as_it_is = nbformat.read(lessons.find(lesson), as_version=4)  # once: it may be edited while this runs
    notebooks, results = [], []
    for seed in seeds:
        notebook, result = run(as_it_is, int(seed))
        notebooks.append(notebook)
        results.append(result)
        print(f"lesson {lesson}, seed {seed}: {result}", flush=True)
    complete = [n for n, result in zip(notebooks, results, strict=True) if "all claims hold" in result]
    lines = ["".join(map(stdout, notebook.cells)).splitlines() for notebook in complete]
    for same in zip(*lines, strict=False):
        print("   ", spread(list(same)))
    if len(seeds) == 5:
        print("kept in", keep(lesson, list(seeds), notebooks, results))


if __name__ == "__main__":
    main(*sys.argv[1:])
