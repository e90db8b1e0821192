"""Tables over five seeds say what was measured, every claim held under each seed, and the lesson's own run fits in."""

import json
import re
import statistics

import nbformat
import pytest

from tests.benchmarks.lesson_seeds import KEPT, NUMBER, rankings, stdout
from vae_lessons.classroom import lessons

ROW = re.compile(r"^\| ([^|]+?) \| (.+) \|$", re.MULTILINE)
SPREAD = re.compile(r"(-?[\d.,]+) ± ([\d.,]+)")


def tables():
    """(lesson, code cell, markdown cell below it) of every ranking table."""
    for path in lessons.paths():
        for cell, below in rankings(nbformat.read(path, as_version=4)):
            yield pytest.param(path.stem[:2], cell, below, id=cell.id)


def kept(lesson, dataset="digits"):
    return json.loads((KEPT / f"{lesson}_{dataset}.json").read_text(encoding="utf-8"))


def numbers(lines, label):
    """The numbers that the first line beginning with this label holds behind it."""
    line = next(line for line in lines if line.strip().startswith(f"{label} "))
    return [float(text.replace(",", "")) for text in NUMBER.findall(line.strip().removeprefix(label))]


@pytest.mark.parametrize(("lesson", "cell", "below"), list(tables()))
def test_a_table_over_five_seeds_says_what_was_measured_and_the_run_beside_it_fits(lesson, cell, below):
    runs = kept(lesson)["cells"][cell.id]
    assert len(runs) == 5
    rows = [(label, SPREAD.findall(values)) for label, values in ROW.findall(below.source)]
    rows = [(label, said) for label, said in rows if said]
    assert rows
    for label, said in rows:
        columns = list(zip(*(numbers(lines, label) for lines in runs), strict=True))
        here = numbers(stdout(cell).splitlines(), label)
        assert len(said) == len(columns) == len(here), label
        for (mean, deviation), values, value in zip(said, columns, here, strict=True):
            decimals = len(mean.partition(".")[2])
            assert mean == f"{statistics.mean(values):.{decimals}f}", (label, values)
            assert deviation == f"{statistics.stdev(values):.{decimals}f}", (label, values)
            rounding = 10**-decimals
            assert abs(value - statistics.mean(values)) <= 4 * statistics.stdev(values) + rounding, label


def test_all_claims_of_a_lesson_with_such_tables_held_under_five_seeds():
    found = {path.stem for path in KEPT.glob("*_digits.json")}
    assert found == {f"{parameter.values[0]}_digits" for parameter in tables()}
    for lesson in found:
        claims = kept(lesson[:2])["claims"]
        assert len(claims) == 5 and set(claims.values()) == {"all claims hold"}, lesson
