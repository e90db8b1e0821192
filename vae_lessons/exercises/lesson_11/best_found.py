"""Exercise 11.6: the best molecule that a search has found within a budget of calls."""

import copy
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor, same
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.one_number import number_in
from vae_lessons.exercises.engine.probes import attempt, in_short

NAN, INF = float("nan"), float("inf")


def best_found(predicted: Tensor, true: Tensor, allowed: Tensor, budget: int) -> float:
    """The highest true value of an allowed molecule among the first `budget` candidates, or NaN."""
    tried = true[:budget]
    found = tried[allowed[:budget] & ~tried.isnan()]
    return found.max().item() if len(found) else float("nan")


def _values(true: Tensor, allowed: Tensor, budget: int) -> Tensor:
    return true[:budget][allowed[:budget] & ~true[:budget].isnan()]


def _case(predicted: list[float], true: list[float], allowed: str, budget: int) -> dict[str, object]:
    return {
        "predicted": torch.tensor(predicted),
        "true": torch.tensor(true),
        "allowed": torch.tensor([mark == "+" for mark in allowed]),
        "budget": budget,
    }


CASES = (
    _case([2.7, 4.1, 3.7, 3.4, 4.6, 2.8, 3.1], [2.5, 2.1, 3.6, 1.3, 3.0, 2.3, 1.9], "+-+++++", 7),
    # the best is vetoed
    _case([2.4, 3.9, 4.8, 3.3, 4.4], [2.7, 1.6, 4.1, 1.9, 3.2], "++-+-", 5),
    # better ones come after the budget
    _case([4.6, 4.1, 5.9, 3.2, 2.9, 3.8, 3.5, 6.2], [3.5, 2.1, 3.9, 2.7, 3.1, 4.4, 5.2, 4.8], "-+-+++++", 4),
    # strings that are no molecules
    _case([3.6, 4.9, 4.1, 2.8, 5.7, 4.7, 5.1], [2.2, NAN, 2.6, NAN, 3.3, 3.8, 4.5], "+++++++", 4),
    # all are below 0
    _case([4.3, 1.4, 2.1, 3.5], [NAN, -1.6, -0.7, -2.4], "++-+", 4),
    # nothing is found
    _case([1.2, 3.4, 0.6, 2.2, 1.8], [-1.3, NAN, 0.9, NAN, 1.5], "----+", 4),
    _case([1.7, 0.8, 2.6, 1.1, 3.9], [-1.4, NAN, 1.2, NAN, 2.4], "-+--+", 4),
    # fewer candidates than the budget
    _case([4.4, 2.7, 3.1], [1.6, 2.3, NAN], "++-", 5),
)


def _probe(answer: Answer) -> Iterator[Seen]:
    """Ends at the first case that goes wrong: of several slips, this one is named first."""
    for case in CASES:
        given, handed = in_short(case), copy.deepcopy(case)
        returned, failed = attempt(lambda handed=handed: answer(*handed.values()), given)
        best = failed or Seen("the best", number_in(returned), given)
        yield best
        if not same(best, Seen("the best", as_tensor(best_found(*case.values())), given)):
            return
        # engine.probes takes NaN for changed: it is not equal to itself
        kept = all(torch.allclose(handed[name], case[name], equal_nan=True) for name in list(case)[:3])
        yield Seen("the inputs after the call", "as they were" if kept else "changed", given)
        if not kept:
            return


EXERCISE = Exercise(
    number="11.6",
    title="Read: what the search has found",
    task="""A search for molecules decodes M candidates and tries them one after another. You have, (M,) each,
    the property that the model promised (predicted); the value that RDKit computes (true), NaN where the
    string is no molecule, although asking RDKit was a call all the same; and whether the molecule is allowed
    (bool): it breaks no veto and is not too large. Methods are compared at an equal number of calls. Write
    best_found(predicted, true, allowed, budget), which returns the highest true value of an allowed molecule
    among the first `budget` candidates, in the order in which they were tried; NaN if there is none.""",
    minutes=6,
    difficulty=2,
    reference=best_found,
    probe=_probe,
    hints=(
        "What may the report say of a molecule: what was promised, or what was found? And do calls that find "
        "nothing cost nothing?",
        "Cut off what lies beyond the budget before you leave anything out. Then think of NaN: is it larger "
        "than another number?",
        "A mask of what is allowed and not NaN picks the values that count. If none is left, return NaN; "
        "else the largest.",
    ),
)

Best = Callable[[Tensor, Tensor, Tensor, int], object]  # of predicted, true, allowed and budget


def _in_place(where: Callable[[Tensor, Tensor], Tensor]) -> Best:
    """The right number, by an answer that writes into true."""

    def answer(p, t, a, b):
        best = best_found(p, t, a, b)
        t[where(t, a)] = -INF
        return best

    return answer


EXERCISE.recognise(
    "This is a value that the predictor promised. What counts is the true one.",
    lambda p, t, a, b: p.max(),
    lambda p, t, a, b: p[t.argmax()],
)
EXERCISE.recognise(
    "This is the true value of the candidate with the highest prediction. Another may have a higher one.",
    lambda p, t, a, b: t[p.argmax()],
)
EXERCISE.recognise("This is the lowest true value. Asked for is the highest.", lambda p, t, a, b: t[a].min())
EXERCISE.recognise(
    "This is a mean or a median of the true values. Asked for is the best.",
    lambda p, t, a, b: t[a].mean(),
    lambda p, t, a, b: t[a].median(),
)
EXERCISE.recognise("You return the first candidate's value.", lambda p, t, a, b: t[0])
EXERCISE.recognise("You return the last candidate's value.", lambda p, t, a, b: t[-1])
EXERCISE.recognise(
    "This is the place of the best, not its value.",
    lambda p, t, a, b: t.argmax(),
    lambda p, t, a, b: t[a].argmax(),
)
EXERCISE.recognise("You return several numbers. Asked for is one.", lambda p, t, a, b: t[a])
EXERCISE.recognise("allowed is the wrong way round: True means no veto.", lambda p, t, a, b: t[~a].max())
EXERCISE.recognise(
    "You return NaN although there is an allowed molecule. A comparison with NaN is never true, so no value "
    "is higher than a start at NaN.",
    lambda p, t, a, b: NAN,
)
EXERCISE.recognise(
    "You ignore allowed. A molecule that breaks a veto is not worth its value.",
    lambda p, t, a, b: t.max(),
)
EXERCISE.recognise(
    "You look at candidates beyond the budget, which were not tried.",
    lambda p, t, a, b: t[a].max(),
)
EXERCISE.recognise(
    "What is not allowed does not count towards your budget. The search tried it as well, and asked RDKit.",
    lambda p, t, a, b: t[a][:b].max(),
)
EXERCISE.recognise(
    "You sort by the prediction before you cut. The search tried its candidates in the order given.",
    lambda p, t, a, b: best_found(p, t[p.argsort(descending=True)], a[p.argsort(descending=True)], b),
)
EXERCISE.recognise(
    "Your budget is off by one: the first `budget` candidates have the places 0 to budget - 1.",
    lambda p, t, a, b: t[: b - 1][a[: b - 1]].max(),
    lambda p, t, a, b: t[: b + 1][a[: b + 1]].max(),
)
EXERCISE.recognise(
    "NaN spoils your maximum: of numbers with a NaN, the largest is NaN. Leave such strings out.",
    lambda p, t, a, b: t[:b][a[:b]].max(),
)
EXERCISE.recognise(
    "Strings that are no molecules do not count towards your budget. Asking RDKit was a call all the same.",
    lambda p, t, a, b: best_found(p[~t.isnan()], t[~t.isnan()], a[~t.isnan()], b),
)
EXERCISE.recognise(
    "You put the prediction where the true value is NaN. A string that is no molecule has no value.",
    lambda p, t, a, b: best_found(p, torch.where(t.isnan(), p, t), a, b),
)
EXERCISE.recognise(
    "You stop at the first string that is no molecule. The search goes on after it.",
    lambda p, t, a, b: best_found(p, t, a & (t.isnan().cumsum(0) == 0), b),
)
EXERCISE.recognise(
    "You return a number that no molecule has. Values may be below 0, so do not start there, and put no 0 "
    "where there is no value.",
    lambda p, t, a, b: best_found(p, t.nan_to_num(0.0), a, b),
    lambda p, t, a, b: max([-1.0, *t[:b][a[:b]].tolist()]),
)
EXERCISE.recognise(
    "You compare sizes without their sign. Values may be below 0, and -0.5 is higher than -2.",
    lambda p, t, a, b: best_found(p, t.abs(), a, b),
    lambda p, t, a, b: max(_values(t, a, b).tolist(), key=abs, default=NAN),
)
EXERCISE.recognise(
    "You return NaN although there are values, all below 0. Python's max is NaN if its first number is; and "
    "a value below 0 is one too.",
    lambda p, t, a, b: best_found(p, t, a & (t > 0), b),
)
EXERCISE.recognise(
    "Nothing is found here. NaN says so; what you return is no value of a molecule either.",
    *(
        lambda p, t, a, b, none=none: max(_values(t, a, b).tolist(), default=none)
        for none in (None, 0.0, -INF, -1e9)
    ),
)
EXERCISE.recognise(
    "Nothing is found here, and you return the value of a molecule that is not allowed. Where all entries "
    "are alike, argmax is the first.",
    lambda p, t, a, b: t[torch.where(a & ~t.isnan(), t, -INF)[:b].argmax()],
    lambda p, t, a, b: best_found(p, t, a if (a & ~t.isnan())[:b].any() else ~a, b),
)
EXERCISE.recognise(
    "Nothing is found here, and the maximum of no numbers is an error. Ask first whether there are any.",
    lambda p, t, a, b: _values(t, a, b).max(),
    lambda p, t, a, b: _values(t, a, b).max(0).values,
    lambda p, t, a, b: max(_values(t, a, b).tolist()),
    lambda p, t, a, b: _values(t, a, b).numpy().max(),
    lambda p, t, a, b: np.nanmax(t[:b][a[:b]].numpy()),
)
EXERCISE.recognise(
    "There may be fewer candidates than the budget. Then all of them were tried.",
    lambda p, t, a, b: best_found(p, t, a, b) if b <= len(t) else t[b - 1],
    lambda p, t, a, b: best_found(p, t, a, b) if b <= len(t) else NAN,
    lambda p, t, a, b: best_found(p, t, a, b) if b <= len(t) else t[len(t)],
)
EXERCISE.recognise(
    "You change a tensor that was passed in, and whatever uses it next gets the new values. Make a copy.",
    _in_place(lambda t, a: ~a),
    _in_place(lambda t, a: t.isnan()),
)
