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
    task="""From draws z of N(mu, std**2) and the values f = f(z), both (n,), estimate the gradient of the
    average of f for mu and for std, using only slopes of log q(z): return the two estimates, (d_mu, d_std).
    mu and std are numbers.""",
    minutes=10,
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
        "f itself is never differentiated: each draw votes with its f for making draws like itself more likely.",
        "Take the logarithm of the bell curve and its slopes: for mu (z - mu) / std^2. For std? Mind the -log std.",
        "For std the slope is ((z - mu)^2 / std^2 - 1) / std. Multiply each by f and average over the draws.",
    ),
)


EXERCISE.recognise(
    """The slope for mu is divided by std once too little: of -(z - mu)^2 / (2 std^2) it is (z - mu) / std^2.""",
    lambda f, z, mu, std: ((f * (z - mu) / std).mean(), score_function(f, z, mu, std)[1]),
)


EXERCISE.recognise(
    """The slope for mu is not divided by the variance: a narrow bell curve has a steep logarithm.""",
    lambda f, z, mu, std: ((f * (z - mu)).mean(), score_function(f, z, mu, std)[1]),
)


@EXERCISE.mistake
def score_for_mu_sign(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """d_mu has the wrong sign: moving mu towards a draw makes that draw likelier, so the slope is (z - mu), not
    (mu - z)."""
    d_mu, d_std = score_function(f, z, mu, std)
    return -d_mu, d_std


@EXERCISE.mistake
def score_both_signs(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """Both estimates have the wrong sign, as if for the slope of -log q: these are the slopes of a loss to
    go down."""
    d_mu, d_std = score_function(f, z, mu, std)
    return -d_mu, -d_std


EXERCISE.recognise(
    """The slope for std forgets the -log std of the bell curve's height: as it stands, wider would always
    be likelier. Subtract 1 / std.""",
    lambda f, z, mu, std: (score_function(f, z, mu, std)[0], (f * (z - mu) ** 2 / std**3).mean()),
)


EXERCISE.recognise(
    """d_std is the slope for log std; asked for is that for std, which has one more division by std.""",
    lambda f, z, mu, std: (score_function(f, z, mu, std)[0], (f * ((z - mu) ** 2 / std**2 - 1)).mean()),
)


EXERCISE.recognise(
    """d_std is the slope for the variance; for std it is that times 2 std.""",
    lambda f, z, mu, std: (
        score_function(f, z, mu, std)[0],
        (f * ((z - mu) ** 2 / std**2 - 1) / (2 * std**2)).mean(),
    ),
)


EXERCISE.recognise(
    """You average the slopes alone, which is 0 but for chance: each draw's slope is weighed by its f.""",
    lambda f, z, mu, std: score_function(torch.ones_like(f), z, mu, std),
)


@EXERCISE.mistake
def score_averages_apart(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """You multiply the average of f by the average slope; which draw had which f is lost. Multiply draw by draw, then
    average."""
    d_mu, d_std = score_function(torch.ones_like(f), z, mu, std)
    return f.mean() * d_mu, f.mean() * d_std


@EXERCISE.mistake
def score_summed(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """You add the draws up, so the estimate grows with their number: average them."""
    d_mu, d_std = score_function(f, z, mu, std)
    return len(f) * d_mu, len(f) * d_std


@EXERCISE.mistake
def score_per_draw(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """Each draw's vote is right; the estimate is their average, one number for mu and one for std."""
    return f * (z - mu) / std**2, f * ((z - mu) ** 2 / std**2 - 1) / std


EXERCISE.recognise(
    """The two are right and stand in the other order: mu first, then std.""",
    lambda f, z, mu, std: score_function(f, z, mu, std)[::-1],
)


EXERCISE.recognise(
    """This treats f as if it were the slope of f: f times 1 for mu, f times eps for std is the pathwise formula. The
    score function weighs the slopes of log q by f.""",
    lambda f, z, mu, std: (f.mean(), (f * (z - mu) / std).mean()),
)


@EXERCISE.mistake
def score_of_density(f: Tensor, z: Tensor, mu: float, std: float) -> tuple[Tensor, Tensor]:
    """You use slopes of q, not of log q: where draws come from q already, its density must not weigh them again."""
    density = torch.distributions.Normal(mu, std).log_prob(z).exp()
    return score_function(f * density, z, mu, std)


EXERCISE.recognise(
    """You subtract the average of f, a good baseline, but an f that helps to set its own baseline biases
    the estimate by 1 / n; the task asks for the plain estimator.""",
    lambda f, z, mu, std: score_function(f - f.mean(), z, mu, std),
)


def _with_score_of_std(score: Callable[[Tensor, float], Tensor]) -> Answer:
    """An answer that is right for mu and takes score(z - mu, std) as the slope of log q for std."""
    return lambda f, z, mu, std: (score_function(f, z, mu, std)[0], (f * score(z - mu, std)).mean())


EXERCISE.recognise(
    """d_std has the wrong sign: a draw further out than std asks for a wider bell curve, so its slope is positive.""",
    _with_score_of_std(lambda away, std: -(away**2 / std**2 - 1) / std),
)


EXERCISE.recognise(
    """The slope for std has std^2 below (z - mu)^2: the derivative of 1 / std^2 has one more, std^3.""",
    _with_score_of_std(lambda away, std: away**2 / std**2 - 1 / std),
)


EXERCISE.recognise(
    """The slope for std subtracts 1 where it should subtract 1 / std, the slope of log std.""",
    _with_score_of_std(lambda away, std: away**2 / std**3 - 1),
)


EXERCISE.recognise(
    """The slope for std adds 1 / std: log q holds minus log std, so it is subtracted.""",
    _with_score_of_std(lambda away, std: away**2 / std**3 + 1 / std),
)


EXERCISE.recognise(
    """The slope for std keeps the one half of -(z - mu)^2 / (2 std^2): the 2 of the exponent cancels it.""",
    _with_score_of_std(lambda away, std: away**2 / (2 * std**3) - 1 / std),
)


EXERCISE.recognise(
    """In the slope for std, (z - mu) is not squared: draws on either side of mu ask for the same width.""",
    _with_score_of_std(lambda away, std: away / std**3 - 1 / std),
)


EXERCISE.recognise(
    """d_std is the slope for the logarithm of the variance; for std it is that times 2 / std.""",
    _with_score_of_std(lambda away, std: 0.5 * (away**2 / std**2 - 1)),
)


EXERCISE.recognise(
    """std is read as a variance: in the bell curve's exponent stands std^2. (torch's Normal takes std, no
    root of it.)""",
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
    """You take the median of the draws; it is their mean whose expectation is the gradient.""",
    lambda f, z, mu, std: tuple(one.median() for one in score_per_draw(f, z, mu, std)),
)


EXERCISE.recognise(
    """You measure mean and spread of the draws; the slopes of log q belong to the mu and std that you are given.""",
    lambda f, z, mu, std: score_function(f, z, z.mean(), ((z - z.mean()) ** 2).sum().div(len(z) - 1).sqrt()),
)


EXERCISE.recognise(
    """You subtract the average f of the other draws, a good baseline without bias; the task asks for the
    plain estimator, which works with a single draw as well.""",
    lambda f, z, mu, std: score_function(f - (f.sum() - f) / (len(f) - 1), z, mu, std),
)


EXERCISE.recognise(
    """One thing comes back where two are asked for: return the estimate for mu and that for std. (If it is
    f times log q: that is what has these slopes, not the slopes.)""",
    lambda f, z, mu, std: (f * torch.distributions.Normal(mu, std).log_prob(z)).mean(),
)


EXERCISE.mistake(writes_into(score_function, 0))


EXERCISE.mistake(writes_into(score_function, 1))
