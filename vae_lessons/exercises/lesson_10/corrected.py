"""Exercise 10.2: derive what other class frequencies make of a classifier's probabilities."""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import listed
from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def corrected(logits: Tensor, trained_on: Tensor, met: Tensor) -> Tensor:
    """p(y|x) where labels have the frequencies met (Y,), from logits (B, Y) that hold for trained_on (Y,):
    (B, Y)."""
    return (logits + met.log() - trained_on.log()).softmax(1)


def _case(logits: list[list[float]], trained_on: list[float], met: list[float]) -> dict[str, Tensor]:
    return {
        "logits": torch.tensor(logits),
        "trained_on": torch.tensor(trained_on),
        "met": torch.tensor(met),
    }


SEVERAL = [[0.9, -0.4, 0.3], [-1.2, 0.7, 1.5], [2.1, 1.8, -0.6], [0.2, -1.7, -0.9], [-0.3, 0.6, 0.4]]
BALANCED = [[1.3, -0.8, 0.5, 0.1], [-0.6, 1.1, -1.9, 0.7]]
LARGE = [[200.4, 199.1, 201.2], [-199.3, -200.8, -201.1], [198.7, -201.5, -1.3], [0.4, 1.6, -0.7]]

EXERCISE = Exercise(
    number="10.2",
    title="Derive: other class frequencies",
    task="""A classifier was trained on images whose labels have the frequencies trained_on (Y,); in a
    balanced set each would be 1 / Y. The softmax of its logits (B, Y) is p(y|x) there. Now it meets images
    whose labels have the frequencies met (Y,). Images of one label look as before: p(x|y) is the same. Use
    Bayes' rule, and write corrected(logits, trained_on, met), which returns p(y|x) among the images that it
    meets, (B, Y). Frequencies are above 0 and sum to 1. The result must also be right for logits of 200 and
    of -200.""",
    minutes=8,
    difficulty=2,
    reference=corrected,
    probe=each(
        _case([[0.8, -0.5]], [0.6, 0.4], [0.15, 0.85]),
        _case(SEVERAL, [0.2, 0.35, 0.45], [0.62, 0.27, 0.11]),
        _case(BALANCED, [0.25, 0.25, 0.25, 0.25], [0.07, 0.41, 0.19, 0.33]),
        _case(LARGE, [0.48, 0.23, 0.29], [0.17, 0.57, 0.26]),
    ),
    hints=(
        "By Bayes' rule p(y|x) is proportional to p(x|y) times the frequency of y. Which of the two changes?",
        "Divide the old frequency out of p(y|x) and multiply by the new one. What must each row sum to?",
        "Logits are logarithms of p(y|x), up to a constant for each image. A factor becomes a logarithm that "
        "is added to them, a divisor one that is subtracted, and softmax normalises.",
    ),
)

# What is added to the logits, made of logits, trained_on and met.
# And what is returned, made of the logits and of what is added.
Weight = Callable[[Tensor, Tensor, Tensor], Tensor]
Form = Callable[[Tensor, Tensor], Tensor]


def _batch(logits: Tensor) -> Tensor:
    """The classifier's average over the batch, (Y,)."""
    return logits.softmax(1).mean(0)


WEIGHTS: dict[str, list[Weight]] = {
    "": [lambda logits, t, m: m.log() - t.log()],
    """Your correction goes the wrong way: the labels that become more frequent have to become more
    probable.""": [
        lambda logits, t, m: t.log() - m.log(),
    ],
    """trained_on is left out, or taken for balanced. The classifier's answer holds these frequencies, so they
    have to be divided out.""": [lambda logits, t, m: m.log()],
    """met is left out, or taken for balanced. The labels of the images that are met have other
    frequencies.""": [
        lambda logits, t, m: -t.log(),
    ],
}
# Other slips in what is added.
OTHER_WEIGHTS: dict[str, list[Weight]] = {
    """You multiply by trained_on, and met is left out. The classifier's answer holds the old frequencies
    already, so they have to be divided out.""": [lambda logits, t, m: t.log()],
    """You multiply by both frequencies. The classifier's answer holds the old ones already, so they have
    to be divided out.""": [lambda logits, t, m: m.log() + t.log()],
    """You divide by both frequencies. Only the old ones have to be divided out.""": [
        lambda logits, t, m: -m.log() - t.log(),
    ],
    """You divide by met. Labels that are frequent there have to become more probable, not less.""": [
        lambda logits, t, m: -m.log(),
    ],
    """You add frequencies, or their ratio, to logits. Logits are logarithms: what multiplies a probability is
    added as a logarithm.""": [
        lambda logits, t, m: m - t,
        lambda logits, t, m: m / t,
    ],
    """You add frequencies to logits, where their logarithm belongs. And trained_on is left out.""": [
        lambda logits, t, m: m,
    ],
    """You add frequencies to logits, where their logarithm belongs. And met is left out.""": [
        lambda logits, t, m: -t,
        lambda logits, t, m: t,
        lambda logits, t, m: 1 / t,
    ],
    """You add frequencies to logits, where their logarithm belongs. And the correction goes the wrong
    way.""": [
        lambda logits, t, m: t - m,
        lambda logits, t, m: t / m,
    ],
    """You add frequencies to logits, where their logarithm belongs. And the old ones have to be
    divided out, not multiplied in.""": [lambda logits, t, m: m + t, lambda logits, t, m: m * t],
    """The logarithm of one of the two frequencies is missing.""": [
        lambda logits, t, m: m.log() - t,
        lambda logits, t, m: m - t.log(),
    ],
    """You correct twice: met / trained_on multiplies a probability once.""": [
        lambda logits, t, m: 2 * (m.log() - t.log()),
    ],
    """You correct by the root of met / trained_on. Bayes' rule has the ratio itself.""": [
        lambda logits, t, m: (m.log() - t.log()) / 2,
    ],
    """Your logarithm is to base 2. softmax undoes the natural one.""": [
        lambda logits, t, m: m.log2() - t.log2()
    ],
    """Your logarithm is to base 10. softmax undoes the natural one.""": [
        lambda logits, t, m: m.log10() - t.log10()
    ],
    """You correct with the odds f / (1 - f) of each label. Bayes' rule multiplies by the frequency f
    itself.""": [
        lambda logits, t, m: m.logit() - t.logit(),
        lambda logits, t, m: m.logit(),
    ],
    """log1p is the logarithm of 1 + f. Bayes' rule has the frequency f itself.""": [
        lambda logits, t, m: m.log1p() - t.log1p(),
    ],
    """You divide one logarithm by the other. The logarithm of a ratio is a difference.""": [
        lambda logits, t, m: m.log() / t.log(),
        lambda logits, t, m: t.log() / m.log(),
    ],
    """You multiply the two logarithms. The logarithm of a ratio is a difference.""": [
        lambda logits, t, m: m.log() * t.log(),
    ],
    """You add the two frequencies before the logarithm. Divide the one by the other.""": [
        lambda logits, t, m: (m + t).log(),
    ],
    """For the old frequencies you take the classifier's average over this batch. It was trained on
    trained_on.""": [
        lambda logits, t, m: m.log() - _batch(logits).log(),
    ],
    """For the new frequencies you take the classifier's average over this batch. They are given: met.""": [
        lambda logits, t, m: _batch(logits).log() - t.log(),
        lambda logits, t, m: _batch(logits).log(),
    ],
}
NOTHING = "Nothing is corrected: these are the classifier's own probabilities."

OVERFLOW = """exp(200) is infinite in the computer and exp(-200) is 0, and NaN follows: softmax subtracts the
    largest logit of each row first."""
# What is returned in place of probabilities, whether they are corrected or not.
FORMS: dict[str, list[Form]] = {
    "": [lambda logits, w: (logits + w).softmax(1)],
    "You normalise over images and labels together. Each row sums to 1.": [
        lambda logits, w: (logits + w).flatten().softmax(0).view_as(logits),
        lambda logits, w: logits.softmax(1) * w.exp() / (logits.softmax(1) * w.exp()).sum(),
    ],
    "You return logits. Probabilities are asked for.": [lambda logits, w: logits + w],
    "You return logarithms of probabilities. The probabilities are asked for.": [
        lambda logits, w: (logits + w).log_softmax(1),
        lambda logits, w: (logits + w).softmax(1).log(),
        lambda logits, w: logits.log_softmax(1) + w,
        lambda logits, w: logits.softmax(1).log() + w,
    ],
    f"The formula is written out with exp, and {OVERFLOW}": [
        lambda logits, w: _over((logits + w).exp(), 1),
        lambda logits, w: _over((logits + w).exp(), 1).nan_to_num(),
        lambda logits, w: _over(logits.exp() / (logits.exp().sum(1, keepdim=True) + 1e-8) * w.exp(), 1),
        lambda logits, w: _over((logits + w).exp(), 1).nan_to_num(1.0),
        lambda logits, w: (logits + w).exp() / ((logits + w).exp().sum(1, keepdim=True) + 1e-8),
    ],
    """You subtract one maximum for the whole batch, so rows with lower logits become 0 / 0. Each row needs
    its own.""": [
        lambda logits, w: _over((logits + w - (logits + w).max()).exp(), 1),
        lambda logits, w: _over((logits - logits.max()).exp() * w.exp(), 1),
        lambda logits, w: _over((logits - logits.max()).exp() * w.exp(), 1).nan_to_num(),
    ],
    "You clamp the logits, so those beyond the limit become alike. softmax needs no clamp.": [
        lambda logits, w, limit=limit: (logits.clamp(-limit, limit) + w).softmax(1)
        for limit in (2.0, 5.0, 20.0)
    ],
    """Your probabilities come from a sigmoid and do not sum to 1. The labels exclude each other, so softmax
    belongs here.""": [
        lambda logits, w: (logits + w).sigmoid(),
        lambda logits, w: logits.sigmoid() * w.exp(),
    ],
    "You normalise sigmoids. Logits over several labels belong to softmax.": [
        lambda logits, w: _over((logits + w).sigmoid(), 1),
        lambda logits, w: _over(logits.sigmoid() * w.exp(), 1),
    ],
    "You take exp of logits and do not normalise.": [lambda logits, w: (logits + w).exp()],
    "The logits have the wrong sign in your softmax.": [
        lambda logits, w: (w - logits).softmax(1),
    ],
    "This is 1 minus the probabilities.": [lambda logits, w: 1 - (logits + w).softmax(1)],
    "You average over the batch. Each image has a row of its own.": [
        lambda logits, w: (logits + w).softmax(1).mean(0),
        lambda logits, w: (logits + w).softmax(1).mean(0, keepdim=True),
    ],
    "You return the first image alone: is the return inside the loop?": [
        lambda logits, w: (logits + w).softmax(1)[0],
        lambda logits, w: (logits + w).softmax(1)[:1],
    ],
    "You return the highest probability of each image. All of them are asked for, (B, Y).": [
        lambda logits, w: (logits + w).softmax(1).amax(1),
        lambda logits, w: (logits + w).softmax(1).amax(1, keepdim=True),
    ],
    "Your axes are swapped: rows are images, columns are labels.": [
        lambda logits, w: (logits + w).softmax(1).T
    ],
    "You divide by the largest probability of each row. Divide by the sum.": [
        lambda logits, w: (lambda p: p / p.amax(1, keepdim=True))(logits.softmax(1) * w.exp()),
    ],
    "Your rows have the length 1. Their sum has to be 1.": [
        lambda logits, w: F.normalize(logits.softmax(1) * w.exp(), dim=1),
    ],
    "The sums over the labels are (B,), which does not fit (B, Y): keep their axis with keepdim=True.": [
        lambda logits, w: (logits.softmax(1) * w.exp()) / (logits.softmax(1) * w.exp()).sum(1),
    ],
    "You divide by the number of labels. Divide by the sum over the labels.": [
        lambda logits, w: logits.softmax(1) * w.exp() / logits.shape[1],
        lambda logits, w: logits.softmax(1) * w.exp() / (logits.softmax(1) * w.exp()).mean(1, keepdim=True),
    ],
}
# The same, where frequencies come in.
CORRECTED: dict[str, list[Form]] = {
    "Your rows do not sum to 1: normalise after the correction.": [
        lambda logits, w: logits.softmax(1) * w.exp(),
        lambda logits, w: (logits.softmax(1) * w.exp()).clamp(max=1),
    ],
    "You add logarithms to probabilities. They belong to the logits, before softmax.": [
        lambda logits, w: (logits.softmax(1) + w).softmax(1),
        lambda logits, w: logits.softmax(1) + w,
    ],
    "You take softmax of probabilities, and that makes them nearly equal. Divide by their sum.": [
        lambda logits, w: (logits.softmax(1) * w.exp()).softmax(1),
        lambda logits, w: (logits + w).softmax(1).softmax(1),
        lambda logits, w: _over(logits.softmax(1) * w.exp(), 1).softmax(1),
    ],
    "You multiply logits by frequencies. Multiply probabilities, or add logarithms to logits.": [
        lambda logits, w: (logits * w.exp()).softmax(1),
        lambda logits, w: logits * w.exp(),
        lambda logits, w: _over(logits * w.exp(), 1),
    ],
    "You multiply logits by logarithms. Add them.": [
        lambda logits, w: (logits * w).softmax(1),
        lambda logits, w: logits * w,
    ],
    "You multiply logarithms of probabilities by frequencies. Multiply the probabilities themselves.": [
        lambda logits, w: (logits.log_softmax(1) * w.exp()).softmax(1),
        lambda logits, w: (logits.log_softmax(1) * w.exp()).exp(),
        lambda logits, w: logits.log_softmax(1) * w.exp(),
    ],
    "You take the logarithm of logits. They are logarithms already, and some are negative.": [
        lambda logits, w: (logits.log() + w).softmax(1),
        lambda logits, w: (logits * w.exp()).log().softmax(1),
    ],
}
# The same, where it does not show which frequencies come in, or how.
UNCLEAR: dict[str, list[Form]] = {
    "You multiply probabilities by a logarithm. Multiply by frequencies themselves.": [
        lambda logits, w: logits.softmax(1) * w,
        lambda logits, w: _over(logits.softmax(1) * w, 1),
        lambda logits, w: (logits.softmax(1) * w).softmax(1),
    ],
    "The frequencies are turned into a column. Labels are axis 1, so (Y,) fits as it is.": [
        lambda logits, w: (logits + w[:, None]).softmax(1),
        lambda logits, w: logits.softmax(1) * w.exp()[:, None],
    ],
    "You normalise over the images. The probabilities of one image sum to 1, so it is rows that do.": [
        lambda logits, w: (logits + w).softmax(0),
        lambda logits, w: _over(logits.softmax(1) * w.exp(), 0),
    ],
    "You return labels. Probabilities are asked for, (B, Y).": [
        lambda logits, w: (logits + w).argmax(1),
        lambda logits, w: (logits.softmax(1) * w).argmax(1),
        lambda logits, w: (logits * w.exp()).argmax(1),
    ],
    "You return 1 for the likeliest label and 0 for the others. Probabilities are asked for.": [
        lambda logits, w: F.one_hot((logits + w).argmax(1), len(w)),
    ],
    "You compare probabilities with a threshold, which makes 0 and 1 of them. Return them as they are.": [
        lambda logits, w: (logits + w).softmax(1) > 0.5,
        lambda logits, w: (logits + w).softmax(1).round(),
    ],
}


def _over(values: Tensor, axis: int) -> Tensor:
    """Divided by the sum along an axis."""
    return values / values.sum(axis, keepdim=True)


def _with(weight: Weight, form: Form) -> Answer:
    return lambda logits, trained_on, met: form(logits, weight(logits, trained_on, met))


def _recognise(sentence: str, weights: list[Weight], forms: list[Form]) -> None:
    EXERCISE.recognise(sentence, *(_with(weight, form) for weight in weights for form in forms))


for first, weights in WEIGHTS.items():
    for second, forms in (FORMS | CORRECTED).items():
        if first or second:
            _recognise(f"{first} {second}".strip(), weights, forms)
    for second, forms in UNCLEAR.items():
        _recognise(second, weights, forms)
for first, weights in OTHER_WEIGHTS.items():
    _recognise(first, weights, FORMS[""])
for second, forms in FORMS.items():
    _recognise(f"{NOTHING} {second}".strip(), [lambda logits, t, m: torch.zeros_like(m)], forms)


def _all(
    parts: Callable[[Tensor, Tensor, Tensor], Tensor], *forms: Callable[[Tensor], Tensor]
) -> list[Answer]:
    """Answers from the classifier's probabilities and both frequencies, in several forms."""
    return [lambda x, t, m, form=form: form(parts(x.softmax(1), t, m)) for form in (lambda p: p, *forms)]


def _rows(p: Tensor) -> Tensor:
    return _over(p, 1)


POSITIVE = (_rows, lambda p: p.clamp(0, 1), lambda p: p.clamp(min=0), lambda p: _rows(p.clamp(min=0)))

EXERCISE.recognise(
    """You correct each label against all others taken together, as if their p(x) stayed the same. It changes
    with their frequencies. Correct all labels, then normalise.""",
    *_all(lambda p, t, m: p * m / t / (p * m / t + (1 - p) * (1 - m) / (1 - t)), _rows),
    *_all(lambda p, t, m: (lambda odds: odds / (1 + odds))(p / (1 - p) * m / (1 - m) * (1 - t) / t), _rows),
)


EXERCISE.recognise(
    """You add the difference of the frequencies to the probabilities. By Bayes' rule a probability is
    multiplied by the new frequency and divided by the old one.""",
    *_all(lambda p, t, m: p + m - t, *POSITIVE),
    *_all(lambda p, t, m: p - m + t, *POSITIVE),
)


EXERCISE.recognise(
    """You add a frequency to the probabilities, or average the two. By Bayes' rule they are multiplied.""",
    *_all(lambda p, t, m: p + m, _rows),
    *_all(lambda p, t, m: p + m / t, _rows),
    *_all(lambda p, t, m: (p + m) / 2),
)


EXERCISE.recognise(
    """You subtract the two frequencies before the logarithm, which is NaN where the difference is negative.
    Divide the one by the other.""",
    lambda logits, trained_on, met: (logits + (met - trained_on).log()).softmax(1),
    lambda logits, trained_on, met: (logits + (trained_on - met).log()).softmax(1),
)


EXERCISE.recognise(
    """You multiply logits by a ratio of logarithms. The logarithm of a ratio is a difference, and it is
    added.""",
    lambda logits, trained_on, met: (logits * met.log() / trained_on.log()).softmax(1),
    lambda logits, trained_on, met: (logits * trained_on.log() / met.log()).softmax(1),
)


EXERCISE.recognise(
    """You multiply the probabilities by a difference of frequencies. Multiply by the new one and divide by
    the old one.""",
    *_all(lambda p, t, m: p * (m - t), _rows),
    *_all(lambda p, t, m: p * (1 + m - t), _rows),
)


EXERCISE.recognise(
    """You divide by something other than the sum of your row, so rows do not sum to 1. p(x) changes with the
    frequencies as well: divide by the sum of what you have multiplied.""",
    *_all(lambda p, t, m: p * m / t / (m / t).sum()),
    *_all(lambda p, t, m: p * m / t / (p * m).sum(1, keepdim=True)),
    *_all(lambda p, t, m: p * m / (p * t).sum(1, keepdim=True)),
    *_all(lambda p, t, m: p * m / (p * m / t).sum(1, keepdim=True)),
    *_all(lambda p, t, m: p / t / (p * m / t).sum(1, keepdim=True)),
    *_all(lambda p, t, m: _rows(p / t) * m),
)


EXERCISE.recognise(
    """These are frequencies, or their ratio, for every image. The classifier's answer is not in them.""",
    *(
        lambda x, t, m, of=of: of(t, m).expand_as(x)
        for of in (lambda t, m: m, lambda t, m: t, lambda t, m: m / t)
    ),
    *(
        lambda x, t, m, of=of: of(t, m)
        for of in (lambda t, m: m, lambda t, m: m / t, lambda t, m: _over(m / t, 0))
    ),
)


EXERCISE.recognise(
    """The functions of math take one number. torch has functions of the same names for tensors.""",
    lambda logits, trained_on, met: math.log(met),
    lambda logits, trained_on, met: math.log(trained_on),
    lambda logits, trained_on, met: math.log(met / trained_on),
    lambda logits, trained_on, met: math.exp(logits),
)


EXERCISE.mistake(listed(corrected))


for names in (("logits",), ("trained_on",), ("met",), ("trained_on", "met"), ("logits", "trained_on", "met")):

    def changed(logits, trained_on, met, names=names):
        result = corrected(logits, trained_on, met)
        for name, tensor in (("logits", logits), ("trained_on", trained_on), ("met", met)):
            if name in names:
                tensor.mul_(1.5)
        return result

    EXERCISE.recognise(
        f"The probabilities are right, but you change {' and '.join(names)}, which you were only lent: += "
        "and -= and names that end in an underscore, like log_, write into their tensor.",
        changed,
    )
