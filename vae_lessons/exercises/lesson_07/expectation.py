"""Exercise 7.1: the expectation step of a mixture."""

import torch
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def expectation(log_density: Tensor, weights: Tensor) -> Tensor:
    """The share of each code that each component claims: log-densities (N, K) and weights (K,) -> (N, K)."""
    return (log_density + weights.log()).softmax(1)


LOGS = torch.tensor(
    [[-1.3, -0.4, -2.2], [-0.6, -3.1, -1.7], [-2.5, -1.9, -0.2], [-0.9, -1.1, -4.3]]
)  # (N, K), N and K differ
WEIGHTS = torch.tensor([0.2, 0.5, 0.3])

EXERCISE = Exercise(
    number="7.1",
    title="The expectation step",
    task="""Write expectation(log_density, weights): log_density (N, K) holds the log-density of each code under each
    component, weights (K,) the probabilities of the components, which sum to 1. Return the share of each code that
    each component claims, (N, K). It must also be right for log-densities around -1000.""",
    minutes=5,
    difficulty=1,
    reference=expectation,
    probe=each(
        {"log_density": torch.tensor([[-0.7, -1.9]]), "weights": torch.tensor([0.25, 0.75])},
        {"log_density": LOGS, "weights": WEIGHTS},
        {"log_density": LOGS - 1000, "weights": WEIGHTS},
        {"log_density": LOGS - 900 * torch.arange(len(LOGS))[:, None], "weights": WEIGHTS},  # rows far apart
    ),
    hints=(
        "By Bayes' rule the share is proportional to weight times density. Over what must it sum to 1?",
        "A density of exp(-1000) is 0 in the computer. Which function divides exponentials by their sum safely?",
        "softmax takes logarithms of unnormalised probabilities. What is the logarithm of weight times density?",
    ),
)


EXERCISE.recognise(
    """You leave the weights out: a rare component claims as much as a frequent one with the same density.""",
    lambda log_density, weights: log_density.softmax(1),
)


EXERCISE.recognise(
    """You add the weights to the log-densities; what multiplies a density is added as a logarithm.""",
)


EXERCISE.recognise(
    """Your columns sum to 1: you normalise over the codes. The components share each code, so it is rows that sum to
    1.""",
    lambda log_density, weights: (log_density + weights.log()).softmax(0),
)


EXERCISE.recognise(
    """You return weight times density, without dividing by its sum over the components.""",
    lambda log_density, weights: log_density.exp() * weights,
)


EXERCISE.recognise(
    """The formula is right, but exp(-1000) is 0 in the computer, and 0 / 0 follows: stay with logarithms until the
    end.""",
    lambda log_density, weights: (
        log_density.exp() * weights / (log_density.exp() * weights).sum(1, keepdim=True)
    ),
)


EXERCISE.recognise(
    """You return logarithms of the shares.""",
    lambda log_density, weights: (log_density + weights.log()).log_softmax(1),
)


EXERCISE.recognise(
    """You give each code to one component only. Where two components are close, both claim a part of it.""",
    lambda log_density, weights: torch.nn.functional.one_hot(
        (log_density + weights.log()).argmax(1), len(weights)
    ).float(),
)


EXERCISE.recognise(
    """You multiply the normalised densities by the weights, so your rows do not sum to 1: weight first, then
    normalise.""",
    lambda log_density, weights: log_density.softmax(1) * weights,
)


EXERCISE.recognise(
    """You subtract one maximum from the whole matrix, so a code that is far less likely than another loses all its
    digits. Each row needs its own.""",
    lambda log_density, weights: (lambda joint: joint / joint.sum(1, keepdim=True))(
        (log_density + weights.log() - (log_density + weights.log()).max()).exp()
    ),
)


EXERCISE.recognise(
    """Right where the densities are large. Around -1000 exp gives 0, and a small number in the denominator, a clamp or
    nan_to_num makes something else of 0 / 0. Normalise the logarithms, before exp.""",
    *(
        lambda log_density, weights, small=small: (
            lambda joint: joint / (joint.sum(1, keepdim=True) + small)
        )(weights * log_density.exp())
        for small in (1e-6, 1e-8, 1e-10, 1e-12, 1e-20, 1e-30)
    ),
    *(
        lambda log_density, weights, low=low: (lambda joint: joint / joint.sum(1, keepdim=True))(
            weights * log_density.clamp(min=low).exp()
        )
        for low in (-50.0, -80.0, -87.0, -100.0)
    ),
    lambda log_density, weights: (lambda joint: (joint / joint.sum(1, keepdim=True)).nan_to_num())(
        weights * log_density.exp()
    ),
    lambda log_density, weights: (lambda joint: (joint / joint.sum(1, keepdim=True)).nan_to_num())(
        weights.double() * log_density.double().exp()
    ),
)


EXERCISE.recognise(
    """You multiply the log-densities by the weights. In logarithms a factor is added: its logarithm.""",
    lambda log_density, weights: (log_density * weights).softmax(1),
    lambda log_density, weights: (log_density + weights).softmax(1),
)
