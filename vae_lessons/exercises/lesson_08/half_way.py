"""Exercise 8.4: read off how many draws close half of the gap."""

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import read_off


def half_way(bounds: dict[int, float]) -> float:
    """The smallest number of draws whose bound covers at least half of the way from the first to the last."""
    first, last = bounds[min(bounds)], bounds[max(bounds)]
    return float(min(k for k, bound in bounds.items() if bound - first >= (last - first) / 2))


DIGITS = {1: -92.47, 2: -91.33, 5: -90.36, 10: -89.83, 20: -89.43, 50: -89.00, 100: -88.76, 1000: -88.19}
ELSEWHERE = {1: -92.85, 2: -91.58, 5: -90.54, 10: -89.98, 20: -89.56, 50: -89.14, 100: -88.91, 1000: -88.50}
MNIST = {1: -92.30, 2: -91.04, 5: -89.96, 10: -89.43, 20: -89.03, 50: -88.61, 100: -88.38, 1000: -87.90}

EXERCISE = Exercise(
    number="8.4",
    title="Read: how many draws for half of the gap?",
    task="""The cell prints the bound for several numbers of draws K. Treat the last one as log p(x). What is the
    smallest K of the table that closes at least half of the gap between the ELBO, K = 1, and log p(x)?
    half_way(bounds) returns it, one number. bounds maps K to the bound in nats. Read it off and return it, or write
    lines that find it.""",
    minutes=5,
    difficulty=1,
    reference=half_way,
    reads=read_off("K", half_way, tolerance=1e-3),
    course_runs={"digits": (DIGITS,), "digits on another machine": (ELSEWHERE,), "mnist": (MNIST,)},
    hints=(
        "How wide is the whole gap, from K = 1 to the last K?",
        "Which bound stands in the middle between the first and the last one?",
        "Go down the table: which K is the first to reach the middle?",
    ),
)


def _beyond(bounds: dict[int, float], steps: int) -> int:
    """A K so many rows below the right one, the last one at most."""
    later = [k for k in sorted(bounds) if k >= half_way(bounds)]
    return later[min(steps, len(later) - 1)]


EXERCISE.recognise(
    """The question asks for one positive number, a K of the table; not for a bound in nats, and not for several
    numbers.""",
    lambda bounds: bounds[int(half_way(bounds))],
    lambda bounds: (half_way(bounds), bounds[int(half_way(bounds))]),
)


EXERCISE.recognise(
    """That is the middle of the numbers of draws. The question asks for the middle of the bounds: most of the gap
    closes early.""",
    lambda bounds: max(bounds) / 2,
)


EXERCISE.recognise(
    """With this K the bound has not reached the middle yet. Is it a K of the table, and not an index?""",
    lambda bounds: max(k for k in bounds if k < half_way(bounds)),
    lambda bounds: min(bounds),
)


EXERCISE.recognise(
    """With the last K the whole gap is closed. Half of it is closed much earlier.""",
    lambda bounds: max(bounds),
)


EXERCISE.recognise(
    """A smaller K has reached the middle already: look for the first one.""",
    *(lambda bounds, steps=steps: _beyond(bounds, steps) for steps in range(1, 4)),
)


EXERCISE.recognise(
    """That is a gap in nats. The question asks for the K that closes half of it.""",
    lambda bounds: bounds[max(bounds)] - bounds[min(bounds)],
    lambda bounds: (bounds[max(bounds)] - bounds[min(bounds)]) / 2,
    lambda bounds: bounds[int(half_way(bounds))] - bounds[min(bounds)],
)
