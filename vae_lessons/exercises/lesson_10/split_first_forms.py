"""Mistakes of exercise 10.3 in what is returned or handed to make: numbers, shapes, order, pixels."""

from collections.abc import Callable

import torch
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import Exercise

Four = tuple[Tensor, Tensor, Tensor, Tensor]

# Which images, as the student reads it: real ones by letters, those made by "m".
KINDS = {
    "h": "the real half",
    "hm": "the real half and the made images",
    "a": "all real images",
    "am": "all real images and the made ones",
    "m": "the made images",
    "t": "the other half",
    "tm": "the other half and the made images",
}


def _picked(train: str, train_labels: str, test: str, test_labels: str, leaky: bool) -> Answer:
    """An answer that returns these images and labels."""

    def answer(images: Tensor, labels: Tensor, make: Callable, seed: int) -> tuple[Tensor, ...]:
        half, rest = _halves(len(images), seed)
        rows = {"h": half, "t": rest, "a": torch.cat([half, rest])}
        more = make(images, labels) if leaky else make(images[half], labels[half])
        kinds = ((train, 0), (train_labels, 1), (test, 0), (test_labels, 1))
        return tuple(
            torch.cat([more[which] if one == "m" else (images, labels)[which][rows[one]] for one in kind])
            for kind, which in kinds
        )

    return answer


def _uneven(train: str, train_labels: str, test: str, test_labels: str) -> tuple[str, list[Answer]]:
    said = [
        f"{name} images are {KINDS[one]}, but {name.lower()} labels are those of {KINDS[other]}."
        for name, one, other in (("Training", train, train_labels), ("Test", test, test_labels))
        if one != other
    ]
    answers = [_picked(train, train_labels, test, test_labels, leaky) for leaky in (False, True)]
    return " ".join([*said, "Each image needs its label, in the same place."]), answers


def add_forms(exercise: Exercise, right: Callable[..., Four]) -> None:
    """Add these mistakes to the exercise; right: its reference."""

    def recognise(sentence: str, *changes: Callable[[Four], object]) -> None:
        """Mistakes that are right up to what is done with the four results."""
        exercise.recognise(
            sentence,
            *(lambda *arguments, change=change: change(right(*arguments)) for change in changes),
        )

    training = [(one, other) for one in ("hm", "h", "m", "a", "am") for other in KINDS if one != other]
    test = [("t", other) for other in ("a", "h", "hm", "am", "m", "tm")] + [
        ("a", "t"),
        ("tm", "t"),
        ("am", "t"),
    ]
    for one, other in training:
        sentence, answers = _uneven(one, other, "t", "t")
        exercise.recognise(sentence, *answers)
    for one, other in test:
        sentence, answers = _uneven("hm", "hm", one, other)
        exercise.recognise(sentence, *answers)
    for other in ("h", "a", "am", "m"):
        sentence, answers = _uneven("hm", other, "t", "a")
        exercise.recognise(sentence, *answers)

    names = (
        "The four results are training images, training labels, test images and test labels, in this order."
    )
    orders = ((0, 2, 1, 3), (1, 0, 3, 2), (1, 3, 0, 2), (0, 1, 3, 2), (1, 0, 2, 3))
    recognise(names, *(lambda four, order=order: tuple(four[place] for place in order) for order in orders))
    recognise(
        f"Return four results. {names}",
        lambda four: (four[:2], four[2:]),
        lambda four: four[:3],
        lambda four: (*four, 0),
        lambda four: (*four, 0, 0),
        lambda four: {"train": four[:2], "test": four[2:]},
        lambda four: four[0],
    )
    exercise.recognise(
        "The test comes first in what you return. The training images and their labels come first.",
        lambda *arguments: (lambda four: (*four[2:], *four[:2]))(right(*arguments)),
    )
    recognise(
        "The images have lost axes. They are (n, 1, H, W).",
        lambda four: (four[0].flatten(1), four[1], four[2].flatten(1), four[3]),
        lambda four: (four[0].flatten(1), *four[1:]),
        lambda four: (*four[:2], four[2].flatten(1), four[3]),
        lambda four: (four[0].squeeze(1), four[1], four[2].squeeze(1), four[3]),
    )
    recognise(
        "Return labels as whole numbers (n,), as they come in.",
        lambda four: (four[0], four[1][:, None], four[2], four[3][:, None]),
        lambda four: (four[0], four[1][:, None], *four[2:]),
        lambda four: (*four[:3], four[3][:, None]),
        lambda four: (four[0], torch.eye(3)[four[1]], four[2], torch.eye(3)[four[3]]),
        lambda four: (four[0], torch.eye(10)[four[1]], four[2], torch.eye(10)[four[3]]),
    )
    _add_pixels(exercise, recognise)
    _add_calls_of_make(exercise)
    _add_changes(exercise, right)


def _add_pixels(exercise: Exercise, recognise: Callable[..., None]) -> None:
    for sentence, train, test in (
        ("The pixels of all images are not those that came in. Return the images as they are.", True, True),
        (
            "The pixels of the training images are not those that came in. Return the images as they are.",
            True,
            False,
        ),
        (
            "The pixels of the test images are not those that came in. Return the images as they are.",
            False,
            True,
        ),
    ):
        recognise(
            sentence,
            lambda four, train=train, test=test: (
                2 * four[0] - 1 if train else four[0],
                four[1],
                2 * four[2] - 1 if test else four[2],
                four[3],
            ),
        )

    @exercise.mistake
    def changed_first(images, labels, make, seed):
        """The pixels are changed before make is called, and are not those that came in. Leave the images
        as they are."""
        train, test = _halves(len(images), seed)
        images = 2 * images - 1
        more, more_labels = make(images[train], labels[train])
        return *_beside(images[train], labels[train], more, more_labels), images[test], labels[test]

    @exercise.mistake
    def changed_for_make(images, labels, make, seed):
        """make is given images whose pixels are not those that came in. Give it the training half as it
        is."""
        train, test = _halves(len(images), seed)
        more, more_labels = make(2 * images[train] - 1, labels[train])
        return *_beside(images[train], labels[train], more, more_labels), images[test], labels[test]


def _add_calls_of_make(exercise: Exercise) -> None:
    for sentence, call in {
        """make is given images of one set and labels of another, so their numbers differ. Give it the
        images and the labels of the training half.""": (
            lambda make, images, labels, train, test: make(images[train], labels),
            lambda make, images, labels, train, test: make(images, labels[train]),
            lambda make, images, labels, train, test: make(images[train], labels[test]),
            lambda make, images, labels, train, test: make(images[test], labels[train]),
        ),
        "make takes two things, images and their labels.": (
            lambda make, images, labels, train, test: make(images[train]),
            lambda make, images, labels, train, test: make((images[train], labels[train])),
        ),
        "make takes two things, images and their labels. And the test images are none of its business.": (
            lambda make, images, labels, train, test: make(images[train], labels[train], images[test]),
        ),
    }.items():
        for wrong in call:

            def answer(images, labels, make, seed, wrong=wrong):
                train, test = _halves(len(images), seed)
                made = wrong(make, images, labels, train, test)
                return *_beside(images[train], labels[train], *made), images[test], labels[test]

            exercise.recognise(sentence, answer)

    @exercise.mistake
    def never_called(images, labels, make, seed):
        """make is never called, so there is nothing to compare: its images belong in the training set."""
        train, test = _halves(len(images), seed)
        return images[train], labels[train], images[test], labels[test]

    @exercise.mistake
    def made_twice(images, labels, make, seed):
        """make is called twice and trains two generators: the images of one and the labels of the other do
        not belong together. Take both from one call."""
        train, test = _halves(len(images), seed)
        made = make(images[train], labels[train])[0], make(images[train], labels[train])[1]
        return *_beside(images[train], labels[train], *made), images[test], labels[test]

    @exercise.mistake
    def made_twice_of_all(images, labels, make, seed):
        """make is called twice and given the test images as well: the images of one call and the labels of
        the other do not belong together. Call it once, with the training half alone."""
        train, test = _halves(len(images), seed)
        made = make(images, labels)[0], make(images, labels)[1]
        return *_beside(images[train], labels[train], *made), images[test], labels[test]

    @exercise.mistake
    def given_twice(images, labels, make, seed):
        """make is given the same images several times. It needs each image of the training half once."""
        train, test = _halves(len(images), seed)
        made = make(images[train].repeat(2, 1, 1, 1), labels[train].repeat(2))
        return *_beside(images[train], labels[train], *made), images[test], labels[test]

    @exercise.mistake
    def made_twice_and_used_once(images, labels, make, seed):
        """make is given the same images several times, and not all that it makes is used. Call it once."""
        train, test = _halves(len(images), seed)
        made = [make(images[train], labels[train]) for _ in range(2)][1]
        return *_beside(images[train], labels[train], *made), images[test], labels[test]

    @exercise.mistake
    def made_from_made(images, labels, make, seed):
        """make is given images that it made itself. It is to be trained on the real training half."""
        train, test = _halves(len(images), seed)
        x, y = images[train], labels[train]
        for _ in range(2):
            x, y = _beside(x, y, *make(x, y))
        return x, y, images[test], labels[test]

    @exercise.mistake
    def not_unpacked(images, labels, make, seed):
        """make returns two things, images and their labels: give each its name, more, more_labels =
        make(...)."""
        train, _ = _halves(len(images), seed)
        return torch.cat([images[train], make(images[train], labels[train])])


def _add_changes(exercise: Exercise, right: Callable[..., Four]) -> None:
    def changing(change: Callable[[Tensor, Tensor], None]) -> Answer:
        def answer(images, labels, make, seed):
            four = right(images.clone(), labels.clone(), make, seed)
            change(images, labels)
            return four

        return answer

    exercise.recognise(
        "The sets are right, but images and labels, which were passed in, are changed: shuffle a copy.",
        changing(lambda images, labels: (images.copy_(images.flip(0)), labels.copy_(labels.flip(0)))),
    )
    exercise.recognise(
        "The sets are right, but images, which were passed in, are changed: work on a copy.",
        changing(lambda images, labels: images.mul_(0.5)),
    )
    exercise.recognise(
        "The sets are right, but labels, which were passed in, are changed: work on a copy.",
        changing(lambda images, labels: labels.add_(1)),
    )

    @exercise.mistake
    def images_shuffled_in_place(images, labels, make, seed):
        """You shuffle the images that were passed in, in place, and leave their labels in the old order."""
        images.copy_(images[torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))])
        half = len(images) // 2
        made = make(images[:half], labels[:half])
        return *_beside(images[:half], labels[:half], *made), images[half:], labels[half:]


def _halves(n: int, seed: int) -> tuple[Tensor, ...]:
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed)).tensor_split([n // 2])


def _beside(images: Tensor, labels: Tensor, more: Tensor, more_labels: Tensor) -> tuple[Tensor, Tensor]:
    return torch.cat([images, more]), torch.cat([labels, more_labels])
