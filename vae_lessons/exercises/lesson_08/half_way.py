"""Exercise 8.4: read off how many draws close half of the gap."""

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import read_off


def half_way(bounds: dict[int, float]) -> float:
    """The smallest number of draws whose bound has at least half of the way from the first to the last behind it."""
    first, last = bounds[min(bounds)], bounds[max(bounds)]
    return float(min(k for k, bound in bounds.items() if bound - first >= (last - first) / 2))


DIGITS = {1: -92.85, 2: -91.58, 5: -90.54, 10: -89.98, 20: -89.56, 50: -89.14, 100: -88.91, 1000: -88.50}

EXERCISE = Exercise(
    number="8.4",
    title="Read: how many draws for half of the gap?",
    task="""The cell prints the bound for several numbers of draws K. Take the last one for log p(x). What is the
    smallest K of the table that closes at least half of the gap between the ELBO, K = 1, and log p(x)?
    half_way(bounds) returns it, one number. bounds maps K to the bound in nats. Read it off and return it, or write
    lines that find it.""",
    minutes=5,
    difficulty=1,
    reference=half_way,
    reads=read_off("K", half_way, tolerance=0.1),
    course_runs={"digits": (DIGITS,)},
    hints=(
        "How wide is the whole gap, from K = 1 to the last K?",
        "Which bound stands in the middle between the first and the last one?",
        "Go down the table: which K is the first to reach the middle?",
    ),
)


EXERCISE.recognise(
    """You return a bound in nats. Asked is the number of draws that reaches it.""",
    lambda bounds: bounds[int(half_way(bounds))],
    lambda bounds: -bounds[int(half_way(bounds))],
)


EXERCISE.recognise(
    """That is the middle of the numbers of draws. Asked is the middle of the bounds: most of the gap closes early.""",
    lambda bounds: max(bounds) / 2,
)


EXERCISE.recognise(
    """You return the last K before the middle. Asked is the first one that has reached it.""",
    lambda bounds: max(k for k in bounds if k < half_way(bounds)),
)


EXERCISE.recognise(
    """With the last K the whole gap is closed. Half of it is closed much earlier.""",
    lambda bounds: max(bounds),
)
