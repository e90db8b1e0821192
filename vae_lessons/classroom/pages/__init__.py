"""Lessons as things that open from disk, offline, with working widgets: slides, reading copies, a website."""

from vae_lessons.export.course import page, read, site, slides

__all__ = ["page", "read", "site", "slides"]
