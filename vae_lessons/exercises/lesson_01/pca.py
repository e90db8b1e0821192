"""Exercise 1.3: principal component analysis by hand."""

import torch
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def pca_error(x: Tensor, latent_dim: int) -> Tensor:
    """Squared error per image of the best linear rebuilding with latent_dim numbers: x (N, D) -> a scalar."""
    centred = x - x.mean(0)  # (N, D)
    axes = torch.linalg.svd(centred, full_matrices=False).Vh[:latent_dim]  # (J, D) the widest directions
    z = centred @ axes.T  # (N, J)
    return ((centred - z @ axes) ** 2).sum(1).mean()


PLATES = torch.tensor(
    [
        [0.9, 2.6, -1.3, 0.4, 5.2],
        [1.7, 3.9, -0.2, -2.8, 6.1],
        [-0.6, 2.2, 0.7, 1.9, 4.3],
        [2.8, 4.4, -2.1, -0.9, 7.6],
        [0.3, 3.1, 1.6, 2.7, 5.8],
        [-1.4, 1.8, 0.5, -1.6, 3.7],
        [1.2, 2.9, -0.8, 3.3, 6.9],
    ]
)  # (N, D) with a mean far from 0


EXERCISE = Exercise(
    number="1.3",
    title="PCA by hand",
    task="""Write pca_error(x, latent_dim): the error that the best linear code of latent_dim numbers leaves. x is (N,
    D), N images as rows of D pixels. Return one number: the squared error, summed over pixels and averaged over
    images, like the lesson's 'squared error per image'. (torch.pca_lowrank is not exact enough.)""",
    minutes=10,
    difficulty=3,
    reference=pca_error,
    probe=each(
        {"x": torch.tensor([[1.5, 0.2], [2.7, 1.9], [4.1, 1.3]]), "latent_dim": 1},
        *({"x": PLATES, "latent_dim": latent_dim} for latent_dim in (2, 1, 3, 5)),
    ),
    hints=(
        "The best lines pass through the mean image. Subtract it; which decomposition gives the widest directions?",
        "torch.linalg.svd(centred).Vh has them as rows, widest first; torch.linalg.eigh as columns, widest last.",
        "centred @ axes.T are the codes, times axes the rebuilt images. Square what is left, .sum(1), then .mean().",
    ),
)


def _squared_error(x: Tensor, x_hat: Tensor) -> Tensor:
    return ((x - x_hat) ** 2).sum(1).mean()


def _axes(x: Tensor, latent_dim: int) -> Tensor:
    return torch.linalg.svd(x, full_matrices=False).Vh[:latent_dim]  # (J, D)


def _widths(x: Tensor) -> Tensor:
    return torch.linalg.svdvals(x - x.mean(0))  # (D,) singular values, largest first


@EXERCISE.mistake
def pca_not_centred(x: Tensor, latent_dim: int) -> Tensor:
    """You did not subtract the mean image, so the first direction is spent on pointing at it: the best lines pass
    through the mean of x."""
    axes = _axes(x, latent_dim)
    return _squared_error(x, x @ axes.T @ axes)


@EXERCISE.mistake
def pca_projects_uncentred(x: Tensor, latent_dim: int) -> Tensor:
    """Your directions are right, but you project x itself: subtract the mean image before encoding too, and compare
    with what was encoded."""
    axes = _axes(x - x.mean(0), latent_dim)
    return _squared_error(x, x @ axes.T @ axes)


@EXERCISE.mistake
def pca_mean_not_added(x: Tensor, latent_dim: int) -> Tensor:
    """You encode what is left after subtracting the mean image, and then compare with x: add the mean back to x_hat,
    or compare with the centred x."""
    centred = x - x.mean(0)
    axes = _axes(centred, latent_dim)
    return _squared_error(x, centred @ axes.T @ axes)


@EXERCISE.mistake
def pca_axes_uncentred(x: Tensor, latent_dim: int) -> Tensor:
    """You look for the directions in x itself and subtract the mean image afterwards: subtract it before the
    decomposition."""
    centred = x - x.mean(0)
    axes = _axes(x, latent_dim)
    return _squared_error(centred, centred @ axes.T @ axes)


EXERCISE.recognise(
    """You subtract from each image the mean of its pixels, axis 1; asked is the mean image, over axis 0.""",
    lambda x, latent_dim: _squared_error(*_rebuilt(x - x.mean(1, keepdim=True), latent_dim)),
)


EXERCISE.recognise(
    """You subtract one number, the mean of the whole tensor; every pixel has a mean of its own, x.mean(0).""",
    lambda x, latent_dim: _squared_error(*_rebuilt(x - x.mean(), latent_dim)),
)


def _rebuilt(x: Tensor, latent_dim: int) -> tuple[Tensor, Tensor]:
    axes = _axes(x, latent_dim)
    return x, x @ axes.T @ axes


EXERCISE.recognise(
    """You divide every pixel by its standard deviation, so all count alike and the error has another unit: only
    subtract the mean.""",
    lambda x, latent_dim: _squared_error(*_rebuilt((x - x.mean(0)) / x.std(0), latent_dim)),
)


EXERCISE.recognise(
    """You average over pixels as well; in this course an error is summed over the pixels of an image, then averaged
    over images.""",
    lambda x, latent_dim: pca_error(x, latent_dim) / x.shape[1],
)


EXERCISE.recognise(
    """You add up all images, so the error grows with N (squared singular values do so too): divide by the number of
    images.""",
    lambda x, latent_dim: pca_error(x, latent_dim) * len(x),
)


EXERCISE.recognise(
    """You divide by N - 1, as torch.cov and var do; the average over images divides by N.""",
    lambda x, latent_dim: pca_error(x, latent_dim) * len(x) / (len(x) - 1),
)


EXERCISE.recognise(
    """You return one error per image, (N,): average them.""",
    lambda x, latent_dim: ((x - x.mean(0) - _rebuilt(x - x.mean(0), latent_dim)[1]) ** 2).sum(1),
)


EXERCISE.recognise(
    """You keep the narrowest directions and lose the widest: eigh sorts upwards, so the widest are the last columns;
    svd sorts downwards.""",
    lambda x, latent_dim: (_widths(x).flip(0)[latent_dim:] ** 2).sum() / len(x),
)


EXERCISE.recognise(
    """You keep one direction too many: latent_dim of them.""",
    lambda x, latent_dim: pca_error(x, latent_dim + 1),
)


EXERCISE.recognise(
    """You keep one direction too few: latent_dim of them.""",
    lambda x, latent_dim: pca_error(x, latent_dim - 1),
)


EXERCISE.recognise(
    """You count only the first direction that is lost; all those after it are lost as well: add them up.""",
    lambda x, latent_dim: (_widths(x)[latent_dim : latent_dim + 1] ** 2).sum() / len(x),
)


@EXERCISE.mistake
def pca_only_one_axis(x: Tensor, latent_dim: int) -> Tensor:
    """You keep a single direction, the one at place latent_dim: keep the first latent_dim of them, with a colon."""
    widths = _widths(x) ** 2
    return (widths.sum() - widths[latent_dim - 1]) / len(x)


EXERCISE.recognise(
    """You add up singular values as they are; a squared error is made of their squares.""",
    lambda x, latent_dim: _widths(x)[latent_dim:].sum() / len(x),
)


EXERCISE.recognise(
    """You square eigenvalues; they are squared lengths already (singular values are not).""",
    lambda x, latent_dim: ((_widths(x)[latent_dim:] ** 2 / len(x)) ** 2).sum(),
)


EXERCISE.recognise(
    """This is what the code keeps; the error is what it loses: the directions after the first latent_dim.""",
    lambda x, latent_dim: (_widths(x)[:latent_dim] ** 2).sum() / len(x),
)


@EXERCISE.mistake
def pca_share_lost(x: Tensor, latent_dim: int) -> Tensor:
    """This is the share of the variance that is lost, from 0 to 1; asked is the error itself, in squared ink per
    image."""
    widths = _widths(x) ** 2
    return widths[latent_dim:].sum() / widths.sum()


@EXERCISE.mistake
def pca_share_kept(x: Tensor, latent_dim: int) -> Tensor:
    """This is the share of the variance that is kept, often called explained; asked is the error that is left."""
    widths = _widths(x) ** 2
    return widths[:latent_dim].sum() / widths.sum()


EXERCISE.recognise(
    """You take a root at the end; the lesson's error stays squared.""",
    lambda x, latent_dim: pca_error(x, latent_dim).sqrt(),
)


EXERCISE.recognise(
    """You average distances, the root of each image's squared error: average the squares themselves.""",
    lambda x, latent_dim: (x - x.mean(0) - _rebuilt(x - x.mean(0), latent_dim)[1]).norm(dim=1).mean(),
)


EXERCISE.recognise(
    """You add up distances pixel by pixel without squaring them: PCA is best by squares, and they are asked.""",
    lambda x, latent_dim: (x - x.mean(0) - _rebuilt(x - x.mean(0), latent_dim)[1]).abs().sum(1).mean(),
)


@EXERCISE.mistake
def pca_columns_of_vh(x: Tensor, latent_dim: int) -> Tensor:
    """You take columns of Vh; its rows are the directions (torch returns V transposed): Vh[:latent_dim]."""
    centred = x - x.mean(0)
    axes = torch.linalg.svd(centred, full_matrices=False).Vh[:, :latent_dim]  # (D, J)
    return _squared_error(centred, centred @ axes @ axes.T)


@EXERCISE.mistake
def pca_rows_of_eigenvectors(x: Tensor, latent_dim: int) -> Tensor:
    """You take rows of eigh's eigenvectors; its columns are the directions: [:, -latent_dim:]."""
    centred = x - x.mean(0)
    axes = torch.linalg.eigh(centred.T @ centred).eigenvectors[-latent_dim:]  # (J, D)
    return _squared_error(centred, centred @ axes.T @ axes)


EXERCISE.recognise(
    """You keep the first latent_dim pixels and lose the others; the best code mixes all pixels: it projects on
    directions.""",
    lambda x, latent_dim: ((x - x.mean(0)) ** 2)[:, latent_dim:].sum(1).mean(),
)


EXERCISE.recognise(
    """This is the error of the mean image alone, without any code: take off what the first latent_dim directions
    explain.""",
    lambda x, latent_dim: pca_error(x, 0),
)


EXERCISE.mistake(writes_into(pca_error, 0))
