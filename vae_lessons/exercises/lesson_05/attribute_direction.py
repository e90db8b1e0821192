"""Exercise 5.3: the direction of an attribute."""

import torch
import torch.nn.functional as F
from torch import Tensor

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each
from vae_lessons.exercises.lesson_05.inputs import _errors_by_type
from vae_lessons.latent_space import attribute_direction

EXERCISE = Exercise(
    number="5.3",
    title="The direction of a smile",
    task="""How do codes move when an attribute grows by one unit? z is (N, J), attribute is (N,), a number for each
    code, both floats. Return the direction (J,): for each latent the slope of the least-squares line of z_j over the
    attribute, cov(z_j, a) / var(a). For an attribute that is 0 or 1 it is the mean of the ones minus the mean of the
    zeros.""",
    minutes=8,
    difficulty=2,
    reference=attribute_direction,
    probe=_errors_by_type(
        each(
            {"z": torch.tensor([[0.4], [1.9], [2.6]]), "attribute": torch.tensor([0.0, 1.0, 1.0])},
            {
                "z": torch.tensor([[0.4, -1.3], [1.9, 0.7], [2.6, -0.2], [-0.9, 1.5], [0.3, 2.2]]),
                "attribute": torch.tensor([1.0, 0.0, 1.0, 0.0, 0.0]),
            },
            {
                "z": torch.tensor(
                    [
                        [0.4, -1.3, 0.8],
                        [1.9, 0.7, -0.6],
                        [2.6, -0.2, 1.4],
                        [-0.9, 1.5, 0.3],
                        [0.35, 2.2, -1.1],
                    ]
                ),
                "attribute": torch.tensor([-0.7, 0.2, 0.6, 2.7, 0.45]),
            },
        )
    ),
    hints=(
        "For a 0/1 attribute: where are the ones on average, where the zeros? The formula says the same for any "
        "attribute.",
        "Centre both, z - z.mean(0) and attribute - attribute.mean(): a covariance is the mean of their products.",
        "One matrix product of the two gives all J covariances at once, each N times too large; mind the same N in "
        "the variance. Test yourself: doubling the attribute must halve the direction.",
    ),
)


def _centred(z: Tensor, attribute: Tensor) -> tuple[Tensor, Tensor]:
    return z - z.mean(0), attribute - attribute.mean()


def _by_groups(sentence: str, combine) -> None:
    """Mistakes that take two groups for granted, however these are told apart; combine(ones, zeros, all)."""
    for name, ones in {
        "is 1": lambda a: a == 1,
        "above a half": lambda a: a > 0.5,
        "above 0": lambda a: a > 0,
        "not 0": lambda a: a != 0,
        "above the mean": lambda a: a > a.mean(),
    }.items():
        zeros = (lambda a: a == 0) if name == "is 1" else (lambda a, ones=ones: ~ones(a))

        def answer(z: Tensor, attribute: Tensor, ones=ones, zeros=zeros) -> Tensor:
            return combine(z[ones(attribute)], z[zeros(attribute)], z)

        EXERCISE.recognise(sentence, answer)


_by_groups(
    """Right for an attribute that is 0 or 1, but others have no two groups: a smile of 0.3 should count for more than
    one of 0.2.""",
    lambda ones, zeros, all_of_them: ones.mean(0) - zeros.mean(0),
)


_by_groups(
    """This is where the ones are on average, not how they differ from the zeros: what all codes share is still in
    it.""",
    lambda ones, zeros, all_of_them: ones.mean(0),
)


_by_groups(
    """Your direction points the other way, from the ones to the zeros.""",
    lambda ones, zeros, all_of_them: zeros.mean(0) - ones.mean(0),
)


_by_groups(
    """You compare the ones with all codes, which include the ones, so the direction is too short.""",
    lambda ones, zeros, all_of_them: ones.mean(0) - all_of_them.mean(0),
)


_by_groups(
    """You sum each group instead of averaging it, so the larger group dominates.""",
    lambda ones, zeros, all_of_them: ones.sum(0) - zeros.sum(0),
)


EXERCISE.recognise(
    """This is a mean of the codes weighted by the attribute, and nothing is centred: what all codes share is still in
    it.""",
    lambda z, attribute: attribute @ z / attribute.sum(),
)


EXERCISE.recognise(
    """You take the code with the largest attribute minus the one with the smallest, so whatever else these two images
    differ in counts as well.""",
    lambda z, attribute: z[attribute.argmax()] - z[attribute.argmin()],
)


EXERCISE.recognise(
    """Everything but the sign is right: your direction makes the attribute smaller.""",
    lambda z, attribute: -attribute_direction(z, attribute),
)


@EXERCISE.mistake
def covariance_only(z: Tensor, attribute: Tensor) -> Tensor:
    """This is the covariance, which depends on how much the attribute varies; the task asks for the move per unit of
    it."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / len(z)


@EXERCISE.mistake
def covariance_only_unbiased(z: Tensor, attribute: Tensor) -> Tensor:
    """This is the covariance (over N - 1), which depends on how much the attribute varies; the task asks for the move
    per unit of it."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / (len(z) - 1)


@EXERCISE.mistake
def products_summed(z: Tensor, attribute: Tensor) -> Tensor:
    """You sum the products of z and attribute and divide by nothing, so the direction grows with N."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute


@EXERCISE.mistake
def correlation(z: Tensor, attribute: Tensor) -> Tensor:
    """These are correlations: with the standard deviation of z in the denominator, a latent that moves far looks like
    one that moves little."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / (z.norm(dim=0) * attribute.norm())


@EXERCISE.mistake
def by_the_spread(z: Tensor, attribute: Tensor) -> Tensor:
    """You divide the covariance by the attribute's standard deviation, which gives the move per standard deviation, not
    per unit."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / len(z) / attribute.std(correction=0)


@EXERCISE.mistake
def by_the_spread_unbiased(z: Tensor, attribute: Tensor) -> Tensor:
    """You divide the covariance by the attribute's standard deviation (both over N - 1), which gives the move per
    standard deviation, not per unit."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / (len(z) - 1) / attribute.std()


EXERCISE.recognise(
    """You normalised the direction to length 1, so it no longer says how far one unit of the attribute moves a
    code.""",
    lambda z, attribute: F.normalize(attribute_direction(z, attribute), dim=0),
)


@EXERCISE.mistake
def slope_upside_down(z: Tensor, attribute: Tensor) -> Tensor:
    """You divide by the variance of z, which gives the slope of the attribute over each latent: the regression is the
    wrong way round."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / (z**2).sum(0)


@EXERCISE.mistake
def attribute_from_codes(z: Tensor, attribute: Tensor) -> Tensor:
    """You predict the attribute from all latents at once. That shows how to read it from a code; the task asks how
    codes move with it, one line for each latent."""
    z, attribute = _centred(z, attribute)
    return torch.linalg.lstsq(z, attribute[:, None]).solution[:, 0]


EXERCISE.recognise(
    """You predict the attribute from all latents at once, and without an intercept; the task asks how codes move with
    the attribute, one line for each latent.""",
    lambda z, attribute: torch.linalg.lstsq(z, attribute[:, None]).solution[:, 0],
)


EXERCISE.recognise(
    """Neither z nor the attribute is centred, so your lines are forced through 0.""",
    lambda z, attribute: z.T @ attribute / (attribute @ attribute),
)


@EXERCISE.mistake
def variance_not_centred(z: Tensor, attribute: Tensor) -> Tensor:
    """You divide by the mean square of the attribute, which is not its variance: it is not centred in the
    denominator."""
    z, _ = _centred(z, attribute)
    return z.T @ attribute / (attribute @ attribute)


@EXERCISE.mistake
def covariance_not_centred(z: Tensor, attribute: Tensor) -> Tensor:
    """The variance is centred, but the products in the numerator are not, so what all codes share counts as
    movement."""
    _, attribute_ = _centred(z, attribute)
    return z.T @ attribute / (attribute_ @ attribute_)


@EXERCISE.mistake
def mixed_counts(z: Tensor, attribute: Tensor) -> Tensor:
    """Your direction is too short by (N - 1) / N: the covariance is divided by N, and the variance by N - 1, as in
    torch.var."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / len(z) / attribute.var()


@EXERCISE.mistake
def mixed_counts_the_other_way(z: Tensor, attribute: Tensor) -> Tensor:
    """Your direction is too long by N / (N - 1): the covariance is divided by N - 1, as in torch.cov, and the variance
    by N."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / (len(z) - 1) / attribute.var(correction=0)


EXERCISE.recognise(
    """The numbers are right, but the shape is (1, J), as keepdim leaves it: return (J,).""",
    lambda z, attribute: attribute_direction(z, attribute)[None],
)


EXERCISE.recognise(
    """The numbers are right, but the shape is (J, 1): return (J,).""",
    lambda z, attribute: attribute_direction(z, attribute)[:, None],
)


EXERCISE.recognise(
    """You average over the latents as well; a direction has one number for each latent, (J,).""",
    lambda z, attribute: attribute_direction(z, attribute).mean(),
)


@EXERCISE.mistake
def codes_centred_in_place(z: Tensor, attribute: Tensor) -> Tensor:
    """The direction is right, but z -= ... changed the caller's codes: write z = z - z.mean(0)."""
    z -= z.mean(0)
    return attribute_direction(z, attribute)


@EXERCISE.mistake
def attribute_centred_in_place(z: Tensor, attribute: Tensor) -> Tensor:
    """The direction is right, but attribute -= ... changed the caller's attribute: write attribute = attribute - ..."""
    attribute -= attribute.mean()
    return attribute_direction(z, attribute)


@EXERCISE.mistake
def both_centred_in_place(z: Tensor, attribute: Tensor) -> Tensor:
    """The direction is right, but -= changed both the codes and the attribute of the caller: write z = z -
    z.mean(0)."""
    z -= z.mean(0)
    attribute -= attribute.mean()
    return attribute_direction(z, attribute)


@EXERCISE.mistake
def from_the_extremes(z: Tensor, attribute: Tensor) -> Tensor:
    """You take the slope between the two codes with the smallest and the largest attribute; the least-squares line
    counts all of them."""
    order = attribute.argsort()
    return (z[order[-1]] - z[order[0]]) / (attribute.max() - attribute.min())


@EXERCISE.mistake
def by_the_spread_mixed(z: Tensor, attribute: Tensor) -> Tensor:
    """You divide the covariance by the attribute's standard deviation, and count N in one and N - 1 in the other; the
    move per unit has the variance in its denominator, counted alike."""
    z, attribute = _centred(z, attribute)
    return z.T @ attribute / len(z) / attribute.std()
