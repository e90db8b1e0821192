"""Exercise 9.6: read off an intersection over union from shares of pixels."""

import copy
from collections.abc import Callable, Iterator

from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer, Probe, Seen, as_tensor, in_words
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.one_number import number_in
from vae_lessons.exercises.engine.probes import attempt

MASK, FOUND, OTHERS = "pixels in the mask", "of these found", "of the others found"
TOLERANCE, CLOSE = (
    0.02,
    0.008,
)  # shares by which a number may be off: the right one, and one known to be wrong


def pixel_iou(rates: dict[str, float]) -> float:
    """The intersection over union of found and changed pixels, all images pooled."""
    mask = rates["pixels in the mask"]  # each a share of all pixels, from here on
    both = mask * rates["of these found"]
    found_elsewhere = (1 - mask) * rates["of the others found"]
    return both / (mask + found_elsewhere)


DIGITS = {MASK: 0.0159, FOUND: 0.5140, OTHERS: 0.0061}
LARGE_MASKS = {MASK: 0.3, FOUND: 0.6, OTHERS: 0.2}  # for lines that compute: here no term is small


def _reads(rates: dict[str, float]) -> Probe:
    """The probe for what a run measured; lines that compute, and do not return one number, are run on others too."""

    def probe(answer: Answer) -> Iterator[Seen]:
        given, what = "what your run measured", "the intersection over union"
        returned, failed = attempt(lambda: answer(copy.deepcopy(rates)), given)
        if failed or returned is None:
            yield failed or Seen(what, "None", given)
            return
        value, words = _seen(returned, rates)
        yield Seen(what, value, given, CLOSE, words=words, secret=True)
        elsewhere, failed = attempt(lambda: answer(copy.deepcopy(LARGE_MASKS)), given)
        read_off = (
            bool(failed)
            or elsewhere is None
            or in_words(as_tensor(elsewhere)) == in_words(as_tensor(returned))
        )
        value, words = ("right", "") if read_off else _seen(elsewhere, LARGE_MASKS)
        yield Seen(
            f"{what} elsewhere",
            value,
            f"rates = {LARGE_MASKS}",
            CLOSE,
            aside=read_off,
            words=words,
            secret=True,
        )

    return probe


def _seen(returned: object, rates: dict[str, float]) -> tuple[Tensor | str, str]:
    """ "right", or the logarithm of its ratio to the right number, or what it is; and words for it."""
    number = number_in(returned)
    if isinstance(number, str):
        return number, number
    if not number > 0:
        return "no positive number", in_words(number)
    ratio = (number / pixel_iou(rates)).log()
    return "right" if ratio.abs() <= TOLERANCE else ratio, in_words(number)


EXERCISE = Exercise(
    number="9.6",
    title="Read: from pixels to IoU",
    task="""The cell prints three shares, of the pixels of all images together: how many pixels lie in a mask, how many
    of these are found, and how many of the others are found. What is the intersection over union of found pixels and
    masks, of all pixels together? (The table above averages over images.) pixel_iou(rates) returns it, one number
    between 0 and 1. rates maps the names in the table to the shares. Work it out by hand and return the number, right
    to within 2 %, or write lines that compute it.""",
    minutes=5,
    difficulty=2,
    reference=pixel_iou,
    reads=_reads,
    course_runs={"digits": (DIGITS,)},
    hints=(
        "The three shares are shares of different wholes. Turn each of them into a share of all pixels.",
        "Found and changed: the share of pixels in the mask, times the share of these that are found. Found elsewhere: "
        "the rest of the pixels, times their share.",
        "The union is everything in the mask, and what is found elsewhere. Divide the intersection by it.",
    ),
)

Shares = Callable[[float, float, float], float]  # of the three rates, in the order of the table


def _wrong(sentence: str, *all_wrong: Shares) -> None:
    """A wrong number, and the same one in per cent."""
    for in_addition, factor in (("", 1), (" And it is in per cent.", 100)):
        EXERCISE.recognise(
            sentence + in_addition,
            *(
                lambda rates, wrong=wrong, factor=factor: (
                    factor * wrong(rates[MASK], rates[FOUND], rates[OTHERS])
                )
                for wrong in all_wrong
            ),
        )


EXERCISE.recognise(
    """This is in per cent. The question asks for a number between 0 and 1.""",
    lambda rates: 100 * pixel_iou(rates),
)


_wrong(
    """This is the share of the changed pixels that are found, the recall, or nearly so. Pixels found elsewhere make the
    union larger.""",
    lambda m, f, o: f,
    lambda m, f, o: f - o,
    lambda m, f, o: f / (1 + o),
    lambda m, f, o: f * m / (m + m * o),
)


_wrong(
    """This is the share of the found pixels that are changed, the precision. Changed pixels that are missed belong to
    the union as well.""",
    lambda m, f, o: f * m / (f * m + o * (1 - m)),
    lambda m, f, o: f * m / (f * m + o),
)


_wrong(
    """This is twice the intersection over the sum of found and changed pixels, the Dice coefficient or F1. The
    intersection over union counts the pixels in both once.""",
    lambda m, f, o: 2 * f * m / (m + f * m + o * (1 - m)),
    lambda m, f, o: 2 * f * m / (m + f * m + o),
)


_wrong(
    """Your union counts the pixels that are both changed and found twice: add found and changed, and subtract those in
    both.""",
    lambda m, f, o: f * m / (m + f * m + o * (1 - m)),
    lambda m, f, o: f * m / (m + f * m + o),
)


_wrong(
    """Your union holds only what is in the mask or found, but not both. Those in both belong to it.""",
    lambda m, f, o: f * m / (m * (1 - f) + o * (1 - m)),
)


_wrong(
    """The share of the others is one of the pixels outside of the masks: multiply it by 1 minus the share of those
    inside.""",
    lambda m, f, o: f * m / (m + o),
)


_wrong(
    """The three shares have different wholes, so they cannot be combined as they stand: turn each into a share of all
    pixels. Nor do pixels count that are neither changed nor found.""",
    lambda m, f, o: f / (f + o),
    lambda m, f, o: f * m + (1 - o) * (1 - m),
    lambda m, f, o: f / (f + o * (1 - m)),
    lambda m, f, o: 1 - o,
)


_wrong(
    """The three shares have different wholes, so they cannot be combined as they stand: turn each into a share of all
    pixels.""",
    lambda m, f, o: f / (m + o),
    lambda m, f, o: f / (m + f + o),
    lambda m, f, o: f / (m + o * (1 - m)),
    lambda m, f, o: m / (m + o),
    lambda m, f, o: m / (m + o * (1 - m)),
    lambda m, f, o: f * m / (f + o),
    lambda m, f, o: f * m / (m + f + o),
    lambda m, f, o: f * m / (m + f - f * m),
    lambda m, f, o: f * m / (f + o - f * o),
    lambda m, f, o: (f + o) / (1 + o),
    lambda m, f, o: f * (1 - o),
)


_wrong(
    """This is the intersection, as a share of all pixels. Divide it by the union.""",
    lambda m, f, o: f * m,
)


_wrong(
    """This is the union, as a share of all pixels. The intersection is to be divided by it.""",
    lambda m, f, o: m + o * (1 - m),
    lambda m, f, o: m + o,
)


_wrong(
    """This is the share of all pixels that are found. Which of them are changed?""",
    lambda m, f, o: f * m + o * (1 - m),
    lambda m, f, o: f * m + o,
)


_wrong(
    """Your intersection holds all found pixels, also those outside of the masks.""",
    lambda m, f, o: (f * m + o * (1 - m)) / (m + o * (1 - m)),
)


_wrong(
    """This is the share of pixels that are neither changed nor found. They count neither in the intersection nor in the
    union.""",
    lambda m, f, o: (1 - m) * (1 - o),
)


_wrong(
    """This is 1 minus the intersection over union.""",
    lambda m, f, o: 1 - f * m / (m + o * (1 - m)),
)


EXERCISE.recognise(
    """Your fraction is upside down: the union is never smaller than the intersection.""",
    lambda rates: 1 / pixel_iou(rates),
)


_wrong(
    """This is half of the intersection over union.""",
    lambda m, f, o: f * m / (m + o * (1 - m)) / 2,
)


_wrong(
    """This is one of the shares in the table. The question asks for the intersection over the union.""",
    lambda m, f, o: m,
    lambda m, f, o: o,
)


EXERCISE.recognise(
    """Return one number, the intersection over union.""",
    lambda rates: (rates[FOUND] * rates[MASK], pixel_iou(rates)),
)


EXERCISE.recognise(
    """An intersection over union is a positive number, between 0 and 1.""",
    lambda rates: -pixel_iou(rates),
)


@EXERCISE.mistake
def both_classes(rates):
    """You average the IoU of the masks with that of the background, which is nearly 1 always. Asked is that of the
    masks."""
    mask, found, others = rates[MASK], rates[FOUND], rates[OTHERS]
    background = (1 - mask) * (1 - others) / ((1 - mask) + mask * (1 - found))
    return 0.5 * (pixel_iou(rates) + background)


@EXERCISE.mistake
def product(rates):
    """You multiply all three shares. The found part of the mask is the product of two of them; the third belongs to the
    pixels outside."""
    return rates[MASK] * rates[FOUND] * rates[OTHERS]


@EXERCISE.mistake
def shares_exchanged(rates):
    """You exchange the two shares that are found: that of the mask's pixels, and that of the others."""
    return pixel_iou({MASK: rates[MASK], FOUND: rates[OTHERS], OTHERS: rates[FOUND]})


@EXERCISE.mistake
def in_alphabetical_order(rates):
    """You take the shares in the order of their names. Read them by name: rates["of these found"]."""
    mask, found, others = (rates[name] for name in sorted(rates))
    return mask * found / (mask + (1 - mask) * others)
