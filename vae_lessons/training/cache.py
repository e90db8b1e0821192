"""Trained models kept on disk and found again by everything that decides them."""

import json
import os
import warnings
from contextlib import suppress
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import nn

from vae_lessons import folders
from vae_lessons.training.fingerprint import fingerprint
from vae_lessons.training.weights import write_weights

LIMIT = 2_000_000_000  # bytes: beyond them the runs that were not used for longest are forgotten


def path_of(*what: object) -> Path | None:
    """The file of a run that is decided by these values, functions, tensors and models; None without a fingerprint."""
    digest = fingerprint(*what)
    return digest and folders.cache() / "trained" / f"{digest}.safetensors"


def load(path: Path, model: nn.Module) -> dict | None:
    """Put the kept weights into the model and return the history kept with them; None where there is no whole file.

    Warns where the folder is closed to this user, who would train in vain what others have trained.
    """
    closed = folders.closed_to_us(path.parent)
    if closed is not None:
        warnings.warn(
            f"trained models are kept in {closed}, which is closed to you: models are trained anew each time.\n"
            "Ask its owner to open it (chmod a+rx), or set VAE_LESSONS_CACHE to a folder of your own.",
            stacklevel=4,
        )
        return None
    try:
        with safe_open(path, framework="pt") as file:
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a dict)
            history = json.loads(file.metadata()["history"])
        shapes = {name: tensor.shape for name, tensor in weights.items()}
        if shapes != {name: tensor.shape for name, tensor in model.state_dict().items()}:
            return None  # load_state_dict would load what fits before it complains
        model.load_state_dict(weights)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError):
        return None
    with suppress(OSError):
        os.utime(path)  # used just now
    return history


def save(path: Path, model: nn.Module, history: dict) -> None:
    """Keep the model's weights and the history of its training; where nothing can be written, nothing is kept."""
    with suppress(OSError):
        write_weights(path, model, {"history": json.dumps(history)})
        runs = sorted(path.parent.glob("*.safetensors"), key=lambda run: run.stat().st_mtime, reverse=True)
        kept = 0
        for run in runs:
            kept += run.stat().st_size
            if kept > LIMIT:
                run.unlink()
