"""Exercise 8.1: take a symbol off a message that is one whole number."""

from collections.abc import Sequence

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def pop(message: int, starts: Sequence[int], widths: Sequence[int], precision: int) -> tuple[int, int]:
    """The symbol that was pushed last, and the message as it was before: `push` undone."""
    slot = message % 2**precision
    symbol = max(s for s, start in enumerate(starts) if start <= slot)
    return symbol, widths[symbol] * (message >> precision) + slot - starts[symbol]


STARTS, WIDTHS = [0, 5, 7], [5, 2, 9]

EXERCISE = Exercise(
    number="8.1",
    title="Pop",
    task="""push(message, start, width, precision) has put a symbol onto a message. Undo it: pop(message, starts,
    widths, precision) returns the symbol's number, counted from 0, and the message as it was before. starts and
    widths hold the interval of each symbol, in order, from 0 to 2**precision.""",
    minutes=5,
    difficulty=2,
    reference=pop,
    probe=each(
        {"message": 197, "starts": [0, 3], "widths": [3, 1], "precision": 2},
        {"message": 1381, "starts": STARTS, "widths": WIDTHS, "precision": 4},
        {"message": 2614, "starts": STARTS, "widths": WIDTHS, "precision": 4},
        {"message": 871, "starts": STARTS, "widths": WIDTHS, "precision": 4},
        results=("the symbol", "the message before"),
    ),
    hints=(
        "push ends with the lowest digits of the message, to the base 2**precision, inside the interval of the "
        "symbol. How do you read these digits?",
        "With slot = message % 2**precision: which symbol has start <= slot < start + width?",
        "push kept message // width and message % width. The first is message >> precision now; where is the second?",
    ),
)


def _slot_and_symbol(message: int, starts: Sequence[int], precision: int) -> tuple[int, int]:
    slot = message % 2**precision
    return slot, max(s for s, start in enumerate(starts) if start <= slot)


@EXERCISE.mistake
def slot_not_taken_back(message, starts, widths, precision):
    """The symbol is right. From the slot its start has to be subtracted: only what is inside the interval was
    message % width."""
    slot, symbol = _slot_and_symbol(message, starts, precision)
    return symbol, widths[symbol] * (message >> precision) + slot


@EXERCISE.mistake
def remainder_forgotten(message, starts, widths, precision):
    """The symbol is right, but the message has lost message % width, which push had hidden in the slot."""
    _, symbol = _slot_and_symbol(message, starts, precision)
    return symbol, widths[symbol] * (message >> precision)


@EXERCISE.mistake
def only_shifted(message, starts, widths, precision):
    """The symbol is right. The message before was divided by the width: multiply it again, and add what is left."""
    _, symbol = _slot_and_symbol(message, starts, precision)
    return symbol, message >> precision


@EXERCISE.mistake
def width_forgotten(message, starts, widths, precision):
    """The symbol is right. The upper part has to be multiplied by the width, by which push had divided it."""
    slot, symbol = _slot_and_symbol(message, starts, precision)
    return symbol, (message >> precision) + slot - starts[symbol]


@EXERCISE.mistake
def slot_for_symbol(message, starts, widths, precision):
    """You return the slot. Which symbol's interval does it lie in?"""
    slot, symbol = _slot_and_symbol(message, starts, precision)
    return slot, widths[symbol] * (message >> precision) + slot - starts[symbol]


@EXERCISE.mistake
def swapped(message, starts, widths, precision):
    """Both numbers are right, in the wrong order: first the symbol, then the message."""
    symbol, before = pop(message, starts, widths, precision)
    return before, symbol


@EXERCISE.mistake
def from_one(message, starts, widths, precision):
    """You count the symbols from 1: the first one is number 0."""
    symbol, before = pop(message, starts, widths, precision)
    return symbol + 1, before


@EXERCISE.mistake
def start_excluded(message, starts, widths, precision):
    """An interval holds its start: a slot equal to it belongs to this symbol, not to the one before."""
    slot = message % 2**precision
    symbol = max(s for s, start in enumerate(starts) if start < slot or s == 0)
    return symbol, widths[symbol] * (message >> precision) + slot - starts[symbol]


@EXERCISE.mistake
def symbol_only(message, starts, widths, precision):
    """You return the symbol alone; asked are two things, the symbol and the message before."""
    return _slot_and_symbol(message, starts, precision)[1]


@EXERCISE.mistake
def whole_message_searched(message, starts, widths, precision):
    """You look for the message itself among the intervals. Its lowest digits tell, message % 2**precision."""
    symbol = max(s for s, start in enumerate(starts) if start <= message)
    return symbol, widths[symbol] * (message >> precision) + message % 2**precision - starts[symbol]
