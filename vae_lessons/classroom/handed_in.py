"""What grading takes from a handed-in notebook: imports, definitions, constants, and the checks, in their order."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from vae_lessons.notebook_cells import names_made, parsed

_CHECKS = "vae_lessons.exercises"
_QUICK = {"math", "torch", "numpy", "functools", "itertools", "operator"}
_QUICK |= {"dataclasses", "typing", "collections"}
_QUICK_NAMES = {"abs", "bool", "complex", "dict", "float", "frozenset", "int", "len", "list", "max", "min"}
_QUICK_NAMES |= {"pow", "range", "round", "set", "sorted", "str", "sum", "tuple", "type", "zip"}


@dataclass(frozen=True)
class Step:
    """One piece of a submission: a check of an exercise, code that grading runs, or code that it leaves out.

    number: the exercise, of a check; target: the name that takes what check returns. why: why it is left out.
    makes: the names that it gives a value. beside_check: whether its cell calls check.
    """

    code: str
    number: str = ""
    target: str = ""
    why: str = ""
    makes: tuple[str, ...] = ()
    beside_check: bool = False


def steps(cells: list[str]) -> list[Step]:
    """The steps of a submission in the order of its cells."""
    trees = [parsed(cell) for cell in cells]
    called, found = _called(trees), []
    for tree in trees:
        beside_check = any(_checks(tree, called))
        for node in tree.body:
            checks = list(_checks(node, called))
            if checks:
                found += [Step(ast.unparse(answer), number, target) for number, answer, target in checks]
                continue
            why = _left_out(node, called.quick)
            if why != "nothing":
                makes = tuple(sorted(names_made(node)))
                found.append(Step(ast.unparse(node), why=why, makes=makes, beside_check=beside_check))
    return found


def without_copies(submission: list[Step], of_the_lesson: set[str]) -> list[Step]:
    """The steps without those that define what the lesson defines: these names keep the course's own definition.

    But where a cell calls check, or a name is what is checked, the student's definition counts.
    """
    checked = (ast.walk(ast.parse(step.code)) for step in submission if step.number)
    answers = {node.id for nodes in checked for node in nodes if isinstance(node, ast.Name)}
    kept = of_the_lesson - answers
    return [step for step in submission if step.why or step.beside_check or not kept & set(step.makes)]


class _Called(NamedTuple):
    """What a notebook calls check, the module that has it, and what returns at once."""

    check: set[str]
    modules: set[str]
    quick: set[str]


def _called(trees: list[ast.Module]) -> _Called:
    found = _Called({"check"}, {_CHECKS}, set(_QUICK_NAMES))
    for tree in trees:
        for node in ast.walk(tree):
            match node:
                case ast.Import(names):
                    for one in names:
                        if one.name == _CHECKS and one.asname:
                            found.modules.add(one.asname)
                        if one.name.split(".")[0] in _QUICK:
                            found.quick.add((one.asname or one.name).split(".")[0])
                case ast.ImportFrom(str(module), names):
                    for one in names:
                        name = one.asname or one.name
                        if f"{module}.{one.name}" == _CHECKS:
                            found.modules.add(name)
                        if module.startswith(_CHECKS) and one.name == "check":
                            found.check.add(name)
                        if module.split(".")[0] in _QUICK:
                            found.quick.add(name)
                case ast.Assign([ast.Name(name)], ast.Name(value)) if value in found.check:
                    found.check.add(name)
    return found


def _checks(tree: ast.AST, called: _Called) -> Iterator[tuple[str, ast.expr, str]]:
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
            case ast.Name(name) if name in called.check:
                pass
            case ast.Attribute(value, "check") if ast.unparse(value) in called.modules:
                pass
            case _:
                continue
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        number = node.args[0] if node.args else named.get("number")
        answer = node.args[1] if len(node.args) > 1 else named.get("answer")
        if isinstance(number, ast.Constant) and answer is not None:
            yield str(number.value), answer, targets.get(node, "")


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
