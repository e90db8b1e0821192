"""A prediction is asked by buttons, by typing or of nobody; its first choice counts, and its choices are fair."""

import io
import re
import sys

import pytest
from IPython.core.error import StdinNotImplementedError

from vae_lessons.exercises import predict, predictions, record
from vae_lessons.exercises.catalogue import lessons
from vae_lessons.exercises.catalogue import predictions as all_predictions

CHOICES = ["100 times shorter", "10 times shorter", "hardly shorter: a KL is what it is"]  # of 2-error


class Terminal(io.StringIO):
    def isatty(self):
        return True


def made():
    return record.read()["predictions"].get("2-error")


@pytest.fixture
def kernel(monkeypatch):
    """As if called in a notebook: what is displayed."""
    shown = []
    shell = type("Shell", (), {"kernel": object()})()
    monkeypatch.setattr(predictions, "get_ipython", lambda: shell)
    monkeypatch.setattr(predictions, "display", shown.append)
    return shown


def test_where_nobody_can_answer_it_shows_the_choices_and_goes_on(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("2\n"))
    predict("2-error")
    assert "  2. 10 times shorter" in capsys.readouterr().out
    assert made() is None


def test_in_a_terminal_a_number_is_typed_and_the_answer_told(capsys, monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal("seven\n9\n1\n"))
    predict("2-error")
    assert made() == {"choice": 0, "right": False}
    said = capsys.readouterr().out
    assert "You expected: 100 times shorter. It is: 10 times shorter." in said


def test_an_empty_line_skips(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Terminal("\n"))
    predict("2-error")
    assert made() is None


def test_without_widgets_a_notebook_asks_by_input(kernel, monkeypatch, capsys):
    monkeypatch.setenv("VAE_LESSONS_WIDGETS", "0")
    monkeypatch.setattr("builtins.input", lambda prompt: "2")
    predict("2-error")
    assert made() == {"choice": 1, "right": True}
    assert "You predicted it" in capsys.readouterr().out
    assert kernel == []


def test_a_kernel_that_takes_no_input_goes_on(kernel, monkeypatch):
    def refuse(prompt):
        raise StdinNotImplementedError("no stdin")

    monkeypatch.setenv("VAE_LESSONS_WIDGETS", "0")
    monkeypatch.setattr("builtins.input", refuse)
    predict("2-error")
    assert made() is None


def test_a_click_records_the_first_choice_and_tells(kernel):
    predict("2-error")
    question = kernel[0]
    first, second, _ = question._buttons
    assert question._answer.value == ""
    first.click()
    assert made() == {"choice": 0, "right": False}
    assert "It is: 10 times shorter" in question._answer.value
    assert all(button.disabled for button in question._buttons)
    second.click()
    assert made()["choice"] == 0


def test_a_choice_made_before_is_shown_again(kernel):
    predict("2-error")
    kernel[0]._buttons[1].click()
    predict("2-error")
    assert "You predicted it" in kernel[1]._answer.value


def test_without_a_live_kernel_a_list_and_a_foldable_answer_stand_there(kernel):
    predict("2-error")
    bundle = kernel[0]._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    still = bundle["text/html"]
    assert 'class="vae-lessons-still"' in still
    assert re.findall("<li>(.*?)</li>", still) == CHOICES
    assert "10 times shorter. " in still.split("<summary>")[1]


def test_an_unknown_key_is_told(notes):
    predict("9-nothing")
    assert "There is no prediction 9-nothing" in notes[-1]


def test_every_prediction_explains_itself():
    assert len(all_predictions()) >= 8
    for key, prediction in all_predictions().items():
        assert re.fullmatch(r"\d+-[a-z]+", key)
        assert prediction.lesson in lessons()
        assert len(prediction.explanation) > 60


@pytest.mark.parametrize("prediction", all_predictions().values(), ids=lambda prediction: prediction.key)
def test_a_predictions_choices_are_fair(prediction):
    choices = prediction.choices
    assert len(set(choices)) == len(choices) >= 3
    assert 0 <= prediction.right < len(choices)
    assert len(prediction.truth) < max(map(len, choices)), "the longest choice is the right one"
