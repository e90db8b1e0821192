"""Thirty that begin at once, many times: each has all images, and what lies on the disk is whole."""

import os

import torch

from vae_lessons.data import load
from vae_lessons.exercises import record
from vae_lessons.training import TrainConfig, cache, fit
from vae_lessons.vae import VAE

PROCESSES = 30
ROUNDS = int(os.environ.get("VAE_LESSONS_ROUNDS", 10))  # fifty were tried


def together(forked, work):
    """The ways in which the processes that begin this work at the same moment ended."""
    ready, go = os.pipe()

    def wait_and_work(number):
        os.close(go)
        os.read(ready, 1)  # until the other end is closed
        work(number)

    children = [forked(wait_and_work, number) for number in range(PROCESSES)]
    os.close(ready)
    os.close(go)
    return [os.waitpid(child, 0)[1] for child in children]


def test_first_loads(forked, raw):
    def first_load(number):
        loaded = load("mnist")
        assert (len(loaded.train_images), len(loaded.test_images)) == (3, 2)

    for _ in range(ROUNDS):
        assert together(forked, first_load) == [0] * PROCESSES


def test_first_runs_of_one_model_are_kept_once_and_whole(forked, own_folders):
    images, config = torch.rand(2, 1, 4, 4), TrainConfig(epochs=1, batch_size=2)

    def model():
        torch.manual_seed(0)
        return VAE(latent_dim=1, hidden_dim=2, image_shape=(1, 4, 4))

    fit(model(), images, config, progress=False)
    (kept,) = (own_folders / "cache" / "trained").glob("*")
    expected = kept.read_bytes()

    def keep(number):
        trained = model()
        if cache.load(kept, trained) is None:
            cache.save(kept, trained, {"kl": [1.0]})
        assert cache.load(kept, model()) is not None

    for _ in range(ROUNDS):
        kept.unlink()
        assert together(forked, keep) == [0] * PROCESSES
        assert list(kept.parent.iterdir()) == [kept] and len(kept.read_bytes()) > len(expected) / 2


def test_records_lose_no_try(forked):
    def one_try(number):
        def change(kept):
            record.entry(kept, "2.3")["tries"] += 1

        assert record.update(change) == ""

    for _ in range(ROUNDS):
        assert together(forked, one_try) == [0] * PROCESSES
    assert record.read()["exercises"]["2.3"]["tries"] == ROUNDS * PROCESSES
