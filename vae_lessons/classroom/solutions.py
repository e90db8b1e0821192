"""The course's own lines for an exercise, as text that stands in a notebook."""

import ast
import inspect
import re
import textwrap
from collections.abc import Iterable

from vae_lessons.exercises.catalogue import exercises


def solved(source: str, number: str, name: str, known: set[str]) -> str:
    """The source of a cell with the course's own lines for an exercise in place of the definition of `name`.

    What they use is imported first, but for the names that the notebook knows already.
    """
    lines = source.splitlines()
    (stub,) = (node for node in ast.parse(source).body if getattr(node, "name", None) == name)
    imports, texts = own_lines(number, name, known)
    filled = "\n\n\n".join([*(["\n".join(imports)] if imports else []), *texts.values()])
    return "\n".join([*lines[: stub.lineno - 1], filled, *lines[stub.end_lineno :]])


def own_lines(number: str, name: str, known: set[str]) -> tuple[list[str], dict[str, str]]:
    """The course's own answer to an exercise as text: imports of unknown names, and definitions by what they define.

    The answer itself is the one of `name`.
    """
    exercise = exercises()[number]
    shown, own = exercise.shown or (exercise.reference,), exercise.reference.__name__
    texts = [_without_annotations(textwrap.dedent(inspect.getsource(part)).rstrip()) for part in shown]
    known = known.union(*map(imported_or_defined, texts))
    imports = dict.fromkeys(
        line for part, text in zip(shown, texts, strict=True) for line in _imports(part, text, known)
    )
    names = [name if part is exercise.reference else part.__name__ for part in shown]
    texts = [re.sub(rf"^(def|class) {own}\b", rf"\1 {name}", text, flags=re.MULTILINE) for text in texts]
    return list(imports), dict(zip(names, texts, strict=True))


def calls(source: str) -> Iterable[tuple[str, list]]:
    """(function, its first arguments) of every check and predict of a cell; a name among them is its text."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Call(func=ast.Name("check" | "predict" as function), args=[_, *_]):
                yield (
                    function,
                    [one.id if isinstance(one, ast.Name) else ast.literal_eval(one) for one in node.args[:2]],
                )


def _imports(part: object, text: str, known: set[str]) -> Iterable[str]:
    """The lines by which a module got the unknown names that the text of its part uses, or that give them from it."""
    module = inspect.getmodule(part)
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)} - known
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            node.names = [alias for alias in node.names if (alias.asname or alias.name) in used]
            if node.names:
                yield ast.unparse(node)
        elif getattr(node, "name", None) in used:
            yield f"from {module.__name__} import {node.name}"


def imported_or_defined(source: str) -> set[str]:
    """The names that the code of a cell imports or defines at its top."""
    names = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        names |= {node.name} if isinstance(node, ast.FunctionDef | ast.ClassDef) else set()
    return names


def _without_annotations(source: str) -> str:
    """The same code without the types of what functions take and return, as lessons are written."""
    starts = [0, *(found.end() for found in re.finditer("\n", source))]
    cuts = []  # (from, to) in the text
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.arg) and node.annotation is not None:
            end = starts[node.end_lineno - 1] + node.end_col_offset
            cuts.append((starts[node.lineno - 1] + node.col_offset + len(node.arg), end))
        if isinstance(node, ast.FunctionDef) and node.returns is not None:
            end = starts[node.returns.end_lineno - 1] + node.returns.end_col_offset
            cuts.append((source.rindex(" ->", 0, end), end))
    for begin, end in sorted(cuts, reverse=True):
        source = source[:begin] + re.sub("^ = ", "=", source[end:])
    one_line = re.compile(r"^( *def \w+)\(\n\s*(.*)\n\s*\):", re.MULTILINE)
    return one_line.sub(r"\1(\2):", source)
