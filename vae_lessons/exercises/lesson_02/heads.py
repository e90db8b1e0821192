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
    title="Warm-up: two heads",
    task="""Write a module that turns features h (B, hidden_dim) into the distribution q(z|x):
    GaussianHeads(hidden_dim, latent_dim)(h) returns mu and logvar, (B, latent_dim) each. Both may be any real
    number.""",
    minutes=2,
    difficulty=1,
    reference=GaussianHeads,
    probe=heads_probe,
    hints=(
        "mu and logvar are different quantities, and both may be negative. Which last layer can return any real "
        "number?",
        "Use two linear layers side by side, or one that is twice as wide and split along the last axis.",
        "Create the layers in __init__, after super().__init__(), as attributes of self. forward only applies them "
        "and returns both results.",
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
    """Your __init__ does not call super().__init__(), which prepares nn.Module to register layers. Call it before the
    first layer.""",
    _without_super,
)


EXERCISE.recognise(
    """What you make is not an nn.Module, so it has no parameters() for an optimizer and cannot be moved or saved:
    write class GaussianHeads(nn.Module).""",
    lambda hidden_dim, latent_dim: lambda h: (h, h),
)


_heads_mistake(
    """forward returns mu and logvar in one tensor; return a pair, mu, logvar, each (B, latent_dim).""",
    lambda module, h: torch.cat([module.to_mu(h), module.to_logvar(h)], -1),
    lambda module, h: torch.stack([module.to_mu(h), module.to_logvar(h)]),
)


_heads_mistake(
    """forward returns one tensor (B, latent_dim), a draw z or mu alone. It should return the parameters of q(z|x);
    drawing is left to reparameterize.""",
    lambda module, h: reparameterize(module.to_mu(h), module.to_logvar(h)),
)


_heads_mistake(
    """You split the batch, not the latents: chunk(2) splits axis 0 by default, chunk(2, -1) the last axis.""",
    lambda module, h: torch.cat([module.to_mu(h), module.to_logvar(h)], -1).chunk(2),
)


_heads_mistake(
    """You split the latent_dim outputs of one layer, so mu and logvar get too few each.""",
    lambda module, h: module.to_mu(h).chunk(2, -1),
)


EXERCISE.recognise(
    """The sizes of your layers are swapped: nn.Linear(in, out) takes the input size first.""",
    lambda hidden_dim, latent_dim: GaussianHeads(latent_dim, hidden_dim),
)


_heads_mistake(
    """mu and logvar are the same output of one layer, so the mean of q(z|x) would determine its width.""",
    lambda module, h: (module.to_mu(h), module.to_mu(h)),
)


_heads_mistake(
    """logvar is computed from mu, so the mean of q(z|x) would determine its width; both should be computed from
    h.""",
    lambda module, h: (module.to_mu(h), -module.to_mu(h)),
)


_heads_mistake(
    """mu and logvar have some numbers in common: your slices overlap.""",
    lambda module, h: (module.to_mu(h), torch.cat([module.to_mu(h)[:, 1:], module.to_logvar(h)[:, :1]], -1)),
    lambda module, h: (module.to_mu(h), torch.cat([module.to_mu(h)[:, 2:], module.to_logvar(h)[:, :2]], -1)),
)


_heads_mistake(
    """logvar does not depend on h, so q(z|x) would be equally wide for all images.""",
    lambda module, h: (module.to_mu(h), module.to_logvar.expand(len(h), -1)),
    lambda module, h: (module.to_mu(h), module.to_logvar),
    to_logvar=lambda hidden_dim, latent_dim: nn.Parameter(torch.zeros(latent_dim)),
)


_heads_mistake(
    """mu passes through a ReLU, so no mean can be negative, where half of the prior lies in each latent.""",
    lambda module, h: (module.to_mu(h).relu(), module.to_logvar(h)),
)


_heads_mistake(
    """logvar passes through a ReLU, so q(z|x) can never be narrower than the prior; a log-variance may be negative,
    and mostly is.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).relu()),
)


_heads_mistake(
    """mu and logvar both pass through a ReLU: no mean is negative, and no q(z|x) is narrower than the prior.""",
    lambda module, h: (module.to_mu(h).relu(), module.to_logvar(h).relu()),
)


_heads_mistake(
    """Your second output is never negative, as if it were the variance; the task asks for its logarithm.""",
    lambda module, h: (module.to_mu(h), F.softplus(module.to_logvar(h))),
)


_heads_mistake(
    """You take the logarithm of a layer's output, which is NaN where that is negative. Use the output itself as the
    log-variance.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).log()),
)


_heads_mistake(
    """mu is bounded on both sides, by a tanh, a clamp or a normalisation; a mean may be any real number.""",
    lambda module, h: (module.to_mu(h).tanh(), module.to_logvar(h)),
)


_heads_mistake(
    """logvar is bounded on both sides, by a tanh or a clamp, so the width of q(z|x) is limited, and beyond the bounds
    the gradient vanishes.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).tanh()),
)


_heads_mistake(
    """mu and logvar are both bounded on both sides, by a tanh or a clamp; they may be any real number.""",
    lambda module, h: (module.to_mu(h).tanh(), module.to_logvar(h).tanh()),
)


_heads_mistake(
    """mu passes through a sigmoid or softmax, so it stays between 0 and 1; a mean may be any real number.""",
    lambda module, h: (module.to_mu(h).sigmoid(), module.to_logvar(h)),
)


_heads_mistake(
    """logvar passes through a sigmoid, so q(z|x) is never narrower than the prior; a log-variance may be any real
    number.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).sigmoid()),
)


_heads_mistake(
    """mu and logvar both pass through a sigmoid and stay between 0 and 1; they may be any real number.""",
    lambda module, h: (module.to_mu(h).sigmoid(), module.to_logvar(h).sigmoid()),
)


_heads_mistake(
    """mu has a lower bound, as from ELU, GELU, SiLU or clamp(min=...); a mean may be any real number.""",
    lambda module, h: (F.elu(module.to_mu(h)), module.to_logvar(h)),
)


_heads_mistake(
    """logvar has a lower bound, as from ELU, GELU, SiLU or clamp(min=...), so q(z|x) cannot be narrower than
    that.""",
    lambda module, h: (module.to_mu(h), F.elu(module.to_logvar(h))),
)


_heads_mistake(
    """mu and logvar both have a lower bound, as from ELU, GELU or SiLU; they may be any real number.""",
    lambda module, h: (F.elu(module.to_mu(h)), F.elu(module.to_logvar(h))),
)


_heads_mistake(
    """logvar cannot become large, as after log(softplus()), logsigmoid or clamp(max=...); the layer's output is a
    log-variance already.""",
    lambda module, h: (module.to_mu(h), F.softplus(module.to_logvar(h)).log()),
)


_heads_mistake(
    """You average over the batch, so all images share one q(z|x); mu and logvar have a row for each image, (B,
    latent_dim).""",
    lambda module, h: (module.to_mu(h).mean(0), module.to_logvar(h).mean(0)),
)


_heads_mistake(
    """mu of an image depends on the other images of its batch, as after a BatchNorm; q(z|x) depends on x alone.""",
    lambda module, h: (
        (module.to_mu(h) - module.to_mu(h).mean(0)) / module.to_mu(h).std(0) * 100,
        module.to_logvar(h),
    ),
)


_heads_mistake(
    """Two calls with the same h give different results: something random happens in forward, a dropout or a draw. mu
    and logvar describe the distribution; drawing comes after them.""",
    lambda module, h: (module.to_mu(F.dropout(h)), module.to_logvar(F.dropout(h))),
    lambda module, h: (reparameterize(module.to_mu(h), module.to_logvar(h)), module.to_logvar(h)),
)


for without in (
    {"to_mu": _no_layer, "to_logvar": _no_layer},
    {"to_mu": _no_layer},
    {"to_logvar": _no_layer},
):
    _heads_mistake(
        """Layers are created anew in every call, so they never learn, and the same h gives different results.""",
        lambda module, h, without=without: (
            _new(h) if "to_mu" in without else module.to_mu(h),
            _new(h) if "to_logvar" in without else module.to_logvar(h),
        ),
        **without,
    )
    _heads_mistake(
        """Weights are not registered: they are in a list, a dict or a plain tensor, where no optimizer finds them.
        Make layers attributes of self or use nn.ModuleList, and make tensors nn.Parameter.""",
        lambda module, h, without=without: (
            module.hidden[0](h) if "to_mu" in without else module.to_mu(h),
            module.hidden[1](h) if "to_logvar" in without else module.to_logvar(h),
        ),
        **without,
        hidden=lambda hidden_dim, latent_dim: [nn.Linear(hidden_dim, latent_dim) for _ in range(2)],
    )


_heads_mistake(
    """The weights are plain tensors, so no optimizer finds them and no gradient reaches them. Use layers or
    nn.Parameter.""",
    lambda module, h: (h @ module.fixed, -h @ module.fixed),
    to_mu=_no_layer,
    to_logvar=_no_layer,
    fixed=torch.randn,
)


_heads_mistake(
    """No gradient flows back from mu and logvar, so nothing before them can learn. Look for .detach(), .data,
    .numpy(), no_grad or requires_grad_(False).""",
    lambda module, h: (module.to_mu(h).detach(), module.to_logvar(h).detach()),
)


_heads_mistake(
    """No gradient flows back from mu. Look for .detach(), .data, no_grad or requires_grad_(False), or for a mu that
    is constant.""",
    lambda module, h: (module.to_mu(h).detach(), module.to_logvar(h)),
)


_heads_mistake(
    """No gradient flows back from logvar. Look for .detach(), .data, no_grad or requires_grad_(False), or for a
    logvar that is constant.""",
    lambda module, h: (module.to_mu(h), module.to_logvar(h).detach()),
)


_heads_mistake(
    """forward changes its argument h in place, as mul_ and *= do, so whoever uses h afterwards gets other numbers.
    Use the forms without the underscore.""",
    lambda module, h: (module.to_mu(h.mul_(2)), module.to_logvar(h)),
)


_heads_mistake(
    """You return the features themselves as mu, (B, hidden_dim) instead of (B, latent_dim).""",
    lambda module, h: (h, module.to_logvar(h)),
    to_mu=_no_layer,
)


class _Heads(nn.Module):
    """Two right heads, of features(h), whose results pass through after(mu, logvar)."""

    def __init__(self, hidden_dim: int, latent_dim: int, features, after) -> None:
        super().__init__()
        self.to_mu, self.to_logvar = nn.Linear(hidden_dim, latent_dim), nn.Linear(hidden_dim, latent_dim)
        self.features, self.after = features, after

    def forward(self, h: Tensor) -> tuple[Tensor, Tensor]:
        h = self.features(h)
        return self.after(self.to_mu(h), self.to_logvar(h))


EXERCISE.recognise(
    """The features h are detached on their way into your heads, so the layers before them learn nothing.""",
    lambda hidden_dim, latent_dim: _Heads(
        hidden_dim, latent_dim, lambda h: h.detach(), lambda mu, logvar: (mu, logvar)
    ),
)


EXERCISE.recognise(
    """squeeze() takes away the axis of images, or of latents, when there is only one of them. Leave it out.""",
    lambda hidden_dim, latent_dim: _Heads(
        hidden_dim, latent_dim, lambda h: h, lambda mu, logvar: (mu.squeeze(), logvar.squeeze())
    ),
)
