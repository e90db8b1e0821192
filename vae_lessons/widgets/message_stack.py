"""Images go into a message by bits back, one after the other, and come out again: every step with its bits."""

import copy
import math
import zlib
from collections.abc import Mapping

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons import evaluation, plotting
from vae_lessons.bits_back import Stack, put_in, take_out
from vae_lessons.data.images import binarize, check_images
from vae_lessons.widgets.arrays import as_bytes, check_grey
from vae_lessons.widgets.browser_widget import BrowserWidget, script
from vae_lessons.widgets.validators import checked_choice

IMAGES = 16  # at most
STEPS = ("pop z by q(z|x)", "push x by p(x|z)", "push z by p(z)")


class MessageStack(BrowserWidget):
    """Black-and-white images on a stack of bits, put in and taken out by several models; drag the number of steps.

    models: {"VAE": model, ...} with Bernoulli pixels; images (N, 1, H, W), of which the first 16 are coded,
    binarised. Each image takes three steps: pop z, push x, push z. done counts the steps, chosen is a model's name.

    >>> stack = MessageStack({"VAE": vae, "std doubled": wide}, test_images)
    >>> stack.done = 6  # two images are in
    """

    _esm = script("message_stack")

    chosen = traitlets.Unicode().tag(sync=True)
    done = traitlets.Int(0).tag(sync=True)  # steps, three an image
    _names = traitlets.List().tag(sync=True)
    _bits = traitlets.List().tag(sync=True)  # of each model: the message's length after 0, 1, 2, ... steps
    _sums = traitlets.List().tag(sync=True)  # of each model: the checksum of the message after them
    _elbos = traitlets.List().tag(sync=True)  # of each model: minus the images' ELBO, in bits per pixel
    _steps = traitlets.List(list(STEPS)).tag(sync=True)
    _shape = traitlets.List().tag(sync=True)
    _images = traitlets.Bytes().tag(sync=True)

    def __init__(self, models: Mapping[str, nn.Module], images: Tensor) -> None:
        check_images(images, grey=True)
        if not models:
            raise ValueError('there is no model that codes: give {"VAE": model, ...}.')
        self._x = binarize(images[:IMAGES]).cpu() / 255  # (N, 1, H, W)
        runs, elbos = [], []
        for model in models.values():
            check_grey(model)
            runs.append(_coded(copy.deepcopy(model).cpu(), self._x))
            many = self._x.repeat(20, 1, 1, 1)  # draws of z for each image
            elbos.append(-evaluation.test_elbo(model, many) / math.log(2) / self._x[0].numel())
        super().__init__(
            _names=list(models),
            _bits=[[round(bits, 2) for bits, _ in run] for run in runs],
            _sums=[[f"{checksum:08x}" for _, checksum in run] for run in runs],
            _elbos=elbos,
            _shape=list(images.shape[2:]),
            _images=as_bytes(self._x),
        )
        self.chosen, self.done = self._names[0], 3 * len(self._x)

    @traitlets.validate("chosen")
    def _check_chosen(self, proposal: dict) -> str:
        return checked_choice("chosen", proposal.value, self._names)

    @traitlets.validate("done")
    def _check_done(self, proposal: dict) -> int:
        if not 0 <= proposal.value <= 3 * len(self._x):
            raise traitlets.TraitError(
                f"done is a number of steps, 0 to {3 * len(self._x)}, not {proposal.value}."
            )
        return proposal.value

    def still(self) -> tuple[Figure, str, str]:
        """The steps of the image that is on top, and the bits per pixel so far against the ELBO."""
        bits = np.array(self._bits[self._names.index(self.chosen)])
        last = max(0, 3 * ((self.done - 1) // 3))  # the step before the image on top
        figure, (left, right) = plotting.axes(2, width=9.0, height=2.8)
        made = np.diff(bits[last : self.done + 1])
        left.barh(
            STEPS[: len(made)], made, color=(plotting.ORANGE, plotting.BLUE, plotting.GREEN)[: len(made)]
        )
        left.invert_yaxis()
        left.axvline(0, color="black", linewidth=1)
        left.set(title="the image on top", xlabel="bits")
        for run, name, elbo, colour in zip(self._bits, self._names, self._elbos, _COLOURS * 9, strict=False):
            per_pixel = (np.array(run[3::3]) - run[0]) / self._x[0].numel() / np.arange(1, len(self._x) + 1)
            right.plot(range(1, len(self._x) + 1), per_pixel, color=colour, label=name)
            right.axhline(elbo, color=colour, linestyle=":")
        right.set(title="dotted: minus the ELBO", xlabel="images in the message", ylabel="net bits per pixel")
        right.xaxis.get_major_locator().set_params(integer=True)
        right.legend()
        images_in, grown = self.done // 3, bits[self.done] - bits[0]
        caption = (
            f"{self.chosen}, {self.done} steps: {images_in} images in the message, {grown:.0f} bits longer."
        )
        alt = "Bars of the bits of each step; beside them the bits per pixel as images are added, with the ELBO."
        return figure, caption, alt


_COLOURS = (plotting.BLUE, plotting.ORANGE, plotting.GREEN, plotting.PINK, plotting.GREY)


class _Recorded(Stack):
    """A stack that notes how long it is after every push and pop, by precision: the three steps have one each."""

    def __init__(self, lanes: int, spare: int = 0) -> None:
        super().__init__(lanes, spare)
        self.lengths: dict[int, tuple[float, int]] = {}  # precision -> bits, checksum

    def note(self, precision: int) -> None:
        checksum = zlib.crc32(self.heads.tobytes() + np.array(self.words, np.uint32).tobytes())
        self.lengths[precision] = self.bits(), checksum

    def push(self, start: np.ndarray, width: np.ndarray, precision: int) -> None:
        super().push(start, width, precision)
        self.note(precision)

    def pop(self, start: np.ndarray, width: np.ndarray, precision: int) -> None:
        super().pop(start, width, precision)
        self.note(precision)


@torch.no_grad()
def _coded(model: nn.Module, x: Tensor) -> list[tuple[float, int]]:
    """Length in bits and checksum of the message at first and after each step; all images come out again."""
    stack = _Recorded.for_model(model)
    stack.note(0)
    run = [stack.lengths[0]]
    for image in x.split(1):
        stack.lengths = {}
        put_in(stack, model, image)
        run += stack.lengths.values()
    for place in range(len(x), 0, -1):
        taken = take_out(stack, model)
        stack.note(0)
        if not torch.equal(taken[0], x[place - 1]) or stack.lengths[0] != run[3 * (place - 1)]:
            raise RuntimeError(
                f"image {place} did not come out as it went in; this model is not repeatable here."
            )
    return run
