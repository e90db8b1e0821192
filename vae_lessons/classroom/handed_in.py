"""What grading takes from a handed-in notebook: imports, definitions, constants, and the checks, in their order."""

import ast
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from IPython.core.inputtransformer2 import TransformerManager

_TIMING = ("%%time", "%%timeit", "%%capture", "%%prun")  # cell magics whose body is Python
_CHECKS = "vae_lessons.exercises"
_QUICK = {
    "math",
    "torch",
    "numpy",
    "functools",
    "itertools",
    "operator",
    "dataclasses",
    "typing",
    "collections",
}
_QUICK_NAMES = {
    "abs",
    "bool",
    "complex",
    "dict",
    "float",
    "frozenset",
    "int",
    "len",
    "list",
    "max",
    "min",
    "pow",
}
_QUICK_NAMES |= {"range", "round", "set", "sorted", "str", "sum", "tuple", "type", "zip"}


@dataclass(frozen=True)
class Step:
    """One piece of a submission: a check of an exercise, code that grading runs, or code that it leaves out.

    number: the exercise, of a check; target: the name that takes what check returns. why: why it is left out.
    """

    code: str
    number: str = ""
    target: str = ""
    why: str = ""


def code_cells(path: str | os.PathLike) -> list[str]:
    """The code of a notebook's cells; cells that are no cells are passed over.

    Raises FileNotFoundError, or ValueError for what is no notebook.
    """
    path = Path(path)
    try:
        notebook = json.loads(path.read_text(encoding="utf-8-sig"))
        cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
    except FileNotFoundError:
        raise FileNotFoundError(f"there is no notebook at {path}.") from None
    except (
        OSError,
        UnicodeDecodeError,
        ValueError,
        RecursionError,
        TypeError,
        KeyError,
        IndexError,
    ) as error:
        raise ValueError(f"{path} is not a Jupyter notebook ({type(error).__name__}).") from None
    found = []
    for cell in cells if isinstance(cells, list) else []:
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            if isinstance(source, list):
                source = "".join(line for line in source if isinstance(line, str))
            if isinstance(source, str):
                found.append(source.replace("\r\n", "\n"))
    return found


def parsed(source: str) -> ast.Module:
    """The Python of a cell, as IPython reads it; an empty module where there is none."""
    first, _, rest = source.lstrip().partition("\n")
    if first.startswith("%%"):
        source = rest if first.split()[0] in _TIMING else ""
    try:
        return ast.parse(TransformerManager().transform_cell(source))
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


def steps(cells: list[str], of_the_lesson: frozenset[str] = frozenset()) -> list[Step]:
    """The steps of a submission in the order of its cells.

    of_the_lesson: names that the lesson defines. They keep the course's own definition, except in cells that call
    check, and where they are what is checked.
    """
    trees = [parsed(cell) for cell in cells]
    functions, modules, quick = _names_of_check(trees), _modules(trees, _CHECKS), _quick_modules(trees)
    answers = {
        node.id
        for tree in trees
        for number, answer, _ in _checks(tree, functions, modules)
        for node in ast.walk(answer)
        if isinstance(node, ast.Name)
    }
    kept = of_the_lesson - answers
    found = []
    for tree in trees:
        with_check = any(_checks(tree, functions, modules))
        for node in tree.body:
            checks = list(_checks(node, functions, modules))
            if checks:
                found += [Step(ast.unparse(answer), number, target) for number, answer, target in checks]
                continue
            why = _left_out(node, quick)
            if not why and not with_check and _made(node) & kept:
                continue  # the lesson's own, as it was handed in
            if why != "nothing":
                found.append(Step(ast.unparse(node), why=why))
    return found


def made(step: Step) -> set[str]:
    """The names that a step gives a value."""
    return _made(ast.parse(step.code))


def _checks(tree: ast.AST, functions: set[str], modules: set[str]) -> Iterator[tuple[str, ast.expr, str]]:
    """(number, answer, name that takes what is returned) of each call of check in a tree."""
    targets = {
        node.value: node.targets[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        match node.func:
            case ast.Name(name) if name in functions:
                pass
            case ast.Attribute(value, "check") if ast.unparse(value) in modules:
                pass
            case _:
                continue
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        number = node.args[0] if node.args else named.get("number")
        answer = node.args[1] if len(node.args) > 1 else named.get("answer")
        if isinstance(number, ast.Constant) and answer is not None:
            yield str(number.value), answer, targets.get(node, "")


def _names_of_check(trees: list[ast.Module]) -> set[str]:
    """What check is called in a notebook, which may import it under another name, or give it one."""
    names = {"check"}
    for tree in trees:
        for node in ast.walk(tree):
            match node:
                case ast.ImportFrom(module) if (module or "").startswith(_CHECKS):
                    names |= {one.asname or one.name for one in node.names if one.name == "check"}
                case ast.Assign([ast.Name(name)], ast.Name(value)) if value in names:
                    names.add(name)
    return names


def _modules(trees: list[ast.Module], wanted: str) -> set[str]:
    """What a module is called in a notebook: ex after `import ... as ex`."""
    names = {wanted}
    for tree in trees:
        for node in ast.walk(tree):
            match node:
                case ast.Import():
                    names |= {one.asname for one in node.names if one.asname and one.name == wanted}
                case ast.ImportFrom(module):
                    whole = ((one.asname or one.name, f"{module}.{one.name}") for one in node.names)
                    names |= {name for name, path in whole if path == wanted}
    return names


def _quick_modules(trees: list[ast.Module]) -> set[str]:
    """Names of modules, and of what is imported from them, whose functions return at once."""
    names = set(_QUICK_NAMES)
    for tree in trees:
        for node in ast.walk(tree):
            match node:
                case ast.Import():
                    wanted = [one for one in node.names if one.name.split(".")[0] in _QUICK]
                    names |= {(one.asname or one.name).split(".")[0] for one in wanted}
                case ast.ImportFrom(module) if (module or "").split(".")[0] in _QUICK:
                    names |= {one.asname or one.name for one in node.names}
    return names


def _left_out(node: ast.stmt, quick: set[str]) -> str:
    """Why a statement is not run by grading; "" if it is, "nothing" if it would do nothing."""
    match node:
        case (
            ast.Import()
            | ast.ImportFrom()
            | ast.FunctionDef()
            | ast.AsyncFunctionDef()
            | ast.ClassDef()
            | ast.Pass()
        ):
            return ""
        case ast.Assign(_, value) | ast.AnnAssign(_, _, value) | ast.AugAssign(_, _, value) if (
            value is not None
        ):
            calls = [call.func for call in _outside_of_lambdas(value) if isinstance(call, ast.Call)]
            slow = [call for call in calls if ast.unparse(call).split(".")[0] not in quick]
            return f"it calls {ast.unparse(slow[0])}" if slow else ""
        case ast.Try(body, handlers, orelse, finalbody):
            inner = [*body, *orelse, *finalbody, *(one for handler in handlers for one in handler.body)]
            return next((why for one in inner if (why := _left_out(one, quick))), "")
        case ast.Expr(ast.Constant()):
            return "nothing"
    return "it is neither an import nor a definition nor a constant"


def _outside_of_lambdas(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    if not isinstance(node, ast.Lambda):
        for child in ast.iter_child_nodes(node):
            yield from _outside_of_lambdas(child)


def _made(tree: ast.AST) -> set[str]:
    """The names that a tree gives a value, but for those within functions."""
    found, waiting = set(), [tree]
    while waiting:
        node = waiting.pop()
        match node:
            case ast.FunctionDef(name) | ast.AsyncFunctionDef(name) | ast.ClassDef(name):
                found.add(name)
                continue
            case ast.Name(name, ast.Store()):
                found.add(name)
            case ast.alias():
                found.add((node.asname or node.name).split(".")[0])
        waiting.extend(ast.iter_child_nodes(node))
    return found
