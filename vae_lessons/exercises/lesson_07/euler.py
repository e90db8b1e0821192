"""Exercise 7.3: mend an Euler sampler."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def carry(velocity: Callable[[Tensor, Tensor], Tensor], z: Tensor, steps: int) -> Tensor:
    """Noise z (N, J) carried along velocity(z, t), t (N, 1), from time 0 to 1 in Euler steps: (N, J)."""
    for step in range(steps):
        t = torch.full((len(z), 1), step / steps)
        z = z + velocity(z, t) / steps
    return z


def carry_given(velocity, z, steps):
    for step in range(steps):
        t = torch.full((len(z), 1), 1 - step / steps)
        z = z + velocity(z, t) / steps
    return z


class _Bent:
    in_words = "v(z, t) = (1.5 - 2 t) z + (0.7, -0.4, 1.1) t"

    def __call__(self, z: Tensor, t: Tensor) -> Tensor:
        assert z.ndim == 2 and t.shape == (len(z), 1), (
            f"velocity takes (N, J) and (N, 1), not {tuple(z.shape)}, {tuple(t.shape)}"
        )
        return (1.5 - 2 * t) * z + torch.tensor([0.7, -0.4, 1.1])[: z.shape[1]] * t


POINTS = torch.tensor([[0.4, -1.2, 0.3], [1.6, 0.2, -0.9], [-0.7, 0.8, 2.1], [0.1, -0.5, 1.3]])

EXERCISE = Exercise(
    number="7.3",
    title="Mend this cell: a flow that goes astray",
    task="""carry(velocity, z, steps) should carry noise z (N, J) along a trained velocity network from time 0 to 1 in
    equal steps, each along the velocity where it begins (Euler's method), and return the points at the end, (N, J).
    velocity takes points (N, J) and times (N, 1). The cell runs, but its samples are not distributed as the codes are.
    It has one bug: mend it.""",
    minutes=5,
    difficulty=2,
    reference=carry,
    probe=each(
        {"velocity": _Bent(), "z": torch.tensor([[0.4]]), "steps": 2},
        {"velocity": _Bent(), "z": POINTS, "steps": 5},
        {"velocity": _Bent(), "z": POINTS, "steps": 1},
    ),
    hints=(
        "Follow one point by hand with two steps. At which time is it when the loop begins, and which time is the "
        "network told?",
        "At time 0 a point is noise, at time 1 a code. Which of the two are you given?",
        "Print t in the loop: it must begin at 0 and grow.",
    ),
    given=carry_given,
)


@EXERCISE.mistake
def whole_steps(velocity, z, steps):
    """The times are right, but each step adds the whole velocity: in all you go `steps` times too far."""
    for step in range(steps):
        z = z + velocity(z, torch.full((len(z), 1), step / steps))
    return z


@EXERCISE.mistake
def backwards(velocity, z, steps):
    """You subtract the velocity: that leads from codes to noise. Here you start at noise."""
    for step in range(steps):
        z = z - velocity(z, torch.full((len(z), 1), step / steps)) / steps
    return z


@EXERCISE.mistake
def end_of_the_step(velocity, z, steps):
    """You ask for the velocity at the end of each step, at the place where the step begins."""
    for step in range(steps):
        z = z + velocity(z, torch.full((len(z), 1), (step + 1) / steps)) / steps
    return z


@EXERCISE.mistake
def always_zero(velocity, z, steps):
    """Your time stays at 0: the network is asked for the velocity of noise all the way."""
    for _ in range(steps):
        z = z + velocity(z, torch.zeros(len(z), 1)) / steps
    return z


@EXERCISE.mistake
def always_one(velocity, z, steps):
    """Your time stays at 1: the network is asked for the velocity of finished codes all the way."""
    for _ in range(steps):
        z = z + velocity(z, torch.ones(len(z), 1)) / steps
    return z


@EXERCISE.mistake
def whole_numbers(velocity, z, steps):
    """You hand the number of the step over as the time; the time goes from 0 to 1."""
    for step in range(steps):
        z = z + velocity(z, torch.full((len(z), 1), float(step))) / steps
    return z


@EXERCISE.mistake
def from_the_start(velocity, z, steps):
    """You ask for the velocity at the noise every time, not at the point reached so far."""
    start = z
    for step in range(steps):
        z = z + velocity(start, torch.full((len(z), 1), step / steps)) / steps
    return z


@EXERCISE.mistake
def one_step_less(velocity, z, steps):
    """You stop one step before the end."""
    for step in range(steps - 1):
        z = z + velocity(z, torch.full((len(z), 1), step / steps)) / steps
    return z


@EXERCISE.mistake
def one_step_more(velocity, z, steps):
    """You go one step too far: the loop runs steps + 1 times."""
    for step in range(steps + 1):
        z = z + velocity(z, torch.full((len(z), 1), step / steps)) / steps
    return z


@EXERCISE.mistake
def last_only(velocity, z, steps):
    """You return a single step: the change of the last step, or the velocity itself, and not the point."""
    moved = z
    for step in range(steps):
        change = velocity(moved, torch.full((len(z), 1), step / steps)) / steps
        moved = moved + change
    return change


def _stepping(time: Callable[[int, int], float], sign: float = 1.0, count: int | None = None) -> Callable:
    """Euler steps whose velocity is taken at time(step, steps)."""

    def answer(velocity: Callable[[Tensor, Tensor], Tensor], z: Tensor, steps: int) -> Tensor:
        steps = count or steps
        for step in range(steps):
            z = z + sign * velocity(z, torch.full((len(z), 1), time(step, steps))) / steps
        return z

    return answer


EXERCISE.recognise(
    """Your times run from 0 to 1 with both ends, as linspace(0, 1, steps) gives them, so they are too far apart. A step
    begins at step / steps.""",
    _stepping(lambda step, steps: step / max(steps - 1, 1)),
)


EXERCISE.recognise(
    """You take the velocity in the middle of each step, at (step + 0.5) / steps; Euler's method takes it where the step
    begins.""",
    _stepping(lambda step, steps: (step + 0.5) / steps),
)


EXERCISE.recognise(
    """The times still run backwards, and now you go against the velocity as well. From noise to codes time runs from 0
    to 1, along the velocity.""",
    _stepping(lambda step, steps: 1 - step / steps, sign=-1.0),
)


for _steps in (10, 20, 50, 100):
    EXERCISE.recognise(
        f"""{_steps} steps are written into your function; the argument says how many.""",
        _stepping(lambda step, steps: step / steps, count=_steps),
    )


@EXERCISE.mistake
def first_step_only(velocity: Callable[[Tensor, Tensor], Tensor], z: Tensor, steps: int) -> Tensor:
    """You make one step and return: the return stands inside the loop."""
    return z + velocity(z, torch.zeros(len(z), 1)) / steps


@EXERCISE.mistake
def heun(velocity: Callable[[Tensor, Tensor], Tensor], z: Tensor, steps: int) -> Tensor:
    """You average the velocities at the beginning and at the end of each step, which is Heun's method, and more exact.
    The task asks for Euler's: the velocity where the step begins."""
    for step in range(steps):
        begins, ends = (torch.full((len(z), 1), (step + later) / steps) for later in (0, 1))
        first = velocity(z, begins)
        z = z + 0.5 * (first + velocity(z + first / steps, ends)) / steps
    return z
