"""One visible training loop for every model of the course, its settings, its history and its checkpoints."""

import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Protocol

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from tqdm.auto import tqdm

from vae_lessons import training_cache
from vae_lessons.beta_schedules import beta_at, free_bits
from vae_lessons.data import check_conditions, check_images, to_condition, to_unit
from vae_lessons.elbo import beta_loss, elbo_terms_per_latent


@dataclass(frozen=True)
class TrainConfig:
    """How to train. Every number that decides the result is here, so equal configs give equal models."""

    epochs: int = 10  # passes over the images
    batch_size: int = 128  # images per step
    learning_rate: float = 6e-3  # its peak, reached after a fifth of the steps; from there it falls to 0
    beta: float = 1.0  # weight of the KL in the loss
    beta_schedule: str = "constant"  # or "warm_up" or "cyclical": how beta gets to its value
    free_bits: float = 0.0  # nats per latent and image that the loss does not count
    seed: int = 0  # order of the images, binarisation and reparameterization noise
    binarize: bool = True  # draw each pixel as 0 or 1 with its grey value as probability, anew at each step

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            value = getattr(self, name)
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"TrainConfig({name}={value!r}): give a whole number of at least 1.")
        if not 0 < self.learning_rate < math.inf:
            raise ValueError(
                f"TrainConfig(learning_rate={self.learning_rate!r}): give a positive number, like 4e-3."
            )
        if not 0 <= self.beta < math.inf:
            raise ValueError(
                f"TrainConfig(beta={self.beta!r}): give 0 or a positive number; the ELBO has beta = 1."
            )
        if not 0 <= self.free_bits < math.inf:
            raise ValueError(f"TrainConfig(free_bits={self.free_bits!r}): give 0 or a positive number.")
        beta_at(0.0, self.beta_schedule)  # raises for a name that is not known


@dataclass
class History:
    """What training saw: one entry per epoch, in nats per image, averaged while the weights were moving."""

    log_px_z: list[float] = field(default_factory=list)
    kl: list[float] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = False  # True when the student pressed stop; the entries so far are kept

    @property
    def elbo(self) -> list[float]:
        """log_px_z - kl per epoch."""
        return [log_px_z - kl for log_px_z, kl in zip(self.log_px_z, self.kl, strict=True)]


class Monitor(Protocol):
    """Whoever watches training; a KeyboardInterrupt raised in step ends it as the stop button does."""

    def step(self, done: float, log_px_z: Tensor, kl: Tensor) -> None:
        """After each step: the share of all steps, and log_px_z (B,) and kl (B,) of its batch."""

    def end(self) -> None:
        """After the last step, however it came to be the last."""

    def replay(self, history: History) -> None:
        """Instead of all steps and the end: the model was not trained but loaded as it was left then."""


def fit(
    model: nn.Module,
    images: Tensor,
    config: TrainConfig | None = None,
    conditions: Tensor | None = None,
    progress: bool = True,
    monitor: Monitor | None = None,
    resume: bool = True,
) -> History:
    """Train a model in place on images (N, 1, 28, 28), uint8 or float in [0, 1], on the device it is on.

    conditions: for a conditional model, one per image (N, ...): labels, attributes, or images, of which uint8
    ones are scaled to [0, 1]. progress: show the bar. monitor: watches each step, like widgets.TrainingMonitor.
    resume: a run that went to its end is kept on disk (training_cache); the same one again, from the same weights
    by the same code, is loaded in no time. resume=False, or VAE_LESSONS_FRESH=1, trains anew.
    Ctrl-C (the stop button) ends training early and returns the history so far. Raises ValueError or TypeError
    for images or conditions that do not fit, FloatingPointError at the step that turns NaN or infinite.
    Same seed, same machine, same weights at the start: the same model, bit for bit.

    >>> model = VAE(latent_dim=20)
    >>> history = fit(model, data.load().train_images, TrainConfig(epochs=5))
    """
    config = config or TrainConfig()
    check_images(images)
    _check_weights(model, "before training")
    device = next(model.parameters()).device
    images = images.to(device)
    if conditions is not None:
        check_conditions(images, conditions)
        conditions = to_condition(conditions).to(device)
    _check_fit(model, images, conditions)
    history = History()
    kept = training_cache.path_of(_train, model, images, conditions, asdict(config), asdict(history))
    if kept and resume and os.environ.get("VAE_LESSONS_FRESH") != "1":
        told = training_cache.load(kept, model)
        if told is not None:
            return _loaded(model, History(**told), len(images), progress, monitor)
    beside_weights = training_cache.beside_weights(model)
    _train(model, images, config, conditions, history, progress, monitor)
    if kept and not history.interrupted and training_cache.beside_weights(model) == beside_weights:
        training_cache.save(kept, model, asdict(history))
    return history


def _loaded(
    model: nn.Module, history: History, images: int, progress: bool, monitor: Monitor | None
) -> History:
    """Say that the model was trained before."""
    model.eval()
    epochs = len(history.kl)
    said = f"loaded, trained for {epochs} epoch{'s' * (epochs > 1)} on {images:,} images, {history.seconds:.0f} s"
    tqdm(total=1, initial=1, desc=said, bar_format="{desc}", disable=not progress).close()
    if monitor:
        monitor.replay(history)
    return history


def _train(
    model: nn.Module,
    images: Tensor,
    config: TrainConfig,
    conditions: Tensor | None,
    history: History,
    progress: bool,
    monitor: Monitor | None,
) -> None:
    """The loop; fills the history."""
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate, betas=(0.9, 0.99), fused=True)
    steps_per_epoch = math.ceil(len(images) / config.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        config.learning_rate,
        total_steps=config.epochs * steps_per_epoch,
        pct_start=0.2,
        anneal_strategy="linear",
        cycle_momentum=False,
    )
    device, start = images.device, time.perf_counter()
    model.train()
    bar = tqdm(total=schedule.total_steps, disable=not progress, unit="step")
    with torch.random.fork_rng(), _fast_matmul(), bar:
        torch.manual_seed(config.seed)
        try:
            for epoch in range(config.epochs):
                totals = torch.zeros(2, device=device)  # sums of log_px_z and kl over the epoch
                for batch in torch.randperm(len(images), device=device).split(config.batch_size):
                    x = pixels(images[batch], config.binarize)  # (B, 1, 28, 28)
                    condition = None if conditions is None else conditions[batch]
                    log_px_z, kl = elbo_terms_per_latent(model, x, condition)  # (B,), (B, J)
                    done = schedule.last_epoch / schedule.total_steps  # share of all steps
                    beta = config.beta * beta_at(done, config.beta_schedule)
                    loss = beta_loss(log_px_z, free_bits(kl, config.free_bits), beta)
                    kl = kl.sum(1)  # (B,)
                    _check_loss(loss, log_px_z, kl, epoch, schedule.last_epoch)
                    optimizer.zero_grad()
                    loss.backward()
                    optimizer.step()
                    schedule.step()
                    totals += torch.stack([log_px_z.sum(), kl.sum()]).detach()
                    bar.update()
                    if monitor:
                        monitor.step(
                            schedule.last_epoch / schedule.total_steps, log_px_z.detach(), kl.detach()
                        )
                log_px_z, kl = (totals / len(images)).tolist()
                history.log_px_z.append(log_px_z)
                history.kl.append(kl)
                bar.set_postfix_str(f"log p(x|z) {log_px_z:.1f}, KL {kl:.1f} nats per image")
            _check_weights(model, "after the last step")
        except KeyboardInterrupt:
            history.interrupted = True
        finally:
            model.eval()
            history.seconds = time.perf_counter() - start
            if monitor:
                monitor.end()


def pixels(images: Tensor, binarize: bool) -> Tensor:
    """Images as the model takes them: float (B, 1, 28, 28) in [0, 1], or drawn 0/1 with those probabilities."""
    x = to_unit(images)
    return (torch.rand_like(x) < x).float() if binarize else x


def save_checkpoint(
    path: str | os.PathLike, model: nn.Module, config: TrainConfig, overwrite: bool = False
) -> None:
    """Write weights and config to one .safetensors file: to a temporary file first, renamed when complete.

    Raises FileExistsError where a file already is, unless overwrite=True.
    """
    path = Path(path).expanduser()
    if path.exists() and not overwrite:
        raise FileExistsError(
            f"{path} already holds a checkpoint.\nChoose another name, or pass overwrite=True."
        )
    told = {"config": json.dumps(asdict(config)), "model": type(model).__name__}
    training_cache.write_weights(path, model, told)


def load_checkpoint(path: str | os.PathLike, model: nn.Module) -> TrainConfig:
    """Load weights into a model of the same kind and sizes; returns the config it was trained with.

    Reads safetensors only, never pickle. Raises FileNotFoundError or ValueError; the model is then untouched.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise FileNotFoundError(
            f"there is no checkpoint at {path}.\nCheck the path, or train and save one first."
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
    except SafetensorError as error:
        raise ValueError(
            f"{path} is not a whole safetensors file ({error}).\nTrain and save it again."
        ) from None
    expected = {name: tuple(tensor.shape) for name, tensor in model.state_dict().items()}
    found = {name: tuple(tensor.shape) for name, tensor in weights.items()}
    if metadata.get("model") != type(model).__name__ or found != expected:
        different = sorted(
            name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name)
        )
        raise ValueError(
            f"{path} holds a {metadata.get('model')}, and your model is a {type(model).__name__}.\n"
            f"Weights that differ in name or shape: {', '.join(different[:3]) or 'none'}.\n"
            "Build the model with the sizes it was saved with, then load again."
        )
    try:
        config = TrainConfig(**json.loads(metadata["config"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(
            f"{path} was saved with settings that this version does not know ({error}).\n"
            "Train and save it again."
        ) from None
    model.load_state_dict(weights)
    return config


@contextmanager
def _fast_matmul() -> Iterator[None]:
    """Let matrix products round to bfloat16 inside where the processor gains from it; put back afterwards."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


@torch.no_grad()
def _check_fit(model: nn.Module, images: Tensor, conditions: Tensor | None) -> None:
    """Try the model once before training: with the first condition, and labels at their smallest and largest."""
    tried = [None]
    if conditions is not None and conditions.ndim == 1 and not conditions.is_floating_point():
        tried = [conditions.min()[None], conditions.max()[None]]
    elif conditions is not None:
        tried = [conditions[:1]]
    for condition in tried:
        try:
            with torch.random.fork_rng():
                model(to_unit(images[:1])) if condition is None else model(to_unit(images[:1]), condition)
        except (RuntimeError, TypeError, IndexError) as error:
            told = "" if condition is None else f" with conditions of shape {tuple(condition.shape[1:])}"
            raise ValueError(
                f"this {type(model).__name__} cannot take images of shape {tuple(images.shape[1:])}{told}.\n"
                "The course's networks are made for images (1, 28, 28). A conditional model, and no other, needs\n"
                "conditions: labels (N,) below its number of classes, attributes (N, A), or images (N, 1, 28, 28).\n"
                f"PyTorch says: {str(error).splitlines()[0][:160]}"
            ) from None


def _check_loss(loss: Tensor, log_px_z: Tensor, kl: Tensor, epoch: int, step: int) -> None:
    if not torch.isfinite(loss):
        raise FloatingPointError(
            f"the loss became {loss.item()} in epoch {epoch + 1}, step {step + 1} of the run.\n"
            f"log p(x|z) averaged {log_px_z.mean().item():.3g} and the KL {kl.mean().item():.3g} nats per image.\n"
            "A smaller learning_rate usually cures this; make a new model before you train again."
        )


def _check_weights(model: nn.Module, when: str) -> None:
    for name, weight in model.named_parameters():
        if not torch.isfinite(weight).all():
            raise FloatingPointError(
                f"{when}, the weight {name} holds NaN or infinite numbers.\n"
                "Make a new model; if training did this, lower learning_rate."
            )
