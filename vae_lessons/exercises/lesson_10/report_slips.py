"""What can be wrong in exercise 10.5, one thing at a time: the accuracies, their mean, their spread.

Each entry is a sentence and what has this fault; the sentence is empty where nothing is wrong.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor

Pick = Callable[[Tensor, Tensor], Tensor]  # of validation and test, the accuracies that are summarised
Summary = Callable[[Tensor], Tensor]  # of these accuracies
Rule = Callable[[Tensor, Tensor], Tensor]  # of validation and test, the setting that is chosen

COMMON_RULES: dict[str, tuple[Rule, ...]] = {
    """You choose the setting on the test images, so its number there is high partly by luck. The
    validation images choose.""": (lambda v, t: t.mean(1).argmax(),),
    """You choose the setting that holds the best single test run. The choice belongs to the validation
    images, and to the mean over the seeds.""": (lambda v, t: t.max(1).values.argmax(),),
    """You choose the setting that holds the best single validation run. One run can be lucky: choose by
    the mean over the seeds.""": (lambda v, t: v.max(1).values.argmax(),),
    "You choose the setting with the lowest mean. These are accuracies: higher is better.": (
        lambda v, t: v.mean(1).argmin(),
    ),
}

RULES_BY_THE_MEDIAN: dict[str, tuple[Rule, ...]] = {
    "You choose by the median over the seeds. The task asks for the choice by the mean.": (
        lambda v, t: v.median(1).values.argmax(),
        lambda v, t: v.quantile(0.5, 1).argmax(),
    ),
}

OTHER_RULES: dict[str, tuple[Rule, ...]] = {
    """You choose the setting whose worst validation run is the best. Choose by the mean over the
    seeds.""": (lambda v, t: v.min(1).values.argmax(),),
    "The spread over the seeds takes part in your choice. The mean on the validation images chooses alone.": (
        lambda v, t: v.std(1).argmin(),
        lambda v, t: v.std(1).argmax(),
        lambda v, t: (v.mean(1) - v.std(1)).argmax(),
        lambda v, t: (v.mean(1) - v.std(1, correction=0)).argmax(),
        lambda v, t: (v.mean(1) - v.std(1) / v.shape[1] ** 0.5).argmax(),
        lambda v, t: (v.mean(1) + v.std(1)).argmax(),
        lambda v, t: (v.mean(1) / v.std(1)).argmax(),
    ),
    "The test images take part in your choice. The mean on the validation images chooses alone.": (
        lambda v, t: (v + t).mean(1).argmax(),
        lambda v, t: (v.mean(1) - t.mean(1)).abs().argmin(),
        lambda v, t: t.median(1).values.argmax(),
        lambda v, t: t.quantile(0.5, 1).argmax(),
        lambda v, t: t.min(1).values.argmax(),
        lambda v, t: t.std(1).argmin(),
        lambda v, t: (t.mean(1) - t.std(1)).argmax(),
        lambda v, t: t.mean(1).argmin(),
    ),
    """You take the first setting every time. Does your mean run over one axis? The mean of a whole table
    is one number, and its argmax is 0.""": (
        lambda v, t: 0,
        lambda v, t: v.mean(1, keepdim=True).argmax(1),
    ),
    "You take the same place in the table every time. The validation images choose the setting.": (
        lambda v, t: -1,
        lambda v, t: 1,
    ),
    "You choose by one seed alone. Choose by the mean over all seeds.": (
        lambda v, t: v[:, 0].argmax(),
        lambda v, t: v[:, -1].argmax(),
        lambda v, t: v[:, v.mean(0).argmax()].argmax(),
    ),
    """You choose the setting that wins under most seeds. The task asks for the choice by the mean over
    the seeds.""": (
        lambda v, t: v.argmax(0).mode().values,
        lambda v, t: v.argmax(0).bincount().argmax(),
    ),
    """You choose the second best setting on the validation images. argsort and sort count from the lowest
    upwards: the best one comes last.""": (lambda v, t: v.mean(1).argsort()[-2],),
    """You average validation over the settings, so what you choose is a seed. The mean of each setting
    runs over the seeds, axis 1.""": (lambda v, t: v.mean(0).argmax(),),
    """argmax without an axis counts through the whole table, row by row, so its result is not the place of a
    setting.""": (
        lambda v, t: v.argmax(),
        lambda v, t: v.argmax() % len(v),
        lambda v, t: v.argmax() // len(v),
        lambda v, t: v.argmax() % v.shape[1],
    ),
}


def _rows(many: dict[str, tuple[Rule, ...]]) -> dict[str, tuple[Pick, ...]]:
    return {
        sentence: tuple(lambda v, t, rule=rule: t[rule(v, t)] for rule in rules)
        for sentence, rules in many.items()
    }


RIGHT: dict[str, tuple[Pick, ...]] = {"": (lambda v, t: t[v.mean(1).argmax()],)}

COMMON_ROWS = _rows(COMMON_RULES)

VALIDATION_ROWS: dict[str, tuple[Pick, ...]] = {
    """You report the numbers of the validation images. They have chosen the setting, so they are high
    partly by luck: report the test images.""": (lambda v, t: v[v.mean(1).argmax()],),
    """You report validation images, of the setting that holds the best single validation run. Choose by
    the mean, and report the test images.""": (lambda v, t: v[v.max(1).values.argmax()],),
    "You have exchanged the roles: the test images choose, and the validation images are reported.": (
        lambda v, t: v[t.mean(1).argmax()],
        lambda v, t: v[t.max(1).values.argmax()],
    ),
}

COMMON_MIXES: dict[str, tuple[Pick, ...]] = {
    """Each seed chooses a setting of its own, so your numbers mix several settings. The report names one:
    let the mean over the seeds choose it, once.""": (
        lambda v, t: t[v.argmax(0), torch.arange(v.shape[1])],
        lambda v, t: t[v.argmax(0)].flatten(),
    ),
    """For each seed you take the best test number of all settings. The report names one setting, and the
    validation images choose it.""": (lambda v, t: t.max(0).values,),
    """For each seed you take the best validation number of all settings. The report names one setting,
    and gives its test numbers.""": (lambda v, t: v.max(0).values,),
    """You take the runs of all settings together. The report is about one setting, which the validation
    images choose.""": (lambda v, t: t.flatten(),),
    """You take the mean of each setting, and then mean and spread over the settings. The report is about
    one setting, over its seeds.""": (lambda v, t: t.mean(1),),
    """You average over the settings under each seed. The report is about one setting, which the
    validation images choose.""": (lambda v, t: t.mean(0),),
}

BY_THE_MEDIAN = _rows(RULES_BY_THE_MEDIAN)

OTHER_ROWS = BY_THE_MEDIAN | _rows(OTHER_RULES)

OTHER_PICKS: dict[str, tuple[Pick, ...]] = {
    """You leave some seeds of the setting out. All of them count, for the mean and for the standard
    deviation.""": (
        lambda v, t: t[v.mean(1).argmax()].sort().values[1:],
        lambda v, t: t[v.mean(1).argmax()].sort().values[:-1],
        lambda v, t: t[v.mean(1).argmax()].sort().values[1:-1],
        lambda v, t: t[v.mean(1).argmax(), 1:],
        lambda v, t: t[v.mean(1).argmax(), :-1],
    ),
    "You pool validation and test images. The report is about the test images alone.": (
        lambda v, t: torch.cat([v[v.mean(1).argmax()], t[v.mean(1).argmax()]]),
        lambda v, t: (v[v.mean(1).argmax()] + t[v.mean(1).argmax()]) / 2,
        lambda v, t: torch.cat([v, t], 1)[torch.cat([v, t], 1).mean(1).argmax()],
    ),
    "You report a difference between validation and test images. Report the accuracies on the test images.": (
        lambda v, t: (v - t)[v.mean(1).argmax()],
        lambda v, t: (t - v)[v.mean(1).argmax()],
        lambda v, t: (v - t)[v.mean(1).argmax()].abs(),
    ),
    """You take the best test run of each setting, and then mean and spread over the settings. The report
    is about one setting, over all its seeds.""": (lambda v, t: t.max(1).values,),
    """For each setting you choose a seed on the validation images. Seeds are not chosen: choose a
    setting, and report all its seeds.""": (lambda v, t: t[torch.arange(len(v)), v.argmax(1)],),
    """You take all runs on the validation images. Let their means choose one setting, and report its test
    numbers.""": (lambda v, t: v.flatten(), lambda v, t: v.mean(1), lambda v, t: v.mean(0)),
    """You report several of the best settings together. The report names one.""": (
        lambda v, t: t[v.mean(1).topk(2).indices].flatten(),
        lambda v, t: t[v.mean(1).topk(3).indices].flatten(),
        lambda v, t: t[v.mean(1).topk(2).indices].mean(1),
    ),
    "argmax over axis 1 gives the best seed of each setting. Choose a setting: argmax of the row means.": (
        lambda v, t: t[v.argmax(1)].flatten(),
    ),
    "You take a column of the table: one seed, all settings. A setting is a row.": (
        lambda v, t: t[:, v.mean(0).argmax()],
        lambda v, t: t[:, v.mean(1).argmax()],
        lambda v, t: t[:, t.mean(0).argmax()],
        lambda v, t: v[:, v.mean(0).argmax()],
    ),
}

LOOKED_UP: dict[str, tuple[Pick, ...]] = {
    "You look up a row by an accuracy. max gives the highest value, argmax the place where it stands.": (
        lambda v, t: t[v.mean(1).max()],
        lambda v, t: t[int(v.mean(1).max())],
        lambda v, t: t[v.mean(1).max().item()],
    ),
}

MEAN: dict[str, tuple[Summary, ...]] = {"": (torch.mean,)}
MEDIANS: dict[str, tuple[Summary, ...]] = {
    "Your first number is a median. The task asks for the mean.": (
        lambda x: x.median(),
        lambda x: x.quantile(0.5),
        lambda x: x.sort().values[len(x) // 2],
    ),
}
EXTREMES: dict[str, tuple[Summary, ...]] = {
    "Your first number is that of the best seed. Nobody can rely on that seed: report the mean of all.": (
        lambda x: x.max(),
    ),
    "Your first number is that of the worst seed. Report the mean of all.": (lambda x: x.min(),),
}
OTHER_MEANS: dict[str, tuple[Summary, ...]] = {
    "Your first number is a sum. Divide it by the number of seeds.": (lambda x: x.sum(),),
    """Your first number is divided by one less than the number of accuracies. Only the variance divides
    by R - 1.""": (lambda x: x.sum() / (len(x) - 1),),
    "Your first number is a fraction. The task asks for per cent.": (lambda x: x.mean() / 100,),
    "Your first number is multiplied by 100. The accuracies are in per cent already.": (
        lambda x: x.mean() * 100,
    ),
    "Your first number is the error rate. The task asks for the accuracy.": (lambda x: 100 - x.mean(),),
    "Your first number is the mean plus or minus a spread. Report the mean itself.": (
        lambda x: x.mean() - x.std(),
        lambda x: x.mean() + x.std(),
        lambda x: x.mean() - x.std(correction=0),
        lambda x: x.mean() + x.std(correction=0),
    ),
    "Your first number lies halfway between the best and the worst seed. Report the mean of all.": (
        lambda x: (x.max() + x.min()) / 2,
    ),
    "Your first number is that of one seed. Report the mean of all.": (lambda x: x[0], lambda x: x[-1]),
    "You leave some seeds out of the mean. All of them count.": (
        lambda x: x.sort().values[1:].mean(),
        lambda x: x.sort().values[:-1].mean(),
        lambda x: x.sort().values[1:-1].mean(),
        lambda x: x[1:].mean(),
        lambda x: x[:-1].mean(),
    ),
}

STD: dict[str, tuple[Summary, ...]] = {"": (torch.std,)}
STD_WITH_R: dict[str, tuple[Summary, ...]] = {
    """Your standard deviation divides by R. np.std does so unless you give it ddof=1; the sample standard
    deviation divides by R - 1.""": (lambda x: x.std(correction=0),),
}
COMMON_SPREADS: dict[str, tuple[Summary, ...]] = STD_WITH_R | {
    """Your second number is a standard error: it is divided by the root of the number of accuracies. The
    task asks for the standard deviation.""": (lambda x: x.std() / len(x) ** 0.5,),
    """Your second number is the root of the sum of squares, divided by R. That is a standard error that
    divides by R twice: the sample standard deviation divides once by R - 1, inside the root.""": (
        lambda x: x.std(correction=0) / len(x) ** 0.5,
    ),
    "Your second number is the variance. The standard deviation is its square root.": (lambda x: x.var(),),
    """Your second number is the variance, and it divides by R. The sample standard deviation is a root,
    and divides by R - 1.""": (lambda x: x.var(correction=0),),
    "Your second number is the range, best minus worst seed. The task asks for the standard deviation.": (
        lambda x: x.max() - x.min(),
    ),
}
OTHER_SPREADS: dict[str, tuple[Summary, ...]] = {
    """Your second number is half of the range, or a range without the outer seeds. The task asks for the
    standard deviation.""": (
        lambda x: (x.max() - x.min()) / 2,
        lambda x: x.quantile(0.75) - x.quantile(0.25),
    ),
    """Your second number is built on distances without squares. The standard deviation squares the
    distances from the mean.""": (
        lambda x: (x - x.mean()).abs().mean(),
        lambda x: (x - x.mean()).abs().sum() / (len(x) - 1),
        lambda x: (x - x.mean()).abs().max(),
        lambda x: (x - x.median()).abs().median(),
        lambda x: (x - x.quantile(0.5)).abs().quantile(0.5),
    ),
    "Your second number is a multiple of a spread, as for a confidence interval. Report the spread itself.": (
        lambda x: 1.96 * x.std() / len(x) ** 0.5,
        lambda x: 1.96 * x.std(correction=0) / len(x) ** 0.5,
        lambda x: 2 * x.std() / len(x) ** 0.5,
        lambda x: 1.96 * x.std(),
        lambda x: 2 * x.std(),
    ),
    "Your second number is a sum over the seeds, or its root. Divide the sum of squares by R - 1 first.": (
        lambda x: (x - x.mean()).square().sum(),
        lambda x: (x - x.mean()).square().sum().sqrt(),
    ),
    """Your second number is the root of the sum of squares, divided by R - 1. R - 1 belongs inside the
    root.""": (lambda x: (x - x.mean()).square().sum().sqrt() / (len(x) - 1),),
    "The root in your second number covers R - 1 alone. It belongs over the whole fraction.": (
        lambda x: (x - x.mean()).square().sum() / (len(x) - 1) ** 0.5,
    ),
    "Your standard deviation divides by R + 1. It should divide by R - 1.": (lambda x: x.std(correction=-1),),
    "Your second number is a fraction. The task asks for per cent, like the accuracies.": (
        lambda x: x.std() / 100,
    ),
    "Your second number is divided by the mean. Report the standard deviation itself.": (
        lambda x: x.std() / x.mean(),
        lambda x: 100 * x.std() / x.mean(),
    ),
    "Your second number is an accuracy, not a spread.": (
        lambda x: x.mean(),
        lambda x: x.max(),
        lambda x: x.min(),
        lambda x: x.median(),
    ),
}

SPREADS_OF_ONE_NUMBER: dict[str, tuple[Summary, ...]] = {
    """Your second number is 0. Is it the spread of a single number, or are the distances from the mean added
    without squares? Take all seeds of the setting, and square.""": (lambda x: 0 * x.mean(),),
    """Your second number is not a number: R - 1 is 0 for a single number. You need all seeds of the
    setting.""": (lambda x: x.mean() * math.nan,),
}

# Spreads over something else than what the mean is of: second numbers of their own.
VALIDATION_SPREADS: dict[str, tuple[Pick, ...]] = {
    "Your spread is one of validation numbers. Take the test numbers of the chosen setting.": (
        lambda v, t: v[v.mean(1).argmax()],
        lambda v, t: v[t.mean(1).argmax()],
        lambda v, t: v.flatten(),
        lambda v, t: v.mean(1),
    ),
}
MIXED_SPREADS: dict[str, tuple[Pick, ...]] = {
    "Your spread is one over the settings. Take it over the seeds of the chosen one.": (
        lambda v, t: t.mean(1),
        lambda v, t: t.max(1).values,
    ),
    "Your spread is one over all runs. Take it over the seeds of the chosen setting.": (
        lambda v, t: t.flatten(),
    ),
    "Your spread is one of averages over the settings. Take it over the seeds of the chosen setting.": (
        lambda v, t: t.mean(0),
    ),
    "Your spread mixes validation and test numbers. Take the test numbers of the chosen setting.": (
        lambda v, t: torch.cat([v[v.mean(1).argmax()], t[v.mean(1).argmax()]]),
        lambda v, t: (v - t)[v.mean(1).argmax()],
    ),
}
OTHER_SPREADS_OF: dict[str, tuple[Pick, ...]] = {
    "Your spread is that of another setting. Take it over the seeds of the chosen one.": (
        lambda v, t: t[t.mean(1).argmax()],
        lambda v, t: t[v.max(1).values.argmax()],
        lambda v, t: t[0],
        lambda v, t: t[-1],
    ),
    """Your spread is one over a column: one seed, all settings. Take it over the seeds of the chosen
    setting.""": (
        lambda v, t: t[:, v.mean(0).argmax()],
        lambda v, t: t[:, v.mean(1).argmax()],
    ),
}

# Means of something else than what the spread is of: first numbers of their own.
VALIDATION_MEAN: dict[str, tuple[Pick, ...]] = {
    "Your mean is one of validation numbers. Take the test numbers of the chosen setting.": (
        lambda v, t: v[v.mean(1).argmax()],
    ),
}
OVERALL_MEAN: dict[str, tuple[Pick, ...]] = {
    "Your mean is one of all settings. Take that of the chosen one.": (lambda v, t: t.flatten(),),
}
BEST_TEST_MEAN: dict[str, tuple[Pick, ...]] = {
    """Your first number is the best test mean of all settings. The validation images choose, not the test
    images.""": (lambda v, t: t[t.mean(1).argmax()],),
}

# First numbers that are those of a single run.
SINGLE_RUNS: dict[str, tuple[Pick, ...]] = {
    "Your first number is the best single test run of all. Report the mean of the chosen setting's seeds.": (
        lambda v, t: t.max(),
    ),
    """Your first number is the best single validation run. Report the mean of the chosen setting's test
    numbers.""": (lambda v, t: v.max(),),
    """Your first number is the test number of the run that is best on the validation images. Report the
    mean of the chosen setting's seeds.""": (lambda v, t: t.flatten()[v.argmax()],),
    """Your first number is the test number of the seed that is best on the validation images. Report the
    mean of the chosen setting's seeds.""": (
        lambda v, t: t[v.mean(1).argmax(), v[v.mean(1).argmax()].argmax()],
    ),
}
