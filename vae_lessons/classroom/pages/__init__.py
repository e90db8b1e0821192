"""Offline pages with working widgets: slides, pages to read, and a website."""

from vae_lessons.classroom.pages.course import page, site, slides

__all__ = ["page", "site", "slides"]
