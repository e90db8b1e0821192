"""The training loop of autoencoders, VAEs and conditional VAEs, with its settings and its history."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor, nn

from vae_lessons.beta import beta_at
from vae_lessons.data.images import (
    check_conditions,
    check_images,
    to_condition,
    to_unit,
    warn_of_images_without_content,
)
from vae_lessons.data.vocabulary import check_tokens
from vae_lessons.elbo import beta_loss, elbo_terms_per_latent
from vae_lessons.free_bits import free_bits
from vae_lessons.training.run import Monitor, Run, train


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

    unit: ClassVar[str] = "nats per image"

    log_px_z: list[float] = field(default_factory=list)
    kl: list[float] = field(default_factory=list)
    seconds: float = 0.0
    interrupted: bool = (
        False  # True when the student pressed stop; the last entry is then of part of an epoch
    )

    @property
    def elbo(self) -> list[float]:
        """log_px_z - kl per epoch."""
        return [log_px_z - kl for log_px_z, kl in zip(self.log_px_z, self.kl, strict=True)]


class StringHistory(History):
    """The same of strings."""

    unit: ClassVar[str] = "nats per string"


def fit(
    model: nn.Module,
    images: Tensor,
    config: TrainConfig | None = None,
    conditions: Tensor | None = None,
    progress: bool = True,
    monitor: Monitor | None = None,
    resume: bool = True,
) -> History:
    """Train a model in place on images (N, C, H, W), uint8 or float in [0, 1], on the device it is on.

    conditions: for a conditional model, one per image (N, ...): labels, attributes, or images, of which uint8
    ones are scaled to [0, 1]. progress: show the bar. monitor: observes each step, like widgets.TrainingMonitor.
    resume: a run that went to its end is kept on disk (training.cache); the same one again, from the same weights
    by the same code, is loaded in no time. resume=False, or VAE_LESSONS_FRESH=1, trains anew.
    Ctrl-C (the stop button) ends training early and returns the history so far. Raises ValueError or TypeError
    for images or conditions that do not fit, FloatingPointError at the step that turns NaN or infinite.
    Same seed, same machine, same weights at the start: the same model, bit for bit.

    >>> model = VAE(latent_dim=20)
    >>> history = fit(model, data.load().train_images, TrainConfig(epochs=5))
    """
    config, history = config or TrainConfig(), History()
    check_images(images)
    device = next(model.parameters()).device
    images = images.to(device)
    if conditions is not None:
        check_conditions(images, conditions)
        conditions = to_condition(conditions).to(device)
    _check_fit(model, images, conditions)
    warn_of_images_without_content(images)
    train(maximise_elbo, model, (images, conditions), config, history, progress, monitor, resume)
    return history


def fit_strings(
    model: nn.Module,
    strings: Tensor,
    config: TrainConfig | None = None,
    properties: Tensor | None = None,
    progress: bool = True,
    monitor: Monitor | None = None,
    resume: bool = True,
) -> History:
    """Train a VAE of strings in place on tokens (N, T) int64, on the device it is on, as fit does on images.

    properties: for a model that explains one as well, like MoleculeVAE, that of each string (N,); log_px_z in the
    history is then of both. Raises TypeError or ValueError for what is no tensor of tokens, and for what the model
    cannot take.
    """
    config, history = config or TrainConfig(), StringHistory()
    device = next(model.parameters()).device
    strings = check_tokens(strings).to(device)
    if properties is not None:
        check_conditions(strings, properties)
        properties = properties.float().to(device)
    highest = strings.amax(1).argmax()[None]  # the place of a string with the highest token
    try:
        with torch.no_grad(), torch.random.fork_rng():
            _string_terms(model, strings[highest], None if properties is None else properties[highest])
    except (RuntimeError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(
            f"this {type(model).__name__} cannot take strings {tuple(strings.shape)} with tokens up to "
            f"{strings.max()}{' without' if properties is None else ' and'} properties.\n"
            "Give it as many tokens and positions as they have; MoleculeVAE, and no other, needs properties (N,).\n"
            f"PyTorch says: {str(error).splitlines()[0][:160]}"
        ) from None
    train(maximise_string_elbo, model, (strings, properties), config, history, progress, monitor, resume)
    return history


def maximise_elbo(
    run: Run, model: nn.Module, images: Tensor, conditions: Tensor | None, config: TrainConfig
) -> None:
    """Minimise -(log p(x|z) - beta * KL) of images."""

    def terms(batch: Tensor) -> tuple[Tensor, Tensor]:
        x = pixels(images[batch], config.binarize)  # (B, C, H, W)
        return elbo_terms_per_latent(model, x, None if conditions is None else conditions[batch])

    _minimise_beta_loss(run, model, config, terms)


def maximise_string_elbo(
    run: Run, model: nn.Module, strings: Tensor, properties: Tensor | None, config: TrainConfig
) -> None:
    """Minimise -(log p(x|z) - beta * KL) of strings, or of strings and their properties."""

    def terms(batch: Tensor) -> tuple[Tensor, Tensor]:
        return _string_terms(model, strings[batch], None if properties is None else properties[batch])

    _minimise_beta_loss(run, model, config, terms)


def _string_terms(model: nn.Module, x: Tensor, y: Tensor | None) -> tuple[Tensor, Tensor]:
    return elbo_terms_per_latent(model, x) if y is None else model.joint_terms(x, y)


def _minimise_beta_loss(
    run: Run, model: nn.Module, config: TrainConfig, terms_of: Callable[[Tensor], tuple[Tensor, Tensor]]
) -> None:
    """By Adam, its learning rate rising for a fifth of the steps, then falling.

    terms_of takes the indices of a batch and returns log_px_z (B,) and kl (B, J).
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate, betas=(0.9, 0.99), fused=True)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        config.learning_rate,
        total_steps=run.total_steps,
        pct_start=0.2 if run.total_steps != 5 else 0.21,  # to rise in exactly one step, it divides by 0
        anneal_strategy="linear",
        cycle_momentum=False,
    )
    for batch in run.batches():
        log_px_z, kl = terms_of(batch)  # (B,), (B, J)
        beta = config.beta * beta_at(run.done, config.beta_schedule)
        loss = beta_loss(log_px_z, free_bits(kl, config.free_bits), beta)
        terms = {"log_px_z": log_px_z, "kl": kl.sum(1)}  # (B,) each
        run.check(loss, **terms)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        run.record(**terms)


def pixels(images: Tensor, binarize: bool) -> Tensor:
    """Images as the model takes them: float (B, C, H, W) in [0, 1], or drawn 0/1 with those probabilities."""
    x = to_unit(images)
    return (torch.rand_like(x) < x).float() if binarize else x


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
                returned = (
                    model(to_unit(images[:1])) if condition is None else model(to_unit(images[:1]), condition)
                )
        except (RuntimeError, TypeError, IndexError) as error:
            raise ValueError(_does_not_fit(model, images, condition, error)) from None
        asked = ("x_logits", "z") if getattr(model, "deterministic", False) else ("x_logits", "mu", "logvar")
        if not isinstance(returned, tuple) or len(returned) != len(asked):
            raise ValueError(
                f"this {type(model).__name__} returns {_in_words(returned)}, and training needs {', '.join(asked)}.\n"
                "An autoencoder, which encodes an image as a point z, says so: deterministic = True in its class."
            )


def _does_not_fit(model: nn.Module, images: Tensor, condition: Tensor | None, error: Exception) -> str:
    shape, kind = tuple(images.shape[1:]), type(model).__name__
    if condition is not None and condition.ndim == 1 and condition.is_floating_point():
        return (
            f"this {kind} cannot take conditions (N,) of {condition.dtype}: labels are whole numbers.\n"
            "Try conditions.long() for labels, or conditions[:, None] for one attribute of each image."
        )
    conditions = "" if condition is None else f" with conditions of shape {tuple(condition.shape[1:])}"
    made_for = getattr(model, "image_shape", shape)
    other = f"It was made for images {made_for}; image_shape={shape} makes one for these. " * (
        made_for != shape
    )
    return (
        f"this {kind} cannot take images of shape {shape}{conditions}.\n"
        f"{other}A conditional model, and no other, needs\n"
        "conditions: labels (N,) below its number of classes, attributes (N, A), or images (N, C, H, W).\n"
        f"PyTorch says: {str(error).splitlines()[0][:160]}"
    )


def _in_words(returned: object) -> str:
    return (
        f"{len(returned)} results" if isinstance(returned, tuple | list) else f"a {type(returned).__name__}"
    )
