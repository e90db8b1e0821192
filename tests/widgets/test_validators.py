"""A value that does not fit is refused with the reason, and the old one stays."""

import math
import re

import pytest
import torch
from traitlets import TraitError

from tests.widgets.samples import every_widget_with_z, made
from vae_lessons.widgets.validators import checked_numbers


@every_widget_with_z
@pytest.mark.parametrize(
    ("z", "text"),
    [
        ((1.0, 2.0), "2 numbers.*needs 3"),
        ((), "0 numbers.*needs 3"),
        ((0.0, math.nan, 0.0), "NaN or infinite"),
        ((0.0, 0.0, -math.inf), "NaN or infinite"),
        (("a", 0.0, 0.0), "'a'"),
        (None, "z"),
    ],
)
def test_a_z_that_is_no_point_is_refused_and_the_old_one_stays(name, z, text):
    widget = made(name)
    before = widget.z
    with pytest.raises(TraitError, match=text) as error:
        widget.z = z
    assert len(str(error.value).splitlines()) <= 2
    widget.set_state({"z": z})
    assert re.match(f"TraitError in .*{text}", widget.error)
    assert widget.z == before


@pytest.mark.parametrize("given", [[1, 2.5], (1, 2.5), iter([1, 2.5]), torch.tensor([1, 2.5])])
def test_numbers_of_any_kind_become_a_tuple_of_floats(given):
    assert checked_numbers("z", given, 2) == (1.0, 2.5)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ([1.0], "1 numbers, and this model needs 2"),
        ([1.0, math.nan], "NaN or infinite"),
        (7, "a tuple of 2 numbers"),
    ],
)
def test_what_is_no_point_is_refused_by_name_and_reason(given, why):
    with pytest.raises(TraitError, match=f"z .*{why}"):
        checked_numbers("z", given, 2)
