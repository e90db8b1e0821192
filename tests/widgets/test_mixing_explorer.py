"""The explorer shows means and spreads of the stored runs, and as many made tiles as its weight says."""

import json

import numpy as np
import pytest
import torch
from traitlets import TraitError

from tests.widgets.samples import few_runs
from vae_lessons.widgets import MixingExplorer

SHARES = ("none made", "a quarter made", "half made", "three quarters made", "all made")
METHOD = "named mixture, VAE codes"


def numbers(runs):
    """Mean and standard deviation over the seeds, (labels, weights, 2) each."""
    mixing = runs.mixing.numpy().astype(np.float64)
    return mixing.mean(3), mixing.std(3, ddof=1)


def settings(runs):
    for number, labels in enumerate(runs.labels):
        for place, weight in enumerate(runs.weights):
            for shifted in (False, True):
                yield (number, place, int(shifted)), (labels, weight, shifted)


def sheet(figure):
    """The tiles on a still picture: (20, 28, 28), 0 to 255."""
    image = np.asarray(figure.axes[1].images[0].get_array())
    return 255 * image.reshape(2, 28, 10, 28).transpose(0, 2, 1, 3).reshape(20, 28, 28)


def test_the_words_hold_the_accuracy_of_the_setting_and_that_without_a_vae():
    runs = few_runs()
    explorer, (mean, std) = MixingExplorer(runs), numbers(runs)
    for place, (labels, weight, shifted) in settings(runs):
        explorer.set_state({"labels": labels, "weight": weight, "shifted": shifted})
        assert explorer.error == ""
        number, share, look = place
        words = f"{labels} labels, {SHARES[share]}{', shifted and sheared' if shifted else ''}: "
        words += f"{mean[place]:.1f} ± {std[place]:.1f} % of new digits right"
        if share:
            words += f"; none made: {mean[number, 0, look]:.1f} ± {std[number, 0, look]:.1f} %"
        assert explorer._words[number][share][look] == words + "."
        assert explorer.still()[1] == f"{words}. Bars: one standard deviation over 5 seeds."


def test_other_shares_are_said_in_per_cent_and_nothing_is_compared_with_runs_that_are_not_there():
    explorer = MixingExplorer(few_runs(weights=(0.1, 0.5, 0.9)))
    explorer.weight = 0.9
    caption = explorer.still()[1]
    assert caption.startswith("100 labels, 90 % made: ")
    assert "none made" not in caption


def test_the_still_picture_has_both_lines_with_their_spread_and_rings_the_chosen_point():
    runs = few_runs()
    explorer, (mean, std) = MixingExplorer(runs), numbers(runs)
    explorer.labels, explorer.weight, explorer.shifted = 200, 0.75, True
    plot = explorer.still()[0].axes[0]
    drawn = {bars.get_label(): bars for bars in plot.containers}
    for look, name in enumerate(("as they are", "shifted and sheared")):
        line, _, (bars,) = drawn[name]
        np.testing.assert_allclose(
            line.get_xydata(), np.stack([runs.weights, mean[2, :, look]], 1), rtol=1e-6
        )
        heights = [segment[:, 1] for segment in bars.get_segments()]
        spread = std[2, :, look]
        np.testing.assert_allclose(
            heights, np.stack([mean[2, :, look] - spread, mean[2, :, look] + spread], 1)
        )
    faint, strong = (drawn[name][0].get_alpha() for name in ("as they are", "shifted and sheared"))
    assert faint < strong == 1
    ring = next(line for line in plot.lines if line.get_markerfacecolor() == "none")
    np.testing.assert_allclose(ring.get_xydata(), [[0.75, mean[2, 3, 1]]])


def test_the_browser_gets_the_same_means_and_spreads():
    runs = few_runs()
    explorer, (mean, std) = MixingExplorer(runs), numbers(runs)
    np.testing.assert_allclose(json.loads(json.dumps(explorer._means)), mean)
    np.testing.assert_allclose(json.loads(json.dumps(explorer._stds)), std)


@pytest.mark.parametrize("known", [True, False])
def test_a_dashed_line_stands_at_what_unlabelled_images_give_if_that_was_measured(known):
    runs = few_runs(**({} if known else {"methods": {"another": torch.full((3, 5), 90.0)}}))
    explorer = MixingExplorer(runs)
    dashed = [line for line in explorer.still()[0].axes[0].lines if line.get_linestyle() == "--"]
    if known:
        due = runs.methods[METHOD].numpy().astype(np.float64).mean(1)
        np.testing.assert_allclose(explorer._reference, due)
        assert dashed[0].get_ydata()[0] == pytest.approx(due[1])
        assert dashed[0].get_label() == "with unlabelled images"
    else:
        assert explorer._reference == [] and dashed == []


def test_of_twenty_tiles_as_many_are_made_and_framed_as_the_weight_says_and_each_row_has_every_digit():
    runs = few_runs()
    explorer = MixingExplorer(runs)
    for (number, _, _), (labels, weight, shifted) in settings(runs):
        if shifted:
            continue
        explorer.labels, explorer.weight = labels, weight
        figure, _, alt = explorer.still()
        made = int(20 * weight)
        kinds = [runs.made if tile >= 20 - made else runs.real for tile in range(20)]
        due = [kind[number, tile % 10].numpy() for tile, kind in enumerate(kinds)]
        np.testing.assert_allclose(sheet(figure), due, atol=1e-3)
        assert len(figure.axes[1].patches) == made
        assert f"{made} of them framed" in alt


def test_the_browser_gets_every_tile_plain_and_moved_labelled_and_made():
    runs = few_runs()
    explorer = MixingExplorer(runs)
    tiles = np.frombuffer(explorer._tiles, np.uint8).reshape(2, 3, 2, 20, 28, 28)
    for kind, images in enumerate((runs.real, runs.made)):
        np.testing.assert_array_equal(tiles[0, :, kind], np.tile(images.numpy(), (1, 2, 1, 1)))
    assert explorer._made == [0, 5, 10, 15, 20]
    explorer.shifted, explorer.weight = True, 0.0
    np.testing.assert_allclose(sheet(explorer.still()[0]), tiles[1, 1, 0], atol=0.51)


def test_moved_tiles_keep_their_ink_stay_near_and_each_tile_moves_its_own_way():
    runs = few_runs()
    plain, moved = MixingExplorer(few_runs(made=runs.real))._pictures.double().numpy()
    np.testing.assert_array_equal(moved[:, 0], moved[:, 1])  # one image on both: a tile's move is its own
    np.testing.assert_allclose(moved.sum((-2, -1)), plain.sum((-2, -1)), rtol=0.1)
    rows, columns = np.mgrid[:28, :28]
    for place in (rows, columns):
        centres = [(x * place).sum((-2, -1)) / x.sum((-2, -1)) for x in (plain, moved)]
        assert np.abs(centres[1] - centres[0]).max() < 2 + 0.3 * 6
    first, second = moved[:, 0, :10], moved[:, 0, 10:]
    assert (np.abs(first - second).max((-2, -1)) > 0.3).all()
    assert (np.abs(moved - plain).max((-2, -1)) > 0.3).all()


def test_tiles_are_the_same_each_time_and_leave_the_callers_random_numbers_alone():
    tiles = set()
    for seed in (3, 4):
        torch.manual_seed(seed)
        before = torch.get_rng_state()
        tiles.add(MixingExplorer(few_runs())._tiles)
        assert torch.equal(torch.get_rng_state(), before)
    assert len(tiles) == 1


@pytest.mark.parametrize(
    ("labels", "weights", "chosen"),
    [
        ((50, 100, 200), (0.0, 0.5, 1.0), (100, 0.5)),
        ((100, 200, 500), (0.0, 0.25, 0.5), (100, 0.5)),
        ((20, 50, 200), (0.0, 0.25, 0.75), (50, 0.25)),
        ((30,), (0.0,), (30, 0.0)),
    ],
)
def test_at_first_there_are_100_labels_and_half_is_made_or_else_the_middle(labels, weights, chosen):
    explorer = MixingExplorer(few_runs(labels, weights))
    assert (explorer.labels, explorer.weight, explorer.shifted) == (*chosen, False)


def test_a_single_seed_has_no_spread():
    explorer = MixingExplorer(few_runs(seeds=1))
    assert np.array(explorer._stds).max() == 0
    assert "± 0.0 %" in explorer.still()[1]


@pytest.mark.parametrize(
    ("trait", "wrong", "why"),
    [
        ("labels", 70, "labels is one of 50, 100, 200, not 70"),
        ("labels", -100, "labels is one of 50, 100, 200"),
        ("labels", 100.5, "labels"),
        ("labels", "100", "labels"),
        ("labels", None, "labels"),
        ("weight", 0.3, "weight is one of 0.0, 0.25, 0.5, 0.75, 1.0, not 0.3"),
        ("weight", float("nan"), "weight is one of .*, not nan"),
        ("weight", "half", "weight"),
        ("shifted", "yes", "shifted"),
        ("shifted", 2, "shifted"),
    ],
)
def test_a_trait_takes_only_what_the_runs_have(trait, wrong, why):
    explorer = MixingExplorer(few_runs())
    before = getattr(explorer, trait)
    with pytest.raises(TraitError, match=why) as error:
        setattr(explorer, trait, wrong)
    assert len(str(error.value).splitlines()) <= 2
    explorer.set_state({trait: wrong})
    assert explorer.error.startswith("TraitError in ")
    assert getattr(explorer, trait) == before


@pytest.mark.parametrize("wrong", [None, {"labels": (50,)}, torch.zeros(2)])
def test_anything_but_stored_runs_is_refused_with_the_fix(wrong):
    with pytest.raises(TypeError, match=r"not \w+\.\nGive what few_label_runs\(\) returns\."):
        MixingExplorer(wrong)
