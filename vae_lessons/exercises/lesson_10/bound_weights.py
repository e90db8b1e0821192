"""Mistakes of exercise 10.1 in the weights of its average, and in their logarithm."""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import Categorical

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_10.bound_forms import (
    CUT,
    FORMULAS,
    NOTHING,
    Classifier,
    answer_from,
    average,
    entropy,
    joined,
    plain,
    reversed_sign,
    right,
    safe,
    wrong,
    wrong_of_elbos,
    wrong_with_log,
)


def _with_its_log(weights: Callable[[Tensor], Tensor]) -> Classifier:
    return lambda logits: (weights(logits), weights(logits).log())


def _one_maximum(logits: Tensor) -> Tensor:
    weights = (logits - logits.max()).exp()
    return weights / weights.sum(1, keepdim=True)


def _clamped(limit: float) -> Classifier:
    return lambda logits: safe(logits.clamp(-limit, limit))


OVERFLOW = """exp(100) is infinite in the computer and exp(-110) is 0, and NaN follows. softmax and
    log_softmax take the largest logit away first."""

WEIGHTS: dict[str, list[Classifier]] = {
    """Your weights come from a sigmoid, so they do not sum to 1: labels exclude each other, and softmax gives
    their probabilities.""": [
        lambda logits: (logits.sigmoid(), F.logsigmoid(logits)),
        _with_its_log(lambda logits: logits.sigmoid()),
    ],
    """Your weights come from a sigmoid, divided by their sum. Logits over several labels belong to
    softmax.""": [
        _with_its_log(lambda logits: logits.sigmoid() / logits.sigmoid().sum(1, keepdim=True)),
    ],
    """You weight with the logits themselves. Weights are probabilities: which function makes them of
    logits?""": [
        lambda logits: (logits, logits.log_softmax(1)),
        lambda logits: (logits, logits),
        lambda logits: (logits, logits.log()),
        lambda logits: (logits, logits.softmax(1).log()),
    ],
    """You weight with log q(y|x). An average under q(y|x) has q(y|x) itself as its weights.""": [
        lambda logits: (logits.log_softmax(1), logits.log_softmax(1)),
    ],
    """You take exp of the logits without dividing by its sum, so the weights do not sum to 1: see softmax and
    log_softmax.""": [
        lambda logits: (logits.exp(), logits),
        lambda logits: (logits.exp(), logits.log_softmax(1)),
    ],
    """You divide the logits by their sum, which makes no probabilities of them: some are negative. See
    softmax.""": [
        _with_its_log(lambda logits: logits / logits.sum(1, keepdim=True)),
        lambda logits: (logits / logits.sum(1, keepdim=True), logits.log_softmax(1)),
    ],
    """Your softmax runs over the images of the batch. It is the labels of one image that exclude each
    other.""": [
        lambda logits: (logits.softmax(0), logits.log_softmax(0)),
        _with_its_log(lambda logits: logits.softmax(0)),
    ],
    """Your softmax runs over all images and labels together. Each image has probabilities of its own, which
    sum to 1.""": [
        lambda logits: (
            logits.flatten().softmax(0).view_as(logits),
            logits.flatten().log_softmax(0).view_as(logits),
        ),
        _with_its_log(lambda logits: logits.flatten().softmax(0).view_as(logits)),
    ],
    """You take softmax twice: the second takes probabilities for logits, and makes them nearly equal.""": [
        lambda logits: safe(logits.softmax(1)),
    ],
    """You average the classifier over the batch. Each image has its own q(y|x).""": [
        lambda logits: safe(logits.mean(0, keepdim=True).expand_as(logits)),
        _with_its_log(lambda logits: logits.softmax(1).mean(0, keepdim=True).expand_as(logits)),
    ],
    """You weight with 1 - q(y|x), so the likeliest label weighs least, and the weights do not sum to 1.""": [
        lambda logits: (1 - logits.softmax(1), logits.log_softmax(1)),
        _with_its_log(lambda logits: 1 - logits.softmax(1)),
    ],
    """The logits have the wrong sign in your softmax: the likeliest label weighs least.""": [
        lambda logits: safe(-logits),
        lambda logits: plain(-logits),
    ],
    """You clamp the logits, so labels beyond the limit become equally probable. log_softmax needs no
    clamp.""": [_clamped(limit) for limit in (2.0, 5.0, 10.0, 20.0, 100.0)],
    f"Your softmax is written out: {OVERFLOW}": [
        _with_its_log(lambda logits: logits.exp() / logits.exp().sum(1, keepdim=True)),
        lambda logits: (
            (logits - logits.exp().sum(1, keepdim=True).log()).exp(),
            logits - logits.exp().sum(1, keepdim=True).log(),
        ),
        lambda logits: (logits.exp() / logits.exp().sum(1, keepdim=True), logits.log_softmax(1)),
    ],
    """You subtract one maximum for the whole batch before exp, so an image with lower logits gets 0 / 0. Each
    image needs its own.""": [
        _with_its_log(lambda logits: _one_maximum(logits)),
        lambda logits: (_one_maximum(logits), logits.log_softmax(1)),
        lambda logits: (_one_maximum(logits), (_one_maximum(logits) + 1e-8).log()),
    ],
}

# The average is right in these, and the logarithm is not.
LOGARITHMS: dict[str, list[Classifier]] = {
    """In place of log q(y|x) you take the logits. They are not normalised: which function makes logarithms of
    probabilities of them?""": [lambda logits: (logits.softmax(1), logits)],
    """Your log q(y|x) is a log_softmax over the images of the batch. It is the labels of one image that
    exclude each other.""": [
        lambda logits: (logits.softmax(1), logits.log_softmax(0)),
        lambda logits: (logits.softmax(1), logits.softmax(0).log()),
    ],
    """Your log q(y|x) comes from a sigmoid. It is the logarithm of the softmax that you weight with.""": [
        lambda logits: (logits.softmax(1), F.logsigmoid(logits)),
    ],
    """You take log_softmax of probabilities. It is made for logits.""": [
        lambda logits: (logits.softmax(1), logits.softmax(1).log_softmax(1)),
    ],
    """You take the logarithm of the logits. Some are negative, and log q(y|x) is that of their softmax.""": [
        lambda logits: (logits.softmax(1), logits.log()),
    ],
    """Your log(1 + q) is not log q, whatever makes it finite at 0. log_softmax is finite as well.""": [
        lambda logits: (logits.softmax(1), logits.softmax(1).log1p()),
    ],
    f"Your log_softmax is written out: {OVERFLOW}": [
        lambda logits: (logits.softmax(1), logits - logits.exp().sum(1, keepdim=True).log()),
    ],
    """The number inside of your logarithm is so large that it changes the entropy. log_softmax needs
    none.""": [
        *(
            lambda logits, small=small: (logits.softmax(1), (logits.softmax(1) + small).log())
            for small in (0.1, 0.01, 1e-3)
        ),
        *(
            lambda logits, small=small: (logits.softmax(1), logits.softmax(1).clamp(small).log())
            for small in (0.1, 0.05)
        ),
    ],
}


def _of_coins(q: Tensor, small: float) -> Tensor:
    return -q * (q + small).log() - (1 - q) * (1 - q + small).log()


def add_weights(exercise: Exercise) -> None:
    """Let the exercise recognise other weights than q(y|x), and other logarithms than log q(y|x)."""
    for known, formulas in ((WEIGHTS, FORMULAS), (LOGARITHMS, {"": right, list(FORMULAS)[2]: reversed_sign})):
        for first, classifiers in known.items():
            for second, bound in formulas.items():
                for classifier in classifiers:
                    for cut in ((), NOTHING):
                        sentence = joined(first, second, CUT[cut])
                        exercise.recognise(sentence, answer_from(bound, classifier, cut))
    exercise.recognise(
        """You weight with the softmax of elbos and logits together. The weights are q(y|x), the classifier's
        answer alone.""",
        lambda elbos, q_logits: ((elbos + q_logits).softmax(1) * elbos).sum(1),
        lambda elbos, q_logits: right(elbos, *safe(elbos + q_logits)),
        lambda elbos, q_logits: ((elbos + q_logits).softmax(1) * (elbos - q_logits.log_softmax(1))).sum(1),
    )
    exercise.recognise(
        """The number that you keep probabilities above is so large that rare labels get no gradient.
        log_softmax needs none.""",
        answer_from(right, lambda logits: (logits.softmax(1), logits.softmax(1).clamp(0.01).log())),
    )
    exercise.recognise(
        """Softmax and sum both run over the images. It is the labels of one image that exclude each other,
        and that are summed.""",
        lambda elbos, q_logits: (q_logits.softmax(0) * (elbos - q_logits.log_softmax(0))).sum(0),
        lambda elbos, q_logits: (q_logits.softmax(0) * elbos).sum(0),
    )
    exercise.recognise(
        """You take each label for a coin of its own, with a sigmoid and the entropy of a coin. The labels
        exclude each other: they have one distribution, and softmax gives it.""",
        *(
            lambda elbos, q_logits, of=of: (
                (of(q_logits) * elbos).sum(1) + _of_coins(of(q_logits), 1e-8).sum(1)
            )
            for of in (torch.sigmoid, lambda logits: logits.softmax(1))
        ),
        lambda elbos, q_logits: (
            (q_logits.sigmoid() * elbos).sum(1) + _of_coins(q_logits.sigmoid(), 0.0).sum(1)
        ),
    )
    exercise.recognise(
        """Categorical takes its first argument for probabilities: write logits=.""",
        lambda elbos, q_logits: average(elbos, *safe(q_logits)) + Categorical(q_logits).entropy(),
        lambda elbos, q_logits: (Categorical(q_logits).probs * elbos).sum(1),
    )


def add_weights_of_elbos(exercise: Exercise) -> None:
    """Let the exercise recognise weights that elbos give, and elbos that are normalised."""
    wrong_of_elbos(
        exercise,
        """You weight elbos with their own softmax. The weights are q(y|x), the classifier's answer.""",
        lambda e, q, log_q: (e.softmax(1) * e).sum(1),
        lambda e, q, log_q: (e.softmax(1).detach() * e).sum(1),
    )
    wrong_with_log(
        exercise,
        """You weight elbos with their own softmax, and add the entropy of q(y|x). The weights are q(y|x) in
        both.""",
        lambda e, q, log_q: (e.softmax(1) * e).sum(1) + entropy(e, q, log_q),
        lambda e, q, log_q: (e.softmax(1).detach() * e).sum(1) + entropy(e, q, log_q),
    )
    wrong(
        exercise,
        """You weight with the softmax of elbos, and subtract log q(y|x). The average is under q(y|x): the KL
        in your bound goes the wrong way round.""",
        lambda e, q, log_q: (e.softmax(1) * (e - log_q)).sum(1),
        lambda e, q, log_q: (e.softmax(1).detach() * (e - log_q)).sum(1),
        lambda e, q, log_q: e.logsumexp(1) - (e.softmax(1) * (e.log_softmax(1) - log_q)).sum(1),
    )
    wrong(
        exercise,
        """The entropy that you add is that of the softmax of elbos. Add that of q(y|x), the weights of your
        average.""",
        lambda e, q, log_q: average(e, q, log_q) - (e.softmax(1) * e.log_softmax(1)).sum(1),
    )
    wrong_with_log(
        exercise,
        """You normalise elbos over the labels, and lose how probable the image is. They are logarithms
        already.""",
        lambda e, q, log_q: (q * (e.log_softmax(1) - log_q)).sum(1),
        lambda e, q, log_q: (q * (e.softmax(1) - log_q)).sum(1),
    )
    wrong(
        exercise,
        """You normalise elbos over the labels, and lose how probable the image is. And the entropy is
        missing.""",
        lambda e, q, log_q: (q * e.log_softmax(1)).sum(1),
        lambda e, q, log_q: (q * e.softmax(1)).sum(1),
    )
