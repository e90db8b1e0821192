"""Exercise 11.1: find out whether a decoder of strings looks ahead."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, embedding

from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.one_number import one_number


def sees_ahead(decode: Callable[[Tensor], Tensor], x: Tensor, tokens: int) -> bool:
    """Whether logits at some position depend on the token there or on a later one."""
    x_logits = decode(x)  # (B, T, V)
    for t in range(x.shape[1]):
        changed = x.clone()
        changed[:, t:] = (x[:, t:] + 1) % tokens  # another token at t and at each position after it
        if not torch.allclose(decode(changed)[:, : t + 1], x_logits[:, : t + 1], rtol=0, atol=1e-5):
            return True
    return False


TWO, ONE = torch.tensor([[3, 2, 0, 0], [4, 2, 1, 0]]), torch.tensor([[3, 1, 3, 2, 0, 0, 0]])


def _case(
    sees: Callable[[int, int], int],
    words: str,
    x: Tensor = TWO,
    mixed: bool = False,
    strength: float = 9.0,
    begins: int | None = None,
) -> dict[str, object]:
    """A decoder that sees at t the token at s with a weight, if the string begins with this token.

    A token moves its own logit, or all if mixed. Whole numbers are added, so that no order matters.
    """
    tokens, places = int(x.max()) + 1, range(12)
    weights = torch.tensor([[float(sees(t, s)) for s in places] for t in places])
    random = torch.randint(-99, 100, (tokens, tokens), generator=torch.Generator().manual_seed(5))
    table = random.float() if mixed else torch.eye(tokens)
    written = torch.tensor([1, 3] + 10 * [0])[:, None]  # (12, 1), by a decoder that sees no token
    alone = ((3 * (torch.arange(tokens) - written) - 1) % tokens).float()  # (12, V), no two alike in a row

    def decode(x: Tensor) -> Tensor:
        added = weights[: x.shape[1], : x.shape[1]] @ embedding(x, table)  # (B, T, V)
        if begins is not None:
            added = added * (x[:, :1] == begins)[..., None]
        return alone[: x.shape[1]] + strength * added

    decode.in_words = f"a decoder that sees {words}"
    return {"decode": decode, "x": x, "tokens": tokens}


EXERCISE = Exercise(
    number="11.1",
    title="Build: does the decoder look ahead?",
    task="""A decoder of strings is given the true tokens and returns logits for the token at each position:
    decode(x) takes tokens (B, T) and returns logits (B, T, V). Those at position t may depend on the tokens
    before t, never on the token at t or on later ones. Otherwise the accuracy in training is perfect and the
    samples are nonsense. Write sees_ahead(decode, x, tokens): True if logits at some position depend on the
    token there or on a later one, else False. x (B, T) holds some strings, padding included; tokens is V, so
    tokens are 0 to V - 1. Call decode as often as you like.""",
    minutes=10,
    difficulty=2,
    reference=sees_ahead,
    probe=one_number(
        "whether it looks ahead",
        _case(lambda t, s: (s < t) * (s + 1), "all tokens before t", mixed=True),
        _case(lambda t, s: (s <= t) * (s + 1), "all tokens before t, and the one at t", mixed=True),
        _case(lambda t, s: s == t, "the token at t alone"),
        _case(lambda t, s: s == t + 1, "the next token alone"),
        _case(lambda t, s: 0, "no token"),
        _case(lambda t, s: 0, "no token, and is right each time", x=torch.tensor([[1, 3, 0, 0]])),
        _case(lambda t, s: s == 0 < t, "token 0 alone, from t = 1 on", mixed=True),
        _case(lambda t, s: s == t - 2, "the token two before t alone", mixed=True),
        _case(lambda t, s: s + 1, "all tokens", mixed=True),
        _case(lambda t, s: (s != t) * (s + 1), "all tokens but the one at t", mixed=True),
        _case(lambda t, s: 1, "how often each token occurs in the string", strength=0.1),
        _case(lambda t, s: s > t, "all later tokens, each of which moves logits by 0.002", strength=0.002),
        _case(lambda t, s: s == t > 0, "the token at t, in strings that begin with 4", mixed=True, begins=4),
        _case(lambda t, s: t == s == 1, "the token at t alone, and only at t = 1"),
        *(
            _case(lambda t, s, p=p, q=q: (t, s) == (p, q), f"token {q} alone, and only at t = {p}", x=ONE)
            for p in range(7)
            for q in {p, min(p + 1, 6), 6}
        ),
        judge=lambda found, **_: (
            (found, str(bool(found))) if found in (0, 1) else ("no truth value", f"{found:.4g}")
        ),
    ),
    hints=(
        "Change something in x and see which logits change. Which logits must not notice which change?",
        "Put other tokens at t and at all later positions. Which logits must stay as they were? Do this for "
        "each t: a decoder may look ahead at one position alone.",
        "For each t: clone x, replace each token from t to the end by a different one (modulo tokens), "
        "decode, and compare with decode(x) at the positions 0 to t. One difference in any string is enough.",
    ),
)

Ends = tuple[int | None, int | None]  # of a slice, counted from t


def _tries(
    changed: Ends = (0, None),
    compared: Ends = (None, 1),
    new: Callable[[Tensor, int], Tensor] = lambda x, tokens: (x + 1) % tokens,
    differ: Callable[[Tensor, Tensor], Tensor] = lambda before, after: (before != after).any(),
    told: Callable[[list[bool]], object] = any,
    last: Callable[[Tensor], int] = lambda x: x.shape[1],
    copied: bool = True,
) -> Answer:
    """An answer that changes tokens around each t and compares logits around it."""

    def answer(decode, x, tokens):
        before, found = decode(x), []
        for t in range(last(x)):
            cut, kept = (slice(*(n if n is None else t + n for n in ends)) for ends in (changed, compared))
            y = x.clone() if copied else x
            y[:, cut] = new(x, tokens)[:, cut]
            found.append(bool(differ(before[:, kept], decode(y)[:, kept])))
        return told(found)

    return answer


ALL, SINGLE = (None, None), (0, 1)
MISTAKES: dict[str, list[Answer]] = {
    """A decoder that sees the token at its own position passes your test. Token t must not move
    the logits at t either.""": [_tries((1, None))],
    "You only try whether token t moves the logits at t. Later ones must not either.": [
        _tries(SINGLE, SINGLE)
    ],
    "You look one position ahead at most. A token may be seen from any distance.": [_tries((0, 2), SINGLE)],
    "You also compare logits after a changed token. These may change: the decoder is given it.": [
        *(_tries(*ends) for ends in (((0, None), ALL), (SINGLE, (0, None)), ((0, None), (1, None)))),
        _tries(SINGLE, ALL, told=lambda found: found[0]),
        _tries(compared=ALL, differ=lambda before, after: (before != after)[:, -1].any()),
    ],
    "You compare one position too many: the logits at t + 1 may depend on token t.": [
        _tries(compared=(None, 2))
    ],
    "You test whether logits change with the tokens before them. They may; only others must not matter.": [
        *(_tries(*ends) for ends in ((SINGLE, (1, None)), ((None, 0), (None, 1))))
    ],
    """You try one position only: perhaps a return ends the loop, or the result is overwritten. A decoder may
    look ahead at another one alone.""": [
        *(_tries(told=lambda found, t=t: found[t]) for t in (0, -1)),
        _tries(SINGLE, told=lambda found: found[0]),
        _tries((0, None), (None, 0), told=lambda found: found[-1]),
        _tries((0, None), (None, 0), told=lambda found: found[len(found) // 2]),
    ],
    "Your loop leaves out the first or the last position, whose tokens must not be seen there either.": [
        *(_tries(told=lambda found, some=some: any(found[some])) for some in (slice(1, None), slice(-1))),
        _tries(SINGLE, told=lambda found: any(found[:-1])),
    ],
    "len(x) is the number of strings. Positions are x.shape[1].": [_tries(last=len)],
    """Padding stays as it is in your test, or is not tried at each of its positions. It must not be seen
    either: where it begins tells how long the string is.""": [
        _tries(new=lambda x, tokens: 0 * x),
        *(_tries(cut, last=lambda x: int((x != 0).sum(1).max()) + 1) for cut in ((0, None), SINGLE)),
    ],
    "Your change leaves some tokens as they were, so whether these are seen stays unknown.": [
        *(_tries(new=lambda x, tokens, token=token: 0 * x + token) for token in (1, 2)),
        _tries(new=lambda x, tokens: tokens - 1 - x),
        _tries(new=lambda x, tokens: x.flip(1)),
    ],
    "Some of your new tokens do not exist: tokens go from 0 to V - 1.": [
        *(_tries(new=lambda x, tokens, n=n: x + n) for n in (1, -1))
    ],
    """You compare the likeliest tokens, or allow for large differences. A decoder may look ahead and move its
    logits by little.""": [
        *(_tries(cut, differ=lambda a, b: (a.argmax(2) != b.argmax(2)).any()) for cut in ((0, None), SINGLE)),
        _tries(differ=lambda a, b: ((a - b).abs() > 0.01).any()),
    ],
    "You compare sums or averages of logits, in which changes can cancel.": [
        _tries(differ=lambda before, after: (before - after).double().sum().abs() > 1e-5)
    ],
    "You ask that all logits change. One that does is enough: any, not all.": [
        *(_tries(cut, differ=lambda before, after: (before != after).all()) for cut in ((0, None), SINGLE))
    ],
    "You ask that the decoder looks ahead at each t. One is enough: any, not all.": [_tries(told=all)],
    "You try the first string only. The others may show what that one does not.": [
        lambda decode, x, tokens: sees_ahead(decode, x[:1], tokens)
    ],
    """This tells how good the decoder is. It can be right and see nothing ahead, or look ahead and be wrong:
    change the input instead.""": [
        lambda decode, x, tokens: (decode(x).argmax(2) == x).float().mean(),
        lambda decode, x, tokens: (decode(x).argmax(2) == x).float().mean() > 0.5,
        lambda decode, x, tokens: (decode(x).argmax(2) == x).all(),
        lambda decode, x, tokens: cross_entropy(decode(x).transpose(1, 2), x) < 0.1,
    ],
    "Your result is turned round: True says that it looks ahead.": [
        _tries(told=lambda found: not any(found))
    ],
    "You always say False. Do you compare numbers, and for two inputs?": [lambda decode, x, tokens: False],
    "You always say True. Do you compare logits, at the same positions?": [lambda decode, x, tokens: True],
    "y = x makes no copy: both are one tensor, so you compare the decoder with itself.": [
        lambda decode, x, tokens: bool((decode(x.add_(1).remainder_(tokens)) != decode(x)).any())
    ],
    "You change x itself. At the next t, tokens before it are changed too, and these may move logits.": [
        _tries(SINGLE, copied=False)
    ],
    "The result is right, but you change x, which was handed in. Clone it.": [
        lambda decode, x, tokens: (sees_ahead(decode, x, tokens), x.add_(1))[0]
    ],
    "Return one True or False for the decoder, not one for each position, and nothing else.": [
        _tries(told=list)
    ],
    "Return True or False. This is a number: a count, a position or a difference.": [
        _tries(told=sum),
        lambda decode, x, tokens: (decode(x) - decode((x + 1) % tokens)).abs().max(),
    ],
}

for sentence, answers in MISTAKES.items():
    EXERCISE.recognise(sentence, *answers)
