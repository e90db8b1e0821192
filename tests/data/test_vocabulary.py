"""Strings become tokens and come back; what does not fit is refused with the fix."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vae_lessons.data.vocabulary import Vocabulary, check_tokens

LETTERS = Vocabulary(tuple(".abc"), length=6)
ATOMS = Vocabulary((".", "C", "Cl", "[nH]"), length=4)


@given(st.lists(st.text("abc", max_size=5), min_size=1, max_size=6))
def test_strings_come_back_as_they_were(strings):
    x = LETTERS.to_tensor(strings)
    assert x.shape == (len(strings), 6) and x.dtype == torch.int64
    assert LETTERS.to_strings(x) == strings


def test_tokens_may_have_several_letters():
    x = ATOMS.to_tensor([["C", "Cl"], ["[nH]", "C", "C"]])
    assert x.tolist() == [[1, 2, 0, 0], [3, 1, 1, 0]]
    assert ATOMS.to_strings(x) == ["CCl", "[nH]CC"]


def test_a_string_ends_before_its_first_end_whatever_follows_or_fills_its_row():
    assert LETTERS.to_strings(torch.tensor([[1, 0, 2, 3], [1, 2, 3, 3]])) == ["a", "abcc"]


@pytest.mark.parametrize(
    ("strings", "why"),
    [
        (["ab", "ax"], r"'ax' has the token 'x', which is not known\.\nKnown are a b c\."),
        (["a.b"], r"token '\.'"),
        (["aaaaaa"], "'aaaaaa' has 6 tokens, and there is room for 5"),
    ],
)
def test_a_string_that_cannot_be_written_is_named(strings, why):
    with pytest.raises(ValueError, match=why) as error:
        LETTERS.to_tensor(strings)
    assert len(str(error.value).splitlines()) <= 5


@pytest.mark.parametrize(
    ("wrong", "kind", "why"),
    [
        (["ann"], TypeError, "not list"),
        (torch.zeros(3, 4), TypeError, r"not torch\.float32"),
        (torch.zeros(4, dtype=torch.int64), ValueError, r"have \(4,\)"),
        (torch.zeros(0, 4, dtype=torch.int64), ValueError, r"have \(0, 4\)"),
        (torch.tensor([[1, -1]]), ValueError, "below 0"),
    ],
)
def test_what_is_no_tensor_of_tokens_is_refused(wrong, kind, why):
    with pytest.raises(kind, match=why) as error:
        check_tokens(wrong)
    assert len(str(error.value).splitlines()) <= 5
