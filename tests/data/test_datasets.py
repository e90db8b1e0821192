"""A data set is what its name, or else the environment, asks for, in the form and the numbers that were promised."""

import subprocess
import sys

import pytest
import torch

from tests.conftest import REPOSITORY
from tests.data.messages import kind
from tests.data.tiny_mnist import put
from vae_lessons.data import digits, faces
from vae_lessons.data.datasets import EXPRESSIONS, load
from vae_lessons.data.images import check_images
from vae_lessons.data.mnist import raw_folder


def test_digits(drawn):
    assert drawn.name == "digits" and drawn.class_names == tuple("0123456789")
    for images, labels, factors, n, seed in (
        (drawn.train_images, drawn.train_labels, drawn.train_factors, 20_000, 0),
        (drawn.test_images, drawn.test_labels, drawn.test_factors, 4_000, 1),
    ):
        assert images.shape == (n, 1, 28, 28) and images.dtype == torch.uint8
        assert labels.shape == (n,) and labels.dtype == torch.int64
        assert all(values.shape == (n,) for values in factors.values())
        assert torch.equal(images[:50], digits.draw(50, seed=seed)[0])
        check_images(images)


def test_digits_twice_are_the_same(drawn, monkeypatch):
    monkeypatch.delenv("VAE_LESSONS_DATASET", raising=False)
    again = load()
    assert torch.equal(again.train_images, drawn.train_images)
    assert torch.equal(again.test_images, drawn.test_images)
    assert torch.equal(again.test_labels, drawn.test_labels)


@pytest.fixture(scope="module")
def drawn_faces():
    return load("faces")


def test_faces(drawn_faces):
    assert repr(drawn_faces) == "Dataset(faces: 20000 training and 4000 test images, 3 classes)"
    for images, labels, factors, n, seed in (
        (drawn_faces.train_images, drawn_faces.train_labels, drawn_faces.train_factors, 20_000, 0),
        (drawn_faces.test_images, drawn_faces.test_labels, drawn_faces.test_factors, 4_000, 1),
    ):
        assert images.shape == (n, 1, 28, 28) and images.dtype == torch.uint8
        assert labels.shape == (n,) and labels.dtype == torch.int64
        first_images, first_factors = faces.draw(50, seed=seed)
        assert torch.equal(images[:50], first_images)
        assert all(torch.equal(factors[name][:50], values) for name, values in first_factors.items())
        check_images(images)


def test_a_face_is_labelled_by_its_smile(drawn_faces):
    smile, labels = drawn_faces.train_factors["smile"], drawn_faces.train_labels
    sad, neutral, smiling = (smile[labels == drawn_faces.class_names.index(name)] for name in EXPRESSIONS)
    assert -1 <= sad.min() < sad.max() < neutral.min() < neutral.max() < smiling.min() < smiling.max() <= 1
    assert drawn_faces.class_names == ("sad", "neutral", "smiling")
    assert [len(some) / 20_000 for some in (sad, neutral, smiling)] == pytest.approx([1 / 3] * 3, abs=0.01)


@pytest.mark.parametrize("name", ["drawn", "drawn_faces"])
def test_no_drawn_test_image_is_a_training_image(name, request):
    drawn = request.getfixturevalue(name)
    training = {image.numpy().tobytes() for image in drawn.train_images}
    assert not training & {image.numpy().tobytes() for image in drawn.test_images}


def test_repr_prints_no_tensor(drawn):
    assert repr(drawn) == "Dataset(digits: 20000 training and 4000 test images, 10 classes)"


def test_a_data_set_cannot_be_changed_by_accident(drawn):
    with pytest.raises(AttributeError):
        drawn.train_images = drawn.test_images


def test_loading_digits_leaves_torchvision_alone():
    code = (
        "import sys; from vae_lessons import data; from vae_lessons.data import digits; draw = digits.draw; "
        "digits.draw = lambda n, seed: draw(n // 100, seed); "  # fewer, to be quick
        "assert len(data.load('digits').train_images) == 200; sys.exit('torchvision' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-W", "error", "-c", code], cwd=REPOSITORY).returncode == 0


def test_an_unknown_name(monkeypatch):
    with pytest.raises(ValueError, match="'cifar'") as error:
        load("cifar")
    assert "digits, faces, mnist, fashion_mnist" in kind(error)
    monkeypatch.setenv("VAE_LESSONS_DATASET", "MNIST 2")
    with pytest.raises(ValueError, match="'MNIST 2'"):
        load()


def test_the_environment_chooses_set_and_folder(files, tmp_path, monkeypatch, no_download):
    put(tmp_path / "sets", files)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("VAE_LESSONS_DATASET", "mnist")
    monkeypatch.setenv("VAE_LESSONS_DATA", "~/sets")
    assert load().name == "mnist"
    assert load("mnist", root=tmp_path / "sets").name == "mnist"
    monkeypatch.setenv("VAE_LESSONS_DATASET", "faces")
    assert load().name == "faces"
    monkeypatch.setenv("VAE_LESSONS_DATA", "")
    assert raw_folder("mnist") == REPOSITORY / "data" / "MNIST" / "raw"
    assert raw_folder("fashion_mnist", "~/x") == tmp_path / "x" / "FashionMNIST" / "raw"
