"""The exercises as they stand in the notebooks: announced as declared, and running whatever the student wrote."""

import ast
import inspect
import textwrap

import nbformat
import pytest

from tests.committed import code_cells, plain
from tests.conftest import Hurried, cut_down, cut_to, use_few_strings
from vae_lessons import data, plotting
from vae_lessons.classroom import lessons
from vae_lessons.exercises import catalogue, record
from vae_lessons.exercises.catalogue import exercises, predictions

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


def lesson_notebook(lesson):
    return nbformat.read(lessons.find(lesson), as_version=4)


def of_lesson(lesson, found):
    return {key: one for key, one in found.items() if one.lesson == lesson}


def checked(tree):
    """The statements name = check(number, name) of a cell."""
    for node in tree.body:
        match node:
            case ast.Assign(
                targets=[ast.Name(name)],
                value=ast.Call(func=ast.Name("check"), args=[ast.Constant(number), ast.Name(handed), *_]),
            ) if name == handed:
                yield node, number, name


@pytest.fixture(params=catalogue.lessons())
def lesson(request):
    return request.param


def test_every_exercise_is_announced_as_declared_and_checked_once(lesson):
    notebook = lesson_notebook(lesson)
    cells, numbers = notebook.cells, []
    for place, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        for _, number, _ in checked(ast.parse(cell.source)):
            exercise = exercises()[number]
            announced = " ".join(cells[place - 1].source.replace("`", "").split())
            effort = f"({exercise.minutes} minutes, difficulty {exercise.difficulty} of 3)"
            assert announced.startswith(f"**{number} {exercise.title}** {effort}. ")
            assert " ".join(exercise.task.replace("`", "").split()) in announced, (
                f"the task of {number} differs"
            )
            numbers.append(number)
    mine = of_lesson(lesson, exercises())
    assert numbers == list(mine)
    total = sum(exercise.minutes for exercise in mine.values())
    assert f"minutes, and {total} for the exercises)" in cells[0].source
    assert any(f"{len(mine)} exercises, {total} minutes in all" in cell.source for cell in cells)


def test_warm_ups_take_two_minutes_and_other_exercises_3_to_25():
    assert len(exercises()) >= 24
    for exercise in exercises().values():
        warm_up = exercise.title.startswith("Warm-up: ")
        assert exercise.minutes == 2 if warm_up else 3 <= exercise.minutes <= 25
        assert exercise.difficulty == 1 if warm_up else exercise.difficulty in (1, 2, 3)
        assert len(set(exercise.hints)) == 3


def test_every_lesson_has_an_exercise_to_derive_to_read_or_to_build(lesson):
    titles = [exercise.title for exercise in of_lesson(lesson, exercises()).values()]
    assert any(title.startswith(("Derive: ", "Read: ", "Build: ")) for title in titles)


def test_cells_to_mend_are_those_the_check_knows(lesson):
    for cell in code_cells(lesson_notebook(lesson)):
        tree = ast.parse(cell.source)
        for _, number, name in checked(tree):
            (handed_out,) = (node for node in tree.body if getattr(node, "name", None) == name)
            if exercises()[number].given is not None:
                given = ast.parse(textwrap.dedent(inspect.getsource(exercises()[number].given))).body[0]
                given.name = name
                assert plain(handed_out) == plain(given)
            else:
                (last,) = (node for node in ast.walk(handed_out) if isinstance(node, ast.Return))
                assert isinstance(last.value, ast.Constant) and last.value.value is None, (
                    f"{number} is solved already"
                )


def test_every_prediction_is_asked_once_before_what_it_predicts(lesson):
    asked = []
    for cell in code_cells(lesson_notebook(lesson)):
        for node in ast.walk(ast.parse(cell.source)):
            match node:
                case ast.Call(func=ast.Name("predict"), args=[ast.Constant(key)]):
                    assert key not in asked
                    asked.append(key)
    assert asked == sorted(of_lesson(lesson, predictions()), key=asked.index)


def run_in(space, cell, answers):
    """Execute a cell without its assertions, with other answers in place of the student's."""
    tree = ast.parse(cell.source)
    for node, number, _ in checked(tree):
        node.value.args[1] = ast.Subscript(ast.Name("_answers", ast.Load()), ast.Constant(number), ast.Load())
    space["_answers"] = answers
    exec(compile(ast.fix_missing_locations(Hurried().visit(tree)), "cell", "exec"), space)


def test_after_wrong_answers_a_lesson_goes_on(lesson, monkeypatch, tmp_path):
    """Its exercises and the cells they need; all of it runs unsolved in nbval, and solved in browser.test_course."""
    monkeypatch.setattr(data, "load", cut_down(data.load))
    use_few_strings(monkeypatch.setattr)
    monkeypatch.setattr(plotting, "show", lambda figure, caption, alt: None)  # drawn by nbval
    monkeypatch.setenv("VAE_LESSONS_STATE", str(tmp_path))
    mine = of_lesson(lesson, exercises())
    wrong = {number: exercise.mistakes[0] for number, exercise in mine.items()}
    space: dict = {"__name__": "__main__"}
    for cell in code_cells(cut_to(lesson_notebook(lesson), 'check("')):
        run_in(space, cell, wrong)
    kept = record.read()["exercises"]
    assert {number: (kept[number]["tries"], kept[number]["solved"]) for number in mine} == dict.fromkeys(
        mine, (1, False)
    )
