"""Labels reach what has none: by named components, along a graph, and by a bound below the sum over labels."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.distributions import Normal

from vae_lessons.semi_supervised import (
    SemiSupervisedVAE,
    name_components,
    propagate,
    semi_supervised_loss,
    unlabelled_bound,
)


def test_a_component_is_named_by_the_labels_of_the_codes_that_it_claims():
    share = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.25, 0.75, 0.0]])
    table = name_components(share, torch.tensor([2, 0, 1]), classes=4)
    expected = np.array([[1, 0.25, 1, 0], [0, 0.75, 0, 0], [0, 0, 0, 0]]) + 1e-3
    np.testing.assert_allclose(table, expected / expected.sum(1, keepdims=True), rtol=1e-5)
    np.testing.assert_allclose(table[2], 0.25)  # it claims nothing


def rings(n, seed=0):
    """Points on two circles, one inside the other, and which circle: no line, and no centre, tells them apart."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(2).repeat(n)
    angle = 2 * math.pi * torch.rand(2 * n, generator=generator)
    points = (1.0 + 2.0 * y)[:, None] * torch.stack([angle.cos(), angle.sin()], 1)
    return points + 0.05 * torch.randn(2 * n, 2, generator=generator), y


def test_two_labels_spread_over_two_rings():
    points, y = rings(300)
    found = propagate(points, y[:2], classes=2, rounds=300)
    assert found.shape == (600, 2)
    assert (found.argmax(1) == y).float().mean() > 0.99


def test_spreading_agrees_with_the_fixed_point_in_closed_form():
    """(1 - a) (I - a S)^-1 Y, the limit of Zhou et al. 2004, with the same graph built in numpy."""
    points, y = rings(30, seed=1)
    distance = np.linalg.norm(points.numpy()[:, None] - points.numpy(), axis=2)
    graph = np.zeros((60, 60))
    for place, row in enumerate(distance):
        nearest = row.argsort()[1:6]
        graph[place, nearest] = np.exp(-((row[nearest] / row[row.argsort()[2]]) ** 2))
    graph = np.maximum(graph, graph.T)
    scale = np.sqrt(graph.sum(1))
    known = np.zeros((60, 2))
    known[np.arange(4), y[:4]] = 1
    limit = 0.05 * np.linalg.solve(np.eye(60) - 0.95 * graph / scale / scale[:, None], known)
    found = propagate(points, y[:4], classes=2, neighbours=5, rounds=600)
    np.testing.assert_allclose(found, limit, atol=1e-5)


def rows(labels):
    return st.lists(st.floats(-30, 30), min_size=labels, max_size=labels)


@given(rows(4), rows(4))
def test_the_bound_is_never_above_the_sum_over_labels_and_reaches_it_at_the_posterior(elbos, logits):
    elbos, logits = torch.tensor([elbos]).double(), torch.tensor([logits]).double()
    highest = elbos.logsumexp(1).item()
    assert unlabelled_bound(elbos, logits).item() <= highest + 1e-9
    assert unlabelled_bound(elbos, elbos).item() == pytest.approx(highest, abs=1e-9)


def small(binary=False):
    torch.manual_seed(0)
    return SemiSupervisedVAE(data_dim=5, classes=3, latent_dim=2, hidden_dim=16, binary=binary)


def joint(model, x, label, points=400):
    """log p(x, y) of one Gaussian or binary x by a grid over two latents: no encoder is asked."""
    z = torch.linspace(-6, 6, points)
    grid = torch.cartesian_prod(z, z)  # (points^2, 2)
    one_hot = torch.eye(3)[label].expand(len(grid), -1)
    decoded = model.decoder(torch.cat([grid, one_hot], 1))
    if model.binary:
        log_px = torch.distributions.Bernoulli(logits=decoded).log_prob(x).sum(1)
    else:
        log_px = Normal(decoded, model.log_std.exp()).log_prob(x).sum(1)
    log_pz = Normal(0.0, 1.0).log_prob(grid).sum(1)
    return ((log_px + log_pz).logsumexp(0) + 2 * math.log(12 / (points - 1)) - math.log(3)).item()


@torch.no_grad()
@pytest.mark.parametrize("binary", [False, True])
def test_the_bound_for_each_label_is_below_the_integral_over_latents_and_near_it_once_trained(binary):
    model = small(binary)
    torch.manual_seed(1)
    x = torch.randn(1, 5) if not binary else torch.tensor([[0.0, 1.0, 1.0, 0.0, 1.0]])
    with torch.enable_grad():
        optimizer = torch.optim.Adam([*model.features.parameters(), *model.posterior.parameters()], lr=1e-2)
        for _ in range(300):
            loss = -model.elbos(x.expand(64, -1)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    bounds = model.elbos(x.expand(20_000, -1)).mean(0)  # (3,)
    for label in range(3):
        exact = joint(model, x, label)
        assert exact - 0.05 < bounds[label].item() < exact + 0.02


def test_the_loss_holds_the_bound_of_the_label_that_is_there_and_trains_every_part():
    model = small()
    x, y, unlabelled = torch.randn(6, 5), torch.tensor([0, 2, 1, 1, 0, 2]), torch.randn(8, 5)
    torch.manual_seed(3)
    loss = semi_supervised_loss(model, x, y, unlabelled, weight=7)
    torch.manual_seed(3)
    bounds = model.elbos(x)
    of_label = sum(bounds[place, label] for place, label in enumerate(y.tolist())) / 6
    log_q = model.classifier(unlabelled).log_softmax(1)
    averages = (log_q.exp() * model.elbos(unlabelled)).sum(1) - (log_q.exp() * log_q).sum(1)
    cross_entropy = -model.classifier(x).log_softmax(1)[range(6), y].mean()
    assert loss.item() == pytest.approx((7 * cross_entropy - of_label - averages.mean()).item(), rel=1e-5)
    loss.backward()
    assert all(weight.grad.abs().sum() > 0 for weight in model.parameters())
