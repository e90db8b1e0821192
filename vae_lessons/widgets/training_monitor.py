"""A live view of training: curves of its terms, samples over time, and a button that ends it cleanly."""

import time
from collections.abc import Iterable
from pathlib import Path

import torch
import traitlets
from ipykernel.connect import get_connection_file
from IPython.display import display
from matplotlib.figure import Figure
from torch import Tensor, nn

from vae_lessons import plotting
from vae_lessons.training.run import History
from vae_lessons.widgets.arrays import as_bytes, check_grey, decode, prior_points
from vae_lessons.widgets.browser_widget import BrowserWidget, script

COLUMNS = 8
MOMENTS = (0, 1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1)  # shares of training at which samples are drawn
SECONDS = 0.1  # between two looks at the curves
FEW = 10  # steps, whose average strays too far for a point of its own
TITLES = {  # name, unit: how to read it
    "log_px_z": "log p(x|z), nats per image: higher is better",
    "kl": "KL from the prior, nats per image",
}


class TrainingMonitor(BrowserWidget):
    """Give it to training.fit: it appears under the progress bar and stays as a picture when training has ended.

    The curves are averages over the steps since the last look, in nats per image; the rows of samples are the same
    points of the prior, decoded again each time training has gone twice as far. Stop ends training as the kernel's
    stop button does: the model keeps what it has learnt. Its numbers are the same with and without a monitor.

    >>> history = fit(model, images, TrainConfig(epochs=5), monitor=TrainingMonitor(model))
    """

    _esm = script("training_monitor")
    invitation = "Run this cell to watch it."

    stopped = traitlets.Bool().tag(sync=True)  # the student pressed stop
    _kernel = traitlets.Unicode().tag(sync=True)  # the server's name for this kernel, if there is one
    _titles = traitlets.List().tag(sync=True)  # one for each term that is recorded
    _steps = traitlets.List().tag(sync=True)  # [[share done, first term, second term, ...], ...]
    _samples = traitlets.Bytes().tag(sync=True)
    _columns = traitlets.Int(COLUMNS).tag(sync=True)
    _shape = traitlets.List().tag(sync=True)  # rows and columns of a picture
    _ended = traitlets.Bool().tag(sync=True)

    def __init__(self, model: nn.Module) -> None:
        check_grey(model)
        self._model, self._display, self._shown = model, None, False
        self._z = prior_points(COLUMNS, model.latent_dim)
        self._rows: list[Tensor] = []
        self._since: list[Tensor] = []  # the averages of all terms (T,) in each step since the last look
        self._before: list[Tensor] = []  # and between the last two
        self._done, self._looked = 0.0, time.perf_counter()
        super().__init__(_kernel=_kernel_id())

    def step(self, done: float, **terms: Tensor) -> None:
        """One step of training, `done` of the way, with its terms, (B,) each. Raises KeyboardInterrupt after Stop."""
        self._done = done
        self._name(terms)
        self._since.append(torch.stack([term.mean() for term in terms.values()]))
        if len(self._rows) < len(MOMENTS) and done >= MOMENTS[len(self._rows)]:
            self._model.eval()  # decodes without chance, so training goes on as if nobody had looked
            self._keep(decode(self._model, self._z).nan_to_num())
            self._model.train()
        if not self._shown:
            self._shown, self._display = True, display(self, display_id=True)
        if time.perf_counter() - self._looked > SECONDS:
            self._look()
        if self.stopped:
            raise KeyboardInterrupt

    def end(self) -> None:
        """Training has ended: leave a picture of it."""
        if self._steps and len(self._since) < FEW:  # they join the last point
            self._steps, self._since = self._steps[:-1], [*self._before, *self._since]
        self._look()
        self._ended = True
        if self._display is not None:
            self._display.update(self)

    def replay(self, history: History) -> None:
        """Show a run that was loaded: its averages per epoch, and samples of the model as it is."""
        terms = {name: values for name, values in vars(history).items() if isinstance(values, list)}
        self._name(terms)
        epochs = list(zip(*terms.values(), strict=True))
        self._steps = [[epoch / len(epochs), *averages] for epoch, averages in enumerate(epochs, start=1)]
        self._keep(decode(self._model, self._z))
        self._done, self._ended = 1.0, True
        self._display = display(self, display_id=True)

    def _keep(self, images: Tensor) -> None:
        """Add a row of samples (COLUMNS, 1, H, W)."""
        self._rows.append(images)
        self._shape, self._samples = list(images.shape[2:]), as_bytes(torch.cat(self._rows))

    def _name(self, terms: Iterable[str]) -> None:
        if not self._titles:
            self._titles = [TITLES.get(name, name) for name in terms]

    def _look(self) -> None:
        if self._since:
            self._steps = [*self._steps, [self._done, *torch.stack(self._since).mean(0).tolist()]]
        self._before, self._since, self._looked = self._since, [], time.perf_counter()

    def still(self) -> tuple[Figure, str, str]:
        """The curves and the sheet of samples."""
        titles = self._titles or list(TITLES.values())
        ratios = (*(3 for _ in titles), 2)
        figure, (*axes, right) = plotting.axes(
            len(ratios), width=4 + 3 * len(titles), height=3.0, width_ratios=ratios
        )
        steps = [step for step in self._steps if step[0] > 0.05] or self._steps  # the first are far off
        done = [100 * step[0] for step in steps]
        for place, (axis, title) in enumerate(zip(axes, titles, strict=True), start=1):
            name, _, unit = title.partition(":")[0].partition(", ")
            axis.plot(done, [step[place] for step in steps])
            axis.set(title=name, xlabel="% of training", ylabel=unit)
        height, width = self._shape or (1, 1)
        sheet = (
            torch.cat(self._rows or [torch.zeros(COLUMNS, 1, height, width)])
            .view(-1, COLUMNS, height, width)
            .swapaxes(1, 2)
        )  # (R, H, C, W)
        plotting.picture(right, sheet.reshape(1, -1, COLUMNS * width))
        right.set_title("samples; time runs down")
        caption = (
            f"{100 * self._done:.0f} % of training: both terms of the ELBO, and samples that get better."
        )
        return (
            figure,
            caption,
            "Curves of log p(x|z) and of the KL, and rows of samples, the later the clearer.",
        )


def _kernel_id() -> str:
    """A Jupyter server calls a kernel's connection file kernel-ID.json; empty where no server started this process."""
    try:
        name = Path(get_connection_file()).stem
    except RuntimeError:
        return ""
    return name.removeprefix("kernel-") if name.startswith("kernel-") else ""
