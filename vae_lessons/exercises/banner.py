"""The notes that checks, hints and predictions show: framed in a notebook, plain text elsewhere."""

import html
import sys

from IPython import get_ipython
from IPython.display import display

from vae_lessons.plotting import BLUE, GREEN, GREY, ORANGE

COLOURS = {"right": GREEN, "not yet": ORANGE, "open": GREY, "information": BLUE}


class Lines(str):
    """Lines of code or numbers, to be set as they are; other parts of a note are prose."""


def show(kind: str, title: str, *parts: str) -> None:
    """Display a title and parts, prose or Lines; kind (see COLOURS) decides the colour of the frame."""
    show_as({"text/html": markup(kind, title, *parts), "text/plain": plain(title, *parts)})


def show_as(bundle: dict[str, str]) -> None:
    """Display a note in each of its forms; where there is no IPython, print its text."""
    if get_ipython() is None:
        letters = getattr(sys.stdout, "encoding", None) or "utf-8"  # a console may lack some
        print(bundle["text/plain"].encode(letters, errors="replace").decode(letters))
    else:
        display(bundle, raw=True)


def markup(kind: str, title: str, *parts: str) -> str:
    """The note as HTML, in the colours of the page it stands on. In prose, `this` is set as code."""
    body = "".join(_block(part) for part in parts if part)
    style = f"border-left: 5px solid {COLOURS[kind]}; padding: 0.2em 0.8em; line-height: 1.5"
    return f'<div style="{style}"><div><strong>{html.escape(title)}</strong></div>{body}</div>'


def plain(title: str, *parts: str) -> str:
    """The note as text."""
    return "\n".join(
        [title, *(part if isinstance(part, Lines) else part.replace("`", "") for part in parts if part)]
    )


def _block(part: str) -> str:
    if isinstance(part, Lines):
        style = "margin: 0.3em 0; white-space: pre-wrap; word-break: normal"
        return f'<pre style="{style}">{html.escape(part)}</pre>'
    pieces = html.escape(part).split("`")
    words = "".join(f"<code>{piece}</code>" if place % 2 else piece for place, piece in enumerate(pieces))
    return f'<div style="max-width: 50em">{words}</div>'
