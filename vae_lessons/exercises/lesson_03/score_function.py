"""Exercise 3.2: the score-function estimator."""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor

from vae_lessons.exercises.engine.common_mistakes import writes_into
from vae_lessons.exercises.engine.comparing import Answer, Probe, Seen
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def score_function(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """Score-function estimates of the gradient of the average of f(z), z ~ N(mu, std**2), for mu and for std.

    f, z: (n,), values f(z_i) and the draws. Returns two scalars. Source: Williams 1992.
    """
    score_mu = (z - mu) / std**2  # (n,) slope of log q(z) for mu
    score_std = ((z - mu) ** 2 / std**2 - 1) / std  # (n,) and for std
    return (f * score_mu).mean(), (f * score_std).mean()


def score_probe(*inputs: dict[str, object], results: tuple[str, str], tolerance: float) -> Probe:
    """Calls the answer with each of these; two numbers in one tensor or array count as two results."""
    probe = each(*inputs, results=results, tolerance=tolerance)

    def apart(answer: Answer) -> Iterator[Seen]:
        def in_a_tuple(*arguments: object) -> object:
            returned = answer(*arguments)
            one = isinstance(returned, Tensor | np.ndarray) and tuple(returned.shape) == (2,)
            return tuple(returned) if one else returned

        return probe(in_a_tuple)

    return apart


EXERCISE = Exercise(
    number="3.2",
    title="The score-function estimator",
    task="""From draws z of N(mu, std**2) and the values f = f(z), both (n,), estimate the gradient of the expectation
    of f with respect to mu and std, using only derivatives of log q(z). Return the two estimates, (d_mu, d_std). mu
    and std are numbers.""",
    minutes=8,
    difficulty=2,
    reference=score_function,
    probe=score_probe(
        {"f": torch.tensor([2.3]), "z": torch.tensor([1.9]), "mu": 0.6, "std": 0.7},
        {
            "f": torch.tensor([2.3, -0.4, 5.1, 0.8, 3.7]),
            "z": torch.tensor([1.9, -0.3, 2.6, 0.4, 1.2]),
            "mu": 0.6,
            "std": 0.7,
        },
        results=("d_mu", "d_std"),
        tolerance=1e-3,
    ),
    hints=(
        "f itself is never differentiated: it only weights, for each draw, the derivative of log q.",
        "Take the logarithm of the Gaussian density and differentiate it: for mu that is (z - mu) / std^2. And for "
        "std? Mind the -log std.",
        "The derivative for std has two terms, one from the exponent and one from -log std. Check: averaged over "
        "many draws, it is 0.",
    ),
)


EXERCISE.recognise(
    """You divide the derivative for mu by std, not by std^2.""",
    lambda f, z, mu, std: ((f * (z - mu) / std).mean(), score_function(f, z, mu, std)[1]),
)


EXERCISE.recognise(
    """The derivative for mu is not divided by the variance: the narrower the Gaussian, the steeper its logarithm.""",
    lambda f, z, mu, std: ((f * (z - mu)).mean(), score_function(f, z, mu, std)[1]),
)


@EXERCISE.mistake
def score_for_mu_sign(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """d_mu has the wrong sign: moving mu towards a draw makes that draw more likely."""
    d_mu, d_std = score_function(f, z, mu, std)
    return -d_mu, d_std


@EXERCISE.mistake
def score_both_signs(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """Both estimates have the wrong sign, as if they were derivatives of -log q."""
    d_mu, d_std = score_function(f, z, mu, std)
    return -d_mu, -d_std


EXERCISE.recognise(
    """The derivative for std lacks the term from -log std: as it stands, a wider Gaussian would make every draw more
    likely.""",
    lambda f, z, mu, std: (score_function(f, z, mu, std)[0], (f * (z - mu) ** 2 / std**3).mean()),
)


EXERCISE.recognise(
    """d_std is the derivative for log std; the task asks for the one for std.""",
    lambda f, z, mu, std: (score_function(f, z, mu, std)[0], (f * ((z - mu) ** 2 / std**2 - 1)).mean()),
)


EXERCISE.recognise(
    """d_std is the derivative for the variance; the task asks for the one for std.""",
    lambda f, z, mu, std: (
        score_function(f, z, mu, std)[0],
        (f * ((z - mu) ** 2 / std**2 - 1) / (2 * std**2)).mean(),
    ),
)


EXERCISE.recognise(
    """You average the derivatives of log q alone, which is 0 up to noise: f does not appear.""",
    lambda f, z, mu, std: score_function(torch.ones_like(f), z, mu, std),
)


@EXERCISE.mistake
def score_averages_apart(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """You multiply the average of f by the average derivative, so it no longer matters which draw had which f."""
    d_mu, d_std = score_function(torch.ones_like(f), z, mu, std)
    return f.mean() * d_mu, f.mean() * d_std


@EXERCISE.mistake
def score_summed(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """You add up the draws, so the estimate grows with their number."""
    d_mu, d_std = score_function(f, z, mu, std)
    return len(f) * d_mu, len(f) * d_std


@EXERCISE.mistake
def score_per_draw(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """Each draw's term is right, but the estimate is their average, one number for mu and one for std."""
    return f * (z - mu) / std**2, f * ((z - mu) ** 2 / std**2 - 1) / std


EXERCISE.recognise(
    """The two estimates are right but swapped: mu comes first.""",
    lambda f, z, mu, std: score_function(f, z, mu, std)[::-1],
)


EXERCISE.recognise(
    """You use f as if it were the derivative of f: f times 1 for mu and f times eps for std is the pathwise formula.
    The score function weights the derivatives of log q by f.""",
    lambda f, z, mu, std: (f.mean(), (f * (z - mu) / std).mean()),
)


@EXERCISE.mistake
def score_of_density(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """You use derivatives of q, not of log q: the draws come from q already, so its density must not weight them
    again."""
    density = torch.distributions.Normal(mu, std).log_prob(z).exp()
    return score_function(f * density, z, mu, std)


EXERCISE.recognise(
    """You subtract the average of f as a baseline. Each f is part of that average, which biases the estimate by 1 /
    n; the task asks for the plain estimator.""",
    lambda f, z, mu, std: score_function(f - f.mean(), z, mu, std),
)


def _with_score_of_std(score: Callable[[Tensor, float], Tensor]) -> Answer:
    """An answer that is right for mu and takes score(z - mu, std) as the slope of log q for std."""
    return lambda f, z, mu, std: (score_function(f, z, mu, std)[0], (f * score(z - mu, std)).mean())


EXERCISE.recognise(
    """d_std has the wrong sign: a draw further out than std is more likely under a wider Gaussian.""",
    _with_score_of_std(lambda away, std: -(away**2 / std**2 - 1) / std),
)


EXERCISE.recognise(
    """The derivative for std has std^2 below (z - mu)^2, but differentiating 1 / std^2 gives one more power of
    std.""",
    _with_score_of_std(lambda away, std: away**2 / std**2 - 1 / std),
)


EXERCISE.recognise(
    """The derivative for std subtracts 1, but the derivative of log std is not 1.""",
    _with_score_of_std(lambda away, std: away**2 / std**3 - 1),
)


EXERCISE.recognise(
    """The derivative for std adds 1 / std, but log q contains minus log std.""",
    _with_score_of_std(lambda away, std: away**2 / std**3 + 1 / std),
)


EXERCISE.recognise(
    """The derivative for std keeps the 1/2 of -(z - mu)^2 / (2 std^2), but the 2 of the exponent cancels it.""",
    _with_score_of_std(lambda away, std: away**2 / (2 * std**3) - 1 / std),
)


EXERCISE.recognise(
    """In the derivative for std, (z - mu) is not squared, but draws equally far on either side of mu count alike.""",
    _with_score_of_std(lambda away, std: away / std**3 - 1 / std),
)


EXERCISE.recognise(
    """d_std is the derivative for the logarithm of the variance; the task asks for the one for std.""",
    _with_score_of_std(lambda away, std: 0.5 * (away**2 / std**2 - 1)),
)


EXERCISE.recognise(
    """You use std as the variance, but the exponent of the Gaussian contains std^2. (torch's Normal expects std
    itself.)""",
    lambda f, z, mu, std: (
        (f * (z - mu) / std).mean(),
        (f * ((z - mu) ** 2 / std**2 - 1 / std)).mean() / 2,
    ),
)


EXERCISE.recognise(
    """You divide by n - 1; an average of n draws divides by n, and with a single draw n - 1 is 0.""",
    lambda f, z, mu, std: tuple((one * len(f)) / (len(f) - 1) for one in score_function(f, z, mu, std)),
)


EXERCISE.recognise(
    """You take the median of the draws, but only their mean has the gradient as its expectation.""",
    lambda f, z, mu, std: tuple(one.median() for one in score_per_draw(f, z, mu, std)),
)


EXERCISE.recognise(
    """You estimate mean and standard deviation from the draws, but log q has the mu and std you are given.""",
    lambda f, z, mu, std: score_function(f, z, z.mean(), ((z - z.mean()) ** 2).sum().div(len(z) - 1).sqrt()),
)


EXERCISE.recognise(
    """You subtract the average f of the other draws, a good baseline without bias; the task asks for the plain
    estimator, which works with a single draw as well.""",
    lambda f, z, mu, std: score_function(f - (f.sum() - f) / (len(f) - 1), z, mu, std),
)


EXERCISE.recognise(
    """You return one value; the task asks for two, the estimate for mu and the one for std. (If it is f times log q,
    it is still to be differentiated.)""",
    lambda f, z, mu, std: (f * torch.distributions.Normal(mu, std).log_prob(z)).mean(),
)


EXERCISE.mistake(writes_into(score_function, 0))


EXERCISE.mistake(writes_into(score_function, 1))


EXERCISE.recognise(
    """You take f for z**2, whose derivative is known. Here f is known by its values alone: they weight the derivatives
    of log q.""",
    lambda f, z, mu, std: ((2 * z).mean(), (2 * z * (z - mu) / std).mean()),
    lambda f, z, mu, std: (torch.tensor(2 * mu), torch.tensor(2 * std)),
)
