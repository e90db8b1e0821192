"""A walk uphill in the latent space of a VAE of molecules: what it writes, and logP, predicted and true."""

import math
import re
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure

from vae_lessons import plotting
from vae_lessons.data import molecules
from vae_lessons.data.vocabulary import Vocabulary
from vae_lessons.molecule_vae import MoleculeVAE, climb
from vae_lessons.widgets.browser_widget import BrowserWidget, script
from vae_lessons.widgets.validators import checked_choice

KINDS = ("selfies", "smiles")
STEPS, LENGTH = 20, 0.4  # of a walk: how many steps, and how far each goes
PENALTY = 0.3  # on |z|^2 / 2, near the prior
# What RDKit writes of every line and SVG takes for granted, and what only other programs read.
USUAL = r"(?:fill-rule:evenodd|stroke-(?:linecap:butt|linejoin:miter|miterlimit:10|opacity:1));?"
UNREAD = r"<\?xml.*?\?>\s*|<!--.*?-->\s*| class='[^']*'|\s*xmlns:\w+='[^']*'"


class MoleculeWalk(BrowserWidget):
    """Molecules on the way uphill from a start: their logP as predicted from z, and as RDKit computes it.

    models: {"selfies": (model, vocabulary), "smiles": (model, vocabulary)}, or one of the two; each model
    predicts logP. starts: SMILES of molecules, from whose mu the walks begin. A walk has 20 steps of 0.4. The
    traits: kind, "selfies" or "smiles"; start, one of starts; step, 0 to 20; near_prior, whether |z|^2 has a
    penalty. Raises ValueError for other models and for molecules that a vocabulary cannot write, ImportError
    without RDKit.

    >>> walk = MoleculeWalk({"selfies": (model, vocabulary)}, ["Cc1ccccc1", "CCO"])
    >>> walk.start, walk.step, walk.near_prior = "CCO", 8, True
    """

    _esm = script("molecule_walk")

    kind = traitlets.Unicode().tag(sync=True)
    start = traitlets.Unicode().tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    near_prior = traitlets.Bool(False).tag(sync=True)
    _kinds = traitlets.List().tag(sync=True)
    _starts = traitlets.List().tag(sync=True)
    _length = traitlets.Float(LENGTH).tag(sync=True)  # of a step
    _molecules = traitlets.Dict().tag(sync=True)  # SMILES -> svg, name, logp, words
    _walks = traitlets.List().tag(sync=True)  # (kinds, starts, 2) walks, plain and near the prior; see _walk

    def __init__(self, models: Mapping[str, tuple[MoleculeVAE, Vocabulary]], starts: Sequence[str]) -> None:
        if not molecules.installed():
            raise ImportError(
                f"MoleculeWalk needs RDKit and selfies, which are not here.\n{molecules.INSTALL}"
            )
        _check(models, starts)
        kinds = [kind for kind in KINDS if kind in models]
        found: dict[str, dict] = {}  # all molecules of all walks
        walks = [
            [
                [_walk(kind, *models[kind], start, penalty, found) for penalty in (0.0, PENALTY)]
                for start in starts
            ]
            for kind in kinds
        ]
        super().__init__(_kinds=kinds, _starts=list(starts), _molecules=found, _walks=walks)
        self.kind, self.start = kinds[0], starts[0]

    @traitlets.validate("kind")
    def _check_kind(self, proposal: dict) -> str:
        return checked_choice("kind", proposal.value, self._kinds)

    @traitlets.validate("start")
    def _check_start(self, proposal: dict) -> str:
        return checked_choice("start", proposal.value, self._starts)

    @traitlets.validate("step")
    def _check_step(self, proposal: dict) -> int:
        if not 0 <= proposal.value <= STEPS:
            raise traitlets.TraitError(f"step is a number of steps, 0 to {STEPS}, not {proposal.value}.")
        return proposal.value

    def still(self) -> tuple[Figure, str, str]:
        """The molecule of the step, and predicted and true logP along the walk."""
        walk = self._walks[self._kinds.index(self.kind)][self._starts.index(self.start)][int(self.near_prior)]
        point, here = walk[self.step], self._molecules.get(walk[self.step]["smiles"])
        figure, (left, right) = plotting.axes(2, width=9.0, height=3.2, width_ratios=(4, 5))
        if here is None:
            left.set(xticks=[], yticks=[])
            left.text(0.5, 0.5, "no molecule", ha="center", va="center")
        else:
            plotting.picture(left, molecules.picture(point["smiles"], 440, 320))
        distance = LENGTH * np.arange(STEPS + 1)
        logp = np.array([self._molecules.get(each["smiles"], {}).get("logp", math.nan) for each in walk])
        missing = distance[np.isnan(logp)]
        right.plot(distance, [each["predicted"] for each in walk], color=plotting.BLUE, label="predicted")
        right.plot(distance, logp, "o", color=plotting.ORANGE, label="by RDKit")
        bottom = {"transform": right.get_xaxis_transform(), "color": plotting.ORANGE, "label": "no molecule"}
        right.plot(missing, np.full(len(missing), 0.03), "x", **bottom)
        right.axvline(self.step * LENGTH, color="black", linestyle="--", linewidth=1)
        right.set(xlabel="distance walked uphill", ylabel="logP")
        right.legend(frameon=False, fontsize=8)
        caption = f"{self.kind.upper()}, from {self.start}{', near the prior' * self.near_prior}. "
        alt = "No molecule" if here is None else f"The molecule {here['name']}"
        alt += "; beside it logP against the distance walked uphill, predicted as a line, by RDKit as dots, "
        alt += f"with crosses at the {len(missing)} steps where the string is no molecule."
        return figure, caption + point["words"], alt


def _check(models: Mapping[str, tuple[MoleculeVAE, Vocabulary]], starts: Sequence[str]) -> None:
    """Raise ValueError for other models, and for starts that they cannot write."""
    if not models or set(models) - set(KINDS):
        raise ValueError(
            f"models have the names {' and '.join(map(repr, KINDS))}, or one of them, not {list(models)}.\n"
            'Give {"selfies": (model, vocabulary), ...}.'
        )
    if isinstance(starts, str) or not starts:
        raise ValueError(f'starts is a list of SMILES, not {starts!r}.\nGive ["CCO", ...].')
    for kind, (model, vocabulary) in models.items():
        z = torch.zeros(1, model.latent_dim, device=next(model.parameters()).device)
        length, tokens = model.decode(z).shape[1:]
        if (length, tokens) != (vocabulary.length, len(vocabulary)):
            raise ValueError(
                f"the model of {kind} has strings of {length} positions and {tokens} tokens, its vocabulary "
                f"of {vocabulary.length} and {len(vocabulary)}.\nGive the vocabulary of its training."
            )
        for start in starts:
            if molecules.to_smiles(start, "smiles") is None:
                raise ValueError(f"the start {start!r} is no molecule.")
            try:
                vocabulary.to_tensor([_tokens(start, kind)])
            except ValueError as error:
                reason = str(error).splitlines()[0]
                raise ValueError(f"the start {start!r} cannot be written in {kind}:\n{reason}") from None


def _walk(
    kind: str, model: MoleculeVAE, vocabulary: Vocabulary, start: str, penalty: float, found: dict[str, dict]
) -> list[dict]:
    """Of each step: string; smiles, or None; predicted logP; words. Adds new molecules to found."""
    x = vocabulary.to_tensor([_tokens(start, kind)]).to(next(model.parameters()).device)
    z = climb(model, model.encode(x)[0], STEPS, LENGTH, penalty)[:, 0].detach()  # (steps + 1, J)
    logp, strings = model.property_of(z).tolist(), vocabulary.to_strings(model.write(z))
    if not all(map(math.isfinite, logp)):
        raise ValueError(
            f"the model of {kind} predicts numbers that are NaN or infinite; its training has diverged.\n"
            "Train it anew, with a smaller learning rate."
        )
    walk = []
    for step, (string, predicted) in enumerate(zip(strings, logp, strict=True)):
        smiles = molecules.to_smiles(string, kind)
        words = f"After {step * LENGTH:.1f}: predicted {predicted:z.1f}"
        if smiles is None:
            words += ". The string is no molecule."
        else:
            molecule = found[smiles] = found.get(smiles) or _described(smiles)
            words += f", RDKit says {molecule['logp']:z.1f}. {molecule['words']}"
        walk.append({"string": string, "smiles": smiles, "predicted": round(predicted, 4), "words": words})
    return walk


def _tokens(smiles: str, kind: str) -> list[str]:
    """The tokens of a molecule as the data write it. Raises ValueError for one that SELFIES cannot write."""
    import selfies

    text = molecules.to_smiles(smiles, "smiles")
    if kind == "selfies":
        try:
            text = selfies.encoder(text)
        except selfies.EncoderError:
            raise ValueError("there are no SELFIES for it.") from None
    return molecules.tokens_of(text, kind)


def _described(smiles: str) -> dict:
    """What the page shows of a molecule."""
    from rdkit import Chem
    from rdkit.Chem.rdMolDescriptors import CalcMolFormula

    molecule, logp = Chem.MolFromSmiles(smiles), molecules.logp(smiles)
    heavy, formula = molecule.GetNumHeavyAtoms(), CalcMolFormula(molecule)
    atoms = f"{heavy} heavy atom{'s' * (heavy != 1)}"
    words, vetoes = f"{atoms}, formula {formula}.", molecules.broken_vetoes(smiles)
    if vetoes:
        words += f" Breaks {'a veto' if len(vetoes) == 1 else 'vetoes'}: {', '.join(vetoes)}."
    if heavy > molecules.LARGEST:
        words += f" More than {molecules.LARGEST} heavy atoms."
    svg = re.sub(UNREAD, "", re.sub(USUAL, "", molecules.drawing(smiles)))
    name = f"{smiles}, formula {formula}, {atoms}, logP {logp:z.1f}"
    return {"svg": svg, "name": name, "logp": round(logp, 4), "words": words}
