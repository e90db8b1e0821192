"""A probe for answers that are one number, in whatever it is wrapped."""

from collections.abc import Callable, Mapping

from torch import Tensor

from vae_lessons.exercises.engine.comparing import Probe, as_tensor, in_words
from vae_lessons.exercises.engine.probes import each


def one_number(
    what: str,
    *inputs: Mapping[str, object],
    tolerance: float = 1e-4,
    judge: Callable[..., tuple[Tensor | str, str]] = lambda number, **_: (number, in_words(number)),
) -> Probe:
    """A probe that calls the answer with each of these inputs by position, the smallest first, as `each` does.

    judge turns the number and the inputs into what is compared, and into words for it.
    """

    def read(returned: object, arguments: Mapping[str, object]) -> tuple[Tensor | str, str]:
        number = number_in(returned)
        return judge(number, **arguments) if isinstance(number, Tensor) else (number, "")

    return each(*inputs, results=(what,), tolerance=tolerance, reading=read)


def number_in(returned: object) -> Tensor | str:
    """The one number that was returned, as a tensor without axes; else words for what was."""
    while isinstance(returned, list | tuple) and len(returned) == 1:
        returned = returned[0]
    if isinstance(returned, list | tuple):
        return "several numbers"
    number = as_tensor(returned)
    if isinstance(number, str):
        return number
    return number.reshape(()) if number.numel() == 1 else "several numbers"
