"""The recipes for a class and the users' CI: what they name exists and fits; the start script loses nothing."""

import ast
import os
import re
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from tests.benchmarks import class_load
from tests.conftest import REPOSITORY
from vae_lessons.classroom import editions

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
PYTHONS = SpecifierSet(PROJECT["project"]["requires-python"])
LOCK = (REPOSITORY / "uv.lock").read_text(encoding="utf-8")
README = (REPOSITORY / "deploy" / "README.md").read_text(encoding="utf-8")
CI = yaml.safe_load((REPOSITORY / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
EXPORT = re.compile(r"uv export ([^&]*) --output-file")


def dockerfile():
    """The Dockerfile's instructions: name in capitals, and the rest of the line, continued lines joined."""
    text = (REPOSITORY / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    lines = re.sub(r"^#.*\n", "", text, flags=re.MULTILINE).replace("\\\n", " ").splitlines()
    return [
        (name, re.sub(" +", " ", rest)) for name, _, rest in (line.partition(" ") for line in lines if line)
    ]


def instructions(wanted):
    return [rest for name, rest in dockerfile() if name == wanted]


def copied():
    """Every source of a COPY."""
    return [source for rest in instructions("COPY") for source in rest.split()[:-1]]


# --- CI ---


def test_ci_runs_the_tests_on_each_system_with_oldest_locked_and_newest_packages():
    job = CI["jobs"]["test"]
    matrix = job["strategy"]["matrix"]
    assert set(matrix["os"]) == {"ubuntu-latest", "macos-latest", "windows-latest"}
    kinds = {one["packages"]: one for one in matrix["include"]}
    assert set(kinds) == set(matrix["packages"]) == {"oldest", "locked", "newest"}
    assert kinds["oldest"]["resolution"] == "lowest-direct"
    assert kinds["locked"]["resolution"] == kinds["newest"]["resolution"] == "highest"
    oldest, locked, newest = (
        [int(n) for n in kinds[kind]["python"].split(".")] for kind in ("oldest", "locked", "newest")
    )
    assert oldest <= locked <= newest
    assert f"{oldest[0]}.{oldest[1]}" in PYTHONS and f"{oldest[0]}.{oldest[1] - 1}" not in PYTHONS
    assert job["env"]["UV_PYTHON"] == "${{ matrix.python }}"
    assert job["env"]["UV_RESOLUTION"] == "${{ matrix.resolution }}"
    *_, unlock, run = job["steps"]
    assert run == {"run": "bash .ci/run"}
    assert unlock["run"] == "rm uv.lock" and unlock["if"] == "matrix.packages != 'locked'"


def test_ci_runs_on_push_on_pull_requests_and_every_week():
    triggers = CI[True]  # YAML takes "on" for true
    assert {"push", "pull_request", "schedule"} <= set(triggers)
    (minute, hour, day, month, weekday) = triggers["schedule"][0]["cron"].split()
    assert minute.isdigit() and hour.isdigit() and (day, month) == ("*", "*") and weekday.isdigit()


# --- the lock ---


def test_the_lock_names_pypi_and_no_other_host():
    assert set(re.findall(r"https?://([^/\"]+)", LOCK)) == {"pypi.org", "files.pythonhosted.org"}


def test_the_lock_is_of_these_requirements_and_not_ignored():
    (course,) = (one for one in tomllib.loads(LOCK)["package"] if one["name"] == "vae-lessons")
    locked = {(one["name"], one.get("specifier", "")) for one in course["metadata"]["requires-dist"]}
    extras = PROJECT["project"]["optional-dependencies"].values()
    wanted = [Requirement(line) for line in sum(extras, PROJECT["project"]["dependencies"])]
    assert {(name, SpecifierSet(floor)) for name, floor in locked} == {(r.name, r.specifier) for r in wanted}
    ignored = (REPOSITORY / ".gitignore").read_text(encoding="utf-8").split()
    assert not any(fnmatch("uv.lock", pattern) for pattern in ignored)


# --- the image ---


def test_what_the_image_copies_is_there_and_all_that_the_course_needs():
    for source in copied():
        assert list(REPOSITORY.glob(source)), f"the Dockerfile copies {source}"
    project = PROJECT["project"]
    assert {"pyproject.toml", "uv.lock", project["readme"], *project["license-files"]} <= set(copied())
    assert set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= set(copied())
    lessons = {
        path.name for source in copied() for path in REPOSITORY.glob(source) if path.suffix == ".ipynb"
    }
    assert lessons == {path.name for path in (REPOSITORY / "notebooks").glob("*.ipynb")}


def test_the_image_has_a_python_that_the_course_allows_and_ci_tests():
    (base,) = (rest.removeprefix("BASE=") for rest in instructions("ARG") if rest.startswith("BASE="))
    version = re.fullmatch(r"python:(3\.\d+)-slim", base)[1]
    assert version in PYTHONS
    assert version in {one["python"] for one in CI["jobs"]["test"]["strategy"]["matrix"]["include"]}


def test_the_image_starts_a_single_user_server_as_a_user_who_is_not_root():
    entry = ast.literal_eval(instructions("ENTRYPOINT")[0])
    assert entry == ["sh", "/opt/vae-lessons/deploy/start.sh"] and "deploy/start.sh" in copied()
    assert ast.literal_eval(instructions("CMD")[0]) == ["jupyterhub-singleuser"]
    number = instructions("USER")[-1].split(":")[0]
    assert int(number) > 0
    assert f"--uid {number} " in " ".join(instructions("RUN"))
    assert [name for name, _ in dockerfile()].index("USER") > max(
        place for place, (name, _) in enumerate(dockerfile()) if name == "RUN"
    )


def test_image_and_tljh_take_the_same_versions_from_the_lock():
    (image,) = EXPORT.findall(" ".join(instructions("RUN")))
    (hub,) = EXPORT.findall(README)
    assert image.replace(" ${EXTRA}", "") == hub and "--locked" in image
    for extra in re.findall(r"--extra (\w+)", README):  # only where it is asked for
        assert extra in PROJECT["project"]["optional-dependencies"]
        assert f".[{extra}]" in README
    assert ("ARG", "EXTRA=") in dockerfile()


def test_the_environment_variables_of_the_recipes_are_the_courses():
    code = "".join(path.read_text(encoding="utf-8") for path in (REPOSITORY / "vae_lessons").rglob("*.py"))
    recipes = README + (REPOSITORY / "deploy" / "Dockerfile").read_text(encoding="utf-8")
    named = set(re.findall(r"VAE_LESSONS_[A-Z]+", recipes))
    assert "VAE_LESSONS_DATA" in named
    assert {name for name in named if f'"{name}"' not in code} == set()


def linux_shell():
    return (os.name != "nt" and shutil.which("sh")) or pytest.skip("these scripts run on Linux")


@pytest.fixture
def home(tmp_path):
    """A student's empty home."""
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def start(home, *command):
    """The start script in this home, as the image runs it."""
    shell = linux_shell()
    script = REPOSITORY / "deploy" / "start.sh"
    return subprocess.run(
        [shell, script.as_posix(), *command],
        env={**os.environ, "HOME": home.as_posix()},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_student_gets_every_lesson_and_keeps_every_change(home):
    assert start(home, "echo", "the server", "runs").stdout == "the server runs\n"
    lessons = {path.name for path in (REPOSITORY / "notebooks").glob("*.ipynb")}
    assert {path.name for path in (home / "lessons").iterdir()} == lessons | {"glossary.md"}
    mine, removed, kept = (home / "lessons" / name for name in sorted(lessons)[:3])
    mine.write_text("my work", encoding="utf-8")
    removed.unlink()
    (home / "lessons" / "notes.txt").write_text("my notes", encoding="utf-8")
    before = kept.stat().st_mtime_ns
    start(home, "true")
    assert mine.read_text(encoding="utf-8") == "my work"
    assert removed.read_bytes() == (REPOSITORY / "notebooks" / removed.name).read_bytes()
    assert kept.stat().st_mtime_ns == before
    assert (home / "lessons" / "notes.txt").exists()


def test_the_server_starts_where_nothing_can_be_copied(home):
    (home / "lessons").write_text("a file, no folder", encoding="utf-8")
    run = start(home, "sh", "-c", "echo started; exit 3")
    assert run.stdout == "started\n" and run.returncode == 3
    assert (home / "lessons").read_text(encoding="utf-8") == "a file, no folder"


# --- Binder, and the text ---


def test_binder_has_a_python_that_the_course_allows_and_installs_the_course():
    folder = REPOSITORY / ".binder"
    version = (folder / "runtime.txt").read_text(encoding="utf-8").strip().removeprefix("python-")
    assert version in PYTHONS
    lines = [
        line
        for line in (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if line[0] != "#"
    ]
    assert lines[-1] == "-e .[molecules]"


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def test_every_snippet_can_be_parsed():
    assert blocks("python") and blocks("yaml") and blocks("sh")
    for code in blocks("python"):
        ast.parse(code)
    for text in blocks("yaml"):
        assert isinstance(yaml.safe_load(text), dict)
    shell = linux_shell()
    for lines in blocks("sh"):
        run = subprocess.run([shell, "-n"], input=lines, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr


def test_colab_gets_the_packages_at_the_floors_of_the_course():
    (recipe,) = blocks("ipython")
    floors = {Requirement(line).name: line for line in PROJECT["project"]["dependencies"]}
    for cell in (recipe, editions.ON_COLAB):
        asked = re.findall(r'"([\w-]+>=.+?)"', cell)
        assert asked == [floors[Requirement(line).name] for line in asked] and len(asked) == 4


def test_every_recipe_says_whether_it_was_executed():
    _, table = README.split("| recipe | executed | only written |\n", 1)
    rows = table.split("\n\n")[0].splitlines()[1:]
    named = [re.findall(r"\(#(.+?)\)", row)[0] for row in rows]
    headings = [
        line.removeprefix("## ").lower().replace(" ", "-")
        for line in README.splitlines()
        if line[:3] == "## "
    ]
    assert set(named) <= set(headings)
    assert set(headings) - set(named) == {"how-much-a-student-needs"}


# --- the load of a class ---


def test_a_class_is_extrapolated_by_what_each_further_student_took():
    assert class_load.forecast(alone=10, together=10 + 7 * 4, count=8, students=30) == 10 + 29 * 4
    assert class_load.forecast(alone=10, together=38, count=8, students=8) == 38
    assert class_load.shared(seconds=60, cpu=50, students=30, among=2) == 750
    assert class_load.shared(seconds=60, cpu=50, students=2, among=8) == 60


def test_the_load_counts_failures(monkeypatch, capsys):
    def student(error):
        return class_load.Student(None, seconds=60.0, cpu=50.0, rss=10**9, error=error)

    runs = iter([["", ""], ["", "it stopped"]])

    def measured(lesson, count, settings):
        return [student(error) for error in ([""] if count == 1 else next(runs))], count * 10**9

    monkeypatch.setattr(class_load, "measured", measured)
    assert class_load.main(["2"]) == 0
    assert "0 of 4 runs failed" in capsys.readouterr().out
    assert class_load.main(["2"]) == 1
    assert "1 of 4 runs failed\n    ! it stopped" in capsys.readouterr().out
