"""Small models whose pictures differ, images for them, and every widget made for one of them."""

from functools import cache

import numpy as np
import pytest
import torch
from torch import nn

from vae_lessons.autoencoder import Autoencoder
from vae_lessons.conditional_vae import ConditionalVAE, OneHot
from vae_lessons.data.digits import draw
from vae_lessons.data.few_labels import FewLabelRuns
from vae_lessons.data.vocabulary import Vocabulary
from vae_lessons.molecule_vae import MoleculeVAE
from vae_lessons.networks import conv_encoder
from vae_lessons.vae import VAE
from vae_lessons.widgets import (
    AnomalyPad,
    BalanceExplorer,
    DrawingPad,
    Interpolator,
    LatentPlane,
    LatentSliders,
    MessageStack,
    MixingExplorer,
    MoleculeWalk,
    PriorExplorer,
    Reparameterizer,
    TrainingMonitor,
)

IMAGES, LABELS, _ = draw(60, seed=0)


X = IMAGES / 255


ATTRIBUTES = 0.5 + torch.rand(60, 2, generator=torch.Generator().manual_seed(0))


ATTRIBUTES[0] = 0  # there, and at their average, a deaf decoder and one that hears agree


ATTRIBUTES[30:] = -ATTRIBUTES[:30]


def vivid(model):
    """The model with weights so large that its pictures differ."""
    for weight in model.parameters():
        weight.data *= 3 if weight.ndim > 1 else 1
    return model


def vae(latent_dim=3, seed=0, **more):
    torch.manual_seed(seed)
    return vivid(VAE(latent_dim, 16, **more))


def conditional(embed, condition_dim, condition_in="both", architecture="mlp"):
    torch.manual_seed(0)
    return vivid(ConditionalVAE(embed, condition_dim, 3, 16, architecture, condition_in))


@torch.no_grad()
def decoded(model, z, *condition):
    return model.decode(torch.as_tensor(z), *condition).sigmoid()


@torch.no_grad()
def encoded(model, x, *condition):
    mu, logvar = model.encode(x, *condition)
    return mu, logvar


def ink(figure, axis):
    return np.asarray(figure.axes[axis].images[0].get_array())


def close(found, expected, **tolerance):
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), **({"atol": 1e-5} | tolerance))


MODELS = {  # the model, its conditions, and whether the browser can run its decoder
    "autoencoder": lambda: (vivid(Autoencoder(3, 16)), None, True),
    "autoencoder conv": lambda: (vivid(Autoencoder(3, 16, "conv")), None, True),
    "vae": lambda: (vae(), None, True),
    "vae conv": lambda: (vae(architecture="conv"), None, True),
    "vae gaussian": lambda: (vae(pixel_std=0.1), None, True),
    "one-hot": lambda: (conditional(OneHot(10), 10), LABELS, True),
    "one-hot conv": lambda: (conditional(OneHot(10), 10, architecture="conv"), LABELS, True),
    "one-hot encoder": lambda: (conditional(OneHot(10), 10, "encoder"), LABELS, True),
    "one-hot decoder": lambda: (conditional(OneHot(10), 10, "decoder"), LABELS, True),
    "embedding": lambda: (conditional(nn.Embedding(10, 4), 4), LABELS, True),
    "embedding encoder": lambda: (conditional(nn.Embedding(10, 4), 4, "encoder"), LABELS, True),
    "attributes": lambda: (conditional(nn.Identity(), 2), ATTRIBUTES, True),
    "attributes conv": lambda: (conditional(nn.Identity(), 2, architecture="conv"), ATTRIBUTES, True),
    "attributes encoder": lambda: (conditional(nn.Identity(), 2, "encoder"), ATTRIBUTES, False),
    "attributes decoder": lambda: (conditional(nn.Identity(), 2, "decoder"), ATTRIBUTES, True),
    "attributes squashed": lambda: (conditional(nn.Tanh(), 2), 3 * ATTRIBUTES, False),
    "images": lambda: (conditional(conv_encoder(6), 6), IMAGES.flip(0), True),
    "images encoder": lambda: (conditional(conv_encoder(6), 6, "encoder"), IMAGES.flip(0), True),
    "images decoder": lambda: (conditional(conv_encoder(6), 6, "decoder"), X.flip(0), True),
}


class Wrapped(nn.Module):
    """It decodes, and has no decoder; beyond 8 it raises."""

    def __init__(self):
        super().__init__()
        self.inner, self.latent_dim = vae(), 3

    def decode(self, z):
        if z.max() > 8:
            raise ValueError("this is too far out")
        return self.inner.decode(z)


def few_runs(labels=(50, 100, 200), weights=(0.0, 0.25, 0.5, 0.75, 1.0), seeds=5, **more):
    """Runs as lesson 10 stores them, of random numbers: what a widget shows of them, nothing of the rest."""
    generator = torch.Generator().manual_seed(4)
    kinds = draw(20 * len(labels), seed=5)[0].view(2, len(labels), 10, 28, 28)
    shown = {
        "labels": labels,
        "weights": weights,
        "mixing": 60 + 30 * torch.rand(len(labels), len(weights), 2, seeds, generator=generator),
        "methods": {"named mixture, VAE codes": 80 + 9 * torch.rand(len(labels), seeds, generator=generator)},
        "real": kinds[0],
        "made": kinds[1],
    }
    return FewLabelRuns(**(dict.fromkeys(FewLabelRuns.__annotations__) | shown | more))


def molecule_models():
    """Of both kinds of strings an untrained model with its vocabulary; some of what they write is no molecule."""
    vocabularies = {
        "selfies": Vocabulary((".", "[=C]", "[=O]", "[Branch1]", "[C]", "[N]", "[O]", "[Ring1]"), 14),
        "smiles": Vocabulary(tuple(".=CNO"), 14),
    }
    made = {}
    with torch.random.fork_rng(devices=[]):
        for kind, v in vocabularies.items():
            torch.default_generator.manual_seed(13)
            made[kind] = vivid(MoleculeVAE(len(v), v.length, latent_dim=4, hidden_dim=16)), v
    return made


MOLECULES = ("CCO", "CCC=O")  # that both of them can write


DRAWS = torch.randn(16, 3, generator=torch.Generator().manual_seed(2))


WIDGETS = {  # how to make it for a model, and what a hand sets at time t
    "AnomalyPad": (
        lambda model: AnomalyPad(
            model, IMAGES[:40], {"upside down": IMAGES[40:].flip(2), "negatives": 255 - IMAGES[40:]}
        ),
        lambda t: {
            "threshold": 200 + t,
            "chosen": "upside down" if t < 0.5 else "negatives",
            "drawing": memoryview(bytes([int(255 * t)] * 784)),
        },
    ),
    "BalanceExplorer": (
        lambda model: BalanceExplorer({"first": model, "second": model}, IMAGES),
        lambda t: {"chosen": "first" if t < 0.5 else "second"},
    ),
    "DrawingPad": (
        lambda model: DrawingPad(model, IMAGES, LABELS),
        lambda t: {"z": [t, -t, 0.5], "drawing": memoryview(bytes([int(255 * t)] * 784))},
    ),
    "Interpolator": (lambda model: Interpolator(model, IMAGES), lambda t: {"t": t, "end": int(7 * t)}),
    "LatentPlane": (
        lambda model: LatentPlane(model, IMAGES, LABELS),
        lambda t: {"z": [t, -t, 0.5], "chosen": int(9 * t)},
    ),
    "LatentSliders": (lambda model: LatentSliders(model, IMAGES), lambda t: {"z": [t, -t, 0.5]}),
    "MessageStack": (
        lambda model: MessageStack({"first": model, "second": model}, IMAGES[:4]),
        lambda t: {"done": int(12 * t), "chosen": "first" if t < 0.5 else "second"},
    ),
    "MixingExplorer": (
        lambda model: MixingExplorer(few_runs()),
        lambda t: {"labels": 50 if t < 0.5 else 200, "weight": 1.0 if t < 0.5 else 0.25, "shifted": t > 0.5},
    ),
    "MoleculeWalk": (
        lambda model: MoleculeWalk(molecule_models(), MOLECULES),
        lambda t: {
            "step": int(20 * t),
            "kind": "selfies" if t < 0.5 else "smiles",
            "start": "CCO" if t < 0.5 else "CCC=O",
            "near_prior": t > 0.5,
        },
    ),
    "PriorExplorer": (
        lambda model: PriorExplorer(
            model, IMAGES, {"prior": DRAWS, "flow": torch.stack([DRAWS, 2 * DRAWS])}, LABELS
        ),
        lambda t: {"z": [t, -t, 0.5], "t": t, "source": "flow"},
    ),
    "Reparameterizer": (
        lambda model: Reparameterizer(model, X[:1]),
        lambda t: {"mu": t, "std": 1 + t, "eps": -t},
    ),
    "TrainingMonitor": (lambda model: TrainingMonitor(model), lambda t: {"stopped": t > 0.5}),
}


every_widget_with_z = pytest.mark.parametrize("name", ["LatentSliders", "LatentPlane", "DrawingPad"])


def made(name):
    return WIDGETS[name][0](vae())


@cache
def bundle(name):
    """What a notebook keeps of a widget."""
    return made(name)._repr_mimebundle_()[0]


def places(plane, z):
    """Where points (N, J) lie on the plane, by its own word, in float64."""
    origin, basis = np.array(plane._origin), np.array(plane._basis)
    return (np.asarray(z, dtype=float) - origin) @ basis.T
