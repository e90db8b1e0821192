"""The board of a student's progress: exercises and predictions by lesson."""

import html

from vae_lessons.exercises import record
from vae_lessons.exercises.banner import show_as
from vae_lessons.exercises.catalogue import exercises, lessons, predictions
from vae_lessons.plotting import BLUE, GREEN, GREY, ORANGE

SOLVED, HELPED, TRIED, OPEN = "✓", "◑", "→", "○"
_MEANS = {
    SOLVED: "solved",
    HELPED: "solved with hints or after seeing the solution",
    TRIED: "tried",
    OPEN: "open",
}
_COLOURS = {SOLVED: GREEN, HELPED: BLUE, TRIED: ORANGE, OPEN: GREY}


def progress() -> None:
    """Draw the board of this user from the record; it survives restarts."""
    kept = record.current()
    show_as({"text/html": _markup(kept), "text/plain": as_text(kept)})


def as_text(kept: dict) -> str:
    """The board of a record as lines of text."""
    lines = []
    for lesson in lessons():
        row = [f"{number} {mark}" for number, _, mark in exercise_signs(kept, lesson)]
        row += [f"{key.split('-', 1)[1]} {mark}" for key, mark in prediction_signs(kept, lesson)]
        lines.append(f"lesson {lesson}   " + "   ".join(row))
    return "\n".join([*lines, summary(kept), _legend()])


def summary(kept: dict) -> str:
    """How many are solved, with what help, and how many predictions came true."""
    signs = [mark for lesson in lessons() for _, _, mark in exercise_signs(kept, lesson)]
    predicted = [mark for lesson in lessons() for _, mark in prediction_signs(kept, lesson)]
    solved = signs.count(SOLVED) + signs.count(HELPED)
    made = len(predicted) - predicted.count(OPEN)
    return (
        f"{solved} of {len(signs)} exercises solved, {signs.count(HELPED)} of them with help; "
        f"{made} of {len(predicted)} predictions made, {predicted.count(SOLVED)} came true."
    )


def exercise_signs(kept: dict, lesson: str) -> list[tuple[str, str, str]]:
    """(number, title, sign) of each exercise of a lesson such as "02"."""
    rows = []
    for number, exercise in exercises().items():
        if exercise.lesson == lesson:
            rows.append((number, exercise.title, sign(kept["exercises"].get(number, {}))))
    return rows


def sign(entry: dict) -> str:
    """The sign for one exercise's entry in a record."""
    if not entry.get("solved"):
        return TRIED if entry.get("tries") else OPEN
    return HELPED if entry.get("hints") or entry.get("solution") else SOLVED


def prediction_signs(kept: dict, lesson: str) -> list[tuple[str, str]]:
    """(key, sign) of each prediction of a lesson: solved when it came true, tried when it did not."""
    rows = []
    for key, prediction in predictions().items():
        if prediction.lesson == lesson:
            entry = kept["predictions"].get(key)
            rows.append((key, OPEN if entry is None else SOLVED if entry.get("right") else TRIED))
    return rows


def _markup(kept: dict) -> str:
    rows, left = [], 'style="text-align: left"'
    for lesson in lessons():
        cells = [_cell(number, title, mark) for number, title, mark in exercise_signs(kept, lesson)]
        predicted = [
            _cell(key.split("-", 1)[1], "prediction", mark) for key, mark in prediction_signs(kept, lesson)
        ]
        rows.append(
            f'<tr><th scope="row" {left}>{lesson}</th>'
            f"<td {left}>{''.join(cells)}</td><td {left}>{''.join(predicted)}</td></tr>"
        )
    head = "".join(f"<th {left}>{name}</th>" for name in ("lesson", "exercises", "predictions"))
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
        f"<div>{html.escape(summary(kept))}</div><div>{html.escape(_legend())}</div>"
    )


def _cell(name: str, title: str, mark: str) -> str:
    style = f"display: inline-block; border-bottom: 3px solid {_COLOURS[mark]}; margin: 0 0.7em 0.2em 0"
    return f'<span style="{style}" title="{html.escape(title)}: {_MEANS[mark]}">{html.escape(name)} {mark}</span>'


def _legend() -> str:
    return ", ".join(f"{mark} {meaning}" for mark, meaning in _MEANS.items())
