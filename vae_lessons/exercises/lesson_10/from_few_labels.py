"""Exercise 10.7: build a classifier that learns from images without labels."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from vae_lessons.exercises.engine.comparing import Answer
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.lesson_10.clusters import classes_probe
from vae_lessons.exercises.lesson_10.few_labels_slips import add_slips
from vae_lessons.mixture import fit_mixture, mixture_of, shares


def classify(x: Tensor, y: Tensor, unlabelled: Tensor, new: Tensor) -> Tensor:
    """The classes (P,) of new codes (P, 2), from codes x (N, 2) with labels y (N,) and unlabelled ones.

    A mixture with one Gaussian a class is fitted to all codes; those with a label stay in their class.
    """
    z, known = torch.cat([x, unlabelled]), one_hot(y).float()  # (N + M, 2), (N, K)
    classes = known.shape[1]
    weights = torch.full((classes,), 1 / classes)
    means = known.T @ x / known.sum(0)[:, None]  # (K, 2)
    covariances = torch.cov(z.T).expand(classes, 2, 2)
    for _ in range(60):
        share = shares(mixture_of(weights, means, covariances), z)  # (N + M, K)
        share[: len(x)] = known
        count = share.sum(0)  # (K,)
        weights, means = count / len(z), share.T @ z / count[:, None]
        apart = z[:, None] - means  # (N + M, K, 2)
        covariances = torch.einsum("nk,nki,nkj->kij", share, apart, apart) / count[:, None, None]
        covariances = covariances + 1e-3 * torch.eye(2)
    return shares(mixture_of(weights, means, covariances), new).argmax(1)


EXERCISE = Exercise(
    number="10.7",
    title="Build: learn from images without labels",
    task="""An encoder with two latents turned images into codes. Each class is a long, narrow cloud of codes,
    and the clouds hardly touch: they are about 9 long, 0.6 wide and 2 apart, and lie at any angle. You know
    the class of two images of each cloud. Write classify(x, y, unlabelled, new): x (N, 2) are the codes of
    the labelled images, y (N,) their classes, whole numbers from 0 to K - 1, unlabelled (M, 2) the codes of a
    few hundred images without labels, new (P, 2) the codes of other images. Return the class of each new
    code, (P,). In each of three data sets, at least 0.95 of the new codes must get the right class. K and the
    sizes of the classes differ between the data sets. Any method will do.""",
    minutes=20,
    difficulty=3,
    reference=classify,
    probe=classes_probe,
    hints=(
        "Two codes of a class do not show which way its cloud lies. Which codes do?",
        "Let labels spread, from codes that are sure to those beside them. Or fit a mixture to all codes, "
        "with one Gaussian for each class.",
        "The mixture: expectation maximisation as in lesson 07, with a full covariance each. Start at the "
        "means of the labelled codes and the covariance of all codes. In each of 60 rounds put the shares of "
        "the labelled codes back to 1 for their class. A new code belongs to the component with the largest "
        "share.",
    ),
    seconds=60,
)


def _classes(y: Tensor) -> int:
    return int(y.max()) + 1


def _nearest(codes: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    return labels[torch.cdist(new, codes).argmin(1)]


def _neighbours(codes: Tensor, labels: Tensor, new: Tensor, k: int) -> Tensor:
    return labels[torch.cdist(new, codes).topk(k, largest=False).indices].mode(1).values


def _means(codes: Tensor, labels: Tensor) -> Tensor:
    return torch.stack([codes[labels == k].mean(0) for k in range(_classes(labels))])


def _nearest_mean(codes: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    return torch.cdist(new, _means(codes, labels)).argmin(1)


def _least_squares(codes: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    weight = torch.linalg.lstsq(
        torch.cat([codes, torch.ones(len(codes), 1)], 1), one_hot(labels).float()
    ).solution
    return (torch.cat([new, torch.ones(len(new), 1)], 1) @ weight).argmax(1)


def _trained(network: torch.nn.Module, codes: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    optimizer = torch.optim.Adam(network.parameters(), lr=0.05)
    for _ in range(40):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(network(codes), labels).backward()
        optimizer.step()
    return network(new).argmax(1)


def _network(codes: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    layers = torch.nn.Linear(2, 16), torch.nn.ReLU(), torch.nn.Linear(16, _classes(labels))
    return _trained(torch.nn.Sequential(*layers), codes, labels, new)


def _logistic(codes: Tensor, labels: Tensor, new: Tensor) -> Tensor:
    return _trained(torch.nn.Linear(2, _classes(labels)), codes, labels, new)


def _gaussians(codes: Tensor, labels: Tensor, new: Tensor, ridge: float = 0.01, tied: bool = False) -> Tensor:
    means = _means(codes, labels)
    spread = codes - means[labels]
    own = torch.stack([spread[labels == k].T @ spread[labels == k] / 2 for k in range(len(means))])
    own = own.mean(0).expand_as(own) if tied else own
    return (
        mixture_of(torch.ones(len(means)), means, own + ridge * torch.eye(2))
        .component_distribution.log_prob(new[:, None])
        .argmax(1)
    )


EXERCISE.recognise(
    """Your labels stay the same when the unlabelled codes are turned by a right angle. But those show which
    way each cloud lies. Two labelled codes do not.""",
    lambda x, y, unlabelled, new: _nearest(x, y, new),
    lambda x, y, unlabelled, new: _neighbours(x, y, new, 3),
    lambda x, y, unlabelled, new: _nearest_mean(x, y, new),
    lambda x, y, unlabelled, new: _least_squares(x, y, new),
    lambda x, y, unlabelled, new: _logistic(x, y, new),
    lambda x, y, unlabelled, new: _network(x, y, new),
    lambda x, y, unlabelled, new: _gaussians(x, y, new),
    lambda x, y, unlabelled, new: _gaussians(x, y, new, ridge=1.0),
    lambda x, y, unlabelled, new: _gaussians(x, y, new, tied=True),
)


def _classify(
    x: Tensor,
    y: Tensor,
    unlabelled: Tensor,
    new: Tensor,
    rounds: int,
    shape: Callable[[Tensor], Tensor] = lambda covariances: covariances,
) -> Tensor:
    """The mixture of the reference, with covariances of another shape or fewer rounds."""
    z, known = torch.cat([x, unlabelled]), one_hot(y).float()
    means, weights = _means(x, y), torch.full((_classes(y),), 1 / _classes(y))
    covariances = shape(torch.cov(z.T).expand(len(means), 2, 2))
    for _ in range(rounds):
        share = shares(mixture_of(weights, means, covariances), z)
        share[: len(x)] = known
        count = share.sum(0)
        weights, means = count / len(z), share.T @ z / count[:, None]
        apart = z[:, None] - means
        covariances = torch.einsum("nk,nki,nkj->kij", share, apart, apart) / count[:, None, None]
        covariances = shape(covariances) + 1e-3 * torch.eye(2)
    return shares(mixture_of(weights, means, covariances), new).argmax(1)


def _refitted(fit: Callable[[Tensor, Tensor, Tensor], Tensor], first: Callable, rounds: int = 1) -> Answer:
    """Self-training: all unlabelled codes get a guess at once, then the classifier is fitted to them all."""

    def answer(x, y, unlabelled, new):
        labels = first(x, y, unlabelled)
        for _ in range(rounds):
            everything = torch.cat([x, unlabelled]), torch.cat([y, labels])
            labels = fit(*everything, unlabelled)
        return fit(*everything, new)

    return answer


EXERCISE.recognise(
    """Your labels are nearly those that the labelled codes alone suggest. If all the others are labelled at
    once, or in a few rounds, they repeat that first guess. Begin with what is sure, let it help with what
    lies beside it, and go on until nothing changes.""",
    _refitted(_nearest, _nearest),
    _refitted(lambda *codes: _neighbours(*codes, 5), _nearest),
    _refitted(lambda *codes: _neighbours(*codes, 15), _nearest),
    _refitted(_nearest_mean, _nearest_mean),
    _refitted(lambda *codes: _gaussians(*codes, tied=True), _nearest),
    _refitted(_network, _nearest),
)


def _centres(codes: Tensor, means: Tensor) -> Tensor:
    """k-means."""
    for _ in range(30):
        nearest = torch.cdist(codes, means).argmin(1)
        means = torch.stack([codes[nearest == k].mean(0) for k in range(len(means))])
    return means


def _by_vote(groups: Tensor, y: Tensor, new_groups: Tensor) -> Tensor:
    """Each group gets the class that most of its labelled codes have."""
    votes = torch.zeros(int(max(groups.max(), new_groups.max())) + 1, _classes(y))
    votes.index_put_((groups, y), torch.ones(len(y)), accumulate=True)
    return votes.argmax(1)[new_groups]


def _k_means(x, y, unlabelled, new):
    means = _centres(torch.cat([x, unlabelled]), _means(x, y))
    return _by_vote(torch.cdist(x, means).argmin(1), y, torch.cdist(new, means).argmin(1))


def _round(covariances: Tensor) -> Tensor:
    return covariances.diagonal(dim1=1, dim2=2).mean(1)[:, None, None] * torch.eye(2)


def _upright(covariances: Tensor) -> Tensor:
    return torch.diag_embed(covariances.diagonal(dim1=1, dim2=2))


EXERCISE.recognise(
    """Your labels are nearly those of the nearest class mean, so the clouds are cut across. That suits round
    clusters: k-means, one variance for all directions, no covariance between them, straight lines refitted to
    their own guess. Let every class have a full covariance, or go along the clouds from code to code.""",
    _k_means,
    lambda x, y, unlabelled, new: torch.cdist(new, _centres(unlabelled, _means(x, y))).argmin(1),
    _refitted(_nearest_mean, _nearest, rounds=20),
    lambda *codes: _classify(*codes, rounds=30, shape=_round),
    lambda *codes: _classify(*codes, rounds=30, shape=_upright),
    lambda *codes: _classify(*codes, rounds=30, shape=lambda own: _round(own).mean(0).expand_as(own)),
)


def _many_components(each: int, rounds: int) -> Answer:
    """A mixture with several components a class, from a start drawn at random."""

    def answer(x, y, unlabelled, new):
        mixture = fit_mixture(torch.cat([x, unlabelled]), each * _classes(y), rounds)
        return _by_vote(shares(mixture, x).argmax(1), y, shares(mixture, new).argmax(1))

    return answer


EXERCISE.recognise(
    """Your labels change from call to call: what is drawn at random decides. Start at the labelled codes, or
    try several starts, with one component a class, and keep the one with the highest likelihood.""",
    _many_components(3, rounds=5),
    _many_components(4, rounds=10),
)


def _spread_labels(x, y, unlabelled, new, rounds, weigh):
    """Label propagation: each code takes the average of the others; the labelled ones keep their class."""
    codes, known = torch.cat([x, unlabelled, new]), one_hot(y).float()
    weight = weigh(torch.cdist(codes, codes).fill_diagonal_(torch.inf))
    weight = weight / weight.sum(1, keepdim=True)
    share = torch.cat([known, torch.zeros(len(codes) - len(x), known.shape[1])])
    for _ in range(rounds):
        share = weight @ share
        share[: len(x)] = known
    return share[-len(new) :].argmax(1)


def _nearest_weighted(k: int) -> Callable[[Tensor], Tensor]:
    """A weight of 1 for the k nearest codes, else 0."""
    return lambda apart: torch.zeros_like(apart).scatter_(1, apart.topk(k, largest=False).indices, 1.0)


def _within(reach: float) -> Answer:
    """Labels go from code to code where a step reaches; other codes have that of the nearest labelled one."""

    def answer(x, y, unlabelled, new):
        codes = torch.cat([x, unlabelled, new])
        near, labels = torch.cdist(codes, codes) < reach, _nearest(x, y, codes)
        for place in range(len(x)):
            found = torch.arange(len(codes)) == place
            while not torch.equal(found, wider := near[found].any(0)):
                found = wider
            labels[found] = y[place]
        return labels[-len(new) :]

    return answer


_follow = _within(0.6)


EXERCISE.recognise(
    """Whole clouds get the class of another one, or a class never comes up. Do labels jump from cloud to
    cloud because steps are too long? Do two clouds share a cluster? Does every class count?""",
    _within(1.1),
    _within(1.3),
    lambda *codes: _follow(*codes).clamp(max=1),
    lambda *codes: _follow(*codes).clamp(min=1),
    lambda x, y, unlabelled, new: _follow(x, y, unlabelled, new) % (_classes(y) - 1),
)


EXERCISE.recognise(
    """Most codes are right, but more are asked for. Go on until nothing changes any more, and let no label
    leak into the next cloud.""",
    lambda *codes: _classify(*codes, rounds=5),
    lambda *codes: _classify(*codes, rounds=10),
)


EXERCISE.recognise(
    """Your labels are right beside the labelled codes and wrong farther along the clouds. Are there too few
    rounds to get to the ends, or does the fit end too early?""",
    lambda *codes: _spread_labels(*codes, rounds=5, weigh=_nearest_weighted(8)),
    lambda *codes: _spread_labels(*codes, rounds=8, weigh=_nearest_weighted(8)),
)


EXERCISE.recognise(
    """Right where the classes are about equally large, wrong in the third data set, where one is three times
    as large as another. Does its label leak into the other clouds, or do your rounds end before they reach
    its ends?""",
    lambda *codes: _spread_labels(*codes, rounds=20, weigh=_nearest_weighted(7)),
    lambda *codes: _spread_labels(*codes, rounds=20, weigh=_nearest_weighted(8)),
)


EXERCISE.recognise(
    """Right with three classes, but with four one class never comes up. Count the classes in y.""",
    lambda x, y, unlabelled, new: _follow(x[y < 3], y[y < 3], unlabelled, new),
    lambda *codes: _follow(*codes).clamp(max=2),
)


def _along_axis(which: int) -> Answer:
    """The nearest labelled code along one principal axis of the unlabelled ones."""

    def answer(x, y, unlabelled, new):
        axis = torch.linalg.eigh(torch.cov(unlabelled.T)).eigenvectors[:, which, None]
        return _nearest(x @ axis, y, new @ axis)

    return answer


EXERCISE.recognise(
    """Too few codes are right. Where can a label cross from one cloud into another, or stop within one?""",
    _along_axis(0),
    _along_axis(1),
)


EXERCISE.recognise(
    """All codes get the same class. Does its label reach every cloud because the steps are too long? Or are
    no classes compared?""",
    _within(2.2),
    lambda x, y, unlabelled, new: torch.zeros(len(new)),
    lambda x, y, unlabelled, new: y.mode().values.expand(len(new)),
    lambda x, y, unlabelled, new: torch.full((len(new),), _classes(y)),
)


add_slips(EXERCISE)
