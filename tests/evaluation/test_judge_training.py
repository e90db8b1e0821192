"""The judge can be trained again, from drawn digits alone."""

from tests.evaluation.reading import accuracy
from vae_lessons.data.digits import draw
from vae_lessons.evaluation.judge_training import train_judge


def test_training_anew_learns_to_read_from_drawn_digits_alone():
    judge = train_judge(images=4000, epochs=2, progress=False)
    images, labels, _ = draw(1000, seed=78)
    assert accuracy(judge, images, labels) >= 0.9
