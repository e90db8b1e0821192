"""Tests that ask for a lesson run for each."""

import pytest

from vae_lessons.classroom import lessons


@pytest.fixture(params=lessons.paths(), ids=lambda path: path.stem)
def lesson(request):
    """The name of a lesson's notebook."""
    return request.param.stem
