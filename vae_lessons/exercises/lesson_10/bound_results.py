"""Mistakes of exercise 10.1 in what is added up, and in what is returned."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import listed, writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_10.bound_forms import (
    NOTHING,
    Bound,
    answer_from,
    average,
    entropy,
    guess,
    joined,
    right,
    safe,
)

Result = Callable[[Tensor], Tensor]  # of the terms of the bound, (B, Y)


# What is returned in place of the bound of each image, from its terms (B, Y).
RESULTS: dict[str, list[Result]] = {
    "You average over the batch. Return the bound of each image, (B,).": [lambda terms: terms.sum(1).mean()],
    "You add up the batch. Return the bound of each image, (B,).": [lambda terms: terms.sum()],
    "This is minus the bound, a loss. The bound itself is asked for.": [lambda terms: -terms.sum(1)],
    "This is a loss of the whole batch. Return the bound of each image, (B,), without a minus.": [
        lambda terms: -terms.sum(1).mean(),
        lambda terms: -terms.sum(),
    ],
    "You average over labels and batch. Add up over the labels, and return the bound of each image, (B,).": [
        lambda terms: terms.mean(),
    ],
    """This is a loss, averaged over labels and batch. Add up over the labels, for each image, (B,), without a
    minus.""": [
        lambda terms: -terms.mean(),
    ],
    "You add up or average over the images, and keep the labels. It is the other way round: (B,).": [
        lambda terms: terms.sum(0),
        lambda terms: terms.mean(0),
    ],
    "Your terms are not added up over the labels. Return one number for each image, (B,).": [
        lambda terms: terms
    ],
    "You return the first image alone. Return the bound of every image, (B,).": [
        lambda terms: terms.sum(1)[0],
        lambda terms: terms.sum(1)[:1],
    ],
    "Only the last label counts: the total is overwritten in every round, or only its index is used.": [
        lambda terms: terms[:, -1],
    ],
    "Only the first label counts: is the return inside the loop?": [lambda terms: terms[:, 0]],
    "The last label is left out: a range ends before its second number.": [
        lambda terms: terms[:, :-1].sum(1)
    ],
    "The first label is left out: labels count from 0.": [lambda terms: terms[:, 1:].sum(1)],
    """You return a column, (B, 1): together with a (B,) it would broadcast to (B, B) without an error. Sum
    without keepdim.""": [lambda terms: terms.sum(1, keepdim=True)],
    "You return (B, B): a column and a row were combined, and every image met every other one.": [
        lambda terms: terms.sum(1, keepdim=True) + terms.sum(1),
    ],
}


def _without_entropy(elbos: Tensor, q: Tensor, _log_q: Tensor) -> Tensor:
    return q * elbos


TERMS: dict[str, Bound] = {
    "": lambda e, q, log_q: q * (e - log_q),
    "And the entropy of q(y|x) is missing.": _without_entropy,
    "And the entropy of q(y|x) has the wrong sign.": lambda e, q, log_q: q * (e + log_q),
}
# What goes wrong as a whole, of elbos, q and log q.
MIXED: dict[str, list[Bound]] = {
    """You average the entropy over the batch. Each image has an entropy of its own.""": [
        lambda e, q, log_q: average(e, q, log_q) + entropy(e, q, log_q).mean(),
    ],
    """You average the entropy over the batch, and its sign is wrong. Each image has an entropy of its
    own.""": [
        lambda e, q, log_q: average(e, q, log_q) - entropy(e, q, log_q).mean(),
    ],
    """You add up the entropies of the batch. Each image has an entropy of its own.""": [
        lambda e, q, log_q: average(e, q, log_q) + entropy(e, q, log_q).sum(),
    ],
    """You add up the entropies of the batch, and their sign is wrong. Each image has an entropy of its
    own.""": [
        lambda e, q, log_q: average(e, q, log_q) - entropy(e, q, log_q).sum(),
    ],
    """You average the entropy over labels and batch. It is a sum over the labels, for each image.""": [
        lambda e, q, log_q: average(e, q, log_q) - (q * log_q).mean(),
    ],
    """Only the entropy is that of each image; elbos are averaged or added up over the batch as well.""": [
        lambda e, q, log_q: average(e, q, log_q).mean() + entropy(e, q, log_q),
        lambda e, q, log_q: average(e, q, log_q).sum() + entropy(e, q, log_q),
    ],
    """You return (B, B): a matrix product makes every image meet every other one. Multiply number by number,
    and sum over the labels.""": [
        lambda e, q, log_q: q @ (e - log_q).T,
        lambda e, q, log_q: (e - log_q) @ q.T,
        lambda e, q, log_q: q @ e.T + entropy(e, q, log_q),
        lambda e, q, log_q: q @ e.T + entropy(e, q, log_q)[:, None],
        lambda e, q, log_q: e @ q.T + entropy(e, q, log_q),
        lambda e, q, log_q: e @ q.T + entropy(e, q, log_q)[:, None],
    ],
    """You return (B, B): one of the two terms is a column, (B, 1), the other a row. Sum both without
    keepdim.""": [
        lambda e, q, log_q: (q * e).sum(1, keepdim=True) + entropy(e, q, log_q),
        lambda e, q, log_q: (q * e).sum(1) - (q * log_q).sum(1, keepdim=True),
    ],
    """One of the two terms is not added up over the labels, so every label gets the whole of the other.""": [
        lambda e, q, log_q: (q * e).sum(1, keepdim=True) - log_q,
        lambda e, q, log_q: (q * e).sum(1, keepdim=True) - q * log_q,
        lambda e, q, log_q: e + entropy(e, q, log_q)[:, None],
        lambda e, q, log_q: q * e + entropy(e, q, log_q)[:, None],
    ],
    """You compare q(y|x) with equal probabilities, averaged over these and over the batch. The average is
    under q(y|x), for each image.""": [
        lambda e, q, log_q: average(e, q, log_q) + log_q.mean() + math.log(e.shape[1]),
        lambda e, q, log_q: average(e, q, log_q) + log_q.mean(),
    ],
    """You multiply elbos by log q(y|x). It is subtracted from them.""": [
        lambda e, q, log_q: (q * e * log_q).sum(1),
        lambda e, q, log_q: -(q * e * log_q).sum(1),
    ],
    """You weight log q(y|x) twice with q(y|x).""": [
        lambda e, q, log_q: (q * q * (e - log_q)).sum(1),
        lambda e, q, log_q: (q * (e - q * log_q)).sum(1),
    ],
    """You divide the entropy by log Y. It is in nats as it is.""": [
        lambda e, q, log_q: average(e, q, log_q) + entropy(e, q, log_q) / math.log(e.shape[1]),
    ],
    """You subtract the highest elbo and do not add it again.""": [
        lambda e, q, log_q: right(e - e.max(), q, log_q),
        lambda e, q, log_q: right(e - e.amax(1, keepdim=True), q, log_q),
    ],
    """This is the entropy of q(y|x), plus or minus, and elbos are not in it.""": [
        entropy,
        lambda e, q, log_q: -entropy(e, q, log_q),
    ],
    """You add a KL of q(y|x) from equal probabilities. It would be subtracted, and log p(y) is in elbos
    already, so only the entropy of q(y|x) is missing.""": [
        lambda e, q, log_q: average(e, q, log_q) + math.log(e.shape[1]) - entropy(e, q, log_q),
    ],
    """You add log q(y|x) of the guessed label to the bound, as if the label were known.""": [
        lambda e, q, log_q: right(e, q, log_q) + log_q.amax(1),
    ],
    """To the bound you add a cross-entropy with the guessed label. The bound alone is asked for.""": [
        lambda e, q, log_q: right(e, q, log_q) - log_q.amax(1),
    ],
    """One of the two terms is summed over the images, which makes it (Y,). Sum both over the labels.""": [
        lambda e, q, log_q: average(e, q, log_q) - (q * log_q).sum(0),
        lambda e, q, log_q: (q * e).sum(0) + entropy(e, q, log_q),
    ],
    """You return (B, B): every image gets the guesses for all others. And it is an average under q(y|x) that
    is asked for, not a guess.""": [lambda e, q, log_q: e[:, q.argmax(1)]],
    """You return (B, B): a matrix product makes every image meet every other one. And the entropy is
    missing.""": [
        lambda e, q, log_q: q @ e.T,
        lambda e, q, log_q: e @ q.T,
    ],
    """You divide elbos by q(y|x). p(x, y) is divided by it, so from elbos its logarithm is subtracted.""": [
        lambda e, q, log_q: (e / q).sum(1),
        lambda e, q, log_q: (q * (e / q)).sum(1),
    ],
    """1 minus the sum of squares is not the entropy, though both say how uncertain the label is. Jensen's
    inequality leaves a logarithm of q(y|x).""": [
        lambda e, q, log_q: average(e, q, log_q) + 1 - (q * q).sum(1),
    ],
    """You multiply elbos by q(y|x) inside of a logsumexp. These are weights of an average, which has no
    logarithm around it.""": [
        lambda e, q, log_q: (q * e).logsumexp(1),
        lambda e, q, log_q: (q * (e - log_q)).logsumexp(1),
    ],
    """You weight twice with q(y|x).""": [
        lambda e, q, log_q: (q * q * e).sum(1),
        lambda e, q, log_q: (q * q * e).sum(1) + entropy(e, q, log_q),
    ],
    """This is how sure the classifier is of its guess, and elbos are not in it.""": [
        lambda e, q, log_q: q.amax(1),
        lambda e, q, log_q: log_q.amax(1),
    ],
}
# What is returned in place of a bound (B,), and of which one that is wrong already.
OUTER: dict[str, Result] = {
    "You average over the batch. Return the bound of each image, (B,).": lambda bound: bound.mean(),
    "You add up the batch. Return the bound of each image, (B,).": lambda bound: bound.sum(),
    "This is minus the bound, a loss. The bound itself is asked for.": lambda bound: -bound,
    "This is a loss of the whole batch. Return the bound of each image, (B,), without a minus.": (
        lambda bound: -bound.mean()
    ),
    "You return a column, (B, 1), where (B,) is asked for.": lambda bound: bound[:, None],
}
INNER: dict[str, Bound] = {
    "And only the label that the classifier guesses counts. The bound is an average under q(y|x).": guess,
    "And only the highest elbo counts. The bound is an average under q(y|x).": lambda e, q, log_q: e.amax(1),
    "And you sum p(x, y) inside of the logarithm, where the classifier is not in it.": (
        lambda e, q, log_q: e.logsumexp(1)
    ),
    "And you take the logarithm of an average; the logarithm goes inside of it.": (
        lambda e, q, log_q: (e + log_q).logsumexp(1)
    ),
}
# Always NaN, for images in which nothing is rounded as well.
NEVER_A_NUMBER: list[Bound] = [
    lambda e, q, log_q: (q * (e.log() - log_q)).sum(1),
    lambda e, q, log_q: (q * (e / q).log()).sum(1),
    lambda e, q, log_q: (q * e.log()).sum(1),
    lambda e, q, log_q: (e.log() + log_q).logsumexp(1),
    lambda e, q, log_q: (q * e).sum(1).log(),
    lambda e, q, log_q: (q * (e - log_q)).sum(1).log(),
    lambda e, q, log_q: (q * (e - log_q.log())).sum(1),
]


def add_results(exercise: Exercise) -> None:
    """Let the exercise recognise what is returned in place of the bound of each image."""
    for first, results in RESULTS.items():
        for second, terms in TERMS.items():
            for result in results:

                def bound(*parts: Tensor, terms: Bound = terms, result: Result = result) -> Tensor:
                    return result(terms(*parts))

                exercise.recognise(joined(first, second), answer_from(bound))
    for second, terms in TERMS.items():
        exercise.recognise(
            joined("Your loop runs over as many labels as there are images. Labels are axis 1.", second),
            answer_from(
                lambda *parts, terms=terms: sum(terms(*parts)[:, label] for label in range(len(parts[0])))
            ),
        )
    for first, bounds in MIXED.items():
        exercise.recognise(first, *map(answer_from, bounds))
    for first, outer in OUTER.items():
        for second, inner in INNER.items():
            exercise.recognise(
                joined(first, second),
                answer_from(lambda *parts, outer=outer, inner=inner: outer(inner(*parts))),
            )
    exercise.recognise(
        """item() is for one number, and passes no gradient on. Return a tensor, (B,).""",
        lambda elbos, q_logits: right(elbos, *safe(q_logits)).item(),
    )
    exercise.recognise(
        """max over an axis returns values and places: .values are the numbers. But the bound is an average
        over the labels under q(y|x), not a maximum.""",
        lambda elbos, q_logits: elbos.max(1),
    )
    exercise.recognise(
        """You take the logits for log q(y|x). log_softmax normalises them. And the logarithm goes inside of
        the average under q(y|x).""",
        lambda elbos, q_logits: (elbos + q_logits).logsumexp(1),
        lambda elbos, q_logits: (elbos - q_logits).logsumexp(1),
    )
    exercise.recognise(
        """You take the logarithm of something negative, which is NaN. elbos and log q(y|x) are logarithms
        already.""",
        *(answer_from(bound, cut=cut) for bound in NEVER_A_NUMBER for cut in ((), NOTHING)),
    )
    exercise.recognise(
        """Ten labels are written into your loop. Y is the length of axis 1.""",
        lambda elbos, q_logits: torch.stack([elbos[:, label] for label in range(10)]),
    )
    exercise.recognise(
        """NumPy keeps no gradients, and training needs them for both inputs: stay with torch.""",
        lambda elbos, q_logits: elbos.numpy(),
    )
    exercise.recognise(
        """The functions of math take one number. torch has functions of the same names for tensors.""",
        lambda elbos, q_logits: math.exp(elbos),
        lambda elbos, q_logits: math.log(right(elbos, *safe(q_logits))),
    )
    exercise.recognise(
        """Return one thing, the bounds (B,), and not several.""",
        lambda elbos, q_logits: (right(elbos, *safe(q_logits)), entropy(elbos, *safe(q_logits))),
        lambda elbos, q_logits: (right(elbos, *safe(q_logits)), q_logits, elbos),
    )
    exercise.recognise(
        """Your numbers are right, but squeeze() removes the axis of the batch as well when it holds one
        image. Say which axis is to go.""",
        lambda elbos, q_logits: right(elbos, *safe(q_logits)).squeeze(),
    )
    reference = exercise.reference
    exercise.mistake(listed(reference))
    for place in (0, 1):
        exercise.mistake(writes_into(reference, place))

    def overwritten(elbos: Tensor, q_logits: Tensor) -> Tensor:
        """The numbers are right, but backward fails: it needs a tensor that you overwrite, q_logits, which
        was only lent. Write q_logits = q_logits - ... or use a new name."""
        q_logits -= q_logits.logsumexp(1, keepdim=True)
        return right(elbos, q_logits.exp(), q_logits)

    exercise.mistake(overwritten)

    def both_changed(elbos: Tensor, q_logits: Tensor) -> Tensor:
        """The numbers are right, but you change both tensors that were passed in: -= and names that end in an
        underscore, like exp_, write into their tensor."""
        result = reference(elbos.clone(), q_logits.clone())
        elbos.mul_(1.5), q_logits.mul_(1.5)
        return result

    exercise.mistake(both_changed)
