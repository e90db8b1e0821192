"""The explorer keeps the draws of each density and the times of a flow, and its still picture decodes them."""

import pytest
import torch
from traitlets import TraitError

from tests.widgets.samples import IMAGES, LABELS, close, decoded, ink, places, vae
from vae_lessons.widgets import PriorExplorer

DRAWS = torch.randn(20, 3, generator=torch.Generator().manual_seed(1))
PATH = torch.linspace(0, 1, 41)[:, None, None] * DRAWS[:12] + 2  # (T, n, J)


def explorer(**more):
    return PriorExplorer(vae(3), IMAGES, {"prior": DRAWS, "flow": PATH}, LABELS, **more)


def test_the_cloud_is_that_of_the_chosen_density_at_the_chosen_time():
    made = explorer()
    close(made.cloud(), DRAWS, atol=1e-3)
    made.source = "flow"
    for t, place in ((1.0, 40), (0.0, 0), (0.5, 20)):
        made.t = t
        close(made.cloud(), PATH[place], atol=1e-3)


def test_at_most_64_draws_and_21_times_are_kept():
    made = PriorExplorer(vae(3), IMAGES, {"a": torch.randn(500, 3), "b": torch.randn(60, 80, 3)})
    assert [(len(times), len(times[0])) for times in made._draws] == [(1, 64), (21, 64)]


def test_the_still_picture_has_the_draws_on_the_map_and_eight_of_them_decoded():
    made = explorer(dims=(2, 0))
    made.source, made.first = "flow", 8
    figure, caption, alt = made.still()
    close(figure.axes[0].lines[-1].get_xydata(), places(made, PATH[-1]), atol=2e-3)
    shown = decoded(made._model, PATH[-1][[8, 9, 10, 11, 0, 1, 2, 3]])[:, 0]  # it begins anew after the last
    close(ink(figure, 1)[:28, :28], shown[0], atol=1e-2)
    close(ink(figure, 1)[28:, 84:], shown[7], atol=1e-2)
    assert "flow" in caption and "flow" in alt


@pytest.mark.parametrize(
    ("sources", "text"),
    [
        ({}, "no density"),
        ({"prior": torch.randn(20, 2)}, "'prior' have the shape"),
        ({"prior": torch.randn(7, 3)}, "at least 8"),
        ({"flow": torch.randn(3)}, "'flow' have the shape"),
    ],
)
def test_draws_that_do_not_fit_are_refused_in_a_few_lines(sources, text):
    with pytest.raises(ValueError, match=text) as error:
        PriorExplorer(vae(3), IMAGES, sources)
    assert len(str(error.value).splitlines()) <= 5


@pytest.mark.parametrize(
    ("trait", "value"), [("source", "other"), ("t", 1.5), ("t", -0.1), ("first", 64), ("first", -1)]
)
def test_a_trait_takes_only_what_there_is(trait, value):
    made = explorer()
    with pytest.raises(TraitError, match=trait):
        setattr(made, trait, value)
