"""Any callable may be an answer, with parameters by position or by name; what computes nothing is named."""

import functools

import pytest
import torch
from torch import nn

from vae_lessons.exercises.catalogue import exercises
from vae_lessons.exercises.engine.exercise import DIAGNOSED, RIGHT
from vae_lessons.kl import kl_closed_form


class Kl(nn.Module):
    def forward(self, mu, logvar):
        return kl_closed_form(mu, logvar)


def by_name(*, mu, logvar):
    return kl_closed_form(mu, logvar)


def half_by_name(mu, *, logvar):
    return kl_closed_form(mu, logvar)


def in_another_order(*, logvar, mu):
    return kl_closed_form(mu, logvar)


def with_a_third(mu, logvar, unit="nats"):
    return kl_closed_form(mu, logvar)


def anything(*arguments, **named):
    return kl_closed_form(*arguments, **named)


RIGHT_FORMS = {
    "a module": Kl(),
    "by name": by_name,
    "half by name": half_by_name,
    "by name, in another order": in_another_order,
    "with a default": with_a_third,
    "whatever comes": anything,
    "partial": functools.partial(with_a_third, unit="nats"),
    "cached": functools.lru_cache(kl_closed_form),
    "a method": Kl().forward,
}


@pytest.mark.parametrize("form", RIGHT_FORMS)
def test_a_right_answer_is_right_in_any_form(form):
    assert exercises()["2.3"].assess(RIGHT_FORMS[form]).state == RIGHT


def test_a_compiled_answer_is_not_taken_for_an_endless_loop():
    assert exercises()["2.3"].assess(torch.compile(kl_closed_form)).state == RIGHT


async def waiting(mu, logvar):
    return kl_closed_form(mu, logvar)


def generating(mu, logvar):
    yield kl_closed_form(mu, logvar)


async def both(mu, logvar):
    yield kl_closed_form(mu, logvar)


class Generating(Kl):
    def forward(self, mu, logvar):
        yield kl_closed_form(mu, logvar)


@pytest.mark.parametrize(
    ("answer", "said"),
    [(waiting, "async def"), (generating, "yield"), (both, "async def"), (Generating(), "yield")],
)
def test_a_coroutine_or_a_generator_is_named(answer, said):
    verdict = exercises()["2.3"].assess(answer)
    assert verdict.state == DIAGNOSED and said in verdict.sentence
