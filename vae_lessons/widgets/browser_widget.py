"""The base class of all widgets: compute in the browser where possible, and leave a still picture behind."""

import html
import traceback
from collections.abc import Callable
from pathlib import Path

import anywidget
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons.plotting import as_img
from vae_lessons.stills import STILL
from vae_lessons.widgets.arrays import decode, encode, prior_points
from vae_lessons.widgets.network_export import decoder_for, encoder_for, for_browser, gives_the_same


def script(*names: str) -> str:
    """The JavaScript of one widget: what all share, then the named files of this folder, as one module."""
    files = (Path(__file__).parent / f"{name}.js" for name in ("network", "page", *names))
    return "\n".join(file.read_text("utf-8") for file in files)


class BrowserWidget(anywidget.AnyWidget):
    """A widget that computes in the browser what it can and asks Python for the rest.

    A subclass gives its functions with `offer` and its still picture with `still`. The networks are kept as they
    were when the widget was made. An exception in a callback on a trait is shown in the widget.
    """

    invitation = "Run this cell to move it by hand."  # ends the caption of the still picture
    _css = Path(__file__).parent / "style.css"

    error = traitlets.Unicode().tag(sync=True)
    _networks = traitlets.Dict().tag(sync=True)  # name -> {"layers": [...]}, or {}: ask Python
    _weights = traitlets.Bytes().tag(sync=True)  # of all networks, as 16-bit floats

    def __init__(self, **traits: object) -> None:
        self._functions: dict[str, Callable[[Tensor], Tensor]] = {}
        super().__init__(**traits)
        self.on_msg(self._answer)

    def offer(
        self, name: str, function: Callable[[Tensor], Tensor], network: nn.Sequential | None, rows: Tensor
    ) -> None:
        """Let the browser compute `function`, from rows (N, I) to rows (N, O), under this name.

        It runs `network` there, if it knows all layers and the network gives what the function gives for `rows`;
        else each call goes to Python.
        """
        self._functions[name] = function
        layers, weights = None, b""
        if network is not None and gives_the_same(network, function, rows):
            layers, weights = for_browser(network, rows, start=len(self._weights) // 2)
        self._networks = {**self._networks, name: {} if layers is None else {"layers": layers}}
        self._weights += weights

    def offer_decoder(self, model: nn.Module, codes: Tensor) -> None:
        """Offer the plain decoder, from z (N, J) to pixels (N, H W), tried on codes (N, J) and on the prior."""
        points = torch.cat([prior_points(16, model.latent_dim), codes])
        self.offer("decoder", lambda rows: decode(model, rows).flatten(1), decoder_for(model), points)

    def offer_encoder(self, model: nn.Module, x: Tensor) -> None:
        """Offer the encoder, from pixels (N, H W) to mu and logvar side by side (N, 2 J), tried on x (N, 1, H, W).

        Of a model that encodes points it gives z (N, J).
        """
        shape = x.shape[1:]

        def encode_rows(rows: Tensor) -> Tensor:
            mu, std = encode(model, rows.view(-1, *shape))
            return mu if std is None else torch.cat([mu, 2 * std.log()], 1)  # (N, J) or (N, 2 J)

        self.offer("encoder", encode_rows, encoder_for(model, shape[1:]), x.cpu().flatten(1))

    def still(self) -> tuple[Figure, str, str]:
        """What stays visible without a live kernel: a figure, its caption, and its alt text."""
        raise NotImplementedError

    def set_state(self, sync_data: dict) -> None:
        """Apply changes made in the browser; an exception in a callback is shown in the widget, with its place."""
        try:
            super().set_state(sync_data)
        except Exception as error:
            place = traceback.extract_tb(error.__traceback__)[-1]
            self.error = f"{type(error).__name__} in {place.name}, line {place.lineno}: {error}"
        else:
            self.error = ""

    def _answer(self, _widget: object, question: dict, _buffers: list) -> None:
        try:
            with torch.no_grad():
                rows = torch.tensor(question["rows"], dtype=torch.float32)
                numbers = self._functions[question["name"]](rows)
            self.send({"to": question["id"]}, [numbers.float().cpu().numpy().tobytes()])
        except Exception as error:
            asked = question.get("id") if isinstance(question, dict) else None
            self.send({"to": asked, "error": f"{type(error).__name__}: {error}"})

    def _repr_mimebundle_(self, **kwargs: object) -> tuple[dict, dict]:
        """The live widget, and a still picture for whoever reads the notebook without a kernel."""
        bundle, metadata = super()._repr_mimebundle_(**kwargs)
        figure, caption, alt = self.still()
        caption += f" {self.invitation}"
        bundle["text/plain"] = f"{caption}\n[{alt}]"
        bundle["text/html"] = (
            f'<figure class="{STILL}">{as_img(figure, alt)}'
            f"<figcaption>{html.escape(caption)}</figcaption></figure>"
        )
        return bundle, metadata
