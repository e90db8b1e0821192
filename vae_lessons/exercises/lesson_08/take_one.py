"""Exercise 8.3: take one image out of a message, with its bits given back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

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

    name: str
    widths: Sequence[int]


@dataclass
class _Stack:
    """A message in one whole number that writes down what is done to it."""

    message: int
    steps: list[str] = field(default_factory=list)

    def push(self, symbol: int, table: _Table) -> None:
        self._known(table, "push(symbol, distribution)")
        if not isinstance(symbol, int) or not 0 <= symbol < len(table.widths):
            raise TypeError(f"push takes a symbol that pop returned, not {symbol!r}")
        width, total = table.widths[symbol], sum(table.widths)
        self.message = self.message // width * total + sum(table.widths[:symbol]) + self.message % width
        self.steps.append(f"push {symbol} by {table.name}")

    def pop(self, table: _Table) -> int:
        self._known(table, "pop(distribution)")
        total = sum(table.widths)
        slot, symbol = self.message % total, 0
        while slot >= table.widths[symbol]:
            slot, symbol = slot - table.widths[symbol], symbol + 1
        self.message = table.widths[symbol] * (self.message // total) + slot
        self.steps.append(f"pop {symbol} by {table.name}")
        return symbol

    @staticmethod
    def _known(table: object, call: str) -> None:
        if not isinstance(table, _Table):
            raise TypeError(f"{call}: give prior, likelihood(z) or posterior(x) as the distribution")


PRIOR = _Table("the prior", (8, 4, 4))
LIKELIHOOD = ((9, 2, 3, 2), (1, 12, 2, 1), (2, 3, 1, 10))
POSTERIOR = ((12, 1, 3), (3, 11, 2), (7, 4, 5), (3, 2, 11))


def _likelihood(z: int) -> _Table:
    return _Table(f"p(x|z={z})", LIKELIHOOD[z])


def _posterior(x: int) -> _Table:
    return _Table(f"q(z|x={x})", POSTERIOR[x])


def _probe(answer: Answer) -> Iterator[Seen]:
    for message in (1_000_003, 777_777, 1_234_567, 424_242):
        given = f"a stack with the message {message}"
        stack = _Stack(message)
        for x in (1, 3, 2):  # three images, so that the last is not the first
            z = stack.pop(_posterior(x))
            stack.push(x, _likelihood(z))
            stack.push(z, PRIOR)
        stack.steps.clear()
        returned, failed = attempt(lambda stack=stack: answer(stack, PRIOR, _likelihood, _posterior), given)
        if failed:
            yield failed
            return
        if returned is None and not stack.steps:
            yield Seen("the image", "None", given)
            return
        yield Seen("the steps", "; ".join(stack.steps), given)
        yield Seen("the image", as_tensor(returned), given)


EXERCISE = Exercise(
    number="8.3",
    title="Take one image out",
    task="""put_one(stack, x) did three things: z = stack.pop(posterior(x)), then stack.push(x, likelihood(z)), then
    stack.push(z, prior). Write take_one(stack, prior, likelihood, posterior), which returns the image x that was put
    in last and leaves the stack as it was before. likelihood(z) and posterior(x) return distributions, like prior.""",
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


@EXERCISE.mistake
def bits_kept(stack, prior, likelihood, posterior):
    """The image is right, but the stack is not as before: put_one had popped z by q(z|x), and nobody pushes it
    again. The image underneath cannot be read now."""
    z = stack.pop(prior)
    return stack.pop(likelihood(z))


@EXERCISE.mistake
def back_by_the_prior(stack, prior, likelihood, posterior):
    """You push z by the prior. put_one had popped it by the posterior, so it goes back by the posterior."""
    z = stack.pop(prior)
    x = stack.pop(likelihood(z))
    stack.push(z, prior)
    return x


@EXERCISE.mistake
def popped_again(stack, prior, likelihood, posterior):
    """At the end you pop by the posterior. put_one popped there: to undo a pop, push."""
    z = stack.pop(prior)
    x = stack.pop(likelihood(z))
    stack.pop(posterior(x))
    return x


@EXERCISE.mistake
def x_pushed_back(stack, prior, likelihood, posterior):
    """You put x back onto the stack. Only z goes back, by the posterior."""
    z = stack.pop(prior)
    x = stack.pop(likelihood(z))
    stack.push(x, likelihood(z))
    return x


@EXERCISE.mistake
def hidden_variable_returned(stack, prior, likelihood, posterior):
    """The steps are right, but you return z. Asked is the image, x."""
    z = stack.pop(prior)
    x = stack.pop(likelihood(z))
    stack.push(z, posterior(x))
    return z


@EXERCISE.mistake
def both_returned(stack, prior, likelihood, posterior):
    """The steps are right. Return x alone, not two things."""
    z = stack.pop(prior)
    x = stack.pop(likelihood(z))
    stack.push(z, posterior(x))
    return x, z


@EXERCISE.mistake
def nothing_returned(stack, prior, likelihood, posterior):
    """The steps are right; the function still has to return x."""
    z = stack.pop(prior)
    x = stack.pop(likelihood(z))
    stack.push(z, posterior(x))


@EXERCISE.mistake
def x_first(stack, prior, likelihood, posterior):
    """You pop x first. On top lies z, and without z nobody knows by what distribution x was coded."""
    x = stack.pop(likelihood(0))
    z = stack.pop(prior)
    stack.push(z, posterior(x))
    return x


@EXERCISE.mistake
def put_in_again(stack, prior, likelihood, posterior):
    """You put the image in once more: undone is every step, in reverse order, a push by a pop and a pop by a push."""
    x = 2
    z = stack.pop(posterior(x))
    stack.push(x, likelihood(z))
    stack.push(z, prior)
    return x


@EXERCISE.mistake
def by_the_prior_twice(stack, prior, likelihood, posterior):
    """You pop x by the prior, too. x was coded by p(x|z), likelihood(z)."""
    z = stack.pop(prior)
    x = stack.pop(prior)
    stack.push(z, posterior(x))
    return x
