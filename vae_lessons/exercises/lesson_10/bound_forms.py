"""Forms in which mistakes of exercise 10.1 come: with gradients that are cut, and with a logarithm of 0."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import Exercise

Bound = Callable[[Tensor, Tensor, Tensor], Tensor]  # of elbos, q and log q, (B, Y) each
Classifier = Callable[[Tensor], tuple[Tensor, Tensor]]  # q and log q of the logits

NOTHING = ("elbos", "q_logits")
CUT = {
    (): "",
    (
        "elbos",
    ): "And the gradient for elbos is 0, so the model learns nothing here: look for .detach() or no_grad.",
    ("q_logits",): (
        "And the gradient for q_logits is 0, so the classifier learns nothing here: look for .detach() or "
        "no_grad."
    ),
    NOTHING: (
        "And no gradient passes through your function: look for .item(), float(), .numpy(), .detach() or "
        "no_grad."
    ),
}
ROUNDED = "Where softmax rounds a probability to 0, its logarithm is minus infinity. log_softmax avoids that."
NO_SLOPE = """Where softmax rounds a probability to 0, the gradient is NaN: the slope of the logarithm is
    infinite at 0. Hiding the value, as where, xlogy and nan_to_num do, does not help. log_softmax does."""


def safe(q_logits: Tensor) -> tuple[Tensor, Tensor]:
    """q(y|x) and its logarithm, as they should be computed."""
    return q_logits.softmax(1), q_logits.log_softmax(1)


def plain(q_logits: Tensor) -> tuple[Tensor, Tensor]:
    """The same with a logarithm that may be minus infinity."""
    return q_logits.softmax(1), q_logits.softmax(1).log()


def hidden(q_logits: Tensor) -> tuple[Tensor, Tensor]:
    """The same with a logarithm that is replaced where it is minus infinity, and whose gradient is NaN
    there."""
    q, log_q = plain(q_logits)
    return q, torch.where(q > 0, log_q, 0.0)


def right(elbos: Tensor, q: Tensor, log_q: Tensor) -> Tensor:
    """The bound."""
    return (q * (elbos - log_q)).sum(1)


def average(elbos: Tensor, q: Tensor, _log_q: Tensor) -> Tensor:
    """The bound without the entropy of q(y|x)."""
    return (q * elbos).sum(1)


def reversed_sign(elbos: Tensor, q: Tensor, log_q: Tensor) -> Tensor:
    """The bound with the entropy of q(y|x) subtracted."""
    return (q * (elbos + log_q)).sum(1)


def entropy(_elbos: Tensor, q: Tensor, log_q: Tensor) -> Tensor:
    """The entropy of q(y|x) alone."""
    return -(q * log_q).sum(1)


def guess(elbos: Tensor, q: Tensor, _log_q: Tensor) -> Tensor:
    """The bound of the label that the classifier guesses."""
    return elbos.gather(1, q.argmax(1, keepdim=True)).squeeze(1)


FORMULAS = {
    "": right,
    "And the entropy of q(y|x) is missing.": average,
    "And the entropy of q(y|x) has the wrong sign.": reversed_sign,
}


def answer_from(bound: Bound, classifier: Classifier = safe, cut: tuple[str, ...] = ()) -> Answer:
    """An answer that computes this from q(y|x), without gradients for the inputs in cut."""

    def answer(elbos, q_logits):
        elbos = elbos.detach() if "elbos" in cut else elbos
        q_logits = q_logits.detach() if "q_logits" in cut else q_logits
        return bound(elbos, *classifier(q_logits))

    return answer


def joined(*sentences: str) -> str:
    """The sentences that are not empty."""
    return " ".join(sentence for sentence in sentences if sentence)


def wrong(exercise: Exercise, sentence: str, *bounds: Bound) -> None:
    """A mistake in what is computed from both inputs, alone and without any gradient."""
    for bound in bounds:
        for cut in ((), NOTHING):
            exercise.recognise(joined(sentence, CUT[cut]), answer_from(bound, cut=cut))


def wrong_with_log(exercise: Exercise, sentence: str, *bounds: Bound) -> None:
    """The same for what uses log q, weighted with q: also where this is infinite, or its gradient NaN."""
    wrong(exercise, sentence, *bounds)
    for bound in bounds:
        exercise.recognise(joined(sentence, ROUNDED), answer_from(bound, plain))
        exercise.recognise(joined(sentence, NO_SLOPE), answer_from(bound, hidden))


def wrong_with_bare_log(exercise: Exercise, sentence: str, *bounds: Bound) -> None:
    """The same for what uses log q unweighted, where a small number inside of the logarithm shows."""
    wrong(exercise, sentence, *bounds)
    for bound in bounds:
        exercise.recognise(joined(sentence, ROUNDED), answer_from(bound, plain))
        for tiny in (1e-6, 1e-8, 1e-10, 1e-12):

            def kept_up(q_logits: Tensor, tiny: float = tiny) -> tuple[Tensor, Tensor]:
                return q_logits.softmax(1), (q_logits.softmax(1) + tiny).log()

            exercise.recognise(sentence, answer_from(bound, kept_up))
        for tiny in (1e-6,):

            def clamped(q_logits: Tensor, tiny: float = tiny) -> tuple[Tensor, Tensor]:
                return q_logits.softmax(1), q_logits.softmax(1).clamp(tiny).log()

            exercise.recognise(sentence, answer_from(bound, clamped))


def wrong_of_elbos(exercise: Exercise, sentence: str, *bounds: Bound) -> None:
    """A mistake that leaves no gradient for q_logits, alone and without one for elbos."""
    for bound in bounds:
        exercise.recognise(sentence, answer_from(bound))
        exercise.recognise(joined(sentence, CUT[NOTHING]), answer_from(bound, cut=NOTHING))
