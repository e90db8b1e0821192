"""Exercise 8.1: take a symbol off a message that is one whole number."""

import copy
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer, Seen
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt


def pop(message: int, starts: Sequence[int], widths: Sequence[int], precision: int) -> tuple[int, int]:
    """The symbol that was pushed last, and the message as it was before: `push` undone."""
    slot = message % 2**precision
    symbol = max(s for s, start in enumerate(starts) if start <= slot)
    return symbol, widths[symbol] * (message >> precision) + slot - starts[symbol]


TWO, THREE = ([0, 5], [5, 3], 3), ([0, 9, 13], [9, 4, 19], 5)  # starts, widths, precision
CASES = [(8 * 23 + slot, *TWO) for slot in (6, 0, 4, 5, 7)]
CASES += [(32 * 27 + slot, *THREE) for slot in (10, 0, 8, 9, 12, 13, 31)]
CASES += [(2**75 + 32 * 7 + 11, *THREE)]  # longer than any number of fixed size


def _probe(answer: Answer) -> Iterator[Seen]:
    for case in CASES:
        given = "message = {}, starts = {}, widths = {}, precision = {}".format(*case)
        handed = copy.deepcopy(case)
        returned, failed = attempt(lambda handed=handed: answer(*handed), given)
        if failed or returned is None:
            yield failed or Seen("the symbol", "None", given)
            return
        if isinstance(returned, Tensor | np.ndarray):
            returned = returned.tolist()
        if not isinstance(returned, list | tuple) or len(returned) != 2:
            yield Seen("the result", "not two numbers", given, words=f"{returned}"[:60])
            return
        yield Seen("the symbol", _whole(returned[0]), given)
        yield Seen("the message before", _whole(returned[1]), given)
        yield Seen("starts and widths after the call", "as they were" if handed == case else "changed", given)


def _whole(number: object) -> str:
    """A whole number exactly, at any size; anything else as it prints."""
    try:
        return str(number.__index__())
    except (AttributeError, TypeError):
        return f"{number} ({type(number).__name__})"[:60]


EXERCISE = Exercise(
    number="8.1",
    title="Pop",
    task="""push(message, start, width, precision) has put a symbol onto a message. Undo it: pop(message, starts,
    widths, precision) returns the symbol's number, counted from 0, and the message as it was before. starts[s] and
    widths[s] are the start and width of symbol s's interval; together the intervals fill 0 to 2**precision - 1.""",
    minutes=5,
    difficulty=2,
    reference=pop,
    probe=_probe,
    hints=(
        "After push the lowest bits of the message, as many as precision says, lie in the symbol's interval. How do "
        "you read them?",
        "With slot = message % 2**precision: which symbol has start <= slot < start + width?",
        "push kept message // width and message % width. The first is message >> precision now; where is the second?",
    ),
)


def _with_message(wrong: Callable[[int, int, int, int, int], object]) -> Answer:
    """An answer whose symbol is right, and whose message is wrong(message, slot, start, width, precision)."""

    def answer(message, starts, widths, precision):
        symbol, _ = pop(message, starts, widths, precision)
        slot = message % 2**precision
        return symbol, wrong(message, slot, starts[symbol], widths[symbol], precision)

    return answer


EXERCISE.recognise(
    """The symbol is right. From the slot its start has to be subtracted: only the offset within the interval is
    message % width.""",
    _with_message(lambda m, slot, start, width, p: width * (m >> p) + slot),
)


EXERCISE.recognise(
    """The symbol is right, but the remainder that push had hidden in the slot is wrong: it is slot - start.""",
    _with_message(lambda m, slot, start, width, p: width * (m >> p)),
    _with_message(lambda m, slot, start, width, p: width * (m >> p) + m % width),
    _with_message(lambda m, slot, start, width, p: width * (m >> p) + slot % width),
    _with_message(lambda m, slot, start, width, p: width * (m >> p) + start - slot),
    _with_message(lambda m, slot, start, width, p: width * (m >> p) + slot + start),
)


EXERCISE.recognise(
    """The symbol is right. The message before was divided by the width: multiply it again, and add what is left.""",
    _with_message(lambda m, slot, start, width, p: m >> p),
)


EXERCISE.recognise(
    """The symbol is right. The upper part has to be multiplied by the width, by which push had divided it.""",
    _with_message(lambda m, slot, start, width, p: (m >> p) + slot - start),
)


EXERCISE.recognise(
    """+ binds more tightly than >>: put the shift in brackets.""",
    _with_message(lambda m, slot, start, width, p: width * m >> p + slot - start),
    _with_message(lambda m, slot, start, width, p: m >> p + slot - start),
)


EXERCISE.recognise(
    """You divide with /, which makes a float, and a float has no more than 16 digits: // and >> stay exact.""",
    _with_message(lambda m, slot, start, width, p: width * (m / 2**p) + slot - start),
    _with_message(lambda m, slot, start, width, p: width * int(m / 2**p) + slot - start),
)


EXERCISE.recognise(
    """You return the slot. Which symbol's interval does it lie in?""",
    lambda m, st, w, p: (m % 2**p, pop(m, st, w, p)[1]),
)


EXERCISE.recognise(
    """You return the start of the symbol's interval; the question asks for the symbol's number.""",
    lambda m, st, w, p: (st[pop(m, st, w, p)[0]], pop(m, st, w, p)[1]),
)


EXERCISE.recognise(
    """Both numbers are right, in the wrong order: first the symbol, then the message.""",
    lambda m, st, w, p: pop(m, st, w, p)[::-1],
)


EXERCISE.recognise(
    """You count the symbols from 1: the first one is number 0.""",
    lambda m, st, w, p: (pop(m, st, w, p)[0] + 1, pop(m, st, w, p)[1]),
)


@EXERCISE.mistake
def start_excluded(message, starts, widths, precision):
    """An interval holds its start: a slot equal to it belongs to this symbol, not to the one before."""
    slot = message % 2**precision
    symbol = max(s for s, start in enumerate(starts) if start < slot or s == 0)
    return symbol, widths[symbol] * (message >> precision) + slot - starts[symbol]


@EXERCISE.mistake
def first_that_starts_below(message, starts, widths, precision):
    """Every slot is at least 0, so you always find symbol 0: look at the end of the interval as well."""
    return 0, widths[0] * (message >> precision) + message % 2**precision


@EXERCISE.mistake
def nearest_start(message, starts, widths, precision):
    """You take the symbol whose start is nearest. The slot belongs to the symbol in whose interval it lies."""
    slot = message % 2**precision
    symbol = min(range(len(starts)), key=lambda s: abs(starts[s] - slot))
    return symbol, widths[symbol] * (message >> precision) + slot - starts[symbol]


@EXERCISE.mistake
def base_and_exponent(message, starts, widths, precision):
    """Base and exponent are swapped: there are 2**precision slots, not precision**2."""
    slot = message % precision**2
    symbol = max(s for s, start in enumerate(starts) if start <= slot)
    return symbol, widths[symbol] * (message // precision**2) + slot - starts[symbol]


EXERCISE.recognise(
    """Two things are asked for, the symbol and the message before.""",
    lambda m, st, w, p: pop(m, st, w, p)[0],
)


@EXERCISE.mistake
def whole_message_searched(message, starts, widths, precision):
    """The slot is the lowest bits of the message, message % 2**precision; you look for something else among the
    intervals."""
    symbol = max(s for s, start in enumerate(starts) if start <= message)
    return symbol, widths[symbol] * (message >> precision) + message % 2**precision - starts[symbol]


@EXERCISE.mistake
def lists_emptied(message, starts, widths, precision):
    """The numbers are right, but you change a list that was passed in, and the next pop gets what is left of it."""
    result = pop(message, starts, widths, precision)
    starts.append(2**precision)
    return result
