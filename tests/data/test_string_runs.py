"""The stored runs of lesson 11 have the shapes that they say, and what can be computed again comes out the same."""

import math
from collections import Counter

import pytest
import torch

from vae_lessons.data.names import LETTERS, load_names
from vae_lessons.data.string_runs import string_runs


def test_every_table_has_one_number_for_each_setting_and_seed():
    runs, seeds = string_runs(), 5
    assert runs.kinds == ("selfies", "smiles")
    assert {values.shape for values in runs.names.values()} == {(seeds, len(runs.measures))}
    assert runs.ngrams.shape == (6,)
    assert runs.fit.shape == (2, seeds, 2) and runs.samples.shape == (2, seeds, 3, 4)
    assert runs.walks.shape == (2, seeds, 2, 21, 4)
    assert {values.shape for values in runs.search.values()} == {(2, seeds, 5)}
    assert "5 seeds; 13 ways to train; 11 ways to search" in repr(runs)


def test_no_two_seeds_gave_the_same_and_the_elbo_is_the_difference_of_its_terms():
    runs = string_runs()
    at = {name: place for place, name in enumerate(runs.measures)}
    for values in runs.names.values():
        assert values[:, at["KL"]].unique().numel() == 5
        difference = values[:, at["log p(x|z)"]] - values[:, at["KL"]]
        torch.testing.assert_close(values[:, at["ELBO"]], difference, atol=1e-3, rtol=0)
        assert (values[:, at["log p(x), 200 samples"]] > values[:, at["ELBO"]] - 0.1).all()


def test_shares_are_per_cent_and_allowed_ones_are_among_the_molecules():
    runs = string_runs()
    for values in (runs.samples, runs.walks[..., 2:]):
        assert values.min() >= 0 and values.max() <= 100
    molecules, allowed, distinct, new = runs.samples.unbind(-1)
    assert (allowed <= molecules).all() and (distinct <= allowed).all() and (new <= distinct).all()


def test_names_cost_what_counting_single_letters_says():
    train, test = (LETTERS.to_strings(x) for x in load_names())
    counts = Counter("".join(name + "." for name in train))
    total, kinds = counts.total(), len(counts)
    p = {letter: (counts[letter] + kinds / 27) / (total + kinds) for letter in LETTERS.tokens}
    nats = sum(-math.log(p[letter]) for name in test for letter in name + ".") / len(test)
    assert string_runs().ngrams[0].item() == pytest.approx(nats, rel=1e-4)


def test_the_data_are_the_same_rival_under_every_seed_and_searches_say_how_many_they_found():
    runs = string_runs()
    best = runs.search["the best molecules of the data"]
    assert torch.equal(best[:, :1, [0, 3]].expand(-1, 5, -1), best[:, :, [0, 3]])
    for values in runs.search.values():
        assert (values[..., 4] >= 1).all() and (values[..., 4] <= 500).all()
