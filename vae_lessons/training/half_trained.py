"""Models whose training was stopped, and the cells of a notebook that use them all the same.

A stop ends one training, and *Run All* goes on with a model that has learnt half of what the text says. So the cells
that use such a model, or anything made with it, say so before they run, and a claim that does not hold for it
(an assert) is reported there and does not end the run of the notebook.
"""

import ast
import weakref

from IPython import get_ipython
from torch import nn

from vae_lessons.notebook_cells import names_read_and_made, parsed

# Each stopped model, with the share of its steps that it made.
_stopped: weakref.WeakKeyDictionary[nn.Module, float] = weakref.WeakKeyDictionary()
_made_with: set[str] = set()  # names of the notebook whose values were made with one of them
_in_question = False  # whether the cell that runs uses one of them


def remember(model: nn.Module, done: float) -> None:
    """This model's training was stopped after this share of its steps: the next cells that use it will say so."""
    global _in_question
    _stopped[model], _in_question = done, True
    shell = get_ipython()
    if shell is not None and _before_cell not in shell.events.callbacks["pre_run_cell"]:
        shell.events.register("pre_run_cell", _before_cell)
        shell.events.register("post_run_cell", _after_cell)


def forget(model: nn.Module) -> None:
    """This model has gone through a whole training."""
    _stopped.pop(model, None)


def tolerates(failed: AssertionError) -> bool:
    """Whether the notebook goes on although this claim failed: it does, and says so, in a cell with half a model."""
    if _in_question:
        print(f"A claim that does not hold for a half-trained model: {failed or 'an assert of this cell'}")
    return _in_question


def _before_cell(info: object) -> None:
    global _in_question
    used, _ = _in_cell(info, has_run=False)
    _in_question = bool(used)
    if used:
        names = get_ipython().user_ns
        shares = {name: _share(names.get(name)) for name in sorted(used)}
        said = [f"{name} ({share:.0%} of its steps)" for name, share in shares.items() if share is not None]
        what = ", ".join(said) or f"{', '.join(shares)}, made with such a model"
        print(f"Half trained, because training was stopped: {what}. What is said below may not hold.")


def _after_cell(result: object) -> None:
    _, made = _in_cell(result.info, has_run=True)
    for name, with_half in made.items():
        (_made_with.add if with_half else _made_with.discard)(name)


def _in_cell(info: object, has_run: bool) -> tuple[set[str], dict[str, bool]]:
    """The half-trained names that a cell uses, and all names that it gives a value: made with half a model or not."""
    shell = get_ipython()
    statements = parsed(info.raw_cell).body if info.store_history else []  # else a user interface asks
    models = {name for name, value in shell.user_ns.items() if _share(value) is not None}
    half = _made_with | models
    used, made = set(), {}
    for statement in statements:
        loaded, stored = names_read_and_made(statement)
        touched = {name for name in loaded if made.get(name, name in half)}
        used |= {name for name in touched if name not in made}
        made.update(dict.fromkeys(stored, bool(touched or (has_run and stored & models))))
    return used, made


def _share(value: object) -> float | None:
    """The share of steps that a model made before it was stopped, or a model in a list or dictionary of some."""
    if isinstance(value, nn.Module):
        return _stopped.get(value)
    several = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    shares = [_stopped[one] for one in several if isinstance(one, nn.Module) and one in _stopped]
    return min(shares, default=None)


class _Claims(ast.NodeTransformer):
    """Turns each assert of a cell into one whose failure is tolerated with half a model."""

    def visit_Assert(self, node: ast.Assert) -> ast.Try:
        tried = ast.parse(
            "try:\n    pass\nexcept AssertionError as failed_claim:\n"
            f"    if not __import__({__name__!r}, fromlist=['tolerates']).tolerates(failed_claim):\n        raise"
        ).body[0]
        tried.body = [node]
        for part in ast.walk(tried.handlers[0]):
            ast.copy_location(part, node)
        return ast.copy_location(tried, node)


def watch_claims() -> None:
    """In a notebook, let a claim that fails with half a model be reported there, and the next cells run."""
    shell = get_ipython()
    if shell is not None and not any(isinstance(one, _Claims) for one in shell.ast_transformers):
        shell.ast_transformers.append(_Claims())
