"""The judge that ships: its size, its accuracy where it was not trained, and that it can be trained again."""

import torch

from tests.conftest import read_mnist
from vae_lessons.data.digits import draw
from vae_lessons.evaluation.judge import NO_DIGIT, WEIGHTS, load_judge
from vae_lessons.evaluation.judge_training import train_judge


def accuracy(judge, images, labels):
    with torch.no_grad():
        seen = torch.cat([judge(batch / 255)[:, :NO_DIGIT].argmax(1) for batch in images.split(1000)])
    return (seen == labels).float().mean().item()


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


def test_training_anew_learns_to_read_from_drawn_digits_alone():
    judge = train_judge(images=4000, epochs=2, progress=False)
    images, labels, _ = draw(1000, seed=78)
    assert accuracy(judge, images, labels) >= 0.9


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
