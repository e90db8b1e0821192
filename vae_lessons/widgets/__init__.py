"""Interactive widgets: pictures that respond at once."""

from vae_lessons.widgets.anomaly_pad import AnomalyPad
from vae_lessons.widgets.balance_explorer import BalanceExplorer
from vae_lessons.widgets.drawing_pad import DrawingPad
from vae_lessons.widgets.interpolator import Interpolator
from vae_lessons.widgets.latent_plane import LatentPlane
from vae_lessons.widgets.latent_sliders import LatentSliders
from vae_lessons.widgets.message_stack import MessageStack
from vae_lessons.widgets.mixing_explorer import MixingExplorer
from vae_lessons.widgets.molecule_walk import MoleculeWalk
from vae_lessons.widgets.prior_explorer import PriorExplorer
from vae_lessons.widgets.reparameterizer import Reparameterizer
from vae_lessons.widgets.training_monitor import TrainingMonitor

__all__ = [
    "AnomalyPad",
    "BalanceExplorer",
    "DrawingPad",
    "Interpolator",
    "LatentPlane",
    "LatentSliders",
    "MessageStack",
    "MixingExplorer",
    "MoleculeWalk",
    "PriorExplorer",
    "Reparameterizer",
    "TrainingMonitor",
]
