"""Answers to exercise 10.3: right ones in many styles, and some with two mistakes at once."""

import random

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset, random_split


def by_the_global_seed(images, labels, make, seed):
    torch.manual_seed(seed)
    order = torch.randperm(len(images))
    images, labels = images[order], labels[order]
    half = len(images) // 2
    x, y = make(images[:half], labels[:half])
    return torch.cat((images[:half], x)), torch.cat((labels[:half], y)), images[half:], labels[half:]


def by_numpy(images, labels, make, seed):
    order = np.random.default_rng(seed).permutation(len(images))
    train, test = np.split(order, [len(images) // 2])
    made, made_labels = make(images[train], labels[train])
    x = np.concatenate([images.numpy()[train], made.numpy()])
    y = np.concatenate([labels.numpy()[train], made_labels.numpy()])
    return x.astype(np.float64), y, images.numpy()[test], labels.numpy()[test]


def by_lists(images, labels, make, seed):
    pairs = list(zip(images, labels, strict=True))
    random.Random(seed).shuffle(pairs)
    train, test = pairs[: len(pairs) // 2], pairs[len(pairs) // 2 :]
    made = make(torch.stack([x for x, _ in train]), torch.stack([y for _, y in train]))
    train.extend(zip(*made, strict=True))
    return [x for x, _ in train], [y.item() for _, y in train], [x for x, _ in test], [y for _, y in test]


def by_a_mask(images, labels, make, seed):
    mask = torch.zeros(len(images), dtype=torch.bool)
    chosen = torch.rand(len(images), generator=torch.Generator().manual_seed(seed)).argsort()
    mask[chosen[: len(images) // 2]] = True
    more, more_labels = make(images[mask], labels[mask])
    return (
        torch.cat([more, images[mask]]),
        torch.cat([more_labels, labels[mask]]),
        images[~mask],
        labels[~mask],
    )


def by_random_split(images, labels, make, seed):
    real = TensorDataset(images, labels)
    sizes = [len(real) // 2, len(real) - len(real) // 2]
    train, test = random_split(real, sizes, generator=torch.Generator().manual_seed(seed))
    (x, y), (x_test, y_test) = (next(iter(DataLoader(part, batch_size=len(part)))) for part in (train, test))
    train = TensorDataset(x, y) + TensorDataset(*make(x, y))
    x, y = next(iter(DataLoader(train, batch_size=len(train), shuffle=True)))
    return [x, y, x_test, y_test]


def class_by_class(images, labels, make, seed):
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    train, test = order.tensor_split([len(images) // 2])
    x, y = [images[train]], [labels[train]]
    for label in labels[train].unique():
        mine = train[labels[train] == label]
        made, made_labels = make(images[mine], labels[mine])
        x.append(made), y.append(made_labels)
    return torch.cat(x), torch.cat(y), images[test], labels[test]


def half_of_each_class(images, labels, make, seed):
    generator = torch.Generator().manual_seed(seed)
    train, test = [], []
    for label in range(int(labels.max()) + 1):
        rows = (labels == label).nonzero().flatten()
        rows = rows[torch.randperm(len(rows), generator=generator)]
        train.append(rows[: len(rows) // 2]), test.append(rows[len(rows) // 2 :])
    train, test = torch.cat(train), torch.cat(test)
    made = make(images[train], labels[train])
    x, y = (torch.cat(pair) for pair in zip((images[train], labels[train]), made, strict=True))
    return x, y, images[test], labels[test]


def by_a_sample(images, labels, make, seed):
    train = sorted(random.Random(seed).sample(range(len(images)), len(images) // 2))
    test = [place for place in range(len(images)) if place not in train]
    made = make(images[train], labels[train])
    return (
        torch.vstack([images[train], made[0]]),
        torch.hstack([labels[train], made[1]]),
        images[test],
        labels[test],
    )


def by_where_made(images, labels, make, seed):
    """Real and made images in one tensor, with a note of which are real."""
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    images, labels = images[order], labels[order]
    for_test = torch.arange(len(images)) >= len(images) // 2
    more, more_labels = make(images[~for_test], labels[~for_test])
    for_test = torch.cat([for_test, torch.zeros(len(more), dtype=torch.bool)])
    images, labels = torch.cat([images, more]), torch.cat([labels, more_labels])
    return images[~for_test], labels[~for_test], images[for_test], labels[for_test].int()


def by_swaps(images, labels, make, seed):
    np.random.seed(seed)  # noqa: NPY002
    images, labels = images.clone(), labels.clone()
    for last in range(len(images) - 1, 0, -1):
        other = np.random.randint(last + 1)  # noqa: NPY002
        images[[last, other]], labels[[last, other]] = images[[other, last]], labels[[other, last]]
    train, test = images[: len(images) // 2], images[len(images) // 2 :]
    made, made_labels = make(train.numpy(), labels[: len(train)].numpy())
    return (
        torch.cat([train, made]),
        torch.cat([labels[: len(train)], made_labels]),
        test,
        labels[len(train) :],
    )


def test_images_seen_and_a_test_too_small(images, labels, make, seed):
    order = torch.randperm(len(images), generator=torch.Generator().manual_seed(seed))
    more, more_labels = make(images, labels)
    half = len(images) // 2
    x, y = torch.cat([images[order[:half]], more]), torch.cat([labels[order[:half]], more_labels])
    return x, y, images[order[half : half + 2]], labels[order[half : half + 2]]


def first_half_with_labels_of_the_last(images, labels, make, seed):
    half = len(images) // 2
    more, more_labels = make(images[:half], labels[-half:])
    return (
        torch.cat([images[:half], more]),
        torch.cat([labels[-half:], more_labels]),
        images[half:],
        labels[half:],
    )


RIGHT = [
    by_the_global_seed,
    by_numpy,
    by_lists,
    by_a_mask,
    by_random_split,
    class_by_class,
    half_of_each_class,
    by_a_sample,
    by_where_made,
    by_swaps,
]
COMBINED = [test_images_seen_and_a_test_too_small, first_half_with_labels_of_the_last]
