"""An answer that computes for ever is stopped, and nothing that merely waits or imports is."""

import contextlib
import io
import threading
import time

import pytest
from IPython.display import display

from vae_lessons.exercises import check
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


def test_what_an_answer_prints_shows_or_asks_is_dropped(doubling, capsys, monkeypatch):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    asked = []
    monkeypatch.setattr("builtins.input", lambda *_: asked.append(1) or "3")
    before = pyplot.get_fignums()

    def answer(x):
        print("here")
        display({"text/plain": "there"}, raw=True)
        pyplot.figure()
        return 2 * x

    assert doubling.assess(answer).state == RIGHT
    assert capsys.readouterr() == ("", "") and pyplot.get_fignums() == before
    verdict = doubling.assess(lambda x: float(input("x? ")) * x)
    assert verdict.state == RAISED and "cannot ask for input" in verdict.evidence
    assert not asked


def test_an_answer_that_checks_itself_is_told_so_and_the_output_stays(capsys):
    def kl(mu, logvar):
        return check("2.3", kl)(mu, logvar)

    for _ in range(2):
        check("2.3", kl)
    assert "RecursionError" in capsys.readouterr().out
    print("still here")
    assert capsys.readouterr().out == "still here\n"


def test_a_stopped_answer_that_redirects_takes_no_output_with_it(doubling, capsys):
    doubling.seconds = 0.3

    def answer(x):
        with contextlib.redirect_stdout(io.StringIO()):
            while True:
                pass

    assert doubling.assess(answer).state == RAISED
    print("still here")
    assert capsys.readouterr().out == "still here\n"
