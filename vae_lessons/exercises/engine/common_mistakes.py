"""Mistakes that many answers can make: no gradient, a column, a list, an input overwritten."""

import torch
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer


def cut_off(reference: Answer) -> Answer:
    """The mistake of an answer that is right in its numbers and passes no gradient on."""

    def answer(*arguments: object) -> object:
        with torch.no_grad():
            return reference(*arguments)

    answer.__doc__ = """Your numbers are right, but no gradient passes through your function, so nothing before it
    can learn: look for .item(), float(), .numpy(), .detach(), .data or no_grad."""
    return answer


def column(reference: Answer) -> Answer:
    """The mistake of an answer whose numbers (B,) stand in a column (B, 1)."""

    def answer(*arguments: object) -> Tensor:
        return reference(*arguments)[:, None]

    answer.__doc__ = """Your numbers are right, but they are a column, (B, 1): together with a (B,) they would
    broadcast to (B, B) without an error. Sum over all axes but the first, without keepdim."""
    return answer


def listed(reference: Answer) -> Answer:
    """The mistake of an answer whose numbers (B,) stand in a Python list."""

    def answer(*arguments: object) -> list[Tensor]:
        return list(reference(*arguments))

    answer.__doc__ = """You return a Python list of tensors: torch.stack makes one tensor of them, (B,), which the
    rest of the loss needs."""
    return answer


def writes_into(reference: Answer, place: int) -> Answer:
    """The mistake of an answer that is right and has changed the tensor handed in at this place."""

    def answer(*arguments: object) -> object:
        result = reference(*(one.clone() if isinstance(one, Tensor) else one for one in arguments))
        arguments[place].mul_(1.5)
        return result

    answer.__doc__ = """The numbers are right, but you changed a tensor that was passed in, and whatever uses it next
    gets the new values: +=, *= and names that end in an underscore, like mul_ and exp_, write into their tensor."""
    return answer
