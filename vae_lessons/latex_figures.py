"""Figures in LaTeX: nbconvert takes pictures only from outputs of their own, and lessons keep them in HTML.

There they have a caption and a description, and a second copy would double the files. The package's installation tells
nbconvert of `FiguresForLatex` (latex_figures.json), and the server extension tells JupyterLab's menu of it, so that
`jupyter nbconvert --to latex` or `--to pdf` and *Save and Export Notebook As* show them.
"""

import io
from base64 import b64decode, b64encode
from html.parser import HTMLParser

from nbconvert.filters import escape_latex
from nbconvert.preprocessors import ExtractOutputPreprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_output
from PIL import Image

_FRAMES = 5  # of an animation, one below the other


class FiguresForLatex(ExtractOutputPreprocessor):
    """Puts each picture that an output holds in its HTML into an output of its own, with the caption below it.

    It runs after nbconvert has written the pictures of outputs to files, and so writes these itself.
    """

    enabled = True

    def preprocess_cell(self, cell: NotebookNode, resources: dict, index: int) -> tuple[NotebookNode, dict]:
        """The cell, changed in place; outputs without such pictures stay as they are."""
        before = cell.get("outputs", [])
        parts = [part for output in before for part in _parts(output)]
        if parts == before:
            return cell, resources
        cell.outputs = parts
        return super().preprocess_cell(cell, resources, index)


def _parts(output: NotebookNode) -> list[NotebookNode]:
    data = output.get("data", {})
    found = _Figure()
    found.feed("".join(data.get("text/html", "")))
    if not found.pictures or any(kind.startswith(("image/", "application/pdf")) for kind in data):
        return [output]
    pictures = [{"image/png": b64encode(_png(picture)).decode()} for picture in found.pictures]
    caption = {"text/latex": f"\\begin{{center}}{escape_latex(found.caption)}\\end{{center}}"}
    bundles = [*pictures, caption] if found.caption else pictures
    return [new_output("display_data", data=bundle) for bundle in bundles]


class _Figure(HTMLParser):
    """The pictures of an HTML text that are inside of it, and the text of its captions."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures, self.caption, self._in_caption = [], "", False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind, comma, picture = (dict(attrs).get("src") or "").partition(";base64,")
        if tag == "img" and comma and kind in ("data:image/png", "data:image/jpeg", "data:image/gif"):
            self.pictures.append(b64decode(picture))
        self._in_caption |= tag == "figcaption"

    def handle_endtag(self, tag: str) -> None:
        self._in_caption &= tag != "figcaption"

    def handle_data(self, data: str) -> None:
        self.caption += data if self._in_caption else ""


def _png(picture: bytes) -> bytes:
    """A picture as PNG; of an animation some frames from its beginning to its end."""
    image = Image.open(io.BytesIO(picture))
    last = getattr(image, "n_frames", 1) - 1
    if not last and image.format == "PNG":
        return picture
    places = sorted({round(step * last / (_FRAMES - 1)) for step in range(_FRAMES)})
    sheet = Image.new("RGB", (image.width, image.height * len(places)))
    for row, place in enumerate(places):
        image.seek(place)
        sheet.paste(image.convert("RGB"), (0, row * image.height))
    png = io.BytesIO()
    sheet.save(png, "png", optimize=True)
    return png.getvalue()
