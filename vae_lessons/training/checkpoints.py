"""Checkpoints: a model's weights and training settings in one file."""

import json
import os
from dataclasses import asdict
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import nn

from vae_lessons.training.loop import TrainConfig
from vae_lessons.training.weights import write_weights


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
    metadata = {"config": json.dumps(asdict(config)), "model": type(model).__name__}
    write_weights(path, model, metadata)


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
