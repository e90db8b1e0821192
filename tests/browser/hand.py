"""A student's hand, eyes and a word with Python: what the tests of pages with widgets share."""

import json
from collections.abc import Callable

from playwright.sync_api import Locator, Page

CLOSE = 3  # of 255: the browser's weights have 16 bits, and both sides round


def ask(page: Page, expression: str) -> object:
    """The value of a Python expression in the page's kernel."""
    printed = page.evaluate(
        """async (code) => {
            const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
            const future = kernel.requestExecute({ code, store_history: false });
            let printed = "";
            future.onIOPub = ({ header, content }) => {
                if (header.msg_type === "stream" && content.name === "stdout") printed += content.text;
                if (header.msg_type === "error") throw new Error(content.traceback.join("\\n"));
            };
            await future.done;
            return printed;
        }""",
        f"print(__import__('json').dumps({expression}))",
    )
    return json.loads(printed)


def pixels(canvas: Locator) -> list[int]:
    """The ink of a canvas, 0 to 255."""
    return canvas.evaluate(
        """(canvas) => Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)
            .filter((_, n) => n % 4 === 0).map((grey) => 255 - grey)"""
    )


def furthest(ours: list[float], theirs: list[float]) -> float:
    assert len(ours) == len(theirs)
    return max(abs(a - b) for a, b in zip(ours, theirs, strict=True))


def soon(page: Page, holds: Callable[[], bool], what: str) -> None:
    """Wait until it holds; a widget that asks Python answers a moment later."""
    for _ in range(40):
        if holds():
            return
        page.wait_for_timeout(50)
    raise AssertionError(what)


def data(widget: Locator, name: str) -> object:
    return json.loads(widget.get_attribute(f"data-{name}"))


def drag(what: Locator, *places: tuple[float, float]) -> None:
    """Press at the first place, go to the others, let go; places are shares of width and height."""
    what.scroll_into_view_if_needed()
    box, mouse = what.bounding_box(), what.page.mouse
    for number, (x, y) in enumerate(places):
        mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=6)
        if number == 0:
            mouse.down()
    mouse.up()


def press(what: Locator, *keys: str) -> None:
    what.focus()
    for key in keys:
        what.page.keyboard.press(key)
