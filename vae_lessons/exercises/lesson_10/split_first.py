"""Exercise 10.3: mend an experiment whose generator has seen the test images."""

from collections.abc import Callable
from itertools import combinations

import torch
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_10.split_first_forms import add_forms
from vae_lessons.exercises.lesson_10.split_first_probe import split_probe


def prepare(
    images: Tensor, labels: Tensor, make: Callable, seed: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Training images and labels, half of the real ones and those made, then test images and labels, real."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    train, test = order[: len(order) // 2], order[len(order) // 2 :]
    more, more_labels = make(images[train], labels[train])
    return (
        torch.cat([images[train], more]),
        torch.cat([labels[train], more_labels]),
        images[test],
        labels[test],
    )


def prepare_as_given(images, labels, make, seed):
    more, more_labels = make(images, labels)
    images, labels = torch.cat([images, more]), torch.cat([labels, more_labels])
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    train, test = order[: len(order) // 2], order[len(order) // 2 :]
    return images[train], labels[train], images[test], labels[test]


EXERCISE = Exercise(
    number="10.3",
    title="Mend this cell: split first",
    task="""Do images from a generator make a classifier better? images (N, 1, H, W) and labels (N,) are
    real and sorted by label. make(images, labels) trains a generator on what it is given, and returns the
    images that it makes and their labels. prepare(images, labels, make, seed) should return training
    images, training labels, test images and test labels. Half of the real images, rounded down and drawn
    at random by seed, are for training, together with all that the generator makes. The rest are the test,
    which must tell how the classifier does on new real images. The cell runs, and its test promises too
    much. Mend it.""",
    minutes=10,
    difficulty=2,
    reference=prepare,
    probe=split_probe,
    hints=(
        "Follow one test image back through the cell. Is it real? Has anything been trained on it before?",
        "A made image may be a near copy of one that the generator was trained on. Which images may make "
        "see, and in which of the two sets may its images be?",
        "Split the real images first, with labels alike. Call make with the training half alone, and put "
        "what it returns beside that half. The test stays as it was split.",
    ),
    given=prepare_as_given,
)

GIVEN_ALL = """make is given the test images as well, so what it makes may be near copies of them. To the
classifier they are not new. Only the training half is for make."""
GIVEN_TEST = "make is given the test half. The generator, too, has to be trained on the training half alone."
GIVEN_SOME = """make is given some of the test images. Give it the same training half as the classifier,
and nothing else."""
IN_TEST = "The made images are in the test. It should hold real images alone; they are for training."
MISSING = "Some made images are missing. All of them belong in the training set."
UP = "Half of the real images is rounded up. It should be rounded down."
CHANCE = "How many real images are for training is left to chance. It should be half of them, rounded down."
SORTED = "The images are sorted by label, so the test has other classes than the training set."
UNREPEATABLE = "Two calls with the same seed give two splits. Set the generator to this seed before you draw."
FIXED = "The split is the same for every seed. Set the generator that it is drawn with to this seed."
EVERY_SECOND = (
    "Every second image is for training, whatever the seed. The split should be drawn at random, by seed."
)

Rows = Tensor  # the places of some images
Split = Callable[[int, int], tuple[Rows, Rows]]  # from the number of images and seed


def _split(n: int, seed: int) -> tuple[Rows, Rows]:
    order = _order(n, seed)
    return order[: n // 2], order[n // 2 :]


def _order(n: int, seed: int) -> Rows:
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed))


def _up(n: int, seed: int) -> tuple[Rows, Rows]:
    return _order(n, seed).tensor_split([(n + 1) // 2])


def _by_chance(n: int, seed: int) -> tuple[Rows, Rows]:
    heads = torch.rand(n, generator=torch.Generator().manual_seed(seed)) < 0.5
    return heads.nonzero().flatten(), (~heads).nonzero().flatten()


SIZES: dict[str, Split] = {
    "": _split,
    UP: _up,
    "More than half of the real images are for training. It should be half of them, rounded down.": (
        lambda n, seed: _order(n, seed).tensor_split([int(0.8 * n)])
    ),
    "Fewer than half of the real images are for training. It should be half of them, rounded down.": (
        lambda n, seed: _order(n, seed).tensor_split([int(0.2 * n)])
    ),
    CHANCE: _by_chance,
}

SEEDS: dict[str, Callable[[Rows, Rows, int], tuple[Rows, Rows]]] = {
    "": lambda train, test, seed: (train, test),
    f"The first images are for training, the last for the test, whatever the seed. {SORTED}": (
        lambda train, test, seed: torch.cat([train, test]).sort().values.tensor_split([len(train)])
    ),
    f"The last images are for training, the first for the test, whatever the seed. {SORTED}": (
        lambda train, test, seed: torch.cat([train, test]).sort().values.tensor_split([len(test)])[::-1]
    ),
    f"A run of neighbours is for training; only where it begins depends on the seed. {SORTED}": (
        lambda train, test, seed: (
            torch.cat([train, test]).sort().values.roll(9 * seed).tensor_split([len(train)])
        )
    ),
    UNREPEATABLE: (
        lambda train, test, seed: torch.cat([train, test])[
            torch.randperm(len(train) + len(test))
        ].tensor_split([len(train)])
    ),
    FIXED: (
        lambda train, test, seed: (
            torch.cat([train, test])
            .sort()
            .values[_order(len(train) + len(test), 0)]
            .tensor_split([len(train)])
        )
    ),
}


def _every_second(n: int, _: int) -> tuple[Rows, Rows]:
    return torch.arange(1, n, 2), torch.arange(0, n, 2)


def _every_second_up(n: int, _: int) -> tuple[Rows, Rows]:
    return torch.arange(0, n, 2), torch.arange(1, n, 2)


SOURCES: dict[str, Callable[[int, Rows, Rows], Rows]] = {
    "": lambda n, train, test: train,
    GIVEN_ALL: lambda n, train, test: torch.arange(n),
    GIVEN_TEST: lambda n, train, test: test,
    GIVEN_SOME: lambda n, train, test: torch.cat([train[1:], test[:2]]),
    "make is given only a part of the training half. It may use all of it.": (
        lambda n, train, test: train[: len(train) // 2]
    ),
}

PLACES: dict[str, Callable[[Rows], tuple[Rows, Rows]]] = {  # of made images, for training and for the test
    "": lambda made: (made, made[:0]),
    """Some made images are in the test. It should hold real images alone; all made ones are for
    training.""": lambda made: (made[::2], made[1::2]),
    IN_TEST: (lambda made: (made[:0], made)),
    "The made images are in the training set, and in the test too. That should hold real images alone.": (
        lambda made: (made, made)
    ),
    "Some made images are in both sets, the others in training alone. The test should have none.": (
        lambda made: (made, made[1::2])
    ),
    "All made images are in the test, and some in training too. The test should hold real images alone.": (
        lambda made: (made[1::2], made)
    ),
    "None of the made images are in the training set, so the generator does nothing for the classifier.": (
        lambda made: (made[:0], made[:0])
    ),
    MISSING: lambda made: (
        made[1:],
        made[:0],
    ),
    "The made images are not in the training set, and some are in the test. All of them are for training.": (
        lambda made: (made[:0], made[1:])
    ),
}


def _wrong(
    *sentences: str,
    split: Split = _split,
    source=SOURCES[""],
    place=PLACES[""],
    again=SEEDS[""],
    labelled=lambda labels, real, made, test: (labels[real], labels[made], labels[test]),
    handed=lambda labels, given: labels[given],
    sets=lambda train, test: (train, test),
    pooled=False,
) -> None:
    """A mistake: the steps that differ. Rows of made images count on from the real ones."""

    def answer(images: Tensor, labels: Tensor, make: Callable, seed: int) -> tuple[Tensor, ...]:
        n = len(images)
        train, test = again(*split(n, seed), seed)
        given = source(n, train, test)
        more, more_labels = make(images[given], handed(labels, given))
        both, all_labels = torch.cat([images, more]), torch.cat([labels, more_labels])
        if pooled:
            train, test = again(*_split(len(both), seed), seed)
            return both[train], all_labels[train], both[test], all_labels[test]
        made, made_test = (n + rows for rows in place(torch.arange(len(more))))
        train, test = sets(train, test)
        first, second, third = labelled(all_labels, train, made, test)
        return (
            torch.cat([images[train], both[made]]),
            torch.cat([first, second]),
            torch.cat([images[test], both[made_test]]),
            torch.cat([third, all_labels[made_test]]),
        )

    EXERCISE.recognise(" ".join(sentences).strip(), answer)


for first, source in SOURCES.items():
    for second, place in PLACES.items():
        if first or second:
            _wrong(first, second, source=source, place=place)


for which, again in SEEDS.items():
    for size, split in SIZES.items():
        if (which or size) and (split is not _by_chance or which in ("", UNREPEATABLE)):
            _wrong(which, size, again=again, split=split)
    if which:
        _wrong(GIVEN_ALL, which, again=again, source=SOURCES[GIVEN_ALL])
for size, split in list(SIZES.items())[1:]:
    _wrong(GIVEN_ALL, size, split=split, source=SOURCES[GIVEN_ALL])

for split in (_every_second, _every_second_up):
    _wrong(EVERY_SECOND, split=split)
    _wrong(GIVEN_ALL, EVERY_SECOND, split=split, source=SOURCES[GIVEN_ALL])

_wrong(GIVEN_SOME, source=lambda n, train, test: torch.cat([train, test[:2]]))
for which in (GIVEN_TEST, GIVEN_SOME):
    for size in list(SIZES)[1:4]:
        _wrong(which, size, split=SIZES[size], source=SOURCES[which])
    for seeds in list(SEEDS)[1:]:
        _wrong(which, seeds, again=SEEDS[seeds], source=SOURCES[which])

_wrong(
    """Real and made images are shuffled together and then split. So made images are in the test, and real
    ones that the generator has seen.""",
    pooled=True,
)
for which in (UNREPEATABLE, FIXED):
    _wrong(
        """Made images are shuffled in with the real ones before the split, so some are in the test. And
        make is given all real images.""",
        which,
        again=SEEDS[which],
        source=SOURCES[GIVEN_ALL],
        pooled=True,
    )


def _moved(labels: Tensor) -> Tensor:
    """The same labels in another order, as if the images had been drawn in an order of their own."""
    return labels.flip(0).roll(1)


WRONG_LABELS = {
    "those of real training images": "real",
    "those of made images": "made",
    "those of test images": "test",
    "those that make is given": "make",
}


def _labels_mixed_up(groups: tuple[str, ...]) -> dict[str, Callable]:
    """The steps that differ where these groups have labels that are not theirs."""

    def labelled(labels, real, made, test):
        rows = zip(("real", "made", "test"), (real, made, test), strict=True)
        return tuple(_moved(labels[row]) if name in groups else labels[row] for name, row in rows)

    def handed(labels, given):
        return _moved(labels[given]) if "make" in groups else labels[given]

    return {"labelled": labelled, "handed": handed}


for count in range(1, 5):
    for groups in combinations(WRONG_LABELS, count):
        sentence = f"""Some labels do not belong to their images: {", ".join(groups)}. Whatever is done
        to the order of images must be done to their labels alike."""
        steps = _labels_mixed_up(tuple(WRONG_LABELS[group] for group in groups))
        for which in ("", UNREPEATABLE, FIXED) if len(groups) > 2 else ("",):
            _wrong(which, sentence, again=SEEDS[which], **steps)
        _wrong(GIVEN_ALL, sentence, source=SOURCES[GIVEN_ALL], **steps)


SETS: dict[str, Callable[[Rows, Rows], tuple[Rows, Rows]]] = {
    """All real images are in the training set, so the classifier has seen the whole test. Only half of
    them are for training.""": lambda train, test: (torch.cat([train, test]), test),
    "All real images are in both sets. They have to be split: half for training, the rest for the test.": (
        lambda train, test: (torch.cat([train, test]), torch.cat([train, test]))
    ),
    "The test holds all real images, the training half too. The test should hold the other half alone.": (
        lambda train, test: (train, torch.cat([train, test]))
    ),
    "The training half is the test as well. The test should hold the other half.": (
        lambda train, test: (train, train)
    ),
    "The real images of the test are in the training set as well, and the training half is lost.": (
        lambda train, test: (test, test)
    ),
    """The real training images are missing: made images are to be put beside them, not in their
    place.""": lambda train, test: (train[:0], test),
    "There are no real images in the test. The other half of them belongs there.": (
        lambda train, test: (train, test[:0])
    ),
    "Some real images are in neither set. The rest of them, after half is taken for training, is the test.": (
        lambda train, test: (train, test[1:])
    ),
    """Some real images are in both sets, and some in neither: is each set drawn in an order of its own?
    One order has to be cut in two.""": lambda train, test: (train, torch.cat([train[:2], test[2:]])),
    "Some real images are in both sets. One order has to be cut in two.": (
        lambda train, test: (train, torch.cat([train[:1], test]))
    ),
    "Some images come twice. Draw without replacement, and put each image into one set once.": (
        lambda train, test: (torch.cat([train[:1], train[:-1]]), torch.cat([train[-1:], test]))
    ),
    "Some images come twice, and some are in no set. Draw without replacement.": (
        lambda train, test: (torch.cat([train[:1], train[:-1]]), test)
    ),
    "Each set is drawn with replacement, so images come twice, are in both sets or in none.": (
        lambda train, test: (torch.cat([train[:1], train[:-1]]), torch.cat([test[:1], test[:-2], train[:1]]))
    ),
    "Fewer than half of the real images are for training, and some are in neither set.": (
        lambda train, test: (train[:-1], test)
    ),
}

for sentence, sets in SETS.items():
    _wrong(sentence, sets=sets)
    if (sets(torch.arange(4), torch.arange(4, 8))[1] > 3).any():
        _wrong(GIVEN_ALL, sentence, sets=sets, source=SOURCES[GIVEN_ALL])


for which in (GIVEN_ALL, GIVEN_SOME):
    for where in ("", MISSING):
        _wrong(which, where, CHANCE, source=SOURCES[which], place=PLACES[where], split=_by_chance)

for where in list(PLACES)[1:]:
    for which in list(SEEDS)[1:]:
        _wrong(where, which, place=PLACES[where], again=SEEDS[which])
    for size in list(SIZES)[1:4]:
        _wrong(where, size, place=PLACES[where], split=SIZES[size])


_wrong(
    IN_TEST,
    "And the real images that are not for training are missing from it.",
    place=PLACES[IN_TEST],
    sets=lambda train, test: (train, test[:0]),
)


@EXERCISE.mistake
def no_real_test(images, labels, make, seed):
    """make is given all real images, all of them are for training, and the test has made images alone."""
    more, more_labels = make(images, labels)
    both, all_labels = torch.cat([images, more]), torch.cat([labels, more_labels])
    half = len(both) // 2
    return both[:half], all_labels[:half], both[half:], all_labels[half:]


@EXERCISE.mistake
def training_set_split_again(images, labels, make, seed):
    """The training set, real and made images, is split once more, and the test is taken from it. So the
    generator has seen the test, and the other half of the real images is lost."""
    return _halves_of(prepare(images, labels, make, seed)[:2], seed)


@EXERCISE.mistake
def half_of_the_training_set(images, labels, make, seed):
    """Only a part of the training set is left: it is split once more after the made images are added."""
    four = prepare(images, labels, make, seed)
    return *_halves_of(four[:2], seed)[:2], *four[2:]


@EXERCISE.mistake
def rows_of_another_tensor(images, labels, make, seed):
    """The test images are taken out of the training set, so all have been trained on. They must be the
    real images that are left."""
    train, test = _split(len(images), seed)
    x, y = prepare(images, labels, make, seed)[:2]
    return x, y, x[test], y[test]


@EXERCISE.mistake
def rows_of_another_tensor_with_labels(images, labels, make, seed):
    """The test images are taken out of the training set, so all have been trained on, and their labels are
    those of other images."""
    train, test = _split(len(images), seed)
    x, y = prepare(images, labels, make, seed)[:2]
    return x, y, x[test], labels[test]


def _halves_of(pair: tuple[Tensor, Tensor], seed: int) -> tuple[Tensor, ...]:
    train, test = _split(len(pair[0]), seed)
    return pair[0][train], pair[1][train], pair[0][test], pair[1][test]


EXERCISE.recognise(
    """The test images still reach the generator, and made images the test. And some labels do not belong
    to their images any more.""",
    *(
        lambda images, labels, make, seed, which=which: tuple(
            _moved(one) if place in which else one
            for place, one in enumerate(prepare_as_given(images, labels, make, seed))
        )
        for which in ((1,), (3,), (1, 3))
    ),
)


def _from_rows(images: Tensor, labels: Tensor, make: Callable, train: Rows, test: Rows) -> tuple[Tensor, ...]:
    """What `prepare` returns, from these rows."""
    more, more_labels = make(images[train], labels[train])
    together = torch.cat([images[train], more]), torch.cat([labels[train], more_labels])
    return *together, images[test], labels[test]


@EXERCISE.mistake
def drawn_with_replacement(images, labels, make, seed):
    """Images are drawn with replacement, so some come twice, and make is given them twice."""
    train = _split(len(images), seed)[0].clone()
    train[0] = train[1]
    rest = torch.tensor([place for place in range(len(images)) if place not in train.tolist()])
    return _from_rows(images, labels, make, train, rest)


@EXERCISE.mistake
def both_drawn_with_replacement(images, labels, make, seed):
    """Both sets are drawn with replacement, so images come twice, are in both sets or in none."""
    generator = torch.Generator().manual_seed(seed)
    train, test = (
        torch.randint(len(images), (size,), generator=generator) for size in (len(images) // 2, 31)
    )
    return _from_rows(images, labels, make, train, test)


add_forms(EXERCISE, prepare)
