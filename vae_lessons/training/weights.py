"""Write a model's weights to a file, complete or not at all."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import nn

from vae_lessons import folders


def write_weights(path: Path, model: nn.Module, metadata: Mapping[str, str]) -> None:
    """Write the weights to one .safetensors file: to a temporary file first, renamed when complete.

    Raises OSError where that cannot be written, as on a full disk; what was there under this name stays.
    """
    folders.make(path.parent)
    weights = {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
    handle, partial = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".partial")
    os.close(handle)
    try:
        save_file(weights, partial, metadata=dict(metadata))
        os.chmod(partial, 0o644)  # one prepares it, a class reads it
        os.replace(partial, path)
    except SafetensorError as error:
        raise OSError(
            f"{path} cannot be written ({error}).\nFree some space, or choose another folder."
        ) from None
    finally:
        Path(partial).unlink(missing_ok=True)
