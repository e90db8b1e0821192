"""Helper package of the course VAE Lessons: what a notebook has already taught, ready to import."""
