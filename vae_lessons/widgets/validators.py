"""Checks of the values that a trait is given."""

import math
from collections.abc import Sequence
from typing import TypeVar

import traitlets

Choice = TypeVar("Choice")


def checked_numbers(name: str, values: object, count: int) -> tuple[float, ...]:
    """The values as a tuple of `count` finite numbers; raises TraitError for anything else."""
    try:
        numbers = tuple(float(value) for value in values)
    except (TypeError, ValueError):
        raise traitlets.TraitError(f"{name} is a tuple of {count} numbers, not {values!r}.") from None
    if len(numbers) != count:
        raise traitlets.TraitError(f"{name} has {len(numbers)} numbers, and this model needs {count}.")
    if not all(map(math.isfinite, numbers)):
        raise traitlets.TraitError(f"{name} = {numbers} holds a number that is NaN or infinite.")
    return numbers


def checked_choice(name: str, value: Choice, choices: Sequence[Choice]) -> Choice:
    """The value if it is one of the choices, or if there are none yet; raises TraitError for anything else."""
    if choices and value not in choices:
        raise traitlets.TraitError(f"{name} is one of {', '.join(map(str, choices))}, not {value!r}.")
    return value
