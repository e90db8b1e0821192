"""The button that starts a lecture in JupyterLab: slides in this window, speaker notes in a second one."""

from pathlib import Path

import anywidget


class Lecture(anywidget.AnyWidget):
    """Start turns the notebook into slides (jupyterlab-slideshow) and opens its notes with a clock and the plan.

    It reads the page that it stands in: the cells of notes that `editions.with_notes` put there, as they are now,
    so change them as you like. Slides follow the keys pressed in either window.
    """

    _esm = Path(__file__).parent / "lecture.js"
    _css = """
    .vae-lessons-lecture { display: flex; flex-wrap: wrap; gap: 8px; align-items: center; }
    .vae-lessons-lecture button { font-size: 16px; padding: 6px 14px; }
    .vae-lessons-lecture p { margin: 0; color: var(--jp-ui-font-color1); }
    """
