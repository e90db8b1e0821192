"""Exercise 3.5: build a gradient estimator that strays less."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from vae_lessons.exercises.engine.comparing import Answer, Seen, as_tensor
from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import attempt

REPEATS, VALUES = 1000, 64  # estimates of each gradient, and values of f for each estimate


def steadier(f: Callable[[Tensor], Tensor], mu: float, std: float, n: int) -> Tensor:
    """An estimate of d/dmu E[f(z)], z ~ N(mu, std**2), from n values of f: one draw in each of n equally likely parts.

    The draws together are spread like N(mu, std**2), only more evenly, so no baseline is needed.
    """
    share = (torch.arange(n) + torch.rand(n)) / n  # (n,) one number in each of n equal parts of [0, 1]
    eps = torch.special.ndtri(share.double().clamp(1e-9, 1 - 1e-9))  # (n,) the quantiles of N(0, 1)
    values = f(mu + std * eps)
    return ((values - values.mean()) * eps / std).mean()


def _squared(z: Tensor) -> Tensor:
    return z**2


def _hundred_below(z: Tensor) -> Tensor:
    return torch.cos(2 * z) - 3 * (z - 1) ** 2 - 100


def _cubic(z: Tensor) -> Tensor:
    return z**3 - z


CASES = {
    "f(z) = z**2, mu = 1.5, std = 0.8, n = 64": (_squared, 1.5, 0.8),
    "f(z) = cos(2 z) - 3 (z - 1)**2 - 100, mu = -0.5, std = 0.8, n = 64": (_hundred_below, -0.5, 0.8),
    "f(z) = z**3 - z, mu = 0.4, std = 0.8, n = 64": (_cubic, 0.4, 0.8),
}


class _Counted:
    """f without a derivative, counting its values."""

    def __init__(self, f: Callable[[Tensor], Tensor]) -> None:
        self.f, self.count = f, 0

    @torch.no_grad()
    def __call__(self, z: object) -> Tensor:
        z = torch.as_tensor(z)
        self.count += z.numel()
        return self.f(z)


def _candidates(f: Callable[[Tensor], Tensor], mu: float, std: float) -> dict[str, float]:
    """The gradient for mu, by summing over a fine grid, and what mistakes make of it on average."""
    eps = torch.linspace(-9, 9, 20_001, dtype=torch.float64)
    weight = torch.exp(-(eps**2) / 2) / torch.exp(-(eps**2) / 2).sum()
    weighted = f(mu + std * eps) * weight
    gradient = (weighted * eps / std).sum().item()
    return {
        "right": gradient,
        "inverted": -gradient,
        "zero": 0.0,
        "half": gradient / 2,
        "twice": 2 * gradient,
        "times std": gradient * std,
        "times variance": gradient * std**2,
        "over std": gradient / std,
        "for std": (weighted * (eps**2 - 1) / std).sum().item(),
    }


def _with_baseline(f: Callable[[Tensor], Tensor], mu: float, std: float, *n: int) -> Tensor:
    """The estimator to be beaten: each value of f less the average of the others, times the score."""
    z = mu + std * torch.randn(n)
    values = f(z)
    others = (values.sum(-1, keepdim=True) - values) / (n[-1] - 1)
    return ((values - others) * (z - mu) / std**2).mean(-1)


def _probe(answer: Answer) -> Iterator[Seen]:
    for given, (f, mu, std) in CASES.items():
        counted = _Counted(f)
        first, failed = attempt(lambda: answer(counted, mu, std, VALUES), given)  # noqa: B023  (called at once)
        if failed or first is None:
            yield failed or Seen("the result", "None", given)
            return
        kind = as_tensor(first)
        if not isinstance(kind, Tensor) or kind.numel() != 1:
            words = kind if isinstance(kind, str) else f"numbers of shape {tuple(kind.shape)}"
            yield Seen("the result", "no number", given, words=words)
            return
        yield Seen("the result", "one number", given)
        within = counted.count <= VALUES
        words = f"at most {VALUES}" if within else str(counted.count)
        yield Seen("values of f used", "within" if within else "more", given, words=words)
    found, failed = attempt(lambda: _estimates(answer), given)
    if failed:
        yield failed
        return
    for (given, (f, mu, std)), estimates in zip(CASES.items(), found, strict=True):
        candidates, average = _candidates(f, mu, std), estimates.mean().item()
        slack = 5 * estimates.std().item() / REPEATS**0.5 + 0.01 * abs(candidates["right"])
        candidates["frozen"] = average if estimates.std() == 0 else float("nan")
        meant = next((name for name, value in candidates.items() if abs(average - value) <= slack), "other")
        words = f"{average:.3f}" if meant != "right" else f"{candidates['right']:.3f}"
        yield Seen(f"the average of {REPEATS} estimates", meant, given, words=words)
        if meant != "right" or f is _cubic:
            continue
        share = estimates.var().item() / _with_baseline(f, mu, std, 10_000, VALUES).var().item()
        size = "half" if share <= 0.5 else "alike" if share <= 1.18 else "more" if share < 10 else "far more"
        words = "at most 0.5" if share <= 0.5 else f"{share:.2f}"
        yield Seen("the variance, as a share of that with the baseline", size, given, words=words)


def _estimates(answer: Answer) -> Tensor:
    """Estimates (cases, REPEATS), the cases in turn, so that none is helped by the one before."""
    rounds = [
        [float(answer(_Counted(f), mu, std, VALUES)) for f, mu, std in CASES.values()] for _ in range(REPEATS)
    ]
    return torch.tensor(rounds).T


EXERCISE = Exercise(
    number="3.5",
    title="Build: less variance",
    task="""The score-function estimator with a baseline (each value of f less the average of the others) is unbiased,
    but noisy. Build a better one: steadier(f, mu, std, n) returns an estimate of the gradient of E[f(z)] with respect
    to mu, for z from N(mu, std**2), one number. f takes any tensor of z and returns a value for each; it gives no
    derivatives, and you may use at most n values of it. The average of your estimates must be right, and their
    variance at most half of that with the baseline, at n = 64. Any method will do.""",
    minutes=20,
    difficulty=3,
    reference=steadier,
    probe=_probe,
    hints=(
        "The noise comes from two places: which z were drawn, and the size of what the score is multiplied by. You can "
        "work on either.",
        "You choose the draws. Independent draws clump and leave gaps by chance. What would 64 draws look like that "
        "spread as N(mu, std**2) does, without gaps, and still differ from call to call?",
        "Two ways that suffice: draw one uniform number in each n-th part of [0, 1] and turn them into quantiles of "
        "the Gaussian; or compare f at mu + h + std * eps and mu - h + std * eps with the same eps for both.",
    ),
    seconds=25,
)


EXERCISE.recognise(
    """Unbiased, and as noisy as the baseline you were given. A constant subtracted from f, however well chosen,
    removes no more than that; what else is random in your estimate?""",
    _with_baseline,
)


@EXERCISE.mistake
def without_baseline(f, mu, std, n):
    """This is the bare score-function estimator: right on average, and noisier than the one to be beaten."""
    z = mu + std * torch.randn(n)
    return (f(z) * (z - mu) / std**2).mean()


@EXERCISE.mistake
def antithetic(f, mu, std, n):
    """Pairs mu + std * eps and mu - std * eps cancel the even part of f, which helps where that part is large. For z**2
    at mu = 1.5 the odd part makes most of the noise, and half as many different eps are left to average it."""
    eps = torch.randn(n // 2)
    return ((f(mu + std * eps) - f(mu - std * eps)) * eps / (2 * std)).mean()


@EXERCISE.mistake
def more_draws(f, mu, std, n):
    """You use more than n values of f. More draws help every estimator alike; the task is to do better with as many."""
    return torch.stack([_with_baseline(f, mu, std, n) for _ in range(4)]).mean()


@EXERCISE.mistake
def as_many_numbers(f, mu, std, n):
    """You return one number per draw; the estimate is their average."""
    z = mu + std * torch.randn(n)
    values = f(z)
    return (values - values.mean()) * (z - mu) / std**2


@EXERCISE.mistake
def inverted(f, mu, std, n):
    """The sign is inverted: on average you return minus the gradient."""
    return -steadier(f, mu, std, n)


@EXERCISE.mistake
def score_for_std(f, mu, std, n):
    """On average this is the gradient with respect to std; asked is the one with respect to mu."""
    eps = torch.special.ndtri((torch.arange(n) + torch.rand(n, dtype=torch.float64)) / n)
    values = f(mu + std * eps)
    return ((values - values.mean()) * (eps**2 - 1) / std).mean()


EXERCISE.recognise(
    """Your average is 0 for both functions: the estimate does not depend on how f changes.""",
    lambda f, mu, std, n: 0.0,
)


EXERCISE.recognise(
    """Your average is half the gradient: by which distance do you divide a difference of two values of f, and over how
    many numbers do you average?""",
    lambda f, mu, std, n: steadier(f, mu, std, n) / 2,
)


EXERCISE.recognise(
    """Your average is twice the gradient: by which distance do you divide a difference of two values of f, and over
    how many numbers do you average?""",
    lambda f, mu, std, n: 2 * steadier(f, mu, std, n),
)


EXERCISE.recognise(
    """Your average is off by a power of std: the score with respect to mu is (z - mu) / std**2, and z - mu is
    std * eps.""",
    lambda f, mu, std, n: std * steadier(f, mu, std, n),
    lambda f, mu, std, n: std**2 * steadier(f, mu, std, n),
    lambda f, mu, std, n: steadier(f, mu, std, n) / std,
)


@EXERCISE.mistake
def frozen(f, mu, std, n):
    """Your estimate is the same at each call and wrong, so its draws are frozen, and their error does not
    average out."""
    z = mu + std * torch.randn(n, generator=torch.Generator().manual_seed(0))
    values = f(z)
    return ((values - values.mean()) * (z - mu) / std**2).mean()


def _remembering():
    kept: list[Tensor] = []

    def answer(f, mu, std, n):
        kept.append(_with_baseline(f, mu, std, n))
        return torch.stack(kept[-8:]).mean()

    return answer


EXERCISE.recognise(
    """Your estimates depend on the calls before: an average with earlier ones has less noise, and takes the values of f
    from those calls. Each estimate may use n values.""",
    _remembering(),
)
