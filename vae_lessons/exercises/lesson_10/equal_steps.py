"""Exercise 10.4: derive the number of epochs that makes two trainings equally long in steps."""

import math
from collections.abc import Callable

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.one_number import one_number


def epochs_for_equal_steps(images: int, added: int, epochs: int, batch_size: int) -> int:
    """The fewest epochs on images + added that have at least as many steps as `epochs` epochs on images."""
    steps = epochs * math.ceil(images / batch_size)
    return math.ceil(steps / math.ceil((images + added) / batch_size))


CASES = (
    {"images": 9, "added": 5, "epochs": 11, "batch_size": 4},
    {"images": 96, "added": 32, "epochs": 20, "batch_size": 8},  # all batches are full, nothing is left over
    {"images": 70, "added": 100, "epochs": 7, "batch_size": 64},
    {"images": 480, "added": 680, "epochs": 99, "batch_size": 24},
    {"images": 350, "added": 640, "epochs": 98, "batch_size": 64},
    {"images": 895, "added": 440, "epochs": 84, "batch_size": 64},
    {"images": 750, "added": 1490, "epochs": 146, "batch_size": 32},
)

EXERCISE = Exercise(
    number="10.4",
    title="Derive: equal steps",
    task="""A classifier is trained on `images` images for `epochs` epochs, in batches of batch_size. The
    last batch of an epoch may be smaller; it is a step too. A second classifier gets `added` images in
    addition, with the same batch_size. In as many epochs it would make more steps, and could be better for
    that alone. Write epochs_for_equal_steps(images, added, epochs, batch_size), which returns the smallest
    whole number of epochs in which the second classifier makes at least as many steps as the first.""",
    minutes=5,
    difficulty=1,
    reference=epochs_for_equal_steps,
    probe=one_number("the number of epochs", *CASES),
    hints=(
        "How many steps does one epoch have, with 9 images in batches of 4?",
        "Count the steps of the whole first training. Then count those of one epoch of the second: how "
        "often does it have to be repeated?",
        "One epoch has images / batch_size steps, rounded up. Divide the steps of the whole first training "
        "by those of one epoch with all the images, and round up only then.",
    ),
)

Steps = Callable[[int, int], float]  # in one epoch, from its number of images and batch_size
Wrong = Callable[[int, int, int, int], float]


def _right(images: int, batch_size: int) -> int:
    return math.ceil(images / batch_size)


STEPS: dict[str, Steps] = {
    "": _right,
    "you drop the last batch where it is not full. It is a step too.": lambda n, b: n // b,
    """you do not round the number of batches of an epoch up. A last batch that is not full is a whole
    step.""": lambda n, b: n / b,
    "you count one step too many where all batches are full: // and + 1 do not round up there.": (
        lambda n, b: n // b + 1
    ),
    """you round the number of batches to the nearest whole one. A last batch is a step, however small it
    is.""": lambda n, b: round(n / b),
    "you count one step of an epoch too few.": lambda n, b: _right(n, b) - 1,
}

ENDS: dict[str, Callable[[float], float]] = {
    "": math.ceil,
    "You round down at the end, so the second classifier may make fewer steps than the first.": math.floor,
    "The result is not a whole number yet. Which way must it be rounded?": float,
    """You round to the nearest whole number at the end. Where that is down, the second classifier makes
    fewer steps than the first.""": round,
    """You round down and add 1 at the end. Where the division leaves no remainder, this is one epoch too
    many.""": lambda epochs: math.floor(epochs) + 1,
    "You go on for one epoch too long.": lambda epochs: math.ceil(epochs) + 1,
    "You stop one epoch too early: the second classifier must make at least as many steps.": (
        lambda epochs: math.ceil(epochs) - 1
    ),
}

_named: list[tuple[float, ...]] = []  # what the mistakes so far return


def _wrong(sentence: str, *answers: Wrong) -> None:
    """Add mistakes, without those that do what an earlier one does."""
    for wrong in answers:
        returned = tuple(wrong(*case.values()) for case in CASES)
        if not any(all(map(_close, returned, earlier)) for earlier in _named):
            _named.append(returned)
            EXERCISE.recognise(sentence, wrong)


def _close(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-4, abs_tol=1e-4)


def _in_each(first: str, second: str) -> str:
    """What to say of two ways of counting steps."""
    if first == second:
        return _sentence(first)
    parts = (("For the first classifier", first), ("For the second classifier", second))
    return " ".join(f"{which} {words}" for which, words in parts if words)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


_wrong(
    """With as many epochs the second classifier makes more steps. If you rounded a ratio to 1, multiply by
    epochs first and round at the end.""",
    lambda n, a, e, b: e,
)


_wrong(
    """This is always 0: // or a floor makes 0 of a ratio below 1. Multiply by epochs first and round at
    the end.""",
    lambda n, a, e, b: 0,
)


_wrong(
    """This is always 1: epochs is left out, or what you divide by is far too large, such as a number of
    images where steps belong.""",
    lambda n, a, e, b: 1,
)


for last, end in ENDS.items():
    _wrong(
        f"""You compare numbers of images, so that batch_size has no influence. The last batch of an epoch
        may be smaller and is a whole step, so count steps. {last}""".strip(),
        lambda n, a, e, b, end=end: end(e * n / (n + a)),
    )


for last, end in ENDS.items():
    for first, steps in STEPS.items():
        for second, then in STEPS.items():
            if 0 < len({first, second, last} - {""}) < 3:
                _wrong(
                    f"{_in_each(first, second)} {last}".strip(),
                    lambda n, a, e, b, end=end, steps=steps, then=then: end(e * steps(n, b) / then(n + a, b)),
                )


_wrong(
    "The result is not a whole number yet. Which way must it be rounded?",
    *(
        lambda n, a, e, b, digits=digits: round(e * _right(n, b) / _right(n + a, b), digits)
        for digits in (1, 2)
    ),
    *(
        lambda n, a, e, b, parts=parts: math.ceil(parts * e * _right(n, b) / _right(n + a, b)) / parts
        for parts in (2, 10, 100)
    ),
)


for last, end in list(ENDS.items())[:3]:
    _wrong(
        f"For the second classifier you count one step of an epoch too many. {last}".strip(),
        lambda n, a, e, b, end=end: end(e * _right(n, b) / (_right(n + a, b) + 1)),
    )
    _wrong(
        f"For the first classifier you count one step of an epoch too many. {last}".strip(),
        lambda n, a, e, b, end=end: end(e * (_right(n, b) + 1) / _right(n + a, b)),
    )


OTHER_QUANTITIES: dict[str, Callable[[int, int, int, float, float, float], float]] = {
    "This is the number of steps of the whole first training. The question asks for epochs of the second.": (
        lambda n, a, e, s, t, u: e * s
    ),
    "This is the number of steps of one epoch of the first classifier. The question asks for epochs.": (
        lambda n, a, e, s, t, u: s
    ),
    "This is the number of steps of one epoch of the second classifier. The question asks for epochs.": (
        lambda n, a, e, s, t, u: t
    ),
    """This is the number of steps that the second classifier would make in as many epochs. The question
    asks for the epochs that it needs for as many steps as the first.""": lambda n, a, e, s, t, u: e * t,
    """This is how many steps more the second classifier would make in as many epochs. The question asks for
    epochs.""": lambda n, a, e, s, t, u: e * (t - s),
    """This is how many steps the added images would take in as many epochs. The question asks for
    epochs.""": lambda n, a, e, s, t, u: e * u,
    "This is the ratio of the steps in one epoch. It has to be multiplied by the number of epochs.": (
        lambda n, a, e, s, t, u: s / t
    ),
    """This is the ratio of the steps in one epoch, the second classifier's over the first's. Epochs are
    missing, and the ratio must be the other one.""": lambda n, a, e, s, t, u: t / s,
    """This is the number of images that the first classifier sees in its whole training. The question asks
    for epochs of the second, and for equal steps.""": lambda n, a, e, s, t, u: e * n,
    """This is the number of images that the second classifier would see in as many epochs. The question
    asks for its epochs.""": lambda n, a, e, s, t, u: e * (n + a),
    """This is the number of steps that the second classifier makes in the right number of epochs. The
    question asks for the epochs.""": lambda n, a, e, s, t, u: math.ceil(e * s / t) * t,
    "This is the remainder of the division. Epochs are its quotient, rounded up.": (
        lambda n, a, e, s, t, u: e * s % t
    ),
    "This is by how many epochs the second training is shorter. The question asks how long it is.": (
        lambda n, a, e, s, t, u: e - math.ceil(e * s / t)
    ),
    "This is minus the number of epochs by which the second training is shorter. How long is it?": (
        lambda n, a, e, s, t, u: math.ceil(e * s / t) - e
    ),
    """This is by how many epochs the second training is shorter, and it is not a whole number. The
    question asks how long it is.""": lambda n, a, e, s, t, u: e - e * s / t,
}

for sentence, quantity in OTHER_QUANTITIES.items():
    _wrong(
        sentence,
        *(
            lambda n, a, e, b, steps=steps, quantity=quantity: quantity(
                n, a, e, steps(n, b), steps(n + a, b), steps(a, b)
            )
            for steps in list(STEPS.values())[:4]
        ),
    )


# Of epochs, and of the steps in one epoch with the images, with all of them, and with the added ones.
FORMULAS: dict[str, tuple[Callable[[int, float, float, float], float], ...]] = {
    """The ratio is the wrong way round: an epoch of the second classifier has more steps, so it needs fewer
    epochs.""": (lambda e, s, t, u: e * t / s,),
    """You divide by the steps of the added images alone. The second classifier sees all images in every
    epoch.""": (lambda e, s, t, u: e * s / u,),
    """You count the batches of the added images apart. They are mixed with the others, so count the
    batches of all images together.""": (lambda e, s, t, u: e * s / (s + u),),
    """You multiply by the steps of the added images. The first classifier never sees these.""": (
        lambda e, s, t, u: e * u / t,
        lambda e, s, t, u: e * u / s,
    ),
    """You add something for the added images to epochs. An epoch of the second classifier has more steps,
    so it needs fewer epochs.""": (lambda e, s, t, u: e + e * u / t, lambda e, s, t, u: e + e * u / s),
    """You divide by the steps of both classifiers together. The second one is trained alone, on all the
    images.""": (lambda e, s, t, u: e * s / (s + t),),
    "Multiply the steps of one epoch by the number of epochs. Do not add or subtract them.": (
        lambda e, s, t, u: e + s / t,
        lambda e, s, t, u: e - s / t,
        lambda e, s, t, u: e - t / s,
        lambda e, s, t, u: e - u,
        lambda e, s, t, u: (e + s) / t,
    ),
    "You leave epochs out where the steps of the first classifier are counted.": (lambda e, s, t, u: s / t,),
}

for last, end in list(ENDS.items())[:3]:
    for sentence, formulas in FORMULAS.items():
        for words, steps in list(STEPS.items())[:4]:
            _wrong(
                f"{_sentence(words)} {sentence} {last}".strip(),
                *(
                    lambda n, a, e, b, end=end, formula=formula, steps=steps: end(
                        formula(e, steps(n, b), steps(n + a, b), steps(a, b))
                    )
                    for formula in formulas
                ),
            )
    for words, steps in list(STEPS.items())[:4]:
        _wrong(
            f"""{_sentence(words)} You subtract the share of the added images from epochs. Divide the steps
            of the whole first training by those of one epoch with all images instead. {last}""".strip(),
            lambda n, a, e, b, end=end, steps=steps: e - end(e * steps(a, b) / steps(n + a, b)),
            lambda n, a, e, b, end=end, steps=steps: end(e - e * steps(a, b) / steps(n + a, b)),
            lambda n, a, e, b, end=end, steps=steps: end(e - e * steps(a, b) / steps(n, b)),
            lambda n, a, e, b, end=end: end(e - a / n),
        )
    _wrong(
        f"""You count the batches of the added images apart. They are mixed with the others, so count the
        batches of all images together. {last}""".strip(),
        lambda n, a, e, b, end=end: end(e * _right(n, b) / (_right(n, b) + a // b)),
        lambda n, a, e, b, end=end: end(e * _right(n, b) / (n // b + _right(a, b))),
    )
    for total in (math.ceil, math.floor):
        for words, steps in list(STEPS.items())[:4]:
            second = f"For the second classifier {words}" if words else ""
            _wrong(
                f"""You divide the images of all epochs by batch_size, as if batches went on from one epoch
                to the next. Each epoch ends with a batch of its own. {second} {last}""".strip(),
                lambda n, a, e, b, end=end, total=total, steps=steps: end(total(e * n / b) / steps(n + a, b)),
            )
    _wrong(
        f"""You divide steps by images. Divide steps by steps: batch_size belongs to the second classifier
        too. {last}""".strip(),
        *(
            lambda n, a, e, b, end=end, steps=steps: end(e * steps(n, b) / (n + a))
            for steps in STEPS.values()
        ),
        lambda n, a, e, b, end=end: end(e * _right(n, b) / a),
    )
    _wrong(
        f"""You divide images by steps. Divide steps by steps: batch_size belongs to the first classifier
        too. {last}""".strip(),
        *(lambda n, a, e, b, end=end, steps=steps: end(e * n / steps(n + a, b)) for steps in STEPS.values()),
    )
    _wrong(
        f"""The number of steps is divided by batch_size once more than it should be, or multiplied by it.
        It belongs in both numbers of steps. {last}""".strip(),
        *(
            lambda n, a, e, b, end=end, steps=steps, more=more: end(
                e * steps(n, b) / steps(n + a, b) * b**more
            )
            for more in (-1, 1, -2)
            for steps in list(STEPS.values())[:4]
        ),
    )


def _smallest(enough: Callable[[int], bool]) -> int:
    epochs = 1
    while not enough(epochs):
        epochs += 1
    return epochs


_wrong(
    """You let the batches of the second classifier go on from one epoch to the next. Each epoch ends with
    a batch of its own, however small.""",
    lambda n, a, e, b: _smallest(lambda k: _right(k * (n + a), b) >= e * _right(n, b)),
    lambda n, a, e, b: _smallest(lambda k: k * (n + a) // b >= e * _right(n, b)),
)


_wrong(
    """You let batches go on from one epoch to the next, for both classifiers. Each epoch ends with a batch
    of its own, however small.""",
    lambda n, a, e, b: _smallest(lambda k: _right(k * (n + a), b) >= _right(e * n, b)),
    lambda n, a, e, b: _smallest(lambda k: k * (n + a) // b >= e * n // b),
)


_wrong(
    """You add `added` to the number of steps. It is a number of images: add it to images, then count
    batches.""",
    *(
        lambda n, a, e, b, end=end: end(e * _right(n, b) / (_right(n, b) + a))
        for end in list(ENDS.values())[:3]
    ),
)


_wrong(
    """You round a ratio before you use epochs. Divide numbers of steps, and round once, at the end.""",
    *(
        lambda n, a, e, b, ratio=ratio, end=end: end(e / ratio(_right(n + a, b) / _right(n, b)))
        for ratio in (math.ceil, math.floor, round)
        for end in list(ENDS.values())[:4]
    ),
    *(
        lambda n, a, e, b, ratio=ratio, end=end: end(e / ratio((n + a) / n))
        for ratio in (math.ceil, math.floor, round)
        for end in list(ENDS.values())[:4]
    ),
    *(
        lambda n, a, e, b, digits=digits, end=end: end(e * round(_right(n, b) / _right(n + a, b), digits))
        for digits in (0, 1, 2)
        for end in list(ENDS.values())[:4]
    ),
    lambda n, a, e, b: e * round(n / (n + a)),
)


EXERCISE.recognise(
    """Return one number, the epochs of the second classifier.""",
    lambda n, a, e, b: (epochs_for_equal_steps(n, a, e, b), e * _right(n, b)),
)
