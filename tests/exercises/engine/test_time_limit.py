"""An answer that computes for ever is stopped, and nothing that merely waits or imports is."""

import threading
import time

import pytest

from vae_lessons.exercises.engine.exercise import RAISED, RIGHT


def test_an_endless_answer_is_stopped(doubling):
    doubling.seconds = 0.3

    def answer(x):
        while True:
            pass

    start = time.perf_counter()
    verdict = doubling.assess(answer)
    assert verdict.state == RAISED
    assert "loop that never ends" in verdict.sentence
    assert time.perf_counter() - start < 3


def test_an_endless_answer_that_catches_everything_is_stopped_too(doubling):
    doubling.seconds = 0.3
    running = []

    def answer(x):
        for _ in range(3):
            try:
                while True:
                    running.append(1)
            except BaseException:
                pass
        return x

    assert doubling.assess(answer).state == RAISED
    count = len(running)
    time.sleep(0.2)
    assert len(running) == count


def test_stopping_a_check_by_hand_leaves_no_thread_behind(doubling, monkeypatch):
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
        doubling.assess(answer)
    assert threading.active_count() == before


def test_waiting_for_a_busy_machine_is_no_endless_loop(doubling):
    doubling.seconds = 0.2

    def slow(x):
        time.sleep(0.2)  # at each of the probe's inputs: in all longer than the limit, but no computing
        return 2 * x

    def stuck(x):
        time.sleep(5)
        return 2 * x

    assert doubling.assess(slow).state == RIGHT
    assert doubling.assess(stuck).state == RAISED


def test_an_import_is_not_cut_short(doubling, monkeypatch, tmp_path):
    doubling.seconds = 0.05
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "slow_module_of_a_student.py").write_text(
        "import time\nfor _ in range(10): time.sleep(0.05)\ndone = 1"
    )

    def answer(x):
        import slow_module_of_a_student

        return 2 * x * slow_module_of_a_student.done

    assert doubling.assess(answer).state == RIGHT
