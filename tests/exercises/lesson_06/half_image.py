"""Answers to exercise 6.4: right ones in many styles, and some with two mistakes at once."""

import torch
import torch.nn.functional as F


def halves_by_mask(images):
    upper = (torch.arange(28) < 14)[:, None]
    return images * upper, images * ~upper


def halves_by_zeros(images):
    given, wanted = torch.zeros_like(images), torch.zeros_like(images)
    given[:, :, :14] = images[:, :, :14]
    wanted[:, :, 14:] = images[:, :, 14:]
    return given, wanted


def halves_by_cat(images):
    top, bottom = images.chunk(2, dim=2)
    blank = torch.zeros_like(top)
    return torch.cat([top, blank], 2), torch.cat([blank, bottom], 2)


def halves_by_pad(images):
    return F.pad(images[..., :14, :], (0, 0, 0, 14)), F.pad(images[..., 14:, :], (0, 0, 14, 0))


def halves_by_difference(images):
    given = images.clone()
    given[:, 0, 14:] = 0
    return given, images - given


def halves_by_numpy(images):
    given, wanted = images.numpy().copy(), images.numpy().copy()
    given[:, :, 14:, :] = 0
    wanted[:, :, :14, :] = 0
    return given, wanted


def halves_grey_and_swapped(images):
    given, wanted = images.clone(), images.clone()
    given[..., :14, :], wanted[..., 14:, :] = 0.5, 0.5
    return given, wanted


def halves_left_in_place(images):
    wanted = images.clone()
    images[..., 14:], wanted[..., :14] = 0, 0
    return images, wanted


RIGHT = [
    halves_by_mask,
    halves_by_zeros,
    halves_by_cat,
    halves_by_pad,
    halves_by_difference,
    halves_by_numpy,
]
COMBINED = [halves_grey_and_swapped, halves_left_in_place]
