"""Exercise 8.3: take one image out of a message, with its bits given back."""

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt


def take_one(stack, prior, likelihood, posterior):
    """The image x that was put in last; the stack is left as it was before."""
    z = stack.pop(prior)
    x = stack.pop(likelihood(z))
    stack.push(z, posterior(x))
    return x


@dataclass(frozen=True)
class _Table:
    """Widths of intervals, one for each symbol; their sum is a power of 2."""

    widths: Sequence[int]


@dataclass
class _Stack:
    """A message in one whole number."""

    message: int

    def push(self, symbol: int, distribution: _Table) -> None:
        self._known(distribution, "push(symbol, distribution)")
        try:
            symbol = operator.index(symbol)
            width = distribution.widths[symbol] if symbol >= 0 else None
        except (TypeError, IndexError):
            width = None
        if width is None:
            raise TypeError(f"push takes a symbol that pop returned, not {symbol!r}")
        total, start = sum(distribution.widths), sum(distribution.widths[:symbol])
        self.message = self.message // width * total + start + self.message % width

    def pop(self, distribution: _Table) -> int:
        self._known(distribution, "pop(distribution)")
        total = sum(distribution.widths)
        slot, symbol = self.message % total, 0
        while slot >= distribution.widths[symbol]:
            slot, symbol = slot - distribution.widths[symbol], symbol + 1
        self.message = distribution.widths[symbol] * (self.message // total) + slot
        return symbol

    @staticmethod
    def _known(distribution: object, call: str) -> None:
        if not isinstance(distribution, _Table):
            raise TypeError(f"{call}: give prior, likelihood(z) or posterior(x) as the distribution")


PRIOR = _Table((8, 4, 4))
LIKELIHOOD = ((9, 2, 3, 2), (1, 12, 2, 1), (2, 3, 1, 10))
POSTERIOR = ((12, 1, 3), (3, 11, 2), (7, 4, 5), (3, 2, 11))


def _likelihood(z: int) -> _Table:
    return _Table(LIKELIHOOD[z])


def _posterior(x: int) -> _Table:
    return _Table(POSTERIOR[x])


def _probe(answer: Answer) -> Iterator[Seen]:
    for message, images in (
        (1_000_003, (1, 3, 2)),
        (777_777, (2, 0, 1)),
        (1_234_567, (3, 1, 0)),
        (424_242, (0, 2, 3)),
        (998_877, (0, 1, 1)),
        (345_678, (2, 3, 0)),
    ):
        stack = _Stack(message)
        for x in images:
            before = stack.message
            z = stack.pop(_posterior(x))
            stack.push(x, _likelihood(z))
            stack.push(z, PRIOR)
        given = f"a stack with the message {stack.message}, which was {before} before put_one"
        untouched = stack.message
        returned, failed = attempt(lambda stack=stack: answer(stack, PRIOR, _likelihood, _posterior), given)
        if failed:
            yield failed
            return
        if returned is None and stack.message == untouched:
            yield Seen("the image", "None", given)
            return
        yield Seen("the image", as_tensor(returned), given)
        yield Seen("the message afterwards", str(stack.message), given)


EXERCISE = Exercise(
    number="8.3",
    title="Take one image out",
    task="""put_one(stack, x) did three things: z = stack.pop(posterior(x)), then stack.push(x, likelihood(z)), then
    stack.push(z, prior). Write take_one(stack, prior, likelihood, posterior), which returns the image x that was put
    in last and leaves the stack as it was before put_one. pop and push take distributions: prior, likelihood(z),
    posterior(x).""",
    minutes=5,
    difficulty=2,
    reference=take_one,
    probe=_probe,
    hints=(
        "A stack gives back last what came first. What lies on top?",
        "z lies on top, coded by the prior. With z you know by what x was coded.",
        "What put_one popped has to be pushed again, by the same distribution; with x known you have it.",
    ),
)


def _popped(stack, prior, likelihood):
    z = stack.pop(prior)
    return z, stack.pop(likelihood(z))


@EXERCISE.mistake
def bits_kept(stack, prior, likelihood, posterior):
    """The image is right, but the stack is not as before: put_one had popped z by q(z|x), and it is never pushed
    back. The image underneath cannot be read now."""
    return _popped(stack, prior, likelihood)[1]


@EXERCISE.mistake
def back_by_the_prior(stack, prior, likelihood, posterior):
    """You push z by the prior. put_one had popped it by the posterior, so it goes back by the posterior."""
    z, x = _popped(stack, prior, likelihood)
    stack.push(z, prior)
    return x


@EXERCISE.mistake
def back_by_the_posterior_of_z(stack, prior, likelihood, posterior):
    """You push z by posterior(z). The posterior belongs to the image: posterior(x)."""
    z, x = _popped(stack, prior, likelihood)
    stack.push(z, posterior(z))
    return x


@EXERCISE.mistake
def popped_again(stack, prior, likelihood, posterior):
    """At the end you pop by the posterior. put_one popped there: to undo a pop, push."""
    _, x = _popped(stack, prior, likelihood)
    stack.pop(posterior(x))
    return x


@EXERCISE.mistake
def x_pushed_back(stack, prior, likelihood, posterior):
    """You put x back onto the stack. Only z goes back, by the posterior."""
    z, x = _popped(stack, prior, likelihood)
    stack.push(x, likelihood(z))
    return x


@EXERCISE.mistake
def x_and_z_pushed_back(stack, prior, likelihood, posterior):
    """You put x back onto the stack, and z as well. Only z goes back, by the posterior."""
    z, x = _popped(stack, prior, likelihood)
    stack.push(x, likelihood(z))
    stack.push(z, posterior(x))
    return x


@EXERCISE.mistake
def only_looked(stack, prior, likelihood, posterior):
    """You have put the image back, so the stack is as it was before take_one. It should be as before put_one."""
    z, x = _popped(stack, prior, likelihood)
    stack.push(x, likelihood(z))
    stack.push(z, prior)
    return x


@EXERCISE.mistake
def hidden_variable_returned(stack, prior, likelihood, posterior):
    """The stack is right, but you return what was popped first, by the prior: that is z. The question asks for the
    image, which came second."""
    z, x = _popped(stack, prior, likelihood)
    stack.push(z, posterior(x))
    return z


@EXERCISE.mistake
def both_returned(stack, prior, likelihood, posterior):
    """The stack is right. Return x alone, not two things."""
    z, x = _popped(stack, prior, likelihood)
    stack.push(z, posterior(x))
    return x, z


@EXERCISE.mistake
def both_returned_in_order(stack, prior, likelihood, posterior):
    """The stack is right. Return x alone, not two things."""
    z, x = _popped(stack, prior, likelihood)
    stack.push(z, posterior(x))
    return z, x


@EXERCISE.mistake
def nothing_returned(stack, prior, likelihood, posterior):
    """The stack is right; the function still has to return x."""
    z, x = _popped(stack, prior, likelihood)
    stack.push(z, posterior(x))


@EXERCISE.mistake
def x_first(stack, prior, likelihood, posterior):
    """You pop x first. On top lies z, and without z nobody knows by what distribution x was coded."""
    x = stack.pop(likelihood(0))
    z = stack.pop(prior)
    stack.push(z, posterior(x))
    return x


@EXERCISE.mistake
def by_the_prior_twice(stack, prior, likelihood, posterior):
    """You pop x by the prior as well. x was coded by p(x|z), likelihood(z)."""
    z = stack.pop(prior)
    x = stack.pop(prior)
    stack.push(z, posterior(x))
    return x


@EXERCISE.mistake
def z_alone(stack, prior, likelihood, posterior):
    """You pop z by the prior, and no more: below it lies the image, coded by likelihood(z)."""
    return stack.pop(prior)
