"""Answers to exercise 8.1: right ones in many styles, and some with two mistakes at once."""

import bisect
import itertools

import numpy as np


def by_a_loop(message, starts, widths, precision):
    slot = message & (1 << precision) - 1
    for symbol, (start, width) in enumerate(zip(starts, widths, strict=True)):
        if start <= slot < start + width:
            return symbol, (message >> precision) * width + slot - start
    return None


def by_bisection(message, starts, widths, precision):
    upper, slot = divmod(message, 2**precision)
    symbol = bisect.bisect_right(starts, slot) - 1
    return symbol, upper * widths[symbol] + (slot - starts[symbol])


def by_numpy(message, starts, widths, precision):
    slot = message % 2**precision
    symbol = int(np.searchsorted(np.array(starts), slot, side="right")) - 1
    return symbol, widths[symbol] * (message // 2**precision) + slot - starts[symbol]


def by_a_table(message, starts, widths, precision):
    owner = list(itertools.chain.from_iterable([s] * width for s, width in enumerate(widths)))
    slot = message % len(owner)
    return [owner[slot], message // len(owner) * widths[owner[slot]] + owner[:slot].count(owner[slot])]


def by_bits(message, starts, widths, precision):
    digits = f"{message:0{precision + 1}b}"
    upper, slot = int(digits[:-precision], 2), int(digits[-precision:], 2)
    symbol = sum(start <= slot for start in starts[1:])
    return [symbol, upper * widths[symbol] + slot - starts[symbol]]


def shifted_slot(message, starts, widths, precision):
    return message % 2**precision, message >> precision


def symbol_from_one_and_no_remainder(message, starts, widths, precision):
    symbol, _ = by_a_loop(message, starts, widths, precision)
    return symbol + 1, widths[symbol] * (message >> precision)


RIGHT = [by_a_loop, by_bisection, by_numpy, by_a_table, by_bits]
COMBINED = [shifted_slot, symbol_from_one_and_no_remainder]
