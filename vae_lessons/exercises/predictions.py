"""Predictions: a student chooses what will happen, the choice is recorded, then the explanation is shown."""

import html
import os
import sys

from IPython import get_ipython
from IPython.display import display
from ipywidgets import HTML, Button, Layout, VBox

from vae_lessons.exercises import banner, record
from vae_lessons.exercises.catalogue import predictions
from vae_lessons.exercises.engine.exercise import Prediction
from vae_lessons.stills import STILL


def predict(key: str) -> None:
    """Ask what will happen, record the first choice, then explain.

    In a notebook the choices are buttons; with VAE_LESSONS_WIDGETS=0 or in a terminal they are asked for by input();
    where nobody can answer they are shown, and the notebook goes on.
    """
    prediction = predictions().get(key)
    if prediction is None:
        banner.show("open", f"There is no prediction {key}", f"The keys are {', '.join(predictions())}.")
        return
    chosen = record.current()["predictions"].get(key, {}).get("choice")
    if chosen is not None and chosen >= len(prediction.choices):  # of another version of the course
        chosen = None
    widgets = getattr(get_ipython(), "kernel", None) and os.environ.get("VAE_LESSONS_WIDGETS") != "0"
    if widgets:
        display(Question(prediction, chosen))
        return
    print(_asked(prediction))
    if chosen is None:
        chosen = _typed(len(prediction.choices))
        if chosen is None:
            return
        keep(prediction, chosen)
    print(outcome(prediction, chosen))


def keep(prediction: Prediction, choice: int) -> None:
    """Record a choice; the first one counts."""
    entry = {"choice": choice, "right": choice == prediction.right}
    record.update(lambda kept: kept["predictions"].setdefault(prediction.key, entry))


def outcome(prediction: Prediction, choice: int) -> str:
    """The text shown after a choice."""
    if choice == prediction.right:
        return f"You predicted it: {prediction.truth}. {prediction.explanation}"
    return f"You expected: {prediction.choices[choice]}. It is: {prediction.truth}. {prediction.explanation}"


class Question(VBox):
    """The choices as buttons, then what comes true; without a live kernel a list and a foldable answer."""

    def __init__(self, prediction: Prediction, chosen: int | None = None) -> None:
        self._prediction = prediction
        wide = Layout(width="auto", max_width="46em", height="auto", min_height="2.2em")
        self._buttons = [Button(description=choice, layout=wide) for choice in prediction.choices]
        for place, button in enumerate(self._buttons):
            button.on_click(lambda _, place=place: self._choose(place))
        self._answer = HTML()
        asked = HTML(f"<strong>Predict.</strong> {html.escape(prediction.question)}")
        super().__init__([asked, *self._buttons, self._answer])
        if chosen is not None:
            self._reveal(chosen)

    def _choose(self, place: int) -> None:
        keep(self._prediction, place)
        self._reveal(place)

    def _reveal(self, place: int) -> None:
        for number, button in enumerate(self._buttons):
            button.disabled = True
            marks = ("✓ " if number == self._prediction.right else "") + (
                "yours: " if number == place else ""
            )
            button.description = marks + self._prediction.choices[number]
        kind = "right" if place == self._prediction.right else "information"
        self._answer.value = banner.markup(kind, "What happens", outcome(self._prediction, place))

    def _repr_mimebundle_(self, **kwargs: object) -> dict:
        items = "".join(f"<li>{html.escape(choice)}</li>" for choice in self._prediction.choices)
        truth = f"{self._prediction.truth}. {self._prediction.explanation}"
        still = (
            f'<div class="{STILL}"><strong>Predict.</strong> {html.escape(self._prediction.question)}'
            f"<ol>{items}</ol><details><summary>What happens</summary>{html.escape(truth)}</details></div>"
        )
        bundle = super()._repr_mimebundle_(**kwargs) or {}
        return {**bundle, "text/html": still, "text/plain": _asked(self._prediction)}


def _asked(prediction: Prediction) -> str:
    lines = [
        f"Predict. {prediction.question}",
        *(f"  {n}. {choice}" for n, choice in enumerate(prediction.choices, start=1)),
    ]
    return "\n".join(lines)


def _typed(count: int) -> int | None:
    """A choice typed by the user, from 0; None where nobody is there to type, or who wants to skip."""
    if getattr(get_ipython(), "kernel", None) is None and not sys.stdin.isatty():
        return None
    while True:
        try:
            answer = input(f"Your choice, 1 to {count}, or nothing to skip: ").strip()
        except (EOFError, RuntimeError):  # no input here; a kernel without one raises a RuntimeError
            return None
        if not answer:
            return None
        if answer.isdecimal() and 1 <= int(answer) <= count:
            return int(answer) - 1
