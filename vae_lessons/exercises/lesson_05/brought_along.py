"""Exercise 5.7: derive how much of one attribute the direction of another brings along."""

from vae_lessons.exercises.engine.exercise import Exercise
from vae_lessons.exercises.engine.probes import each


def brought_along(correlation: float, smile_std: float, glasses_std: float) -> float:
    """Glasses that the direction of one unit of smile brings along: cov(smile, glasses) / var(smile)."""
    return correlation * glasses_std / smile_std


EXERCISE = Exercise(
    number="5.7",
    title="Derive: what comes along",
    task="""Let codes follow z = c + smile * d_s + glasses * d_g + noise, with constant vectors c, d_s, d_g and noise
    that is independent of both attributes. The direction of the smile by the formula of 5.3, cov(z, smile) /
    var(smile), is then d_s plus a multiple of d_g. Write brought_along(correlation, smile_std, glasses_std), which
    returns that multiple, one number: how many units of glasses come along with one unit of smile. You are given the
    correlation of the two attributes in the data and their standard deviations.""",
    minutes=10,
    difficulty=2,
    reference=brought_along,
    probe=each(
        *(
            {"correlation": correlation, "smile_std": smile_std, "glasses_std": glasses_std}
            for correlation, smile_std, glasses_std in [
                (0.8, 0.5, 0.2),
                (-0.3, 0.5, 2.0),
                (0.6, 1.7, 0.9),
                (0.0, 0.4, 0.7),
            ]
        )
    ),
    hints=(
        "Put z into cov(z, smile). A covariance of a sum is the sum of the covariances; which of the four are 0?",
        "Three terms are left to look at: cov(smile, smile), cov(glasses, smile) and cov(noise, smile). Divide by "
        "var(smile).",
        "How is a covariance written with a correlation and two standard deviations? Check the units: the result is in "
        "units of glasses per unit of smile.",
    ),
)


EXERCISE.recognise(
    """You return the correlation, which has no unit. The result is in units of glasses per unit of smile, so it
    depends on how far each attribute spreads.""",
    lambda correlation, smile_std, glasses_std: correlation,
)


EXERCISE.recognise(
    """Your ratio of standard deviations is inverted: this is how much smile comes with one unit of glasses.""",
    lambda correlation, smile_std, glasses_std: correlation * smile_std / glasses_std,
)


EXERCISE.recognise(
    """This is the covariance of the two attributes; the direction's formula divides it by something.""",
    lambda correlation, smile_std, glasses_std: correlation * smile_std * glasses_std,
)


EXERCISE.recognise(
    """You divide the covariance by the standard deviation of the smile; the formula divides by its variance.""",
    lambda correlation, smile_std, glasses_std: correlation * glasses_std,
)


EXERCISE.recognise(
    """You divide by the variance of the glasses, and the correlation is squared or missing: the direction's formula
    divides by the variance of the smile.""",
    lambda correlation, smile_std, glasses_std: correlation / glasses_std,
    lambda correlation, smile_std, glasses_std: correlation**2 * smile_std / glasses_std,
)


EXERCISE.recognise(
    """You square the correlation. That is the share of variance that one attribute explains of the other, not a slope;
    and it cannot be negative.""",
    lambda correlation, smile_std, glasses_std: correlation**2 * glasses_std / smile_std,
    lambda correlation, smile_std, glasses_std: correlation**2,
)


EXERCISE.recognise(
    """You use the standard deviations as if they were variances, or variances in their place.""",
    lambda correlation, smile_std, glasses_std: correlation * glasses_std**2 / smile_std**2,
    lambda correlation, smile_std, glasses_std: correlation * (glasses_std / smile_std) ** 0.5,
)


EXERCISE.recognise(
    """You return the ratio of the standard deviations alone: then as much would come along if the attributes had
    nothing to do with each other.""",
    lambda correlation, smile_std, glasses_std: glasses_std / smile_std,
)


EXERCISE.recognise(
    """You return 0, as if nothing came along. That is true of the regression on both attributes at once, not of this
    formula.""",
    lambda correlation, smile_std, glasses_std: 0.0,
)


EXERCISE.recognise(
    """You include the smile's own unit: the multiple of d_g alone is asked.""",
    lambda correlation, smile_std, glasses_std: 1 + correlation * glasses_std / smile_std,
)


EXERCISE.recognise(
    """The sign is inverted: with a positive correlation glasses are added together with the smile.""",
    lambda correlation, smile_std, glasses_std: -correlation * glasses_std / smile_std,
)


EXERCISE.recognise(
    """You divide the covariance of the attributes by the variance of the smile twice.""",
    lambda correlation, smile_std, glasses_std: correlation * glasses_std / smile_std**2,
    lambda correlation, smile_std, glasses_std: correlation * glasses_std / smile_std**3,
)


EXERCISE.recognise(
    """You divide the correlation by the smile's variance, as if it were the covariance. The covariance is the
    correlation times both standard deviations.""",
    lambda correlation, smile_std, glasses_std: correlation / smile_std**2,
)


EXERCISE.recognise(
    """You divide by 1 - correlation**2, as a regression on both attributes at once does. The direction of 5.3 looks at
    the smile alone, and that is why the glasses come along.""",
    lambda correlation, smile_std, glasses_std: correlation * glasses_std / smile_std / (1 - correlation**2),
)
