"""Lossless compression with a VAE: asymmetric numeral systems (Duda 2009) and bits back (Townsend et al. 2019)."""

import zlib

import numpy as np
import torch
from torch import Tensor, nn
from torch.distributions import Normal

LATENT, POSTERIOR, PIXEL = 10, 26, 16  # bits of precision: of the bins of each latent, of q(z|x), of p(x|z)
_SHARES = torch.arange(2**LATENT + 1, dtype=torch.float64) / 2**LATENT
EDGES = Normal(0.0, 1.0).icdf(_SHARES)  # (2**LATENT + 1,) of bins that are equally probable under N(0, 1)
MIDDLES = Normal(0.0, 1.0).icdf((_SHARES[:-1] + _SHARES[1:]) / 2).float()  # (2**LATENT,)


class Stack:
    """A message onto which symbols are pushed, and popped in reverse order; length in bits by `bits`.

    A symbol is an interval of whole numbers below 2**precision, as wide as it is probable; pushing it adds
    precision - log2(width) bits. n symbols at once go into the first n of the lanes. The lanes share one stack of
    32-bit words, which begins with these spare ones, for messages that begin with a pop.
    """

    def __init__(self, lanes: int, spare: int = 0) -> None:
        noise = [zlib.crc32(b"%d" % i) for i in range(lanes + spare)]  # 32 bits each, irregular enough
        self.heads = np.array(noise[:lanes], np.uint64) | np.uint64(1 << 32)  # (L,) from 2**32 to 2**64 - 1
        self.words = noise[lanes:]

    @classmethod
    def for_model(cls, model: nn.Module) -> "Stack":
        """A stack for the images of a model: a lane for each pixel of a row, a spare word for each latent."""
        return cls(max(model.image_shape[2], model.latent_dim), spare=model.latent_dim)

    def push(self, start: np.ndarray, width: np.ndarray, precision: int) -> None:
        """Add n symbols with these intervals, start and width (n,), each width from 1 to 2**precision - 1."""
        start, width = start.astype(np.uint64), width.astype(np.uint64)
        heads = self.heads[: len(width)]  # (n,) a view
        full = heads >= width << np.uint64(64 - precision)  # (n,) they would outgrow 64 bits
        self.words += (heads[full] & np.uint64(0xFFFFFFFF)).tolist()
        heads[full] >>= np.uint64(32)
        heads[:] = (heads // width << np.uint64(precision)) + start + heads % width

    def peek(self, n: int, precision: int) -> np.ndarray:
        """One number below 2**precision per lane, (n,): the top symbol is the one in whose interval it lies."""
        return (self.heads[:n] & np.uint64((1 << precision) - 1)).astype(np.int64)

    def pop(self, start: np.ndarray, width: np.ndarray, precision: int) -> None:
        """Remove the n symbols that `peek` showed, given their intervals. Raises ValueError where nothing is left."""
        inside = self.peek(len(width), precision) - start  # (n,) from 0 to width - 1
        heads = self.heads[: len(width)]
        heads[:] = width.astype(np.uint64) * (heads >> np.uint64(precision)) + inside.astype(np.uint64)
        low = heads < np.uint64(1 << 32)
        count = int(low.sum())
        if count > len(self.words):
            raise ValueError("the message ends too early: another model wrote it, or another machine.")
        if count:
            heads[low] = heads[low] << np.uint64(32) | np.array(self.words[-count:], np.uint64)
            del self.words[-count:]

    def bits(self) -> float:
        """The length of the message."""
        return 32 * len(self.words) + np.log2(self.heads.astype(float)).sum()


@torch.no_grad()
def posterior_starts(model: nn.Module, x: Tensor) -> np.ndarray:
    """Where the interval of each bin begins under q(z|x), for one image x (1, C, H, W): (J, 2**LATENT + 1)."""
    mu, logvar = (values[0, :, None].double() for values in model.encode(x))  # (J, 1)
    below = Normal(mu, (0.5 * logvar).exp()).cdf(EDGES)  # (J, 2**LATENT + 1)
    room = 2**POSTERIOR - 2**LATENT  # the rest gives every bin a width of at least 1
    return (below * room).long().numpy() + np.arange(2**LATENT + 1)


@torch.no_grad()
def ink_widths(model: nn.Module, bins: np.ndarray) -> np.ndarray:
    """The width of the interval of "ink" for every pixel, given the bin of each latent (J,): (C * H, W)."""
    z = MIDDLES[torch.from_numpy(bins)][None]  # (1, J)
    ink = model.decode(z).sigmoid().double()  # (1, C, H, W)
    widths = (ink * 2**PIXEL).round().clamp(1, 2**PIXEL - 1).long()
    return widths.view(-1, ink.shape[-1]).numpy()


def put_in(stack: Stack, model: nn.Module, x: Tensor) -> None:
    """Code one image x (1, C, H, W) of zeros and ones: pop z by q(z|x), push x by p(x|z), push z by p(z)."""
    starts = posterior_starts(model, x)  # (J, 2**LATENT + 1)
    latents = np.arange(len(starts))
    bins = (starts <= stack.peek(len(starts), POSTERIOR)[:, None]).sum(1) - 1  # (J,)
    stack.pop(starts[latents, bins], starts[latents, bins + 1] - starts[latents, bins], POSTERIOR)
    for row, ink in zip(x.view(-1, x.shape[-1]).numpy(), ink_widths(model, bins), strict=True):
        stack.push(np.where(row, 0, ink), np.where(row, ink, 2**PIXEL - ink), PIXEL)
    stack.push(bins, np.ones(len(bins)), LATENT)


def take_out(stack: Stack, model: nn.Module) -> Tensor:
    """Remove the image that was put in last and return it, (1, C, H, W): every step of `put_in` undone."""
    bins = stack.peek(model.latent_dim, LATENT)  # (J,)
    stack.pop(bins, np.ones(len(bins)), LATENT)
    rows = []
    for ink in ink_widths(model, bins)[::-1]:
        row = stack.peek(len(ink), PIXEL) < ink  # (W,)
        stack.pop(np.where(row, 0, ink), np.where(row, ink, 2**PIXEL - ink), PIXEL)
        rows.append(row)
    x = torch.from_numpy(np.stack(rows[::-1])).float().view(1, *model.image_shape)
    starts = posterior_starts(model, x)
    latents = np.arange(len(bins))
    stack.push(starts[latents, bins], starts[latents, bins + 1] - starts[latents, bins], POSTERIOR)
    return x


def compress(model: nn.Module, images: Tensor) -> bytes:
    """A file with these images (N, C, H, W) of zeros and ones; ValueError for other values or another shape.

    The model stands on the CPU and has Bernoulli pixels. It is no part of the file, and without it, on a machine that
    rounds alike, the file cannot be read.
    """
    if tuple(images.shape[1:]) != model.image_shape or not ((images == 0) | (images == 1)).all():
        raise ValueError(
            f"this model codes images {model.image_shape} of zeros and ones, but they are {tuple(images.shape)}, "
            f"from {images.min()} to {images.max()}.\nTry data.binarize(images) / 255."
        )
    stack = Stack.for_model(model)
    for x in images.float():
        put_in(stack, model, x[None])
    words = np.array(stack.words, np.uint32)
    content = len(images).to_bytes(4, "little") + stack.heads.tobytes() + words.tobytes()
    return content + zlib.crc32(content).to_bytes(4, "little")


def decompress(model: nn.Module, file: bytes) -> Tensor:
    """The images (N, C, H, W) in a file of `compress`; ValueError for a damaged file and for another model's."""
    stack, empty = Stack.for_model(model), Stack.for_model(model)
    start = 4 + stack.heads.nbytes
    if len(file) < start + 4 or zlib.crc32(file[:-4]) != int.from_bytes(file[-4:], "little"):
        raise ValueError(f"this file of {len(file)} bytes is damaged or cut off: its checksum does not fit.")
    stack.heads = np.frombuffer(file[4:start], np.uint64).copy()
    stack.words = np.frombuffer(file[start:-4], np.uint32).tolist()
    images = [take_out(stack, model) for _ in range(int.from_bytes(file[:4], "little"))]
    if stack.words != empty.words or (stack.heads != empty.heads).any():
        raise ValueError(
            "the message does not end where it began: another model wrote it, or another machine."
        )
    return torch.cat([torch.zeros(0, *model.image_shape), *images[::-1]])
