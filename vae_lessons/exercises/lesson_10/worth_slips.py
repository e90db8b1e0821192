"""What can be wrong in exercise 10.6: two points, the scales of both axes, the share of the way, the line."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer

Pair = Callable[[Tensor, float], tuple[int, int]]  # of accuracies and reached, the places of two points
Scale = Callable[[Tensor], Tensor]
Share = Callable[[Tensor, Tensor, Tensor], Tensor]  # of reached and two accuracies, the share of the way
Line = Callable[[Tensor, Tensor, Tensor], Tensor]  # of two counts and the share, the count there


def _same(x: Tensor) -> Tensor:
    return x


def upper_place(accuracies: Tensor, reached: float) -> int:
    """The place of the upper one of the two points that reached lies between."""
    return max(int(torch.searchsorted(accuracies, reached)), 1)


def _nearest(accuracies: Tensor, reached: float) -> int:
    return int((accuracies - reached).abs().argmin())


def answer_with(
    pair: Pair = lambda a, r: (upper_place(a, r) - 1, upper_place(a, r)),
    form: Callable[[Tensor], object] = _same,
    up: Scale = torch.log,
    down: Scale = torch.exp,
    height: Scale = _same,
    share: Share = lambda r, a0, a1: (r - a0) / (a1 - a0),
    line: Line = lambda x0, x1, t: x0 + t * (x1 - x0),
) -> Answer:
    """An answer from parts, each of which may be wrong: two points, their scales, a share of the way, a
    line."""

    def answer(counts: Tensor, accuracies: Tensor, reached: float) -> Tensor:
        i, j = pair(accuracies, reached)
        points = [torch.as_tensor(form(one)[place]) for one in (accuracies, counts) for place in (i, j)]
        a0, a1, c0, c1 = points
        t = share(height(torch.as_tensor(reached)), height(a0), height(a1))
        return down(line(up(c0), up(c1), t))

    return answer


Slips = dict[str, tuple[dict, ...]]  # a sentence, and the parts that are wrong


PAIRS: Slips = {
    "You take the first two points of the curve, wherever reached lies.": ({"pair": lambda a, r: (0, 1)},),
    "You take the last two points of the curve, wherever reached lies.": ({"pair": lambda a, r: (-2, -1)},),
    """You draw one line from the first point to the last. The curve is straight only between neighbours:
    find the two around reached.""": ({"pair": lambda a, r: (0, -1)},),
    """Your pair of points lies one place too high in the curve. searchsorted gives the place of the upper
    neighbour.""": (
        {"pair": lambda a, r: (min(upper_place(a, r), len(a) - 2), min(upper_place(a, r), len(a) - 2) + 1)},
        *(
            {"pair": lambda a, r: (upper_place(a, r), upper_place(a, r) + 1), "form": form}
            for form in (_same, Tensor.numpy, Tensor.tolist)
        ),
        {"pair": lambda a, r: (upper_place(a, r), min(upper_place(a, r) + 1, len(a) - 1))},
        {"pair": lambda a, r: (upper_place(a, r), (upper_place(a, r) + 1) % len(a))},
    ),
    "Your pair of points lies one place too low in the curve: reached is above both of them.": (
        {"pair": lambda a, r: (max(upper_place(a, r) - 2, 0), max(upper_place(a, r) - 1, 1))},
        {"pair": lambda a, r: (upper_place(a, r) - 2, upper_place(a, r) - 1)},
    ),
    "The two points that you take are not neighbours. Nothing may lie between them.": (
        {"pair": lambda a, r: (max(upper_place(a, r) - 2, 0), upper_place(a, r))},
        {"pair": lambda a, r: (upper_place(a, r) - 1, min(upper_place(a, r) + 1, len(a) - 1))},
        {"pair": lambda a, r: (0, upper_place(a, r))},
        {"pair": lambda a, r: (upper_place(a, r) - 1, -1)},
    ),
    """You take points by their distance from reached. The two nearest may both lie on the same side: take
    the last one below and the first one above.""": (
        {"pair": lambda a, r: tuple((a - r).abs().argsort()[:2].sort().values)},
        *(
            {"pair": lambda a, r: (_nearest(a, r), _nearest(a, r) + 1), "form": form}
            for form in (_same, Tensor.numpy, Tensor.tolist)
        ),
        {"pair": lambda a, r: (lambda n: (min(n, len(a) - 2), min(n, len(a) - 2) + 1))(_nearest(a, r))},
        {"pair": lambda a, r: (_nearest(a, r) - 1, _nearest(a, r))},
        {"pair": lambda a, r: (lambda n: (max(n, 1) - 1, max(n, 1)))(_nearest(a, r))},
    ),
}


LINEAR: Slips = {
    """You interpolate between the counts themselves. Accuracy rises linearly with their logarithm.""": (
        {"up": _same, "down": _same},
    ),
}
NOT_EXPONENTIATED: Slips = {
    "This is the logarithm of a count. Turn it back into a count.": (
        {"down": _same},
        {"up": torch.log10, "down": _same},
        {"up": torch.log2, "down": _same},
        {"up": torch.log1p, "down": _same},
    ),
}
LOG_OF_A_FACTOR: Slips = {
    """This is the logarithm of the factor by which the count lies above that of the lower point. Add the
    logarithm of that count, then turn the sum into a count.""": (
        {"line": lambda x0, x1, t: t * (x1 - x0), "down": _same},
        {"line": lambda x0, x1, t: t * (x1 - x0), "up": torch.log10, "down": _same},
        {"line": lambda x0, x1, t: t * (x1 - x0), "up": torch.log2, "down": _same},
    ),
}
BASES: Slips = {
    "Your two bases differ. exp undoes log, 10** undoes log10, and 2** undoes log2.": (
        {"up": torch.log10, "down": torch.exp},
        {"up": torch.log2, "down": torch.exp},
        {"up": torch.log, "down": lambda x: 10**x},
        {"up": torch.log, "down": torch.exp2},
        {"up": torch.log10, "down": torch.exp2},
        {"up": torch.log2, "down": lambda x: 10**x},
    ),
}
OTHER_SCALES: Slips = {
    "You add 1 to the counts before the logarithm. Accuracy rises with the logarithm of the count itself.": (
        {"up": torch.log1p, "down": torch.expm1},
        {"up": torch.log1p, "down": torch.exp},
        {"up": lambda c: (c + 1).log10(), "down": lambda x: 10**x - 1},
        {"up": lambda c: (c + 1).log10(), "down": lambda x: 10**x},
    ),
    "You undo log with expm1, which subtracts 1. Use exp.": ({"down": torch.expm1},),
    "You interpolate between the roots of the counts. Accuracy rises linearly with their logarithm.": (
        {"up": torch.sqrt, "down": torch.square},
    ),
    "You interpolate between the squares of the counts. Accuracy rises linearly with their logarithm.": (
        {"up": torch.square, "down": torch.sqrt},
    ),
    "You interpolate between 1 / count. Accuracy rises linearly with the logarithm of the count.": (
        {"up": torch.reciprocal, "down": torch.reciprocal},
    ),
    "You interpolate between the counts, and take the logarithm afterwards. It comes first.": (
        {"up": _same, "down": torch.log},
        {"up": _same, "down": torch.log10},
        {"up": _same, "down": torch.log2},
    ),
    "You interpolate between the counts, and then apply an exponential. Take their logarithms first.": (
        {"up": _same, "down": torch.exp},
        {"up": Tensor.double, "down": torch.exp},
        {"up": Tensor.double, "down": lambda x: 10**x},
    ),
    "You apply exp to the counts, and log at the end. It is the other way round.": (
        {"up": torch.exp, "down": torch.log},
    ),
}
HEIGHTS: Slips = {
    """You take the logarithm of the accuracies, too. Accuracy itself rises linearly with the logarithm of the
    count.""": ({"height": torch.log},),
    """You take the logarithm of the accuracies and not of the counts. It belongs to the counts.""": (
        {"height": torch.log, "up": _same, "down": _same},
    ),
    """You take the logarithm of the error rate. Accuracy itself rises linearly with the logarithm of the
    count.""": (
        {"height": lambda a: (100 - a).log()},
        {"height": lambda a: (100 - a).log(), "up": _same, "down": _same},
    ),
    """You take the log-odds of the accuracies. Accuracy itself rises linearly with the logarithm of the
    count.""": ({"height": lambda a: torch.logit(a / 100)},),
    """You interpolate with exponentials, squares or roots of the accuracies. Accuracy itself rises
    linearly with the logarithm of the count.""": (
        {"height": lambda a: (a / 100).exp()},
        {"height": torch.exp},
        {"height": torch.square},
        {"height": torch.sqrt},
    ),
}

REVERSED: Slips = {
    """Your line runs the wrong way, from the upper count to the lower one. Is the share of the way
    reversed, or are the two counts exchanged?""": ({"share": lambda r, a0, a1: (a1 - r) / (a1 - a0)},),
}
COMMON_SHARES: Slips = REVERSED | {
    """Your share of the way is not measured from the lower point. Subtract the lower accuracy in the
    numerator and in the denominator.""": (
        {"share": lambda r, a0, a1: r / a1},
        {"share": lambda r, a0, a1: r / (a1 - a0)},
        {"share": lambda r, a0, a1: r / a0},
    ),
    "Your share of the way is divided by an accuracy. Divide by the difference of the two accuracies.": (
        {"share": lambda r, a0, a1: (r - a0) / a1},
        {"share": lambda r, a0, a1: (r - a0) / a0},
        {"share": lambda r, a0, a1: (r - a0) / (a1 + a0)},
        {"share": lambda r, a0, a1: (r - a0) / r},
        {"share": lambda r, a0, a1: (r - a0) / (100 - a0)},
    ),
    "Your share of the way is not divided by the difference of the two accuracies.": (
        {"share": lambda r, a0, a1: r - a0},
        {"share": lambda r, a0, a1: (r - a0) / 100},
        {"share": lambda r, a0, a1: r / 100},
    ),
}
HALFWAY: Slips = {
    "You always go half of the way. How far to go depends on reached.": (
        {"share": lambda r, a0, a1: torch.tensor(0.5)},
    ),
}
OTHER_SHARES: Slips = {
    """The count falls where accuracy rises: the sign of your share of the way is wrong, or that of the
    difference of the logarithms.""": ({"share": lambda r, a0, a1: (a0 - r) / (a1 - a0)},),
    "Your share of the way is measured from the upper accuracy, but your line starts at the lower count.": (
        {"share": lambda r, a0, a1: (r - a1) / (a1 - a0)},
    ),
    """The brackets are missing in your share of the way. It is a fraction: reached minus the lower
    accuracy, divided by the difference of the two accuracies.""": (
        {"share": lambda r, a0, a1: r - a0 / (a1 - a0)},
        {"share": lambda r, a0, a1: r - a0 / a1 - a0},
    ),
    "Your share of the way compares two distances with each other. Divide by the whole segment.": (
        {"share": lambda r, a0, a1: (r - a0) / (a1 - r)},
        {"share": lambda r, a0, a1: (a1 - r) / (r - a0)},
    ),
    "Your share of the way is upside down: the whole segment belongs in the denominator.": (
        {"share": lambda r, a0, a1: (a1 - a0) / (r - a0)},
    ),
    "Your share of the way is divided by 100. It is a ratio of accuracies, so per cent cancel.": (
        {"share": lambda r, a0, a1: (r - a0) / (a1 - a0) / 100},
    ),
    "Your share of the way is not linear in reached. Between two points the curve is a straight line.": (
        {"share": lambda r, a0, a1: ((r - a0) / (a1 - a0)) ** 2},
        {"share": lambda r, a0, a1: ((r - a0) / (a1 - a0)) ** 0.5},
        {"share": lambda r, a0, a1: (lambda t: t * t * (3 - 2 * t))((r - a0) / (a1 - a0))},
    ),
}

LINES: Slips = {
    """This is the factor by which the count lies above that of the lower point. The line starts at the
    logarithm of the lower count.""": ({"line": lambda x0, x1, t: t * (x1 - x0)},),
    """This is the factor by which the count lies below that of the upper point. Multiply by that
    count.""": ({"line": lambda x0, x1, t: (t - 1) * (x1 - x0)},),
    """Only the upper count enters. The line runs from the logarithm of the lower count to that of the
    upper.""": ({"line": lambda x0, x1, t: t * x1},),
    """Only the lower count enters. The line runs from the logarithm of the lower count to that of the
    upper.""": (
        {"line": lambda x0, x1, t: (1 - t) * x0},
        {"line": lambda x0, x1, t: (1 + t) * x0},
        {"line": lambda x0, x1, t: t * x0},
    ),
    "You add a share of the whole logarithm. Add a share of the difference of the two logarithms.": (
        {"line": lambda x0, x1, t: x0 + t * x1},
    ),
    "Your line starts at the upper count. The share of the way is measured from the lower one.": (
        {"line": lambda x0, x1, t: x1 + t * (x1 - x0)},
    ),
    "You add the two logarithms. The line rises by a share of their difference.": (
        {"line": lambda x0, x1, t: x0 + t * (x1 + x0)},
        {"line": lambda x0, x1, t: t * (x1 + x0)},
    ),
    """You divide one logarithm by the other, or take that of a difference. What the line rises by is the
    difference of two logarithms.""": (
        {"line": lambda x0, x1, t: x0 + t * x1 / x0},
        {"line": lambda x0, x1, t: x0 + t * (x1.exp() - x0.exp()).log()},
        {"line": lambda x0, x1, t: x0 * (x1 / x0) ** t},
    ),
    "The brackets are missing: the share multiplies the whole difference.": (
        {"line": lambda x0, x1, t: t * x1 - x0},
        {"line": lambda x0, x1, t: (x0 + t) * (x1 - x0)},
    ),
}

COUNT_LINES: Slips = {
    "Your line starts at the wrong count or leaves it out, and it is one of counts. Take their logarithms.": (
        {"line": lambda c0, c1, t: c1 + t * (c1 - c0)},
        {"line": lambda c0, c1, t: t * c1},
        {"line": lambda c0, c1, t: c0 + t * c1},
        {"line": lambda c0, c1, t: (1 - t) * c0},
    ),
    "This is a number of labels that is added to the lower count. Add it, and use logarithms.": (
        {"line": lambda c0, c1, t: t * (c1 - c0)},
    ),
    """You multiply a count by a ratio of accuracies. Accuracy rises linearly with the logarithm of the
    count.""": (
        {"share": lambda r, a0, a1: r / a0, "line": lambda c0, c1, t: c0 * t},
        {"share": lambda r, a0, a1: r / a1, "line": lambda c0, c1, t: c1 * t},
    ),
    "You multiply the count by a share of the ratio. The share of the way is the exponent of the ratio.": (
        {"line": lambda c0, c1, t: c0 * (1 + t * (c1 / c0).log())},
    ),
    "You add to a count what belongs to its logarithm. Add in logarithms, and use exp at the end.": (
        {"line": lambda c0, c1, t: c0 + t * (c1.log() - c0.log())},
        {"line": lambda c0, c1, t: c0 + (t * (c1.log() - c0.log())).exp()},
        {"line": lambda c0, c1, t: c0 + t * (c1 - c0).log()},
        {"line": lambda c0, c1, t: c0 + t * (c1.log10() - c0.log10())},
        {"line": lambda c0, c1, t: c0 + 10 ** (t * (c1.log10() - c0.log10()))},
    ),
    "You add two powers of the counts. Logarithms that are added multiply the counts.": (
        {"line": lambda c0, c1, t: c0 ** (1 - t) + c1**t},
        {"line": lambda c0, c1, t: (1 - t) * c0.log().exp() + (t * c1.log()).exp()},
    ),
}
