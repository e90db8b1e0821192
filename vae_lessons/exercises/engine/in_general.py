"""What can be said of a wrong answer that none of the known mistakes explains: how its numbers lie to the true ones.

Each finding is true of everything that was seen, so it may be said although the reason is not known.
"""

from collections.abc import Callable

import torch
from torch import Tensor, isclose

from vae_lessons.exercises.engine.comparing import Seen, in_words, same

CHANCE = 0.01  # observations with a larger tolerance are measured by drawing


def what_is_seen(seen: dict, truth: dict) -> str:
    """A sentence on what sets an answer apart from the right one, for all inputs alike; "" if there is none."""
    finds = (
        _nothing,
        _not_numbers,
        _shapes,
        _only_a_gradient,
        _only_changed,
        _without_life,
        _related,
        _bounded,
        _rounded,
        _close_by,
        _fact,
    )
    return next((sentence for find in finds if (sentence := find(seen, truth))), "")


def differs_by_chance(seen: dict, again: dict, truth: dict) -> str:
    """What to say of an answer that gave other numbers for the same inputs, where the right one does not; "" if not."""
    for key, true in truth.items():
        mine, later = seen.get(key), again.get(key)
        if mine is None or later is None or true.tolerance > CHANCE:
            continue
        if isinstance(mine.value, Tensor) and isinstance(later.value, Tensor) and not same(mine, later, 1e-6):
            return (
                f"Two calls with the same input give two values of {true.what}: something is drawn at random, or kept "
                "from the call before. What is asked for here is exact."
            )
    return ""


def _differing(seen: dict, truth: dict) -> list[tuple[Seen, Seen]]:
    """All observations of both in which they differ."""
    both = [(seen[key], truth[key]) for key in truth if key in seen]
    return [(mine, true) for mine, true in both if not same(mine, true)]


def _numbers(seen: dict, truth: dict) -> dict[str, list[tuple[Tensor, Tensor]]]:
    """By result, its numbers for each input, flat, yours and the true ones: of one shape, told, without chance."""
    found: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for key, true in truth.items():
        mine = seen[key].value if key in seen else None
        told = isinstance(true.value, Tensor) and not true.secret and true.tolerance <= CHANCE
        told = told and not true.what.startswith("the gradient")
        if told and isinstance(mine, Tensor) and mine.shape == true.value.shape:
            found.setdefault(true.what, []).append((mine.flatten(), true.value.flatten()))
    return found


def _nothing(seen: dict, truth: dict) -> str:
    """A return that is missing in a part of the answer."""
    first = next((mine for key, mine in seen.items() if key not in truth or not same(mine, truth[key])), None)
    if first is not None and isinstance(first.value, str) and "None" in first.value:
        return f"{_sentence(first.what)}: None. A return is missing there, or nothing follows it."
    return ""


def _not_numbers(seen: dict, truth: dict) -> str:
    for mine, true in _differing(seen, truth):
        if not isinstance(mine.value, Tensor) or not isinstance(true.value, Tensor):
            continue
        if mine.value.shape == true.value.shape and torch.isfinite(true.value).all():
            which = "is" if mine.value.numel() == 1 else "has numbers that are"
            if mine.value.isnan().any():
                return (
                    f"For this input {mine.what} {which} not a number (NaN). Look for a logarithm or a root of "
                    "something negative, 0 / 0, infinity minus infinity, or a spread of a single number."
                )
            if mine.value.isinf().any():
                return (
                    f"For this input {mine.what} {which} infinite. Look for a logarithm of 0, a division by 0, or exp "
                    "of something large."
                )
    return ""


def _shapes(seen: dict, truth: dict) -> str:
    for mine, true in _differing(seen, truth):
        if not isinstance(mine.value, Tensor) or not isinstance(true.value, Tensor):
            continue
        have, asked = tuple(mine.value.shape), tuple(true.value.shape)
        if have == asked:
            continue
        shapes = f"{have} where {asked} is asked for"
        if mine.value.numel() == true.value.numel() and _close(mine.value.flatten(), true.value.flatten()):
            return f"The numbers of {mine.what} are right, but not its shape: {shapes}."
        if len(have) == len(asked) == 2 and have == asked[::-1] and _close(mine.value.T, true.value):
            return f"The numbers of {mine.what} are right, but its axes are swapped: {shapes}."
        for name, reduce in (("average", torch.mean), ("sum", torch.sum)):
            for axis in (None, *range(true.value.ndim)):
                reduced = reduce(true.value) if axis is None else reduce(true.value, axis)
                if reduced.shape == mine.value.shape and _close(mine.value, reduced):
                    over = "everything" if axis is None else f"axis {axis}"
                    return f"You return the {name} of {true.what} over {over}: {shapes}."
        return f"The shape of {mine.what} is not the one asked for: {shapes}."
    return ""


def _only_a_gradient(seen: dict, truth: dict) -> str:
    differing = _differing(seen, truth)
    if set(seen) != set(truth) or not all(true.what.startswith("the gradient for") for _, true in differing):
        return ""
    names = list(dict.fromkeys(true.what.removeprefix("the gradient for ") for _, true in differing))
    if not names or not all(isinstance(mine.value, Tensor) for mine, _ in differing):
        return ""
    if all(not mine.value.any() for mine, _ in differing):
        return (
            f"Your numbers are right, but no gradient reaches {' and '.join(names)}: look for .item(), float(), "
            ".numpy(), .detach(), .data or no_grad."
        )
    return (
        f"Your numbers are right, but the gradient for {names[0]} is not, so training would go another way."
    )


def _only_changed(seen: dict, truth: dict) -> str:
    differing = _differing(seen, truth)
    changed = [
        true.what.removesuffix(" after the call") for mine, true in differing if mine.value == "changed"
    ]
    if set(seen) == set(truth) and changed and len(changed) == len(differing):
        return (
            f"Your numbers are right, but the call changed {changed[0]}, which it was only lent: whatever uses it next "
            "gets other values. Look for +=, *= and names that end in an underscore."
        )
    return ""


def _without_life(seen: dict, truth: dict) -> str:
    """A result that is 0 everywhere, or the same whatever the input is."""
    for what, pairs in _numbers(seen, truth).items():
        values, truths = zip(*pairs, strict=True)
        if all(not value.any() for value in values) and any(true.any() for true in truths):
            return f"{_sentence(what)} is 0 everywhere: is what you compute ever put into it?"
        several = len(pairs) > 2 and all(value.unique().numel() == 1 for value in values)
        if several and torch.cat(values).unique().numel() == 1 and torch.cat(truths).unique().numel() > 2:
            return f"{_sentence(what)} is {in_words(values[0][0])} whatever the input is. Are your arguments used?"
    return ""


def _related(seen: dict, truth: dict) -> str:
    """One simple relation that holds between all numbers of one result and the true ones."""
    for what, pairs in _numbers(seen, truth).items():
        if all(_close(*pair) for pair in pairs):
            continue
        mine, true = (torch.cat(values) for values in zip(*pairs, strict=True))
        if true.numel() < 2:
            return ""
        for name, change in _CHANGES.items():
            if _close(mine, change(true)):
                return f"{_sentence(what)} is {name} the true one, everywhere."
        factor = ((mine * true).sum() / (true * true).sum()).item()
        if abs(factor) > 1e-3 and _close(mine, factor * true):
            return f"{_sentence(what)} is {factor:.4g} times the true one, everywhere."
        offset = (mine - true).mean().item()
        if _close(mine, true + offset):
            size = "large" if offset > 0 else "small"
            return f"{_sentence(what)} is too {size} by the same number everywhere, {abs(offset):.4g}."
        if all(_close(*(one.sort().values for one in pair)) for pair in pairs):
            return f"The numbers of {what} are right, but they stand in another order."
        return ""
    return ""


_CHANGES: dict[str, Callable[[Tensor], Tensor]] = {
    "minus": torch.neg,
    "half": lambda true: true / 2,
    "twice": lambda true: 2 * true,
    "the square of": torch.square,
    "the square root of": torch.sqrt,
    "exp of": torch.exp,
    "the logarithm of": torch.log,
    "one over": torch.reciprocal,
    "the size, without the sign, of": torch.abs,
    "one minus": lambda true: 1 - true,
}


def _bounded(seen: dict, truth: dict) -> str:
    """Right between two limits, and at a limit where the true number lies beyond it."""
    for what, mine, true in _together(seen, truth):
        off = ~isclose(mine, true, 1e-4, 1e-4)
        if not off.any() or off.all():
            continue
        for bound, beyond, word in (
            (mine.max(), true[off] > mine.max(), "above"),
            (mine.min(), true[off] < mine.min(), "below"),
        ):
            if beyond.all() and isclose(mine[off], bound).all():
                limit = f"{word} {bound.item():.4g}"
                return f"{_sentence(what)} never gets {limit}, where the true one does. Is there a clamp?"
    return ""


def _rounded(seen: dict, truth: dict) -> str:
    for what, mine, true in _together(seen, truth):
        if _close(mine, true):
            continue
        for digits in (0, 1, 2, 3):
            if _close(mine, true.round(decimals=digits)):
                return f"{_sentence(what)} is rounded, to {digits} digits after the point. Give it as it is."
        if _close(mine, true.floor()) or _close(mine, true.trunc()):
            return f"{_sentence(what)} is cut to a whole number, as by //, int() or a type of whole numbers."
    return ""


def _close_by(seen: dict, truth: dict) -> str:
    """Everywhere nearly right: an approximation."""
    for what, mine, true in _together(seen, truth):
        error = ((mine - true).abs() / true.abs().clamp(min=1e-6)).max().item()
        if not _close(mine, true) and error < 0.05:
            return (
                f"{_sentence(what)} is close to the true one, within {100 * error:.1g} %, but not equal to it: look "
                "for an epsilon that was added, a number typed with few digits, or an approximation."
            )
    return ""


def _together(seen: dict, truth: dict) -> list[tuple[str, Tensor, Tensor]]:
    """For each result that is wrong somewhere, its numbers for all inputs, yours and the true ones."""
    joined = [
        (what, *map(torch.cat, zip(*pairs, strict=True))) for what, pairs in _numbers(seen, truth).items()
    ]
    return [one for one in joined if one[2].numel() > 1 and not _close(one[1], one[2])]


def _fact(seen: dict, truth: dict) -> str:
    """The first fact that is not as it should be, where it is said in words, measured by chance, or read off."""
    for mine, true in _differing(seen, truth)[:1]:
        if isinstance(mine.value, str) and isinstance(true.value, str) and not true.secret:
            return f"{_sentence(true.what)}: {mine.words or mine.value}. It should be: {true.words or true.value}."
        if isinstance(mine.value, str) and not true.secret:
            asked = f"numbers of shape {tuple(true.value.shape)}" if true.value.ndim else "one number"
            return f"{_sentence(mine.what)}: {mine.words or mine.value}. Asked for are {asked}."
        if not isinstance(mine.value, Tensor) or not isinstance(true.value, Tensor):
            return ""
        if true.secret and mine.value.numel() == 1:
            size = "large" if mine.value > true.value else "small"
            return f"Your number is too {size}, by more than a reading may be off."
        if true.tolerance > CHANCE and not true.secret:
            return (
                f"{_sentence(true.what)} is {in_words(mine.value)}, where {in_words(true.value)} is right, and chance "
                "does not explain so much."
            )
    return ""


def _sentence(what: str) -> str:
    return what[:1].upper() + what[1:]


def _close(mine: Tensor, true: Tensor) -> bool:
    return same(Seen("", mine, ""), Seen("", true, "", tolerance=1e-4))
