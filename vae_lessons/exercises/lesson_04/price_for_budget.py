"""Exercise 4.8: read off the rate-distortion curve which price keeps a budget."""

import math

import numpy as np

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import read_off


def price_for(rates: dict[float, float], budget: float) -> float:
    """The beta at which the rate is `budget`; between two models of the sweep, a straight line in log beta."""
    betas = sorted((beta for beta in rates if beta > 0), reverse=True)  # so that rates rise
    return float(np.exp(np.interp(budget, [rates[beta] for beta in betas], np.log(betas))))


DIGITS = {0.0: 81.26, 0.1: 22.68, 0.3: 14.50, 1.0: 9.41, 3.0: 6.24, 20.0: 0.22}
MNIST = {0.0: 74.73, 0.1: 19.72, 0.3: 12.96, 1.0: 8.50, 3.0: 5.76, 20.0: 0.40}

EXERCISE = Exercise(
    number="4.8",
    title="Read: a price for a budget",
    task="""A channel carries 7 nats per image, no more. Which beta should you train the small VAE of the sweep with,
    so that its rate just uses this budget? price_for(rates, budget) returns beta, one number, right to within about a
    sixth. rates maps each beta of your sweep to its rate in nats, budget is 7. Read it off the table and return the
    number, or write lines that find it.""",
    minutes=6,
    difficulty=2,
    reference=price_for,
    reads=read_off("beta", price_for, tolerance=0.18),
    course_runs={"digits": (DIGITS, 7.0), "mnist": (MNIST, 7.0)},
    hints=(
        "Between which two betas of your table does the rate pass 7 nats?",
        "How far on the way from the one rate to the other do 7 nats lie? Beta lies as far between the two betas.",
        "Along the sweep beta grows by factors, not by steps: go that share of the way in the logarithm of beta.",
    ),
)


@EXERCISE.mistake
def the_budget(rates, budget):
    """You return the budget, a rate in nats. Asked is the price beta at which a model has this rate."""
    return budget


@EXERCISE.mistake
def first_below(rates, budget):
    """This model of the sweep keeps the budget and leaves part of it unused. A lower price spends it."""
    return min(beta for beta, rate in rates.items() if rate <= budget)


@EXERCISE.mistake
def last_above(rates, budget):
    """This model of the sweep needs more than the budget. A higher price makes it say less."""
    return max([beta for beta, rate in rates.items() if rate > budget], default=0.0)


@EXERCISE.mistake
def inverted(rates, budget):
    """You return the inverse, nats of rate per nat of distortion. Beta is the price of one nat of rate, in nats of
    distortion."""
    return 1 / price_for(rates, budget)


@EXERCISE.mistake
def logarithm(rates, budget):
    """You return the logarithm of beta, where the interpolation was made. Asked is beta."""
    return math.log(price_for(rates, budget))


@EXERCISE.mistake
def share_of_the_way(rates, budget):
    """You went the wrong way round: with the larger share nearer to the model whose rate lies farther from the
    budget."""
    upper, lower = last_above(rates, budget), first_below(rates, budget)
    share = (budget - rates[lower]) / (rates[upper] - rates[lower])
    return upper * (lower / upper) ** share if upper > 0 else lower
