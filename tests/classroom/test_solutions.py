"""The course's own lines take the place of a stub, with the imports that they need, and of nothing else."""

import ast

from vae_lessons.classroom.solutions import calls, solved


def test_a_solution_takes_the_place_of_the_stub_and_of_nothing_else():
    source = """import math

before = 1


def kl(mu, logvar):
    # your lines
    return None


kl = check("2.3", kl)
print(kl)"""
    tree = ast.parse(solved(source, "2.3", "kl", {"math"}))
    assert [type(node).__name__ for node in tree.body] == [
        *("Import", "Assign", "FunctionDef", "FunctionDef", "Assign", "Expr")
    ]
    assert ast.unparse(tree.body[3]).startswith("def kl(mu, logvar):")
    assert "->" not in ast.unparse(tree)


def test_what_a_solution_uses_is_imported_unless_the_notebook_knows_it():
    source = "def draw(mu, logvar):\n    return None\n\n\ndraw = check('3.1', draw)"
    assert solved(source, "3.1", "draw", set()).startswith("import torch\n\n\ndef draw(mu, logvar):")
    assert solved(source, "3.1", "draw", {"torch"}).startswith("def draw(mu, logvar):")


def test_calls_are_found_with_their_first_arguments():
    source = 'kl = check("2.3", kl, measured)\nif predict("02-hole"):\n    print(check)'
    assert sorted(calls(source)) == [("check", ["2.3", "kl"]), ("predict", ["02-hole"])]
