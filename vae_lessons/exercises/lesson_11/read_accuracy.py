"""Exercise 11.2: two accuracies of a decoder of names, with the true tokens given and without them."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer, Seen
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.one_number import number_in
from vae_lessons.exercises.engine.probes import each
from vae_lessons.sequence_vae import counted


def accuracies(x: Tensor, forced: Tensor, written: Tensor) -> tuple[float, float]:
    """Two shares in per cent: of tokens that are right given the true ones, and of names written exactly."""
    counts = counted(x)  # (N, T): no end before this position
    tokens = (forced == x)[counts].double().mean()
    names = ((written == x) | ~counts).all(1).double().mean()  # the first 0 counts, so both end there
    return 100 * tokens.item(), 100 * names.item()


def _case(*rows: str) -> dict[str, Tensor]:
    """x, forced and written of some names; each row has the three, with a point for 0."""
    tokens = torch.tensor([[[max(ord(c) - 96, 0) for c in word] for word in row.split()] for row in rows])
    return dict(zip(("x", "forced", "written"), tokens.unbind(1), strict=True))


_PROBE = each(
    _case("ed.. ed.. ed.a", "amy. aly. amya"),
    _case(
        "ann.... ana..c. ann.e.n",
        "ada.... adal... adam...",
        "evelyn. ivilin. eve.yn.",
        "ivo.... iro.a.. ivo....",
        "leon... leo.... lionel.",
        "emma... amma... emma.n.",
        "mia.... mie.n.. m.ia...",
    ),
    _case(
        "kim.... aimm... jo.....",
        "jo..... ja.hn.. johnnie",
        "tom.... tom.... tom....",
        "uma.... ama.... kim....",
        "eva.... evi.... evan...",
        "bo..... lo..... tom....",
    ),
    results=("the accuracy of tokens", "the share of names"),
    reading=lambda part, _: (number_in(part), ""),
)


def _probe(answer: Answer) -> Iterator[Seen]:
    def of_two_parts(x, forced, written):
        result = answer(x, forced, written)
        return tuple(result) if isinstance(result, Tensor | np.ndarray) and result.shape == (2,) else result

    return _PROBE(of_two_parts)


EXERCISE = Exercise(
    number="11.2",
    title="Read: two accuracies of a decoder",
    task="""x (N, T) holds names as tokens; a name ends at its first 0, and zeros fill the rest. A decoder was
    used in two ways. forced (N, T) is the likeliest token at each position, given z and the true tokens
    before it. written (N, T) is what it writes from z alone: each token given those it wrote itself, T of
    them even if its own name ends before. Write accuracies(x, forced, written), which returns two numbers in
    per cent. The first is the share of positions at which forced is right, of those that count, all names
    together: the letters of a name in x and its first 0 count, later zeros do not. The second is the share of
    names that are written exactly. A written name ends at its own first 0 as well; what follows does not
    matter.""",
    minutes=6,
    difficulty=2,
    reference=accuracies,
    probe=_probe,
    hints=(
        "Which positions of x must the decoder get right? Not the padding, but more than the letters.",
        "A mask (N, T) that says where no 0 comes before in x serves both numbers: see cumsum along a row.",
        "For the first, average forced == x over the mask. For the second, a name is exact if written and x "
        "agree at all positions of the mask, the first 0 of x among them.",
    ),
)

Part = Callable[[Tensor, Tensor], Tensor | float]  # of x, and of forced or written; in per cent


def _share(right: Tensor) -> Tensor:
    return 100 * right.double().mean()


def _tokens_where(counts: Callable[[Tensor], Tensor]) -> Part:
    return lambda x, given: _share((given == x)[counts(x)])


def _names_where(counts: Callable[[Tensor], Tensor]) -> Part:
    return lambda x, given: _share(((given == x) | ~counts(x)).all(1))


MASKS = (counted, lambda x: x != 0, lambda x: x >= 0)
_tokens, _letters, _all = map(_tokens_where, MASKS)
_names, _begins, _rows = map(_names_where, MASKS)


def _per_name(x: Tensor, given: Tensor, counts: Callable[[Tensor], Tensor] = counted) -> Tensor:
    return 100 * (((given == x) & counts(x)).sum(1) / counts(x).sum(1)).double().mean()


def _cut(rows: Tensor) -> list[list[int]]:
    return [[*row, 0][: [*row, 0].index(0)] for row in rows.tolist()]


def _with(tokens: Part = _tokens, names: Part = _names) -> Answer:
    """An answer with these two parts."""
    return lambda x, forced, written: (tokens(x, forced), names(x, written))


PADDING = "You count the padding, which is easy to get right. Only the positions up to the first 0 count."
NO_END = "You leave out the first 0 of each name. It counts: the decoder has to know where a name ends."
NOT_CUT = "You compare whole rows. What was written after its own first 0 does not matter."
GOES_ON = "A written name that goes on after the end of x is not exact: its end must be at the same place."
POOL = "You average the accuracies of names, so a token in a short name counts more. Pool all positions."

MISTAKES: dict[str, list[Answer]] = {
    PADDING: [_with(_all), _with(lambda x, f: _share(f * counted(f) == x))],
    NO_END: [_with(_letters)],
    NOT_CUT: [_with(names=_rows)],
    GOES_ON: [_with(names=_begins)],
    f"{PADDING} And: {NOT_CUT}": [_with(_all, _rows)],
    f"{NO_END} And: {NOT_CUT}": [_with(_letters, _rows)],
    f"{NO_END} And: {GOES_ON}": [_with(_letters, _begins)],
    POOL: [_with(_per_name)],
    f"{POOL} And: {NOT_CUT}": [_with(_per_name, _rows)],
    f"{POOL} And: {NO_END}": [_with(lambda x, f: _per_name(x, f, MASKS[1]))],
    "You count a padding 0 as well: only the first 0 of each name counts.": [
        _with(_tokens_where(lambda x: (x == 0).cumsum(1) <= 2))
    ],
    "Which positions count depends on the end of x alone, not on the zeros of forced.": [
        _with(lambda x, f: _share((f == x)[counted(f)])),
        _with(lambda x, f: _share((f == x)[(x != 0) | (f != 0)])),
        _with(lambda x, f: _share((f == x)[counted(x) | counted(f)])),
    ],
    "You compare each token with the one before or after it. forced stands at its true position already.": [
        _with(lambda x, f: _share((f[:, :-1] == x[:, 1:])[counted(x)[:, 1:]])),
        _with(lambda x, f: _share((f[:, 1:] == x[:, :-1])[counted(x)[:, :-1]])),
    ],
    "You count tokens up to the first mistake. Those after it count as well: they are given the true ones.": [
        _with(lambda x, f: _share((f == x).cumprod(1)[counted(x)]))
    ],
    "Right tokens and their total must be of the same positions, those that count.": [
        _with(lambda x, f: 100 * (f == x).sum() / counted(x).sum()),
        _with(lambda x, f: _share((f == x) & counted(x))),
    ],
    "The first number is a share of tokens. You count whole names in forced.": [_with(_names), _with(_rows)],
    "The second number is a share of names. You count tokens in written.": [
        *(_with(names=part) for part in (_tokens, _all, _per_name))
    ],
    """Your share of names comes from forced. There the decoder is told the true tokens, so it says little
    about what is written from z alone.""": [
        lambda x, forced, written: (_tokens(x, forced), _names(x, forced)),
        lambda x, forced, written: (_tokens(x, forced), _rows(x, forced)),
        lambda x, forced, written: (_all(x, forced), _rows(x, forced)),
        lambda x, forced, written: (_per_name(x, forced), _names(x, forced)),
    ],
    "Your accuracy of tokens comes from written. It is to be that of forced, given the true tokens.": [
        lambda x, forced, written: (_tokens(x, written), _names(x, written))
    ],
    "You mix up forced and written: the first number is about forced, the second about written.": [
        lambda x, forced, written: (_tokens(x, written), _names(x, forced))
    ],
    "The order is: tokens first, names second.": [
        lambda x, forced, written: (_names(x, written), _tokens(x, forced))
    ],
    "A name that ends too early is not exact: it must be written to its end.": [
        _with(names=lambda x, w: _share(((w == x) | ((w == 0).cumsum(1) > 0)).all(1)))
    ],
    "A written name must be the one of its own row: one of another row does not count.": [
        _with(names=lambda x, w: 100 * sum(one in _cut(x) for one in _cut(w)) / len(x))
    ],
    "You drop all zeros of a row. What follows the first 0 is then joined to the name.": [
        _with(
            names=lambda x, w: 100 * sum(map(lambda a, b: torch.equal(a[a != 0], b[b != 0]), x, w)) / len(x)
        )
    ],
    "Compare both with x, not with each other.": [
        lambda x, forced, written: (_tokens(x, forced), _rows(forced, written))
    ],
    "You round. Give both numbers as they are.": [
        lambda x, forced, written, d=d: tuple(round(one, d) for one in accuracies(x, forced, written))
        for d in (0, 1)
    ],
    "Return two numbers: of tokens, and of names.": [
        lambda x, forced, written: accuracies(x, forced, written)[1],
        lambda x, forced, written: _names(x, written),
        lambda x, forced, written: (*accuracies(x, forced, written), len(x)),
    ],
    "A row of written may hold no 0 at all, and then .index(0) fails.": [
        _with(names=lambda x, w: [row.index(0) for row in w.tolist()] and _names(x, w))
    ],
    "Both numbers are to be in per cent: 100 times the fraction.": [
        lambda x, forced, written: (_tokens(x, forced) / 100, _names(x, written) / 100),
        _with(lambda x, f: _tokens(x, f) / 100),
        _with(names=lambda x, w: _names(x, w) / 100),
    ],
    "Both are to be in per cent. And see which positions count, and where a written name ends.": [
        lambda x, forced, written, a=a, b=b: (a(x, forced) / 100, b(x, written) / 100)
        for a, b in ((_all, _rows), (_letters, _begins), (_tokens, _rows))
    ],
    "This is a number of tokens or names. Divide by how many there are.": [
        _with(lambda x, f: ((f == x) & counted(x)).sum()),
        _with(names=lambda x, w: _names(x, w) / 100 * len(x)),
    ],
}

for sentence, answers in MISTAKES.items():
    EXERCISE.recognise(sentence, *answers)
