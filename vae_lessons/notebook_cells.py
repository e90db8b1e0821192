"""Notebook files and the code of their cells: what people hand in is read as far as it goes, whatever wrote it."""

import ast
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.core.inputtransformer2 import TransformerManager

if TYPE_CHECKING:
    from nbformat import NotebookNode

_TIMING = r"(time|timeit|capture|prun)\b"  # magics that are given Python
_CELL_MAGIC, _LINE_MAGIC = (
    re.compile(f"%%{_TIMING}.*"),
    re.compile(rf"^([ \t]*)%{_TIMING}([ \t]+-\w+([ \t]*\d+)?)*[ \t]*", re.MULTILINE),
)


@dataclass(frozen=True)
class CodeCell:
    """The code of a cell, and the heading under which it stands."""

    source: str
    heading: str


def read(path: str | os.PathLike) -> "NotebookNode":
    """A notebook, also one with a byte-order mark or with the line ends of Windows, in its file or within its cells.

    Raises OSError, or ValueError for what is no notebook.
    """
    import nbformat  # seconds, and a lesson's kernel needs none of it

    try:
        notebook = nbformat.reads(Path(path).read_text(encoding="utf-8-sig"), as_version=4)
    except (
        ValueError,
        nbformat.ValidationError,
        RecursionError,
        AttributeError,
        KeyError,
        TypeError,
    ) as error:
        raise ValueError(f"{path} is not a Jupyter notebook ({type(error).__name__}).") from None
    for cell in notebook.cells:
        cell.source = cell.source.replace("\r\n", "\n")
    return notebook


def code_cells(path: str | os.PathLike) -> list[CodeCell]:
    """The cells with code of a notebook that may be damaged: what is no cell is passed over.

    Raises FileNotFoundError, or ValueError for what is no notebook.
    """
    path = Path(path)
    try:
        notebook = json.loads(path.read_text(encoding="utf-8-sig"))
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no notebook at {path}.") from None
    except (OSError, ValueError, RecursionError, TypeError, KeyError, IndexError) as error:
        raise ValueError(f"{path} is not a Jupyter notebook ({type(error).__name__}).") from None
    found, heading = [], "the top"
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", cell.get("input", ""))
        if isinstance(source, list):
            source = "".join(line for line in source if isinstance(line, str))
        if not isinstance(source, str):
            continue
        source = source.replace("\r\n", "\n")
        if cell.get("cell_type") == "code":
            found.append(CodeCell(source, heading))
        elif headings := re.findall(r"^#+ *(.*)", source, re.MULTILINE):
            heading = headings[-1]
    return found


def parsed(source: str) -> ast.Module:
    """The Python of a cell, as IPython reads it; an empty module where there is none."""
    source = source.lstrip()
    if source.startswith("%%"):
        first, _, source = source.partition("\n")
        if not _CELL_MAGIC.match(first):
            return ast.Module([], [])
    try:
        return ast.parse(TransformerManager().transform_cell(_LINE_MAGIC.sub(r"\1", source)))
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


def names_made(tree: ast.AST) -> set[str]:
    """The names that code gives a value where it stands, not within its functions, classes and comprehensions."""
    found, waiting = set(), [tree]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                found.add(name)
                continue
            case ast.comprehension():
                waiting += [node.iter, *node.ifs]
                continue
            case ast.Name(name, ast.Store()) | ast.MatchAs(_, str(name)) | ast.MatchStar(str(name)):
                found.add(name)
            case ast.alias():
                found.add((node.asname or node.name).split(".")[0])
        waiting.extend(ast.iter_child_nodes(node))
    return found


def names_read_and_made(tree: ast.AST) -> tuple[set[str], set[str]]:
    """The names that code reads, wherever in it, and those that it gives a value, or a part of their value."""
    read, made = set(), names_made(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Name(name, ast.Load()):
                read.add(name)
            case ast.Subscript(ast.Name(name), _, ast.Store()):
                made.add(name)
    return read, made
