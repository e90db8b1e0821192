"""Killed at any moment of a write, the course has what was written before, whole, and goes on from there."""

import os
import random
import signal
import time

import torch
from safetensors import safe_open

from vae_lessons.exercises import record
from vae_lessons.training import TrainConfig, cache, load_checkpoint, save_checkpoint
from vae_lessons.vae import VAE

MOMENTS = 20


def killed_while(forked, work, moment):
    """What work(say) said until its process was killed, some milliseconds after its first word."""
    told, tell = os.pipe()

    def run():
        os.close(told)
        work(lambda number: os.write(tell, f"{number}\n".encode()))

    child = forked(run)
    os.close(tell)
    said = os.read(told, 1000)
    time.sleep(moment / 1000)
    os.kill(child, signal.SIGKILL)
    while part := os.read(told, 100_000):
        said += part
    os.close(told)
    os.waitpid(child, 0)
    lines = said.decode().splitlines()
    return [int(line) for line in lines]


def moments():
    chance = random.Random(0)
    return [chance.uniform(0, 30) for _ in range(MOMENTS)]


def one_more_try(kept):
    record.entry(kept, "2.3")["tries"] += 1


def test_the_record_loses_no_try_that_was_confirmed(forked):
    def count(say):
        for number in range(1_000_000):
            record.update(one_more_try)
            say(number)

    tries = 0
    for moment in moments():
        confirmed = len(killed_while(forked, count, moment))
        now = record.read()["exercises"]["2.3"]["tries"]
        assert tries + confirmed <= now <= tries + confirmed + 1
        assert record.update(one_more_try) == "", "the lock of the one that was killed is free"
        tries = now + 1


def models():
    """Two models of equal shapes whose weights are all 1 or all 2, so that half of each would show."""
    for value in (1.0, 2.0):
        model = VAE(latent_dim=2, hidden_dim=64)
        torch.nn.utils.vector_to_parameters(
            torch.full_like(torch.nn.utils.parameters_to_vector(model.parameters()), value),
            model.parameters(),
        )
        yield model


def only_value(model):
    (value,) = torch.nn.utils.parameters_to_vector(model.parameters()).unique().tolist()
    return value


def test_a_checkpoint_is_the_one_before_or_the_one_after(forked, own_folders):
    path, config = own_folders / "model.safetensors", TrainConfig(epochs=3)
    first, second = models()
    save_checkpoint(path, first, config)

    def save(say):
        for number in range(1_000_000):
            save_checkpoint(path, (first, second)[number % 2], config, overwrite=True)
            say(number)

    for moment in moments():
        killed_while(forked, save, moment)
        found = VAE(latent_dim=2, hidden_dim=64)
        assert load_checkpoint(path, found) == config
        assert only_value(found) in (1.0, 2.0)


def test_a_kept_run_is_whole_or_not_there(forked, own_folders):
    folder = own_folders / "cache" / "trained"
    first, second = models()

    def save(say):
        for number in range(1_000_000):
            cache.save(folder / f"{number}.safetensors", (first, second)[number % 2], {"kl": [float(number)]})
            say(number)

    for moment in moments():
        confirmed = killed_while(forked, save, moment)
        kept = {int(path.stem): path for path in folder.glob("[0-9]*.safetensors")}
        assert set(confirmed) <= set(kept)
        for number, path in kept.items():
            found = VAE(latent_dim=2, hidden_dim=64)
            assert cache.load(path, found) == {"kl": [float(number)]}
            assert only_value(found) == 1 + number % 2
            path.unlink()
    kept = folder / "run.safetensors"
    cache.save(kept, first, {"kl": [0.0]})
    with safe_open(kept, framework="pt") as file:
        assert set(file.keys()) == set(first.state_dict())
