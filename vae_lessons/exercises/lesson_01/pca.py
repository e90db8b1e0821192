"""Exercise 1.3: principal component analysis by hand."""

import torch
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import writes_into
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def pca_error(x: Tensor, latent_dim: int) -> Tensor:
    """Squared error per image of the best linear reconstruction from latent_dim numbers: x (N, D) -> a scalar."""
    centred = x - x.mean(0)  # (N, D)
    axes = torch.linalg.svd(centred, full_matrices=False).Vh[:latent_dim]  # (J, D) of largest variance
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
    task="""Write pca_error(x, latent_dim): the reconstruction error of the best linear code with latent_dim numbers.
    x is (N, D): N images with D pixels each. Return one number, the squared error summed over pixels and averaged
    over images, like the lesson's 'squared error per image'. (torch.pca_lowrank is not exact enough.)""",
    minutes=10,
    difficulty=3,
    reference=pca_error,
    probe=each(
        {"x": torch.tensor([[1.5, 0.2], [2.7, 1.9], [4.1, 1.3]]), "latent_dim": 1},
        *({"x": PLATES, "latent_dim": latent_dim} for latent_dim in (2, 1, 3, 5)),
    ),
    hints=(
        "Subtract the mean image first. Which decomposition gives the directions of largest variance?",
        "torch.linalg.svd(centred).Vh has them as rows, largest variance first. torch.linalg.eigh of centred.T @ "
        "centred has them as columns, largest last.",
        "Project the centred images onto the directions you keep, map the codes back, and measure the difference. "
        "Check: with latent_dim = D the error is 0.",
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
    """You did not subtract the mean image, so the first direction is spent on pointing towards it."""
    axes = _axes(x, latent_dim)
    return _squared_error(x, x @ axes.T @ axes)


@EXERCISE.mistake
def pca_projects_uncentred(x: Tensor, latent_dim: int) -> Tensor:
    """Your directions are right, but you project x without subtracting the mean image."""
    axes = _axes(x - x.mean(0), latent_dim)
    return _squared_error(x, x @ axes.T @ axes)


@EXERCISE.mistake
def pca_mean_not_added(x: Tensor, latent_dim: int) -> Tensor:
    """You encode x minus the mean image, but compare the result with x itself: the mean is missing from x_hat."""
    centred = x - x.mean(0)
    axes = _axes(centred, latent_dim)
    return _squared_error(x, centred @ axes.T @ axes)


@EXERCISE.mistake
def pca_axes_uncentred(x: Tensor, latent_dim: int) -> Tensor:
    """You subtract the mean image only after finding the directions, so they are those of the uncentred x."""
    centred = x - x.mean(0)
    axes = _axes(x, latent_dim)
    return _squared_error(centred, centred @ axes.T @ axes)


EXERCISE.recognise(
    """You subtract from each image the mean of its own pixels, over axis 1; the mean image is the mean over axis
    0.""",
    lambda x, latent_dim: _squared_error(*_rebuilt(x - x.mean(1, keepdim=True), latent_dim)),
)


EXERCISE.recognise(
    """You subtract one number, the mean of the whole tensor; the mean image has a mean for each pixel.""",
    lambda x, latent_dim: _squared_error(*_rebuilt(x - x.mean(), latent_dim)),
)


def _rebuilt(x: Tensor, latent_dim: int) -> tuple[Tensor, Tensor]:
    axes = _axes(x, latent_dim)
    return x, x @ axes.T @ axes


EXERCISE.recognise(
    """You divide every pixel by its standard deviation, so all pixels count alike and the error has another unit.""",
    lambda x, latent_dim: _squared_error(*_rebuilt((x - x.mean(0)) / x.std(0), latent_dim)),
)


EXERCISE.recognise(
    """You also average over the pixels; the error is summed over the pixels of an image, then averaged over
    images.""",
    lambda x, latent_dim: pca_error(x, latent_dim) / x.shape[1],
)


EXERCISE.recognise(
    """You add up the errors of all images (as squared singular values do), so the result grows with N.""",
    lambda x, latent_dim: pca_error(x, latent_dim) * len(x),
)


EXERCISE.recognise(
    """You divide by N - 1, as torch.cov and var do; the average over N images divides by N.""",
    lambda x, latent_dim: pca_error(x, latent_dim) * len(x) / (len(x) - 1),
)


EXERCISE.recognise(
    """You return one error per image, (N,); the task asks for their average.""",
    lambda x, latent_dim: ((x - x.mean(0) - _rebuilt(x - x.mean(0), latent_dim)[1]) ** 2).sum(1),
)


EXERCISE.recognise(
    """You keep the directions of smallest variance and drop those of largest: eigh sorts in ascending order, svd in
    descending order.""",
    lambda x, latent_dim: (_widths(x).flip(0)[latent_dim:] ** 2).sum() / len(x),
)


EXERCISE.recognise(
    """You keep one direction too many.""",
    lambda x, latent_dim: pca_error(x, latent_dim + 1),
)


EXERCISE.recognise(
    """You keep one direction too few.""",
    lambda x, latent_dim: pca_error(x, latent_dim - 1),
)


EXERCISE.recognise(
    """You count only the first of the dropped directions; all those after it are lost as well.""",
    lambda x, latent_dim: (_widths(x)[latent_dim : latent_dim + 1] ** 2).sum() / len(x),
)


@EXERCISE.mistake
def pca_only_one_axis(x: Tensor, latent_dim: int) -> Tensor:
    """You keep a single direction, number latent_dim, instead of the first latent_dim: a colon is missing."""
    widths = _widths(x) ** 2
    return (widths.sum() - widths[latent_dim - 1]) / len(x)


EXERCISE.recognise(
    """You add up the singular values themselves; a squared error is a sum of their squares.""",
    lambda x, latent_dim: _widths(x)[latent_dim:].sum() / len(x),
)


EXERCISE.recognise(
    """You square the eigenvalues; unlike singular values, they are squares already.""",
    lambda x, latent_dim: ((_widths(x)[latent_dim:] ** 2 / len(x)) ** 2).sum(),
)


EXERCISE.recognise(
    """This is what the code keeps; the error is what it loses.""",
    lambda x, latent_dim: (_widths(x)[:latent_dim] ** 2).sum() / len(x),
)


@EXERCISE.mistake
def pca_share_lost(x: Tensor, latent_dim: int) -> Tensor:
    """This is the share of the variance that is lost, between 0 and 1; the task asks for the squared error
    itself."""
    widths = _widths(x) ** 2
    return widths[latent_dim:].sum() / widths.sum()


@EXERCISE.mistake
def pca_share_kept(x: Tensor, latent_dim: int) -> Tensor:
    """This is the share of the variance that is kept, often called explained variance; the task asks for the error
    that is left."""
    widths = _widths(x) ** 2
    return widths[:latent_dim].sum() / widths.sum()


EXERCISE.recognise(
    """You take a square root at the end; the task asks for the squared error.""",
    lambda x, latent_dim: pca_error(x, latent_dim).sqrt(),
)


EXERCISE.recognise(
    """You average distances, the square roots of the images' squared errors; the task asks for the average of the
    squares.""",
    lambda x, latent_dim: (x - x.mean(0) - _rebuilt(x - x.mean(0), latent_dim)[1]).norm(dim=1).mean(),
)


EXERCISE.recognise(
    """You add up absolute differences, pixel by pixel; PCA minimises squared errors, and the task asks for those.""",
    lambda x, latent_dim: (x - x.mean(0) - _rebuilt(x - x.mean(0), latent_dim)[1]).abs().sum(1).mean(),
)


@EXERCISE.mistake
def pca_columns_of_vh(x: Tensor, latent_dim: int) -> Tensor:
    """You take columns of Vh; the directions are its rows, since torch returns V transposed."""
    centred = x - x.mean(0)
    axes = torch.linalg.svd(centred, full_matrices=False).Vh[:, :latent_dim]  # (D, J)
    return _squared_error(centred, centred @ axes @ axes.T)


@EXERCISE.mistake
def pca_rows_of_eigenvectors(x: Tensor, latent_dim: int) -> Tensor:
    """You take rows of eigh's eigenvectors; the directions are its columns, largest variance last."""
    centred = x - x.mean(0)
    axes = torch.linalg.eigh(centred.T @ centred).eigenvectors[-latent_dim:]  # (J, D)
    return _squared_error(centred, centred @ axes.T @ axes)


EXERCISE.recognise(
    """You keep the first latent_dim pixels and drop the others; the best code projects onto directions, which mix all
    pixels.""",
    lambda x, latent_dim: ((x - x.mean(0)) ** 2)[:, latent_dim:].sum(1).mean(),
)


EXERCISE.recognise(
    """This is the error of the mean image alone: the code is not used.""",
    lambda x, latent_dim: pca_error(x, 0),
)


EXERCISE.recognise(
    """You divide the sum of all errors by the number of pixels; the average over images divides by N.""",
    lambda x, latent_dim: pca_error(x, latent_dim) * len(x) / x.shape[1],
)


EXERCISE.recognise(
    """You keep the latent_dim pixels that vary most, as they are. The best code takes directions, which mix all
    pixels.""",
    lambda x, latent_dim: x.var(0, correction=0).sort(descending=True).values[latent_dim:].sum(),
)


EXERCISE.mistake(writes_into(pca_error, 0))
