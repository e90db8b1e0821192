"""Judging an answer: what is seen, how it is told, and that nothing of it leaks or stops the notebook."""

import random
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from vae_lessons.exercises import exercise as judging
from vae_lessons.exercises.engine.exercise import DIAGNOSED, NOT_ATTEMPTED, RAISED, RIGHT, WRONG, Exercise, Verdict
from vae_lessons.exercises.engine.comparing import in_words
from vae_lessons.exercises.engine.probes import MU, each
from vae_lessons.exercises.engine.another_device import another_device


def twice(x):
    return 2 * x


@pytest.fixture
def doubling():
    """Twice a tensor, with one mistake that is known: three times."""
    made = Exercise(
        number="9.1",
        title="Doubling",
        task="Return twice x.",
        minutes=3,
        difficulty=1,
        reference=twice,
        probe=each({"x": torch.tensor([0.7])}, {"x": torch.tensor([0.7, -1.3, 0.4])}, gradients=["x"]),
        hints=("Add.", "Add x.", "x + x."),
    )

    @made.mistake
    def thrice(x):
        """You took it three
        times."""
        return 3 * x

    return made


def test_a_right_answer_is_right(doubling):
    assert doubling.judge(lambda x: x + x) == Verdict(RIGHT, "Right.")


def test_a_known_mistake_is_named_and_shown_on_the_smallest_input(doubling):
    verdict = doubling.judge(lambda x: x + x + x)
    assert (verdict.state, verdict.sentence) == (DIAGNOSED, "You took it three times.")
    assert verdict.evidence == "Given x = [0.7]\nthe result\n  yours  [2.1]\n  true   [1.4]"


def test_an_unknown_mistake_shows_the_smallest_input_where_it_differs(doubling):
    verdict = doubling.judge(lambda x: 2 * x.abs())
    assert verdict.state == WRONG
    assert verdict.evidence == (
        "Given x = [0.7, -1.3, 0.4]\nthe result\n  yours  [1.4, 2.6, 0.8]\n  true   [1.4, -2.6, 0.8]"
    )


def test_a_stub_is_not_attempted(doubling):
    def stub(x): ...

    assert doubling.judge(stub).state == NOT_ATTEMPTED


def test_an_error_is_shown_with_the_students_own_lines_only(doubling):
    def inner(x):
        return torch.cat([x, torch.ones(2, 2)])

    def outer(x):
        return inner(x)

    verdict = doubling.judge(outer)
    assert verdict.state == RAISED
    lines = verdict.evidence.splitlines()
    assert len(lines) == 3
    assert "of outer: return inner(x)" in lines[0]
    assert "of inner: return torch.cat" in lines[1]
    assert lines[2].startswith("RuntimeError: ")


def test_right_numbers_without_a_gradient_are_not_right(doubling):
    verdict = doubling.judge(lambda x: 2 * x.detach())
    assert verdict.state == WRONG
    assert "the gradient for x" in verdict.evidence


def test_an_edited_input_is_seen(doubling):
    verdict = doubling.judge(lambda x: x.mul_(2))
    assert verdict.state == WRONG
    assert "x after the call\n  yours  changed\n  true   as it was" in verdict.evidence


def test_a_wrong_shape_is_told_as_a_shape(doubling):
    verdict = doubling.judge(lambda x: (2 * x)[:, None])
    assert "yours  [[1.4]], shape (1, 1)\n  true   [1.4], shape (1,)" in verdict.evidence


def test_what_was_handed_out_counts_as_not_attempted_until_it_changes(doubling):
    doubling.given = lambda x: x * 1
    assert doubling.judge(lambda x: x + 0).state == NOT_ATTEMPTED
    assert doubling.judge(lambda x: x + 1).state == WRONG


@pytest.mark.parametrize(
    "value",
    ["text", {"a": 1}, {1, 2}, object(), 1j, [1, [2]], [None], (), [], b"x", float("nan"), torch.nn.ReLU()],
    ids=lambda value: type(value).__name__,
)
def test_odd_values_are_never_right_and_never_raise(doubling, value):
    assert doubling.judge(lambda x: value).state in (WRONG, RAISED)


def test_a_value_with_hostile_methods_is_left_alone(doubling):
    class Hostile:
        def __getattribute__(self, name):
            if name == "__class__":
                return object.__getattribute__(self, name)
            raise AssertionError("touched")

        __eq__ = __bool__ = __float__ = __len__ = __repr__ = __hash__ = None

    assert doubling.judge(lambda x: Hostile()).state == WRONG


@pytest.mark.parametrize("error", [ValueError, SystemExit, RecursionError, KeyboardInterrupt])
def test_whatever_an_answer_raises_is_told_not_raised(doubling, error):
    def answer(x):
        raise error("because")

    verdict = doubling.judge(answer)
    assert verdict.state == RAISED
    assert "because" in verdict.evidence or error is KeyboardInterrupt


def test_an_endless_answer_is_stopped(doubling, monkeypatch):
    monkeypatch.setattr(judging, "TIME_LIMIT", 0.3)

    def answer(x):
        while True:
            pass

    start = time.perf_counter()
    verdict = doubling.judge(answer)
    assert verdict.state == RAISED
    assert "loop that never ends" in verdict.sentence
    assert time.perf_counter() - start < 3


def test_random_states_are_left_as_they_were_and_prints_are_dropped(doubling, capsys):
    def answer(x):
        torch.rand(3), np.random.rand(3), random.random()  # noqa: NPY002
        torch.manual_seed(5), np.random.seed(5), random.seed(5)  # noqa: NPY002
        print("hello")
        return 2 * x

    states = torch.random.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    assert doubling.judge(answer).state == RIGHT
    assert torch.equal(torch.random.get_rng_state(), states[0])
    assert (np.random.get_state()[1] == states[1]).all()  # noqa: NPY002
    assert random.getstate() == states[2]
    assert capsys.readouterr().out == ""


def test_an_answer_that_changes_the_default_type_changes_no_verdict(doubling):
    def answer(x):
        torch.set_default_dtype(torch.float64)
        return 3 * x

    before = torch.get_default_dtype()
    assert doubling.judge(answer).state == DIAGNOSED
    assert torch.get_default_dtype() == before


def test_an_endless_answer_that_catches_everything_is_stopped_too(doubling, monkeypatch):
    monkeypatch.setattr(judging, "TIME_LIMIT", 0.3)
    running = []

    def answer(x):
        for _ in range(3):
            try:
                while True:
                    running.append(1)
            except BaseException:
                pass
        return x

    assert doubling.judge(answer).state == RAISED
    count = len(running)
    time.sleep(0.2)
    assert len(running) == count


def test_stopping_a_check_by_hand_leaves_no_thread_behind(doubling, monkeypatch):
    import threading

    before = threading.active_count()
    joined, pressed = threading.Thread.join, []

    def interrupted(thread, timeout=None):
        if not pressed:
            pressed.append("the stop button")
            raise KeyboardInterrupt
        joined(thread, timeout)

    monkeypatch.setattr(threading.Thread, "join", interrupted)

    def answer(x):
        while True:
            pass

    with pytest.raises(KeyboardInterrupt):
        doubling.judge(answer)
    assert threading.active_count() == before


def test_waiting_for_a_busy_machine_is_no_endless_loop(doubling, monkeypatch):
    monkeypatch.setattr(judging, "TIME_LIMIT", 0.2)

    def slow(x):
        time.sleep(0.2)  # at each of the probe's inputs: in all longer than the limit, but no computing
        return 2 * x

    def stuck(x):
        time.sleep(5)
        return 2 * x

    assert doubling.judge(slow).state == RIGHT
    assert doubling.judge(stuck).state == RAISED


def test_an_import_is_not_cut_short(doubling, monkeypatch, tmp_path):
    monkeypatch.setattr(judging, "TIME_LIMIT", 0.05)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "slow_module_of_a_student.py").write_text(
        "import time\nfor _ in range(10): time.sleep(0.05)\ndone = 1"
    )

    def answer(x):
        import slow_module_of_a_student

        return 2 * x * slow_module_of_a_student.done

    assert doubling.judge(answer).state == RIGHT


def test_a_check_inside_no_grad_still_sees_gradients(doubling):
    with torch.no_grad():
        assert doubling.judge(twice).state == RIGHT


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False), min_size=1, max_size=8))
def test_numbers_in_words_are_right_to_four_digits(numbers):
    tensor = torch.tensor(numbers, dtype=torch.float64)
    read = torch.tensor(eval(in_words(tensor)), dtype=torch.float64)
    assert torch.allclose(read, tensor, rtol=6e-4)


@pytest.mark.parametrize(
    ("draw", "fits"),
    [
        (lambda mu: mu + torch.randn_like(mu), True),
        (lambda mu: mu + torch.randn(mu.shape, device=mu.device), True),
        (lambda mu: mu + torch.randn(mu.shape).to(mu), True),
        (lambda mu: mu + torch.randn(()), True),
        (lambda mu: torch.distributions.Normal(mu, 1.0).rsample(), True),
        (lambda mu: mu + torch.randn(mu.shape), False),
        (lambda mu: mu + torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5]), False),
        (lambda mu: mu * (torch.zeros(mu.shape) + 1), False),
        (lambda mu: torch.addcmul(mu, mu, torch.normal(0.0, 1.0, mu.shape)), False),
    ],
)
def test_the_pretended_gpu_refuses_what_a_gpu_would_refuse(draw, fits):
    with another_device():
        if fits:
            assert draw(MU).shape == MU.shape
        else:
            with pytest.raises(RuntimeError, match="same device"):
                draw(MU)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA GPU")
def test_answers_that_come_back_from_a_gpu_are_right(doubling):
    assert doubling.judge(lambda x: 2 * x.cuda()).state == RIGHT
