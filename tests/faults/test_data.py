"""Data that are absent or damaged: an error says what, where and what to do, and every file stays as it was."""

import os

import pytest

from tests.data.messages import kind
from vae_lessons.data import load

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
OTHER = "t10k-images-idx3-ubyte"
HTML = b"<!DOCTYPE html><html><body>Please log in</body></html>"


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGES = {
    "empty": lambda content: b"",
    **{
        f"cut after {tenth}0 %": lambda content, t=tenth: content[: len(content) * t // 10]
        for tenth in range(1, 10)
    },
    "cut before the last byte": lambda content: content[:-1],
    "HTML": lambda content: HTML,
    "HTML of the right length": lambda content: (HTML * len(content))[: len(content)],
    "one flipped bit": flipped,
}


def refused(raw, before):
    """The error that loading raises, with every file as it was."""
    with pytest.raises(ValueError) as error:
        load("mnist")
    assert {path.name: path.read_bytes() for path in raw.glob("*-ubyte")} == before
    return kind(error)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("file", [IMAGES, LABELS])
def test_a_damaged_file_is_named_and_kept(raw, files, no_download, file, damage):
    broken = {**files, file: DAMAGES[damage](files[file])}
    (raw / file).write_bytes(broken[file])
    said = refused(raw, broken)
    assert str(raw / file) in said and "Move it away and load again" in said


@pytest.mark.parametrize(
    ("one", "other"), [(LABELS, "t10k-labels-idx1-ubyte"), (IMAGES, OTHER), (IMAGES, LABELS)]
)
def test_files_that_changed_places_are_named(raw, files, no_download, one, other):
    swapped = {**files, one: files[other], other: files[one]}
    for file in (one, other):
        (raw / file).write_bytes(swapped[file])
    assert str(raw / one) in (said := refused(raw, swapped)) or str(raw / other) in said


def test_labels_in_another_order_are_no_labels_of_these_images(raw, files, no_download):
    content = files[LABELS]
    (raw / LABELS).write_bytes(content[:8] + content[:7:-1])
    assert LABELS in refused(raw, {**files, LABELS: content[:8] + content[:7:-1]})


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_loop_of_links_ends_in_an_error(raw, files):
    (raw / IMAGES).unlink()
    os.symlink(raw / OTHER, raw / IMAGES)
    (raw / OTHER).unlink()
    os.symlink(raw / IMAGES, raw / OTHER)
    with pytest.raises((ValueError, OSError)) as error:
        load("mnist")
    assert IMAGES in kind(error)


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_a_folder_that_leads_to_itself_ends_in_an_error(own_folders, files):
    (own_folders / "data").mkdir()
    os.symlink(own_folders / "data" / "MNIST", own_folders / "data" / "MNIST")
    with pytest.raises((ValueError, OSError)) as error:
        load("mnist")
    assert "MNIST" in kind(error)
