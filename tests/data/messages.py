"""What an error of the course has to say."""

import pytest


def kind(error: pytest.ExceptionInfo) -> str:
    """The message, at most five lines of it, the last one saying what to do."""
    message = str(error.value)
    assert message.count("\n") < 5
    return message
