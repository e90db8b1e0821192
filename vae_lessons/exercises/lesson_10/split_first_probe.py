"""What exercise 10.3 looks at: which images make is given, and where real and made images end up."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import torch
from torch import Tensor, equal

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.probes import attempt

SHAPE = (1, 2, 3)  # of an image
CLASSES = {9: (3, 4, 2), 61: (17, 13, 20, 11)}  # how many images each class has, by the number of all images
CALLS = ((9, 5), (9, 6), (61, 5), (61, 5), (61, 6), (61, 7))  # numbers of images, and seeds
GIVEN = "9 or 61 real images, sorted by label, and a make that returns 2 n + 3 images for n"
KINDS = "images, labels, images, labels"


class Make:
    """The `make` of one call: notes what it is given, and returns images that can be told apart from all
    others."""

    def __init__(self, images: Tensor, labels: Tensor) -> None:
        self.known = {key: number for number, key in enumerate(_keys(images))}  # real images, then made ones
        self.labels = labels.tolist()
        self.given: list[int] = []
        self.wrong_labels = 0

    def __call__(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        images, labels = torch.as_tensor(images), torch.as_tensor(labels)
        if images.shape[1:] != SHAPE or labels.ndim != 1:
            shapes = f"{tuple(images.shape)} and {tuple(labels.shape)}"
            raise ValueError(f"make takes images (n, 1, H, W) and labels (n,), not {shapes}")
        if len(images) != len(labels):
            raise ValueError(f"make was given {len(images)} images and {len(labels)} labels")
        numbers = self.numbers(images)
        self.given += numbers
        self.wrong_labels += len(self.wrong(numbers, labels))
        if not numbers:
            return images, labels
        generator = torch.Generator().manual_seed(1000 + len(self.known))
        originals = torch.randperm(2 * len(images) + 3, generator=generator) % len(images)
        more, more_labels = torch.rand(len(originals), *SHAPE, generator=generator), labels[originals]
        self.known |= {key: number for number, key in enumerate(_keys(more), len(self.known))}
        self.labels += more_labels.tolist()
        return more, more_labels

    def numbers(self, images: Tensor) -> list[int]:
        """The place of each image among the known ones, -1 if it is not there."""
        return [self.known.get(key, -1) for key in _keys(images)]

    def wrong(self, numbers: Sequence[int], labels: Tensor) -> list[int]:
        """Those of these images that are known and have a label which is not theirs."""
        pairs = zip(numbers, labels.tolist(), strict=True)
        return [number for number, label in pairs if number >= 0 and self.labels[number] != label]


def _keys(images: Tensor) -> list[bytes]:
    """What images with the same pixels, up to rounding, have in common."""
    rows = (images.flatten(1).double() * 10_000).round().int().numpy()
    return [row.tobytes() for row in rows]


@dataclass(frozen=True)
class Result:
    """What one call of the answer led to; images are numbered as `make` knows them."""

    images: int  # how many are real
    seed: int
    make: Make
    train: list[int]
    train_labels: Tensor
    test: list[int]
    test_labels: Tensor
    kept: tuple[bool, bool]  # whether images and labels are as they were handed in

    @cached_property
    def real(self) -> tuple[list[int], list[int]]:
        """The real images in the training set and in the test."""
        train, test = (
            [one for one in numbers if 0 <= one < self.images] for numbers in (self.train, self.test)
        )
        return train, test

    @cached_property
    def made(self) -> tuple[set[int], set[int]]:
        """The made images in the training set and in the test."""
        train, test = ({one for one in numbers if one >= self.images} for numbers in (self.train, self.test))
        return train, test

    @property
    def made_in_all(self) -> int:
        return len(self.make.known) - self.images

    @property
    def split(self) -> tuple[frozenset[int], frozenset[int]]:
        """The real images in the training set and in the test."""
        return frozenset(self.real[0]), frozenset(self.real[1])

    @cached_property
    def wrong(self) -> tuple[list[int], list[int]]:
        """The images in the training set and in the test that have a label which is not theirs."""
        train, test = (
            self.make.wrong(numbers, labels)
            for numbers, labels in ((self.train, self.train_labels), (self.test, self.test_labels))
        )
        return train, test

    @property
    def wrong_made(self) -> int:
        return sum(number >= self.images for number in self.wrong[0] + self.wrong[1])


@cache
def _real(count: int) -> tuple[Tensor, Tensor]:
    images = torch.rand(count, *SHAPE, generator=torch.Generator().manual_seed(count))
    return images, torch.arange(len(CLASSES[count])).repeat_interleave(torch.tensor(CLASSES[count]))


def split_probe(answer: Answer) -> Iterator[Seen]:
    """Calls the answer with several images and seeds; what is seen does not depend on how the answer
    draws."""
    results = []
    for count, seed in CALLS:
        images, labels = _real(count)
        make, handed = Make(images, labels), (images.clone(), labels.clone())
        returned, failed = attempt(lambda: answer(*handed, make, seed), GIVEN)  # noqa: B023  (called at once)
        if failed or returned is None:
            yield failed or Seen("the results", "None", GIVEN)
            return
        parts = _parts(returned)
        kinds = parts if isinstance(parts, str) else ", ".join(_kind(part) for part in parts)
        if kinds != KINDS:
            yield Seen("the results", kinds, GIVEN)
            return
        lengths = [len(part) for part in parts]
        if lengths[0] != lengths[1] or lengths[2] != lengths[3]:
            sizes = "{} images and {} labels for training, {} and {} for the test".format(*lengths)
            yield Seen("the results", KINDS, GIVEN)
            yield Seen("the sizes", sizes, GIVEN, words=f"{sizes}, with {count} real images")
            return
        train, test = make.numbers(parts[0]), make.numbers(parts[2])
        kept = equal(handed[0], images), equal(handed[1], labels)
        results.append(Result(count, seed, make, train, parts[1], test, parts[3], kept))
    yield Seen("the results", KINDS, GIVEN)
    yield Seen("the sizes", "as many labels as images", GIVEN)
    for what, (expected, share) in SHARES.items():
        yield _share(what, expected, share, results)
    yield _half(results)
    yield from _seeds([one for one in results if one.images == 61])
    for place, name in enumerate(("images", "labels")):
        kept = all(one.kept[place] for one in results)
        yield Seen(f"{name} after the call", "as they were" if kept else "changed", GIVEN)


def _parts(returned: object) -> list[Tensor | str] | str:
    """The four results as tensors, also where one is a list of tensors; else words for what was returned."""
    if not isinstance(returned, list | tuple):
        return f"a {type(returned).__name__}"
    if len(returned) != 4:
        return f"{len(returned)} results"
    parts = []
    for part in returned:
        inner = [as_tensor(one) for one in part] if isinstance(part, list | tuple) else []
        tensors = [one for one in inner if isinstance(one, Tensor) and one.shape == inner[0].shape]
        parts.append(torch.stack(tensors) if inner and len(tensors) == len(inner) else as_tensor(part))
    return parts


def _kind(part: Tensor | str) -> str:
    if isinstance(part, str):
        return part
    if part.ndim == 1:
        return "labels"
    return "images" if part.shape[1:] == SHAPE else f"(n, {', '.join(map(str, part.shape[1:]))})"


Share = Callable[[Result], tuple[int, int]]  # how many, of how many


def _inside(numbers: Sequence[int], others: Sequence[int]) -> tuple[int, int]:
    return len(set(numbers) & set(others)), len(set(numbers))


def _repeated(*groups: Sequence[int]) -> tuple[int, int]:
    known = [[number for number in numbers if number >= 0] for numbers in groups]
    return sum(len(numbers) - len(set(numbers)) for numbers in known), sum(map(len, known))


SHARES: dict[str, tuple[str, Share]] = {  # with how many it should be
    "test images that make was given": ("none", lambda one: _inside(one.real[1], one.make.given)),
    "real training images that make was given": (
        "all",
        lambda one: _inside(one.real[0], one.make.given),
    ),
    "images that make was given more than once": ("none", lambda one: _repeated(one.make.given)),
    "images that make was given and that are not real": (
        "none",
        lambda one: (sum(not 0 <= number < one.images for number in one.make.given), len(one.make.given)),
    ),
    "wrong labels given to make": ("none", lambda one: (one.make.wrong_labels, len(one.make.given))),
    "made images in the test": ("none", lambda one: (len(one.made[1]), one.made_in_all)),
    "made images in the training set": ("all", lambda one: (len(one.made[0]), one.made_in_all)),
    "real training images that are in the test too": (
        "none",
        lambda one: _inside(one.real[0], one.real[1]),
    ),
    "other real images in the test": (
        "all",
        lambda one: (len(one.split[1] - one.split[0]), one.images - len(one.split[0])),
    ),
    "images that come twice in a set": ("none", lambda one: _repeated(one.train, one.test)),
    "training images that are neither real nor made": (
        "none",
        lambda one: (one.train.count(-1), len(one.train)),
    ),
    "test images that are neither real nor made": ("none", lambda one: (one.test.count(-1), len(one.test))),
    "wrong labels of real training images": (
        "none",
        lambda one: (sum(number < one.images for number in one.wrong[0]), len(one.real[0])),
    ),
    "wrong labels of made images": (
        "none",
        lambda one: (one.wrong_made, len(one.made[0]) + len(one.made[1])),
    ),
    "wrong labels of real test images": (
        "none",
        lambda one: (sum(number < one.images for number in one.wrong[1]), len(one.real[1])),
    ),
}


def _share(what: str, expected: str, share: Share, results: list[Result]) -> Seen:
    """Whether this holds of none, of some or of all, in every call."""
    found = [(*share(one), f"with {one.images} images and seed = {one.seed}") for one in results]
    if all(hits == 0 for hits, *_ in found):
        value = "none"
    else:
        value = "all" if all(hits == total for hits, total, _ in found) else "some"
    if value == "all" and "wrong labels" in what:
        value = "some"  # labels may all be wrong by chance
    off = [one for one in found if one[0] != (0 if expected == "none" else one[1])]
    hits, total, call = (off or found)[0]
    return Seen(what, value, GIVEN, words=f"{hits} of {total}, {call}")


def _half(results: list[Result]) -> Seen:
    """How large the real part of the training set is."""
    counts = [len(one.real[0]) for one in results]
    of = [one.images for one in results]
    by_class = all(map(_is_stratified, results))
    sizes = dict(zip(of, counts, strict=True))
    names = {
        "half, rounded down": by_class or all(n // 2 == count for n, count in zip(of, counts, strict=True)),
        "half, rounded up": all((n + 1) // 2 == count for n, count in zip(of, counts, strict=True)),
        "none": not any(counts),
        "all": counts == of,
        "left to chance": any(sizes[n] != count for n, count in zip(of, counts, strict=True)),
        "more than half": sizes[61] > 31,
        "less than half": True,
    }
    value = next(name for name, holds in names.items() if holds)
    off = [place for place, n in enumerate(of) if counts[place] != n // 2 and not by_class] or [0]
    first = results[off[0]]
    words = f"{counts[off[0]]} of {first.images}, with seed = {first.seed}"
    return Seen("real images in the training set", value, GIVEN, words=words)


def _is_stratified(one: Result) -> bool:
    """Whether half of each class is for training, up to one image, and the rest for the test."""
    classes = [one.make.labels[number] for number in one.split[0]]
    return all(abs(2 * classes.count(y) - n) < 2 for y, n in enumerate(CLASSES[one.images]))


def _seeds(results: list[Result]) -> Iterator[Seen]:
    """How the split depends on the seed, from calls with as many images: the first two have the same seed."""
    first, again, *others = results
    same = first.split == again.split
    yield Seen("two calls with the same seed", "split alike" if same else "split differently", GIVEN)
    halves = [_half_of(one) for one in (first, *others)]
    if any(one.split != first.split for one in others):
        value = "split differently" if not all(map(_is_a_run, halves)) else "take another run of neighbours"
    else:
        value = f"split alike{_form(halves[0])}"
    yield Seen("calls with different seeds", value, GIVEN)


def _half_of(one: Result) -> list[int]:
    """The real images that are trained on; where this is all or none, those that are not in the test."""
    train, test = one.split
    return sorted(train if 0 < len(train) < one.images else set(range(one.images)) - test)


def _is_a_run(half: list[int]) -> bool:
    gaps = [after - before for before, after in zip(half, [*half[1:], *half[:1]], strict=True)]
    return 0 < len(half) < 61 and sum(gap not in (1, -60) for gap in gaps) == 1


def _form(half: list[int]) -> str:
    if len(half) in (0, 61):
        return ""
    if half == list(range(len(half))):
        return ", the first images for training"
    if half == list(range(61 - len(half), 61)):
        return ", the last images for training"
    every_second = half[0] < 2 and all(
        after - before == 2 for before, after in zip(half, half[1:], strict=False)
    )
    return ", every second image for training" if every_second else ""
