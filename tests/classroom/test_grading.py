"""Grading runs only named functions, in a pristine copy of the lesson, and keeps them from doing harm."""

import csv
import json
import os
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tests.conftest import REPOSITORY
from vae_lessons import __main__
from vae_lessons.classroom import editions, grading, lessons
from vae_lessons.exercises import catalogue
from vae_lessons.exercises.catalogue import exercises

RIGHT_KL = """def my_kl(mu, logvar):
    return half_sum(mu**2 + logvar.exp() - 1 - logvar)


def half_sum(terms):
    return 0.5 * terms.sum(-1)


my_kl = check("2.3", my_kl)
"""
# Only what the lesson itself imports and defines, so it works in the pristine copy alone.
RIGHT_ELBO = """def negative_elbo(x, x_logits, mu, logvar):
    return -(bernoulli_log_likelihood(x_logits, x) - kl_closed_form(mu, logvar)).mean()


negative_elbo = check("2.5", negative_elbo)
"""


@pytest.fixture
def submission(tmp_path):
    """Writes a notebook of these code cells and returns its path."""

    def write(*sources, name="submission.ipynb"):
        cells = [new_markdown_cell("# mine"), *(new_code_cell(source) for source in sources)]
        nbformat.write(new_notebook(cells=cells), tmp_path / name)
        return tmp_path / name

    return write


def verdicts(grades):
    return {one.number: (one.state, one.sentence) for one in grades}


def test_right_wrong_and_missing_answers_are_told_apart(submission):
    graded = verdicts(grading.grade(submission(RIGHT_KL.replace("0.5", "-0.5"), RIGHT_ELBO)))
    assert list(graded) == [number for number in exercises() if number.startswith("2.")]
    assert graded["2.3"][0] == "diagnosed"
    assert graded["2.3"][1].startswith("Your KL is negative")
    assert graded["2.5"] == ("right", "Right.")
    assert graded["2.4"] == ("not attempted", "The submission has no cell that checks it.")


@pytest.mark.parametrize("lesson", catalogue.lessons())
def test_the_solutions_of_every_lesson_are_graded_right(tmp_path, lesson):
    path = lessons.find(lesson)
    nbformat.write(editions.instructor(nbformat.read(path, as_version=4), path.stem), tmp_path / path.name)
    graded = verdicts(grading.grade(tmp_path / path.name))
    assert len(graded) >= 5
    assert {state for state, _ in graded.values()} == {"right"}, graded


READ_OFF = """def linear_numbers(pca_errors, reached):
    return {answer}


linear_numbers = check("1.5", linear_numbers, pca_errors, swept["convolutional"][8])
"""


@pytest.mark.parametrize(
    ("answer", "state"), [("35", "right"), ("pca_errors[8]", "diagnosed"), ("None", "not attempted")]
)
def test_a_number_read_off_a_run_is_graded_by_the_course_s_own_run(submission, answer, state):
    assert verdicts(grading.grade(submission(READ_OFF.format(answer=answer))))["1.5"][0] == state


def test_other_cells_other_statements_and_the_last_word(submission, tmp_path):
    trace = tmp_path / "trace"
    elsewhere = f"open({str(trace)!r}, 'w').write('ran')"
    graded = grading.grade(
        submission(
            elsewhere,
            "%timeit 1\nthis is no python",
            RIGHT_KL.replace("0.5", "2"),
            elsewhere + "\n" + RIGHT_KL,
        )
    )
    assert verdicts(graded)["2.3"][0] == "right"
    assert not trace.exists()


def test_a_lesson_s_own_definitions_are_the_course_s_not_the_submission_s(submission):
    cheat = "def kl_closed_form(*a):\n    return 0\n\n\ndef bernoulli_log_likelihood(*a):\n    return 0"
    assert verdicts(grading.grade(submission(cheat, RIGHT_ELBO)))["2.5"][0] == "right"


MISDEEDS = {  # exercise -> what its function does, and what the grade says of it
    "2.1": ("with open('big', 'w') as file: file.write('x')", "OSError"),
    "2.2": ("import torch; torch.empty(20 << 30, dtype=torch.uint8).fill_(1)", "RuntimeError"),
    "2.4": ("import os; os._exit(3)", "without a verdict"),
    "2.5": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "without a verdict"),
    "2.6": ("import os; return os.environ['SECRET']", "KeyError"),
}


@pytest.mark.skipif(sys.platform != "linux", reason="memory and files are limited on Linux only")
def test_what_a_function_must_not_do_harms_its_own_exercise_only(submission, monkeypatch):
    monkeypatch.setenv("SECRET", "token")
    cells = [
        f"def f(*arguments):\n    {body}\n\n\nf = check('{number}', f)".replace("; ", "\n    ")
        for number, (body, _) in MISDEEDS.items()
    ]
    endless = "import time\n\n\ndef f(n=time.sleep(60)):\n    pass\n\n\nf = check('2.3', f)"
    right = "def f(a, b, c):\n    return torch.logsumexp(a + b - c, 0) - math.log(len(a))\n\n\nf = check('2.7', f)"
    graded = {one.number: one for one in grading.grade(submission(*cells, endless, right))}
    for number, (_, expected) in MISDEEDS.items():
        assert graded[number].state in ("raised", "stopped"), graded[number]
        assert expected in graded[number].sentence, graded[number]
    assert "did not run `def f(n=time.sleep(60)):`: it took too long" in graded["2.3"].sentence
    assert graded["2.7"].state == "right"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("not json", "is not a Jupyter notebook"),
        ('{"nbformat": 4}', "is not a Jupyter notebook"),
        (json.dumps(new_notebook(cells=[new_code_cell("1 + 1")])), "calls check for no exercise"),
    ],
)
def test_what_is_no_submission_is_refused_by_name(tmp_path, content, said):
    path = tmp_path / "thing.ipynb"
    path.write_text(content)
    with pytest.raises(ValueError, match=said) as error:
        grading.grade(path)
    assert "thing.ipynb" in str(error.value)
    assert len(str(error.value).splitlines()) <= 5
    with pytest.raises(FileNotFoundError, match="nowhere.ipynb"):
        grading.grade(tmp_path / "nowhere.ipynb")


def test_the_command_grades_several_and_goes_on_after_a_broken_one(submission, tmp_path, capsys):
    good, bad, table = submission(RIGHT_KL), tmp_path / "bad.ipynb", tmp_path / "grades.csv"
    bad.write_text("broken")
    assert __main__.main(["grade", str(bad), str(good), "--csv", str(table)]) == 1
    said = capsys.readouterr()
    assert "bad.ipynb is not a Jupyter notebook" in said.err
    assert "1 of 8 right" in said.out
    with table.open() as file:
        rows = list(csv.DictReader(file))
    assert {row["exercise"] for row in rows if row["state"] == "right"} == {"2.3"}


IMPORTS = "import math\nimport torch\nfrom vae_lessons.exercises import check"
HALF = "0.5 * (mu**2 + logvar.exp() - 1 - logvar).sum(1)"
KL = f"def kl(mu, logvar):\n    return {HALF}"


def test_what_was_left_out_is_said(submission):
    cells = [
        "def make():\n    return 0.5",
        "HALF = make()",
        KL.replace("0.5", "HALF"),
        "kl = check('2.3', kl)",
    ]
    state, sentence = verdicts(grading.grade(submission(IMPORTS, *cells)))["2.3"]
    assert state == "raised"
    assert "(the grader did not run `HALF = make()`: it calls make.)" in sentence


def test_a_wrong_answer_is_replaced_for_what_follows_as_in_the_notebook(submission):
    wrong = f"{KL.replace('0.5', '-0.5')}\n\nkl = check('2.3', kl)"
    loss = "(kl(mu, logvar) - bernoulli_log_likelihood(x_logits, x)).mean()"
    uses = f"def loss(x, x_logits, mu, logvar):\n    return {loss}"
    graded = verdicts(grading.grade(submission(IMPORTS, wrong, uses, "check('2.5', loss)")))
    assert (graded["2.3"][0], graded["2.5"][0]) == ("diagnosed", "right")


def damaged(cells):
    """A notebook whose cells have lost parts, or have parts of another kind."""
    odd = [
        {"cell_type": "code", "source": 12},
        {"cell_type": "code"},
        {"source": "x = 1"},
        "no cell",
        {"cell_type": "code", "source": ["x = 1\n", 5], "outputs": "none"},
    ]
    return {"cells": odd + [{"cell_type": "code", "source": source} for source in cells]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_damaged_notebook_is_graded_as_far_as_it_goes(tmp_path, encoding):
    path = tmp_path / "damaged.ipynb"
    path.write_text(json.dumps(damaged([IMPORTS, KL, "check('2.3', kl)"])), encoding=encoding)
    assert verdicts(grading.grade(path))["2.3"][0] == "right"


def test_a_name_that_the_console_cannot_write_ends_nothing(submission, tmp_path):
    path = submission(IMPORTS, KL, "check('2.3', kl)", name="Łukasz.ipynb")
    ran = subprocess.run(
        [sys.executable, "-m", "vae_lessons", "grade", str(path), "--csv", str(tmp_path / "grades.csv")],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"},
        cwd=REPOSITORY,
    )
    assert ran.returncode == 0, ran.stderr
    assert "Łukasz" in (tmp_path / "grades.csv").read_text(encoding="utf-8")
