"""Two hundred events of every widget, sound ones and nonsense: it stays alive, whole, and says what it refused."""

import math
import random

import pytest

from tests.widgets.samples import WIDGETS, made

EVENTS = 200
NONSENSE = [
    *(None, math.nan, math.inf, -1, 10**9, True, "x", "", [], [1e30] * 3, [math.nan] * 3, {}, {"a": []}),
    *([[]], ["a", "b", "c"], memoryview(b""), memoryview(b"\x01\x02"), memoryview(bytes(10_000))),
]
QUESTIONS = [
    {"name": "decoder", "id": 1, "rows": [[0.0, 0.5, -0.5]]},
    *(
        {"name": "decoder", "id": 1, "rows": rows}
        for rows in ([], [[]], [[1.0]], "x", None, [[math.nan] * 3])
    ),
    *({}, {"name": "nobody", "id": 2, "rows": [[1.0]]}, {"id": 3}, "words", None, [1, 2]),
]


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widget_survives_whatever_comes(name):
    chance, widget, hand = random.Random(0), made(name), WIDGETS[name][1]
    traits = [*hand(0.5), "error", "no_such_trait"]
    said = []
    widget.send = lambda content, buffers=None: said.append(content)
    for _ in range(EVENTS):
        kind = chance.random()
        if kind < 0.4:
            widget.set_state(hand(chance.random()))
        elif kind < 0.8:
            widget.set_state({chance.choice(traits): chance.choice(NONSENSE)})
        else:
            widget._answer(widget, chance.choice(QUESTIONS), [])
    for t in (0.25, 0.75):
        widget.set_state(hand(t))
        assert widget.error == ""
        for trait, value in hand(t).items():
            found = getattr(widget, trait)
            if isinstance(value, list):
                assert list(found) == pytest.approx(value)
            elif not isinstance(value, memoryview):
                assert found == value
    fresh = made(name)
    for t in (0.25, 0.75):
        fresh.set_state(hand(t))
    assert widget.still()[1:] == fresh.still()[1:], "nothing of what was refused is left"
    if "decoder" in widget._networks:
        widget._answer(widget, QUESTIONS[0], [])
        assert "error" not in said[-1]


@pytest.mark.parametrize("name", WIDGETS)
def test_a_closed_widget_stays_silent(name):
    widget = made(name)
    widget.close()
    said = []
    widget.send = lambda content, buffers=None: said.append(content)
    widget.set_state(WIDGETS[name][1](0.5))
    assert widget.comm is None and said == []
