"""The course's images: data sets, checks, and the conversions that models ask for."""

from vae_lessons.data.datasets import Dataset, load
from vae_lessons.data.images import binarize, check_conditions, check_images, to_condition, to_unit

__all__ = ["Dataset", "binarize", "check_conditions", "check_images", "load", "to_condition", "to_unit"]
