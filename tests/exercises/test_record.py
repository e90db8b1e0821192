"""The record: kept across restarts, shared by notebooks, and nothing of the user's overwritten."""

import json
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY
from vae_lessons.exercises import check, hint, predict, progress, record, solution


def solve(number):
    return record.update(lambda kept: record.entry(kept, number).update(solved=True))


def test_what_was_done_is_there_after_a_restart(state_folder):
    assert solve("2.3") == ""
    code = "from vae_lessons.exercises import record; print(record.current()['exercises']['2.3']['solved'])"
    run = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True)
    assert run.stdout.strip() == "True", run.stderr


def test_two_notebooks_lose_nothing_of_each_other(state_folder):
    code = (
        "import sys; from vae_lessons.exercises import record\n"
        "for n in range(20):\n"
        "    record.update(lambda kept: record.entry(kept, f'{sys.argv[1]}.{n}').update(tries=n))"
    )
    runs = [subprocess.Popen([sys.executable, "-c", code, lesson], cwd=REPOSITORY) for lesson in "12"]
    assert [run.wait() for run in runs] == [0, 0]
    kept = record.read()["exercises"]
    assert {number: entry["tries"] for number, entry in kept.items()} == {
        f"{lesson}.{n}": n for lesson in "12" for n in range(20)
    }


def test_a_file_that_is_no_record_is_moved_aside(state_folder):
    state_folder.mkdir()
    (state_folder / "progress.json").write_text("my shopping list")
    assert record.current() == record.empty()
    assert solve("2.3") == ""
    assert (state_folder / "progress.broken-1").read_text() == "my shopping list"
    assert record.read()["exercises"]["2.3"]["solved"] is True


HALVES = [
    {"exercises": {"2.3": {}}},
    {"exercises": {"2.3": {"tries": "x", "solved": "yes", "hints": None, "solution": 1}}},
    {"exercises": {"2.3": {"tries": -4, "hints": 2.5, "solved": True}}},
    {"exercises": {"2.3": {"tries": True, "hints": [3]}}},
    {"predictions": {"4-collapse": {}}},
    {"predictions": {"4-collapse": {"choice": "a", "right": True}}},
    {"predictions": {"4-collapse": {"choice": 99, "right": 3}}},
    {"exercises": {"77.7": {"tries": {}}}, "predictions": {"no-such": {"choice": None}}},
]


@pytest.mark.parametrize("half", HALVES)
def test_halves_of_entries_are_mended_and_what_was_written_is_kept_aside(state_folder, half, notes):
    state_folder.mkdir()
    written = json.dumps({**record.empty(), **half})
    (state_folder / "progress.json").write_text(written)
    progress()
    predict("4-collapse")
    hint("2.3")
    solution("2.3")
    check("2.3", lambda mu, logvar: mu)
    kept = record.read()["exercises"]["2.3"]
    assert kept["tries"] in (0, 1) and kept["hints"] in (0, 1)  # one of each, unless it counted as solved
    assert (state_folder / "progress.broken-1").read_text() == written
    assert not (state_folder / "progress.broken-2").exists()
    assert len(notes) == 3


def test_fields_of_a_later_version_of_the_course_stay(state_folder):
    state_folder.mkdir()
    entry = {"tries": 2, "solved": False, "hints": 0, "solution": False, "minutes": 7}
    (state_folder / "progress.json").write_text(json.dumps({**record.empty(), "exercises": {"2.3": entry}}))
    assert solve("2.3") == ""
    assert record.read()["exercises"]["2.3"] == {**entry, "solved": True}
    assert not (state_folder / "progress.broken-1").exists()


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[" * 100_000,
        "[]",
        "null",
        '{"version": 2, "exercises": {}, "predictions": {}}',
        '{"version": 1}',
        "\udcff",
        '{"version": 1, "exercises": {"2.3": 5}, "predictions": {}}',
    ],
)
def test_what_is_no_record_is_refused_by_name(tmp_path, content):
    file = tmp_path / "handed_in.json"
    file.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match="handed_in.json is not a record") as error:
        record.read(file)
    assert len(str(error.value).splitlines()) <= 5


def test_where_nothing_can_be_written_progress_counts_until_the_restart(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("VAE_LESSONS_STATE", str(tmp_path / "file" / "folder"))
    assert "cannot be saved" in solve("2.3")
    assert solve("2.4") == ""
    assert set(record.current()["exercises"]) == {"2.3", "2.4"}
    assert (tmp_path / "file").read_text() == "in the way"


def test_without_a_variable_the_record_lies_in_the_user_s_state_folder(monkeypatch):
    import platformdirs

    monkeypatch.delenv("VAE_LESSONS_STATE")
    assert record.path().name == "progress.json"
    assert str(record.path()).startswith(platformdirs.user_state_dir("vae-lessons", appauthor=False))


def test_a_record_is_handed_out_without_names_and_never_over_a_file(tmp_path):
    solve("2.3")
    file = tmp_path / "mine.json"
    record.hand_out(record.current(), file)
    assert record.read(file) == record.current()
    assert set(json.loads(file.read_text())) == {"version", "exercises", "predictions"}
    with pytest.raises(FileExistsError, match="mine.json exists already"):
        record.hand_out(record.empty(), file)
    assert record.read(file) == record.current()
