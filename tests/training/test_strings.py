"""Strings are trained by the same loop as images: the ELBO rises, a run is repeatable, misfits are refused."""

import pytest
import torch

from tests.training.models import same, weights
from vae_lessons.molecule_vae import MoleculeVAE
from vae_lessons.sequence_vae import SequenceVAE
from vae_lessons.training import TrainConfig, fit_strings

GENERATOR = torch.Generator().manual_seed(0)
LETTER = torch.randint(1, 5, (300, 1), generator=GENERATOR)
STRINGS = torch.cat([LETTER, LETTER, LETTER, torch.zeros_like(LETTER)], 1)  # "aaa", "bbb", ...
PROPERTIES = LETTER[:, 0].float()


def sequence_vae():
    torch.manual_seed(0)
    return SequenceVAE(tokens=5, latent_dim=2, hidden_dim=16)


def molecule_vae():
    torch.manual_seed(0)
    return MoleculeVAE(tokens=5, length=4, latent_dim=2, hidden_dim=32)


def test_training_raises_the_elbo_to_nearly_what_the_data_allow():
    history = fit_strings(sequence_vae(), STRINGS, TrainConfig(epochs=40, batch_size=64, learning_rate=2e-2))
    assert history.elbo[-1] > history.elbo[0] + 1
    assert -1.7 < history.elbo[-1] < -1.3  # log 4 nats are the least
    assert history.unit == "nats per string"


def test_a_property_is_learned_with_the_string_and_the_history_holds_both():
    model = molecule_vae()
    config = TrainConfig(epochs=60, batch_size=64, learning_rate=2e-2)
    fit_strings(model, STRINGS, config, properties=PROPERTIES)
    with torch.no_grad():
        error = (model.property_of(model.encode(STRINGS)[0]) - PROPERTIES).abs().mean()
        assert (model.write(model.encode(STRINGS)[0]) == STRINGS).all(1).float().mean() > 0.95
    assert error < 0.3


@pytest.mark.parametrize("properties", [None, PROPERTIES])
def test_same_seed_gives_the_same_model_bit_for_bit_and_another_seed_another(properties):
    trained = []
    for seed in (1, 1, 2):
        model = sequence_vae() if properties is None else molecule_vae()
        config = TrainConfig(epochs=1, batch_size=64, seed=seed)
        fit_strings(model, STRINGS, config, properties=properties, progress=False, resume=False)
        trained.append(weights(model))
    assert same(trained[0], trained[1]) and not same(trained[1], trained[2])


def test_an_equal_run_is_loaded_and_one_of_other_strings_is_not(kept_in, capsys):
    said, trained = [], []
    for strings in (STRINGS, STRINGS, STRINGS.flip(0)):
        model = sequence_vae()
        fit_strings(model, strings, TrainConfig(epochs=2, batch_size=64))
        said.append(capsys.readouterr().err)
        trained.append(weights(model))
    assert "loaded, trained for 2 epochs on 300 strings" in said[1]
    assert "loaded" not in said[0] + said[2]
    assert same(trained[0], trained[1]) and not same(trained[0], trained[2])


@pytest.mark.parametrize(
    ("model", "strings", "properties", "kind", "why"),
    [
        (sequence_vae, STRINGS.float(), None, TypeError, "strings must be a tensor of tokens"),
        (sequence_vae, STRINGS + 1, None, ValueError, "SequenceVAE cannot take strings"),
        (molecule_vae, STRINGS[:, :3], PROPERTIES, ValueError, "MoleculeVAE cannot take strings"),
        (molecule_vae, STRINGS, None, ValueError, "without properties"),
        (sequence_vae, STRINGS, PROPERTIES, ValueError, "SequenceVAE cannot take strings"),
        (molecule_vae, STRINGS, PROPERTIES[:-1], ValueError, "299"),
        (molecule_vae, STRINGS, PROPERTIES.log() * 0 / 0, ValueError, "NaN"),
    ],
)
def test_what_does_not_fit_is_refused_before_training(model, strings, properties, kind, why):
    vae = model()
    before = weights(vae)
    with pytest.raises(kind, match=why) as error:
        fit_strings(vae, strings, TrainConfig(epochs=1), properties=properties)
    assert len(str(error.value).splitlines()) <= 5
    assert same(before, weights(vae))
