"""The record of a student's progress: one small file in the user's state folder, without a name, never sent."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from vae_lessons import folders

VERSION = 1
_in_memory: dict | None = None  # used once the file could not be read or written


def path() -> Path:
    """Where the record lies: progress.json in VAE_LESSONS_STATE, or in the state folder of this user."""
    return folders.state() / "progress.json"


def empty() -> dict:
    """A record of nothing."""
    return {"version": VERSION, "exercises": {}, "predictions": {}}


def read(file: Path | None = None) -> dict:
    """The record so far: {"exercises": {number: {...}}, "predictions": {key: {...}}}; empty where there is none.

    An exercise holds tries, solved, hints, and solution: whether it was looked at before it was solved. A prediction
    holds the choice and whether it was right. What is missing in an entry, or of another kind, is as at the beginning.
    Raises ValueError for a file that is no such record.
    """
    return _whole(_as_written(file or path()))


def _as_written(file: Path) -> dict:
    try:
        record = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return empty()
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError):
        record = None
    parts = ("exercises", "predictions")
    if (
        not isinstance(record, dict)
        or record.get("version") != VERSION
        or not all(isinstance(record.get(part), dict) for part in parts)
        or not all(isinstance(entry, dict) for part in parts for entry in record[part].values())
    ):
        raise ValueError(
            f"{file} is not a record of this course's exercises.\n"
            "Ask for the file that python -m vae_lessons progress --out writes."
        )
    return record


def _whole(record: dict) -> dict:
    """The record with every field of every entry in place, of its kind."""
    exercises = {
        number: {
            **entry,
            "tries": _count(entry.get("tries")) or 0,
            "solved": entry.get("solved") is True,
            "hints": _count(entry.get("hints")) or 0,
            "solution": entry.get("solution") is True,
        }
        for number, entry in record["exercises"].items()
    }
    predictions = {
        key: {**entry, "right": entry.get("right") is True}
        for key, entry in record["predictions"].items()
        if _count(entry.get("choice")) is not None
    }
    return {**record, "exercises": exercises, "predictions": predictions}


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def current() -> dict:
    """The record of this user; where its file cannot be read, what this session did."""
    if _in_memory is not None:
        return _in_memory
    try:
        return read()
    except (OSError, ValueError):
        return empty()


def update(change: Callable[[dict], None]) -> str:
    """Change the record, safely beside other notebooks; returns a line to show when it could not be kept, else "".

    A file that is no record is moved aside, one in which something had to be mended is copied aside: nothing is lost.
    """
    global _in_memory
    if _in_memory is None:
        file = path()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with FileLock(file.with_suffix(".lock"), timeout=2):
                change(record := _read_or_move_aside(file))
                partial = file.with_suffix(".partial")
                partial.write_text(json.dumps(record, indent=1), encoding="utf-8")
                os.replace(partial, file)
            return ""
        except (OSError, Timeout) as error:
            _in_memory = current()
            change(_in_memory)
            return f"Your progress cannot be saved ({type(error).__name__}); it counts until the kernel restarts."
    change(_in_memory)
    return ""


def hand_out(kept: dict, file: str | os.PathLike) -> None:
    """Write a record to a new file. Raises FileExistsError where a file already is."""
    file = Path(file).expanduser()
    try:
        with file.open("x", encoding="utf-8") as opened:
            json.dump(kept, opened, indent=1)
    except FileExistsError:
        raise FileExistsError(
            f"{file} exists already.\nChoose another name, or move it away first."
        ) from None


def entry(record: dict, number: str) -> dict:
    """The entry of an exercise, made when it is the first."""
    return record["exercises"].setdefault(
        number, {"tries": 0, "solved": False, "hints": 0, "solution": False}
    )


def _read_or_move_aside(file: Path) -> dict:
    try:
        written = _as_written(file)
    except ValueError:
        os.replace(file, _aside(file))
        return empty()
    whole = _whole(written)
    if whole != written:
        shutil.copyfile(file, _aside(file))
    return whole


def _aside(file: Path) -> Path:
    """A name beside the file's own that is free."""
    return next(free for n in range(1, 10_000) if not (free := file.with_suffix(f".broken-{n}")).exists())
