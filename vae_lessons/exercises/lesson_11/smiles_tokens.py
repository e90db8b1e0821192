"""Exercise 11.5: the tokens of a molecule that is written as a SMILES string."""

import re
from collections.abc import Callable, Iterator, Mapping

import numpy as np

from vae_lessons.exercises.engine.comparing import Answer, Seen
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import look

BRACKETS, ATOMS, RING = r"\[[^\]]*\]", "Cl|Br", r"%\d\d"
TOKENS = f"{BRACKETS}|{ATOMS}|{RING}|."


def tokenize(smiles: str) -> list[str]:
    """The tokens: Cl, Br, brackets with what stands in them, % with two digits, any other character."""
    return re.findall(r"\[[^\]]*\]|Cl|Br|%\d\d|.", smiles)


def _as_tokens(returned: object, _inputs: Mapping[str, object]) -> tuple[str, str]:
    """A list, tuple or array of strings as the text of a list; anything else as words for its kind."""
    if isinstance(returned, np.ndarray):
        returned = returned.tolist()
    if isinstance(returned, str):
        return "a string", f"the string {returned!r}"
    if hasattr(returned, "__next__"):
        return "something to loop over", ""
    if not isinstance(returned, list | tuple):
        return f"a {type(returned).__name__}", ""
    parts = [str(part) if isinstance(part, str) else part for part in returned]
    kinds = " and ".join(sorted({type(part).__name__ for part in parts}))
    return (f"{parts}", "") if kinds in ("str", "") else (f"a list of {kinds}", f"{parts}")


SMALL = "BrCCl Sc1ccncc1 CC(=O)C CC(=O)Nc1ccc(Cl)cc1 C12CC1C2 c1cc[nH]c1 C[N+](C)(C)C[O-]"
LARGE = r"C[C@@H](N)C#N F/C=C\F [Br-].[13CH3][NH3+] [Na+].[Cl-] C%101CCNC1CCC%10"
MOLECULES = [*SMALL.split(), *LARGE.split()]


def _probe(answer: Answer) -> Iterator[Seen]:
    """Ends at the first molecule that goes wrong: of several slips, this one is named first."""
    for smiles in MOLECULES:
        seen = list(look(answer, {"smiles": smiles}, ("the tokens",), reading=_as_tokens))
        yield from seen
        if seen[0].value != f"{tokenize(smiles)}":
            return


EXERCISE = Exercise(
    number="11.5",
    title="Build: tokens of a molecule",
    task="""A SMILES string such as CC(=O)Nc1ccc(Cl)cc1 writes a molecule. A model reads it token by token.
    Write tokenize(smiles), which takes a string and returns the list of its tokens. Cl (chlorine) and Br
    (bromine) are one token each. Square brackets and all that stands in them are one token, as in [nH], [O-],
    [Cl-]. So are % and the two digits after it, as in %12. Every other character is a token of its own: in
    Sc1ccccc1, S is sulphur and c is carbon. Joined, the tokens give the string again.""",
    minutes=8,
    difficulty=2,
    reference=tokenize,
    probe=_probe,
    hints=(
        "Which tokens are longer than one character, and how do you recognise where one begins?",
        "Look for the longer tokens first. Only where none begins, take one character. A small letter after "
        "a capital belongs to it in Cl and Br alone.",
        "re.findall with a pattern of alternatives a|b|c returns the pieces; the first that matches wins. "
        "Begin with brackets and what is no ] between them, then Cl, Br, and % with two digits.",
    ),
)


def _wrong(sentence: str, *patterns: str) -> None:
    """Mistakes that find all pieces that match such a pattern."""
    EXERCISE.recognise(
        sentence, *(lambda smiles, pattern=pattern: re.findall(pattern, smiles) for pattern in patterns)
    )


def _then(sentence: str, *changes: Callable[[list[str]], object]) -> None:
    """Mistakes that find the right tokens and then do this to them."""
    EXERCISE.recognise(
        sentence, *(lambda smiles, change=change: change(tokenize(smiles)) for change in changes)
    )


_wrong(
    "Cl and Br are taken apart: each is one atom. In a regular expression, [Cl] is one character, C or l; "
    "and the first alternative that matches wins.",
    ".",
)
_wrong("Cl is taken apart, into C and l: chlorine is one atom.", f"{BRACKETS}|Br|{RING}|.")
_wrong("Br is taken apart, into B and r: bromine is one atom.", f"{BRACKETS}|Cl|{RING}|.")
_wrong("You join letters that stand side by side. Each atom is a token.", f"{BRACKETS}|[A-Za-z]+|.")
_wrong(
    """You join a capital with the small letter after it. In Sc1ccncc1, S is sulphur and c an aromatic carbon:
    outside of brackets only Cl and Br have two letters.""",
    f"{BRACKETS}|[A-Z][a-z]?|{RING}|.",
    r"[A-Z][a-z]?\d*|.",
)
_wrong(
    "A ring's number is joined with its atom. It is a token of its own.",
    rf"{BRACKETS}|(?:{ATOMS}|[A-Za-z])\d?|{RING}|.",
)
_wrong("A bond is joined with its atom. It is a token of its own.", f"{BRACKETS}|{ATOMS}|[=#]?.")
_wrong(
    """Something is lost: joined, your tokens do not give the string again. Digits, parentheses, bonds
    (= # / \\) and the point are tokens too.""",
    f"{BRACKETS}|{ATOMS}|{RING}|[A-Za-z]",
    rf"{BRACKETS}|{ATOMS}|{RING}|\w",
    rf"{BRACKETS}|{ATOMS}|{RING}|[\w()]",
    rf"{BRACKETS}|{ATOMS}|{RING}|[\w()=#.]",
    rf"{BRACKETS}|{ATOMS}|{RING}|[\w()=#/\\]",
)
_wrong(
    "You join digits. Without a % each digit is a ring of its own: C12 has the rings 1 and 2.",
    rf"{BRACKETS}|{ATOMS}|{RING}|\d+|.",
)
_wrong(
    "Brackets are taken apart: they and all that stands in them are one token.",
    f"{ATOMS}|{RING}|.",
    rf"\[[^\]]*|{ATOMS}|{RING}|.",
)
_wrong(
    "Some brackets are taken apart. Signs, digits and @ may stand in them as well as letters.",
    rf"\[\w+\]|{ATOMS}|{RING}|.",
    rf"\[\w+[+-]?\]|{ATOMS}|{RING}|.",
)
_wrong(
    """Your brackets reach from the first [ of a string to its last ]. In a regular expression * takes as much
    as it can.""",
    rf"\[.*\]|{ATOMS}|{RING}|.",
)
_wrong(
    "The brackets are lost. They belong to their token.",
    rf"(?<=\[)[^\]]*|{ATOMS}|{RING}|[^\[\]]",
    rf"{ATOMS}|{RING}|[^\[\]]",
)
_wrong(
    "% is a token of its own here: it belongs to the two digits after it.",
    f"{BRACKETS}|{ATOMS}|.",
)
_wrong("% takes one digit here: two belong to it.", rf"{BRACKETS}|{ATOMS}|%\d|.")
_wrong("% takes all digits that follow: two belong to it.", rf"{BRACKETS}|{ATOMS}|%\d+|.")
_then(
    "What stands in brackets is lost. It is a token, brackets included.",
    lambda tokens: [token for token in tokens if token[0] != "["],
)
_then(
    "Cl and Br are looked for within brackets too. [Cl-] is one token: brackets come first.",
    lambda tokens: re.findall(rf"{ATOMS}|\[[^\]lr]*\]|{RING}|.", "".join(tokens)),
)
_then(
    "After a longer token you go on with its second character, so its rest comes once more.",
    lambda tokens: [part for token in tokens for part in (token, *token[1:])],
    lambda tokens: [part for token in tokens for part in (token, *(token[1:] if token[0] == "[" else ""))],
)
_then(
    "The last token is missing.",
    lambda tokens: tokens[:-1],
    lambda tokens: tokens if len(tokens[-1]) > 1 else tokens[:-1],
)
_then(
    "You add a token for the end. Here, joined, the tokens give the string again.",
    lambda tokens: [*tokens, "END"],
)
_then(
    "Some of your tokens are empty: re.split leaves such strings beside and between its matches.",
    lambda tokens: re.split(f"({TOKENS})", "".join(tokens)),
    lambda tokens: re.split(f"({BRACKETS}|{ATOMS}|{RING})", "".join(tokens)),
)
_then(
    "What lies between the longer tokens is left in one piece. Each of its characters is a token.",
    lambda tokens: [part for part in re.split(f"({BRACKETS}|{ATOMS}|{RING})", "".join(tokens)) if part],
)
_then(
    "L and R, your stand-ins for Cl and Br, are left in the tokens.",
    lambda tokens: [{"Cl": "L", "Br": "R"}.get(token, token) for token in tokens],
)
_then(
    "Each token is listed once, as in a vocabulary. Asked for are all tokens of this string, in their order.",
    lambda tokens: list(dict.fromkeys(tokens)),
)
_then(
    "Small letters have become capitals. c and C are two kinds of carbon.",
    lambda tokens: [token.upper() for token in tokens],
)
_then("You return one string. A list shows where each token ends.", "".join)
_then("A set forgets the order, and how often a token comes. Return a list.", set)
_then("You return something to loop over. Return a list.", iter)
_then("You return numbers. Asked for are the tokens, as strings.", lambda tokens: list(map(len, tokens)))
_then("A list stands within your list. Return one list of strings.", lambda tokens: [tokens])
_then(
    "There are tuples in your list: re.findall returns what the groups of a pattern found, but for (?:...).",
    lambda tokens: [(token, "") for token in tokens],
)
_then(
    "You return matches. The text of a match is match[0].",
    lambda tokens: list(re.finditer(".", "".join(tokens))),
)
_then(
    "You look at the character after the last one. A slice, smiles[i : i + 2], may reach beyond the end.",
    lambda tokens: tokens if tokens[-1] not in ("C", "B") else tokens[-1][2],
)
