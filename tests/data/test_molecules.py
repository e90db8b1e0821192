"""The molecules: distinct, small, stable, the same for a seed; strings of both kinds lead back to them."""

import random

import pytest
import torch

from vae_lessons.data import molecules

Chem = pytest.importorskip("rdkit.Chem")
from rdkit.Chem import QED, Crippen  # noqa: E402, only where RDKit is

SOME = molecules.load_molecules(400, seed=3)
UNSTABLE = {  # written by hand, by the veto that has to name it
    "CCOOC": "two of N, O, S in a row",
    "NNC": "two of N, O, S in a row",
    "CN(C)Cl": "a halogen on N, O or S",
    "CCCBr": "a halogen on a saturated carbon",
    "C=CCl": "a halogen on a double bond",
    "CC(=O)Cl": "an acid halide",
    "OCO": "two of N, O, S on one saturated carbon",
    "C=CO": "N or O on a double bond between carbons",
    "C#CN": "N, O or S on a triple bond",
    "CNC#N": "cyanide on N, O or S",
    "C=C=C": "neighbouring double bonds",
    "C1=CC1": "a double or triple bond in a small ring",
    "C1#CCCCC1": "a triple bond in a ring",
    "CC=NC": "C=N outside of aromatic rings",
    "CN=O": "N=N, N=O or O=O",
    "CC(=O)C(C)=O": "carbonyls side by side",
    "CC(=O)OC(C)=O": "an anhydride",
    "CNC(=O)O": "an acid of carbonate or carbamate",
    "CCS": "a free S-H or C=S",
    "C[N+](C)(C)C": "a charge",
    "C1C2CC3C1C23": "an atom shared by three rings",
}
STABLE = (
    "CC(=O)Nc1ccc(O)cc1",
    "CS(C)(=O)=O",
    "FC(F)(F)c1ccccc1",
    "COC(C)=O",
    "Clc1ccccc1",
    "CC#N",
    "c1ccc2[nH]ccc2c1",
)


def test_each_molecule_is_new_has_4_to_12_heavy_atoms_and_breaks_no_veto():
    parsed = [Chem.MolFromSmiles(smiles) for smiles in SOME.smiles]
    assert len(SOME.smiles) == len(set(SOME.smiles)) == 400
    assert [Chem.MolToSmiles(molecule) for molecule in parsed] == SOME.smiles
    assert {molecule.GetNumHeavyAtoms() for molecule in parsed} <= set(range(4, 13))
    assert all(molecules.allowed(smiles) for smiles in SOME.smiles)


def test_the_same_seed_gives_the_same_molecules_and_another_one_others():
    random.seed(1)
    assert molecules.draw_smiles(100, seed=3) == SOME.smiles[:100]
    assert len(set(molecules.draw_smiles(100, seed=4)) & set(SOME.smiles[:100])) < 20


def test_molecules_have_what_chemistry_has():
    text = "".join(SOME.smiles)
    for part in ("Cl", "Br", "F", "S", "N", "O", "=O", "#", "[nH]", "c1"):
        assert part in text, part
    assert 0.8 < SOME.logp.std() < 1.4


def test_logp_and_qed_are_those_of_rdkit():
    for smiles, logp in zip(SOME.smiles[:20], SOME.logp.tolist(), strict=False):
        molecule = Chem.MolFromSmiles(smiles)
        assert logp == pytest.approx(Crippen.MolLogP(molecule), abs=1e-5)
        assert molecules.qed(smiles) == pytest.approx(QED.qed(molecule))


@pytest.mark.parametrize("smiles", UNSTABLE)
def test_a_veto_names_what_is_unstable(smiles):
    assert UNSTABLE[smiles] in molecules.broken_vetoes(smiles)
    assert not molecules.allowed(smiles)


def test_every_veto_has_its_example():
    assert set(UNSTABLE.values()) == set(molecules.VETOES)


@pytest.mark.parametrize("smiles", STABLE)
def test_known_substances_pass(smiles):
    assert molecules.broken_vetoes(smiles) == [] and molecules.allowed(smiles)


def test_a_molecule_with_13_heavy_atoms_is_too_large():
    assert molecules.allowed(12 * "C") and not molecules.allowed(13 * "C")


@pytest.mark.parametrize("kind", ["smiles", "selfies"])
def test_tokens_lead_back_to_the_same_molecules(kind):
    vocabulary, x = SOME.strings(kind)
    assert x.shape == (400, vocabulary.length) and (x[:, -1] == 0).all()
    texts = vocabulary.to_strings(x)
    assert texts == getattr(SOME, kind)
    assert [molecules.to_smiles(text, kind) for text in texts] == SOME.smiles


def test_two_letter_elements_and_brackets_are_one_token():
    assert molecules.tokens_of("Clc1c[nH]c(Br)c1", "smiles") == [
        *("Cl", "c", "1", "c", "[nH]", "c", "(", "Br", ")", "c", "1")
    ]
    assert molecules.tokens_of("[C][=Branch1][Cl]", "selfies") == ["[C]", "[=Branch1]", "[Cl]"]


@pytest.mark.parametrize("text", ["", "C1CC", "C(C", "c1ccc1c", "CX", "F(C)C", "hello"])
def test_a_string_that_is_no_molecule_gives_none_quietly(text, capfd):
    assert molecules.to_smiles(text, "smiles") is None
    with pytest.raises(ValueError, match="is no molecule"):
        molecules.logp(text)
    assert capfd.readouterr() == ("", "")


def test_selfies_of_random_tokens_are_molecules():
    vocabulary, x = SOME.strings("selfies")
    tokens = torch.randint(1, len(vocabulary), (200, 8), generator=torch.Generator().manual_seed(0))
    found = [molecules.to_smiles(text, "selfies") for text in vocabulary.to_strings(tokens)]
    assert sum(smiles is not None for smiles in found) >= 198


def test_a_drawing_is_a_picture_of_its_molecule():
    svg, image = molecules.drawing("CCO", 200, 100), molecules.picture("CCO", 200, 100)
    assert svg.rstrip().endswith("</svg>") and "width='200px'" in svg and svg.count("class='bond-") >= 2
    assert image.shape == (3, 100, 200) and image.min() < 0.5 < image.mean() < 1
    assert not torch.equal(image, molecules.picture("CCN", 200, 100))


def test_the_command_that_installs_the_extra_names_it():
    assert molecules.installed() and {"rdkit", "selfies"} <= set(molecules.INSTALL.split())
