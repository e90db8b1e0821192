"""A probe for answers that are one number, in whatever it is wrapped."""

import copy
from collections.abc import Callable, Iterator, Mapping

from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer, Probe, Seen, as_tensor, in_words
from vae_lessons.exercises.engine.probes import attempt, in_short


def one_number(
    what: str,
    *inputs: Mapping[str, object],
    tolerance: float = 1e-4,
    judge: Callable[..., tuple[Tensor | str, str]] = lambda number, **_: (number, in_words(number)),
) -> Probe:
    """A probe that calls the answer with each of these inputs by position, the smallest first.

    Looks at the number, and at whether a tensor handed in was changed in place. judge turns a number and the inputs
    into what is compared, and into words for it.
    """

    def probe(answer: Answer) -> Iterator[Seen]:
        for arguments in inputs:
            given, handed = in_short(arguments), copy.deepcopy(dict(arguments))
            returned, failed = attempt(lambda handed=handed: answer(*handed.values()), given)
            if failed or returned is None:
                yield failed or Seen(what, "None", given)
                return
            number = number_in(returned)
            value, words = judge(number, **arguments) if isinstance(number, Tensor) else (number, "")
            yield Seen(what, value, given, tolerance, words=words)
            for name, before in arguments.items():
                if isinstance(before, Tensor):
                    kept = before.equal(handed[name])
                    yield Seen(f"{name} after the call", "as it was" if kept else "changed", given)

    return probe


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
