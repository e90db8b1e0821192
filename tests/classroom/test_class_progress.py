"""The progress of a class is one table without names, and never replaces a file."""

import random

from vae_lessons import __main__
from vae_lessons.classroom import class_progress
from vae_lessons.exercises import record


def handed_in(path, number, **entry):
    kept = record.empty()
    record.entry(kept, number).update(entry)
    record.hand_out(kept, path)
    return path


def test_a_class_is_one_table_without_names_in_random_order(tmp_path):
    paths = [
        handed_in(tmp_path / "ada.json", "2.3", tries=2, solved=True),
        handed_in(tmp_path / "bob.json", "2.3", tries=1, hints=3, solved=True),
        handed_in(tmp_path / "eve.json", "2.5", tries=4),
    ]
    orders = set()
    for seed in range(10):
        heads, *rows = class_progress.class_table(paths, random.Random(seed))
        table = [dict(zip(heads, row, strict=True)) for row in rows]
        assert [row["student"] for row in table] == ["student-01", "student-02", "student-03"]
        orders.add(tuple(row["2.3 state"] for row in table))
        assert sorted(row["2.3 state"] for row in table) == ["open", "solved", "solved with help"]
        assert {row["2.5 state"] for row in table} == {"open", "tried"}
        assert not any(name in cell for row in rows for cell in row for name in ("ada", "bob", "eve"))
    assert len(orders) > 2


def test_the_commands_of_a_student_and_an_instructor(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("VAE_LESSONS_STATE", str(tmp_path))
    monkeypatch.setattr(record, "_in_memory", None)
    mine, table = tmp_path / "mine.json", tmp_path / "class.csv"
    assert __main__.main(["progress", "--out", str(mine)]) == 0
    assert "exercises solved" in capsys.readouterr().out
    assert __main__.main(["class-progress", str(mine), "--out", str(table)]) == 0
    assert len(table.read_text().splitlines()) == 2
    assert __main__.main(["class-progress", str(mine), "--out", str(table)]) == 1
    assert "class.csv exists already" in capsys.readouterr().err
    assert __main__.main(["class-progress", str(tmp_path / "no.json"), "--out", str(tmp_path / "x.csv")]) == 1
    assert "there is no record at" in capsys.readouterr().err
