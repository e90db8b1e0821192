"""Things to touch: a picture that answers the hand."""

from vae_lessons.widgets.latent_sliders import LatentSliders

__all__ = ["LatentSliders"]
