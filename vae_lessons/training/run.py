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
from pathlib import Path
from typing import ClassVar, Protocol

import torch
from torch import Tensor, nn
from tqdm.auto import tqdm

from vae_lessons.training import cache, half_trained
from vae_lessons.training.fingerprint import fingerprint
from vae_lessons.training.stopping import interrupt_waits


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
        self._seen = 0  # images of this epoch that are in these sums

    @property
    def done(self) -> float:
        """The share of all steps made so far, in [0, 1]."""
        return self._step / self.total_steps

    def batches(self) -> Iterator[Tensor]:
        """Indices of the images of each batch (B,): in every epoch all images once, in a new order."""
        self.began = time.perf_counter()  # the first optimizer of a kernel takes seconds to import
        for epoch in range(self.config.epochs):
            self._epoch, self._sums, self._seen = epoch, {}, 0
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
        terms = {name: term.detach() for name, term in terms.items()}
        with interrupt_waits():
            self._step += 1
            for name, term in terms.items():
                self._sums[name] = self._sums.get(name, 0) + term.sum()
            self._seen += len(next(iter(terms.values())))
        self.bar.update()
        if self._monitor:
            self._monitor.step(self.done, **terms)

    def stop(self) -> None:
        """Training was stopped: the history ends with the averages of what was seen of this epoch.

        Stopped before the first step, it has one entry, NaN, in each list, so that it has a first and a last one.
        """
        self._history.interrupted = True
        self.bar.close()
        if self._seen:
            self._end_epoch()
            return
        for values in vars(self._history).values():
            if values == []:
                values.append(math.nan)

    def _end_epoch(self) -> None:
        with interrupt_waits():
            averages = (torch.stack(list(self._sums.values())) / self._seen).tolist()
            for name, average in zip(self._sums, averages, strict=True):
                getattr(self._history, name).append(average)
            self._seen = 0
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
    try:
        with interrupt_waits():
            kept = cache.path_of(loop, Run, model, data, asdict(config), asdict(history))
            anew = not kept or not resume or os.environ.get("VAE_LESSONS_FRESH") == "1"
            found = None if anew else cache.load(kept, model)
            if found is None:
                run = Run(data[0], config, history, progress, monitor)
            else:
                vars(history).update(found)
                _say_loaded(model, history, config.epochs, len(data[0]), progress, monitor)
        if found is None:
            _go_through(run, loop, model, data, config, history, kept, monitor)
        half_trained.forget(model)
    except KeyboardInterrupt:
        if found is None and run.done < 1:
            run.stop()
            half_trained.remember(model, run.done)


def _go_through(
    run: Run,
    loop: Loop,
    model: nn.Module,
    data: tuple[Tensor | None, ...],
    config: Config,
    history: History,
    kept: Path | None,
    monitor: Monitor | None,
) -> None:
    """All steps of a run, and the copy on disk."""
    all_but_weights = fingerprint(model, weights=False)
    model.train()
    with torch.enable_grad(), torch.random.fork_rng(), _fast_matmul(), run.bar:
        torch.manual_seed(config.seed)
        try:
            loop(run, model, *data, config)
            check_weights(model, "after the last step")
        finally:
            model.eval()
            history.seconds = time.perf_counter() - run.began
            if monitor:
                monitor.end()
    if kept and fingerprint(model, weights=False) == all_but_weights:
        with interrupt_waits():
            cache.save(kept, model, asdict(history))


def _say_loaded(
    model: nn.Module, history: History, epochs: int, images: int, progress: bool, monitor: Monitor | None
) -> None:
    model.eval()
    kind = history.unit.split()[-1]  # an image, or whatever else the terms are of
    said = f"loaded, trained for {epochs} epoch{'s' * (epochs > 1)} on {images:,} {kind}s, {history.seconds:.0f} s"
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
