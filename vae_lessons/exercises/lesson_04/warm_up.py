"""Exercise 4.3: the warm-up of beta."""

import math

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def beta_at_step(step: int, steps_per_epoch: int, warm_up_epochs: int) -> float:
    """The share of beta in [0, 1] at a step of training: straight up from 0 while the warm-up lasts, then 1."""
    warm_up_steps = steps_per_epoch * warm_up_epochs
    return min(1.0, step / warm_up_steps)


EXERCISE = Exercise(
    number="4.3",
    title="The warm-up schedule",
    task="""Write beta_at_step(step, steps_per_epoch, warm_up_epochs): the share of beta, a number from 0 to 1. step
    counts all steps of training, from 0. The share is 0 at step 0, rises in a straight line with every step, reaches 1
    when warm_up_epochs epochs (at least 1) are over, and stays there.""",
    minutes=5,
    difficulty=1,
    reference=beta_at_step,
    probe=each(
        *(
            {"step": step, "steps_per_epoch": per_epoch, "warm_up_epochs": epochs}
            for step, per_epoch, epochs in [
                (0, 7, 3),
                (2, 7, 3),
                (5, 7, 3),
                (11, 7, 3),
                (20, 7, 3),
                (21, 7, 3),
                (22, 7, 3),
                (50, 7, 3),
                (13, 5, 4),
                (130, 40, 5),
                (1000, 40, 5),
            ]
        )
    ),
    hints=(
        "Steps and epochs are different units: how many steps does the whole warm-up last?",
        "The warm-up lasts steps_per_epoch * warm_up_epochs steps; what share of them is done at this step?",
        "That share keeps rising after the warm-up, so it needs an upper limit. Test yourself: with 7 steps per epoch "
        "and 3 epochs, step 7 gives a third, and step 50 gives 1.",
    ),
)


EXERCISE.recognise(
    """You compare a number of steps with a number of epochs, so a warm-up of 3 epochs is over after 3 steps.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step / warm_up_epochs),
)


EXERCISE.recognise(
    """Your warm-up is over after one epoch, because warm_up_epochs is not used.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step / steps_per_epoch),
)


EXERCISE.recognise(
    """step / steps_per_epoch * warm_up_epochs multiplies by the epochs, so a longer warm-up rises faster. Look at your
    brackets.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step / steps_per_epoch * warm_up_epochs),
)


EXERCISE.recognise(
    """You add steps_per_epoch and warm_up_epochs; the sum of the two is not the number of steps in the warm-up.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step / (steps_per_epoch + warm_up_epochs)),
)


EXERCISE.recognise(
    """Your share goes on rising above 1, so the price of the KL grows until the last step.""",
    lambda step, steps_per_epoch, warm_up_epochs: step / (steps_per_epoch * warm_up_epochs),
)


EXERCISE.recognise(
    """max keeps the share at 1 or above, so there is no warm-up at all.""",
    lambda step, steps_per_epoch, warm_up_epochs: max(1.0, step / (steps_per_epoch * warm_up_epochs)),
)


EXERCISE.recognise(
    """You count steps from 1, so the first step is not free of the KL, and the warm-up ends one step early.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, (step + 1) / (steps_per_epoch * warm_up_epochs)),
)


EXERCISE.recognise(
    """You reach 1 at the last step of the warm-up, as torch.linspace would; it should be reached at the next step, when
    all its epochs are over.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step / (steps_per_epoch * warm_up_epochs - 1)),
)


EXERCISE.recognise(
    """You reach 1 one step late: look for a + 1.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step / (steps_per_epoch * warm_up_epochs + 1)),
)


@EXERCISE.mistake
def warm_up_below_one(step: int, steps_per_epoch: int, warm_up_epochs: int) -> float:
    """Your share stops just below 1, at the last step of the warm-up, and stays there, so the KL never counts in
    full."""
    steps = steps_per_epoch * warm_up_epochs
    return min(step, steps - 1) / steps


EXERCISE.recognise(
    """Your share changes only from epoch to epoch, as a staircase: // drops the part of the epoch that is done.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, step // steps_per_epoch / warm_up_epochs),
)


EXERCISE.recognise(
    """Your share jumps once per epoch, and is above 0 from the first step on.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, (step // steps_per_epoch + 1) / warm_up_epochs),
)


EXERCISE.recognise(
    """You switch from 0 to 1 at the end of the warm-up, with nothing in between: // keeps only whole numbers.""",
    lambda step, steps_per_epoch, warm_up_epochs: float(step >= steps_per_epoch * warm_up_epochs),
)


EXERCISE.recognise(
    """Your share starts at 1 and falls to 0, so the KL is most expensive at first, when the decoder does not use z
    yet.""",
    lambda step, steps_per_epoch, warm_up_epochs: max(0.0, 1 - step / (steps_per_epoch * warm_up_epochs)),
)


EXERCISE.recognise(
    """Your share rises along a cosine, slowly at both ends; that is a common schedule, but the task asks for a straight
    line.""",
    lambda step, steps_per_epoch, warm_up_epochs: (
        (1 - math.cos(math.pi * beta_at_step(step, steps_per_epoch, warm_up_epochs))) / 2
    ),
)


EXERCISE.recognise(
    """Your share rises with the square of the step, slowly at first; the task asks for a straight line.""",
    lambda step, steps_per_epoch, warm_up_epochs: beta_at_step(step, steps_per_epoch, warm_up_epochs) ** 2,
)


EXERCISE.recognise(
    """Your share rises with the square root of the step, steeply at first; the task asks for a straight line.""",
    lambda step, steps_per_epoch, warm_up_epochs: beta_at_step(step, steps_per_epoch, warm_up_epochs) ** 0.5,
)


@EXERCISE.mistake
def warm_up_cyclical(step: int, steps_per_epoch: int, warm_up_epochs: int) -> float:
    """Your share falls back to 0 at the end of the warm-up and rises again, which is cyclical annealing without its
    pauses. Look at your %."""
    steps = steps_per_epoch * warm_up_epochs
    return step % steps / steps


EXERCISE.recognise(
    """Your share starts again in every epoch: step counts all steps of training, so no % is needed.""",
    lambda step, steps_per_epoch, warm_up_epochs: step % steps_per_epoch / steps_per_epoch,
)


@EXERCISE.mistake
def warm_up_forgotten_after(step: int, steps_per_epoch: int, warm_up_epochs: int) -> float:
    """After the warm-up your share is 0, so the KL costs nothing for the rest of training."""
    steps = steps_per_epoch * warm_up_epochs
    return step / steps if step < steps else 0.0


EXERCISE.recognise(
    """Your share reaches 1 after half the warm-up: the lesson's warm_up rises over half of what you give it, unless
    share=1.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, 2 * step / (steps_per_epoch * warm_up_epochs)),
)


EXERCISE.recognise(
    """Your fraction is upside down, and step 0 divides by zero.""",
    lambda step, steps_per_epoch, warm_up_epochs: min(1.0, steps_per_epoch * warm_up_epochs / step),
)


EXERCISE.recognise(
    """Your share follows a logistic curve, slow at first and at the end; that is a known schedule, but the task asks
    for a straight line that begins at 0.""",
    lambda step, steps_per_epoch, warm_up_epochs: (
        1 / (1 + math.exp(-10 * (step / (steps_per_epoch * warm_up_epochs) - 0.5)))
    ),
)


for _steps in (10, 100, 1000):
    EXERCISE.recognise(
        f"""{_steps} steps an epoch are written into your function; steps_per_epoch says how many there are.""",
        lambda step, steps_per_epoch, warm_up_epochs, steps=_steps: min(1.0, step / (steps * warm_up_epochs)),
    )
