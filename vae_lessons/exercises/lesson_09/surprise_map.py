"""Exercise 9.4: derive a map that is zero where nothing is wrong."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.exercises.lesson_09.map_limits import add_limits


def surprise_map(x: Tensor, x_hat: Tensor) -> Tensor:
    """The cross-entropy of each pixel above the least that it can be, KL(x || x_hat): (B, 1, H, W) in nats."""
    cross_entropy = -x * x_hat.log() - (1 - x) * (1 - x_hat).log()
    least = -torch.xlogy(x, x) - torch.xlogy(1 - x, 1 - x)  # where x_hat = x; xlogy has 0 log 0 = 0
    return cross_entropy - least


def _images(x: list, x_hat: list, *shape: int) -> dict[str, Tensor]:
    return {"x": torch.tensor(x).view(shape), "x_hat": torch.tensor(x_hat).view(shape)}


EXERCISE = Exercise(
    number="9.4",
    title="Derive: a map that is zero where nothing is wrong",
    task="""For images x and reconstructions x_hat, (B, 1, H, W) with grey levels in [0, 1], the cross-entropy of a
    pixel is -x log(x_hat) - (1 - x) log(1 - x_hat). For a grey pixel it is not 0 even if x_hat = x. Subtract the
    smallest value that any x_hat could give to this pixel. Write surprise_map(x, x_hat), which returns what is left,
    per pixel, (B, 1, H, W), in nats. x may be exactly 0 or 1, x_hat lies strictly between; your map must be finite.""",
    minutes=10,
    difficulty=2,
    reference=surprise_map,
    probe=each(
        _images([0.3, 0.6, 0.8], [0.3, 0.9, 0.55], 1, 1, 1, 3),
        _images([0.0, 1.0, 0.25, 0.9], [0.2, 0.7, 0.05, 0.35], 1, 1, 2, 2),
        _images(
            [0.1, 0.95, 0.4, 0.0, 0.5, 1.0, 0.7, 0.15, 1.0, 0.35, 0.0, 0.85],
            [0.45, 0.9, 0.08, 0.12, 0.5, 0.97, 0.25, 0.3, 0.4, 0.65, 0.75, 0.6],
            2,
            1,
            2,
            3,
        ),
        _images([0.3, 0.9, 1.0], [1e-5, 2e-5, 1e-5], 1, 1, 1, 3),  # nearly black where there is ink
        tolerance=2e-3,
    ),
    hints=(
        "Hold x fixed. Where is the derivative of the cross-entropy by x_hat zero?",
        "The smallest value is reached at x_hat = x: it is the entropy of a coin that shows 1 with probability x. What "
        "is it for x = 0 and x = 1?",
        "x log(x / x_hat) + (1 - x) log((1 - x) / (1 - x_hat)), where 0 log 0 counts as 0: torch.xlogy(x, x) does so.",
    ),
)

Pixels = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]  # of x, x_hat, x log x and (1 - x) log(1 - x)

NOT_A_NUMBER = (
    "0 log 0 is NaN in the computer, and it counts as 0: see torch.xlogy, or clamp x inside of the logarithm."
)


def _answers(pixels: Pixels) -> dict[str, Answer]:
    """An answer from entropies that are safe, that are NaN for x = 0 and 1, and that are set to 0 as a whole there."""

    def safe(x, x_hat):
        return pixels(x, x_hat, torch.xlogy(x, x), torch.xlogy(1 - x, 1 - x))

    def plain(x, x_hat):
        return pixels(x, x_hat, x * x.log(), (1 - x) * (1 - x).log())

    return {"safe": safe, "plain": plain, "blotted": lambda x, x_hat: plain(x, x_hat).nan_to_num(0.0)}


BLOTTED = """where x is 0 or 1 your map is 0 as a whole. Only the smallest value is 0 there: the cross-entropy stays."""


def _wrong(sentence: str, *all_pixels: Pixels) -> None:
    """A mistake alone, and with NaN or nothing at all for x = 0 and x = 1, if that makes a difference."""
    x, x_hat = torch.tensor([0.0, 1.0]).view(1, 1, 1, 2), torch.full((1, 1, 1, 2), 0.4)
    for pixels in all_pixels:
        answers = _answers(pixels)
        EXERCISE.recognise(sentence, answers["safe"])
        if answers["plain"](x, x_hat).isnan().any():
            EXERCISE.recognise(f"{sentence} And {NOT_A_NUMBER}", answers["plain"])
            if not answers["blotted"](x, x_hat).allclose(answers["safe"](x, x_hat)):
                EXERCISE.recognise(f"{sentence} And {BLOTTED}", answers["blotted"])


def _ce(x: Tensor, x_hat: Tensor) -> Tensor:
    return -torch.xlogy(x, x_hat) - torch.xlogy(1 - x, 1 - x_hat)


def _kl(x: Tensor, x_hat: Tensor, first: Tensor, second: Tensor) -> Tensor:
    return _ce(x, x_hat) + first + second


EXERCISE.recognise(f"Right for grey pixels, but {NOT_A_NUMBER}", _answers(_kl)["plain"])


EXERCISE.recognise(f"Right for grey pixels, but {BLOTTED}", _answers(_kl)["blotted"])


_wrong(
    """This is the cross-entropy itself, and nothing is subtracted: a grey pixel with x_hat = x does not get 0.""",
    lambda x, x_hat, first, second: _ce(x, x_hat),
)


_wrong(
    """The sign of your cross-entropy is inverted, and nothing is subtracted.""",
    lambda x, x_hat, first, second: -_ce(x, x_hat),
)


_wrong(
    """This is the smallest value itself, the entropy of x. It is to be subtracted from the cross-entropy.""",
    lambda x, x_hat, first, second: -first - second,
)


_wrong(
    """You add the smallest value, the entropy of x; it is to be subtracted. Mind its sign: x log x is negative.""",
    lambda x, x_hat, first, second: _ce(x, x_hat) - first - second,
)


_wrong(
    """The sign is inverted: you subtract the cross-entropy from its smallest value.""",
    lambda x, x_hat, first, second: -_kl(x, x_hat, first, second),
)


_wrong(
    """The terms with 1 - x are missing: a black pixel that turns white surprises as well.""",
    lambda x, x_hat, first, second: first - x * x_hat.log(),
)


_wrong(
    """The terms with x are missing: a white pixel that turns black surprises as well.""",
    lambda x, x_hat, first, second: second - (1 - x) * (1 - x_hat).log(),
)


_wrong(
    """Of the entropy of x you subtract only the part with x; the part with 1 - x is missing.""",
    lambda x, x_hat, first, second: _ce(x, x_hat) + first,
)


_wrong(
    """Of the entropy of x you subtract only the part with 1 - x; the part with x is missing.""",
    lambda x, x_hat, first, second: _ce(x, x_hat) + second,
)


_wrong(
    """The two halves have different signs: both x log(x / x_hat) and its twin with 1 - x are added.""",
    lambda x, x_hat, first, second: first - x * x_hat.log() - second + (1 - x) * (1 - x_hat).log(),
)


_wrong(
    """In the smallest value, the signs of x log x and of (1 - x) log(1 - x) differ; they should be the same.""",
    lambda x, x_hat, first, second: _ce(x, x_hat) + first - second,
    lambda x, x_hat, first, second: _ce(x, x_hat) - first + second,
)


_wrong(
    """This is half of it. No half belongs here.""",
    lambda x, x_hat, first, second: _kl(x, x_hat, first, second) / 2,
)


_wrong(
    """This is twice what is left.""",
    lambda x, x_hat, first, second: 2 * _kl(x, x_hat, first, second),
)


_wrong(
    """You take the root of what is left.""",
    lambda x, x_hat, first, second: _kl(x, x_hat, first, second).clamp(min=0).sqrt(),
)


_wrong(
    """This is in bits. Nats come from the natural logarithm.""",
    lambda x, x_hat, first, second: _kl(x, x_hat, first, second) / math.log(2),
)


_wrong(
    """Your logarithms are to base 10. Nats come from the natural logarithm.""",
    lambda x, x_hat, first, second: _kl(x, x_hat, first, second) / math.log(10),
)


_wrong(
    """You add up the pixels of an image. The map keeps its axes, (B, 1, H, W).""",
    lambda *parts: _kl(*parts).flatten(1).sum(1),
    lambda *parts: _kl(*parts).sum((1, 2, 3), keepdim=True),
    lambda *parts: _kl(*parts).sum((2, 3)),
)


_wrong(
    """You average over the pixels of an image. The map keeps its axes, (B, 1, H, W).""",
    lambda *parts: _kl(*parts).flatten(1).mean(1),
    lambda *parts: _kl(*parts).mean((1, 2, 3), keepdim=True),
    lambda *parts: _kl(*parts).mean((2, 3)),
)


_wrong(
    """You average over the batch. Every image has a map of its own.""",
    lambda *parts: _kl(*parts).mean(0),
    lambda *parts: _kl(*parts).mean(0, keepdim=True),
)


_wrong(
    """You add up the images of the batch. Every image has a map of its own.""",
    lambda *parts: _kl(*parts).sum(0),
    lambda *parts: _kl(*parts).sum(0, keepdim=True),
)


_wrong(
    """You return one number. The map keeps the axes of the images, (B, 1, H, W).""",
    lambda *parts: _kl(*parts).sum(),
    lambda *parts: _kl(*parts).mean(),
    lambda *parts: _kl(*parts).flatten(1).sum(1).mean(),
)


EXERCISE.recognise(
    """You return one number, of the cross-entropy alone: reduction="none" keeps the pixels apart. And nothing is
    subtracted.""",
    lambda x, x_hat: _ce(x, x_hat).mean(),
    lambda x, x_hat: _ce(x, x_hat).sum(),
)


EXERCISE.recognise(
    """The cross-entropy is averaged or added up over all pixels: reduction="none" keeps them apart.""",
    lambda x, x_hat: _ce(x, x_hat).mean() + torch.xlogy(x, x) + torch.xlogy(1 - x, 1 - x),
    lambda x, x_hat: _ce(x, x_hat).sum() + torch.xlogy(x, x) + torch.xlogy(1 - x, 1 - x),
)


EXERCISE.recognise(
    """You subtract a sum or an average over pixels. Each pixel has a smallest value of its own.""",
    lambda x, x_hat: _ce(x, x_hat) - _ce(x, x_hat).mean(),
    lambda x, x_hat: _ce(x, x_hat) - _ce(x, x_hat).mean((1, 2, 3), keepdim=True),
    lambda x, x_hat: _ce(x, x_hat) - _ce(x, x).mean(),
    lambda x, x_hat: _ce(x, x_hat) - _ce(x, x).mean((1, 2, 3), keepdim=True),
    lambda x, x_hat: _ce(x, x_hat) - _ce(x, x).sum(),
)


_wrong(
    """The map has lost an axis: it is (B, 1, H, W), as the images are.""",
    lambda *parts: _kl(*parts).squeeze(1),
    lambda *parts: _kl(*parts).squeeze(),
    lambda *parts: _kl(*parts).flatten(1),
    lambda *parts: _kl(*parts).flatten(),
    lambda *parts: _kl(*parts)[0],
    lambda *parts: _kl(*parts)[0, 0],
)


EXERCISE.recognise(
    """This is the squared error. It is 0 where nothing is wrong, but it is not in nats.""",
    lambda x, x_hat: (x - x_hat) ** 2,
    lambda x, x_hat: (x - x_hat) ** 2 / 2,
)


EXERCISE.recognise(
    """This is the difference of grey levels. It is 0 where nothing is wrong, but it is not in nats.""",
    lambda x, x_hat: (x - x_hat).abs(),
    lambda x, x_hat: x - x_hat,
    lambda x, x_hat: x_hat - x,
)


EXERCISE.recognise(
    """This is the error squared, over the variance of a coin. It comes near for small errors; derive the exact
    value.""",
    lambda x, x_hat: (x - x_hat) ** 2 / (2 * x_hat * (1 - x_hat)),
    lambda x, x_hat: (x - x_hat) ** 2 / (x_hat * (1 - x_hat)),
)


def _reversed(x: Tensor, x_hat: Tensor, small: float) -> Tensor:
    return _ce(x_hat, x.clamp(small, 1 - small)) - _ce(x_hat, x_hat)


TINY = (0.0, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)  # what x is kept away from 0 and 1 by

EXERCISE.recognise(
    """This is the KL the other way round, with x and x_hat swapped: it weighs with x_hat, and explodes where x is 0
    or 1.""",
    *(lambda x, x_hat, small=small: _reversed(x, x_hat, small) for small in TINY),
    lambda x, x_hat: functional.binary_cross_entropy(x, x_hat, reduction="none") - _ce(x_hat, x_hat),
    *(
        lambda x, x_hat, small=small: (
            x_hat * (x_hat / (x + small)).log() + (1 - x_hat) * ((1 - x_hat) / (1 - x + small)).log()
        )
        for small in TINY
    ),
)


EXERCISE.recognise(
    """x and x_hat are swapped in your cross-entropy: the logarithms belong to x_hat.""",
    *(
        lambda x, x_hat, small=small, sign=sign: _ce(x_hat, x.clamp(small, 1 - small)) - sign * _ce(x, x)
        for small in TINY
        for sign in (0, 1)
    ),
    lambda x, x_hat: functional.binary_cross_entropy(x, x_hat, reduction="none"),
    lambda x, x_hat: functional.binary_cross_entropy(x, x_hat, reduction="none") - _ce(x, x),
)


EXERCISE.recognise(
    """You add the KL in both directions. What is left of the cross-entropy is one of them, the one weighted with x.""",
    *(
        lambda x, x_hat, small=small, part=part: (
            part * (_reversed(x, x_hat, small) + _ce(x, x_hat) - _ce(x, x))
        )
        for small in TINY
        for part in (1.0, 0.5)
    ),
)


_wrong(
    """You subtract the entropy of x_hat. The smallest cross-entropy for this x is reached at x_hat = x, and is the
    entropy of x.""",
    lambda x, x_hat, first, second: _ce(x, x_hat) - _ce(x_hat, x_hat),
)


EXERCISE.recognise(
    """You look for the smallest value among the pixels. The question asks for the smallest that any x_hat could give to
    this one pixel.""",
    lambda x, x_hat: _ce(x, x_hat) - _ce(x, x_hat).min(),
    lambda x, x_hat: _ce(x, x_hat) - _ce(x, x_hat).amin((1, 2, 3), keepdim=True),
    lambda x, x_hat: _ce(x, x_hat) - _ce(x, x_hat).amin((2, 3), keepdim=True),
    lambda x, x_hat: _ce(x, x_hat) - _ce(x, x_hat).amin(0),
    lambda x, x_hat: _ce(x, x_hat) - _ce(x, x).min(),
    lambda x, x_hat: _ce(x, x_hat) - _ce(x, x).amin((1, 2, 3), keepdim=True),
)


EXERCISE.recognise(
    """You look for the smallest value over x. x is given; the smallest over x_hat is asked for.""",
    lambda x, x_hat: _ce(x, x_hat) - torch.minimum(-x_hat.log(), -(1 - x_hat).log()),
)


EXERCISE.recognise(
    """log 2 is the entropy of a pixel with x = 1/2. Each grey level has a smallest value of its own.""",
    lambda x, x_hat: _ce(x, x_hat) - math.log(2),
    lambda x, x_hat: (_ce(x, x_hat) - math.log(2)).clamp(min=0),
)


EXERCISE.recognise(
    """You take x_hat for logits. It is a grey level already, between 0 and 1: no sigmoid belongs here.""",
    lambda x, x_hat: _ce(x, x_hat.sigmoid()),
    lambda x, x_hat: _ce(x, x_hat.sigmoid()) - _ce(x, x),
    lambda x, x_hat: _ce(x, x_hat.sigmoid()) - _ce(x.sigmoid(), x.sigmoid()),
    lambda x, x_hat: _ce(x, x_hat.sigmoid()) - _ce(x, x.sigmoid()),
    lambda x, x_hat: functional.binary_cross_entropy_with_logits(x_hat, x),
    lambda x, x_hat: _ce(x.sigmoid(), x_hat.sigmoid()) - _ce(x.sigmoid(), x.sigmoid()),
)


EXERCISE.recognise(
    """You round the grey levels to black and white. The smallest value depends on how grey a pixel is.""",
    lambda x, x_hat: _ce((x > 0.5).float(), x_hat),
    lambda x, x_hat: _ce((x >= 0.5).float(), x_hat),
    lambda x, x_hat: _ce(x.round(), x_hat),
)


EXERCISE.recognise(
    """kl_div takes the logarithm of x_hat first and then x, and it has no terms with 1 - x: call it for both
    halves.""",
    lambda x, x_hat: functional.kl_div(x_hat, x, reduction="none"),
    lambda x, x_hat: functional.kl_div(x.log(), x_hat, reduction="none"),
    lambda x, x_hat: functional.kl_div(x, x_hat, reduction="none"),
)


EXERCISE.recognise(
    """You return one number, and the terms with 1 - x are missing: kl_div needs reduction="none", and a second call for
    the other half.""",
    lambda x, x_hat: torch.xlogy(x, x / x_hat).mean(),
    lambda x, x_hat: torch.xlogy(x, x / x_hat).sum(),
    lambda x, x_hat: torch.xlogy(x, x / x_hat).sum() / len(x),
)


EXERCISE.recognise(
    """You set pixels with x_hat = x to 0 and leave the others as they are. The smallest value is to be subtracted from
    every pixel.""",
    lambda x, x_hat: _ce(x, x_hat) * (x != x_hat),
)


EXERCISE.recognise(
    """x (1 - x) is the variance of a coin. The smallest cross-entropy is its entropy.""",
    lambda x, x_hat: _ce(x, x_hat) - x * (1 - x),
)


_wrong(
    """The logarithms of the ratios are not weighted: by x the one, by 1 - x the other.""",
    lambda x, x_hat, first, second: (x / x_hat).log(),
    lambda x, x_hat, first, second: (x / x_hat).log().abs(),
    lambda x, x_hat, first, second: (x / x_hat).log() + ((1 - x) / (1 - x_hat)).log(),
)


EXERCISE.recognise(
    """You return 0 where x is not exactly 0 or 1, or the cross-entropy of black and white pixels alone. Grey pixels are
    to have what is left as well.""",
    lambda x, x_hat: torch.where((x == 0) | (x == 1), _ce(x, x_hat), 0.0),
)


@EXERCISE.mistake
def x_clamped_in_place(x, x_hat):
    """The map is right, but you change x, which was passed in: names that end in an underscore, like clamp_, write into
    their tensor."""
    result = surprise_map(x, x_hat)
    x.clamp_(1e-6, 1 - 1e-6)
    return result


@EXERCISE.mistake
def both_clamped_in_place(x, x_hat):
    """The map is right, but you change the tensors that were passed in: +=, *= and names that end in an underscore,
    like clamp_, write into their tensor."""
    result = surprise_map(x, x_hat)
    x.clamp_(1e-6, 1 - 1e-6), x_hat.mul_(0.5)
    return result


add_limits(EXERCISE, surprise_map)
