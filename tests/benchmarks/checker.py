"""How well do the exercises' checks judge? Every answer in the repository is assessed once.

    uv run python -m tests.benchmarks.checker [exercise ...]

Prints for each exercise, and for all: right answers refused, wrong ones accepted, and the share of wrong ones that got
a sentence of their own. Wrong answers are the declared mistakes and those with two mistakes at once. About ten minutes.
"""

import sys
from collections import Counter
from types import ModuleType

from tests.exercises.test_answers import ANSWERS, DECLARED
from vae_lessons.exercises.engine.exercise import DIAGNOSED, RIGHT, Exercise


def figures(exercise: Exercise, answers: ModuleType) -> Counter:
    """Counts of right and wrong answers to an exercise, and of verdicts on them."""
    found = Counter()
    for answer in answers.RIGHT:
        found["right"] += 1
        found["refused"] += exercise.assess(answer).state != RIGHT
    for answer in [*exercise.mistakes, *answers.COMBINED]:
        state = exercise.assess(answer).state
        found["wrong"] += 1
        found["accepted"] += state == RIGHT
        found["named"] += state == DIAGNOSED
    return found


def main(wanted: list[str]) -> None:
    total = Counter()
    for place, exercise in sorted(DECLARED.items(), key=lambda one: one[1].place):
        if not wanted or exercise.number in wanted:
            found = figures(exercise, ANSWERS[place])
            total += found
            print(row(exercise.number, found), flush=True)
    print(row("all", total))


def row(name: str, found: Counter) -> str:
    return (
        f"{name:5} {found['refused']} of {found['right']} right ones refused, "
        f"{found['accepted']} of {found['wrong']} wrong ones accepted, "
        f"{found['named'] / max(found['wrong'], 1):.0%} of them named"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
