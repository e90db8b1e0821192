"""A VAE of strings: its probabilities sum to 1, padding counts nowhere, and the decoder never looks ahead."""

import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from vae_lessons.sequence_vae import SequenceVAE, counted, cut, token_log_likelihood, write

TOKENS = 4


def model(seed=0, **settings):
    torch.manual_seed(seed)
    return SequenceVAE(tokens=TOKENS, latent_dim=3, hidden_dim=8, **settings).eval()


def strings(length=5, n=20):
    return torch.randint(0, TOKENS, (n, length), generator=torch.Generator().manual_seed(1))


rows = st.lists(st.integers(0, 3), min_size=1, max_size=8)


@given(rows)
def test_positions_count_up_to_the_first_end(row):
    due = row.index(0) + 1 if 0 in row else len(row)
    assert counted(torch.tensor([row]))[0].tolist() == [place < due for place in range(len(row))]


@given(rows)
def test_a_cut_string_has_nothing_behind_its_end_and_the_same_before(row):
    due = row[: row.index(0)] + [0] * (len(row) - row.index(0)) if 0 in row else row
    assert cut(torch.tensor([row]))[0].tolist() == due


@given(rows)
def test_the_log_likelihood_is_the_sum_over_the_positions_that_count(row):
    logits = torch.randn(1, len(row), TOKENS, generator=torch.Generator().manual_seed(len(row)))
    due = 0.0
    for place, token in enumerate(row):
        weights = [math.exp(value) for value in logits[0, place].tolist()]
        due += math.log(weights[token] / sum(weights))
        if token == 0:
            break
    assert token_log_likelihood(logits, torch.tensor([row])).item() == pytest.approx(due, abs=1e-5)


@torch.no_grad()
def test_the_probabilities_of_all_strings_sum_to_one():
    every = torch.tensor(list(itertools.product(range(TOKENS), repeat=3)))
    distinct = torch.unique(cut(every), dim=0)
    vae, z = model(), torch.randn(1, 3)
    x_logits = vae.decode(z.expand(len(distinct), -1), distinct)
    assert token_log_likelihood(x_logits, distinct).exp().sum().item() == pytest.approx(1, abs=1e-5)


@torch.no_grad()
@pytest.mark.parametrize("place", range(5))
def test_logits_depend_on_the_tokens_before_and_on_no_other(place):
    vae, x, z = model(), strings(), torch.randn(20, 3)
    other = x.clone()
    other[:, place] = (x[:, place] + 1) % TOKENS
    moved = (vae.decode(z, other) - vae.decode(z, x)).abs().amax(2)  # (B, T)
    assert moved[:, : place + 1].max() == 0
    assert place == 4 or moved[:, place + 1].min() > 0


@torch.no_grad()
def test_what_stands_behind_the_end_changes_no_code():
    vae = model()
    first, second = torch.tensor([[2, 1, 0, 0, 0]]), torch.tensor([[2, 1, 0, 3, 1]])
    for one, other in zip(vae.encode(first), vae.encode(second), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(vae.encode(first)[0], vae.encode(torch.tensor([[2, 3, 0, 0, 0]]))[0])


@torch.no_grad()
def test_the_likeliest_string_is_what_the_decoder_says_of_its_own_letters():
    vae, z = model(), torch.randn(20, 3)
    written = write(vae, z, length=6)
    said = vae.decode(z, written).argmax(2)
    assert torch.equal(cut(said), written)


@torch.no_grad()
def test_drawn_strings_come_as_often_as_their_probability_says():
    vae, z = model(), torch.randn(1, 3)
    torch.manual_seed(0)
    drawn = write(vae, z.expand(40_000, -1), length=2, draw=True)
    found, counts = torch.unique(drawn, dim=0, return_counts=True)
    due = token_log_likelihood(vae.decode(z.expand(len(found), -1), found), found).exp()
    assert len(found) == 1 + 3 + 9
    error = (counts / 40_000 - due).abs() / (due * (1 - due) / 40_000).sqrt()
    assert error.max() < 4.5


def test_word_dropout_hides_letters_in_training_only():
    vae, x, z = model(word_dropout=0.5), strings(), torch.randn(20, 3)
    assert torch.equal(vae.decode(z, x), vae.decode(z, x))
    vae.train()
    assert not torch.equal(vae.decode(z, x), vae.decode(z, x))
    blind = model(word_dropout=1.0).train()
    assert torch.equal(blind.decode(z, x), blind.decode(z, strings().flip(0)))


def test_gradients_reach_every_weight():
    vae = model(word_dropout=0.5).train()
    x = strings()
    x_logits, mu, logvar = vae(x)
    (vae.log_likelihood(x_logits, x).sum() + mu.sum() + logvar.sum()).backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in vae.parameters())
