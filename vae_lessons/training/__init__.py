"""How models learn: training loops, their settings and history, checkpoints, and the cache of trained models."""

from vae_lessons.training.checkpoints import load_checkpoint, save_checkpoint
from vae_lessons.training.half_trained import watch_claims
from vae_lessons.training.loop import History, TrainConfig, fit, fit_strings, pixels
from vae_lessons.training.run import Monitor
from vae_lessons.training.stopping import a_stop_leaves_gradients_on, optimizers_are_imported_whole

__all__ = [
    "History",
    "Monitor",
    "TrainConfig",
    "fit",
    "fit_strings",
    "load_checkpoint",
    "pixels",
    "save_checkpoint",
]

optimizers_are_imported_whole()
watch_claims()
a_stop_leaves_gradients_on()
