"""The walk goes uphill from the start, and what it says of each molecule is what RDKit says."""

import json
import math
import re
import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pytest
import selfies
import torch
from rdkit import Chem
from rdkit.Chem import Crippen
from rdkit.Chem.Draw import rdMolDraw2D
from rdkit.Chem.rdMolDescriptors import CalcMolFormula
from traitlets import TraitError

from tests.widgets.samples import MOLECULES, molecule_models
from vae_lessons.data import molecules
from vae_lessons.data.vocabulary import Vocabulary
from vae_lessons.molecule_vae import MoleculeVAE
from vae_lessons.widgets import MoleculeWalk

TOKENS = {
    "CCO": {"selfies": ["[C]", "[C]", "[O]"], "smiles": ["C", "C", "O"]},
    "CCC=O": {"selfies": ["[C]", "[C]", "[C]", "[=O]"], "smiles": ["C", "C", "C", "=", "O"]},
}
SETTINGS = [(kind, start, near) for kind in ("selfies", "smiles") for start in MOLECULES for near in (0, 1)]


def climbed(model, vocabulary, tokens, penalty):
    """Strings and predicted logP of the start and of 20 steps of 0.4, each along the gradient."""
    x = torch.zeros(1, vocabulary.length, dtype=torch.int64)
    x[0, : len(tokens)] = torch.tensor([vocabulary.tokens.index(token) for token in tokens])
    z, strings, predicted = model.encode(x)[0].detach(), [], []
    for _ in range(21):
        z.requires_grad_()
        logp = model.property_of(z).sum()
        best = model.decode(z)[0].argmax(1).tolist()
        ending = best.index(0) if 0 in best else len(best)
        strings.append("".join(vocabulary.tokens[token] for token in best[:ending]))
        predicted.append(logp.item())
        (logp - 0.5 * penalty * z.square().sum()).backward()
        z = (z + 0.4 * z.grad / z.grad.norm()).detach()
    return strings, predicted


def molecule_of(string, kind):
    """RDKit's molecule, or None."""
    return Chem.MolFromSmiles(selfies.decoder(string) if kind == "selfies" else string) if string else None


def shown_walk(walk, kind, start, near):
    walk.kind, walk.start, walk.near_prior = kind, start, bool(near)
    return walk._walks[walk._kinds.index(kind)][walk._starts.index(start)][near]


def always(string, kind="smiles"):
    """A model of this kind that writes one string wherever z is, and its vocabulary."""
    tokens = (molecules.selfies_tokens if kind == "selfies" else molecules.smiles_tokens)(string)
    vocabulary = Vocabulary((".", *sorted({*tokens, "C", "[C]"})), len(tokens) + 2)
    torch.manual_seed(0)
    model = MoleculeVAE(len(vocabulary), vocabulary.length, latent_dim=4, hidden_dim=16)
    last = model.decoder[-2]
    last.weight.data.zero_()
    last.bias.data = (
        5.0
        * torch.nn.functional.one_hot(vocabulary.to_tensor([tokens])[0], len(vocabulary)).flatten().float()
    )
    return {kind: (model, vocabulary)}


def test_every_walk_climbs_from_its_start_and_writes_what_the_model_writes():
    models = molecule_models()
    walk, ends = MoleculeWalk(models, MOLECULES), set()
    for kind, start, near in SETTINGS:
        strings, predicted = climbed(*models[kind], TOKENS[start][kind], 0.3 * near)
        shown = shown_walk(walk, kind, start, near)
        assert [point["string"] for point in shown] == strings
        np.testing.assert_allclose([point["predicted"] for point in shown], predicted, atol=1e-3)
        ends.add(round(predicted[-1], 2))
        assert predicted[-1] > predicted[0] + 0.5
    assert len(ends) > 4


def test_the_words_of_each_step_are_its_distance_the_prediction_and_what_rdkit_says():
    walk, nothing = MoleculeWalk(molecule_models(), MOLECULES), 0
    for kind, start, near in SETTINGS:
        for step, point in enumerate(shown_walk(walk, kind, start, near)):
            words = f"After {0.4 * step:.1f}: predicted {point['predicted']:z.1f}"
            molecule = molecule_of(point["string"], kind)
            if molecule is None:
                nothing += 1
                assert point["smiles"] is None
                assert point["words"] == f"{words}. The string is no molecule."
            else:
                logp, atoms = Crippen.MolLogP(molecule), molecule.GetNumHeavyAtoms()
                words += f", RDKit says {logp:z.1f}. {atoms} heavy atom{'' if atoms == 1 else 's'}, formula "
                assert point["smiles"] == Chem.MolToSmiles(molecule)
                assert point["words"].startswith(f"{words}{CalcMolFormula(molecule)}.")
                assert walk._molecules[point["smiles"]]["logp"] == pytest.approx(logp, abs=1e-3)
    assert 20 < nothing < 21 * len(SETTINGS) - 60


@pytest.mark.parametrize(
    ("kind", "string", "words"),
    [
        ("smiles", "C", "1 heavy atom, formula CH4."),
        ("smiles", "CCCCCCCCCCCC", "12 heavy atoms, formula C12H26."),
        ("smiles", "CCCCCCCCCCCCC", "13 heavy atoms, formula C13H28. More than 12 heavy atoms."),
        (
            "smiles",
            "CC(=O)C(C)=O",
            "6 heavy atoms, formula C4H6O2. Breaks a veto: carbonyls side by side.",
        ),
        (
            "selfies",
            "[C][O][O][C][Cl]",
            "5 heavy atoms, formula C2H5ClO2. Breaks vetoes: two of N, O, S in a row, "
            "a halogen on a saturated carbon.",
        ),
        (
            "selfies",
            "[O][O]" + "[C]" * 11,
            "13 heavy atoms, formula C11H24O2. Breaks a veto: two of N, O, S in a row. "
            "More than 12 heavy atoms.",
        ),
        ("smiles", "C(C", None),
        ("smiles", "CC(C)(C)(C)C", None),
        ("selfies", "[Ring1]", None),
    ],
)
def test_vetoes_and_molecules_that_are_too_large_are_named(kind, string, words):
    walk = MoleculeWalk(always(string, kind), ["C"])
    found = shown_walk(walk, kind, "C", 0)[0]
    assert found["string"] == string
    if words is None:
        assert found["words"].endswith(". The string is no molecule.")
        assert walk._molecules == {}
    else:
        assert re.sub(r"^After 0\.0: predicted \S+, RDKit says -?\d+\.\d\. ", "", found["words"]) == words


def test_what_rounds_to_zero_has_no_sign():
    models = always("CC=O")
    *_, last, _ = models["smiles"][0].to_property
    last.weight.data.zero_()
    last.bias.data.fill_(-0.04)
    assert "predicted 0.0, " in MoleculeWalk(models, ["C"]).still()[1]


def test_each_molecule_is_drawn_once_as_rdkit_draws_it_and_named(monkeypatch):
    drawn, draw = [], molecules.drawing
    monkeypatch.setattr(molecules, "drawing", lambda smiles: drawn.append(smiles) or draw(smiles))
    walk = MoleculeWalk(molecule_models(), MOLECULES)
    points = [point for setting in SETTINGS for point in shown_walk(walk, *setting)]
    assert sorted(drawn) == sorted({point["smiles"] for point in points} - {None})
    assert list(walk._molecules) == drawn
    for smiles, shown in json.loads(json.dumps(walk._molecules)).items():
        molecule = Chem.MolFromSmiles(smiles)
        canvas = rdMolDraw2D.MolDraw2DSVG(220, 160)
        canvas.DrawMolecule(molecule)
        canvas.FinishDrawing()
        paths = [
            [(path.get("d"), re.findall("#[0-9A-F]{6}|[0-9.]+px", str(path.attrib))) for path in tree.iter()]
            for tree in map(ElementTree.fromstring, (shown["svg"], canvas.GetDrawingText()))
        ]
        assert paths[0] == paths[1]
        assert not re.search(r"<\?|<!|rdkit|xlink|class=|linecap|opacity:1;", shown["svg"])
        atoms = molecule.GetNumHeavyAtoms()
        assert shown["name"] == (
            f"{smiles}, formula {CalcMolFormula(molecule)}, {atoms} heavy atom{'s' * (atoms != 1)}, "
            f"logP {Crippen.MolLogP(molecule):z.1f}"
        )


def test_the_still_picture_has_line_dots_and_crosses_and_marks_the_step():
    walk, kinds = MoleculeWalk(molecule_models(), MOLECULES), set()
    for kind, start, near in SETTINGS:
        shown = shown_walk(walk, kind, start, near)
        for step in (0, 7, 20):
            walk.step = step
            figure, caption, alt = walk.still()
            left, right = figure.axes
            lines = {line.get_label(): np.asarray(line.get_xydata(), float) for line in right.lines}
            distances = 0.4 * np.arange(21)
            np.testing.assert_allclose(
                lines["predicted"], np.stack([distances, [point["predicted"] for point in shown]], 1)
            )
            valid = [molecule_of(point["string"], kind) for point in shown]
            dots = lines["by RDKit"]
            logp = [math.nan if molecule is None else Crippen.MolLogP(molecule) for molecule in valid]
            np.testing.assert_allclose(dots, np.stack([distances, logp], 1), atol=1e-3)
            np.testing.assert_allclose(lines["no molecule"][:, 0], distances[np.isnan(logp)])
            assert all(0 < height < 0.1 for height in lines["no molecule"][:, 1])  # of the axis
            (mark,) = (line for line in right.lines if line.get_linestyle() == "--")
            assert mark.get_xdata()[0] == pytest.approx(0.4 * step)
            near_words = ", near the prior" if near else ""
            assert caption == f"{kind.upper()}, from {start}{near_words}. {shown[step]['words']}"
            here = shown[step]["smiles"]
            kinds.add(here is None)
            assert len(left.images) == (here is not None)
            assert [text.get_text() for text in left.texts] == ["no molecule"] * (here is None)
            assert alt.startswith("No molecule; " if here is None else f"The molecule {here}, formula ")
            assert f"{np.isnan(logp).sum()} steps where" in alt
    assert kinds == {True, False}


def test_the_still_picture_shows_another_molecule_as_another_drawing():
    pictures = [
        np.asarray(MoleculeWalk(always(string), ["C"]).still()[0].axes[0].images[0].get_array())
        for string in ("CCO", "OCC", "CCN")
    ]
    np.testing.assert_array_equal(pictures[0], pictures[1])
    assert (pictures[0] != pictures[2]).any()
    assert pictures[0].shape[:2] == (320, 440)


def test_one_kind_of_strings_will_do_and_selfies_come_first():
    models = molecule_models()
    both = MoleculeWalk(dict(reversed(models.items())), MOLECULES)
    assert (both.kind, both.start, both.step, both.near_prior) == ("selfies", "CCO", 0, False)
    alone = MoleculeWalk({"smiles": models["smiles"]}, MOLECULES)
    assert alone.kind == "smiles"
    assert alone._walks[0] == both._walks[1]
    with pytest.raises(TraitError, match="kind is one of smiles, not 'selfies'"):
        alone.kind = "selfies"


def test_a_start_keeps_its_spelling_and_is_encoded_as_the_data_spell_it():
    models = molecule_models()
    walk, same = MoleculeWalk(models, ["OCC", "O=CCC"]), MoleculeWalk(models, MOLECULES)
    assert (walk.start, walk._starts) == ("OCC", ["OCC", "O=CCC"])
    assert walk._walks == same._walks


def test_the_models_are_left_without_gradients():
    models = molecule_models()
    MoleculeWalk(models, MOLECULES)
    assert all(weight.grad is None for model, _ in models.values() for weight in model.parameters())


@pytest.mark.parametrize(
    ("trait", "wrong", "why"),
    [
        ("kind", "SELFIES", "kind is one of selfies, smiles, not 'SELFIES'"),
        ("kind", "", "kind"),
        ("kind", None, "kind"),
        ("start", "CCN", "start is one of CCO, CCC=O, not 'CCN'"),
        ("start", "OCC", "start is one of"),
        ("start", 0, "start"),
        ("step", -1, "step is a number of steps, 0 to 20, not -1"),
        ("step", 21, "0 to 20, not 21"),
        ("step", 2.5, "step"),
        ("step", None, "step"),
        ("near_prior", 2, "near_prior"),
        ("near_prior", "yes", "near_prior"),
    ],
)
def test_a_trait_takes_only_what_there_is(trait, wrong, why):
    walk = MoleculeWalk(molecule_models(), MOLECULES)
    before = getattr(walk, trait)
    with pytest.raises(TraitError, match=why) as error:
        setattr(walk, trait, wrong)
    assert len(str(error.value).splitlines()) <= 2
    walk.set_state({trait: wrong})
    assert walk.error.startswith("TraitError in ")
    assert getattr(walk, trait) == before


@pytest.mark.parametrize(
    ("starts", "why"),
    [
        (["CCO", "CC("], r"'CC\(' is no molecule"),
        (["CCO", ""], "'' is no molecule"),
        (["CCO", "CCCl"], r"'CCCl' cannot be written in (selfies|smiles):\n.*Cl"),
        (["C" * 14], r"'C{14}' cannot be written in selfies:\n.*14 tokens"),
        (["CCO", "C*"], r"'C\*' cannot be written in selfies:\n.*no SELFIES"),
        (["OCCC(=O)O"], r"'OCCC\(=O\)O' cannot be written in smiles:\n.*'\('"),
        ([], r"starts is a list"),
        ("CCO", "starts is a list of SMILES, not 'CCO'"),
    ],
)
def test_a_start_that_cannot_be_written_is_named_with_the_reason(starts, why):
    with pytest.raises(ValueError, match=why) as error:
        MoleculeWalk(molecule_models(), starts)
    assert len(str(error.value).splitlines()) <= 2


def test_models_of_other_names_of_another_vocabulary_or_gone_astray_are_refused():
    models = molecule_models()
    swapped = {"selfies": (models["selfies"][0], models["smiles"][1])}
    astray = molecule_models()
    astray["smiles"][0].to_property[0].weight.data.fill_(math.nan)
    for wrong, why in (
        ({}, "not \\[\\]"),
        ({"SMILES": models["smiles"]}, "'selfies' and 'smiles', or one of them, not \\['SMILES'\\]"),
        (swapped, "selfies has strings of 14 positions and 8 tokens, its vocabulary of 14 and 5"),
        (astray, "the model of smiles predicts .* NaN"),
    ):
        with pytest.raises(ValueError, match=why) as error:
            MoleculeWalk(wrong, MOLECULES)
        assert len(str(error.value).splitlines()) <= 2


def test_without_rdkit_the_widgets_are_imported_and_the_walk_says_how_to_install_it(monkeypatch):
    code = "import sys, vae_lessons.widgets; print({'rdkit', 'selfies'} & {*sys.modules})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.stdout.strip() == "set()", run.stderr
    monkeypatch.setattr(molecules, "installed", lambda: False)
    with pytest.raises(ImportError, match="RDKit") as error:
        MoleculeWalk(molecule_models(), MOLECULES)
    assert str(error.value).splitlines()[1:] == [molecules.INSTALL]
