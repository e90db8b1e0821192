"""The pretended device refuses what a real one would refuse, and nothing else."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Normal

from vae_lessons.exercises.engine.another_device import another_device
from vae_lessons.exercises.engine.probes import LOGVAR, MU


def by_default_device(mu):
    with torch.device(mu.device):
        return mu + torch.randn(mu.shape)


def in_place(mu):
    eps = torch.empty_like(mu)
    eps.normal_()
    return eps.mul_(2).add_(mu)


def row_by_row(mu):
    z = torch.zeros(mu.shape, device=mu.device)
    for row in range(len(mu)):
        z[row] = mu[row] + torch.randn_like(mu[row])
    return z


FITS = {
    "randn_like": lambda mu: mu + torch.randn_like(mu),
    "device of mu": lambda mu: mu + torch.randn(mu.shape, device=mu.device, dtype=mu.dtype),
    "device of mu as text": lambda mu: mu + torch.randn(mu.shape, device=str(mu.device)),
    "to mu": lambda mu: mu + torch.randn(mu.shape).to(mu),
    "to its device": lambda mu: mu + torch.randn(mu.shape).to(mu.device),
    "to its device, by name": lambda mu: mu + torch.randn(mu.shape).to(device=mu.device),
    "type_as": lambda mu: mu + torch.randn(mu.shape).type_as(mu),
    "one number": lambda mu: mu + torch.randn(()),
    "rsample": lambda mu: Normal(mu, 1.0).rsample(),
    "a distribution of its own": lambda mu: mu + Normal(torch.zeros_like(mu), torch.ones_like(mu)).sample(),
    "new_tensor": lambda mu: mu + mu.new_empty(mu.shape).normal_(),
    "numpy, and moved": lambda mu: mu + torch.from_numpy(np.random.randn(*mu.shape)).to(mu),  # noqa: NPY002
    "stacked": lambda mu: torch.stack([torch.randn_like(mu), mu]).sum(0),
    "matrix": lambda mu: mu @ torch.eye(mu.shape[1], device=mu.device),
    "einsum": lambda mu: torch.einsum("bj,bj->bj", mu, torch.randn_like(mu)),
    "where": lambda mu: torch.where(mu > 0, mu, torch.zeros_like(mu)),
    "functional": lambda mu: nn.functional.softplus(mu) * nn.functional.dropout(mu, 0.1),
    "default device": by_default_device,
    "in place": in_place,
    "row by row": row_by_row,
    "from the CPU by copy_": lambda mu: torch.empty_like(mu).copy_(torch.randn(mu.shape)) + mu,
    "a generator on no device": lambda mu: mu + torch.randn(mu.shape, device=mu.device),
    "float": lambda mu: mu.double() + torch.randn_like(mu, dtype=torch.float64),
}
DOES_NOT_FIT = {
    "randn": lambda mu: mu + torch.randn(mu.shape),
    "on the CPU": lambda mu: mu + torch.randn(mu.shape, device="cpu"),
    "on a CUDA device if there is one": lambda mu: (
        mu + torch.randn(mu.shape, device="cuda" if torch.cuda.is_available() else "cpu")
    ),
    "tensor": lambda mu: mu + torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5]),
    "FloatTensor": lambda mu: mu + torch.FloatTensor(mu.size()).normal_(),
    "Tensor": lambda mu: mu + torch.Tensor(*mu.shape).normal_(),
    "from_numpy": lambda mu: mu + torch.from_numpy(np.random.randn(*mu.shape)),  # noqa: NPY002
    "as_tensor": lambda mu: mu + torch.as_tensor(np.random.randn(*mu.shape)),  # noqa: NPY002
    "Normal(0, 1)": lambda mu: mu + Normal(0, 1).sample(mu.shape),
    "Normal of tensors": lambda mu: mu + Normal(torch.zeros(5), torch.ones(5)).sample((len(mu),)),
    "cpu": lambda mu: mu + torch.randn_like(mu).cpu(),
    "to the CPU": lambda mu: mu + torch.randn_like(mu).to("cpu"),
    "like a CPU tensor": lambda mu: mu + torch.randn_like(torch.zeros(mu.shape)),
    "a sum first": lambda mu: mu * (torch.zeros(mu.shape) + 1),
    "addcmul": lambda mu: torch.addcmul(mu, mu, torch.normal(0.0, 1.0, mu.shape)),
    "in place": lambda mu: torch.randn(mu.shape).add_(mu),
    "stack": lambda mu: torch.stack([mu, torch.randn(mu.shape)]).sum(0),
    "eye": lambda mu: mu @ torch.eye(mu.shape[1]),
    "numpy of it": lambda mu: torch.as_tensor(mu.detach().numpy()),
}


@pytest.mark.parametrize("name", FITS)
def test_what_a_gpu_would_take_is_taken(name):
    with another_device() as there:
        assert FITS[name](there(MU.clone())).shape == MU.shape


@pytest.mark.parametrize("name", DOES_NOT_FIT)
def test_what_a_gpu_would_refuse_is_refused(name):
    with another_device() as there, pytest.raises((RuntimeError, TypeError), match="device"):
        DOES_NOT_FIT[name](there(MU.clone()))


def test_what_is_computed_there_is_there_and_learns():
    with another_device() as there:
        leaf = MU.clone().requires_grad_()
        mu, logvar = there(leaf), there(LOGVAR.clone())
        z = mu + (0.5 * logvar).exp() * torch.randn_like(mu)
        assert z.device.type == mu.device.type != "cpu"
        assert z.cpu().device.type == "cpu"
        (slope,) = torch.autograd.grad(z.sum(), leaf)
    assert slope.tolist() == torch.ones_like(MU).tolist()
