"""The first names: as many as their source has, each once, in a split that never changes."""

import torch

from vae_lessons.data.names import LETTERS, NAMES, first_names, load_names


def test_there_are_5163_distinct_names_of_2_to_11_letters_in_order():
    names = first_names()
    assert len(names) == len(set(names)) == 5_163
    assert list(names) == sorted(names)
    assert {len(name) for name in names} == set(range(2, 12))
    assert all(name.isascii() and name.isalpha() and name.islower() for name in names)
    assert {"mary", "james", "guadalupe"} <= set(names)
    assert NAMES.stat().st_size < 40_000


def test_every_name_is_in_training_or_test_and_never_in_both():
    train, test = load_names()
    assert train.shape == (4_663, 12) and test.shape == (500, 12)
    assert sorted(LETTERS.to_strings(torch.cat([train, test]))) == list(first_names())


def test_the_split_is_the_same_whatever_was_drawn_before_and_leaves_random_numbers_alone():
    first = load_names()
    torch.manual_seed(7)
    before = torch.get_rng_state()
    assert all(map(torch.equal, first, load_names()))
    assert torch.equal(torch.get_rng_state(), before)
