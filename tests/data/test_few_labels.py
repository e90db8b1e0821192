"""The stored runs of lesson 10 have the shapes that they say, and are those of the course's digits."""

import torch

from vae_lessons import data
from vae_lessons.data.few_labels import few_label_runs


def test_every_table_has_one_number_for_each_setting_and_seed():
    runs = few_label_runs()
    labels, seeds = len(runs.labels), 5
    assert runs.mixing.shape == (labels, len(runs.weights), 2, seeds)
    assert runs.curve.shape == (len(runs.curve_labels), 2, seeds)
    assert runs.lengths.shape == (len(runs.steps), seeds)
    assert runs.shared.shape == (len(runs.steps), 2, seeds) and runs.shared_real.shape == (seeds,)
    assert {values.shape for values in runs.methods.values()} == {(labels, seeds)}
    assert {values.shape[1:] for values in runs.rare.values()} == {(seeds, 2)}
    assert f"{seeds} seeds; {', '.join(map(str, runs.labels))} labels" in repr(runs)


def test_all_of_them_are_per_cent_and_no_two_seeds_gave_the_same():
    runs = few_label_runs()
    for values in (runs.mixing, runs.curve, runs.lengths, *runs.methods.values(), *runs.rare.values()):
        assert values.min() > 0 and values.max() <= 100
    assert (runs.mixing.std(-1) > 0).all()


def test_the_labelled_images_are_training_images_of_the_digits_in_order():
    runs, dataset = few_label_runs(), data.load("digits")
    for shown in runs.real:
        for digit, image in enumerate(shown):
            same = (dataset.train_images[:, 0] == image).flatten(1).all(1)
            assert digit in dataset.train_labels[same]
    assert runs.made.shape == runs.real.shape and runs.made.dtype == torch.uint8
