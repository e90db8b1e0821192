"""The progress of a class: the records that students handed in, in one table without names."""

import csv
import os
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path

from vae_lessons.exercises import board, record
from vae_lessons.exercises.catalogue import exercises, predictions

STATES = {board.SOLVED: "solved", board.HELPED: "solved with help", board.TRIED: "tried", board.OPEN: "open"}


def class_table(paths: Sequence[str | os.PathLike], shuffle: random.Random | None = None) -> list[list[str]]:
    """One row per handed-in record, in random order and without names, under a row of headings.

    For each exercise: solved, solved with help, tried or open, then the number of hints; for each prediction: came
    true, made or open. Raises ValueError or OSError naming the file that is no record.
    """
    records = [record.read(_existing(path)) for path in paths]
    (shuffle or random.SystemRandom()).shuffle(records)
    heads = ["student", *(f"{n} {what}" for n in exercises() for what in ("state", "hints")), *predictions()]
    rows = [heads]
    for place, kept in enumerate(records, start=1):
        row = [f"student-{place:02d}"]
        for number in exercises():
            entry = kept["exercises"].get(number, {})
            row += [STATES[board.sign(entry)], str(entry.get("hints", 0))]
        for key in predictions():
            entry = kept["predictions"].get(key)
            row.append("open" if entry is None else "came true" if entry.get("right") else "made")
        rows.append(row)
    return rows


def write_csv(path: str | os.PathLike, rows: Sequence[Sequence[str]]) -> None:
    """Write a table, complete or not at all. Raises FileExistsError where a file already is."""
    path = Path(path).expanduser()
    if path.exists():
        raise FileExistsError(f"{path} exists already.\nChoose another name, or move it away first.")
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".partial")
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        os.replace(partial, path)
    finally:
        Path(partial).unlink(missing_ok=True)


def _existing(path: str | os.PathLike) -> Path:
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(f"there is no record at {path}.")
    return path
