"""Exercise 10.1: derive a bound for an image without a label."""

import math
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.exercises.lesson_10.bound_forms import (
    CUT,
    NO_SLOPE,
    ROUNDED,
    answer_from,
    average,
    entropy,
    guess,
    hidden,
    joined,
    plain,
    reversed_sign,
    right,
    wrong,
    wrong_of_elbos,
    wrong_with_bare_log,
    wrong_with_log,
)
from vae_lessons.exercises.lesson_10.bound_results import add_results
from vae_lessons.exercises.lesson_10.bound_weights import add_weights, add_weights_of_elbos


def unlabelled_bound(elbos: Tensor, q_logits: Tensor) -> Tensor:
    """The lower bound on log p(x) that q(y|x) gives, from one on log p(x, y) for every label: (B, Y) ->
    (B,)."""
    log_q = q_logits.log_softmax(1)  # (B, Y)
    return (log_q.exp() * (elbos - log_q)).sum(1)


SMALL = {"elbos": torch.tensor([[-3.2, -1.7]]), "q_logits": torch.tensor([[0.4, -0.9]])}
IMAGES = {
    "elbos": torch.tensor(
        [
            [-108.4, -111.9, -109.7, -113.2],
            [-114.1, -110.3, -112.8, -109.6],
            [-107.2, -108.9, -106.5, -110.8],
            [-111.1, -109.2, -112.3, -113.9],
            [-106.9, -107.7, -110.2, -108.1],
            [-112.6, -113.5, -109.9, -111.7],
            [-108.8, -106.2, -107.4, -105.3],
        ]
    ),
    "q_logits": torch.tensor(
        [
            [0.7, -1.4, 1.2, 0.2],
            [-0.6, 1.1, -2.3, 0.5],
            [1.6, 0.3, -0.8, -4.1],
            [-0.3, -0.1, 0.25, 0.15],
            [0.9, 0.6, 0.8, 0.45],
            [-1.3, -0.7, -1.1, -0.9],
            [0.05, 0.4, -0.2, 0.35],
        ]
    ),
}
# Rows whose softmax is 0 somewhere, and whose exp is infinite or 0. Small bounds keep rounding errors small.
SURE = {
    "elbos": torch.tensor([[-3.1, -4.6, -1.3], [-2.4, -1.2, -3.7], [-1.8, -3.9, -2.6], [-4.1, -2.3, -1.9]]),
    "q_logits": torch.tensor(
        [[-101.7, 98.6, -8.4], [101.2, 99.8, 100.9], [-110.3, -111.1, -109.2], [0.3, -1.2, 0.8]]
    ),
}

EXERCISE = Exercise(
    number="10.1",
    title="Derive: a bound for an image without a label",
    task="""For an image x and any label y, the model gives a lower bound on log p(x, y). Now the label is not
    known. elbos (B, Y) holds these bounds for each image and each of the Y labels, in nats; log p(y) is
    already in them. q_logits (B, Y) holds the logits of a classifier q(y|x). Take the step that led to the
    ELBO in lesson 02, with a sum over y in place of the integral over z, and write unlabelled_bound(elbos,
    q_logits): the lower bound on log p(x) that q(y|x) gives, (B,), in nats. Training goes through it, so
    gradients must reach both inputs. Bound and gradients must also be right for logits that are 200
    apart.""",
    minutes=10,
    difficulty=2,
    reference=unlabelled_bound,
    probe=each(SMALL, IMAGES, SURE, gradients=["elbos", "q_logits"]),
    hints=(
        "p(x) is the sum of p(x, y) over the labels. How did lesson 02 turn the logarithm of such a sum into "
        "an average over q?",
        "Multiply and divide each p(x, y) by q(y|x), then use Jensen's inequality: log p(x) is at least the "
        "average of log p(x, y) - log q(y|x) under q(y|x). elbos are lower bounds on the first of the two.",
        "Softmax makes q(y|x) of the logits. Weight each label's bound minus log q(y|x) with it, and add up "
        "over the labels. Take log q(y|x) from log_softmax: softmax can round to 0, and log 0 is minus "
        "infinity.",
    ),
)

_wrong = partial(wrong, EXERCISE)
_wrong_with_log = partial(wrong_with_log, EXERCISE)
_wrong_with_bare_log = partial(wrong_with_bare_log, EXERCISE)
_wrong_of_elbos = partial(wrong_of_elbos, EXERCISE)


for cut, without in CUT.items():
    if cut:
        EXERCISE.recognise(
            without.replace("And", "Your numbers are right, but", 1), answer_from(right, cut=cut)
        )
    EXERCISE.recognise(
        joined("The formula is right, but 0 times infinity is NaN.", ROUNDED, without),
        answer_from(right, plain, cut),
    )
for cut in ((), ("elbos",)):
    EXERCISE.recognise(joined("Your numbers are right.", NO_SLOPE, CUT[cut]), answer_from(right, hidden, cut))


EXERCISE.recognise(
    """Your numbers are right, but your weights q(y|x) are detached: only their entropy trains the classifier,
    towards equal probabilities.""",
    answer_from(lambda e, q, log_q: (q.detach() * e).sum(1) - (q * log_q).sum(1)),
)


EXERCISE.recognise(
    """Your numbers are right, but the entropy is detached: nothing keeps the classifier from being too
    sure.""",
    answer_from(lambda e, q, log_q: (q * e).sum(1) - (q * log_q).sum(1).detach()),
)


_wrong(
    """You average elbos under q(y|x), and the entropy of q(y|x) is missing: Jensen's inequality leaves a q in
    the denominator.""",
    average,
)


_wrong_with_log(
    """The entropy of q(y|x) has the wrong sign: q(y|x) stands in the denominator, so its logarithm is
    subtracted.""",
    reversed_sign,
)


_wrong_with_log(
    """The entropy of q(y|x) is counted twice.""",
    lambda e, q, log_q: (q * (e - 2 * log_q)).sum(1),
)


_wrong_with_log(
    """Half of the entropy of q(y|x) is missing.""",
    lambda e, q, log_q: (q * (e - log_q / 2)).sum(1),
)


_wrong_with_log(
    """The entropy of q(y|x) has a weight other than 1. Jensen's inequality gives it the weight 1.""",
    *(
        lambda e, q, log_q, weight=weight: (q * (e - weight * log_q)).sum(1)
        for weight in (0.01, 0.1, 0.2, 10.0)
    ),
)


_wrong_with_log(
    """You count the entropy once for each label. It is one number per image.""",
    lambda e, q, log_q: (q * e).sum(1) + e.shape[1] * entropy(e, q, log_q),
)


_wrong_with_log(
    """The entropy is in bits, and elbos are in nats: use the natural logarithm.""",
    lambda e, q, log_q: (q * (e - log_q / math.log(2))).sum(1),
)


_wrong_with_log(
    """The logarithm of q(y|x) is to base 10, and elbos are in nats: use the natural logarithm.""",
    lambda e, q, log_q: (q * (e - log_q / math.log(10))).sum(1),
)


_wrong_with_log(
    """This is in bits. The bound is to be in nats, as elbos are.""",
    lambda e, q, log_q: right(e, q, log_q) / math.log(2),
)


_wrong(
    """You average with q itself in place of its logarithm.""",
    lambda e, q, log_q: (q * (e - q)).sum(1),
)


_wrong_of_elbos(
    """You take the bound of the label that the classifier guesses. p(x) is a sum over all labels, so average
    over q(y|x) and keep its entropy. A guess also passes no gradient to the classifier.""",
    guess,
)


def _hard_passing_on(q: Tensor) -> Tensor:
    """1 for the label that is guessed and 0 for the others, with the gradient of q."""
    return (F.one_hot(q.argmax(1), q.shape[1]) - q).detach() + q


PASSED_ON = """You take the label that the classifier guesses, and pass the gradient on as if it were q(y|x).
    Average over q(y|x) itself."""

for cut in ((), ("elbos",)):
    EXERCISE.recognise(
        joined(PASSED_ON, CUT[cut]),
        answer_from(lambda e, q, log_q: (_hard_passing_on(q) * e).sum(1), cut=cut),
        answer_from(lambda e, q, log_q: (_hard_passing_on(q) * (e - log_q)).sum(1), cut=cut),
        answer_from(lambda e, q, log_q: (_hard_passing_on(q) * e).sum(1) + entropy(e, q, log_q), cut=cut),
    )


_wrong_with_log(
    """You average only the entropy; for elbos you take the label that the classifier guesses. Both are
    averages under q(y|x).""",
    lambda e, q, log_q: guess(e, q, log_q) + entropy(e, q, log_q),
)


_wrong(
    """You take the one term of the label that the classifier guesses. The bound is an average over all labels
    under q(y|x).""",
    lambda e, q, log_q: guess(e - log_q, q, log_q),
)


_wrong(
    """You add log q(y|x) of the label that the classifier guesses. The bound is an average over all labels
    under q(y|x), of what remains when log q(y|x) is subtracted.""",
    lambda e, q, log_q: guess(e + log_q, q, log_q),
)


_wrong(
    """You add log q(y|x) of the guessed label to an average of elbos. What the average lacks is the entropy
    of q(y|x).""",
    lambda e, q, log_q: average(e, q, log_q) + log_q.amax(1),
)


_wrong(
    """To the average of elbos you add minus log q(y|x) of the guessed label alone. The entropy averages over
    all labels.""",
    lambda e, q, log_q: average(e, q, log_q) - log_q.amax(1),
)


_wrong(
    """You weight the bound of the guessed label with its probability, and leave out all other labels.""",
    lambda e, q, log_q: q.amax(1) * guess(e, q, log_q),
)


_wrong_of_elbos(
    """You take the label with the highest elbo. That is a bound too, but not the one that q(y|x) gives, and
    the classifier is not in it.""",
    lambda e, q, log_q: e.amax(1),
)


_wrong_with_log(
    """You take the highest elbo and add the entropy. elbos are to be averaged under q(y|x).""",
    lambda e, q, log_q: e.amax(1) + entropy(e, q, log_q),
)


_wrong_of_elbos(
    """You take the label with the highest elbo, and count log p(y) again, which is in elbos already. The
    bound is an average under q(y|x), and the classifier is not in yours.""",
    lambda e, q, log_q: e.amax(1) - math.log(e.shape[1]),
    lambda e, q, log_q: e.amax(1) - math.log(10),
)


_wrong_of_elbos(
    """You take the label with the lowest elbo. q(y|x) says how much each label counts.""",
    lambda e, q, log_q: e.amin(1),
)


_wrong(
    """You take a maximum or a minimum over the labels after log q(y|x) is subtracted. The bound is an average
    under q(y|x).""",
    lambda e, q, log_q: (e - log_q).amax(1),
    lambda e, q, log_q: (e - log_q).amin(1),
    lambda e, q, log_q: (q * (e - log_q)).amax(1),
)


LOG_SUM = """You sum p(x, y) over the labels, inside of the logarithm. That is the highest bound of all
    q(y|x), but the classifier is not in it and learns nothing. Give the bound for this q(y|x)."""
UNDERFLOW = """exp(-110) is 0 in the computer, and its logarithm minus infinity: see torch.logsumexp."""
LOG_OF_AVERAGE = """You take the logarithm of the average of p(x, y) under q(y|x). p(x) is a sum over the
    labels: each term has to be divided by q(y|x) before it is averaged, and the logarithm goes inside of the
    average."""
ADDED = (0.0, 1e-6, 1e-8, 1e-12)

_wrong_of_elbos(LOG_SUM, lambda e, q, log_q: e.logsumexp(1))
_wrong(LOG_OF_AVERAGE, lambda e, q, log_q: (e + log_q).logsumexp(1))
for added in ADDED:
    _wrong_of_elbos(
        f"{LOG_SUM} And {UNDERFLOW}", lambda e, q, log_q, added=added: (e.exp().sum(1) + added).log()
    )
    _wrong(
        f"{LOG_OF_AVERAGE} And {UNDERFLOW}",
        lambda e, q, log_q, added=added: ((q * e.exp()).sum(1) + added).log(),
    )


_wrong_with_log(
    """You sum p(x, y) inside of the logarithm and add the entropy of q(y|x). elbos are to be averaged under
    q(y|x).""",
    lambda e, q, log_q: e.logsumexp(1) + entropy(e, q, log_q),
)


_wrong_of_elbos(
    """You average p(x, y) over the labels, all alike, inside of the logarithm. log p(y) is in elbos already,
    and q(y|x) is not used.""",
    lambda e, q, log_q: e.logsumexp(1) - math.log(e.shape[1]),
)


_wrong(
    """You divide p(x, y) by q(y|x) and take the logarithm of a plain sum or average. The average is under
    q(y|x), and the logarithm inside of it.""",
    lambda e, q, log_q: (e - log_q).logsumexp(1),
    lambda e, q, log_q: (e - log_q).logsumexp(1) - math.log(e.shape[1]),
)


_wrong(
    """You return an average of probabilities, which is 0 in the computer: exp(-110). Stay with
    logarithms.""",
    lambda e, q, log_q: (q * e.exp()).sum(1),
)


_wrong_with_log(
    """This is exp of the bound. The bound on log p(x) itself is asked for.""",
    lambda e, q, log_q: right(e, q, log_q).exp(),
)


TAKEN_IN = """log p(y) is in elbos already, and you count it once more, as a KL of q(y|x) from p(y) does."""
TAKEN_OUT = """You take log p(y) out of elbos. It belongs there: they are bounds on log p(x, y)."""
SHIFTS = {
    TAKEN_IN: lambda e: -math.log(e.shape[1]),
    f"{TAKEN_IN} And 10 labels are written in.": lambda e: -math.log(10),
    f"{TAKEN_IN} And it is in the sum once for every label.": lambda e: -e.shape[1] * math.log(e.shape[1]),
    TAKEN_OUT: lambda e: math.log(e.shape[1]),
    f"{TAKEN_OUT} And 10 labels are written in.": lambda e: math.log(10),
}

for sentence, shift in SHIFTS.items():
    _wrong_with_log(sentence, lambda e, q, log_q, shift=shift: right(e, q, log_q) + shift(e))
    _wrong(
        f"{sentence} And the entropy of q(y|x) is missing.",
        lambda e, q, log_q, shift=shift: average(e, q, log_q) + shift(e),
    )


_wrong_with_bare_log(
    """You compare q(y|x) with equal probabilities, averaged over these. The average is under q(y|x).""",
    lambda e, q, log_q: average(e, q, log_q) + log_q.mean(1),
    lambda e, q, log_q: average(e, q, log_q) + log_q.mean(1) + math.log(e.shape[1]),
)


_wrong_with_bare_log(
    """Your entropy is not weighted: log q(y|x) is to be averaged under q(y|x), as elbos are.""",
    lambda e, q, log_q: (q * e - log_q).sum(1),
    lambda e, q, log_q: (q * e).sum(1) - log_q.mean(1),
    lambda e, q, log_q: (q * e - log_q).mean(1),
)


_wrong_with_bare_log(
    """Nothing is weighted with q(y|x). The bound is an average under q(y|x), in which unlikely labels count
    little.""",
    lambda e, q, log_q: (e - log_q).sum(1),
    lambda e, q, log_q: (e - log_q).mean(1),
)


_wrong_with_bare_log(
    """You add log q(y|x) and weight nothing. The bound is an average under q(y|x), and log q(y|x) is
    subtracted.""",
    lambda e, q, log_q: (e + log_q).sum(1),
    lambda e, q, log_q: (e + log_q).mean(1),
)


_wrong_of_elbos(
    """All labels count alike, and the classifier is not used. The bound is an average under q(y|x), plus its
    entropy.""",
    lambda e, q, log_q: e.mean(1),
    lambda e, q, log_q: e.sum(1),
)


_wrong_with_log(
    """You add up or average elbos over the labels, all alike. They are to be averaged under q(y|x), as in
    your entropy.""",
    lambda e, q, log_q: e.mean(1) + entropy(e, q, log_q),
    lambda e, q, log_q: e.sum(1) + entropy(e, q, log_q),
    lambda e, q, log_q: e.mean(1) + entropy(e, q, log_q) - math.log(e.shape[1]),
)


_wrong_with_log(
    """You divide by the number of labels. The weights q(y|x) sum to 1 already, so sum.""",
    lambda e, q, log_q: right(e, q, log_q) / e.shape[1],
)


_wrong(
    """You divide by the number of labels. The weights q(y|x) sum to 1 already, so sum. And the entropy is
    missing.""",
    lambda e, q, log_q: (q * e).mean(1),
)


_wrong_with_log(
    """One of the two terms is averaged over the labels, the other is summed. Both are weighted with q(y|x),
    so sum.""",
    lambda e, q, log_q: (q * e).mean(1) + entropy(e, q, log_q),
    lambda e, q, log_q: (q * e).sum(1) + entropy(e, q, log_q) / e.shape[1],
)


add_weights(EXERCISE)
add_weights_of_elbos(EXERCISE)
add_results(EXERCISE)
