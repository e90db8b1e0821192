"""Answers to exercise 4.3: right ones in many styles, and some with two mistakes at once."""

import numpy as np
import torch


def warm_up_by_if(step, steps_per_epoch, warm_up_epochs):
    total = steps_per_epoch * warm_up_epochs
    if step >= total:
        return 1
    return step / total


def warm_up_in_epochs(step, steps_per_epoch, warm_up_epochs):
    epoch = step / steps_per_epoch
    return epoch / warm_up_epochs if epoch < warm_up_epochs else 1.0


def warm_up_by_clip(step, steps_per_epoch, warm_up_epochs):
    return np.clip(step / (steps_per_epoch * warm_up_epochs), 0, 1)


def warm_up_by_clamp(step, steps_per_epoch, warm_up_epochs):
    return torch.tensor(step / (steps_per_epoch * warm_up_epochs)).clamp(0, 1)


def warm_up_by_table(step, steps_per_epoch, warm_up_epochs):
    total = steps_per_epoch * warm_up_epochs
    return [i / total for i in range(total + 1)][min(step, total)]


def warm_up_by_parts(step, steps_per_epoch, warm_up_epochs):
    epoch, rest = divmod(step, steps_per_epoch)
    return min((epoch + rest / steps_per_epoch) / warm_up_epochs, 1)


RIGHT = [
    warm_up_by_if,
    warm_up_in_epochs,
    warm_up_by_clip,
    warm_up_by_clamp,
    warm_up_by_table,
    warm_up_by_parts,
]
COMBINED = [
    lambda step, steps_per_epoch, warm_up_epochs: (step + 1) / (steps_per_epoch * warm_up_epochs),
    lambda step, steps_per_epoch, warm_up_epochs: max(0.0, 1 - step / warm_up_epochs),
]
