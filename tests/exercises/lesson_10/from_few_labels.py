"""Answers to exercise 10.7: right ones by different methods, and some with two mistakes at once."""

import heapq
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.distributions import MultivariateNormal

from vae_lessons.mixture import fit_mixture, shares


def nearest_first(x, y, unlabelled, new):
    """Label the code that lies nearest to any labelled one, again and again."""
    codes = torch.cat([unlabelled, new])
    apart, labels = (found.squeeze(1) for found in torch.cdist(codes, x).topk(1, largest=False))
    labels, open_ = y[labels], torch.ones(len(codes), dtype=torch.bool)
    for _ in codes:
        one = apart.where(open_, torch.inf).argmin()
        open_[one] = False
        from_one = (codes - codes[one]).norm(dim=1)
        nearer = open_ & (from_one < apart)
        apart, labels = from_one.where(nearer, apart), labels[one].where(nearer, labels)
    return labels[len(unlabelled) :]


def propagation_in_numpy(x, y, unlabelled, new):
    codes = np.concatenate([x.numpy(), unlabelled.numpy(), new.numpy()])
    apart = np.linalg.norm(codes[:, None] - codes, axis=2)
    np.fill_diagonal(apart, np.inf)
    weight = np.zeros_like(apart)
    np.put_along_axis(weight, np.argsort(apart, 1)[:, :8], 1.0, 1)
    weight = np.maximum(weight, weight.T)
    weight /= weight.sum(1, keepdims=True)
    known = np.eye(y.max().item() + 1)[y.numpy()]
    f = np.zeros((len(codes), known.shape[1]))
    for _ in range(400):
        f[: len(x)] = known
        f = weight @ f
    return f[-len(new) :].argmax(1)


def spreading_solved(x, y, unlabelled, new):
    """Label spreading (Zhou et al. 2004) as one linear system, with Gaussian weights."""
    codes = torch.cat([x, unlabelled, new]).double()
    weight = (-torch.cdist(codes, codes).square() / (2 * 0.25**2)).exp().fill_diagonal_(0)
    root = weight.sum(1).rsqrt()
    system = torch.eye(len(codes), dtype=torch.float64) - 0.99 * root[:, None] * weight * root
    start = torch.cat([F.one_hot(y), torch.zeros(len(codes) - len(x), int(y.max()) + 1)]).double()
    return torch.linalg.solve(system, start)[-len(new) :].argmax(1)


def mixture_best_of_many(x, y, unlabelled, new):
    codes, classes = torch.cat([unlabelled, new]), len(y.unique())
    mixtures = [fit_mixture(codes, classes, rounds=50) for _ in range(20)]
    best = max(mixtures, key=lambda mixture: mixture.log_prob(codes).mean())
    names = {component.item(): k for component, k in zip(shares(best, x).argmax(1), y, strict=True)}
    return [names.get(component.item(), 0) for component in shares(best, new).argmax(1)]


def one_covariance_for_all(x, y, unlabelled, new):
    z, classes = np.concatenate([x, unlabelled, new]).astype(np.float64), int(max(y)) + 1
    means = np.stack([z[: len(x)][y.numpy() == k].mean(0) for k in range(classes)])
    covariance, weights = np.cov(z.T), np.full(classes, 1 / classes)
    for _ in range(80):
        apart = z[:, None] - means
        log_joint = np.log(weights) - 0.5 * np.einsum(
            "nki,ij,nkj->nk", apart, np.linalg.inv(covariance), apart
        )
        share = np.exp(log_joint - log_joint.max(1, keepdims=True))
        share /= share.sum(1, keepdims=True)
        share[: len(x)] = np.eye(classes)[y.numpy()]
        count = share.sum(0)
        weights, means = count / len(z), share.T @ z / count[:, None]
        apart = z[:, None] - means
        covariance = np.einsum("nk,nki,nkj->ij", share, apart, apart) / len(z)
    return share[-len(new) :].argmax(1).astype(np.float32)


def neighbours_in_lists(x, y, unlabelled, new):
    """Flood fill in plain Python."""
    points = [*x.tolist(), *unlabelled.tolist(), *new.tolist()]
    labels = y.tolist() + [None] * (len(points) - len(y))
    front = list(range(len(y)))
    while front:
        i = front.pop()
        for j, (a, b) in enumerate(points):
            if labels[j] is None and math.hypot(a - points[i][0], b - points[i][1]) < 0.65:
                labels[j] = labels[i]
                front.append(j)
    return [label if label is not None else 0 for label in labels[-len(new) :]]


def shortest_paths(x, y, unlabelled, new):
    """Dijkstra from all labelled codes at once, along a graph of the nearest neighbours."""
    codes = torch.cat([x, unlabelled, new])
    apart, near = torch.cdist(codes, codes).topk(9, largest=False)
    apart, near = apart.tolist(), near.tolist()
    labels: list[Tensor | None] = [None] * len(codes)
    queue = [(0.0, i, int(label)) for i, label in enumerate(y)]
    while queue:
        length, i, label = heapq.heappop(queue)
        if labels[i] is None:
            labels[i] = torch.tensor(label)
            for step, j in zip(apart[i], near[i], strict=True):
                heapq.heappush(queue, (length + step, j, label))
    return [torch.tensor(0) if label is None else label for label in labels[-len(new) :]]


def tree_of_shortest_edges(x, y, unlabelled, new):
    """Kruskal: join the closest codes first, but never two groups with different classes."""
    codes = np.concatenate([x, unlabelled, new])
    rows, columns = np.triu_indices(len(codes), 1)
    lengths = np.linalg.norm(codes[rows] - codes[columns], axis=1)
    short = np.flatnonzero(lengths < 1.5)
    group, members, label = (
        np.arange(len(codes)),
        [[i] for i in range(len(codes))],
        [*y.tolist(), *[-1] * (len(codes) - len(y))],
    )
    for edge in short[lengths[short].argsort()]:
        a, b = group[rows[edge]], group[columns[edge]]
        if a != b and (label[a] == -1 or label[b] == -1 or label[a] == label[b]):
            members[a] += members[b]
            group[members[b]] = a
            label[a] = max(label[a], label[b])
    return torch.tensor([label[group[i]] for i in range(len(codes) - len(new), len(codes))])


class Spectral:
    """Clusters in the first eigenvectors of the graph's Laplacian, as many as classes."""

    def __call__(self, x: Tensor, y: Tensor, unlabelled: Tensor, new: Tensor) -> Tensor:
        codes, classes = torch.cat([x, unlabelled, new]).double(), int(y.max()) + 1
        near = torch.cdist(codes, codes).topk(9, largest=False).indices
        weight = torch.zeros(len(codes), len(codes), dtype=torch.float64).scatter_(1, near, 1.0)
        weight = (weight + weight.T) / 2
        root = weight.sum(1).rsqrt()
        places = torch.linalg.eigh(root[:, None] * weight * root).eigenvectors[:, -classes:]
        places = F.normalize(places)
        centres = torch.stack([places[: len(x)][y == k].mean(0) for k in range(classes)])
        for _ in range(20):
            found = torch.cdist(places, centres).argmin(1)
            centres = torch.stack([places[found == k].mean(0) for k in range(classes)])
        return found[-len(new) :].int()


def in_batches(x, y, unlabelled, new):
    """Self-training: the five unlabelled codes that are surest join the labelled ones, again and again."""
    rest = unlabelled.clone()
    while len(rest):
        apart, place = torch.cdist(rest, x).min(1)
        sure = apart.argsort()[:5]
        x, y = torch.cat([x, rest[sure]]), torch.cat([y, y[place[sure]]])
        rest = rest[[i for i in range(len(rest)) if i not in set(sure.tolist())]]
    return [y[torch.cdist(new, x).argmin(1)]]


def straight_lines(x, y, unlabelled, new):
    """A line through the codes of each class, first through those around its labelled ones."""
    codes, classes = torch.cat([unlabelled, new]), int(y.max()) + 1
    members = [torch.cdist(codes, x[y == k]).amin(1) < 1.2 for k in range(classes)]
    for _ in range(10):
        off = []
        for member in members:
            middle = codes[member].mean(0)
            _, _, axes = torch.linalg.svd(codes[member] - middle, full_matrices=False)
            off.append(((codes - middle) @ axes[1]).abs())
        found = torch.stack(off).argmin(0)
        members = [found == k for k in range(classes)]
    return found[-len(new) :]


def the_new_alone(x, y, unlabelled, new):
    return nearest_first(x, y, new[:0], new)


def labels_refitted(x, y, unlabelled, new):
    """Gaussians with one covariance, fitted to the labels that they give, until these stay as they are."""
    codes, classes, covariance = torch.cat([x, unlabelled]), int(y.max()) + 1, torch.cov(unlabelled.T)
    means = [x[y == k].mean(0) for k in range(classes)]
    labels, before = y, None
    while before is None or not torch.equal(labels, before):
        before = labels
        log_density = [MultivariateNormal(mean, covariance).log_prob(codes) for mean in means]
        labels = torch.cat([y, torch.stack(log_density, 1)[len(x) :].argmax(1)])
        means = [codes[labels == k].mean(0) for k in range(classes)]
        covariance = torch.cov((codes - torch.stack(means)[labels]).T)
    return torch.stack([MultivariateNormal(mean, covariance).log_prob(new) for mean in means], 1).argmax(1)


def by_chance_in_a_column(x, y, unlabelled, new):
    return torch.randint(int(y.max()) + 1, (len(new), 1))


def nearest_label_from_one(x, y, unlabelled, new):
    return y[torch.cdist(new, x).argmin(1)] + 1


def inputs_changed_and_labelled_alone(x, y, unlabelled, new):
    new -= new.mean(0)
    return y[torch.cdist(new, x).argmin(1)]


def one_step_and_shares(x, y, unlabelled, new):
    weight = (-torch.cdist(new, x)).softmax(1)
    return weight @ F.one_hot(y).float()


RIGHT = [
    nearest_first,
    propagation_in_numpy,
    spreading_solved,
    mixture_best_of_many,
    one_covariance_for_all,
    neighbours_in_lists,
    shortest_paths,
    tree_of_shortest_edges,
    Spectral(),
    in_batches,
    straight_lines,
    the_new_alone,
    labels_refitted,
    lambda x, y, unlabelled, new: nearest_first(x, y, unlabelled, new).double().numpy(),
]
COMBINED = [
    by_chance_in_a_column,
    nearest_label_from_one,
    inputs_changed_and_labelled_alone,
    one_step_and_shares,
]
