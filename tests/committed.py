"""The committed notebooks as tests read them: their code, their slides, and what their definitions do."""

import ast

import nbformat
from nbformat import NotebookNode

from vae_lessons.classroom import lessons
from vae_lessons.classroom.cleaning import slide_type


def committed(lesson: str) -> NotebookNode:
    """The notebook of a lesson, by its name such as "04_kl_balance"."""
    return nbformat.read(lessons.FOLDER / f"{lesson}.ipynb", as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def slides(notebook: NotebookNode) -> list[list[NotebookNode]]:
    """The cells of each slide, without those that are left out."""
    found = []
    for cell in notebook.cells:
        if slide_type(cell) in ("slide", "subslide"):
            found.append([])
        if slide_type(cell) != "skip":
            found[-1].append(cell)
    return found


def plain(node: ast.AST) -> str:
    """A definition without docstrings and annotations: what it does, not how it is described."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(inner) is not None:
            inner.body = inner.body[1:] or [ast.Pass()]
        if isinstance(inner, ast.FunctionDef):
            inner.returns = None
        if isinstance(inner, ast.arg):
            inner.annotation = None
    return ast.unparse(node)
