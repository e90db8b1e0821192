"""Files made to run something: none of it runs, and the file is refused or read as what it shows."""

import json
import pickle
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from nbformat.v4 import new_code_cell, new_notebook

from tests.data.messages import kind
from vae_lessons.__main__ import main
from vae_lessons.classroom import grading
from vae_lessons.data import load
from vae_lessons.exercises import record
from vae_lessons.training import TrainConfig, cache, fit, load_checkpoint
from vae_lessons.vae import VAE


class Bomb:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


@pytest.fixture
def exploded(own_folders):
    return own_folders / "exploded"


@pytest.fixture
def pickles(exploded, own_folders):
    """Files that would run something where they are unpickled, under a name of one's choice."""

    def write(how, name):
        path = own_folders / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            if how == "pickle":
                pickle.dump(Bomb(exploded), file)
            elif how == "torch.save":
                torch.save({"weights": Bomb(exploded)}, file)
            else:
                np.save(file, np.array([Bomb(exploded)], dtype=object), allow_pickle=True)
        return path

    return write


HOW = pytest.mark.parametrize("how", ["pickle", "torch.save", "npy"])


def test_the_bomb_works(exploded):
    pickle.loads(pickle.dumps(Bomb(exploded)))
    assert exploded.exists()


@HOW
def test_as_a_checkpoint(pickles, exploded, how):
    with pytest.raises(ValueError) as error:
        load_checkpoint(pickles(how, "model.safetensors"), VAE(latent_dim=2, hidden_dim=8))
    assert "not a whole safetensors file" in kind(error) and not exploded.exists()


@HOW
def test_as_a_kept_run(pickles, exploded, own_folders, how):
    images, config = torch.rand(16, 1, 28, 28), TrainConfig(epochs=1)
    model = VAE(latent_dim=2, hidden_dim=8)
    path = cache.path_of("a run")
    pickles(how, path.relative_to(own_folders))
    assert cache.load(path, model) is None
    assert len(fit(model, images, config, progress=False).kl) == 1
    assert not exploded.exists()


@HOW
def test_as_images(pickles, exploded, raw, own_folders, how):
    pickles(how, (raw / "train-images-idx3-ubyte").relative_to(own_folders))
    with pytest.raises(ValueError) as error:
        load("mnist")
    assert "is damaged" in kind(error) and not exploded.exists()


@HOW
def test_as_a_record(pickles, exploded, own_folders, how):
    path = pickles(how, "state/progress.json")
    before = path.read_bytes()
    assert record.update(lambda kept: None) == ""
    assert path.with_suffix(".broken-1").read_bytes() == before and not exploded.exists()


@HOW
def test_as_a_record_handed_in(pickles, exploded, own_folders, capsys, how):
    path = pickles(how, "anna.json")
    assert main(["class-progress", str(path), "--out", str(own_folders / "class.csv")]) == 1
    assert "is not a record" in capsys.readouterr().err
    assert not exploded.exists() and not (own_folders / "class.csv").exists()


def test_a_record_with_a_formula_puts_none_into_the_table(own_folders):
    formula = '=HYPERLINK("http://example.org")'
    entry = {"tries": formula, "solved": formula, "hints": 1, "solution": False}
    kept = {"version": 1, "exercises": {"2.3": entry, formula: entry}, "predictions": {}}
    (own_folders / "anna.json").write_text(json.dumps(kept))
    assert (
        main(["class-progress", str(own_folders / "anna.json"), "--out", str(own_folders / "class.csv")]) == 0
    )
    cells = (
        (own_folders / "class.csv").read_text(encoding="utf-8").replace('"', "").replace("\n", ",").split(",")
    )
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


@HOW
def test_as_a_notebook(pickles, exploded, capsys, how):
    assert main(["grade", str(pickles(how, "submission.ipynb"))]) == 1
    assert "is not a Jupyter notebook" in capsys.readouterr().err and not exploded.exists()


def test_cells_that_act_are_not_run_by_the_grader(exploded, own_folders):
    cells = [
        f"open({str(exploded)!r}, 'w')",
        f"!touch {exploded}",
        f"%%bash\ntouch {exploded}",
        f"%run -i {exploded}.py",
        f"__import__('pathlib').Path({str(exploded)!r}).touch()",
        "from vae_lessons.exercises import check\ndef kl(mu, logvar):\n    return mu.sum(1)\ncheck('2.3', kl)",
    ]
    nbformat.write(new_notebook(cells=[new_code_cell(cell) for cell in cells]), own_folders / "a.ipynb")
    states = {one.number: one.state for one in grading.grade(own_folders / "a.ipynb")}
    assert states["2.3"] not in ("right", "not attempted") and not exploded.exists()
