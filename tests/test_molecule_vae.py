"""A VAE of strings and a property: its terms are those of the formula, and a walk goes uphill in equal steps."""

import pytest
import torch
from torch.distributions import Categorical, Normal, kl_divergence

from vae_lessons.molecule_vae import MoleculeVAE, climb


def model(seed=0, **settings):
    torch.manual_seed(seed)
    return MoleculeVAE(tokens=5, length=6, latent_dim=3, hidden_dim=16, **settings)


X = torch.tensor([[1, 2, 0, 0, 0, 0], [3, 4, 1, 2, 2, 0], [0, 0, 0, 0, 0, 0]])
LENGTHS = (3, 6, 1)  # with the end
Y = torch.tensor([0.5, -1.0, 2.0])


def test_the_terms_are_those_of_string_and_property_by_torch_distributions():
    vae = model(property_std=0.4)
    torch.manual_seed(3)
    log_p, kl = vae.joint_terms(X, Y)
    torch.manual_seed(3)
    mu, logvar = vae.encode(X)
    std = (logvar / 2).exp()
    z = mu + std * torch.randn_like(std)
    tokens = Categorical(logits=vae.decode(z)).log_prob(X)
    due = torch.stack([row[:length].sum() for row, length in zip(tokens, LENGTHS, strict=True)])
    due = due + Normal(vae.property_of(z), 0.4).log_prob(Y)
    torch.testing.assert_close(log_p, due)
    torch.testing.assert_close(kl, kl_divergence(Normal(mu, std), Normal(0.0, 1.0)))


def test_what_is_written_is_the_likeliest_token_at_each_place_up_to_the_end():
    vae, z = model(), 3 * torch.randn(50, 3)
    for row, logits in zip(vae.write(z).tolist(), vae.decode(z).tolist(), strict=True):
        likeliest = [max(range(5), key=of_place.__getitem__) for of_place in logits]
        end = likeliest.index(0) if 0 in likeliest else 6
        assert row == likeliest[:end] + [0] * (6 - end)


def test_property_and_string_come_from_z_alone_row_by_row():
    vae, z = model(), torch.randn(7, 3)
    torch.testing.assert_close(vae.property_of(z)[4:5], vae.property_of(z[4:5]))
    assert vae.property_of(z[:1]).shape == (1,)


@pytest.mark.parametrize("penalty", [0.0, 0.5])
def test_each_step_has_its_length_and_goes_where_the_goal_rises_fastest(penalty):
    vae, z = model().double(), torch.randn(4, 3, dtype=torch.float64)
    points = climb(vae, z, steps=3, length=0.2, penalty=penalty)
    assert points.shape == (4, 4, 3) and torch.equal(points[0], z)
    assert not points.requires_grad
    steps = points[1:] - points[:-1]
    torch.testing.assert_close(steps.norm(dim=2), torch.full((3, 4), 0.2, dtype=torch.float64))

    def goal(z):
        return vae.property_of(z) - penalty * (z**2).sum(1) / 2

    by_differences = torch.stack(
        [
            (goal(z + 1e-5 * axis) - goal(z - 1e-5 * axis)) / 2e-5
            for axis in torch.eye(3, dtype=torch.float64)
        ],
        1,
    )
    cosine = torch.cosine_similarity(steps[0], by_differences, dim=1)
    torch.testing.assert_close(cosine, torch.ones(4, dtype=torch.float64))


def test_a_walk_raises_the_promise_and_a_penalty_keeps_it_nearer():
    vae, z = model(), torch.randn(30, 3)
    free, held = climb(vae, z, 40), climb(vae, z, 40, penalty=1.0)
    assert (vae.property_of(free[-1]) > vae.property_of(z)).all()
    assert held[-1].norm(dim=1).mean() < free[-1].norm(dim=1).mean() - 0.5


def test_a_walk_leaves_the_gradients_of_the_weights_alone():
    vae = model()
    climb(vae, torch.randn(4, 3), 3)
    assert all(weight.grad is None for weight in vae.parameters())
