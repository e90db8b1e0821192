"""Checks of the values that a trait is given."""

import math

import traitlets


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
