"""What is said of an unknown mistake is true of everything that was seen."""

import math

import pytest
import torch

from vae_lessons.exercises.engine.exercise import DIAGNOSED, WRONG, Exercise
from vae_lessons.exercises.engine.probes import each


@pytest.fixture
def squares():
    """Twice the square of each number, for inputs small and large, negative and positive."""
    return Exercise(
        number="9.1",
        title="Squares",
        task="Return twice the square of x, plus y.",
        minutes=3,
        difficulty=1,
        reference=lambda x, y: 2 * x**2 + y,
        probe=each(
            {"x": torch.tensor([0.7]), "y": 0.5},
            {"x": torch.tensor([[0.3, -1.2, 2.6], [0.9, 4.1, -0.4]]), "y": -1.5},
            gradients=["x"],
        ),
        hints=("a", "b", "c"),
    )


def drawn(x, y):
    return 2 * x**2 + y + 1e-3 * torch.randn_like(x)


def without_return(x, y):
    def inner():
        2 * x**2 + y

    return inner()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x, y: -(2 * x**2 + y), "minus the true one"),
        (lambda x, y: x**2 + y / 2, "half the true one"),
        (lambda x, y: 3.3 * (2 * x**2 + y), "3.3 times the true one"),
        (lambda x, y: 2 * x**2 + y + 0.25, "too large by the same number everywhere, 0.25"),
        (lambda x, y: (2 * x**2 + y).abs(), "without the sign"),
        (lambda x, y: (2 * x**2 + y) ** 2, "the square of"),
        (lambda x, y: (2 * x**2 + y).clamp(max=3.0), "never gets above 3"),
        (lambda x, y: (2 * x**2 + y).clamp(min=-1.0), "never gets below -1"),
        (lambda x, y: (2 * x**2 + y).round(decimals=1), "rounded, to 1 digits"),
        (lambda x, y: (2 * x**2 + y) * (1 + 0.01 * x.sin()), "close to the true one"),
        (lambda x, y: (2 * x**2 + y).flip(-1), "in another order"),
        (lambda x, y: (2 * x**2 + y).flatten(), "right, but not its shape: (6,) where (2, 3)"),
        (lambda x, y: (2 * x**2 + y).T if x.ndim > 1 else 2 * x**2 + y, "axes are swapped"),
        (
            lambda x, y: (2 * x**2 + y).sum(-1, keepdim=True) if x.ndim == 1 else (2 * x**2 + y).sum(1),
            "sum of",
        ),
        (
            lambda x, y: (2 * x**2 + y).mean() if x.ndim > 1 else 2 * x**2 + y,
            "average of the result over everyt",
        ),
        (lambda x, y: (2 * x**2 + y) * math.nan, "not a number (NaN)"),
        (lambda x, y: (2 * x**2 + y) / 0, "infinite"),
        (lambda x, y: 0 * x, "0 everywhere"),
        (lambda x, y: (2 * x**2 + y).detach(), "no gradient reaches x"),
        (lambda x, y: 2 * x.detach() * x + y, "the gradient for x is not"),
        (lambda x, y: 2 * x.pow_(2) + y, "the call changed x"),
        (drawn, "Two calls with the same input"),
    ],
)
def test_what_is_seen_is_said(squares, answer, said):
    verdict = squares.assess(answer)
    assert verdict.state == DIAGNOSED
    assert said in verdict.sentence


@pytest.mark.parametrize(
    "answer", [lambda x, y: 2 * x**3 + y, lambda x, y: 2 * x**2 * y, lambda x, y: x.exp() + y]
)
def test_nothing_is_said_where_no_simple_relation_holds(squares, answer):
    verdict = squares.assess(answer)
    assert verdict.state == WRONG
    assert "does not recognise the mistake" in verdict.sentence
