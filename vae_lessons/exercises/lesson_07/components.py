"""Exercise 7.4: read off a table how many components to keep."""

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import read_off


def best_components(gains: dict[int, tuple[float, float]]) -> float:
    """The number of components with the highest gain on codes of new images; gains: components -> (training, new)."""
    return float(max(gains, key=lambda components: gains[components][1]))


DIGITS = {1: (0.22, 0.19), 5: (1.46, 1.25), 20: (3.01, 1.93), 50: (4.14, 1.08), 100: (5.84, -1.27)}
MNIST = {1: (0.17, 0.02), 5: (1.40, 0.80), 20: (2.72, 1.10), 50: (3.91, -0.01), 100: (5.55, -2.22)}

EXERCISE = Exercise(
    number="7.4",
    title="Read: how many components?",
    task="""The cell fits mixtures to 4,000 codes and prints the gain in nats on these codes and on codes of new
    images. Which number of components would you keep? best_components(gains) returns it, one number. gains maps
    numbers of components to the pair (gain on training codes, gain on new codes). Read it off and return it, or write
    lines that find it.""",
    minutes=5,
    difficulty=1,
    reference=best_components,
    reads=read_off("components", best_components, tolerance=0.2),
    course_runs={"digits": (DIGITS,), "mnist": (MNIST,)},
    hints=(
        "One of the two columns rises for ever. Which, and why?",
        "What will the density be used for, codes that it has seen or new ones?",
        "Look down the column of new codes: where does it stop rising?",
    ),
)


EXERCISE.recognise(
    """You choose by the training codes. There more components always look better: each can close in on a few codes.""",
    lambda gains: max(gains, key=lambda components: gains[components][0]),
)


EXERCISE.recognise(
    """You return a gain, in nats. Asked is the number of components that has it.""",
    lambda gains: max(new for _, new in gains.values()),
    lambda gains: max(training for training, _ in gains.values()),
)


EXERCISE.recognise(
    """You choose the smallest gap between the columns. A density that fits neither well has no gap, either.""",
    lambda gains: min(gains, key=lambda components: gains[components][0] - gains[components][1]),
)
