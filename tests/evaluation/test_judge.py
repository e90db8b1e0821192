"""The judge that ships is small, reads digits that it was not trained on, and is unsure of what is no digit."""

import torch

from tests.conftest import read_mnist
from tests.evaluation.reading import accuracy
from vae_lessons.data.digits import draw
from vae_lessons.evaluation.judge import NO_DIGIT, WEIGHTS, judge_confidence, load_judge


def test_the_weights_are_small_and_frozen():
    judge = load_judge()
    assert WEIGHTS.stat().st_size <= 300_000
    assert not judge.training
    assert not any(parameter.requires_grad for parameter in judge.parameters())


def test_it_reads_held_out_drawn_digits_at_99_percent():
    images, labels, _ = draw(4000, seed=77)
    assert accuracy(load_judge(), images, labels) >= 0.99


def test_it_reads_mnist_at_95_percent(mnist_raw):
    assert accuracy(load_judge(), *read_mnist(mnist_raw, "t10k")) >= 0.95


def test_it_looks_at_what_is_drawn_and_not_at_how_softly():
    images, labels, _ = draw(1000, seed=79)
    x = images / 255
    overlaid = torch.maximum(x, x.roll(1, 0))[labels != labels.roll(1, 0)]
    judge = load_judge()

    def accepted(pictures):
        return (judge(pictures).softmax(1)[:, :NO_DIGIT].max(1).values > 0.5).float().mean().item()

    hard, soft = (lambda x: (x > 0.4).float()), (lambda x: torch.nn.functional.avg_pool2d(x, 3, 1, 1))
    for style in (hard, soft):
        assert accepted(style(x)) > 0.9
        assert accepted(style(overlaid)) < 0.3


def test_judge_is_sure_of_digits_and_unsure_of_noise_and_of_blends_of_two():
    digits, labels, _ = draw(600, seed=5)
    digit_confidence, seen = judge_confidence(digits)
    noise = torch.rand(600, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    blends = (digits / 255 + digits.roll(1, 0) / 255) / 2
    assert (seen == labels).float().mean() > 0.97
    assert digit_confidence.median() > 0.9
    assert judge_confidence(noise)[0].median() < 0.7
    assert judge_confidence(blends[labels != labels.roll(1)])[0].median() < 0.7
