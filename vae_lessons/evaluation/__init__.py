"""How good a model is, and what its latents encode."""

from vae_lessons.evaluation.bounds import importance_weighted_bound, test_elbo
from vae_lessons.evaluation.collapse import active_units, average_kl_per_latent
from vae_lessons.evaluation.copying import nearer_to_training
from vae_lessons.evaluation.disentanglement import mutual_information_gap
from vae_lessons.evaluation.frechet import frechet_distance
from vae_lessons.evaluation.judge import judge_confidence
from vae_lessons.evaluation.latents import factor_regression, linear_probe
from vae_lessons.evaluation.pictures import measured_slant, measured_thickness, nearest_distance, sharpness

__all__ = [
    "active_units",
    "average_kl_per_latent",
    "factor_regression",
    "frechet_distance",
    "importance_weighted_bound",
    "judge_confidence",
    "linear_probe",
    "measured_slant",
    "measured_thickness",
    "mutual_information_gap",
    "nearer_to_training",
    "nearest_distance",
    "sharpness",
    "test_elbo",
]
