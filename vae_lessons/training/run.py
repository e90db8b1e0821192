"""One training run: all that a training loop needs besides its objective.

A loop says what is minimised; a run gives it batches, and sees to the progress bar, the stop button, the history, the
monitor, the random numbers, and the copy on disk that makes a second, equal run unnecessary. All loops share this.
"""

import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from vae_lessons.training import cache
from vae_lessons.training.fingerprint import fingerprint


class Config(Protocol):
    """What a run reads of a loop's settings, a frozen dataclass; the loop reads the rest."""

    epochs: int
    batch_size: int
    seed: int


class History(Protocol):
    """What a run writes: a dataclass with these two fields, and a list for each term that its loop records.

    unit says what the terms are measured in, like "nats per image".
    """

    unit: ClassVar[str]
    seconds: float
    interrupted: bool


class Monitor(Protocol):
    """An observer of training. A KeyboardInterrupt that it raises in step ends training as the stop button does."""

    def step(self, done: float, **terms: Tensor) -> None:
        """After each step: the share of all steps made so far, and the terms that the loop records, (B,) each."""

    def end(self) -> None:
        """After the last step, for whatever reason it was the last."""

    def replay(self, history: History) -> None:
        """Instead of all steps and the end: the model was not trained but loaded, with this history."""


class Run:
    """The steps of one run, as its loop goes through them.

    >>> for batch in run.batches():  # indices of images (B,)
    ...     loss, terms = ...
    ...     run.check(loss, **terms)
    ...     ...  # one step of the optimizer
    ...     run.record(**terms)
    """

    def __init__(
        self, images: Tensor, config: Config, history: History, progress: bool, monitor: Monitor | None
    ) -> None:
        self.images, self.device, self.config = len(images), images.device, config
        self.total_steps = config.epochs * math.ceil(self.images / config.batch_size)
        self.bar = tqdm(total=self.total_steps, disable=not progress, unit="step", mininterval=0.5)
        self._history, self._monitor = history, monitor
        self._step, self._epoch = 0, 0
        self.began = time.perf_counter()
        self._sums: dict[str, Tensor] = {}  # of each term over the images of this epoch

    @property
    def done(self) -> float:
        """The share of all steps made so far, in [0, 1]."""
        return self._step / self.total_steps

    def batches(self) -> Iterator[Tensor]:
        """Indices of the images of each batch (B,): in every epoch all images once, in a new order."""
        self.began = time.perf_counter()  # the first optimizer of a kernel takes seconds to import
        for epoch in range(self.config.epochs):
            self._epoch, self._sums = epoch, {}
            yield from torch.randperm(self.images, device=self.device).split(self.config.batch_size)
            self._end_epoch()

    def check(self, loss: Tensor, **terms: Tensor) -> None:
        """Raise FloatingPointError, before the weights are spoilt, if the loss is NaN or infinite."""
        if not torch.isfinite(loss):
            averages = ", ".join(f"{_label(name)} {term.mean().item():.3g}" for name, term in terms.items())
            raise FloatingPointError(
                f"the loss became {loss.item()} in epoch {self._epoch + 1}, step {self._step + 1} of the run.\n"
                f"Averages of this batch, in {self._history.unit}: {averages}.\n"
                "A smaller learning_rate usually cures this; make a new model before you train again."
            )

    def record(self, **terms: Tensor) -> None:
        """One step is made: count it, and add these terms, (B,) each, to the averages of the epoch."""
        self._step += 1
        terms = {name: term.detach() for name, term in terms.items()}
        for name, term in terms.items():
            self._sums[name] = self._sums.get(name, 0) + term.sum()
        self.bar.update()
        if self._monitor:
            self._monitor.step(self.done, **terms)

    def _end_epoch(self) -> None:
        averages = (torch.stack(list(self._sums.values())) / self.images).tolist()
        for name, average in zip(self._sums, averages, strict=True):
            getattr(self._history, name).append(average)
        words = (f"{_label(name)} {average:.1f}" for name, average in zip(self._sums, averages, strict=True))
        self.bar.set_postfix_str(f"{', '.join(words)} {self._history.unit}")


Loop = Callable[..., None]


def train(
    loop: Loop,
    model: nn.Module,
    data: tuple[Tensor | None, ...],
    config: Config,
    history: History,
    progress: bool = True,
    monitor: Monitor | None = None,
    resume: bool = True,
) -> None:
    """Call loop(run, model, *data, config), which trains the model in place, and fill the history.

    data: the images (N, ...) first, on the model's device. A run that went to its end is kept on disk, and the same
    one again is loaded instead, unless resume=False or VAE_LESSONS_FRESH=1. A KeyboardInterrupt ends training early.
    Raises FloatingPointError if weights are NaN or infinite before or after.
    """
    check_weights(model, "before training")
    images = data[0]
    kept = cache.path_of(loop, Run, model, data, asdict(config), asdict(history))
    if kept and resume and os.environ.get("VAE_LESSONS_FRESH") != "1":
        found = cache.load(kept, model)
        if found is not None:
            vars(history).update(found)
            _say_loaded(model, history, config.epochs, len(images), progress, monitor)
            return
    all_but_weights = fingerprint(model, weights=False)
    model.train()
    run = Run(images, config, history, progress, monitor)
    with torch.random.fork_rng(), _fast_matmul(), run.bar:
        torch.manual_seed(config.seed)
        try:
            loop(run, model, *data, config)
            check_weights(model, "after the last step")
        except KeyboardInterrupt:
            history.interrupted = True
        finally:
            model.eval()
            history.seconds = time.perf_counter() - run.began
            if monitor:
                monitor.end()
    if kept and not history.interrupted and fingerprint(model, weights=False) == all_but_weights:
        cache.save(kept, model, asdict(history))


def _say_loaded(
    model: nn.Module, history: History, epochs: int, images: int, progress: bool, monitor: Monitor | None
) -> None:
    model.eval()
    said = f"loaded, trained for {epochs} epoch{'s' * (epochs > 1)} on {images:,} images, {history.seconds:.0f} s"
    tqdm(total=1, initial=1, desc=said, bar_format="{desc}", disable=not progress).close()
    if monitor:
        monitor.replay(history)


def check_weights(model: nn.Module, when: str) -> None:
    """Raise FloatingPointError naming the first weight that holds NaN or infinite numbers."""
    for name, weight in model.named_parameters():
        if not torch.isfinite(weight).all():
            raise FloatingPointError(
                f"{when}, the weight {name} holds NaN or infinite numbers.\n"
                "Make a new model; if training did this, lower learning_rate."
            )


def _label(term: str) -> str:
    return {"log_px_z": "log p(x|z)", "kl": "KL"}.get(term, term)


@contextmanager
def _fast_matmul() -> Iterator[None]:
    """Let matrix products round to bfloat16 inside where the processor gains from it; put back afterwards."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)
