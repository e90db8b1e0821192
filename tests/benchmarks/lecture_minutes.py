"""What the speaker notes take when they are spoken, section by section, against the minutes that they plan.

uv run python -m tests.benchmarks.lecture_minutes

A reckoning and no stopwatch: 130 words a minute for what is said and asked, 12 seconds for each answer to a question,
2.5 seconds for each line of code on a slide, one minute for each widget, 3 seconds to turn a slide, and half the time
that reading its text takes at 250 words a minute. Exercises done in class are not in it.
"""

import re

import nbformat

from vae_lessons.classroom import lessons
from vae_lessons.classroom.cleaning import slide_type
from vae_lessons.classroom.speaker_notes import speaker_notes


def needed(cells: list, notes: list[str]) -> float:
    """Minutes for the cells and notes of a section."""
    shown = [cell for cell in cells if slide_type(cell) != "skip"]
    texts = [cell.source for cell in shown if cell.cell_type == "markdown"]
    code = [cell for cell in shown if cell.cell_type == "code"]
    lines = sum(
        len(cell.source.splitlines()) for cell in code if "deck-output" not in cell.metadata.get("tags", [])
    )
    slides = sum(slide_type(cell) in ("slide", "subslide") for cell in shown)
    widgets = sum("from vae_lessons.widgets import" in cell.source for cell in code)
    spoken = re.sub(
        r"\*\*Watch out\.\*\*.*?(?=\n\*\*|\Z)", "", "\n".join(f"{n}\n" for n in notes), flags=re.DOTALL
    )
    questions = spoken.count("**Ask.**")
    read = len(re.sub(r"<details>.*?</details>", "", "\n".join(texts), flags=re.DOTALL).split()) / 250
    return len(spoken.split()) / 130 + 0.2 * questions + 2.5 / 60 * lines + widgets + 0.05 * slides + read / 2


if __name__ == "__main__":
    for path in lessons.paths():
        cells = nbformat.read(path, as_version=4).cells
        places = {cell.id: place for place, cell in enumerate(cells)}
        sections = speaker_notes(path.stem)[:-1]
        starts = [*(places[next(iter(section.notes))] for section in sections), len(cells)]
        minutes = [
            needed(cells[start:end], list(section.notes.values()))
            for section, start, end in zip(sections, starts, starts[1:], strict=False)
        ]
        print(f"{path.stem}: {sum(minutes):.0f} of {sum(section.minutes for section in sections)} minutes")
        for section, found in zip(sections, minutes, strict=True):
            print(f"   {found:4.1f} of {section.minutes:2d}  {section.title}")
