"""Exercise 2.6: two heads, for mu and logvar."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_02.heads_probe import heads_probe
from vae_lessons.reparameterization import reparameterize


class GaussianHeads(nn.Module):
    """From features (B, hidden_dim) to mu and logvar, (B, latent_dim) each: two linear layers, nothing after
    them."""

    def __init__(self, hidden_dim: int, latent_dim: int) -> None:
        super().__init__()
        self.to_mu = nn.Linear(hidden_dim, latent_dim)
        self.to_logvar = nn.Linear(hidden_dim, latent_dim)

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        return self.to_mu(h), self.to_logvar(h)


EXERCISE = Exercise(
    number="2.6",
    title="Two heads",
    task="""Write a module that turns features h (B, hidden_dim) into the distribution q(z|x):
    GaussianHeads(hidden_dim, latent_dim)(h) returns mu and logvar, (B, latent_dim) each. Both may be any real
    number.""",
    minutes=6,
    difficulty=1,
    reference=GaussianHeads,
    probe=heads_probe,
    hints=(
        "mu and logvar say different things, and both may be negative. Which last layer gives any real number?",
        "Two nn.Linear(hidden_dim, latent_dim), or one of twice the width that is cut in two with chunk(2, -1).",
        "Make the layers in __init__ as attributes of self, and return both in forward, with nothing after them.",
    ),
)


def _heads_mistake(sentence: str, *forwards, **layers) -> None:
    """Wrong modules: each forward(self, h), and layers name -> (hidden_dim, latent_dim) -> layer, both by
    default."""

    def module_with(forward) -> Answer:
        def answer(hidden_dim: int, latent_dim: int) -> nn.Module:
            module = GaussianHeads(hidden_dim, latent_dim)
            for name, make in layers.items():
                setattr(module, name, make(hidden_dim, latent_dim))
            module.forward = lambda h: forward(module, h)
            return module

        return answer

    EXERCISE.recognise(sentence, *map(module_with, forwards))


def _no_layer(hidden_dim: int, latent_dim: int) -> nn.Module:
    return nn.Identity()


def _new(h: Tensor) -> Tensor:
    return nn.Linear(h.shape[1], 3)(h)


def _without_super(hidden_dim: int, latent_dim: int) -> nn.Module:
    class Heads(nn.Module):
        def __init__(self) -> None:
            self.to_mu = nn.Linear(hidden_dim, latent_dim)

    return Heads()


EXERCISE.recognise(
    """Your __init__ has no super().__init__(): nn.Module prepares there the place where it keeps its layers.
    Call it before you make the first one.""",
    _without_super,
)


EXERCISE.recognise(
    """What you make is no nn.Module, so it has no parameters() for an optimizer and cannot be moved or saved:
    write class GaussianHeads(nn.Module).""",
    lambda hidden_dim, latent_dim: lambda h: (h, h),
)


_heads_mistake(
    """forward returns one tensor with mu and logvar in it: return the two side by side, mu, logvar, each (B,
    latent_dim).""",
    lambda module, h: torch.cat([module.to_mu(h), module.to_logvar(h)], -1),
    lambda module, h: torch.stack([module.to_mu(h), module.to_logvar(h)]),
)


_heads_mistake(
    """forward returns one tensor (B, latent_dim), a draw z or mu alone: return the distribution, mu and
    logvar, and leave drawing to reparameterize.""",
    lambda module, h: reparameterize(module.to_mu(h), module.to_logvar(h)),
)


_heads_mistake(
    """You cut the batch in two, not the latents: chunk(2) takes axis 0 unless told; ask for the last axis,
    chunk(2, -1).""",
    lambda module, h: torch.cat([module.to_mu(h), module.to_logvar(h)], -1).chunk(2),
)


_heads_mistake(
    """One layer of latent_dim numbers is cut in two, so too few are left for each: make it twice as wide.""",
    lambda module, h: module.to_mu(h).chunk(2, -1),
)


EXERCISE.recognise(
    """The sizes of your layers are swapped: nn.Linear(in, out) takes the features, hidden_dim, first.""",
    lambda hidden_dim, latent_dim: GaussianHeads(latent_dim, hidden_dim),
)


_heads_mistake(
    """mu and logvar come out of one layer, the same numbers twice: where a region lies would decide how wide
    it is. Give each its own layer.""",
    lambda module, h: (module.to_mu(h), module.to_mu(h)),
)


_heads_mistake(
    """logvar is computed from mu, so where a region lies would decide how wide it is: compute both from h,
    each by its own layer.""",
    lambda module, h: (module.to_mu(h), -module.to_mu(h)),
)


_heads_mistake(
    """mu and logvar share some of their numbers: the slices overlap. With one layer of 2 latent_dim, the
    first latent_dim columns are mu, the others logvar.""",
    lambda module, h: (module.to_mu(h), torch.cat([module.to_mu(h)[:, 1:], module.to_logvar(h)[:, :1]], -1)),
    lambda module, h: (module.to_mu(h), torch.cat([module.to_mu(h)[:, 2:], module.to_logvar(h)[:, :2]], -1)),
)


_heads_mistake(
    """logvar does not look at h, so every image would get a region of the same width: it needs a layer of its
    own, as mu has one.""",
    lambda module, h: (module.to_mu(h), module.to_logvar.expand(len(h), -1)),
    lambda module, h: (module.to_mu(h), module.to_logvar),
    to_logvar=lambda hidden_dim, latent_dim: nn.Parameter(torch.zeros(latent_dim)),
)


_heads_mistake(
    """mu passes a ReLU, so no region can lie on the negative side, half the prior in each latent: nothing
    comes after the layer.""",
    lambda module, h: (module.to_mu(h).relu(), module.to_logvar(h)),
)


_heads_mistake(
    """logvar passes a ReLU, so no region can be narrower than the prior: a log-variance may be negative, and
    mostly is.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).relu()),
)


_heads_mistake(
    """Both heads pass a ReLU: no region on the negative side, none narrower than the prior. Nothing comes
    after the layers.""",
    lambda module, h: (module.to_mu(h).relu(), module.to_logvar(h).relu()),
)


_heads_mistake(
    """Your second number is never negative, as if it were a variance; what is asked for is its logarithm,
    straight from the layer, with no exp or softplus.""",
    lambda module, h: (module.to_mu(h), F.softplus(module.to_logvar(h))),
)


_heads_mistake(
    """You take the logarithm of what a layer gives, which is not a number where that is negative: call the
    layer's output logvar, and it is one.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).log()),
)


_heads_mistake(
    """mu is held between two bounds, by a tanh, a clamp or a normalisation, so no region can lie beyond them:
    nothing comes after the layer.""",
    lambda module, h: (module.to_mu(h).tanh(), module.to_logvar(h)),
)


_heads_mistake(
    """logvar is held between two bounds, by a tanh or a clamp, so no region can be narrower or wider than
    they say, and beyond them nothing learns: nothing comes after the layer.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).tanh()),
)


_heads_mistake(
    """mu and logvar are both held between two bounds, by a tanh or a clamp: both may be any real number, and
    nothing comes after the layers.""",
    lambda module, h: (module.to_mu(h).tanh(), module.to_logvar(h).tanh()),
)


_heads_mistake(
    """mu passes a sigmoid or softmax, so it stays between 0 and 1: regions may lie anywhere, and nothing
    comes after the layer.""",
    lambda module, h: (module.to_mu(h).sigmoid(), module.to_logvar(h)),
)


_heads_mistake(
    """logvar passes a sigmoid, so a region is never narrower than the prior: a log-variance may be any real
    number, and nothing comes after the layer.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).sigmoid()),
)


_heads_mistake(
    """mu and logvar both pass a sigmoid and stay between 0 and 1: both may be any real number, and nothing
    comes after the layers.""",
    lambda module, h: (module.to_mu(h).sigmoid(), module.to_logvar(h).sigmoid()),
)


_heads_mistake(
    """mu has a floor, as ELU, GELU, SiLU or clamp(min=...) make one: regions may lie anywhere, and nothing
    comes after the layer.""",
    lambda module, h: (F.elu(module.to_mu(h)), module.to_logvar(h)),
)


_heads_mistake(
    """logvar has a floor, as ELU, GELU, SiLU or clamp(min=...) make one: regions may be as narrow as they
    like, and nothing comes after the layer.""",
    lambda module, h: (module.to_mu(h), F.elu(module.to_logvar(h))),
)


_heads_mistake(
    """mu and logvar both have a floor, as ELU, GELU or SiLU make one: both may be any real number, and
    nothing comes after the layers.""",
    lambda module, h: (F.elu(module.to_mu(h)), F.elu(module.to_logvar(h))),
)


_heads_mistake(
    """logvar has a ceiling, as log(softplus()), logsigmoid or clamp(max=...) make one: the layer's output is a
    log-variance already, and nothing comes after it.""",
    lambda module, h: (module.to_mu(h), F.softplus(module.to_logvar(h)).log()),
)


_heads_mistake(
    """You average over the batch, so all images get one region: mu and logvar are (B, latent_dim), a row for each.""",
    lambda module, h: (module.to_mu(h).mean(0), module.to_logvar(h).mean(0)),
)


_heads_mistake(
    """mu of an image depends on the others in its batch, as a BatchNorm makes it: an image must get its
    region whoever stands beside it.""",
    lambda module, h: (
        (module.to_mu(h) - module.to_mu(h).mean(0)) / module.to_mu(h).std(0) * 100,
        module.to_logvar(h),
    ),
)


_heads_mistake(
    """Two calls with the same h differ: something random stands in forward, a dropout or a draw. mu and
    logvar are the distribution; drawing comes after them.""",
    lambda module, h: (module.to_mu(F.dropout(h)), module.to_logvar(F.dropout(h))),
    lambda module, h: (reparameterize(module.to_mu(h), module.to_logvar(h)), module.to_logvar(h)),
)


for without in (
    {"to_mu": _no_layer, "to_logvar": _no_layer},
    {"to_mu": _no_layer},
    {"to_logvar": _no_layer},
):
    _heads_mistake(
        """Layers are made anew in every call, so they never learn and the same h gets other answers: make
        them once, in __init__.""",
        lambda module, h, without=without: (
            _new(h) if "to_mu" in without else module.to_mu(h),
            _new(h) if "to_logvar" in without else module.to_logvar(h),
        ),
        **without,
    )
    _heads_mistake(
        """Weights stand where PyTorch does not look, in a list, a dict or a plain tensor: no optimizer would
        find them. Make layers attributes of self or use nn.ModuleList, and tensors nn.Parameter.""",
        lambda module, h, without=without: (
            module.hidden[0](h) if "to_mu" in without else module.to_mu(h),
            module.hidden[1](h) if "to_logvar" in without else module.to_logvar(h),
        ),
        **without,
        hidden=lambda hidden_dim, latent_dim: [nn.Linear(hidden_dim, latent_dim) for _ in range(2)],
    )


_heads_mistake(
    """Weights stand in plain tensors, where no optimizer finds them and no gradient reaches them: use layers,
    or nn.Parameter.""",
    lambda module, h: (h @ module.fixed, -h @ module.fixed),
    to_mu=_no_layer,
    to_logvar=_no_layer,
    fixed=torch.randn,
)


_heads_mistake(
    """No gradient leaves mu and logvar, so nothing in front of them could learn: look for .detach(), .data,
    .numpy(), no_grad or requires_grad_(False).""",
    lambda module, h: (module.to_mu(h).detach(), module.to_logvar(h).detach()),
)


_heads_mistake(
    """No gradient leaves mu: look for .detach(), .data, no_grad or requires_grad_(False), or for a mu that is
    a constant.""",
    lambda module, h: (module.to_mu(h).detach(), module.to_logvar(h)),
)


_heads_mistake(
    """No gradient leaves logvar: look for .detach(), .data, no_grad or requires_grad_(False), or for a logvar
    that is a constant.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).detach()),
)


_heads_mistake(
    """forward changes the h that it is given, in place, as mul_ and *= do: whoever uses h after you gets
    another one. Use the forms without the underscore.""",
    lambda module, h: (module.to_mu(h.mul_(2)), module.to_logvar(h)),
)


_heads_mistake(
    """The features themselves come out as mu, (B, hidden_dim): mu needs a layer down to latent_dim.""",
    lambda module, h: (h, module.to_logvar(h)),
    to_mu=_no_layer,
)
