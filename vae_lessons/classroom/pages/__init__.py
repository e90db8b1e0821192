"""Lessons as things that open from disk, offline, with working widgets: slides, reading copies, a website."""

from vae_lessons.classroom.pages.course import page, read, site, slides

__all__ = ["page", "read", "site", "slides"]
