"""Mistakes of exercise 10.7 in what is returned, in numbers, order and shape, and inputs that are changed."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal
from torch.nn.functional import one_hot

from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_10.clusters import CASES, Clouds
from vae_lessons.mixture import fit_mixture


def _case(new: Tensor) -> Clouds:
    return next(case for case in CASES if len(case.new) == len(new))


def _true(new: Tensor) -> Tensor:
    return _case(new).true


def _right_but(change: Callable[[Tensor, Clouds], object]) -> Answer:
    """An answer that finds the classes, and makes something else of them."""
    return lambda x, y, unlabelled, new: change(_true(new), _case(new))


def _changing(change: Callable[[Tensor, Tensor, Tensor, Tensor], object]) -> Answer:
    def answer(x, y, unlabelled, new):
        result = _true(new)
        change(x, y, unlabelled, new)
        return result

    return answer


def add_slips(exercise: Exercise) -> None:
    """Let the exercise recognise them."""
    exercise.recognise(
        """The clusters are right, but their numbers are not the classes. See which labelled codes lie in each
        cluster: y holds their class.""",
        _right_but(lambda true, case: (true + 1) % case.classes),
        _right_but(lambda true, case: case.classes - 1 - true),
        _right_but(lambda true, case: torch.where(true < 2, 1 - true, true)),
        _right_but(lambda true, case: 10 * true),
        _right_but(lambda true, case: true + case.classes),
        _right_but(lambda true, case: 2 * true + (case.along > 0)),
    )
    exercise.recognise(
        """Right except for the numbers: the classes begin at 0, yours at 1.""",
        _right_but(lambda true, case: true + 1),
    )
    exercise.recognise(
        """These are places of labelled codes in x. Their classes stand in y, at the same places.""",
        lambda x, y, unlabelled, new: torch.cdist(new, x).argmin(1),
        _right_but(lambda true, case: (case.y == true[:, None]).int().argmax(1)),
        _right_but(lambda true, case: len(case.y) - 1 - (case.y == true[:, None]).flip(1).int().argmax(1)),
    )
    exercise.recognise(
        """Some of your labels are -1: codes that belong to no cluster. They need a class as well, such as
        that of the nearest code that has one.""",
        _right_but(lambda true, case: torch.where(case.along.abs() > 2, -1, true)),
        _right_but(lambda true, case: torch.where(torch.cdist(case.new, case.x).amin(1) > 1, -1, true)),
    )
    exercise.recognise(
        """Some of your numbers are not classes, which go from 0 to K - 1.""",
        lambda x, y, unlabelled, new: y[torch.cdist(new, x).argmin(1)] + 1,
        lambda x, y, unlabelled, new: torch.arange(len(new)),
        lambda x, y, unlabelled, new: torch.cdist(new, unlabelled).argmin(1),
    )
    exercise.recognise(
        """Codes that lie side by side get different labels, but each class has the right number of codes. Do
        your labels stand in the order of new?""",
        _right_but(lambda true, case: true.sort().values),
        _right_but(lambda true, case: true.flip(0)),
        _right_but(lambda true, case: true.roll(1)),
        _right_but(lambda true, case: true[torch.randperm(len(true))]),
    )
    exercise.recognise(
        """Codes that lie side by side get different labels, as if by chance.""",
        lambda x, y, unlabelled, new: torch.randint(len(y) // 2, (len(new),)),
        lambda x, y, unlabelled, new: torch.arange(len(new)) % len(y) // 2,
        lambda x, y, unlabelled, new: y[torch.randint(len(y), (len(new),))],
    )
    exercise.recognise(
        """These are labels of the unlabelled codes. They help on the way, but the classes of new are asked
        for, (P,).""",
        _right_but(lambda true, case: case.hidden),
        _right_but(lambda true, case: case.hidden[: len(true)]),
        _right_but(lambda true, case: torch.cat([case.y, case.hidden])),
        _right_but(lambda true, case: torch.cat([case.y, case.hidden])[: len(true)]),
        _right_but(lambda true, case: one_hot(case.hidden)),
    )
    exercise.recognise(
        """You return labels of all codes. Only those of new are asked for, (P,).""",
        _right_but(lambda true, case: torch.cat([case.hidden, true])),
        _right_but(lambda true, case: torch.cat([case.y, case.hidden, true])),
        _right_but(lambda true, case: torch.cat([case.y, true])),
    )
    exercise.recognise(
        """You return a number for each labelled code. The classes of new are asked for, (P,).""",
        lambda x, y, unlabelled, new: y,
        lambda x, y, unlabelled, new: torch.cdist(x, new).argmin(1),
    )
    exercise.recognise(
        """You return the distances to the labelled codes. Which class follows from them?""",
        lambda x, y, unlabelled, new: torch.cdist(new, x),
        lambda x, y, unlabelled, new: torch.cdist(x, new),
    )
    exercise.recognise(
        """You return a number for each class, such as a share, a density or a distance. Take the class that
        fits best, with argmax or argmin over the classes: (P,).""",
        _right_but(lambda true, case: one_hot(true)),
        _right_but(lambda true, case: (5.0 * one_hot(true)).softmax(1)),
        _right_but(lambda true, case: one_hot(true).T),
        lambda x, y, unlabelled, new: torch.cdist(new, x[: len(y) // 2]),
    )
    exercise.recognise(
        """Your numbers are not whole: they look like shares, densities or averages. A label is a whole
        number, the place of the largest share. max returns the shares themselves, argmax their places.""",
        _right_but(lambda true, case: (3.0 * one_hot(true)).softmax(1).amax(1)),
        _right_but(lambda true, case: (3.0 * one_hot(true)).softmax(1)[:, 1]),
        _right_but(lambda true, case: true / 2),
        lambda x, y, unlabelled, new: y[torch.cdist(new, x).topk(3, largest=False).indices].float().mean(1),
    )
    exercise.recognise(
        """Your labels have an axis too many. (P,) is asked for, not a column or a row.""",
        _right_but(lambda true, case: true[:, None]),
        _right_but(lambda true, case: true[None]),
    )
    exercise.recognise(
        """You return codes or pairs, (P, 2). The classes are asked for, (P,).""",
        lambda x, y, unlabelled, new: new,
        _right_but(lambda true, case: torch.stack([torch.ones(len(true)), true], 1)),
    )
    exercise.recognise(
        """You return one number. Every new code has a class of its own: (P,).""",
        _right_but(lambda true, case: true[0]),
        _right_but(lambda true, case: true.float().mean()),
    )
    exercise.recognise(
        """The shape is not the one asked for. Every new code has one class: (P,).""",
        _right_but(lambda true, case: true.bincount()),
        _right_but(lambda true, case: true[:-1]),
        lambda x, y, unlabelled, new: torch.cdist(new, unlabelled),
    )
    exercise.recognise(
        """Return one thing, the labels (P,). max and topk return values and places: keep the places.""",
        _right_but(lambda true, case: (true, one_hot(true).float())),
        _right_but(lambda true, case: one_hot(true).max(1)),
        _right_but(lambda true, case: [case.new[true == k] for k in range(case.classes)]),
    )
    exercise.recognise(
        """This is not a tensor, an array or a list of numbers.""",
        lambda x, y, unlabelled, new: "classes",
        _right_but(lambda true, case: {"labels": true}),
        lambda x, y, unlabelled, new: fit_mixture(unlabelled, 2, rounds=1),
    )
    exercise.recognise(
        """Your labels hold NaN or infinity, perhaps a mean of no code, or a logarithm of 0.""",
        _right_but(lambda true, case: true * float("nan")),
        _right_but(lambda true, case: true.float().log()),
    )
    exercise.recognise(
        """A covariance has no inverse: two codes span only a line. Estimate it from more codes, or add a
        small number to its diagonal.""",
        lambda x, y, unlabelled, new: [MultivariateNormal(one, torch.cov(x[y == 0].T)) for one in x],
        lambda x, y, unlabelled, new: torch.linalg.inv(torch.stack([torch.zeros(2, 2)])),
    )
    exercise.recognise(
        """Your labels are right, but you change what was passed in, and whatever uses it next gets other
        values. +=, an assignment to a part of a tensor and names that end in an underscore write into their
        tensor.""",
        _changing(lambda x, y, unlabelled, new: new.sub_(new.mean(0))),
        _changing(lambda x, y, unlabelled, new: x.div_(2)),
        _changing(lambda x, y, unlabelled, new: unlabelled.sub_(unlabelled.mean(0))),
        _changing(lambda x, y, unlabelled, new: y.add_(1)),
    )
