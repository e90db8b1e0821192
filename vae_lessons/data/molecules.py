"""Small molecules, assembled from rings, chains and groups of atoms by rules that RDKit checks; no download.

Everything here needs the extra vae-lessons[molecules], RDKit and selfies, and is imported without it.
"""

import importlib.util
import io
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import torch
from matplotlib.image import imread
from torch import Tensor

from vae_lessons.data.vocabulary import Vocabulary

INSTALL = "uv pip install rdkit selfies"
LARGEST = 12  # heavy atoms: all but hydrogen

# SMILES with a place for a group at each {}.
SCAFFOLDS = (
    *(
        "c1c{}c{}c{}c{}c1{}",
        "c1c{}c{}c{}c{}c1{}",
        "n1c{}c{}c{}c{}c1{}",
        "n1c{}nc{}c{}c1{}",
        "n1c{}c{}nc{}c1{}",
    ),
    *(
        "s1c{}c{}c{}c1{}",
        "o1c{}c{}c{}c1{}",
        "n1c{}[nH]c{}c1{}",
        "s1c{}nc{}c1{}",
        "o1c{}nc{}c1{}",
        "[nH]1nc{}c{}c1{}",
    ),
    *(
        "C1C{}C{}C{}C{}C1{}",
        "C1C{}C{}C{}C1{}",
        "C1C{}C1{}",
        "C1=C{}C{}C{}CC1",
        "N1{}C{}C{}C{}CC1",
        "N1{}C{}C{}CC1",
    ),
    *("O1CCN{}CC1", "N1{}CCN{}CC1", "O1C{}C{}C{}C1", "O1C{}C{}C{}CC1", "O=C1N{}C{}CC1", "O=C1C{}C{}CCC1{}"),
    *("c1c{}ccc2c1[nH]cc2{}", "c1c{}c{}cc2c1CCC2", "c1c{}ccc2c1occ2{}"),
    *("C{}C{}C{}", "C{}C{}C{}C{}", "C{}C(=O)C{}", "C{}OC{}", "C{}C(=O)NC{}"),
)
GROUPS = (
    *(
        "C",
        "C",
        "C",
        "CC",
        "CC",
        "CCC",
        "C(C)C",
        "C(C)(C)C",
        "C=C",
        "C#C",
        "C3CC3",
        "C(F)(F)F",
        "F",
        "F",
        "Cl",
        "Cl",
        "Br",
    ),
    *(
        "O",
        "O",
        "CO",
        "CCO",
        "OC",
        "OC",
        "OCC",
        "N",
        "NC",
        "N(C)C",
        "CN",
        "NC(C)=O",
        "C#N",
        "SC",
        "S(C)(=O)=O",
    ),
    *("C=O", "C(C)=O", "C(=O)O", "C(=O)OC", "C(N)=O", "c3ccccc3", "c3cccs3", "c3ccco3"),
)
# SMARTS of what is unstable, or what chemists would not write; no molecule of the data has any of it.
VETOES = {
    "two of N, O, S in a row": "[N,O,S]-;!@[N,O,S;!$(S(=O)=O)]",
    "a halogen on N, O or S": "[F,Cl,Br]-[!#6]",
    "a halogen on a saturated carbon": "[CX4;!$(C(F)(F)F)][F,Cl,Br]",
    "a halogen on a double bond": "[C;!a]=[C;!a][F,Cl,Br]",
    "an acid halide": "C(=O)[F,Cl,Br]",
    "two of N, O, S on one saturated carbon": "[CX4]([#7,#8,#16])[#7,#8,#16]",
    "N or O on a double bond between carbons": "[C;!a]=[C;!a][OX2,NX3;!$(NC=O)]",
    "N, O or S on a triple bond": "C#C[N,O,S,F,Cl,Br]",
    "cyanide on N, O or S": "N#C[!#6]",
    "neighbouring double bonds": "*=[C,N]=*",
    "a double or triple bond in a small ring": "[r3,r4]=,#[r3,r4]",
    "a triple bond in a ring": "[R]#[R]",
    "C=N outside of aromatic rings": "[C;!a]=[N;!a]",
    "N=N, N=O or O=O": "[N,O]=[N,O]",
    "carbonyls side by side": "C(=O)C(=O)",
    "an anhydride": "C(=O)OC=O",
    "an acid of carbonate or carbamate": "[OX2H]C(=O)[O,N]",
    "a free S-H or C=S": "[$([SX2H]),$([#6]=S)]",
    "a charge": "[!+0]",
    "an atom shared by three rings": "[R3]",
}


def installed() -> bool:
    """Whether RDKit and selfies are here."""
    return all(importlib.util.find_spec(name) for name in ("rdkit", "selfies"))


@cache
def _vetoes():
    from rdkit import Chem, RDLogger

    RDLogger.DisableLog("rdApp.*")  # it writes a line for each string that is no molecule
    return {name: Chem.MolFromSmarts(smarts) for name, smarts in VETOES.items()}


@dataclass(frozen=True, repr=False, eq=False)
class Molecules:
    """Distinct molecules: smiles and selfies, N strings each, and their logP (N,)."""

    smiles: list[str]
    selfies: list[str]
    logp: Tensor

    def strings(self, kind: str) -> tuple[Vocabulary, Tensor]:
        """The vocabulary of all "smiles" or all "selfies", and these strings as tokens (N, T)."""
        tokens = [tokens_of(string, kind) for string in (self.smiles if kind == "smiles" else self.selfies)]
        vocabulary = vocabulary_of(tokens)
        return vocabulary, vocabulary.to_tensor(tokens)

    def __repr__(self) -> str:
        return f"Molecules({len(self.smiles)}, of at most {LARGEST} heavy atoms)"


def load_molecules(n: int = 20_000, seed: int = 0) -> Molecules:
    """n molecules of at most 12 heavy atoms, always the same for one seed; 20,000 take some seconds."""
    import selfies

    smiles = draw_smiles(n, seed)
    logps = torch.tensor([logp(one) for one in smiles])
    return Molecules(smiles, [selfies.encoder(one) for one in smiles], logps)


def smiles_tokens(smiles: str) -> list[str]:
    """The tokens of a SMILES string: Cl, Br and whatever stands in brackets are one token each.

    >>> smiles_tokens("Clc1c[nH]cc1")
    ['Cl', 'c', '1', 'c', '[nH]', 'c', 'c', '1']
    """
    return re.findall(r"Cl|Br|\[[^]]*]|.", smiles)


def selfies_tokens(selfies: str) -> list[str]:
    """The tokens of a SELFIES string, each in brackets."""
    return re.findall(r"\[[^]]*]", selfies)


def tokens_of(string: str, kind: str) -> list[str]:
    """The tokens of a "smiles" or "selfies" string."""
    return smiles_tokens(string) if kind == "smiles" else selfies_tokens(string)


def vocabulary_of(strings: list[list[str]]) -> Vocabulary:
    """The vocabulary of these strings, each a list of tokens: "." as the end, then all tokens in order."""
    return Vocabulary(
        (".", *sorted({token for string in strings for token in string})), 1 + max(map(len, strings))
    )


def logp(smiles: str) -> float:
    """The logarithm of how a molecule divides between octanol and water, estimated by Wildman & Crippen's rules 1999.

    Raises ValueError for a string that is no molecule.
    """
    from rdkit.Chem import Crippen

    return Crippen.MolLogP(_parsed(smiles))


def qed(smiles: str) -> float:
    """How much a molecule is like drugs, in [0, 1] (Bickerton et al. 2012). Raises ValueError for no molecule."""
    from rdkit.Chem import QED

    return QED.qed(_parsed(smiles))


def drawing(smiles: str, width: int = 220, height: int = 160) -> str:
    """A molecule drawn by RDKit, as SVG. Raises ValueError for a string that is no molecule."""
    from rdkit.Chem.Draw import rdMolDraw2D

    canvas = rdMolDraw2D.MolDraw2DSVG(width, height)
    canvas.DrawMolecule(_parsed(smiles))
    canvas.FinishDrawing()
    return canvas.GetDrawingText()


def picture(smiles: str, width: int = 220, height: int = 160) -> Tensor:
    """The same drawing as an image (3, height, width) in [0, 1]."""
    from rdkit.Chem.Draw import rdMolDraw2D

    canvas = rdMolDraw2D.MolDraw2DCairo(width, height)
    canvas.DrawMolecule(_parsed(smiles))
    canvas.FinishDrawing()
    return torch.from_numpy(imread(io.BytesIO(canvas.GetDrawingText()))[..., :3]).permute(2, 0, 1)


def to_smiles(string: str, kind: str) -> str | None:
    """The canonical SMILES of a "smiles" or "selfies" string, or None where it is no molecule."""
    import selfies
    from rdkit import Chem

    try:
        return Chem.MolToSmiles(_parsed(selfies.decoder(string) if kind == "selfies" else string))
    except (ValueError, selfies.DecoderError):
        return None


def broken_vetoes(smiles: str) -> list[str]:
    """Which VETOES a molecule breaks, by name. Raises ValueError for a string that is no molecule."""
    return list(_broken(_parsed(smiles)))


def allowed(smiles: str) -> bool:
    """Whether a molecule has at most 12 heavy atoms and breaks no veto, like those of the data."""
    molecule = _parsed(smiles)
    return molecule.GetNumHeavyAtoms() <= LARGEST and not any(_broken(molecule))


def _broken(molecule) -> Iterator[str]:
    return (name for name, pattern in _vetoes().items() if molecule.HasSubstructMatch(pattern))


def draw_smiles(n: int, seed: int = 0) -> list[str]:
    """n distinct molecules of 4 to 12 heavy atoms, as canonical SMILES; the same ones for the same seed and RDKit."""
    from rdkit import Chem

    numbers, found = random.Random(seed), {}
    while len(found) < n:
        molecule = Chem.MolFromSmiles(_assembled(numbers.random))
        if molecule is None or molecule.GetNumHeavyAtoms() < 4:
            continue
        smiles = Chem.MolToSmiles(molecule)
        if smiles not in found and not any(_broken(molecule)):
            found[smiles] = None
    return list(found)


def _assembled(uniform: Callable[[], float]) -> str:
    """A scaffold with a group at about half of its places, while there is room for its atoms."""
    first, *parts = SCAFFOLDS[int(uniform() * len(SCAFFOLDS))].split("{}")
    room, smiles = LARGEST - _heavy_atoms("".join([first, *parts])), first
    for part in parts:
        group = GROUPS[int(uniform() * len(GROUPS))]
        if uniform() < 0.6 and _heavy_atoms(group) <= room:
            smiles += f"({group})"
            room -= _heavy_atoms(group)
        smiles += part
    return smiles


def _heavy_atoms(smiles: str) -> int:
    return len(re.findall("Cl|Br|[CNOSFcnos]", smiles))


def _parsed(smiles: str):
    from rdkit import Chem

    _vetoes()  # quietens RDKit
    molecule = Chem.MolFromSmiles(smiles) if smiles else None
    if molecule is None:
        raise ValueError(f"{smiles!r} is no molecule.")
    return molecule
