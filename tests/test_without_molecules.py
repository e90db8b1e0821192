"""Lesson 11 without RDKit and selfies: it says how to install them, leaves its molecules out, and runs to its end."""

import os

from tests.conftest import brief
from vae_lessons.classroom import lessons
from vae_lessons.classroom.cleaning import text_of_outputs
from vae_lessons.data import molecules
from vae_lessons.notebook_cells import read

NOT_THERE = """
import importlib.machinery

find = importlib.machinery.PathFinder.find_spec


def find_others(name, *rest):
    return None if name.partition(".")[0] in ("rdkit", "selfies") else find(name, *rest)


importlib.machinery.PathFinder.find_spec = find_others
"""


def test_the_lesson_runs_to_its_end_names_the_one_command_and_checks_every_exercise(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NOT_THERE)
    path = lessons.find("11")
    notebook = brief(read(path))
    paths = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    lessons.execute(notebook, {**lessons.COMMITTED, "PYTHONPATH": paths})
    said = {cell.id: text_of_outputs(cell) for cell in notebook.cells if cell.cell_type == "code"}
    assert sum(molecules.INSTALL in text for text in said.values()) == 1
    assert sum("not attempted yet" in text for text in said.values()) == 7
    assert not said["lesson-11-36"] + said["lesson-11-38"] and "by hand" not in said["lesson-11-48"]
