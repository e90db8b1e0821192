"""In which forms an answer may come: any callable, its parameters by position or by name; no coroutine or generator."""

import inspect

from vae_lessons.exercises.engine.comparing import Answer


def what_it_is(answer: Answer) -> str:
    """What is wrong with the form of an answer, before it is called; "" if nothing is."""
    for function in (answer, getattr(answer, "forward", None)):
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            return (
                "Your function begins with async def, so a call computes nothing and returns a coroutine, which "
                "somebody has to await. Write def."
            )
        if inspect.isgeneratorfunction(function):
            return (
                "Your function holds a yield, which makes it a generator: a call computes nothing and returns "
                "something to loop over. Write return."
            )
    return ""


def by_position(answer: Answer, reference: Answer) -> Answer:
    """The answer as one that takes all its arguments by position, as the reference does.

    An answer whose parameters can be given by name only is called with the reference's names.
    """
    try:
        names = list(inspect.signature(reference).parameters)
        parameters = inspect.signature(answer).parameters
    except (TypeError, ValueError):  # a class of C, say: called as it is
        return answer
    only_by_name = {name for name, one in parameters.items() if one.kind is one.KEYWORD_ONLY}
    if not only_by_name.intersection(names) or isinstance(answer, type):
        return answer

    def called(*arguments: object) -> object:
        named = {name: value for name, value in zip(names, arguments, strict=False) if name in only_by_name}
        others = [value for name, value in zip(names, arguments, strict=False) if name not in only_by_name]
        return answer(*others, *arguments[len(names) :], **named)

    return called
