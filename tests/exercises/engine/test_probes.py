"""A probe looks beyond the numbers: at gradients, and at inputs that an answer has edited."""

from vae_lessons.exercises.engine.exercise import WRONG


def test_right_numbers_without_a_gradient_are_not_right(doubling):
    verdict = doubling.assess(lambda x: 2 * x.detach())
    assert verdict.state == WRONG
    assert "the gradient for x" in verdict.evidence


def test_an_edited_input_is_seen(doubling):
    verdict = doubling.assess(lambda x: x.mul_(2))
    assert verdict.state == WRONG
    assert "x after the call\n  yours  changed\n  true   as it was" in verdict.evidence
