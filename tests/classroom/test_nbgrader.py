"""nbgrader itself makes the students' release, and gives points for what check calls right."""

import ast
import json
import os
import shutil
import subprocess

import nbformat
import pytest

from tests.committed import code_cells, committed
from tests.conftest import REPOSITORY
from vae_lessons.__main__ import main
from vae_lessons.classroom import editions, nbgrader
from vae_lessons.classroom.solutions import own_lines
from vae_lessons.exercises import check
from vae_lessons.exercises.catalogue import exercises

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
LESSON = "02_vae"
OF_CI = ("UV_LOCKED", "UV_RESOLUTION")  # what CI asks of uv for this project, and not for nbgrader
DEFINITIONS = ast.Import | ast.ImportFrom | ast.FunctionDef | ast.ClassDef
GRADES = """
import json
from nbgrader.api import Gradebook

with Gradebook("sqlite:///gradebook.db") as gradebook:
    notebook = gradebook.find_submission_notebook("02_vae", "vae", "anna")
    print(json.dumps({grade.name: [grade.score, grade.max_score] for grade in notebook.grades}))
"""


def source_version(lesson):
    return nbgrader.source_version(editions.student(committed(lesson), lesson))


def graded(notebook, kind):
    """The cells that nbgrader knows by this field, by their id in its database."""
    known = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get(kind)]
    return {cell.metadata.nbgrader.grade_id: cell for cell in known}


def test_every_exercise_has_a_cell_with_its_solution_and_one_that_grades_it(lesson):
    notebook, committed_one = source_version(lesson), committed(lesson)
    numbers = [
        n for n in exercises() if f'check("{n}"' in "\n".join(cell.source for cell in committed_one.cells)
    ]
    keys = [number.replace(".", "-") for number in numbers]
    answers, tests = graded(notebook, "solution"), graded(notebook, "grade")
    assert sorted(answers) == sorted(f"exercise-{key}" for key in keys)
    assert sorted(tests) == sorted(f"test-{key}" for key in keys)
    for number, key in zip(numbers, keys, strict=True):
        test = tests[f"test-{key}"]
        assert f'check("{number}"' in test.source and test.source.endswith(f'require("{number}")')
        assert test.metadata.nbgrader.points == exercises()[number].minutes and test.metadata.nbgrader.locked
        assert answers[f"exercise-{key}"].source.count("### BEGIN SOLUTION") >= 1
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))


def test_nothing_but_the_answer_changes(lesson):
    """Without regions and calls of require, the statements of a lesson are those of the committed one, in its order."""

    def statements(notebook, hidden=()):
        for cell in code_cells(notebook):
            for node in ast.parse(cell.source).body:
                if getattr(node, "name", None) not in hidden and "require" not in ast.unparse(node):
                    yield ast.unparse(node)

    names = {
        node.name
        for cell in graded(source_version(lesson), "solution").values()
        for node in ast.parse(cell.source).body
        if hasattr(node, "name")
    }
    assert list(statements(source_version(lesson), names)) == list(statements(committed(lesson), names))


def test_lines_to_be_mended_stay_below_the_region():
    cell = graded(source_version("01_autoencoder"), "solution")["exercise-1-4"]
    _, below = cell.source.split("    ### END SOLUTION\n")
    assert below.startswith("    x_hat = x_logits.sigmoid()")


def test_it_is_an_edition_for_students(tmp_path, capsys):
    assert main(["edition", "instructor", "--for", "nbgrader", "--out", str(tmp_path / "x")]) == 1
    assert "one for students" in capsys.readouterr().err and not (tmp_path / "x").exists()


def test_what_nbgrader_leaves_in_place_of_a_solution_is_not_attempted(capsys):
    def kl(mu, logvar):
        # YOUR CODE HERE
        raise NotImplementedError()

    assert check("2.3", kl) is exercises()["2.3"].reference
    assert "not attempted yet" in capsys.readouterr().out


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A function that runs nbgrader in a new course, whose assignment is lesson 02 without its experiments."""
    uv = shutil.which("uv") or pytest.skip("uv is not on this machine")
    course = tmp_path_factory.mktemp("course")
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.Execute.timeout = 300\n")

    def ran(*command):
        tool = [uv, "run", "--quiet", "--no-sync", "--project", REPOSITORY]
        tool += ["--with", "nbgrader>=0.9.5", "python"]
        environment = {name: value for name, value in os.environ.items() if name not in OF_CI}
        environment |= {"VAE_LESSONS_STATE": str(course / "state"), "VAE_LESSONS_DATASET": "digits"}
        done = subprocess.run([*tool, *command], cwd=course, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    source = course / "source" / "vae"
    assert main(["edition", "student", "--for", "nbgrader", "--lessons", "02", "--out", str(source)]) == 0
    notebook = nbformat.read(source / f"{LESSON}.ipynb", as_version=4)
    for cell in code_cells(notebook):
        if "nbgrader" not in cell.metadata:
            kept = [node for node in ast.parse(cell.source).body if isinstance(node, DEFINITIONS)]
            cell.source = "\n".join(map(ast.unparse, kept))
    nbformat.write(notebook, source / f"{LESSON}.ipynb")
    ran.course = course
    return ran


def test_the_course_s_own_solutions_pass(run):
    assert "Success! Your notebook passes all the tests." in run(
        "-m", "nbgrader", "validate", f"source/vae/{LESSON}.ipynb"
    )


def test_students_get_points_for_what_is_right(run):
    run("-m", "nbgrader", "generate_assignment", "vae")
    release = run.course / "release" / "vae" / f"{LESSON}.ipynb"
    notebook = nbformat.read(release, as_version=4)
    answers = graded(notebook, "solution")
    assert len(answers) == 8
    for cell in answers.values():
        assert "raise NotImplementedError()" in cell.source and "SOLUTION" not in cell.source
    imports, texts = own_lines("2.1", "bernoulli", set())
    answers["exercise-2-1"].source = "\n".join([*imports, *texts.values()])
    answers["exercise-2-3"].source = "def kl(mu, logvar):\n    return (mu**2).sum(1)"
    handed_in = run.course / "submitted" / "anna" / "vae" / release.name
    handed_in.parent.mkdir(parents=True)
    nbformat.write(notebook, handed_in)
    run("-m", "nbgrader", "autograde", "vae")
    grades = json.loads(run("-c", GRADES).splitlines()[-1])
    minutes = {f"test-{n.replace('.', '-')}": e.minutes for n, e in exercises().items() if n.startswith("2.")}
    assert grades == {key: [points if key == "test-2-1" else 0, points] for key, points in minutes.items()}
