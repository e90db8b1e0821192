"""Answers to exercise 11.5: right ones in many styles, and some with two mistakes at once."""

import re
from collections import deque
from itertools import takewhile

import numpy as np


def by_findall(smiles):
    return re.findall(r"\[.*?\]|Br|Cl|%[0-9]{2}|.", smiles)


def by_the_usual_pattern(smiles):
    """The one of many papers on molecules: it names every character."""
    pattern = r"(\[[^\]]+]|Br?|Cl?|N|O|S|P|F|I|b|c|n|o|s|p|\(|\)|\.|=|#|-|\+|\\|\/|:|~|@|\?|>|\*|\$"
    return re.compile(pattern + r"|\%[0-9]{2}|[0-9])").findall(smiles)


def by_matches(smiles):
    return tuple(match.group() for match in re.finditer(r"(\[[^]]*])|(Cl|Br)|(%\d\d)|(.)", smiles))


def by_a_loop(smiles):
    tokens, i = [], 0
    while i < len(smiles):
        if smiles[i] == "[":
            length = smiles.index("]", i) - i + 1
        elif smiles[i] == "%":
            length = 3
        else:
            length = 2 if smiles[i : i + 2] in ("Cl", "Br") else 1
        tokens.append(smiles[i : i + length])
        i += length
    return tokens


def by_joining_to_the_last(smiles):
    tokens = [""]
    for character in smiles:
        last = tokens[-1]
        is_open = last.startswith("[") and not last.endswith("]")
        is_open |= last.startswith("%") and len(last) < 3
        if is_open or last + character in ("Cl", "Br"):
            tokens[-1] += character
        else:
            tokens.append(character)
    return tokens[1:]


def by_recursion(smiles):
    if not smiles:
        return []
    head = smiles[:1]
    if head == "[":
        head = "".join(takewhile(lambda character: character != "]", smiles)) + "]"
    elif head == "%":
        head = smiles[:3]
    elif smiles.startswith(("Cl", "Br")):
        head = smiles[:2]
    return [head, *by_recursion(smiles[len(head) :])]


def by_split(smiles):
    return [part for part in re.split(r"(\[[^\]]*\]|Cl|Br|%\d\d|.)", smiles) if part]


def by_pieces(smiles):
    tokens = []
    for piece in re.split(r"(\[[^\]]*\]|Cl|Br|%\d\d)", smiles):
        tokens.extend([piece] if piece[:1] in ("[", "%") or piece in ("Cl", "Br") else piece)
    return tokens


def by_stand_ins(smiles):
    brackets = iter(re.findall(r"\[[^\]]*\]", smiles))
    short = re.sub(r"\[[^\]]*\]", "?", smiles).replace("Cl", "L").replace("Br", "R")
    names = {"L": "Cl", "R": "Br"}
    return [
        next(brackets) if token == "?" else names.get(token, token) for token in re.findall(r"%\d\d|.", short)
    ]


def from_a_stack(smiles):
    rest, tokens = deque(smiles), []
    while rest:
        token = rest.popleft()
        while token[0] == "[" and token[-1] != "]":
            token += rest.popleft()
        if token == "%":
            token += rest.popleft() + rest.popleft()
        if rest and token + rest[0] in {"Cl", "Br"}:
            token += rest.popleft()
        tokens += [token]
    return tokens


def in_an_array(smiles):
    return np.array(by_findall(smiles))


def capitals_joined_and_brackets_lost(smiles):
    return re.findall(r"[A-Z][a-z]?|%\d\d|[^\[\]]", smiles)


def only_chlorine_and_numbers_joined(smiles):
    return re.findall(r"\[[^\]]*\]|Cl|\d+|.", smiles)


RIGHT = [
    by_findall,
    by_the_usual_pattern,
    by_matches,
    by_a_loop,
    by_joining_to_the_last,
    by_recursion,
    by_split,
    by_pieces,
    by_stand_ins,
    from_a_stack,
    in_an_array,
]
COMBINED = [capitals_joined_and_brackets_lost, only_chlorine_and_numbers_joined]
