"""Answers to exercise 10.4: right ones in many styles, and some with two mistakes at once."""

import itertools
import math
from fractions import Fraction

import numpy as np
import torch


def by_whole_numbers(images, added, epochs, batch_size):
    steps = epochs * -(-images // batch_size)
    return -(-steps // -(-(images + added) // batch_size))


def by_adding_almost_one(images, added, epochs, batch_size):
    first = (images + batch_size - 1) // batch_size
    second = (images + added - 1) // batch_size + 1
    return (epochs * first + second - 1) // second


def by_divmod(images, added, epochs, batch_size):
    def up(dividend, divisor):
        whole, rest = divmod(dividend, divisor)
        return whole + (rest > 0)

    return up(epochs * up(images, batch_size), up(images + added, batch_size))


def by_counting_up(images, added, epochs, batch_size):
    wanted, steps, trained = epochs * len(range(0, images, batch_size)), 0, 0
    while steps < wanted:
        steps += len(range(0, images + added, batch_size))
        trained += 1
    return trained


def by_trying(images, added, epochs, batch_size):
    first, second = (math.ceil(n / batch_size) for n in (images, images + added))
    return next(k for k in itertools.count() if k * second >= epochs * first)


def by_numpy(images, added, epochs, batch_size):
    first, second = np.ceil(np.array([images, images + added]) / batch_size)
    return np.ceil(epochs * first / second)


def by_tensors(images, added, epochs, batch_size):
    steps = torch.ceil(torch.tensor([images, images + added]) / batch_size)
    return (epochs * steps[:1] / steps[1:]).ceil().int()


def by_splitting(images, added, epochs, batch_size):
    first = len(torch.zeros(images).split(batch_size))
    second = len(torch.zeros(images + added).split(batch_size))
    return [math.ceil(epochs / (second / first))]


def by_loader(images, added, epochs, batch_size):
    def steps(n):
        return len(torch.utils.data.DataLoader(range(n), batch_size=batch_size))

    return float(math.ceil(steps(images) / steps(images + added) * epochs))


def by_fractions(images, added, epochs, batch_size):
    share = Fraction(math.ceil(Fraction(images, batch_size)), math.ceil(Fraction(images + added, batch_size)))
    return math.ceil(epochs * share)


def by_leaving_epochs_out(images, added, epochs, batch_size):
    first, second = math.ceil(images / batch_size), math.ceil((images + added) / batch_size)
    return epochs - (epochs * second - epochs * first) // second


def shorter_by_an_image_share_rounded_down(images, added, epochs, batch_size):
    return int(epochs * (1 - added / images)) + 1


def inverted_and_in_images_of_the_added(images, added, epochs, batch_size):
    return epochs * added / (images // batch_size)


RIGHT = [
    by_whole_numbers,
    by_adding_almost_one,
    by_divmod,
    by_counting_up,
    by_trying,
    by_numpy,
    by_tensors,
    by_splitting,
    by_loader,
    by_fractions,
    by_leaving_epochs_out,
]
COMBINED = [shorter_by_an_image_share_rounded_down, inverted_and_in_images_of_the_added]
