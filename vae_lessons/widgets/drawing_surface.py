"""The drawing that is made by hand, shared by DrawingPad and AnomalyPad."""

import math

import torch
import traitlets
from torch import Tensor


class DrawingSurface(traitlets.HasTraits):
    """What a widget that is drawn on has beside its other traits; its _shape holds rows and columns of the drawing."""

    # One byte a pixel, 0 paper to 255 ink.
    drawing = traitlets.Bytes().tag(sync=True, from_json=lambda value, _widget: bytes(value))

    @traitlets.validate("drawing")
    def _check_drawing(self, proposal: dict) -> bytes:
        if len(proposal.value) != math.prod(self._shape):
            raise traitlets.TraitError(
                f"drawing needs {math.prod(self._shape)} bytes, not {len(proposal.value)}."
            )
        return proposal.value

    @property
    def x(self) -> Tensor:
        """The drawing as the encoder sees it: (1, 1, H, W), float in [0, 1]."""
        pixels = torch.frombuffer(bytearray(self.drawing), dtype=torch.uint8)
        return pixels.view(1, 1, *self._shape) / 255
